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
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.fft import irfft2
from scipy.special import expit, logit, ndtr

Reals = NDArray[np.float64]
Counts = NDArray[np.int64]

# Mass that may fall outside the counts looked at; below the rounding of the transform itself.
_IGNORED_MASS = 1e-16


def pass_probability(
    seats: ArrayLike, attendance: ArrayLike, yes: ArrayLike, *, members: int | None = None
) -> float:
    """Exact probability that the legislature consents: quorum reached and yes above the rest.

    Sums P(Y = y, Z = z) over y + z >= floor(members / 2) + 1 and y > z. The joint law comes from
    the generating function on a grid of roots of unity and one inverse discrete Fourier transform;
    the grid spans only the counts that Hoeffding's inequality cannot rule out at 1e-16.
    Absolute error below 1e-12.

    Parameters
    ----------
    seats : members of each bloc, integers >= 0, shape (blocs,)
    attendance : probability that a member of the bloc is present, shape (blocs,)
    yes : probability that a member who is present says yes, shape (blocs,)
    members : size of the whole legislature; by default the sum of `seats`

    Raises
    ------
    ValueError : shapes that differ, a probability outside [0, 1], a bloc with negative or
        fractional seats, `members` below the sum of `seats`.

    Source: Constitution of the Republic of Korea, art. 49; Hong (2013), Computational Statistics &
    Data Analysis 59 (the transform for one count); Hoeffding (1963), Journal of the American
    Statistical Association 58.
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
        for b in range(len(size))
    ]
    transform = _product_of_powers(factors, [int(n) for n in size])
    joint = irfft2(transform, s=(width, width))
    votes = _counts_of_residues(float(size @ says_yes), width, total)[:, None]
    others = _counts_of_residues(float(size @ says_other), width, total)
    consent = (votes + others >= quorum) & (votes > others)
    return min(1.0, max(0.0, float(joint[consent].sum())))


def pass_probability_heterogeneous(yes: ArrayLike) -> float:
    """Probability of a strict majority when every member is present and each has his own yes.

    P(Y > n / 2) with Y Poisson-binomial, by the recursion over members

        P_k(y) = (1 - p_k) P_{k-1}(y) + p_k P_{k-1}(y - 1).

    Parameters
    ----------
    yes : probability that each member says yes, shape (members,), at least one member

    Raises
    ------
    ValueError : no member, or a probability outside [0, 1].

    Source: Hong (2013), Computational Statistics & Data Analysis 59.
    """
    each = _probabilities("yes", yes)
    if each.size == 0:
        raise ValueError("yes is empty; it must hold at least one member")
    law = np.ones(1)
    for p in each:
        law = np.convolve(law, (1.0 - p, p))
    return float(law[each.size // 2 + 1 :].sum())


def pass_probability_normal(
    seats: ArrayLike, attendance: ArrayLike, yes: ArrayLike, *, members: int | None = None
) -> float:
    """Bivariate normal approximation to `pass_probability`, for large legislatures.

    With A = Y + Z present and lead M = Y - Z, P(A > floor(members / 2) + 1/2, M > 1/2) under the
    normal law with the exact means, variances and covariance

        Var A = sum n a (1 - a),  Var M = sum n (a - a^2 (2p - 1)^2),
        Cov(A, M) = sum n a (1 - a) (2p - 1).

    M moves in steps of two and has the parity of A, so that its continuity correction is 1 where A
    is even and 0 where it is odd; 1/2 is their mean. The error grows where all attend, because the
    parity is then fixed; there the correction takes the parity of the sum.

    Parameters and Raises as in `pass_probability`.

    Source: Plackett (1954), Biometrika 41, for the bivariate normal integral.
    """
    size, present, agreeing, quorum = _legislature(seats, attendance, yes, members)
    total = int(size.sum())
    if quorum > total:
        return 0.0
    tilt = 2.0 * agreeing - 1.0
    attending = float(size @ present)
    lead = float(size @ (present * tilt))
    attending_variance = float(size @ (present * (1.0 - present)))
    lead_variance = float(size @ (present - (present * tilt) ** 2))
    covariance = float(size @ (present * (1.0 - present) * tilt))
    parity_known = attending_variance == 0.0
    least_lead = (1.0 - round(attending) % 2) if parity_known else 0.5
    quorum_margin = _standardised(attending - (quorum - 0.5), attending_variance)
    majority_margin = _standardised(lead - least_lead, lead_variance)
    spread = math.sqrt(attending_variance * lead_variance)
    correlation = covariance / spread if spread > 0.0 else 0.0
    return _both_below(quorum_margin, majority_margin, correlation)


def pass_probability_swing(
    seats: ArrayLike,
    attendance: ArrayLike,
    yes: ArrayLike,
    swing: float,
    *,
    members: int | None = None,
    nodes: int = 96,
) -> float:
    """Probability of consent when a common swing moves every member who is present.

    The average of `pass_probability` over yes_b(z) = logistic(logit(yes_b) + swing z), z standard
    normal, by Gauss-Hermite quadrature.

    Parameters
    ----------
    seats, attendance, yes, members : as in `pass_probability`; `yes` holds without a swing
    swing : standard deviation of the swing on the logit scale, >= 0
    nodes : points of the quadrature, >= 1

    Raises
    ------
    ValueError : as `pass_probability`; `swing` negative or not finite; `nodes` below 1.
    """
    if not 0.0 <= swing < math.inf:
        raise ValueError(f"swing is {swing}; it must be finite and at least 0")
    if nodes < 1:
        raise ValueError(f"nodes is {nodes}; it must be at least 1")
    base = logit(_probabilities("yes", yes))
    points, weights = np.polynomial.hermite_e.hermegauss(nodes)
    passes = [
        pass_probability(seats, attendance, expit(base + swing * z), members=members)
        for z in points
    ]
    return float(weights @ np.array(passes) / weights.sum())


def _product_of_powers(
    factors: list[NDArray[np.complex128]], exponents: list[int]
) -> NDArray[np.complex128]:
    """The product of factors[b] ** exponents[b]; all powers share one chain of squarings."""
    product = np.ones_like(factors[0])
    started = False
    for bit in reversed(range(max(exponents).bit_length())):
        if started:
            np.multiply(product, product, out=product)
        for factor, exponent in zip(factors, exponents, strict=True):
            if exponent >> bit & 1:
                np.multiply(product, factor, out=product)
                started = True
    return product


def _window(total: int) -> int:
    """How many neighbouring counts hold all but 1e-16 of any count of `total` members."""
    reach = math.sqrt(0.5 * total * math.log(4.0 / _IGNORED_MASS))
    return min(total + 1, 2 * math.ceil(reach) + 3)


def _counts_of_residues(mean: float, width: int, total: int) -> Counts:
    """The count that each residue modulo `width` stands for, within the window around `mean`."""
    lowest = min(max(0, math.floor(mean) - width // 2), total + 1 - width)
    return lowest + (np.arange(width) - lowest) % width


def _standardised(distance: float, variance: float) -> float:
    """Distance in standard deviations; a certain event is infinitely far from its boundary."""
    if variance > 0.0:
        return distance / math.sqrt(variance)
    return math.copysign(math.inf, distance)


def _both_below(first: float, second: float, correlation: float) -> float:
    """P(X < first, Y < second) for a standard normal pair, by Plackett's identity in the angle.

    d/d rho P = density at (first, second); with rho = sin(angle) the integrand stays bounded.
    """
    independent = float(ndtr(first) * ndtr(second))
    if correlation == 0.0 or math.isinf(first) or math.isinf(second):
        return independent
    points, weights = np.polynomial.legendre.leggauss(64)
    half = 0.5 * math.asin(max(-1.0, min(1.0, correlation)))
    angle = half * (points + 1.0)
    squares = first * first + second * second - 2.0 * first * second * np.sin(angle)
    density = np.exp(-0.5 * squares / np.cos(angle) ** 2)
    return independent + float(half * (weights @ density)) / (2.0 * math.pi)


def _legislature(
    seats: ArrayLike, attendance: ArrayLike, yes: ArrayLike, members: int | None
) -> tuple[Counts, Reals, Reals, int]:
    """The checked blocs, and the number of members that makes the quorum."""
    given = np.asarray(seats)
    if given.ndim != 1 or given.size == 0:
        raise ValueError(f"seats has shape {given.shape}; it must be (blocs,) with at least one")
    if not np.issubdtype(given.dtype, np.integer) or (given < 0).any():
        raise ValueError(f"seats is {given.tolist()}; it must hold integers of at least 0")
    size = given.astype(np.int64)
    present = _probabilities("attendance", attendance, size.size)
    agreeing = _probabilities("yes", yes, size.size)
    total = int(size.sum())
    if members is not None and members < total:
        raise ValueError(f"members is {members}; it must be at least the {total} seats of blocs")
    return size, present, agreeing, (total if members is None else members) // 2 + 1


def _probabilities(name: str, values: ArrayLike, count: int | None = None) -> Reals:
    """The values as a vector of probabilities, one for each of `count` blocs."""
    vector = np.asarray(values, dtype=np.float64)
    if vector.ndim != 1 or (count is not None and vector.size != count):
        wanted = "(members,)" if count is None else f"({count},)"
        raise ValueError(f"{name} has shape {vector.shape}; it must be {wanted}")
    outside = ~((vector >= 0.0) & (vector <= 1.0))
    if outside.any():
        place = int(outside.argmax())
        raise ValueError(f"{name}[{place}] is {vector[place]}; it must lie in [0, 1]")
    return vector
