"""The president's signature and the Assembly's vote."""

from typing import Any

from sim.compiling import kernel
from sim.draws import uniforms
from sim.rules.protocol import happens
from sim.rules.ratification import (
    binomial_quantile,
    consents,
    felt_cost,
    president_signs,
    yes_probability,
)
from sim.rules.reservation import assembly_limit
from sim.terms import Ending, Purpose

GOES_ON = -1  # no ending: the talks go on
_RATIFIED, _VETO = int(Ending.RATIFIED), int(Ending.EXECUTIVE_VETO)
_REFUSED, _VOTE = int(Ending.RATIFICATION_REFUSED), int(Purpose.VOTE)


@kernel
def _passes(p: Any, blocs: Any, s: Any, r: int, address: Any, u: Any, counter: Any, o: Any) -> bool:
    """The vote: every bloc draws who attends, who says yes and who abstains."""
    felt = felt_cost(-s.deal_utility, p.public_backlash_weight * s.backlash, s.shock, s.willingness)
    present, yes, abstain = 0.0, 0.0, 0.0
    for index in range(blocs.shape[0]):
        bloc = blocs[index]
        uniforms(u, counter, address[0], address[1], address[2], _VOTE, r, index)
        here = binomial_quantile(bloc.seats, bloc.attendance, u[0])
        for_it = binomial_quantile(
            here,
            yes_probability(bloc.threshold + p.assembly_shift, felt, p.assembly_precision),
            u[1],
        )
        present += here
        yes += for_it
        abstain += binomial_quantile(here - for_it, bloc.abstention, u[2])
    o.votes += 1
    o.yes, o.abstain, o.no = int(yes), int(abstain), int(present - yes - abstain)
    o.absent = int(p.members - present)
    return consents(yes, present, p.members)


@kernel
def domestic(p: Any, blocs: Any, s: Any, r: int, address: Any, u: Any, counter: Any, o: Any) -> int:
    """What the president and the Assembly make of a deal: an ending, or the talks go on."""
    resume = u[3]
    if not president_signs(s.deal_value, s.threshold, s.demand_value, p.president_precision, u[2]):
        o.vetoes += 1
        s.mandate = s.threshold
        return GOES_ON if happens(p.president_returns_after_veto, resume) else _VETO
    if p.assembly_consent_required == 0.0 or _passes(p, blocs, s, r, address, u, counter, o):
        o.amount, o.category = s.deal_amount, s.deal_category
        o.us_value, o.seoul_cost = s.deal_value, -s.deal_utility
        return _RATIFIED
    o.refusals += 1
    s.limit = assembly_limit(p.known_limit, s.shock, 1.0, 0.0, 0.0)
    return GOES_ON if happens(p.assembly_returns_after_refusal, resume) else _REFUSED
