"""Within a year a large part of an import changes hands: who lost, who gained.

Years are held against the year before; months, three taken together since single cargoes move single months, against the same months a
year before.

Half the sum of the absolute changes of the partners' value shares: the part of the imports that would have to be moved to undo the change.
In some lines a fifth moves every year. Once a line has a past of its own, a shift must also be twice its usual (the median) to be told,
unless it reaches the warning line, which is the same for all.
Partners through which goods are known to be re-routed are named as suspects when they gain, no more.

Reference: the dissimilarity index (Duncan & Duncan 1955, Amer. Sociol. Rev. 20:210) between two years; taxonomy IND.PARTNER_SHIFT.

>>> shift, lost, gained = shifted({"USA": 0.352, "Brazil": 0.528, "Argentina": 0.120}, {"USA": 0.185, "Brazil": 0.757, "Argentina": 0.058})
>>> round(shift, 3), lost[0], gained[0]
(0.229, ('USA', -0.167), ('Brazil', 0.229))
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import fsum
from statistics import median

from detectors._measures.imports import Completeness, import_line, imports_of, incomplete, period_zh
from detectors._measures.material import Materiality, weighed, weight_of
from detectors._measures.words import name_words
from supplywatch.model.alert import Evidence, Finding, Severity, Text, Threshold
from supplywatch.model.items import Items
from supplywatch.model.records import TradeSlice
from supplywatch.model.rule import Context, Rule, RuleCard, State

NAMED = 3
KEPT_SHARE = 0.01
"""Of months, partners with less are not remembered: together they are few, and absent on both sides."""
Move = tuple[str, float]
Moves = list[Move]
Sides = tuple[Mapping[str, float], Mapping[str, float]]


class Params(Completeness, Materiality):
    """Parameters; see ``config/thresholds.yaml`` for values and sources."""

    watch_shift: float
    warning_shift: float
    hysteresis_shift: float
    window_months: int
    usual_factor: float
    min_years: int
    max_years: int
    min_months: int
    max_months: int
    suspects: dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class Line:
    """Above what a shift is told, and the usual shift of the import line where its past is long enough to say."""

    watch: float
    usual: float | None
    periods: int

    @classmethod
    def of(cls, past: Sequence[float], params: Params, *, monthly: bool) -> Line:
        """Return the line after the shifts of earlier years, or months."""
        if len(past) < (params.min_months if monthly else params.min_years):
            return cls(params.watch_shift, None, len(past))
        usual = round(median(past), 6)
        return cls(min(params.warning_shift, max(params.watch_shift, params.usual_factor * usual)), usual, len(past))

    def thresholds(self, params: Params) -> tuple[Threshold, ...]:
        """Return the watch line where it is the import line's own and not the configured one."""
        if self.watch == params.watch_shift:
            return ()
        source = f"{params.usual_factor:g} times the median of the line's own {self.periods} earlier shifts, at most the warning line"
        return (Threshold(name="watch_shift", value=round(self.watch, 6), kind="calibrated", source=source),)


def shifted(before: Mapping[str, float], now: Mapping[str, float]) -> tuple[float, Moves, Moves]:
    """Return the share that moved (0..1), and who lost and who gained, the largest first."""
    moves = {name: round(now.get(name, 0.0) - before.get(name, 0.0), 6) for name in sorted({*before, *now})}
    lost = sorted(((name, move) for name, move in moves.items() if move < 0), key=lambda pair: (pair[1], pair[0]))
    gained = sorted(((name, move) for name, move in moves.items() if move > 0), key=lambda pair: (-pair[1], pair[0]))
    return share_moved(before, now), lost, gained


def share_moved(before: Mapping[str, float], now: Mapping[str, float]) -> float:
    """Return the share that changed hands (0..1)."""
    # Exact before it is rounded: the order of partners, which a state read again from the ledger may not keep, makes no difference.
    return (
        fsum([abs(share - before.get(name, 0.0)) for name, share in now.items()] + [before[name] for name in before if name not in now]) / 2
    )


def detect(state: State | None, record: TradeSlice, params: Params, context: Context) -> tuple[State, Finding]:
    """Judge one period of one import line against the year before."""
    before: State = state or {"periods": [], "values": [], "shifts": [], "raised": False}
    sums = record.partners.sums
    if sums.top is None or (reason := incomplete(record, sums, params)) is not None:
        return before, Finding(status="unknown", reason="no partner with a value" if sums.top is None else reason)
    monthly = record.frequency == "monthly"
    least = KEPT_SHARE * sums.total if monthly else 0.0
    economies = record.partners.economies
    values = {economies[place].name: round(value) for place, value in record.partners.traded() if value >= least}
    kept = 12 + params.window_months if monthly else 2
    periods, history = [*before["periods"], record.observed][-kept:], [*before["values"], values][-kept:]
    new: State = {**before, "periods": periods, "values": history}
    span = _span(record.observed, params.window_months) if monthly else [record.observed]
    year_before = [f"{int(period[:4]) - 1}{period[4:]}" for period in span]
    by_period = dict(zip(periods, history, strict=True))
    if missing := [period for period in (*span, *year_before) if period not in by_period]:
        return new, Finding(status="unknown", reason=f"no complete figures for {missing[-1]}")
    then, now = (shares([by_period[period] for period in part]) for part in (year_before, span))
    moved, slack = share_moved(then, now), params.hysteresis_shift if monthly else 0.0
    past = before["shifts"]
    new["shifts"] = [*past, round(moved, 4)][-(params.max_months if monthly else params.max_years) :]
    line = Line.of(past, params, monthly=monthly)
    new["raised"] = moved >= line.watch - (slack if before["raised"] else 0.0)
    if not new["raised"]:
        return new, Finding(status="clear")
    finding = _finding(record, (then, now), line, params, context.items)
    return new, weighed(finding, record, weight_of(record, sums, params, context), context.items)


def shares(periods: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Return the share of each partner over several periods together."""
    if len(periods) == 1:
        whole = sum(map(float, periods[0].values()))
        return {name: round(value / whole, 6) for name, value in periods[0].items()}
    totals: dict[str, float] = {}
    for period in periods:
        for name, value in period.items():
            totals[name] = totals.get(name, 0.0) + value
    whole = sum(totals.values())
    return {name: round(value / whole, 6) for name, value in totals.items()}


def _span(month: str, length: int) -> list[str]:
    """Return a month and those before it, the latest last."""
    last = int(month[:4]) * 12 + int(month[5:]) - 1
    return [f"{number // 12:04d}-{number % 12 + 1:02d}" for number in range(last - length + 1, last + 1)]


def _suspects(record: TradeSlice, gained: Moves, params: Params) -> list[str]:
    """Return those who gained and through whom such goods are known to pass."""
    known = next((names for stem, names in params.suspects.items() if record.commodity.startswith(stem)), ())
    return [name for name, _ in gained[:NAMED] if name in known]


def _when(record: TradeSlice, params: Params) -> tuple[str, str]:
    """Return the period in words, English and Chinese."""
    when, when_zh = record.observed, period_zh(record.observed)
    if record.frequency == "monthly":
        return f"{params.window_months} months to {when}", f"截至{when_zh}的{params.window_months}个月"
    return when, when_zh


def _finding(record: TradeSlice, sides: Sides, line: Line, params: Params, items: Items) -> Finding:
    shift, lost, gained = shifted(*sides)
    suspects, thresholds = _suspects(record, gained, params), line.thresholds(params)
    monthly = record.frequency == "monthly"
    clear = line.watch - (params.hysteresis_shift if monthly else 0.0)
    return Finding(
        status="raised",
        severity=Severity.WARNING if shift >= params.warning_shift else Severity.WATCH,
        onset=record.observed,
        headline=_headline(record, (shift, lost[0], gained[0]), line.usual, suspects, params, items),
        clears_when=f"less than {100 * clear:.0f} % changes hands against the year before, in a fresh {'month' if monthly else 'year'}",
        evidence=(
            Evidence.of(record, "half the sum of absolute changes of value shares", round(shift, 6), "0..1"),
            *(Evidence.of(record, f"change of share, {name}", move, "0..1") for name, move in (*lost[:NAMED], *gained[:NAMED])),
        ),
        measures={
            "shift": round(shift, 6),
            "lost": ", ".join(name for name, _ in lost[:NAMED]),
            "gained": ", ".join(name for name, _ in gained[:NAMED]),
            "rerouting_suspects": ", ".join(suspects) or None,
            "usual_shift": line.usual,
            "threshold_source": "calibrated" if thresholds else "default",
        },
        thresholds=thresholds,
        taxonomy=tuple(dict.fromkeys(node for item in items.of_hs(record.commodity) for node in item.taxonomy)),
    )


def _headline(
    record: TradeSlice, moved: tuple[float, Move, Move], usual: float | None, suspects: Sequence[str], params: Params, items: Items
) -> Text:
    line, (when, when_zh), (shift, lost, gained) = imports_of(record, items), _when(record, params), moved
    loser, winner, routes = name_words(lost[0]), name_words(gained[0]), [name_words(name) for name in suspects]
    usually, usually_zh = ("", "") if usual is None else (f", usually {100 * usual:.0f} %", f"(平常为{100 * usual:.0f}%)")
    doubt, doubt_zh = "", ""
    if routes:
        doubt = f"; {' and '.join(each.en for each in routes)} may only pass goods on"
        doubt_zh = f";{'、'.join(each.zh for each in routes)}疑似转口"
    return Text(
        en=f"{line.en}, {when}: by value {100 * shift:.0f} % changed hands{usually}; "
        f"{loser.en} {100 * lost[1]:+.0f} points, {winner.en} {100 * gained[1]:+.0f}{doubt}",
        zh=f"{line.zh},{when_zh}:按金额计,{100 * shift:.0f}%的来源易手{usually_zh};"
        f"{loser.zh}{100 * lost[1]:+.0f}个百分点,{winner.zh}{100 * gained[1]:+.0f}个百分点{doubt_zh}",
    )


RULE = Rule(
    card=RuleCard(
        rule_id="partner_shift",
        version="2.1.0",
        title="Suppliers changed",
        title_zh="来源转移",
        taxonomy=("TR.2", "IND.PARTNER_SHIFT"),
        reference="Duncan & Duncan (1955), Amer. Sociol. Rev. 20:210; 0.15 a year and twice the usual are project defaults",
        blind_spots=(
            "values move with prices: a supplier whose price fell seems to lose",
            "goods re-routed through a third country look like a new supplier; only known routes are named as suspects",
            "a supplier lost in a line whose suppliers change every year: what is usual there is not told",
        ),
        runbook="partner_shift.md",
        false_alert_budget=0.1,
        judged_by=(
            "watch_shift",
            "warning_shift",
        ),
        surer_when=(
            "shares of weight moved as much",
            "the exporters' own figures show the goods arriving",
            "a suspected re-export is confirmed by its exports to the reporter exceeding its output",
        ),
        not_supported=(
            "a trend: two years are compared",
            "a fall in supply: shares say nothing of the amount",
            "the reason of the shift",
        ),
    ),
    records=(TradeSlice,),
    params=Params,
    subject=import_line,
    detect=detect,
)
