"""The engine: the posterior of any simulator's parameters given reported figures.

priors, figures, simulator      what comes in, checked
polynomial, emulator            figures as smooth functions of parameters, with their scatter
mixture, bridge                 draws of laws that can be evaluated; mixtures fitted to draws
importance, blending            exact weights of rows; draws that join rows and emulator
rounds                          where the rows are spent
predictive, checks, synthetic   whether to believe the result
result, comparing, saving       the fit and what can be asked of it
fitting, checkpoint             the verb, and going on after a kill
"""

from experiments.calibration.engine.checks import Bars
from experiments.calibration.engine.figures import Figure
from experiments.calibration.engine.fitting import fit
from experiments.calibration.engine.result import Fit
from experiments.calibration.engine.saving import load_fit

__all__ = ["Bars", "Figure", "Fit", "fit", "load_fit"]
