"""The actors who do not sit at the table: president, public, Assembly, security environment."""

from dataclasses import dataclass
from typing import Any

from sim.agents.actor import Actor
from sim.rules.backlash import backlash_after_offer, backlash_after_walk_out, public_reaction
from sim.rules.commitment import signing_threshold
from sim.rules.protocol import happens
from sim.rules.ratification import (
    binomial_quantile,
    consents,
    felt_cost,
    president_signs,
    yes_probability,
)
from sim.rules.reservation import normal_quantile, reservation_value, worth_as_precedent
from sim.rules.security import cost_of_waiting, threat_is_open
from sim.terms import Family, Purpose


class SecurityEnvironment(Actor):
    """Pyongyang's deadline: a threat that may open there and stays open."""

    def __init__(self, model: Any) -> None:
        """Draw whether the threat will emerge."""
        super().__init__(model)
        probability = self.point.security_threat_probability
        self.emerges = bool(happens(probability, self.draw(Purpose.FORTUNE, 2)))
        self.threat = 0.0

    def review(self) -> None:
        """Open the threat once its deadline has passed."""
        deadline = self.point.security_deadline_round
        opened = threat_is_open(float(self.model.round_index), deadline, self.emerges)
        self.threat = 1.0 if opened else 0.0

    @property
    def willingness(self) -> float:
        """What the threat adds to what Seoul and its members would pay."""
        return self.point.security_threat_willingness * self.threat

    @property
    def waiting_cost(self) -> float:
        """What letting this round pass costs a side."""
        p = self.point
        return cost_of_waiting(
            float(self.model.round_index),
            p.talks_expiry_round,
            p.talks_lapse_cost,
            p.security_threat_cost * self.threat,
        )


class Public(Actor):
    """Opinion in Seoul."""

    def __init__(self, model: Any) -> None:
        """Start from what the demand alone has stirred up."""
        super().__init__(model)
        self.backlash = self.point.backlash_at_start

    def react(self, amount: float) -> None:
        """React to the amount that the US tables."""
        p = self.point
        reaction = public_reaction(amount, p.public_backlash_scale)
        self.backlash = backlash_after_offer(self.backlash, reaction, p.public_backlash_speed)

    def resent_walk_out(self) -> None:
        """React to a walk-out of the US team."""
        self.backlash = backlash_after_walk_out(self.backlash, self.point.public_walk_out_jump)

    @property
    def backlash_cost(self) -> float:
        """What backlash adds to the cost of a deal at home."""
        return self.point.public_backlash_weight * self.backlash


class President(Actor):
    """The US executive's principal: made a public demand, signs or vetoes."""

    def __init__(self, model: Any) -> None:
        """Draw the private reservation value and face the public demand."""
        super().__init__(model)
        p = self.point
        self.will_change = bool(happens(p.turnover_probability, self.draw(Purpose.FORTUNE, 0)))
        self.changed = False
        private = reservation_value(
            p.president_reservation_family,
            p.president_reservation_mean,
            p.president_reservation_sd,
            self.draw(Purpose.TYPES, 0),
        )
        self.demanded_category, self.free_category = p.demanded_category, p.free_category
        self.joint_gain = p.joint_gain
        self._face(private, p.demand_value)

    def _face(self, private: float, demand_value: float) -> None:
        p = self.point
        reservation = worth_as_precedent(private, p.precedent_weight, p.precedent_others_payment)
        self.demand_value = demand_value
        self.threshold = signing_threshold(reservation, demand_value, p.us_commitment)

    def faces_election(self) -> bool:
        """Whether a successor takes over in this round; if so, with a demand of his own."""
        p = self.point
        if not (self.will_change and self.model.round_index == p.turnover_round):
            return False
        self.changed = True
        private = reservation_value(
            float(Family.NORMAL),
            p.turnover_reservation_mean,
            p.turnover_reservation_sd,
            self.draw(Purpose.FORTUNE, 1),
        )
        self.demanded_category, self.free_category = p.new_demanded_category, p.new_free_category
        self.joint_gain = p.new_joint_gain
        self._face(private, p.new_demand_value)
        return True

    def signs(self, value: float) -> bool:
        """Whether he signs a package of this US value."""
        p, draw = self.point, self.draw(Purpose.ANSWERS, 2)
        return president_signs(
            value, self.threshold, self.demand_value, p.president_precision, draw
        )


@dataclass(frozen=True, slots=True)
class BlocVote:
    """How a party bloc voted, in members."""

    party: str
    yes: int
    no: int
    abstain: int
    absent: int


class PartyBloc(Actor):
    """The members of one party."""

    def __init__(self, model: Any, index: int, party: str, row: Any) -> None:
        """Take the bloc's seats; its index addresses its draws."""
        super().__init__(model)
        self.index, self.party = index, party
        self.seats, self.attendance, self.threshold, self.abstention = row.tolist()

    def votes(self, felt: float) -> BlocVote:
        """Cast the members' votes on a deal of this felt cost."""
        p = self.point
        draws = [self.draw(Purpose.VOTE, word, self.index) for word in range(3)]
        present = binomial_quantile(self.seats, self.attendance, draws[0])
        chance = yes_probability(self.threshold + p.assembly_shift, felt, p.assembly_precision)
        yes = binomial_quantile(present, chance, draws[1])
        abstain = binomial_quantile(present - yes, self.abstention, draws[2])
        no, absent = present - yes - abstain, self.seats - present
        return BlocVote(self.party, int(yes), int(no), int(abstain), int(absent))


class NationalAssembly(Actor):
    """The legislature: consents or refuses."""

    def __init__(self, model: Any, parties: Any, rows: Any) -> None:
        """Seat the blocs and draw the shock that is common to all members."""
        super().__init__(model)
        self.shock = self.point.assembly_shock_sd * normal_quantile(self.draw(Purpose.TYPES, 3))
        self.blocs = [
            PartyBloc(model, index, party, row)
            for index, (party, row) in enumerate(zip(parties, rows, strict=True))
        ]

    def votes(self, cost: float) -> list[BlocVote]:
        """Call the vote on a deal that costs Seoul so much."""
        model = self.model
        felt = felt_cost(cost, model.public.backlash_cost, self.shock, model.security.willingness)
        return [bloc.votes(felt) for bloc in self.blocs]

    def consents(self, votes: list[BlocVote]) -> bool:
        """Whether a vote amounts to consent."""
        yes = sum(vote.yes for vote in votes)
        present = yes + sum(vote.no + vote.abstain for vote in votes)
        return bool(consents(float(yes), float(present), self.point.members))
