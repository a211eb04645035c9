"""Within a year a large part of an import changes hands: who lost, who gained.

Years are held against the year before; months, three taken together since single cargoes move single months, against the same months a
year before.

Half the sum of the absolute changes of the partners' value shares: the part of the imports that would have to be moved to undo the change.
Partners through which goods are known to be re-routed are named as suspects when they gain, no more.

Reference: the dissimilarity index (Duncan & Duncan 1955, Amer. Sociol. Rev. 20:210) between two years; taxonomy IND.PARTNER_SHIFT.

>>> shift, lost, gained = shifted({"USA": 0.352, "Brazil": 0.528, "Argentina": 0.120}, {"USA": 0.185, "Brazil": 0.757, "Argentina": 0.058})
>>> round(shift, 3), lost[0], gained[0]
(0.229, ('USA', -0.167), ('Brazil', 0.229))
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from detectors._imports import Completeness, Sums, goods, import_line, incomplete, period_zh
from supplywatch.alert import Evidence, Finding, Severity, Text
from supplywatch.records import TradeSlice
from supplywatch.rule import Context, Rule, RuleCard, State
from supplywatch.watch import Items

NAMED = 3
KEPT_SHARE = 0.01
"""Of months, partners with less are not remembered: together they are few, and absent on both sides."""
Moves = list[tuple[str, float]]


class Params(Completeness):
    """Parameters; see ``config/thresholds.yaml`` for values and sources."""

    watch_shift: float
    warning_shift: float
    hysteresis_shift: float
    window_months: int
    suspects: dict[str, tuple[str, ...]]


def shifted(before: Mapping[str, float], now: Mapping[str, float]) -> tuple[float, Moves, Moves]:
    """Return the share that moved (0..1), and who lost and who gained, the largest first."""
    moves = {name: round(now.get(name, 0.0) - before.get(name, 0.0), 6) for name in {*before, *now}}
    lost = sorted(((name, move) for name, move in moves.items() if move < 0), key=lambda pair: (pair[1], pair[0]))
    gained = sorted(((name, move) for name, move in moves.items() if move > 0), key=lambda pair: (-pair[1], pair[0]))
    return share_moved(before, now), lost, gained


def share_moved(before: Mapping[str, float], now: Mapping[str, float]) -> float:
    """Return the share that changed hands (0..1)."""
    same = set(before) & set(now)
    return (
        sum([abs(now[name] - before[name]) for name in same])
        + sum([share for name, share in now.items() if name not in same])
        + sum([share for name, share in before.items() if name not in same])
    ) / 2


def detect(state: State | None, record: TradeSlice, params: Params, context: Context) -> tuple[State, Finding]:
    """Judge one period of one import line against the year before."""
    before: State = state or {"periods": [], "values": [], "raised": False}
    sums = Sums.of(record.partners)
    if sums.top is None or (reason := incomplete(record, sums, params)) is not None:
        return before, Finding(status="unknown", reason="no partner with a value" if sums.top is None else reason)
    monthly = record.frequency == "monthly"
    least = KEPT_SHARE * sums.total if monthly else 0.0
    values = {f.partner.name: round(value) for f in record.partners if f.role == "economy" and (value := f.value) and value >= least}
    kept = 12 + params.window_months if monthly else 2
    periods, history = [*before["periods"], record.observed][-kept:], [*before["values"], values][-kept:]
    new: State = {"periods": periods, "values": history, "raised": before["raised"]}
    span = _span(record.observed, params.window_months) if monthly else [record.observed]
    wanted = [*span, *(f"{int(period[:4]) - 1}{period[4:]}" for period in span)]
    by_period = dict(zip(periods, history, strict=True))
    if missing := [period for period in wanted if period not in by_period]:
        return new, Finding(status="unknown", reason=f"no complete figures for {missing[-1]}")
    then, now = (shares([by_period[period] for period in part]) for part in (wanted[len(span) :], span))
    line = params.watch_shift - (params.hysteresis_shift if monthly and before["raised"] else 0.0)
    new["raised"] = share_moved(then, now) >= line
    if not new["raised"]:
        return new, Finding(status="clear")
    shift, lost, gained = shifted(then, now)
    return new, _finding(record, shift, lost, gained, params, context.items)


def shares(periods: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Return the share of each partner over several periods together."""
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


def _finding(record: TradeSlice, shift: float, lost: Moves, gained: Moves, params: Params, items: Items) -> Finding:
    known = next((names for stem, names in params.suspects.items() if record.commodity.startswith(stem)), ())
    suspects = [name for name, _ in gained[:NAMED] if name in known]
    watched = items.of_hs(record.commodity)
    goods_zh = f"({watched[0].zh})" if watched else ""
    doubt = f"; {' and '.join(suspects)} may only pass goods on" if suspects else ""
    doubt_zh = f";{'、'.join(suspects)}疑似转口" if suspects else ""
    (loser, down), (winner, up) = lost[0], gained[0]
    monthly = record.frequency == "monthly"
    when, when_zh = record.observed, period_zh(record.observed)
    if monthly:
        when, when_zh = f"{params.window_months} months to {when}", f"截至{when_zh}的{params.window_months}个月"
    clear = params.watch_shift - (params.hysteresis_shift if monthly else 0.0)
    return Finding(
        status="raised",
        severity=Severity.WARNING if shift >= params.warning_shift else Severity.WATCH,
        onset=record.observed,
        headline=Text(
            en=f"{record.reporter.name} imports of {goods(record)} (HS {record.commodity}), {when}: "
            f"{100 * shift:.0f} % changed hands; {loser} {100 * down:+.0f} points, {winner} {100 * up:+.0f}{doubt}",
            zh=f"{record.reporter.name}进口HS {record.commodity}{goods_zh},{when_zh}:{100 * shift:.0f}%的来源易手;"
            f"{loser}{100 * down:+.0f}个百分点,{winner}{100 * up:+.0f}个百分点{doubt_zh}",
        ),
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
            "threshold_source": "default",
        },
        taxonomy=tuple(dict.fromkeys(node for item in watched for node in item.taxonomy)),
    )


RULE = Rule(
    card=RuleCard(
        rule_id="partner_shift",
        version="1.3.2",
        title="Suppliers changed",
        title_zh="来源转移",
        taxonomy=("TR.2", "IND.PARTNER_SHIFT"),
        reference="Duncan & Duncan (1955), Amer. Sociol. Rev. 20:210; 0.15 a year is a project default",
        blind_spots=(
            "values move with prices: a supplier whose price fell seems to lose",
            "goods re-routed through a third country look like a new supplier; only known routes are named as suspects",
            "small lines shift a lot from year to year by single contracts",
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
