"""The president's signature and the Assembly's vote."""

import math
from typing import Any

from sim.compiling import kernel
from sim.draws import Address, uniforms
from sim.kernel.tables import members_abstaining, members_present
from sim.rules.protocol import happens
from sim.rules.ratification import (
    binomial_search,
    consents,
    felt_cost,
    log_of_the_commoner,
    none_of_the_rarer,
    president_signs,
    yes_probability,
)
from sim.rules.reservation import assembly_limit
from sim.terms import Ending, Purpose

GOES_ON = -1  # no ending: the talks go on
_RATIFIED, _VETO = int(Ending.RATIFIED), int(Ending.EXECUTIVE_VETO)
_REFUSED = int(Ending.RATIFICATION_REFUSED)
_ANSWERS, _VOTE = int(Purpose.ANSWERS), int(Purpose.VOTE)


@kernel
def _passes(p: Any, blocs: Any, t: Any, s: Any, i: int, r: int, address: Address, o: Any) -> bool:
    """The vote: every bloc draws who attends, who says yes and who abstains."""
    felt = felt_cost(
        -s.deal_utility[i], p.public_backlash_weight * s.backlash[i], s.shock[i], s.willingness[i]
    )
    present, yes, abstain = 0.0, 0.0, 0.0
    threshold, chance, log_of_commoner = math.nan, 0.0, 0.0
    for index in range(blocs.shape[0]):
        bloc = blocs[index]
        u = uniforms(*address, _VOTE, r, index)
        here = members_present(bloc, index, t, u[0])
        if bloc.threshold != threshold:  # neighbours often share it
            threshold = bloc.threshold
            chance = yes_probability(threshold + p.assembly_shift, felt, p.assembly_precision)
            log_of_commoner = log_of_the_commoner(chance)
        none = none_of_the_rarer(here, log_of_commoner)
        for_it = binomial_search(here, chance, none, u[1])
        present += here
        yes += for_it
        abstain += members_abstaining(bloc, index, here - for_it, t, u[2])
    o.votes += 1
    o.yes, o.abstain, o.no = int(yes), int(abstain), int(present - yes - abstain)
    o.absent = int(p.members - present)
    return consents(yes, present, p.members)


@kernel
def domestic(p: Any, blocs: Any, t: Any, s: Any, i: int, r: int, address: Address, o: Any) -> int:
    """What the president and the Assembly make of a deal: an ending, or the talks go on."""
    _, _, signs, resume = uniforms(*address, _ANSWERS, r, 0)
    if not president_signs(
        s.deal_value[i], s.threshold[i], s.demand_value[i], p.president_precision, signs
    ):
        o.vetoes += 1
        s.mandate[i] = s.threshold[i]
        return GOES_ON if happens(p.president_returns_after_veto, resume) else _VETO
    if p.assembly_consent_required == 0.0 or _passes(p, blocs, t, s, i, r, address, o):
        o.amount, o.category = s.deal_amount[i], s.deal_category[i]
        o.us_value, o.seoul_cost = s.deal_value[i], -s.deal_utility[i]
        return _RATIFIED
    o.refusals += 1
    s.limit[i] = assembly_limit(p.known_limit, s.shock[i], 1.0, 0.0, 0.0)
    return GOES_ON if happens(p.assembly_returns_after_refusal, resume) else _REFUSED
