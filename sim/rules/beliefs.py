"""Learning the counterpart's reservation utility from the offers that it tables (mechanism M3).

An offer made when the share alpha of the way is conceded reads

    offer = opening + alpha (reservation - opening) + noise

so the Kalman gain on the reservation is alpha v / (alpha^2 v + noise^2), v the prior variance:
nothing is learnt from an opening (alpha = 0) and everything from a noiseless later offer.

Source: Zeng, Sycara (1998), Int. J. Human-Computer Studies 48; Kalman (1960), J. Basic Engineering.
"""

import math

from sim.compiling import rule


@rule
def learning_gain(sd: float, concession: float, noise_sd: float) -> float:
    """The share of a surprise by which a belief moves: the Kalman gain; 0 if nothing is told."""
    variance = sd * sd
    information = concession * concession * variance + noise_sd * noise_sd
    if information <= 0.0:
        return 0.0
    return concession * variance / information


@rule
def mean_after_surprise(
    mean: float, offer: float, opening: float, concession: float, gain: float
) -> float:
    """Mean of the belief after an offer, given the gain."""
    return mean + gain * (offer - opening - concession * (mean - opening))


@rule
def updated_mean(
    mean: float, sd: float, offer: float, opening: float, concession: float, noise_sd: float
) -> float:
    """Mean of the belief after an offer."""
    gain = learning_gain(sd, concession, noise_sd)
    return mean_after_surprise(mean, offer, opening, concession, gain)


@rule
def updated_sd(sd: float, concession: float, noise_sd: float) -> float:
    """Standard deviation of the belief after an offer."""
    noise = noise_sd * noise_sd
    information = concession * concession * sd * sd + noise
    if information <= 0.0:
        return sd
    return sd * math.sqrt(noise / information)
