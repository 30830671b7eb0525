"""The two domestic vetoes: the president's signature and the Assembly's consent (mechanism M6).

A member present says yes with probability logit(lambda_L (threshold - felt cost)), felt cost
K + chi b - eps_L - nu_M threat with a shock eps_L common to all. Attendance, yes votes and
abstentions of a bloc are binomial. Consent needs a majority of all members present and more than
half of those present saying yes; abstainers count as present and a tie fails.

Source: Constitution of the Republic of Korea, arts. 49 and 60; Iida (1993); Tarar (2001).
"""

import math

from sim.compiling import rule
from sim.rules.responding import acceptance_probability, quantal_response
from sim.rules.special_functions import exponential


@rule
def president_signs(
    value: float, threshold: float, demand: float, precision: float, draw: float
) -> bool:
    """Whether the president signs what the teams initialled; never refuses his own demand."""
    if value >= demand:
        return True
    return quantal_response(value - threshold, precision, draw)


@rule
def felt_cost(cost: float, backlash_cost: float, shock: float, threat_willingness: float) -> float:
    """The cost of a deal as members of the Assembly feel it."""
    return cost + backlash_cost - shock - threat_willingness


@rule
def yes_probability(threshold: float, felt: float, precision: float) -> float:
    """Probability that a member present votes yes."""
    return acceptance_probability(threshold - felt, precision)


@rule
def rarer_outcome(probability: float) -> float:
    """Probability of the rarer of success and failure."""
    if probability > 0.5:
        return 1.0 - probability
    return probability


@rule
def log_of_the_commoner(probability: float) -> float:
    """Logarithm of the probability of the commoner of success and failure."""
    return math.log1p(-rarer_outcome(probability))


@rule
def none_of_the_rarer(trials: float, log_of_commoner: float) -> float:
    """Probability that the rarer outcome does not occur: the first term of the search below."""
    return exponential(trials * log_of_commoner)


@rule
def next_binomial_term(term: float, trials: float, step: float, odds: float) -> float:
    """Probability of step + 1 of the rarer outcome, given that of step and the odds of one."""
    return term * ((trials - step) / (step + 1.0) * odds)


@rule
def binomial_search(trials: float, probability: float, none: float, draw: float) -> float:
    """The binomial quantile, given the probability that the rarer outcome does not occur.

    Searched from the end with the smaller tail, so that the first term does not underflow for up
    to 1,000 trials. A draw that lies exactly on a step of the law, which has practically no chance,
    gives the count below the quantile where success is the commoner outcome.
    """
    flipped = probability > 0.5
    success = rarer_outcome(probability)
    level = draw
    if flipped:
        level = 1.0 - draw
    if success <= 0.0 or trials <= 0.0:
        count = 0.0
    else:
        odds = success / (1.0 - success)
        term = none
        cumulative = term
        count = 0.0
        for step in range(int(trials)):
            if cumulative > level:
                break
            term = next_binomial_term(term, trials, step, odds)
            cumulative = cumulative + term
            count = count + 1.0
    if flipped:
        return trials - count
    return count


@rule
def binomial_quantile(trials: float, probability: float, draw: float) -> float:
    """Quantile of the binomial law: the smallest count whose distribution function exceeds draw."""
    none = none_of_the_rarer(trials, log_of_the_commoner(probability))
    return binomial_search(trials, probability, none, draw)


@rule
def consents(yes: float, present: float, members: float) -> bool:
    """Whether the Assembly consents: a quorum of more than half, and a majority of it for yes."""
    return 2.0 * present > members and 2.0 * yes > present
