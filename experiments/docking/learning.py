"""Section C, continued: repeated offers and beliefs (C7, C8)."""

import math

import numpy as np

from experiments.docking.limits import certain_types, in_words
from experiments.docking.play import formula, limit_points, tallied
from experiments.docking.row import Got, Row
from sim.negotiate import watch
from sim.rules.aspiration import concession_share, time_share
from sim.rules.beliefs import updated_mean, updated_sd
from sim.theory.learning import (
    belief_after_refusal,
    belief_after_refusal_probit,
    posterior_deviations,
    variances_of_posterior_means,
)
from sim.theory.one_sided_offers import (
    cutoff_ratio,
    no_deal_probability,
    no_deal_probability_finite,
    price_ratio,
)

SCREENING = "Stokey 1981; Sobel, Takahashi 1983; Gul, Sonnenschein, Wilson 1986"
KALMAN = "Zeng, Sycara 1998; Kalman 1960"
PRINTED_SD = (
    0.1, 0.09981, 0.09691, 0.08533, 0.06525, 0.04598, 0.03216, 0.02305, 0.01704, 0.01297,
)  # fmt: skip
ROUNDS, PRIOR_SD, OFFER_NOISE, EXPONENT = 10, 0.1, 0.02, 2.0


def learning_rows() -> list[Row]:
    """The rows C7 and C8."""
    return [*_screening(), *_beliefs(), *_refusals()]


def _screening() -> list[Row]:
    rows = [
        formula(
            "C7.first-price", "the first of endlessly many offers asks so much of the highest "
            "value", SCREENING, lambda: price_ratio(0.9), 0.240253,
        ),
        formula(
            "C7.cutoff", "the highest value left falls so far with each refusal", SCREENING,
            lambda: cutoff_ratio(0.9), 0.759747,
        ),
    ]  # fmt: skip
    rows += [
        formula(
            f"C7.n={offers}", f"no deal after {offers} offers without end", SCREENING,
            lambda offers=offers: no_deal_probability(0.9, offers), printed, 5.1e-5,
        )
        for offers, printed in ((1, 0.7597), (2, 0.5772), (4, 0.3332), (8, 0.1110))
    ]  # fmt: skip
    rows += [
        formula(
            f"C7.T={offers}", f"no deal after the last of {offers} offers", SCREENING,
            lambda offers=offers: no_deal_probability_finite(0.9, offers), printed,
        )
        for offers, printed in (
            (1, 0.5), (2, 0.423077), (3, 0.354711), (5, 0.242813), (10, 0.082272)
        )
    ]  # fmt: skip
    return rows


def _schedule() -> tuple[float, ...]:
    """The belief's deviation after each round's offer, by the rules that the teams use."""
    sd, found = PRIOR_SD, []
    for index in range(ROUNDS):
        conceded = concession_share(time_share(float(index), 0.0, float(ROUNDS)), EXPONENT)
        sd = updated_sd(sd, conceded, OFFER_NOISE)
        found.append(float(sd))
    return tuple(found)


def _agents_schedule(_n: int, seed: int) -> Got:
    """The same as the US team of one negotiation holds it; the two sides never meet."""
    talks = watch(limit_points(LEARNS), 0, 0, seed=seed)
    found = []
    while talks.ending is None:
        talks.step()
        found.append(float(talks.negotiators.belief_sd))
    return Got(tuple(found), 1)


LEARNS: dict[str, float] = {
    **certain_types(1.5, 1.2),
    "president.demand": 3.0,
    "talks.learning": 1,
    "talks.offer_noise": OFFER_NOISE,
    "talks.rounds": ROUNDS,
    "negotiators.belief_sd": PRIOR_SD,
    "ministry.concession_exponent": EXPONENT,
}


def _posterior_means(n: int, seed: int) -> Got:
    """The mean belief after five noisy offers of a reservation that is drawn from the prior."""
    generator = np.random.default_rng(seed)
    means = np.empty(n)
    opening = 1.0
    for index in range(n):
        reservation = 1.25 + PRIOR_SD * generator.standard_normal()
        mean, sd = 1.25, PRIOR_SD
        for r in range(5):
            share = concession_share(time_share(float(r), 0.0, float(ROUNDS)), EXPONENT)
            noise = OFFER_NOISE * generator.standard_normal()
            offer = opening + share * (reservation - opening) + noise
            mean = updated_mean(mean, sd, offer, opening, share, OFFER_NOISE)
            sd = updated_sd(sd, share, OFFER_NOISE)
        means[index] = mean
    return Got(float(means.mean()), n, error=float(means.std()) / math.sqrt(n))


def _beliefs() -> list[Row]:
    law = tuple(posterior_deviations(PRIOR_SD, OFFER_NOISE, EXPONENT, ROUNDS).tolist())
    return [
        formula(
            "C8.schedule", "what is known after each offer: the Kalman filter", KALMAN, _schedule,
            law, 1e-12, engine="rules", limit="rules of beliefs and concession alone",
        ),
        formula(
            "C8.schedule.form", "its printed values", KALMAN, lambda: law, PRINTED_SD, 5.1e-6,
        ),
        tallied(
            "C8.schedule.talks", "the belief of the US team, round by round", KALMAN,
            in_words(LEARNS), _agents_schedule, expected=law, tolerance=1e-12, engine="Mesa",
        ),
        tallied(
            "C8.mean", "on average learning moves no belief: E[posterior mean] = prior mean",
            KALMAN, "rules of beliefs and concession alone", _posterior_means, kind="P",
            expected=1.25, n=20_000, engine="rules",
        ),
        formula(
            "C8.variance", "variance of the posterior mean after five offers", KALMAN,
            lambda: float(
                variances_of_posterior_means(PRIOR_SD, OFFER_NOISE, EXPONENT, ROUNDS)[4]
            ), 0.00574265, 5.1e-9,
        ),
    ]  # fmt: skip


def _refusals() -> list[Row]:
    source = "Bayes; moments matched as in McKelvey, Palfrey 1998"
    rows = [
        formula(
            f"C8.refusal.{precision:g}", "the belief after a refused demand: mean and deviation",
            source, lambda p=precision: tuple(belief_after_refusal(1.25, p, 1.25, 0.1)), printed,
            1e-6,
        )
        for precision, printed in (
            (20.0, (1.189429, 0.079569)), (math.inf, (1.170212, 0.060281))
        )
    ]  # fmt: skip
    rows.append(
        formula(
            "C8.refusal.probit", "the same with a probit in place of the logit", source,
            lambda: tuple(belief_after_refusal_probit(1.25, 20.0, 1.25, 0.1)),
            (1.189236, 0.079421), 1e-6,
        )
    )  # fmt: skip
    return rows
