"""The order of play, with Mesa agents: one negotiation that can be watched round by round.

The same order stands in `sim.kernel`, compiled. Every decision is an agent's, by the rules of
`sim.rules`; this file only says whose turn it is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from mesa import Model
from numpy.typing import NDArray

from sim.agents import (
    BlocVote,
    ForeignMinistry,
    NationalAssembly,
    Package,
    President,
    Public,
    SecurityEnvironment,
    Team,
    USNegotiators,
)
from sim.design_points import Point
from sim.draws import Draws
from sim.outcomes import OUTCOME
from sim.policies import POLICIES, BargainingPolicy
from sim.rules.protocol import happens, offers_cross, split
from sim.terms import Ending, Policy, Protocol, Purpose


@dataclass
class RoundRecord:
    """What happened in one round, as a transcript tells it."""

    round_index: int
    us: Package
    seoul: Package
    us_reservation: float
    seoul_reservation: float
    threshold: float
    us_least: float  # amount in payments, as the next
    seoul_most: float
    backlash: float = 0.0
    executive_changed: bool = False
    threat: bool = False
    expired: bool = False
    walked_out: list[str] = field(default_factory=list)
    walk_out_chance: dict[str, float] = field(default_factory=dict)
    deal: Package | None = None
    accepted_by: str = ""
    signed: bool | None = None
    votes: list[BlocVote] = field(default_factory=list)
    consented: bool | None = None
    resumed: bool | None = None


class TalksModel(Model):
    """One negotiation of a design point; `run()` plays it to its end."""

    def __init__(
        self,
        point: Point,
        blocs: NDArray[Any],
        draws: Draws,
        parties: Sequence[str] | None = None,
        policies: Mapping[str, BargainingPolicy] | None = None,
    ) -> None:
        """Seat everybody.

        Parameters
        ----------
        point : the design point
        blocs : dtype BLOC, shape (blocs,)
        draws : the draws of (seed, design point, replicate)
        parties : the blocs' names
        policies : "us" or "seoul" -> a policy in place of the one that the point names
        """
        super().__init__(rng=0)  # Mesa's own generator is not used: draws are addressed
        self.point, self.draws = point, draws
        self.round_index = 0
        self.ending: Ending | None = None
        self.rounds: list[RoundRecord] = []
        self.outcome = np.zeros(1, OUTCOME)[0]
        for name in ("amount", "category", "us_value", "seoul_cost"):
            self.outcome[name] = np.nan
        chosen = dict(policies or {})
        self.security = SecurityEnvironment(self)
        self.public = Public(self)
        self.president = President(self)
        names = parties or [f"bloc {index + 1}" for index in range(len(blocs))]
        self.assembly = NationalAssembly(self, names, blocs)
        us = chosen.get("us", POLICIES[Policy(int(point.negotiators_policy))]())
        seoul = chosen.get("seoul", POLICIES[Policy(int(point.ministry_policy))]())
        self.negotiators = USNegotiators(self, us)
        self.ministry = ForeignMinistry(self, seoul)
        self.negotiators.other, self.ministry.other = self.ministry, self.negotiators

    def run(self) -> np.void:
        """Play to the end; returns the record (dtype OUTCOME)."""
        while self.ending is None:
            self.step()
        return self.outcome

    def step(self) -> None:
        """One round, in the order of play."""
        changed = self._turns_of_fortune()
        self.ministry.reads_mandate()
        self.negotiators.takes_position()
        self.ministry.takes_position()
        record = self._open_record(changed)
        self.public.react(self.negotiators.package.amount)
        broken_off = self._walk_outs(record)
        if broken_off:
            self._resumes(record, self.point.talks_returns_after_walk_out, Ending.WALK_OUT)
        else:
            self._bargain(record)
            if self.point.talks_learning != 0.0:
                self.negotiators.learns()
                self.ministry.learns()
            if record.deal is not None:
                self._domestic(record, record.deal)
        self.negotiators.remembers()
        self.ministry.remembers()
        self._close_record(record)

    def _turns_of_fortune(self) -> bool:
        changed = self.president.faces_election()
        if changed:
            self.negotiators.serves_successor()
            self.ministry.meets_successor()
        self.security.review()
        return changed

    def _walk_outs(self, record: RoundRecord) -> bool:
        """Whether a team leaves the room: from the second round on."""
        if self.round_index == 0:
            return False
        teams = {"us": self.negotiators, "seoul": self.ministry}
        record.walk_out_chance = {name: team.walk_out_chance() for name, team in teams.items()}
        record.walked_out = [name for name, team in teams.items() if team.walks_out()]
        if "us" in record.walked_out:
            self.public.resent_walk_out()
        for name in record.walked_out:
            self.outcome[f"{name}_walk_outs"] += 1
        if record.walked_out and self.outcome["first_walk_out"] == 0:
            self.outcome["first_walk_out"] = self.round_index + 1
        return bool(record.walked_out)

    def _bargain(self, record: RoundRecord) -> None:
        """The second mover answers the first mover's offer, then the reverse."""
        p, us, seoul = self.point, self.negotiators, self.ministry
        if p.talks_protocol == Protocol.DOUBLE_AUCTION:
            if offers_cross(seoul.received, seoul.offer):
                blend = [
                    split(getattr(seoul.package, key), getattr(us.package, key), p.talks_split)
                    for key in ("amount", "category")
                ]
                record.deal, record.accepted_by = us.appraise(*blend), "both"
            return
        first, second = (us, seoul) if us.moves_first else (seoul, us)
        countered = self.round_index + 1 < p.talks_rounds or p.talks_final_counteroffer == 1.0
        for proposer, responder in ((first, second), (second, first)):
            if (proposer is first or countered) and responder.accepts():
                record.deal = proposer.package
                record.accepted_by = self._name(responder)
                return

    def _domestic(self, record: RoundRecord, deal: Package) -> None:
        """What the president and the Assembly make of a deal."""
        p = self.point
        record.signed = bool(self.president.signs(deal.us_value))
        if not record.signed:
            self.outcome["vetoes"] += 1
            self.negotiators.is_overruled()
            self._resumes(record, p.president_returns_after_veto, Ending.EXECUTIVE_VETO)
            return
        record.consented = p.assembly_consent_required == 0.0 or self._vote(record, deal)
        if record.consented:
            self.ending = Ending.RATIFIED
            self.outcome["amount"], self.outcome["category"] = deal.amount, deal.category
            self.outcome["us_value"] = deal.us_value
            self.outcome["seoul_cost"] = -deal.seoul_utility
            return
        self.outcome["refusals"] += 1
        self.ministry.is_refused()
        self._resumes(record, p.assembly_returns_after_refusal, Ending.RATIFICATION_REFUSED)

    def _vote(self, record: RoundRecord, deal: Package) -> bool:
        record.votes = self.assembly.votes(-deal.seoul_utility)
        self.outcome["votes"] += 1
        for name in ("yes", "no", "abstain", "absent"):
            self.outcome[name] = sum(getattr(vote, name) for vote in record.votes)
        return self.assembly.consents(record.votes)

    def _resumes(self, record: RoundRecord, probability: float, otherwise: Ending) -> None:
        """Whether the talks resume after a break; if not, they have ended."""
        draw = self.draws.uniform(Purpose.ANSWERS, 3, self.round_index)
        record.resumed = bool(happens(probability, draw))
        if not record.resumed:
            self.ending = otherwise

    def _open_record(self, changed: bool) -> RoundRecord:
        us, seoul = self.negotiators, self.ministry
        record = RoundRecord(
            self.round_index, us.package, seoul.package, us.reservation, seoul.reservation,
            self.president.threshold,
            us.packages(self.president.threshold).amount,
            seoul.packages(seoul.reservation).amount,
            executive_changed=changed,
            threat=self.security.threat == 1.0,
            expired=self.round_index >= self.point.talks_expiry_round,
        )  # fmt: skip
        self.rounds.append(record)
        return record

    def _close_record(self, record: RoundRecord) -> None:
        """End the round, and with the last one the talks."""
        outcome, p = self.outcome, self.point
        record.backlash = self.public.backlash
        self.round_index += 1
        if self.ending is None and self.round_index >= p.talks_rounds:
            self.ending = Ending.LAPSE
        outcome["round"] = self.round_index
        if self.ending is not None:
            outcome["ending"] = self.ending
            outcome["gap"] = self.negotiators.offer - self.negotiators.received
            outcome["backlash"] = self.public.backlash
            outcome["lapsed"] = self.round_index > p.talks_expiry_round
            outcome["executive_changed"] = self.president.changed
            outcome["threat"] = self.security.threat == 1.0
            self.running = False

    def _name(self, team: Team) -> str:
        return "us" if team is self.negotiators else "seoul"
