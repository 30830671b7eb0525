"""How much trade any mechanism can bring about when both types are private (second best).

The buyer's value is U[a, a + 1], the seller's cost U[0, 1]: the shift a measures how far the zone
of agreement is common knowledge. If the supports overlap (a < 1), no mechanism that both sides
enter freely and that needs no subsidy brings about all trades with v > c. The best one trades if
and only if v - c is at least a threshold, at which its budget just balances.

These are bounds on equilibrium play. Rules of thumb that reveal types truthfully are no equilibrium
and may exceed them.

Source: Myerson and Satterthwaite (1983), Efficient mechanisms for bilateral trading, Journal of
Economic Theory 29.
"""

from scipy.optimize import root_scalar

from sim.theory.domains import NON_NEGATIVE, require


def second_best_threshold(shift: float) -> float:
    """The smallest v - c that is traded in the mechanism with the largest expected gains.

    The root t of E[(2 (v - c) - (a + 1)) 1(v - c >= t)] = 0, the sum of the two virtual surpluses;
    t = (a + 1) / 4 for a <= 1/3, and 0 (all trades) from a = 1 on.

    Assumes v ~ U[a, a + 1], c ~ U[0, 1], independent; risk neutrality.

    Parameters
    ----------
    shift : float
        Shift a of the values against the costs, >= 0.

    Raises
    ------
    ValueError
        If the shift is negative or infinite.

    Source: Myerson and Satterthwaite (1983), Journal of Economic Theory 29.
    """
    require("shift", shift, NON_NEGATIVE)
    if shift >= 1.0:
        return 0.0

    def budget(threshold: float) -> float:
        return _budget(shift, threshold)

    return root_scalar(budget, bracket=(0.0, 0.5 * (shift + 1.0)), xtol=1e-15).root


def second_best_trade_probability(shift: float) -> float:
    """Probability of trade in the mechanism with the largest expected gains: P(v - c >= t).

    Assumes as `second_best_threshold` does.

    Parameters
    ----------
    shift : float
        Shift a of the values against the costs, >= 0.

    Raises
    ------
    ValueError
        If the shift is negative or infinite.

    Source: Myerson and Satterthwaite (1983), Journal of Economic Theory 29.
    """
    return _probability_above(second_best_threshold(shift) - shift)


def second_best_gains(shift: float) -> float:
    """The largest expected gains from trade of any mechanism: E[(v - c) 1(v - c >= t)].

    Assumes as `second_best_threshold` does.

    Parameters
    ----------
    shift : float
        Shift a of the values against the costs, >= 0.

    Raises
    ------
    ValueError
        If the shift is negative or infinite.

    Source: Myerson and Satterthwaite (1983), Journal of Economic Theory 29.
    """
    return _gains(shift, second_best_threshold(shift))


def second_best_missed_trade(shift: float) -> float:
    """Probability of no trade given v > c in the mechanism with the largest expected gains.

    1 - P(v - c >= t) / P(v > c).

    Assumes as `second_best_threshold` does.

    Parameters
    ----------
    shift : float
        Shift a of the values against the costs, >= 0.

    Raises
    ------
    ValueError
        If the shift is negative or infinite.

    Source: Myerson and Satterthwaite (1983), Journal of Economic Theory 29.
    """
    return 1.0 - second_best_trade_probability(shift) / _probability_above(-shift)


def efficiency_subsidy(shift: float) -> float:
    """The least expected subsidy that makes all trades with v > c an equilibrium.

    max(0, -E[(2 (v - c) - (a + 1)) 1(v > c)]); none is needed from a = 1 on.

    Assumes as `second_best_threshold` does.

    Parameters
    ----------
    shift : float
        Shift a of the values against the costs, >= 0.

    Raises
    ------
    ValueError
        If the shift is negative or infinite.

    Source: Myerson and Satterthwaite (1983), Journal of Economic Theory 29.
    """
    require("shift", shift, NON_NEGATIVE)
    return max(0.0, -_budget(shift, 0.0))


def _budget(shift: float, threshold: float) -> float:
    """What is left after both types got their information rents, if v - c >= threshold trades."""
    probability = _probability_above(threshold - shift)
    return 2.0 * _gains(shift, threshold) - (shift + 1.0) * probability


def _gains(shift: float, threshold: float) -> float:
    """E[(v - c) 1(v - c >= threshold)]; v - c - shift has the triangular density 1 - |t|."""
    distance = min(1.0, abs(threshold - shift))
    deviation = 1.0 / 6.0 - distance * distance / 2.0 + distance * distance * distance / 3.0
    return shift * _probability_above(threshold - shift) + deviation


def _probability_above(deviation: float) -> float:
    """P(t >= deviation) for t with the density 1 - |t| on [-1, 1]."""
    tail = 0.5 * (1.0 - min(1.0, abs(deviation))) * (1.0 - min(1.0, abs(deviation)))
    return tail if deviation >= 0.0 else 1.0 - tail
