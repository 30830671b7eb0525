"""Won, dollars and payments: amounts are read with their currency and turn into each other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.money import Money, parse_amount

MONEY = Money(parse_amount("1038.9 KRW bn")[0], parse_amount("896 USD m")[0])


@pytest.mark.parametrize(
    ("text", "value", "currency"),
    [
        ("5 USD bn", 5e9, "USD"),
        ("896 USD m", 896e6, "USD"),
        ("1.04 KRW tn", 1.04e12, "KRW"),
        ("1038.9 KRW bn", 1038.9e9, "KRW"),
        ("1.6 payments", 1.6, None),
        ("0 payments", 0.0, None),
    ],
)
def test_an_amount_is_read_with_its_currency(text, value, currency):
    assert parse_amount(text) == (pytest.approx(value, rel=1e-15), currency)


@pytest.mark.parametrize("text", ["5", "5 USD", "-5 USD bn", "5 EUR bn", "inf payments", "9" * 400])
def test_a_number_alone_is_no_amount(text):
    with pytest.raises(ValueError, match="it must be an amount with its currency"):
        parse_amount(text)


def test_an_amount_beyond_all_numbers_is_none():
    with pytest.raises(ValueError, match="it must be an amount with its currency"):
        parse_amount("9" * 400 + " USD bn")


def test_the_base_payment_is_one_in_either_currency():
    assert MONEY.payments("1038.9 KRW bn") == 1.0
    assert MONEY.payments("896 USD m") == 1.0
    assert MONEY.krw_bn(1.0) == pytest.approx(1038.9, rel=1e-15)
    assert MONEY.usd_bn(1.0) == pytest.approx(0.896, rel=1e-15)


def test_the_reported_demand_is_five_billion_over_896_million():
    assert MONEY.payments("5 USD bn") == pytest.approx(5000 / 896, rel=1e-15)


def test_the_rate_of_exchange_is_the_one_that_the_two_payments_imply():
    assert MONEY.krw_per_usd == pytest.approx(1159.5, abs=0.05)
    assert MONEY.krw_bn(3.0) == pytest.approx(MONEY.usd_bn(3.0) * MONEY.krw_per_usd)


@given(st.integers(0, 10**9), st.sampled_from(["KRW", "USD"]), st.sampled_from(["m", "bn", "tn"]))
def test_an_amount_comes_back_from_payments_as_it_went_in(thousandths, currency, scale):
    number = thousandths / 1000
    payments = MONEY.payments(f"{number:.3f} {currency} {scale}")
    back = MONEY.krw_bn(payments) if currency == "KRW" else MONEY.usd_bn(payments)
    assert back == pytest.approx(number * {"m": 1e-3, "bn": 1.0, "tn": 1e3}[scale], rel=1e-12)


@given(st.floats(0.0, 50.0))
def test_payments_turn_into_won_and_dollars_at_one_rate(payments):
    won, dollars = MONEY.krw_bn(payments), MONEY.usd_bn(payments)
    assert won == pytest.approx(dollars * MONEY.krw_per_usd, rel=1e-12)
    assert won == pytest.approx(payments * 1038.9, rel=1e-12)
