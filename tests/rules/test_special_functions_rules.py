"""Exp, the powers of two it needs, and Lambert's W."""

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import lambertw

from sim.compiling import TO_WHOLE, _exactly_fused, polynomial, power_of_two, ratio, rule
from sim.rules.special_functions import exponential, lambert_exponential, lambert_step

pytestmark = pytest.mark.plain

TERMS = (1.0, -0.75, 3.5, 0.1, 7.0, 1e-3)
UNDER = (1.0, 0.5, 0.3, 2.0, 0.1, 4.0)


# polynomials and ratios of them


@rule
def compiled_polynomial(x: float) -> float:
    return polynomial(x, TERMS)


@rule
def compiled_ratio(x: float) -> float:
    return ratio(x, TERMS, UNDER)


@given(st.floats(0.0, 3.0))
def test_a_polynomial_is_the_sum_of_its_terms_compiled_or_not(x):
    exact = sum(Fraction(term) * Fraction(x) ** power for power, term in enumerate(TERMS))
    assert polynomial(x, TERMS) == compiled_polynomial(x)
    assert polynomial(x, TERMS) == pytest.approx(float(exact), rel=2e-14)


@given(st.floats(0.0, 3.0))
def test_a_ratio_is_that_of_two_polynomials_compiled_or_not(x):
    assert ratio(x, TERMS, UNDER) == compiled_ratio(x)
    assert ratio(x, TERMS, UNDER) == pytest.approx(
        polynomial(x, TERMS) / polynomial(x, UNDER), rel=1e-13
    )


def test_a_fused_product_and_sum_are_rounded_once():
    nearly_1 = 1.0 + 2.0**-30
    assert _exactly_fused(nearly_1, nearly_1, -1.0 - 2.0**-29) == 2.0**-60
    assert nearly_1 * nearly_1 - 1.0 - 2.0**-29 == 0.0


@pytest.mark.parametrize("exponent", [-1022.0, -53.0, -1.0, 0.0, 1.0, 1023.0])
def test_a_power_of_two_is_exact(exponent):
    @rule
    def compiled(x: float) -> float:
        return power_of_two(x)

    raised = exponent + TO_WHOLE
    assert power_of_two(raised) == compiled(raised) == math.ldexp(1.0, int(exponent))


# exp


@given(st.floats(-708.0, 700.0))
def test_the_exponential_agrees_with_the_c_library(x):
    assert exponential(x) == pytest.approx(math.exp(x), rel=1e-15, abs=0.0)


@pytest.mark.parametrize("x", [math.nextafter(-708.0, -math.inf), -1e300, -math.inf])
def test_the_exponential_vanishes_below_the_normal_numbers(x):
    assert exponential(x) == 0.0


def test_the_exponential_of_nothing_is_one():
    assert exponential(0.0) == 1.0


@given(st.floats(-708.0, 0.0), st.floats(-708.0, 0.0))
def test_the_exponential_of_a_loss_is_never_above_one_and_does_not_fall(one, other):
    low, high = sorted((one, other))
    assert exponential(low) <= exponential(high) * (1.0 + 1e-15)
    assert exponential(high) <= 1.0


# Lambert's W


@given(st.floats(-700.0, 700.0))
def test_the_exponential_lambert_function_agrees_with_scipy(y):
    expected = float(lambertw(math.exp(y)).real)
    assert lambert_exponential(y) == pytest.approx(expected, rel=1e-14, abs=0.0)


@given(st.floats(700.0, 1e12))
def test_the_exponential_lambert_function_solves_its_equation_beyond_overflow(y):
    w = lambert_exponential(y)
    assert w + math.log(w) == pytest.approx(y, rel=1e-14)


@pytest.mark.parametrize("y", [1.0, 16.0])
def test_the_pieces_of_the_exponential_lambert_function_meet(y):
    below, above = lambert_exponential(math.nextafter(y, -math.inf)), lambert_exponential(y)
    assert lambert_exponential(math.nextafter(y, math.inf)) == pytest.approx(above, rel=1e-14)
    assert below == pytest.approx(above, rel=1e-13)


@pytest.mark.parametrize("y", [-700.0, -300.0, -30.0, -10.0, -3.0, -1.0, 0.0, 1.0, 1.5, 4.0, 16.0])
def test_the_fit_of_lamberts_function_is_good_to_the_last_digits(y):
    w = float(lambertw(math.exp(y)).real)
    assert lambert_exponential(y) == pytest.approx(w, rel=2e-15, abs=0.0)


@pytest.mark.parametrize("y", [math.nextafter(1.0, 2.0), 3.0, 50.0])
def test_one_lambert_step_from_nearby_reaches_the_solution(y):
    w = float(lambertw(math.exp(y)).real)
    assert lambert_step(y, w * 1.0001) == pytest.approx(w, rel=1e-14, abs=0.0)
