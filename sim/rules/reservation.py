"""Reservation values: drawn types, the negotiators' mandate, the ministry's limit (M6, M8, M9).

    r_1 = (r_P + m xbar) / (1 + m)                      worth of the deal as a precedent
    r_N = min(D, r_P' - b_N + sigma_N z)                mandate as the negotiators perceive it
    r_S = min(r_M', rho_L) - chi b + nu_M threat        the most that the ministry may concede

rho_L is the largest cost whose average pass probability is at least the confidence that the
ministry asks for (`sim.anticipation`).

Source: Iida (1993), J. Conflict Resolution 37; Milner, Rosendorff (1997), ibid. 41; Tarar (2001),
ibid. 45; Walter (2006), American J. Political Science 50; Wichura (1988), algorithm AS 241.
"""

import math

from sim.compiling import rule

_SQRT_3 = math.sqrt(3.0)  # half-width of a uniform law in standard deviations
_LOGISTIC_SCALE = math.sqrt(3.0) / math.pi  # scale of a logistic law of unit variance


@rule
def _tail_quantile(draw: float) -> float:
    """Standard normal quantile within 0.075 of either end, from the rational fits of AS 241."""
    smaller = draw
    if draw > 0.5:
        smaller = 1.0 - draw
    r = math.sqrt(-math.log(smaller))
    if r <= 5.0:
        r = r - 1.6
        over = 0.0007745450142783414
        over = over * r + 0.022723844989269184
        over = over * r + 0.2417807251774506
        over = over * r + 1.2704582524523684
        over = over * r + 3.6478483247632045
        over = over * r + 5.769497221460691
        over = over * r + 4.630337846156546
        over = over * r + 1.4234371107496835
        under = 1.0507500716444169e-09
        under = under * r + 0.0005475938084995345
        under = under * r + 0.015198666563616457
        under = under * r + 0.14810397642748008
        under = under * r + 0.6897673349851
        under = under * r + 1.6763848301838038
        under = under * r + 2.053191626637759
        under = under * r + 1.0
    else:
        r = r - 5.0
        over = 2.0103343992922881e-07
        over = over * r + 2.7115555687434876e-05
        over = over * r + 0.0012426609473880784
        over = over * r + 0.026532189526576124
        over = over * r + 0.29656057182850487
        over = over * r + 1.7848265399172913
        over = over * r + 5.463784911164114
        over = over * r + 6.657904643501103
        under = 2.0442631033899397e-15
        under = under * r + 1.421511758316446e-07
        under = under * r + 1.8463183175100548e-05
        under = under * r + 0.0007868691311456133
        under = under * r + 0.014875361290850615
        under = under * r + 0.1369298809227358
        under = under * r + 0.599832206555888
        under = under * r + 1.0
    quantile = over / under
    if draw < 0.5:
        return -quantile
    return quantile


@rule
def normal_quantile(draw: float) -> float:
    """Standard normal quantile of a number in (0, 1), to about 1 part in 10^15 (AS 241)."""
    q = draw - 0.5
    if q < -0.425 or q > 0.425:
        return _tail_quantile(draw)
    r = 0.180625 - q * q
    over = 2509.0809287301227
    over = over * r + 33430.57558358813
    over = over * r + 67265.7709270087
    over = over * r + 45921.95393154987
    over = over * r + 13731.69376550946
    over = over * r + 1971.5909503065513
    over = over * r + 133.14166789178438
    over = over * r + 3.3871328727963665
    under = 5226.495278852854
    under = under * r + 28729.085735721943
    under = under * r + 39307.89580009271
    under = under * r + 21213.794301586597
    under = under * r + 5394.196021424751
    under = under * r + 687.1870074920579
    under = under * r + 42.31333070160091
    under = under * r + 1.0
    return q * over / under


@rule
def uniform_half_width(sd: float) -> float:
    """Half the support of a uniform law with this standard deviation."""
    return sd * _SQRT_3


@rule
def logistic_scale(sd: float) -> float:
    """The scale of a logistic law with this standard deviation."""
    return sd * _LOGISTIC_SCALE


@rule
def reservation_value(family: float, mean: float, sd: float, draw: float) -> float:
    """A private reservation value: the quantile of its law (normal 0, logistic 1, uniform 2)."""
    if family == 1.0:
        return mean + logistic_scale(sd) * math.log(draw / (1.0 - draw))
    if family == 2.0:
        return mean + uniform_half_width(sd) * (2.0 * draw - 1.0)
    return mean + sd * normal_quantile(draw)


@rule
def worth_as_precedent(reservation: float, weight: float, others_payment: float) -> float:
    """The reservation value of an executive whom other partners watch."""
    return (reservation + weight * others_payment) / (1.0 + weight)


@rule
def perceived_mandate(
    signing_threshold: float, demand: float, bias: float, noise_sd: float, noise: float
) -> float:
    """The least that the negotiators think the president will sign; never above his demand."""
    mandate = signing_threshold - bias + noise_sd * noise
    if mandate > demand:
        return demand
    return mandate


@rule
def assembly_limit(
    limit: float, shock: float, signal_weight: float, noise_weight: float, noise: float
) -> float:
    """The ministry's limit from the Assembly, given its signal of the common shock."""
    return limit + signal_weight * shock + noise_weight * noise


@rule
def ministry_reservation(
    own_cost: float, limit: float, backlash_cost: float, threat_willingness: float
) -> float:
    """The ministry's reservation utility: minus the most that it may concede."""
    cost = own_cost
    if limit < cost:
        cost = limit
    return -(cost - backlash_cost + threat_willingness)
