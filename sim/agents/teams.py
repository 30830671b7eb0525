"""The two teams at the table: each with a policy, a belief about the other, and offers."""

from typing import Any

from sim.agents.actor import Actor
from sim.agents.package import Package
from sim.policies import BargainingPolicy, View
from sim.rules.aspiration import concession_share, time_share
from sim.rules.beliefs import updated_mean, updated_sd
from sim.rules.commitment import committed_cost
from sim.rules.packages import amount_for, category_for
from sim.rules.preferences import category_worth, seoul_utility, us_value
from sim.rules.protocol import offers_left
from sim.rules.reservation import (
    assembly_limit,
    ministry_reservation,
    normal_quantile,
    perceived_mandate,
    reservation_value,
)
from sim.rules.responding import turnover_option
from sim.rules.walk_out import walk_out_probability
from sim.terms import Purpose, Side


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
        raise TypeError(f"{type(self).__name__} must build its packages")

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
