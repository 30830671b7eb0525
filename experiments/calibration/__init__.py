"""Calibration: parameters of a simulator fitted to reported figures, and how far to believe it.

>>> from experiments.calibration import Figure, fit
"""

from experiments.calibration.engine import Figure, fit

__all__ = ["Figure", "fit"]
