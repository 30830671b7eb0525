"""Won, dollars and the money unit of the model: the one place that converts.

Inside the model 1 is Seoul's annual payment in the base year. A case file states that payment
once in won and once in dollars, as reported; the implied rate of exchange converts every other
amount of the case.
"""

import math
import re
from dataclasses import dataclass

_SCALES = {"m": 1e6, "bn": 1e9, "tn": 1e12}
_AMOUNT = re.compile(r"([0-9]+(?:\.[0-9]+)?) (?:(KRW|USD) (m|bn|tn)|payments)")

AMOUNT_FORM = (
    'an amount with its currency, such as "5 USD bn", "1038.9 KRW bn" or "1.6 payments" '
    "(multiples of the base payment)"
)


@dataclass(frozen=True)
class Money:
    """The base payment in both currencies, in single won and dollars."""

    payment_krw: float
    payment_usd: float

    @property
    def krw_per_usd(self) -> float:
        """The rate of exchange that the two statements of the payment imply."""
        return self.payment_krw / self.payment_usd

    def payments(self, text: str) -> float:
        """An amount as written in a case file, in payments.

        Raises
        ------
        ValueError
            Where the text is not of the form that `AMOUNT_FORM` describes.
        """
        value, currency = parse_amount(text)
        if currency is None:
            return value
        return value / (self.payment_krw if currency == "KRW" else self.payment_usd)

    def krw_bn(self, payments: float) -> float:
        """Billions of won."""
        return payments * self.payment_krw / 1e9

    def usd_bn(self, payments: float) -> float:
        """Billions of dollars."""
        return payments * self.payment_usd / 1e9


def parse_amount(text: str) -> tuple[float, str | None]:
    """Value in single won or dollars with its currency, or in payments with None.

    Raises
    ------
    ValueError
        Where the text is not of the form that `AMOUNT_FORM` describes.
    """
    match = _AMOUNT.fullmatch(text)
    number, currency, scale = match.groups() if match else ("inf", None, "")
    value = float(number) * _SCALES.get(scale, 1.0)
    if math.isinf(value):
        raise ValueError(f"it must be {AMOUNT_FORM}")
    return value, currency
