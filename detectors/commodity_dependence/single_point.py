"""One failure is enough: an import from a single source, or an item without a backup at home.

Two readings, each with subjects of its own. *Import lines*: one source only, or a largest share of nine tenths. *The supplier register*
(``supplywatch register import``): at least one domestic backup whose verification is still in force. The verification is a control
that expires: the register is judged again every day, and the day after the last one runs out the alert is raised.

Reference: Li Yan (2023), recommendation 6; Arjona, Connell & Herghelegiu (2023), EC Single Market Economics Papers, for the idea.

>>> from datetime import date
>>> plant = Site(name="A", country="CHN", role="primary", verified_on="2026-01-10", valid_until="2027-01-10", evidence="audit")
>>> backup = plant.model_copy(update={"name": "B", "role": "backup", "valid_until": date(2026, 6, 30)})
>>> at_home([plant, backup], "CHN", date(2026, 6, 30)).severity is None
True
>>> at_home([plant, backup], "CHN", date(2026, 7, 1)).severity.value  # the day after
'warning'
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from detectors._measures.imports import Gaps, collapsed, import_line, imports_of, incomplete, period_zh, usual
from detectors._measures.material import Materiality, weighed, weight_of
from detectors._measures.words import economy_words, money
from supplywatch.model.alert import Axes, Axis, Evidence, Finding, Severity, Subject, Text
from supplywatch.model.items import Item, Items
from supplywatch.model.records import Sums, SupplierRegister, TradeSlice
from supplywatch.model.rule import Context, Rule, RuleCard, State
from supplywatch.model.site import Site


class Params(Gaps, Materiality):
    """Parameters; see ``config/thresholds.yaml`` for values and sources."""

    single_source_share: float
    hysteresis_share: float
    min_backups: int


@dataclass(frozen=True)
class AtHome:
    """What of a register counts on one day: sites in the watched economy whose verification is in force."""

    primaries: tuple[Site, ...]
    backups: tuple[Site, ...]
    lapsed: tuple[Site, ...]
    """Domestic backups whose verification ran out, the latest first."""

    @property
    def severity(self) -> Severity | None:
        """Return how bad the lack of a backup is, ``None`` where there is one."""
        if self.backups:
            return None
        if not self.primaries:
            return Severity.CRITICAL
        return Severity.WARNING if len(self.primaries) == 1 else Severity.WATCH


def at_home(sites: Sequence[Site], economy: str, day: date) -> AtHome:
    """Return what of a register counts on a day."""
    domestic = [site for site in sites if site.country == economy]
    valid = [site for site in domestic if site.counts_on(day)]
    lapsed = [site for site in domestic if site.role == "backup" and site.valid_until < day]
    return AtHome(
        tuple(site for site in valid if site.role == "primary"),
        tuple(site for site in valid if site.role == "backup"),
        tuple(sorted(lapsed, key=lambda site: (site.valid_until, site.name), reverse=True)),
    )


def detect(state: State | None, record: TradeSlice | SupplierRegister, params: Params, context: Context) -> tuple[State, Finding]:
    """Judge one period of one import line, or the register of one item on one day."""
    if isinstance(record, SupplierRegister):
        return _register(state, record, params, context.items)
    before: State = state or {"since": None, "partners": [], "value": [], "gaps": 0}
    sums = record.partners.sums
    if sums.top is None or (reason := incomplete(record, sums, params)) is not None:
        return before, Finding(status="unknown", reason="no partner with a value" if sums.top is None else reason)
    if (gap := collapsed(before, sums, params)) is not None:
        return before | {"gaps": before["gaps"] + 1}, Finding(status="unknown", reason=gap)
    share = sums.top_value / sums.total
    line = params.single_source_share - (params.hysteresis_share if before["since"] else 0.0)
    raised = len(sums.values) == 1 or share >= line
    new = usual(before, record, sums) | {"since": (before["since"] or record.observed) if raised else None}
    if not raised and before["since"] is None:
        return new, Finding(status="clear")
    finding = _line(record, sums, share, new["since"], params, context.items)
    return new, weighed(finding, record, weight_of(record, sums, params, context), context.items)


def _line(record: TradeSlice, sums: Sums, share: float, since: str | None, params: Params, items: Items) -> Finding:
    only = len(sums.values) == 1
    name = "" if sums.top is None else record.partners.economies[sums.top].name
    severity = Severity.INFO if since is None else Severity.CRITICAL if only else Severity.WARNING
    below = 100 * (params.single_source_share - params.hysteresis_share)
    axis = Axis(
        value=round(share, 4),
        cut=params.single_source_share,
        unit="largest share 0..1",
        observed=record.observed,
        source=record.provenance.source,
        level=severity,
    )
    return Finding(
        status="clear" if since is None else "raised",
        severity=severity,
        onset=since,
        headline=_line_headline(record, sums, share, items),
        clears_when=f"at least two sources, none with {below:.0f} %, in a fresh period",
        evidence=(
            Evidence.of(record, f"share of primaryValue, {name}", round(share, 6), "0..1"),
            Evidence.of(record, "sources with a value", len(sums.values), "economies"),
        ),
        axes=Axes(concentration=axis),
        measures={"top_share_value": round(share, 6), "top_partner": name, "sources": float(len(sums.values))},
        taxonomy=tuple(dict.fromkeys(node for item in items.of_hs(record.commodity) for node in item.taxonomy)),
    )


def _line_headline(record: TradeSlice, sums: Sums, share: float, items: Items) -> Text:
    line, amount = imports_of(record, items), money(sums.total, sums.currency)
    top = Text(en="", zh="") if sums.top is None else economy_words(record.partners.economies[sums.top])
    only = len(sums.values) == 1
    said, said_zh = ("is the only source", "为唯一来源") if only else (f"has {100 * share:.0f} %", f"占{100 * share:.0f}%")
    return Text(
        en=f"{line.en}, {record.observed}, {amount.en}: by value {top.en} {said}",
        zh=f"{line.zh},{period_zh(record.observed)},{amount.zh}:按金额计,{top.zh}{said_zh}",
    )


def _register(state: State | None, record: SupplierRegister, params: Params, items: Items) -> tuple[State, Finding]:
    found = at_home(record.sites, items.reporter, date.fromisoformat(record.observed))
    severity = found.severity
    if severity is None and len(found.backups) < params.min_backups:
        severity = Severity.WATCH
    since = None if severity is None else (state or {}).get("since") or _onset(found, record)
    return {"since": since}, _controlled(record, found, severity, since, params, items)


def _onset(found: AtHome, record: SupplierRegister) -> str:
    """Return the day the last backup ran out, or the day the register first lacked one."""
    return found.lapsed[0].valid_until.isoformat() if found.lapsed else record.observed


def _controlled(
    record: SupplierRegister, found: AtHome, severity: Severity | None, since: str | None, params: Params, items: Items
) -> Finding:
    item = next(item for item in items.items if item.id == record.item)
    backups, last = len(found.backups), found.lapsed[0] if found.lapsed else None
    why = _why(found, severity)
    sites = f"{len(found.primaries)} verified domestic site(s)"
    axis = Axis(
        value=float(backups),
        cut=float(params.min_backups),
        unit="verified domestic backups",
        observed=record.observed,
        source=record.provenance.source,
        level=severity or Severity.INFO,
        valid_until=max((site.valid_until for site in found.backups), default=None) if severity is None else None,
    )
    return Finding(
        status="clear" if severity is None else "raised",
        severity=severity or Severity.INFO,
        onset=since,
        headline=Text(en=f"{item.en}: {why.en}; {sites}", zh=f"{item.zh}:{why.zh};经核实的境内生产点{len(found.primaries)}处"),
        clears_when=f"the register holds {params.min_backups} domestic backup(s) whose verification is in force",
        evidence=(
            Evidence.of(record, "verified domestic backups", backups, "sites"),
            *(_site(record, site) for site in record.sites),
        ),
        axes=Axes(substitutability=axis),
        measures={
            "verified_domestic_sites": float(len(found.primaries)),
            "verified_domestic_backups": float(backups),
            "backup_ran_out_on": last.valid_until.isoformat() if last is not None and severity is not None else None,
            "next_backup_runs_out_on": axis.valid_until.isoformat() if axis.valid_until is not None else None,
        },
        taxonomy=item.taxonomy,
        standing=False if last is not None else None,
    )


def _site(record: SupplierRegister, site: Site) -> Evidence:
    words = f"{site.role} {site.name} ({site.country}): {site.evidence}"
    return Evidence.of(record, words, site.valid_until.isoformat(), "valid until")


def _why(found: AtHome, severity: Severity | None) -> Text:
    if severity is None:
        return Text(en=f"{len(found.backups)} verified domestic backup(s)", zh=f"有{len(found.backups)}处经核实的境内备份")
    if not found.lapsed:
        return Text(en="no domestic backup is on record", zh="登记册中无境内备份")
    last = found.lapsed[0]
    return Text(
        en=f"the last domestic backup, {last.name}, counted until {last.valid_until}",
        zh=f"境内备份{last.name}的核实已于{last.valid_until}到期",
    )


def subject(record: TradeSlice | SupplierRegister, items: Items) -> Subject | None:
    """Return the import line of a heading or finer code, or the register of a watched item."""
    if isinstance(record, SupplierRegister):
        item = next((item for item in items.items if item.id == record.item), None)
        return None if item is None else Subject(kind="register", id=f"register/{item.id}", name=f"{items.reporter}: {item.en}, backup")
    return import_line(record, items)


def axes_of(item: Item, _items: Items) -> Sequence[str]:
    """Return the register of an item."""
    return [f"register/{item.id}"]


RULE: Rule[TradeSlice | SupplierRegister] = Rule(
    card=RuleCard(
        rule_id="single_point",
        version="1.1.0",
        title="Single point of failure",
        title_zh="单点故障",
        taxonomy=("RF.6", "IND.SPOF"),
        reference="Li Yan (2023), recommendation 6; Arjona, Connell & Herghelegiu (2023) for the idea; 0.9 is a project default",
        blind_spots=(
            "several suppliers that buy from the same mine, plant or port are one point and look like several",
            "only what the register says is known of sites: nothing is inferred",
            "whether a backup could make enough is not asked",
            "two sites that fail together: same grid, same flood plain, same operator",
        ),
        runbook="single_point.md",
        false_alert_budget=0.1,
        judged_by=("single_source_share", "hysteresis_share", "min_backups"),
        surer_when=("the exporters' own figures show no other source", "the register was verified lately and names capacities"),
        not_supported=(
            "that a substitute material or product does not exist",
            "dependence: a single source of little is a small matter",
            "capacity of the backup",
        ),
    ),
    records=(TradeSlice, SupplierRegister),
    params=Params,
    subject=subject,
    detect=detect,
    axes_of=axes_of,
)
