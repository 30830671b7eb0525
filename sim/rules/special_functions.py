"""The functions that the rules ask for most often: exp, the normal quantile, Lambert's W.

Each is a polynomial or a ratio of polynomials, coefficients from the constant one upwards. The fits
are interpolations made here at 70 digits, at nodes that even out the error: W(x)/x on [0, e] away
from its branch point at -1/e; the quantile over q = draw - 1/2 in .2401 - q^2, away from the ends.

Source: Wichura (1988), algorithm AS 241, for the quantile's tails; Fritsch, Shafer, Crowley (1973),
Comm. ACM 16, for the step that solves w + ln w = y.
"""

import math

from sim.compiling import TO_WHOLE, polynomial, power_of_two, ratio, rule

_PER_LN_2 = 1.4426950408889634
_LN_2_HIGH = 0.6931471805598903  # 42 bits, so that whole multiples of it are exact
_LN_2_LOW = 5.497923018708371e-14
_VANISHES = -708.0  # below it exp(x) is no normal number
_EXP = (
    1.0, 1.0, 0.5000000000000001, 0.16666666666666669, 0.04166666666662413, 0.008333333333330062,
    0.0013888888917213717, 0.00019841269863053618, 2.4801521295954376e-05, 2.7557268459997064e-06,
    2.7620088445409746e-07, 2.510038549551032e-08,
)  # fmt: skip
# normal quantile: centre, tails, far tails
_CENTRE_OVER = (
    4.747648722532329, 1574.3659400161775, 209656.53715643575, 14476033.337434454,
    560755331.7166075, 12398788638.365475, 153792251918.3331, 1022107101199.7942,
    3358267604748.8516, 4745481809911.132, 2186277134610.2246, 145120544479.16006,
)  # fmt: skip
_CENTRE_UNDER = (
    1.0, 345.9847684092253, 48445.65245129959, 3552110.763713974, 147991388.65804878,
    3578426827.23632, 49627676494.648384, 380264530086.0182, 1507288015075.1082, 2769408750979.55,
    1930233883048.724, 319597173201.7152,
)  # fmt: skip
_TAIL_OVER = (
    1.4234371107496835, 4.630337846156546, 5.769497221460691, 3.6478483247632045,
    1.2704582524523684, 0.2417807251774506, 0.022723844989269184, 0.0007745450142783414,
)  # fmt: skip
_TAIL_UNDER = (
    1.0, 2.053191626637759, 1.6763848301838038, 0.6897673349851, 0.14810397642748008,
    0.015198666563616457, 0.0005475938084995345, 1.0507500716444169e-09,
)  # fmt: skip
_FAR_OVER = (
    6.657904643501103, 5.463784911164114, 1.7848265399172913, 0.29656057182850487,
    0.026532189526576124, 0.0012426609473880784, 2.7115555687434876e-05, 2.0103343992922881e-07,
)  # fmt: skip
_FAR_UNDER = (
    1.0, 0.599832206555888, 0.1369298809227358, 0.014875361290850615, 0.0007868691311456133,
    1.8463183175100548e-05, 1.421511758316446e-07, 2.0442631033899397e-15,
)  # fmt: skip
# W(x)/x for x up to e; W(exp(y)) for y - 1 up to 15
_W_OVER = (
    1.0, 8.401760769748558, 27.8372263315746, 46.505073152890205, 41.69970749819455,
    19.847698822355024, 4.68039342533572, 0.47093363127069215, 0.014417330560123143,
    2.7976810885803e-05,
)  # fmt: skip
_W_UNDER = (
    1.0, 9.401760769748558, 35.738987101323296, 70.80808576623957, 78.76234133265736,
    49.53437307701822, 16.948219862573, 2.8863215839159353, 0.2054684458302006,
    0.00408135102017466,
)  # fmt: skip
_LARGE_W_OVER = (
    1.0, 1.5521897760553534, 1.1326652437911415, 0.5037593610986468, 0.1487401910795904,
    0.02982727415475879, 0.003986846509616176, 0.00033263934911883445, 1.503448781285682e-05,
    2.861483678345522e-07, 1.453043205040191e-09,
)  # fmt: skip
_LARGE_W_UNDER = (
    1.0, 1.0521897760553354, 0.5440703557639928, 0.17117065554087968, 0.034956142022116,
    0.004615657990140079, 0.0003721215413598911, 1.6068909082592556e-05, 2.9381127396270776e-07,
    1.4559322340654498e-09, 0.0,
)  # fmt: skip


@rule
def exponential(power: float) -> float:
    """e to a power of at most 700, to about 6 parts in 10^16; 0 below -708."""
    if power < _VANISHES:
        return 0.0
    raised = power * _PER_LN_2 + TO_WHOLE
    twos = raised - TO_WHOLE
    rest = (power - twos * _LN_2_HIGH) - twos * _LN_2_LOW
    return polynomial(rest, _EXP) * power_of_two(raised)


@rule
def is_in_a_tail(draw: float) -> bool:
    """Whether a number in (0, 1) is within 0.01 of either end."""
    return draw - 0.5 < -0.49 or draw - 0.5 > 0.49


@rule
def tail_quantile(draw: float) -> float:
    """Standard normal quantile within 0.01 of either end."""
    smaller = draw
    if draw > 0.5:
        smaller = 1.0 - draw
    r = math.sqrt(-math.log(smaller))
    if r <= 5.0:
        quantile = ratio(r - 1.6, _TAIL_OVER, _TAIL_UNDER)
    else:
        quantile = ratio(r - 5.0, _FAR_OVER, _FAR_UNDER)
    if draw < 0.5:
        return -quantile
    return quantile


@rule
def central_quantile(draw: float) -> float:
    """Standard normal quantile away from the ends, to about 1 part in 10^15."""
    q = draw - 0.5
    return q * ratio(0.2401 - q * q, _CENTRE_OVER, _CENTRE_UNDER)


@rule
def normal_quantile(draw: float) -> float:
    """Standard normal quantile of a number in (0, 1), to about 1 part in 10^15."""
    if is_in_a_tail(draw):
        return tail_quantile(draw)
    return central_quantile(draw)


@rule
def lambert_step(y: float, w: float) -> float:
    """One fourth-order step towards the w > 0 with w + ln w = y."""
    z = y - math.log(w) - w
    ahead = 1.0 + w
    q = 2.0 * ahead * (ahead + z / 1.5)
    return w * (1.0 + z / ahead * (q - z) / (q - 2.0 * z))


@rule
def is_far_out(y: float) -> bool:
    """Whether y is beyond what the fits of Lambert's W reach."""
    return y > 16.0


@rule
def near_lambert_exponential(y: float) -> float:
    """The w > 0 with w + ln w = y for y up to 16; that of 16 beyond."""
    reached = y
    if is_far_out(y):
        reached = 16.0
    if reached > 1.0:
        return ratio(reached - 1.0, _LARGE_W_OVER, _LARGE_W_UNDER)
    x = exponential(reached)
    return x * ratio(x, _W_OVER, _W_UNDER)


@rule
def lambert_exponential(y: float) -> float:
    """The w > 0 with w + ln w = y: Lambert's W of exp(y), to about 1 part in 10^15."""
    if is_far_out(y):
        return lambert_step(y, lambert_step(y, y - math.log(y)))
    return near_lambert_exponential(y)
