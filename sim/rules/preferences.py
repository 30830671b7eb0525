"""What a package is worth to each side: linear and additive over its issues (mechanism M1).

    V = x + w_c c - a_c (c_D - c)+ + w_g (G - G_0) + w_d (L - L_0)     the US value
    K = x + k_c c + k_g (G - G_0) - k_d (L - L_0)                       Seoul's cost

x amount, c share paid under the new category, G escalator and L duration as shares of their
maxima, G_0 and L_0 those of the usual terms: values count in amounts at the usual terms. a_c is the
audience cost of each unit of the demanded category c_D that is not obtained.

Source: Raiffa (1982), The Art and Science of Negotiation; Fearon (1994) for the audience cost.
"""

from sim.compiling import rule


@rule
def share_of_longest(duration: float, longest: float) -> float:
    """L: a duration in years as a share of the way from one year to the longest on the table."""
    if longest <= 1.0:
        return 0.0
    return (duration - 1.0) / (longest - 1.0)


@rule
def share_of_largest(escalator: float, largest: float) -> float:
    """G: a yearly escalator as a share of the largest on the table."""
    if largest <= 0.0:
        return 0.0
    return escalator / largest


@rule
def terms_worth(
    escalator: float,
    duration: float,
    usual_escalator: float,
    usual_duration: float,
    per_escalator: float,
    per_duration: float,
) -> float:
    """What escalator and duration (all as shares) add to a side's worth over the usual terms."""
    return per_escalator * (escalator - usual_escalator) + per_duration * (
        duration - usual_duration
    )


@rule
def category_worth(
    category: float, per_category: float, audience_cost: float, demanded: float
) -> float:
    """What the category's share is worth, less the audience cost of what was demanded in vain."""
    missed = demanded - category
    if missed < 0.0:
        missed = 0.0
    return per_category * category - audience_cost * missed


@rule
def us_value(amount: float, of_category: float, of_terms: float) -> float:
    """The US value V of a package from the worth of its parts."""
    return amount + of_category + of_terms


@rule
def seoul_utility(amount: float, of_category: float, of_terms: float) -> float:
    """Minus Seoul's cost K of a package from the cost of its parts."""
    return -(amount + of_category + of_terms)
