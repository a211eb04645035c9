"""A control of somebody else's touches goods that an economy buys: how far it hangs on those who apply it, and is there a backup?

Each clause of each control is judged for each economy that buys and each watched item that its codes touch; goods of no watched item stand
together. A supplier and all others who apply a control on the same line on the same day are *one* supplier: a line with an index of 0.207
(machines for making chips, HS 848620, 2020) has 0.340 with the United States and Japan as one.

The event brings its band by its standing; the lines bring two axes, concentration with the controllers as one and what the others could
still sell. A line that is wider than the control decides nothing by itself: no more than *watch*, unless the controllers' share of the
world's output of the material, a finer figure, supports it.

Reference: 15 CFR 730-774; announcements of the Ministry of Commerce of China; Hirschman (1964); bands and lines in ``thresholds.yaml``.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from detectors._measures.control_sentence import headline
from detectors._measures.control_words import country_words, kind_words
from detectors._measures.exposed import NO_ITEM, Exposed, Lines, exposed
from detectors._measures.finer import output_figures
from detectors._measures.line_exposure import figures_of, share_of_lines
from supplywatch.model.alert import Axes, Axis, Evidence, Finding, Severity, Subject, Text
from supplywatch.model.control_standing import ControlStanding
from supplywatch.model.items import Items
from supplywatch.model.records import CommodityBalance, SupplierRegister, TradeSlice
from supplywatch.model.rule import NEWEST, Context, Rule, RuleCard, State

LEVELS = (Severity.WATCH, Severity.WARNING, Severity.CRITICAL)


class Params(Lines):
    """Parameters; see ``config/thresholds.yaml`` for values and sources."""

    watch_hhi: float
    warning_hhi: float
    critical_hhi: float
    watch_headroom: float
    warning_headroom: float
    critical_headroom: float
    clear_own_share: float
    max_age_years: int
    news_days: int


def detect(_state: State | None, record: ControlStanding, params: Params, context: Context) -> tuple[State, Finding]:
    """Judge one clause for one buyer and one item; nothing is remembered, the record and the newest figures say all."""
    if record.standing == "withdrawn":
        return {}, Finding(status="unknown", reason=f"{record.measure} is no longer in config/measures: nothing says how it stands")
    found = exposed(record, params, context)
    if record.standing == "repealed" or _escapes(found, params):
        return {}, Finding(status="clear", headline=headline(found), evidence=_evidence(found), measures=_measures(found))
    return {}, _raised(found, params)


def _raised(found: Exposed, params: Params) -> Finding:
    record, observed = found.record, date.fromisoformat(found.record.observed)
    return Finding(
        status="raised",
        severity=band(record, found.firm),
        # A wide line holds trade that nobody controls: with whatever axes the item has, they cannot raise what they do not measure.
        cap=None if found.firm else Severity.WATCH,
        onset=(record.effective if record.effective <= observed else record.announced).isoformat(),
        headline=headline(found),
        clears_when=f"the control is repealed; or a fresh year shows less than {100 * params.clear_own_share:.0f} % from those who apply "
        "it, on lines it covers as a whole",
        because=_because(found),
        evidence=_evidence(found),
        axes=_axes(found, params),
        measures=_measures(found),
        taxonomy=() if found.item is None else found.item.taxonomy,
        standing=(record.fetched.date() - observed).days > params.news_days,
    )


def band(record: ControlStanding, firm: bool) -> Severity:
    """Return the band of the event itself.

    Parameters
    ----------
    firm
        Whether something that is no wider than the control tells of the goods: a whole line, or a finer figure.
    """
    if record.standing in ("suspended", "eased"):
        return Severity.WATCH if record.notice_days is not None else Severity.INFO
    if record.control_kind == "guidance_list" and record.scope == "all":
        return Severity.INFO
    if record.standing != "in_force" or not firm:
        return Severity.WATCH
    return Severity.CRITICAL if record.control_kind == "export_prohibition" else Severity.WARNING


def _because(found: Exposed) -> Text:
    record, kind = found.record, kind_words(found.record.control_kind)
    wide = "" if found.firm else "; no figure is as narrow as the control, so no more than watch"
    wide_zh = "" if found.firm else ";无与管制范围同样细的数据,最高为关注"
    return Text(en=f"{kind.en}, {record.standing.replace('_', ' ')}{wide}", zh=f"{kind.zh}{wide_zh}")


def _escapes(found: Exposed, params: Params) -> bool:
    """Tell whether the buyer takes next to nothing of it from those who apply it: known of every line, each covered as a whole."""
    shares = [line.own_share if line.whole else None for line in found.lines]
    known = [share for share in shares if share is not None]
    return found.record.standing == "in_force" and bool(known) and len(known) == len(shares) and max(known) < params.clear_own_share


def _axes(found: Exposed, params: Params) -> Axes:
    lead = found.lead
    if lead is None:
        return Axes()
    source, index = (lead.own, lead.own_hhi[1]) if lead.own is not None else (lead.world, lead.world_hhi[1])
    lines = (params.watch_hhi, params.warning_hhi, params.critical_hhi)
    concentration = _axis(found, index, source, lines, "HHI 0..1", params)
    room = (params.watch_headroom, params.warning_headroom, params.critical_headroom)
    # An axis has one direction, up: less headroom is worse, so its lines are below.
    return Axes(concentration=concentration, substitutability=_axis(found, lead.headroom, lead.world, room, "times the imports", params))


def _axis(found: Exposed, value: float | None, of: TradeSlice | None, lines: Sequence[float], unit: str, params: Params) -> Axis | None:
    """Return a figure with its band: none where the line is wider than the control, or the figure too old."""
    if value is None or of is None:
        return None
    falling = lines[0] > lines[-1]
    over = [level for line, level in zip(lines, LEVELS, strict=True) if (value < line if falling else value > line)]
    old = found.record.fetched.year - int(of.observed[:4]) > params.max_age_years
    counts = found.lead is not None and found.lead.whole and not old
    return Axis(
        value=round(value, 4),
        cut=lines[0],
        unit=unit,
        observed=of.observed,
        source=of.provenance.source,
        level=(over[-1] if over else Severity.INFO) if counts else None,
    )


def _evidence(found: Exposed) -> tuple[Evidence, ...]:
    record, lead = found.record, found.lead
    said = [Evidence.of(record, f"standing of {record.instrument}", record.standing, "status")]
    who = "" if lead is None else ", ".join(lead.controllers)
    if lead is not None and lead.own is not None and lead.own_share is not None:
        said.append(Evidence.of(lead.own, f"share of {who} in imports of {record.reporter}", round(lead.own_share, 6), "0..1"))
        said.append(Evidence.of(lead.own, f"imports of {record.reporter}", lead.imports, lead.own.partners.currency))
    if lead is not None and lead.world is not None and lead.world_share is not None:
        said.append(Evidence.of(lead.world, f"share of {who} in what the world bought", round(lead.world_share, 6), "0..1"))
    return (*said, *(found.finer.evidence if found.finer is not None else ()))


def _measures(found: Exposed) -> dict[str, int | float | str | bool | None]:
    record, lines, lead = found.record, found.lines, found.lead
    whole = [line for line in lines if line.whole]
    figures = {
        "control_cover": share_of_lines(lines, found.of_item),
        "control_cover_whole_lines": share_of_lines(whole, found.of_item),
        "output_share_of_controller": None if found.finer is None else found.finer.share,
    }
    if lead is not None:
        figures |= {
            "own_share_of_controllers": lead.own_share,
            "own_hhi": lead.own_hhi[0],
            "own_hhi_controllers_as_one": lead.own_hhi[1],
            "world_share_of_controllers": lead.world_share,
            "world_hhi": lead.world_hhi[0],
            "world_hhi_controllers_as_one": lead.world_hhi[1],
            "headroom_multiple": lead.headroom,
            "import_export_ratio": lead.import_export_ratio,
        }
    words = {
        "control": record.measure,
        "control_standing": record.standing,
        "controllers": ", ".join(sorted({record.controller, *(who for line in lines for who in line.controllers)})),
        "hs6": ", ".join(line.hs6 for line in lines),
        "hs6_whole": ", ".join(line.hs6 for line in whole),
        "line": None if lead is None else lead.hs6,
        "backup": found.backup.en,
        "resumes": None if record.resumes is None else record.resumes.isoformat(),
    }
    return words | {name: None if value is None else round(value, 6) for name, value in figures.items()}


def subject(record: ControlStanding, items: Items) -> Sequence[Subject]:
    """Return the buyer with each watched item that a clause touches, and one for the goods that belong to none."""
    touched = {item.id: item for code in record.subheadings for item in items.of_hs(code)}
    bare = not record.subheadings or any(not items.of_hs(code) for code in record.subheadings)
    buyer = country_words(record.reporter).en.removeprefix("the ")
    found = [(item.id, item.en) for _, item in sorted(touched.items())] + ([(NO_ITEM, record.en)] if bare else [])
    return [
        Subject(kind="control", id=f"{record.reporter}/{name}/{record.measure}", name=f"{buyer}: {said}, {record.measure}")
        for name, said in found
    ]


def related(record: ControlStanding, items: Items) -> Sequence[tuple[str, str]]:
    """Return the newest trade in the lines and in those of the items they belong to, the registers, and the world's output."""
    touched = {item.id: item for code in record.subheadings for item in items.of_hs(code)}
    codes = sorted({*record.subheadings, *(code for item in touched.values() for code in item.hs)})
    registers = [(f"register/{name}", NEWEST) for name in sorted(touched) if record.reporter == items.reporter]
    return [*figures_of(codes, record.reporter, items), *registers, *output_figures(record, items)]


RULE = Rule(
    card=RuleCard(
        rule_id="control_exposure",
        version="1.0.1",
        title="Exposure to a control",
        title_zh="管制暴露",
        taxonomy=("RS.EXT.MAN.EXPCTL", "HD.2", "IND.CONTROL_COVER", "IND.GEO_SHARE"),
        reference="Hirschman (1964), AER 54:761, controllers counted as one supplier; texts of the controls as cited with each clause",
        blind_spots=(
            "clauses nobody has typed: only those of config/measures are judged",
            "licences that are granted: a control in force may stop nothing",
            "a line of six digits holds many goods, and most controls cover few of them",
            "goods that arrive by way of a third economy are counted as that economy's",
            "makers at home, and stocks: asked only where the supplier register names them",
        ),
        runbook="control_exposure.md",
        false_alert_budget=None,
        judged_by=(
            "watch_hhi",
            "warning_hhi",
            "critical_hhi",
            "watch_headroom",
            "warning_headroom",
            "critical_headroom",
            "clear_own_share",
            "finer_share",
        ),
        surer_when=(
            "the text of the clause is held against the specification of the goods",
            "national lines of eight or ten digits, or shares by technology, show the same",
        ),
        not_supported=(
            "that the product in hand is covered: its specification decides",
            "exposure of a given company",
            "volumes under licence",
        ),
    ),
    records=(ControlStanding,),
    params=Params,
    subject=subject,
    detect=detect,
    related=related,
    rests_on=(TradeSlice, SupplierRegister, CommodityBalance),
)
