"""One negotiation, told: who tabled what, who left and why, what the vote was, how it ended."""

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from sim.agents import BlocVote
from sim.model import RoundRecord, TalksModel
from sim.scenario import RoundDate, Scenario
from sim.terms import Ending

NAMES = {"us": "the US team", "seoul": "Seoul's team", "both": "both teams"}
ENDINGS = {
    Ending.RATIFIED: "a deal is ratified",
    Ending.WALK_OUT: "the talks end with a walk-out",
    Ending.LAPSE: "the talks lapse without a deal",
    Ending.EXECUTIVE_VETO: "the talks end with the president's veto",
    Ending.RATIFICATION_REFUSED: "the talks end with the Assembly's refusal",
}


@dataclass(frozen=True)
class Transcript:
    """A finished negotiation with the scenario that it was played in.

    calibration : which one the parameters are drawn from, in words; "" for those of the case
    """

    scenario: Scenario
    talks: TalksModel
    calibration: str = ""

    @property
    def ending(self) -> Ending:
        """How the talks ended."""
        return Ending(int(self.talks.outcome["ending"]))

    def headline(self) -> str:
        """How it ended, in one line."""
        last = self.talks.rounds[-1]
        words = f"{ENDINGS[self.ending][0].upper()}{ENDINGS[self.ending][1:]}"
        if self.ending is Ending.RATIFIED and last.deal is not None:
            words += f" at {self._amount(last.deal.amount)}"
        return f"{words}, round {last.round_index + 1}"

    def _date(self, index: int) -> RoundDate | None:
        rounds = self.scenario.calendar.rounds
        return rounds[index] if index < len(rounds) else None

    def _amount(self, payments: float) -> str:
        money = self.scenario.money
        return f"${money.usd_bn(payments):,.2f}bn ({money.krw_bn(payments):,.0f} bn won)"

    def lines(self) -> list[str]:
        """The transcript as lines of text."""
        scenario, point = self.scenario, self.talks.point
        text = [
            scenario.title,
            "",
            f"In public the US demands {self._amount(point.president_demand)} a year, "
            f"{point.president_demand:.2f} times what Seoul pays. "
            f"The agreement in force expires on {_day(scenario.calendar.expiry)}.",
        ]
        if self.calibration:
            text.append(f"One draw of the posterior of {self.calibration}")
        elif not scenario.calibrated:
            text.append(
                "The parameters are assumptions, not calibrated: one possible course of talks."
            )
        before: RoundRecord | None = None
        for record in self.talks.rounds:
            text += [
                "",
                self._heading(record),
                *("  " + line for line in self._tell(record, before)),
            ]
            before = record
        return [*text, "", self._conclusion()]

    def _heading(self, record: RoundRecord) -> str:
        held = self._date(record.round_index)
        where = f"{_span(held.start, held.end)}, {held.place}" if held else "after the calendar"
        return f"Round {record.round_index + 1} · {where}"

    def _tell(self, record: RoundRecord, before: RoundRecord | None) -> list[str]:
        lines = []
        if record.executive_changed:
            demand = self._amount(self.talks.point.turnover_new_demand)
            lines.append(f"A new president is in office. The public demand is now {demand}.")
        if record.expired and not (before and before.expired):
            lines.append(
                "The old agreement has expired; each round without a deal now costs both sides."
            )
        if record.threat and not (before and before.threat):
            lines.append("Pyongyang's deadline has passed and the threat is open.")
        share = (
            f", {record.us.category:.0%} of it in a new category" if record.us.category > 0 else ""
        )
        lines.append(f"The US tables {self._amount(record.us.amount)}{share}.")
        lines.append(f"Seoul offers {self._amount(record.seoul.amount)}.")
        gap = record.us.amount - record.seoul.amount
        lines.append(f"The gap is {self._amount(gap)}." if gap > 0 else "The offers meet.")
        lines += [self._tell_walk_out(record, before, side) for side in record.walked_out]
        if record.walked_out:
            lines.append(
                f"The round is broken off; backlash in Seoul stands at {record.backlash:.0%}. "
                + ("The talks resume." if record.resumed else "The talks do not resume.")
            )
        elif record.deal is None:
            lines.append("No agreement in this round.")
        else:
            lines += self._tell_deal(record)
        return lines

    def _tell_walk_out(self, record: RoundRecord, before: RoundRecord | None, side: str) -> str:
        mover = "Seoul" if side == "us" else "the US"
        now = record.seoul.amount if side == "us" else record.us.amount
        then = now
        if before is not None:
            then = before.seoul.amount if side == "us" else before.us.amount
        moved = now - then if side == "us" else then - now
        movement = (
            f"{mover} has moved {'by' if moved > 0 else 'back by'} {self._amount(abs(moved))}"
            if abs(moved) > 5e-4
            else f"{mover} has hardly moved"
        )
        gap = record.us.amount - record.seoul.amount
        apart = f"a gap of {self._amount(gap)}" if gap > 0 else "offers that meet"
        return (
            f"{NAMES[side][0].upper()}{NAMES[side][1:]} leaves the room "
            f"(likelihood {_chance(record.walk_out_chance[side])}: {apart}, and {movement} "
            "since the round before)."
        )

    def _tell_deal(self, record: RoundRecord) -> list[str]:
        deal = record.deal
        if deal is None:
            return []
        point = self.talks.point
        years = 1 + point.duration * (point.package_duration_max - 1)
        rise = point.escalator * point.package_escalator_max
        taker = NAMES[record.accepted_by]
        new = f", {deal.category:.0%} in a new category" if deal.category > 0 else ""
        verb = "initial" if record.accepted_by == "both" else "accepts:"
        lines = [
            f"{taker[0].upper()}{taker[1:]} {verb} {self._amount(deal.amount)} a year for "
            f"{years:g} years, rising by {rise:.1%} a year{new}."
        ]
        if not record.signed:
            short = self._amount(record.threshold - deal.us_value)
            below = deal.us_value < record.threshold
            reason = f": it is worth {short} less to him than the least that he signs"
            if not below:
                reason = ", though it is worth more to him than the least that he signs"
            lines.append(f"The president refuses it{reason}. {_resume(record)}")
            return lines
        lines.append("The president signs it.")
        if record.votes:
            lines += ["The National Assembly votes:", *_ballot(record.votes)]
            verdict = "consents" if record.consented else f"refuses. {_resume(record)}"
            lines.append(f"The Assembly {verdict.rstrip('.')}.")
        return lines

    def _conclusion(self) -> str:
        outcome = self.talks.outcome
        parts = [f"{self.headline()}."]
        broken_off = sum(bool(record.walked_out) for record in self.talks.rounds)
        counts = (
            (broken_off, "round broken off", "rounds broken off"),
            (int(outcome["vetoes"]), "veto", "vetoes"),
            (int(outcome["refusals"]), "refusal by the Assembly", "refusals by the Assembly"),
        )
        told = ", ".join(f"{n} {one if n == 1 else many}" for n, one, many in counts if n)
        return " ".join([*parts, f"On the way: {told}." if told else "No break on the way."])

    def positions(self) -> list[dict[str, float]]:
        """Tabled amounts and win-sets by round, in payments at the efficient terms.

        us_least : the amount from which the president signs; seoul_most : the amount up to which
        the ministry may concede, its win-set at home
        """
        return [
            {
                "round": record.round_index + 1,
                "us_amount": record.us.amount,
                "seoul_amount": record.seoul.amount,
                "us_least": record.us_least,
                "seoul_most": record.seoul_most,
            }
            for record in self.talks.rounds
        ]

    def events(self) -> list[tuple[int, str]]:
        """What to mark on a picture: round and a few words."""
        marks: list[tuple[int, str]] = []
        for record in self.talks.rounds:
            number = record.round_index + 1
            marks += [
                (number, f"{side.upper() if side == 'us' else 'Seoul'} walks out")
                for side in record.walked_out
            ]
            if record.executive_changed:
                marks.append((number, "new president"))
            if record.signed is False:
                marks.append((number, "president's veto"))
            if record.consented is False:
                marks.append((number, "Assembly refuses"))
        if self.ending is Ending.RATIFIED:
            marks.append((len(self.talks.rounds), "ratified"))
        return marks

    def as_json(self) -> dict[str, Any]:
        """The whole negotiation for machines; amounts in payments, won and dollars."""
        outcome = {name: self.talks.outcome[name].item() for name in self.talks.outcome.dtype.names}
        outcome["ending"] = self.ending.name.lower()
        for name in ("amount", "category", "us_value", "seoul_cost"):
            if outcome[name] != outcome[name]:
                outcome[name] = None
        return {
            "case": self.scenario.name,
            "status": "calibrated" if self.scenario.calibrated else "uncalibrated",
            "outcome": outcome | self._in_money(outcome["amount"]),
            "rounds": [self._round_as_json(record) for record in self.talks.rounds],
        }

    def _in_money(self, payments: float | None) -> dict[str, float | None]:
        money = self.scenario.money
        return {
            "amount_krw_bn": None if payments is None else money.krw_bn(payments),
            "amount_usd_bn": None if payments is None else money.usd_bn(payments),
        }

    def _round_as_json(self, record: RoundRecord) -> dict[str, Any]:
        held = self._date(record.round_index)
        table = asdict(record)
        table["round"] = table.pop("round_index") + 1
        table["start"] = held.start.isoformat() if held else None
        table["end"] = held.end.isoformat() if held else None
        table["place"] = held.place if held else None
        for name in ("us", "seoul", "deal"):
            if table[name] is not None:
                table[name] |= self._in_money(table[name]["amount"])
        return table


def _chance(probability: float) -> str:
    """A probability in whole per cent; what has happened was not impossible."""
    if probability < 0.005:
        return "under 1%"
    return "over 99%" if probability > 0.995 else f"{probability:.0%}"


def _resume(record: RoundRecord) -> str:
    return "The talks resume." if record.resumed else "The talks do not resume."


def _ballot(votes: list[BlocVote]) -> list[str]:
    width = max(len(vote.party) for vote in [*votes]) + 2
    head = f"  {'':{width}}{'yes':>5}{'no':>5}{'abstain':>9}{'absent':>8}"
    rows = [f"  {v.party:{width}}{v.yes:5d}{v.no:5d}{v.abstain:9d}{v.absent:8d}" for v in votes]
    total = [sum(getattr(v, name) for v in votes) for name in ("yes", "no", "abstain", "absent")]
    return [head, *rows, f"  {'all':{width}}{total[0]:5d}{total[1]:5d}{total[2]:9d}{total[3]:8d}"]


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _span(start: date, end: date) -> str:
    if start == end:
        return _day(start)
    if (start.year, start.month) == (end.year, end.month):
        return f"{start.day}-{_day(end)}"
    return f"{_day(start)} to {_day(end)}"
