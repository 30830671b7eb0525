"""What is tabled."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Package:
    """What is tabled: amount in payments, category share, and its worth to each side."""

    amount: float
    category: float
    us_value: float
    seoul_utility: float
