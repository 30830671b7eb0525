"""The table of parameters: one row each, the only place that knows names, ranges and priors.

A name is the path of the key in a case file; with "." read as "_" it is the field of a design
point that the engines read. Utilities and amounts are in units of Seoul's payment in the base
year ("payments"), precisions in 1/payment, times in rounds.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

from sim.terms import Family, Policy, Protocol


class Prior(NamedTuple):
    """A prior law on an interval: `uniform`, `log-uniform`, or `fixed` where none is stated."""

    law: str
    low: float = math.nan
    high: float = math.nan

    def __str__(self) -> str:
        """As it stands in case files: `uniform(0, 0.3)`."""
        if self.law == "fixed":
            return "fixed"
        return f"{self.law}({self.low:g}, {self.high:g})"


@dataclass(frozen=True)
class Parameter:
    """One row of the table."""

    name: str
    symbol: str
    unit: str
    low: float
    high: float
    central: float
    prior: Prior
    meaning: str
    source: str
    off: str = ""
    codes: type[Family] | type[Policy] | type[Protocol] | None = None
    money: bool = False  # stands in a case file as an amount with its currency
    whole: bool = False

    @property
    def field(self) -> str:
        """The name of the column in a table of design points."""
        return self.name.replace(".", "_")

    @property
    def allowed(self) -> str:
        """What a value may be, in words for an error message."""
        if self.codes is not None:
            return "one of " + ", ".join(code.name.lower() for code in self.codes)
        kind = "a whole number" if self.whole else "a number"
        return f"{kind} in [{self.low:g}, {self.high:g}]"


FIXED = Prior("fixed")
INF = math.inf


def _uniform(low: float, high: float) -> Prior:
    return Prior("uniform", low, high)


def _log_uniform(low: float, high: float) -> Prior:
    return Prior("log-uniform", low, high)


def _row(name: str, symbol: str, unit: str, bounds: tuple[float, float], central: float,
         prior: Prior, meaning: str, source: str, off: str = "", **more: object) -> Parameter:  # fmt: skip
    return Parameter(name, symbol, unit, *bounds, central, prior, meaning, source, off, **more)  # pyright: ignore[reportArgumentType]


_PAY, _PER, _P, _ONE = "payments", "1/payment", "probability", "1"
_LAW, _POLICY = "law", "policy"
_ASSUMED = "assumption"

# fmt: off
PARAMETERS: tuple[Parameter, ...] = (
    # The US executive: the president and what he said in public.
    _row("president.demand", "D", _PAY, (0, 50), 5000 / 896, FIXED, "public demand: the treatment of a sweep", "article of 19 Nov 2019 (S07, S10)", money=True),
    _row("president.reservation_family", "", _LAW, (0, 2), 0, FIXED, "law of the president's reservation value", _ASSUMED, codes=Family),
    _row("president.reservation_mean", "E[r_P]", _PAY, (-5, 50), 1.04, _uniform(.98, 1.15), "mean of the least US value that the president would sign in private", _ASSUMED),
    _row("president.reservation_sd", "sd[r_P]", _PAY, (0, 5), .06, _uniform(.02, .10), "its standard deviation", _ASSUMED, "0"),
    _row("president.audience_cost", "a", _ONE, (0, 1e9), .05, _log_uniform(.004, .30), "cost of each unit of shortfall from the public demand", "Fearon 1994; Leventoglu, Tarar 2005", "0"),
    _row("president.category_audience_cost", "a_c", _PAY, (0, 10), .05, _log_uniform(.004, .30), "cost of giving up a whole demanded new category", _ASSUMED, "0"),
    _row("president.category_insistence", "", _ONE, (0, 1), 1, FIXED, "share of what the framework cannot hold that is demanded in public as a new category", "article (S18)", "0"),
    _row("president.precision", "lambda_P", _PER, (0, INF), 60, _log_uniform(20, 120), "precision of the president's choice to sign", "McKelvey, Palfrey 1998", "inf"),
    _row("president.returns_after_veto", "psi_v", _P, (0, 1), .7, _uniform(.4, 1), "probability that talks resume after a veto", _ASSUMED),
    # The US team.
    _row("negotiators.policy", "", _POLICY, (0, 3), 0, FIXED, "how the US team bargains", _ASSUMED, codes=Policy),
    _row("negotiators.mandate_noise", "sigma_N", _PAY, (0, 1), .05, _uniform(0, .12), "sd of the error in what the team thinks that the president will sign", "Tarar 2001", "0"),
    _row("negotiators.mandate_bias", "b_N", _PAY, (-1, 1), .02, _uniform(0, .05), "by how much the team believes him softer than he is", "Tarar 2001", "0"),
    _row("negotiators.concession_exponent", "e_P", _ONE, (.01, 100), 1, _uniform(.3, 3), "concession exponent: > 1 boulware, < 1 conceder", "Faratin, Sierra, Jennings 1998"),
    _row("negotiators.ambition", "gamma_P", _ONE, (0, 1), .5, _uniform(0, 1), "target's place between reservation and best single demand", "Fearon 1995", "0"),
    _row("negotiators.patience", "delta_P", _ONE, (0, 1), .99, FIXED, "discount factor of a round", "Rubinstein 1982", "1"),
    _row("negotiators.belief_sd", "", _PAY, (0, 5), .10, FIXED, "prior sd of the belief about Seoul's reservation", _ASSUMED),
    # Seoul's team.
    _row("ministry.policy", "", _POLICY, (0, 3), 0, FIXED, "how Seoul's team bargains", _ASSUMED, codes=Policy),
    _row("ministry.reservation_family", "", _LAW, (0, 2), 0, FIXED, "law of the ministry's reservation value", _ASSUMED, codes=Family),
    _row("ministry.reservation_mean", "E[r_M]", _PAY, (-5, 50), 1.22, _uniform(1.10, 1.35), "mean of the largest cost that the ministry would concede in private", _ASSUMED),
    _row("ministry.reservation_sd", "sd[r_M]", _PAY, (0, 5), .08, _uniform(.03, .12), "its standard deviation", _ASSUMED, "0"),
    _row("ministry.opening_offer", "q_0", _PAY, (0, 50), 1, FIXED, "first amount offered: the old payment", "10th agreement: inflation only", money=True),
    _row("ministry.audience_cost", "a_M", _ONE, (0, 1e9), 0, _uniform(0, .10), "cost of each unit conceded above the public offer", "Leventoglu, Tarar 2005", "0"),
    _row("ministry.concession_exponent", "e_M", _ONE, (.01, 100), 2, _uniform(.5, 4), "concession exponent: > 1 boulware, < 1 conceder", "Faratin, Sierra, Jennings 1998"),
    _row("ministry.ambition", "gamma_M", _ONE, (0, 1), .5, _uniform(0, 1), "target's place between reservation and best single demand", "Fearon 1995", "0"),
    _row("ministry.patience", "delta_M", _ONE, (0, 1), .99, FIXED, "discount factor of a round", "Rubinstein 1982", "1"),
    _row("ministry.belief_sd", "", _PAY, (0, 5), .10, FIXED, "prior sd of the belief about the US threshold", _ASSUMED),
    _row("ministry.confidence", "pi*", _P, (.001, .999), .8, _uniform(.6, .95), "pass probability that the ministry asks for", "Iida 1993"),
    _row("ministry.reading_noise", "", _PAY, (0, INF), INF, FIXED, "sd of the noise in the ministry's signal of the common shock (0 knows it, inf knows nothing)", "Iida 1993", "inf"),
    # The National Assembly; its blocs are listed apart.
    _row("assembly.consent_required", "", _ONE, (0, 1), 1, FIXED, "1 where the Assembly must consent", "Constitution art. 60", "0", whole=True),
    _row("assembly.shift", "", _PAY, (-5, 5), 0, _uniform(-.08, .08), "common shift of the blocs' thresholds: minus is harder", _ASSUMED, "0"),
    _row("assembly.precision", "lambda_L", _PER, (0, INF), 12, FIXED, "precision of a member's vote", "McKelvey, Palfrey 1998", "inf"),
    _row("assembly.shock_sd", "sigma_L", _PAY, (0, 5), .06, _uniform(.02, .12), "sd of the shock common to all members", "Iida 1993", "0"),
    _row("assembly.returns_after_refusal", "psi_r", _P, (0, 1), .5, _uniform(.2, .9), "probability that talks resume after a refusal", _ASSUMED),
    # Opinion.
    _row("public.backlash_weight", "chi", _PAY, (0, 10), .12, _uniform(0, .30), "cost of full backlash to members and ministry", "Putnam 1988", "0"),
    _row("public.backlash_scale", "kappa_B", _PAY, (.01, 100), 2, _uniform(1, 4), "rise of the payment that takes backlash to 63%", _ASSUMED),
    _row("public.backlash_speed", "rho", _ONE, (0, 1), .5, _uniform(.2, 1), "share of the way to full reaction in a round", _ASSUMED, "0"),
    _row("public.walk_out_jump", "eta", _ONE, (0, 1), .2, _uniform(0, .4), "jump of backlash when the US team walks out", _ASSUMED, "0"),
    _row("public.anticipation", "", _ONE, (0, 1), 0, FIXED, "share of the reaction to the demand that is felt before the first round", _ASSUMED, "0"),
    # The table.
    _row("talks.rounds", "T", "rounds", (1, 1000), 10, FIXED, "rounds until the last one passes", "calendar of the case", whole=True),
    _row("talks.expiry_round", "T_0", "rounds", (0, 1000), 5, FIXED, "rounds held while the old agreement is in force", "calendar of the case", whole=True),
    _row("talks.lapse_cost", "h", _PAY, (0, 10), .01, _uniform(0, .03), "cost to each side of a round without an agreement in force", "Muthoo 1999", "0"),
    _row("talks.precision", "lambda", _PER, (0, INF), 25, _log_uniform(8, 80), "precision of the teams' answers", "McKelvey, Palfrey 1998", "inf"),
    _row("talks.offer_noise", "", _PAY, (0, 5), .02, FIXED, "sd of the noise in a tabled position", _ASSUMED, "0"),
    _row("talks.learning", "", _ONE, (0, 1), 1, FIXED, "1 where teams learn from offers", "Zeng, Sycara 1998", "0", whole=True),
    _row("talks.walk_out_base", "w_a", _ONE, (-INF, 50), -5.5, _uniform(-7, -4), "log-odds of leaving at no gap and no movement", _ASSUMED, "-inf"),
    _row("talks.walk_out_gap", "w_b", _PER, (0, 50), .75, _uniform(.2, 1), "rise of the log-odds with the gap", _ASSUMED),
    _row("talks.walk_out_movement", "w_m", _PER, (0, 50), .5, _uniform(0, 1), "fall of the log-odds with the counterpart's movement", _ASSUMED, "0"),
    _row("talks.returns_after_walk_out", "psi_w", _P, (0, 1), .9, _uniform(.7, 1), "probability that talks resume after a walk-out", "record of the talks"),
    _row("talks.protocol", "", "protocol", (0, 1), 0, FIXED, "who speaks when", _ASSUMED, codes=Protocol),
    _row("talks.first_mover", "", "side", (0, 1), 0, FIXED, "side that tables first: 0 US, 1 Seoul", "record of the talks", whole=True),
    _row("talks.final_counteroffer", "", _ONE, (0, 1), 1, FIXED, "1 where the last round still has a counter-offer", _ASSUMED, "0", whole=True),
    _row("talks.split", "k", _ONE, (0, 1), .5, FIXED, "weight of Seoul's offer in a double auction's price", "Chatterjee, Samuelson 1983"),
    # The package.
    _row("package.framework_cap", "x_cap", _PAY, (0, INF), 1.6, _uniform(1.3, 2.2), "largest amount that the existing framework can hold", "article (S17)", "inf", money=True),
    _row("package.category_value", "w_c", _PAY, (0, 10), .10, _uniform(0, .2), "US value of paying wholly under the new category", _ASSUMED, "0"),
    _row("package.category_cost", "k_c", _PAY, (0, 10), .30, _uniform(.1, .5), "Seoul's cost of paying wholly under the new category", _ASSUMED, "0"),
    _row("package.duration_value", "w_d", _PAY, (-10, 10), -.02, FIXED, "US value of the longest duration", _ASSUMED, "0"),
    _row("package.duration_gain", "k_d", _PAY, (-10, 10), .04, FIXED, "Seoul's gain from the longest duration", _ASSUMED, "0"),
    _row("package.escalator_value", "w_g", _PAY, (-10, 10), .16, FIXED, "US value of the full escalator", _ASSUMED, "0"),
    _row("package.escalator_cost", "k_g", _PAY, (-10, 10), .15, FIXED, "Seoul's cost of the full escalator", _ASSUMED, "0"),
    _row("package.duration_max", "d_max", "years", (1, 50), 6, FIXED, "longest duration on the table", "11th agreement: six years"),
    _row("package.escalator_max", "g_max", "share a year", (0, 1), .061, FIXED, "largest yearly escalator on the table", "11th agreement: growth of the defence budget"),
    _row("package.usual_duration", "d_0", "years", (1, 50), 5, FIXED, "duration that reservation values take for granted", "8th and 9th agreements: five years"),
    _row("package.usual_escalator", "g_0", "share a year", (0, 1), .04, FIXED, "yearly escalator that reservation values take for granted", "8th and 9th agreements: inflation, at most 4%"),
    # The executive's turnover.
    _row("turnover.round", "s_E", "rounds", (0, 1001), 7, FIXED, "rounds held before a new executive may take over", "calendar of the case", whole=True),
    _row("turnover.probability", "pi_E", _P, (0, 1), .5, FIXED, "probability that it does", _ASSUMED, "0"),
    _row("turnover.expected_probability", "pi_hat", _P, (0, 1), .4, _uniform(.2, .7), "probability of it that Seoul reckons with", "Simsek, Yildiz 2016", "0"),
    _row("turnover.reservation_mean", "mu_P2", _PAY, (-5, 50), 1.02, _uniform(.98, 1.08), "mean of the successor's reservation value", _ASSUMED),
    _row("turnover.reservation_sd", "sigma_P2", _PAY, (0, 5), .04, FIXED, "its standard deviation", _ASSUMED, "0"),
    _row("turnover.new_demand", "D_2", _PAY, (0, 50), 1.3, _uniform(1.15, 1.5), "the successor's public demand", _ASSUMED, money=True),
    # Precedent and security.
    _row("precedent.weight", "m", _ONE, (0, 100), 0, _uniform(0, 1), "weight of the deal as a precedent for the next partners", "Walter 2006; article (S16)", "0"),
    _row("precedent.others_payment", "xbar", _PAY, (0, 50), 1.3, FIXED, "what the precedent should be worth", _ASSUMED),
    _row("security.deadline_round", "s_K", "rounds", (0, 1001), 5, FIXED, "rounds held before Pyongyang's deadline", "article (S25)", whole=True),
    _row("security.threat_probability", "pi_NK", _P, (0, 1), .3, _uniform(0, .6), "probability that the threat rises at the deadline", _ASSUMED, "0"),
    _row("security.threat_cost", "nu_h", _PAY, (0, 10), .01, _uniform(0, .03), "what an open threat adds to the cost of a round without a deal", _ASSUMED, "0"),
    _row("security.threat_willingness", "nu_M", _PAY, (0, 10), .02, _uniform(0, .05), "what an open threat adds to what Seoul and its members would pay", _ASSUMED, "0"),
)
# fmt: on

BLOC_PARAMETERS: tuple[Parameter, ...] = (
    _row("seats", "", "members", (0, 1000), 0, FIXED, "seats", "calendar of the case", whole=True),
    _row("attendance", "", _P, (0, 1), 0.65, FIXED, "probability of attending a vote", _ASSUMED),
    _row(
        "threshold", "", _PAY, (-50, 50), 1.3, FIXED, "cost at which votes split evenly", _ASSUMED
    ),
    _row("abstention", "", _ONE, (0, 1), 0.49, FIXED, "share of non-yes that abstains", "votes"),
)

BY_NAME: dict[str, Parameter] = {row.name: row for row in PARAMETERS}


def find_parameter(name: str) -> Parameter:
    """The row of a name, or of the last part of a name where only one row ends in it.

    Raises
    ------
    KeyError
        With a message that names the nearest rows, where no row or several rows match.
    """
    if name in BY_NAME:
        return BY_NAME[name]
    ends = [row for row in PARAMETERS if row.name.split(".")[-1] == name]
    if len(ends) == 1:
        return ends[0]
    import difflib

    names = [row.name for row in ends] or difflib.get_close_matches(name, list(BY_NAME), 4, 0.4)
    hint = "; did you mean " + " or ".join(names) + "?" if names else ""
    reason = "is the end of several parameters" if ends else "is not a parameter"
    raise KeyError(f"{name!r} {reason}{hint}")
