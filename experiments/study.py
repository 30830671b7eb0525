"""A study: one question to the model, frozen; what it holds decides every number of its results.

>>> from experiments.study_making import make_study
>>> study = make_study("korea_2019", vary={"demand": [1.5, 5.58]}, replicates=500, seed=7)
>>> study.name, study.replicates, [factor.parameter for factor in study.factors]
('korea_2019-demand', 500, ['president.demand'])

A study lays out design points (`experiments.design`) and plays each of them some times
(`experiments.run`). Its digest covers what the numbers follow from and leaves out its words.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod
from typing import TYPE_CHECKING, Any

from experiments.provenance import digest, plain
from sim.parameters import Prior
from sim.scenario import Scenario

if TYPE_CHECKING:
    from experiments.calibration.posterior import Posterior

GRID = "grid"
SAMPLED = ("latin_hypercube", "sobol", "saltelli", "morris")
DESIGNS = (GRID, *SAMPLED)
DRAWS = ("common", "independent")
REFERENCE = "case"  # name of the one variant of a study that names none
ROUNDS_AFTER_EXPIRY = "talks.rounds_after_expiry"  # of a posterior: it makes talks.rounds
ROUNDS, EXPIRY, MOST_ROUNDS = "talks.rounds", "talks.expiry_round", 1000


@dataclass(frozen=True)
class Factor:
    """A parameter that varies: over levels in a grid, else over a range with a law.

    parameter : full name; levels : in the model's units, () where it is sampled
    law : `uniform` or `log-uniform` between low and high, where it is sampled
    """

    parameter: str
    levels: tuple[float, ...] = ()
    law: Prior = Prior("fixed")

    def as_json(self) -> dict[str, Any]:
        """What the numbers follow from."""
        if self.levels:
            return {"parameter": self.parameter, "levels": list(self.levels)}
        return {"parameter": self.parameter, "law": [*self.law]}


@dataclass(frozen=True)
class Variant:
    """The same design under other settings; the first variant is what the others differ from."""

    name: str
    label: str = ""
    settings: Mapping[str, float] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """What figures and tables call it."""
        return self.label or self.name.replace("_", " ")


@dataclass(frozen=True)
class Study:
    """One question. `make_study` builds it, `read_study` reads it from a file.

    replicates : negotiations a design point; with a precision, the most that one gets
    precision : half-width of the outcome's 95% interval at which a point is done, or None
    refine : play only the lattice points near where the outcome's probability is 1/2
    common : whether design points share their draws
    outcome : the event that the question is about, one of `experiments.events.EVENTS`
    posterior : whose draws the replicates of every design point are split among, in their order,
        see `experiments.posterior_sweep`; None where nothing was calibrated
    """

    name: str
    title: str
    question: str
    scenario: Scenario
    settings: Mapping[str, float]
    factors: tuple[Factor, ...]
    variants: tuple[Variant, ...]
    design: str
    size: int
    replicates: int
    precision: float | None
    refine: bool
    common: bool
    outcome: str
    seed: int
    figures: tuple[str, ...]
    notes: str = ""
    posterior: "Posterior | None" = None

    def as_json(self) -> dict[str, Any]:
        """Everything, as a manifest holds it."""
        return plain(
            self.what_counts()
            | {
                "name": self.name, "title": self.title, "question": self.question,
                "notes": self.notes, "outcome": self.outcome, "figures": list(self.figures),
                "labels": {variant.name: variant.label for variant in self.variants},
            } | self._about_posterior()
        )  # fmt: skip

    def _about_posterior(self) -> dict[str, Any]:
        """Which posterior it is, in words and by the hash of its file."""
        found = self.posterior
        if found is None:
            return {}
        return {"posterior": {
            "name": found.name, "date": found.date, "status": found.status,
            "verdict": found.verdict, "draws": len(found), "digest": found.digest,
        }}  # fmt: skip

    def what_counts(self) -> dict[str, Any]:
        """What the numbers follow from, apart from the model itself.

        All outcomes are counted; which one is asked about matters where it says what is played.
        """
        staged = self.precision is not None or self.refine
        drawn = {} if self.posterior is None else {"posterior": self.posterior.digest}
        return plain(drawn | {
            "case_digest": self.scenario.digest, "settings": dict(sorted(self.settings.items())),
            "factors": [factor.as_json() for factor in self.factors],
            "variants": [[v.name, dict(sorted(v.settings.items()))] for v in self.variants],
            "design": self.design, "size": self.size, "replicates": self.replicates,
            "precision": self.precision, "refine": self.refine,
            "draws": DRAWS[0] if self.common else DRAWS[1],
            "outcome": self.outcome if staged else None, "seed": self.seed,
        })  # fmt: skip

    @property
    def digest(self) -> str:
        """SHA-256 of what the numbers follow from."""
        return digest(self.what_counts())

    @property
    def parameters(self) -> tuple[str, ...]:
        """The parameters that vary, by full name."""
        return tuple(factor.parameter for factor in self.factors)

    @property
    def has_ranges(self) -> bool:
        """Whether some parameter is sampled from a range."""
        return any(not factor.levels for factor in self.factors)

    @property
    def uncertain(self) -> tuple[str, ...]:
        """The parameters that are drawn from their laws at every level of a grid."""
        drawn = (factor for factor in self.factors if not factor.levels)
        return tuple(factor.parameter for factor in drawn) if self.design == GRID else ()

    @property
    def combinations(self) -> int:
        """Settings of the factors, whatever the variant."""
        if self.design == GRID:
            drawn = self.size if self.uncertain else 1
            return prod(len(factor.levels) for factor in self.factors if factor.levels) * drawn
        if self.design == "saltelli":
            return self.size * (len(self.factors) + 2)
        if self.design == "morris":
            return self.size * (len(self.factors) + 1)
        return self.size

    @property
    def points(self) -> int:
        """Design points."""
        return self.combinations * len(self.variants)

    @property
    def drawn(self) -> tuple[str, ...]:
        """The parameters of the model that the posterior draws, by full name.

        What the study varies, or sets at every design point, is not drawn; what a variant sets is
        drawn in the others.
        """
        names = () if self.posterior is None else self.posterior.parameters
        full = (ROUNDS if name == ROUNDS_AFTER_EXPIRY else name for name in names)
        return tuple(name for name in full if name not in {*self.parameters, *self.settings})

    @property
    def replicates_of_draw(self) -> int:
        """Negotiations of one draw of the posterior at a design point."""
        return self.replicates // (1 if self.posterior is None else len(self.posterior))

    def factor(self, parameter: str) -> Factor:
        """The factor of a parameter, by full name."""
        return next(factor for factor in self.factors if factor.parameter == parameter)

    def central(self, parameter: str) -> float:
        """What a parameter is where nothing varies it: the study's setting, else the case's."""
        return self.settings.get(parameter, self.scenario.values[parameter])
