"""The limit in which the talks obey a law that can be written down.

Every mechanism is at its off value: what remains are two private reservation values, a public
demand, a first offer and two concession curves that end at the reservation values. A side accepts
an offer if and only if its own next position would bring no more.
"""

import math

LIMIT: dict[str, float] = {
    # choices without error, offers without noise, nothing learnt, nobody leaves the room
    "talks.precision": math.inf,
    "president.precision": math.inf,
    "talks.offer_noise": 0.0,
    "talks.learning": 0.0,
    "talks.walk_out_base": -math.inf,
    # each side concedes down to its own reservation value and waits at no cost
    "negotiators.ambition": 0.0,
    "ministry.ambition": 0.0,
    "negotiators.patience": 1.0,
    "ministry.patience": 1.0,
    "talks.lapse_cost": 0.0,
    # the team at the table knows the president, who pays nothing for falling short of his demand
    "negotiators.mandate_noise": 0.0,
    "negotiators.mandate_bias": 0.0,
    "president.audience_cost": 0.0,
    "precedent.weight": 0.0,
    # Seoul's side: no Assembly, no backlash
    "assembly.consent_required": 0.0,
    "public.backlash_weight": 0.0,
    # nothing happens from outside
    "turnover.probability": 0.0,
    "turnover.expected_probability": 0.0,
    "security.threat_probability": 0.0,
    # money is the only issue
    "president.category_audience_cost": 0.0,
    "package.category_value": 0.0,
    "package.category_cost": 0.0,
    "package.duration_value": 0.0,
    "package.duration_gain": 0.0,
    "package.escalator_value": 0.0,
    "package.escalator_cost": 0.0,
    "package.framework_cap": math.inf,
}
