"""How a team bargains: a policy tables a position, answers an offer, may leave the room.

Write your own by subclassing `BargainingPolicy` (or `Heuristic`, to change one habit) and hand it
to `sim.negotiate(..., policies={"us": MyPolicy()})`; the Mesa engine plays it. Everything is in the
side's own utility: US value V for the US team, minus the cost K for Seoul's. More is better, a
position below `view.reservation` would be signed at a loss.

>>> class SplitTheGap(Heuristic):
...     '''Meets the other side half-way, but never below its own reservation.'''
...
...     def position(self, view):
...         if view.round_index == 0:
...             return view.opening
...         middle = (view.own_last_offer + view.last_offer_received) / 2
...         return max(view.reservation, middle)

Source: Faratin, Sierra, Jennings (1998); the oracles: Fearon (1995), Rubinstein (1982), Stahl
(1972), Chatterjee and Samuelson (1983). See `sim.rules.aspiration`.
"""

from dataclasses import dataclass, replace

from sim.rules.aspiration import (
    auction_ask,
    auction_bid,
    concession_share,
    pie,
    position,
    single_demand,
    subgame_perfect_share,
    take_it_or_leave_it,
    take_it_or_leave_it_uniform,
    target_utility,
    time_share,
)
from sim.rules.responding import accepts, quantal_response, waiting_threshold
from sim.rules.walk_out import walks_out
from sim.terms import Family, Policy, Side


@dataclass(frozen=True, slots=True)
class View:
    """What a team knows when it decides. Utilities are its own, in payments."""

    side: Side
    round_index: int  # counted from 0
    rounds: int
    clock_start: float  # round in which this team's concession began
    reservation: float  # utility below which it does not sign
    opening: float  # utility of its public demand or first offer
    believed: float  # mean of the most that it could get from the other side
    belief_sd: float
    other_family: float  # law of the other side's reservation value, as sim.terms.Family
    joint_gain: float  # V - K of an efficient package inside the framework
    exponent: float  # concession exponent
    ambition: float
    patience: float
    other_patience: float
    precision: float
    offers_left: float  # offers until the end, this team's next one included
    moves_first: bool
    answers_last: bool  # refusing the offer at hand ends the talks
    waiting_cost: float
    option_value: float  # of waiting for a turnover of the other side
    walk_out_odds: tuple[float, float, float]  # base, per gap, per movement
    support: tuple[float, float, float]  # low, width of a common uniform support; auction weight
    other_reservation: float  # for oracles of complete information only: nobody knows it
    noise: float = 0.0  # in the tabled position
    own_offer: float = 0.0  # tabled in this round
    own_last_offer: float = 0.0  # tabled in the round before (at first: the opening)
    offer_received: float = 0.0  # what the other side's package of this round is worth
    last_offer_received: float = 0.0  # what that of the round before was worth


class BargainingPolicy:
    """The habits that any policy shares; a subclass must say what it tables."""

    def position(self, view: View) -> float:
        """The utility that the team tables in this round.

        Raises
        ------
        TypeError
            Here: a policy must define it.
        """
        raise TypeError(f"{type(self).__name__} must define position(view)")

    def next_position(self, view: View) -> float:
        """What the team would table at its next turn if it refused the offer at hand."""
        if not view.moves_first:
            return view.own_offer
        return self.position(
            replace(
                view,
                round_index=view.round_index + 1,
                offers_left=view.offers_left - 2.0,
                noise=0.0,
            )
        )

    def accepts(self, view: View, draw: float) -> bool:
        """Whether the team accepts `view.offer_received`."""
        gain = view.offer_received - view.reservation
        if view.answers_last:
            return accepts(gain, 0.0, view.precision, draw)
        threshold = waiting_threshold(
            self.next_position(view) - view.reservation,
            view.patience,
            view.waiting_cost,
            self.option_of_waiting(view),
        )
        return accepts(gain, threshold, view.precision, draw)

    def option_of_waiting(self, view: View) -> float:
        """What the team gives for the chance of a turnover on the other side."""
        return 0.0

    def walks_out(self, view: View, draw: float) -> bool:
        """Whether the team leaves the room at the tabled positions."""
        return walks_out(
            view.own_offer - view.offer_received,
            view.offer_received - view.last_offer_received,
            *view.walk_out_odds,
            draw,
        )


class Heuristic(BargainingPolicy):
    """Concedes with time from its opening to its target and answers by quantal response."""

    def target(self, view: View) -> float:
        """Where the team means to end."""
        best = take_it_or_leave_it(view.reservation, view.believed, view.belief_sd)
        return target_utility(view.reservation, view.ambition, best)

    def position(self, view: View) -> float:
        """The opening, less what is conceded by now."""
        time = time_share(float(view.round_index), view.clock_start, float(view.rounds))
        return position(
            self.target(view),
            view.opening,
            view.reservation,
            concession_share(time, view.exponent),
            view.noise,
        )

    def option_of_waiting(self, view: View) -> float:
        """The option value that the model of turnover gives."""
        return view.option_value


class TakeItOrLeaveIt(BargainingPolicy):
    """Tables its best single demand in every round; answers by quantal response to its gain."""

    def position(self, view: View) -> float:
        """The best demand against its belief, at most its public one."""
        uniform = view.other_family == Family.UNIFORM
        best_demand = take_it_or_leave_it_uniform if uniform else take_it_or_leave_it
        best = best_demand(view.reservation, view.believed, view.belief_sd)
        target = target_utility(view.reservation, 1.0, best)
        return single_demand(target, view.opening, view.reservation)

    def accepts(self, view: View, draw: float) -> bool:
        """By the gain alone: there is nothing to wait for."""
        return quantal_response(view.offer_received - view.reservation, view.precision, draw)


class SubgamePerfect(BargainingPolicy):
    """The oracle of alternating offers under complete information, by backward induction."""

    def position(self, view: View) -> float:
        """Its reservation and the proposer's share of the pie."""
        us_first = view.side == Side.US
        both = (view.reservation, view.other_reservation)
        size = pie(view.joint_gain, *(both if us_first else both[::-1]))
        share = subgame_perfect_share(view.offers_left, view.patience, view.other_patience)
        return view.reservation + size * share


class ChatterjeeSamuelson(BargainingPolicy):
    """The linear equilibrium of the sealed double auction over a common uniform support."""

    def position(self, view: View) -> float:
        """The shaded ask of the US, minus the shaded bid of Seoul."""
        if view.side == Side.US:
            return auction_ask(view.reservation, *view.support)
        return -auction_bid(-view.reservation, *view.support)


POLICIES: dict[Policy, type[BargainingPolicy]] = {
    Policy.HEURISTIC: Heuristic,
    Policy.TAKE_IT_OR_LEAVE_IT: TakeItOrLeaveIt,
    Policy.SUBGAME_PERFECT: SubgamePerfect,
    Policy.CHATTERJEE_SAMUELSON: ChatterjeeSamuelson,
}
