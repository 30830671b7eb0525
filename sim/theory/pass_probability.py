"""How likely the National Assembly is to consent, when its members vote independently.

Constitution of the Republic of Korea, art. 49: a decision needs the attendance of a majority of all
members and the yes votes of a majority of those present; a tie fails. Members who attend without
saying yes (no or abstain) count as present. With Y the yes votes and Z the other members present,

    consent  <=>  Y + Z >= floor(members / 2) + 1   and   Y > Z.

A party bloc of n members, each present with probability a and saying yes, if present, with
probability p, adds a factor to the generating function of (Y, Z):

    E[s^Y t^Z] = product over blocs of (1 - a + a p s + a (1 - p) t)^n.

Members decide independently given (a, p); what moves them together is the common swing of
`pass_probability_swing`.

Source of the rule: Constitution of the Republic of Korea, art. 49.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, logit, ndtr, owens_t

from sim.theory.domains import NON_NEGATIVE, SHARE, Interval, require, require_whole

Reals = NDArray[np.float64]
Counts = NDArray[np.int64]

# mass that may fall outside the counts looked at: below the rounding of the transform itself
IGNORED_MASS = 1e-16
# beyond this many standard deviations a common swing has no weight left
SWING_REACH = 9.0
CORRELATION = Interval(-1.0, 1.0)


def pass_probability(
    seats: ArrayLike, attendance: ArrayLike, yes: ArrayLike, *, members: int | None = None
) -> float:
    """Exact probability that the legislature consents: quorum reached and yes above the rest.

    P = sum of P(Y = y, Z = z) over y + z >= floor(members / 2) + 1 and y > z.

    The joint law is the inverse discrete Fourier transform of the generating function at roots of
    unity; the grid spans only the counts that Hoeffding's inequality does not rule out at 1e-16.
    The absolute error is below 1e-12.

    Assumes members who decide independently, alike within a bloc.

    Parameters
    ----------
    seats : members of each bloc, >= 0; a bloc without seats changes nothing, shape (blocs,)
    attendance : probability that a member of the bloc is present, in [0, 1], shape (blocs,)
    yes : probability that a member who is present says yes, in [0, 1], shape (blocs,)
    members : size of the whole legislature, at least the sum of the seats, which is the default;
        members of no bloc count for the quorum and are absent

    Raises
    ------
    ValueError : if the shapes differ, seats are negative or fractional, members are fewer than
        seats, or a probability lies outside [0, 1].

    Source: Hong (2013), Computational Statistics & Data Analysis 59 (the transform, for one
    count); Hoeffding (1963), Journal of the American Statistical Association 58.
    """
    size, present, agreeing, quorum = _legislature(seats, attendance, yes, members)
    total = int(size.sum())
    if quorum > total:
        return 0.0
    says_yes = present * agreeing
    says_other = present * (1.0 - agreeing)
    width = _window(total)
    root = np.exp(-2j * np.pi * np.arange(width) / width)
    half = width // 2 + 1
    factors = [
        (1.0 - present[b] + says_yes[b] * root)[:, None] + says_other[b] * root[:half]
        for b in range(size.size)
    ]
    joint = np.fft.irfft2(_product_of_powers(factors, size.tolist()), s=(width, width))
    votes = _counts_of_residues(float(size @ says_yes), width, total)[:, None]
    others = _counts_of_residues(float(size @ says_other), width, total)
    consent = (votes + others >= quorum) & (votes > others)
    return min(1.0, max(0.0, float(joint[consent].sum())))


def pass_probability_heterogeneous(yes: ArrayLike) -> float:
    """Probability of a strict majority when every member is present and has his own mind.

    P(Y > n / 2) for a Poisson-binomial Y, by the recursion over members
    P_k(y) = (1 - p_k) P_{k-1}(y) + p_k P_{k-1}(y - 1).

    Assumes that all are present and decide independently.

    Parameters
    ----------
    yes : probability that each member says yes, in [0, 1]; at least one member, shape (members,)

    Raises
    ------
    ValueError : if there is no member, or a probability lies outside [0, 1].

    Source: Hong (2013), Computational Statistics & Data Analysis 59.
    """
    each = np.asarray(yes, dtype=np.float64)
    if each.ndim != 1 or each.size == 0:
        raise ValueError(f"yes has shape {each.shape}; it must be (members,), at least one of them")
    require("yes", each, SHARE)
    law = np.ones(1)
    for probability in each:
        law = np.convolve(law, (1.0 - probability, probability))
    return float(law[each.size // 2 + 1 :].sum())


def pass_probability_normal(
    seats: ArrayLike, attendance: ArrayLike, yes: ArrayLike, *, members: int | None = None
) -> float:
    """Bivariate normal approximation to `pass_probability`, for a large legislature.

    With A = Y + Z members present and the lead M = Y - Z,

        P = P(A > floor(members / 2) + 1/2, M > c),    c = 1/2 + 1/2 product (1 - 2a)^n,
        Var A = sum n a (1 - a),    Var M = sum n (a - a^2 (2p - 1)^2),
        Cov(A, M) = sum n a (1 - a) (2p - 1).

    M moves in steps of two and has the parity of A: its continuity correction would be 1 if A is
    known to be even and 0 if odd; c is the probability that A is even. In a house of 300 the error
    is some 1e-4, but can reach .003 where quorum and majority are both in doubt.

    Parameters and Raises: see `pass_probability`.

    Source: de Moivre and Laplace's theorem, for two counts.
    """
    size, present, agreeing, quorum = _legislature(seats, attendance, yes, members)
    tilt = 2.0 * agreeing - 1.0
    uncertain = present * (1.0 - present)
    attending, lead = float(size @ present), float(size @ (present * tilt))
    attending_sd = math.sqrt(float(size @ uncertain))
    lead_sd = math.sqrt(float(size @ (present - (present * tilt) ** 2)))
    even = 0.5 + 0.5 * float(np.prod((1.0 - 2.0 * present) ** size))
    enough = _standardised(attending - (quorum - 0.5), attending_sd)
    ahead = _standardised(lead - even, lead_sd)
    if attending_sd == 0.0:
        return float(ndtr(enough) * ndtr(ahead))
    correlation = float(size @ (uncertain * tilt)) / (attending_sd * lead_sd)
    return both_below(enough, ahead, min(1.0, max(-1.0, correlation)))


def pass_probability_swing(
    seats: ArrayLike,
    attendance: ArrayLike,
    yes: ArrayLike,
    swing: float,
    *,
    members: int | None = None,
    points: int = 241,
) -> float:
    """Probability of consent when a common swing moves all who are present.

    P = integral of phi(z) P(consent | yes_b(z)) dz,  yes_b(z) = L(logit yes_b + swing z), with phi
    the standard normal density and L the logistic function.

    By the trapezoidal rule, which converges geometrically here. A Gauss-Hermite rule needs far
    more points once the swing is large: independent members make the integrand nearly a step.

    Parameters
    ----------
    seats, attendance, yes, members : as in `pass_probability`; `yes` holds without a swing
    swing : standard deviation of the swing on the logit scale, >= 0
    points : points of the rule across 9 standard deviations either way, at least 2

    Raises
    ------
    ValueError : as in `pass_probability`; if the swing is negative or not finite, or points are
        below 2.

    Source: Trefethen and Weideman (2014), SIAM Review 56 (the trapezoidal rule).
    """
    require("swing", swing, NON_NEGATIVE)
    require_whole("points", points, 2)
    _, _, agreeing, _ = _legislature(seats, attendance, yes, members)
    base = logit(agreeing)
    deviations = np.linspace(-SWING_REACH, SWING_REACH, points)
    weights = np.exp(-0.5 * deviations * deviations)
    passes = [
        pass_probability(seats, attendance, expit(base + swing * z), members=members)
        for z in deviations
    ]
    return float(weights @ np.array(passes) / weights.sum())


def both_below(first: float, second: float, correlation: float) -> float:
    """P(X <= first, Y <= second) for standard normal X and Y that are correlated.

    P = (Phi(h) + Phi(k)) / 2 - T(h, (k - rho h) / (h s)) - T(k, (h - rho k) / (k s)), less 1/2 if
    h and k have opposite signs, with T Owen's function and s = sqrt(1 - rho^2).

    Parameters
    ----------
    first, second : bounds h and k in standard deviations; may be infinite
    correlation : correlation rho of X and Y, in [-1, 1]

    Raises
    ------
    ValueError : if the correlation lies outside [-1, 1].

    Source: Owen (1956), Tables for computing bivariate normal probabilities, Annals of
    Mathematical Statistics 27.
    """
    require("correlation", correlation, CORRELATION)
    if math.isinf(first) or math.isinf(second):
        return float(ndtr(first) * ndtr(second))
    if first == 0.0 and second == 0.0:
        return 0.25 + math.asin(correlation) / (2.0 * math.pi)
    rest = math.sqrt((1.0 - correlation) * (1.0 + correlation))
    apart = 0.5 if (first < 0.0) != (second < 0.0) else 0.0
    wedges = _wedge(first, second, correlation, rest) + _wedge(second, first, correlation, rest)
    return max(0.0, float(0.5 * (ndtr(first) + ndtr(second)) - apart) - wedges)


def _product_of_powers(
    factors: list[NDArray[np.complex128]], exponents: list[int]
) -> NDArray[np.complex128]:
    """The product of factors[b] ** exponents[b]; all powers share one chain of squarings."""
    product = np.ones_like(factors[0])
    for bit in reversed(range(max(exponents).bit_length())):
        np.multiply(product, product, out=product)
        for factor, exponent in zip(factors, exponents, strict=True):
            if exponent >> bit & 1:
                np.multiply(product, factor, out=product)
    return product


def _window(total: int) -> int:
    """How many neighbouring counts hold all but 1e-16 of any count of `total` members."""
    reach = math.sqrt(0.5 * total * math.log(4.0 / IGNORED_MASS))
    return min(total + 1, 2 * math.ceil(reach) + 3)


def _counts_of_residues(mean: float, width: int, total: int) -> Counts:
    """The count that each residue modulo `width` stands for, within the window around `mean`."""
    lowest = min(max(0, math.floor(mean) - width // 2), total + 1 - width)
    return lowest + (np.arange(width) - lowest) % width


def _wedge(bound: float, other: float, correlation: float, rest: float) -> float:
    """Owen's T at a bound, its slope taken to the limit where the formula divides by zero."""
    rise, run = other - correlation * bound, bound * rest
    if run == 0.0 and rise != 0.0:
        return float(owens_t(bound, math.copysign(math.inf, rise if bound >= 0.0 else -rise)))
    return float(owens_t(bound, rise / run if rise != 0.0 else 0.0))


def _standardised(distance: float, deviation: float) -> float:
    """Distance in standard deviations; a certain count is infinitely far from its bound."""
    return distance / deviation if deviation > 0.0 else math.copysign(math.inf, distance)


def _legislature(
    seats: ArrayLike, attendance: ArrayLike, yes: ArrayLike, members: int | None
) -> tuple[Counts, Reals, Reals, int]:
    """The checked blocs, and the number of members that makes the quorum."""
    size = np.asarray(seats)
    if size.ndim != 1 or size.size == 0:
        raise ValueError(f"seats has shape {size.shape}; it must be (blocs,), at least one of them")
    if size.dtype.kind not in "iu" or size.min() < 0:
        raise ValueError(f"seats is {size.tolist()}; it must hold whole numbers, at least 0")
    total = int(size.sum())
    if members is not None:
        require_whole("members", members, total)
    quorum = (total if members is None else members) // 2 + 1
    shares = _shares("attendance", attendance, size.size), _shares("yes", yes, size.size)
    return size.astype(np.int64), *shares, quorum


def _shares(name: str, values: ArrayLike, blocs: int) -> Reals:
    """The values as probabilities, one for each bloc."""
    vector = np.asarray(values, dtype=np.float64)
    if vector.shape != (blocs,):
        raise ValueError(f"{name} has shape {vector.shape}; it must be ({blocs},), as seats")
    require(name, vector, SHARE)
    return vector
