"""What every actor has: a model to act in, parameters and draws."""

from typing import TYPE_CHECKING

from mesa import Agent

from sim.terms import Purpose

if TYPE_CHECKING:
    from sim.design_points import Point
    from sim.model import TalksModel


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
