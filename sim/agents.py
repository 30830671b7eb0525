"""The actors, as Mesa agents: each holds its own state and takes its own decisions.

An agent sees the design point (`model.point`), the clock and what is on the table; private types
stay with their owner. Decisions are rules of `sim.rules`, called with draws that are addressed by
what they are for.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mesa import Agent

from sim.policies import BargainingPolicy, View
from sim.rules.aspiration import concession_share, time_share
from sim.rules.backlash import backlash_after_offer, backlash_after_walk_out, public_reaction
from sim.rules.beliefs import updated_mean, updated_sd
from sim.rules.commitment import committed_cost, signing_threshold
from sim.rules.packages import amount_for, category_for
from sim.rules.preferences import category_worth, seoul_utility, us_value
from sim.rules.protocol import happens, offers_left
from sim.rules.ratification import (
    binomial_quantile,
    consents,
    felt_cost,
    president_signs,
    yes_probability,
)
from sim.rules.reservation import (
    assembly_limit,
    ministry_reservation,
    normal_quantile,
    perceived_mandate,
    reservation_value,
    worth_as_precedent,
)
from sim.rules.responding import turnover_option
from sim.rules.security import cost_of_waiting, threat_is_open
from sim.rules.walk_out import walk_out_probability
from sim.terms import Family, Purpose, Side

if TYPE_CHECKING:
    from sim.design_points import Point
    from sim.model import TalksModel


@dataclass(frozen=True, slots=True)
class Package:
    """What is tabled: amount in payments, category share, and its worth to each side."""

    amount: float
    category: float
    us_value: float
    seoul_utility: float


@dataclass(frozen=True, slots=True)
class BlocVote:
    """How a party bloc voted, in members."""

    party: str
    yes: int
    no: int
    abstain: int
    absent: int


class Actor(Agent):
    """Any actor: knows the model that it acts in, its parameters and its draws."""

    model: "TalksModel"

    @property
    def point(self) -> "Point":
        """The parameters of the negotiation."""
        return self.model.point

    def draw(self, purpose: Purpose, word: int, actor: int = 0) -> float:
        """This round's uniform for a purpose (types and fortune have one for the whole talks)."""
        whole = purpose in (Purpose.TYPES, Purpose.FORTUNE)
        return self.model.draws.uniform(
            purpose, word, 0 if whole else self.model.round_index, actor
        )


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


class Team(Actor):
    """What the two negotiating teams share: a policy, a belief about the other, offers."""

    side: Side
    reservation: float
    opening: float
    other: "Team"

    def __init__(self, model: Any, policy: BargainingPolicy) -> None:
        """Sit down with a policy; types and beliefs are set by the subclass."""
        super().__init__(model)
        self.policy = policy
        self.clock_start = 0.0
        self.belief_mean = self.belief_sd = 0.0
        self.offer = self.last_offer = 0.0
        self.package = Package(0.0, 0.0, 0.0, 0.0)
        self.last_received = 0.0

    def habit(self, name: str) -> float:
        """A parameter of this team."""
        return getattr(
            self.point, f"{'negotiators' if self.side is Side.US else 'ministry'}_{name}"
        )

    @property
    def joint_gain(self) -> float:
        """V - K of an efficient package inside the framework."""
        return self.model.president.joint_gain

    @property
    def moves_first(self) -> bool:
        """Whether this team tables before the other."""
        return self.point.talks_first_mover == self.side

    def worth(self, package: Package) -> float:
        """A package in this team's own utility."""
        return package.us_value if self.side is Side.US else package.seoul_utility

    @property
    def received(self) -> float:
        """What the other's package of this round is worth to this team."""
        return self.worth(self.other.package)

    def view(self, noise: float = 0.0) -> View:
        """What the team knows when it decides."""
        p, r = self.point, self.model.round_index
        countered = p.talks_final_counteroffer == 1.0
        left = offers_left(float(r), p.talks_rounds, p.talks_final_counteroffer)
        final = r + 1 == p.talks_rounds
        other_family = (
            p.ministry_reservation_family
            if self.side is Side.US
            else p.president_reservation_family
        )
        return View(
            side=self.side,
            round_index=r,
            rounds=int(p.talks_rounds),
            clock_start=self.clock_start,
            reservation=self.reservation,
            opening=self.opening,
            believed=self.joint_gain - self.belief_mean,
            belief_sd=self.belief_sd,
            other_family=other_family,
            joint_gain=self.joint_gain,
            exponent=self.habit("concession_exponent"),
            ambition=self.habit("ambition"),
            patience=self.habit("patience"),
            other_patience=self.other.habit("patience"),
            precision=p.talks_precision,
            offers_left=left if self.moves_first else left - 1.0,
            moves_first=self.moves_first,
            answers_last=final and (self.moves_first or not countered),
            waiting_cost=self.model.security.waiting_cost,
            option_value=self.option_value(),
            walk_out_odds=(
                p.talks_walk_out_base, p.talks_walk_out_gap, p.talks_walk_out_movement,
            ),
            support=(p.support_low, p.support_width, p.talks_split),
            other_reservation=self.other.reservation,
            noise=noise,
            own_offer=self.offer,
            own_last_offer=self.last_offer,
            offer_received=self.received,
            last_offer_received=self.last_received,
        )  # fmt: skip

    def option_value(self) -> float:
        """What waiting for a turnover of the other side is worth."""
        return 0.0

    def takes_position(self) -> None:
        """Table an offer."""
        word = 0 if self.side is Side.US else 1
        noise = self.point.talks_offer_noise * normal_quantile(self.draw(Purpose.TABLE, word))
        self.last_offer = self.offer
        self.offer = float(self.policy.position(self.view(noise)))
        self.package = self.packages(self.offer)

    def packages(self, offer: float) -> Package:
        """The efficient package that is worth an offer to this team."""
        raise NotImplementedError

    def appraise(self, amount: float, category: float) -> Package:
        """A package with its worth to each side."""
        p, president = self.point, self.model.president
        of_category = category_worth(
            category,
            p.package_category_value,
            p.president_category_audience_cost,
            president.demanded_category,
        )
        value = us_value(amount, of_category, p.us_terms)
        cost = seoul_utility(amount, p.package_category_cost * category, p.seoul_terms)
        return Package(amount, category, value, cost)

    def walk_out_chance(self) -> float:
        """The probability that a team with the common habits leaves at these positions."""
        p = self.point
        return walk_out_probability(
            self.offer - self.received,
            self.received - self.last_received,
            p.talks_walk_out_base,
            p.talks_walk_out_gap,
            p.talks_walk_out_movement,
        )

    def walks_out(self) -> bool:
        """Whether the team leaves the room."""
        word = 2 if self.side is Side.US else 3
        return bool(self.policy.walks_out(self.view(), self.draw(Purpose.TABLE, word)))

    def accepts(self) -> bool:
        """Whether the team accepts the other's offer."""
        word = 1 if self.side is Side.US else 0
        return bool(self.policy.accepts(self.view(), self.draw(Purpose.ANSWERS, word)))

    def learns(self) -> None:
        """Update the belief about the other's reservation utility from its offer."""
        p, other = self.point, self.other
        time = time_share(float(self.model.round_index), other.clock_start, p.talks_rounds)
        conceded = concession_share(time, other.habit("concession_exponent"))
        noise = p.talks_offer_noise
        mean, sd = self.belief_mean, self.belief_sd
        self.belief_mean = updated_mean(mean, sd, other.offer, other.opening, conceded, noise)
        self.belief_sd = updated_sd(sd, conceded, noise)

    def remembers(self) -> None:
        """Keep what the other tabled, to see its movement in the next round."""
        self.last_received = self.received


class USNegotiators(Team):
    """The US team: bargains under the mandate that it thinks it has."""

    side = Side.US

    def __init__(self, model: Any, policy: BargainingPolicy) -> None:
        """Read the president's mind, with an error that stays the same for these talks."""
        super().__init__(model, policy)
        p = self.point
        self._error = normal_quantile(self.draw(Purpose.TYPES, 2))
        self.belief_mean, self.belief_sd = p.belief_about_seoul, p.negotiators_belief_sd
        self.last_received = p.opening_to_us
        self.read_mandate()

    def read_mandate(self) -> None:
        """Form a view of the least that the president will sign."""
        p, president = self.point, self.model.president
        self.opening = self.offer = president.demand_value
        self.reservation = perceived_mandate(
            president.threshold,
            president.demand_value,
            p.negotiators_mandate_bias,
            p.negotiators_mandate_noise,
            self._error,
        )

    def is_overruled(self) -> None:
        """Learn from a veto what the president will sign."""
        self.reservation = self.model.president.threshold

    def serves_successor(self) -> None:
        """Start over under a new president."""
        self.clock_start = float(self.model.round_index)
        self.read_mandate()

    def packages(self, offer: float) -> Package:
        """The efficient package of a US value."""
        p, president = self.point, self.model.president
        amount = amount_for(
            offer - p.us_terms,
            president.free_category,
            p.package_category_value,
            p.president_category_audience_cost,
            president.demanded_category,
            p.package_framework_cap,
        )
        category = category_for(amount, president.free_category, p.package_framework_cap)
        return self.appraise(amount, category)


class ForeignMinistry(Team):
    """Seoul's team: bargains under its own limit and what it thinks the Assembly would pass."""

    side = Side.SEOUL

    def __init__(self, model: Any, policy: BargainingPolicy) -> None:
        """Draw the private reservation value and read the Assembly."""
        super().__init__(model, policy)
        p = self.point
        private = reservation_value(
            p.ministry_reservation_family,
            p.ministry_reservation_mean,
            p.ministry_reservation_sd,
            self.draw(Purpose.TYPES, 1),
        )
        self.own_limit = committed_cost(private, -p.opening_utility, p.seoul_commitment)
        self.limit = assembly_limit(
            p.assembly_limit,
            self.model.assembly.shock,
            p.signal_weight,
            p.signal_noise,
            normal_quantile(self.draw(Purpose.FORTUNE, 3)),
        )
        self.opening = self.offer = p.opening_utility
        self.reservation = 0.0
        self.belief_mean, self.belief_sd = p.belief_about_us, p.ministry_belief_sd
        self.last_received = p.demand_to_seoul

    def reads_mandate(self) -> None:
        """Work out the most that it may concede in this round."""
        self.reservation = ministry_reservation(
            self.own_limit,
            self.limit,
            self.model.public.backlash_cost,
            self.model.security.willingness,
        )

    def meets_successor(self) -> None:
        """Start a new belief about a new president."""
        p = self.point
        self.belief_mean, self.belief_sd = p.belief_about_successor, p.ministry_belief_sd
        self.last_received = p.new_demand_to_seoul

    def is_refused(self) -> None:
        """Learn from a refusal what the Assembly will pass."""
        known = self.point.known_limit
        self.limit = assembly_limit(known, self.model.assembly.shock, 1.0, 0.0, 0.0)

    def option_value(self) -> float:
        """What waiting for a new president is worth, before the day on which one may come."""
        p, r = self.point, self.model.round_index
        if not (r < p.turnover_round and p.turnover_round < p.talks_rounds):
            return 0.0
        return turnover_option(
            p.turnover_expected_probability,
            p.ministry_patience,
            p.turnover_round - r,
            p.new_joint_gain - self.reservation - p.turnover_reservation_mean,
        )

    def packages(self, offer: float) -> Package:
        """The efficient package of a cost to Seoul."""
        p, free = self.point, self.model.president.free_category
        cap = p.package_framework_cap
        amount = amount_for(-offer - p.seoul_terms, free, p.package_category_cost, 0.0, 0.0, cap)
        return self.appraise(amount, category_for(amount, free, cap))


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
