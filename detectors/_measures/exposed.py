"""All that is known of one control, one buyer and one item on a day: lines of trade, the finer figure, and whether there is a backup."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from detectors._measures.control_words import joined
from detectors._measures.finer import Finer, finer_of
from detectors._measures.imports import Completeness
from detectors._measures.line_exposure import Line, line_of
from supplywatch.model.alert import Text
from supplywatch.model.control_standing import ControlStanding
from supplywatch.model.items import Item
from supplywatch.model.records import SupplierRegister
from supplywatch.model.rule import NEWEST, Context

NO_ITEM = "-"
"""Stands for the goods of a control that belong to no watched item."""


class Lines(Completeness):
    """What figures must be to count; see ``config/thresholds.yaml`` for values and sources."""

    finer_share: float
    min_supplier_share: float


@dataclass(frozen=True)
class Exposed:
    """One control on one buyer and one item.

    Parameters
    ----------
    item
        ``None`` for the goods that belong to no watched item.
    lines
        The control's lines that belong to the item.
    of_item
        All lines of the item, controlled or not.
    lead
        The line that the sentence is about; ``None`` where no line has figures.
    finer
        A figure as narrow as the control, where there is one.
    firm
        Whether something that is no wider than the control tells of the goods: a whole line, or a finer figure.
    backup
        The first backup that holds, or what was looked at.
    """

    record: ControlStanding
    item: Item | None
    lines: tuple[Line, ...]
    of_item: tuple[Line, ...]
    lead: Line | None
    finer: Finer | None
    firm: bool
    backup: Text


def exposed(record: ControlStanding, params: Lines, context: Context) -> Exposed:
    """Return what the figures at hand say of the subject that is judged."""
    item = _item_of(context)
    codes = [code for code in record.subheadings if (item in context.items.of_hs(code) if item else not context.items.of_hs(code))]
    lines = [_line(record, code, context, params) for code in codes]
    of_item = [_line(record, code, context, params) for code in item.hs] if item is not None else []
    finer, lead = finer_of(record, context), _leading(lines)
    firm = any(line.whole for line in lines) or (finer is not None and finer.share >= params.finer_share)
    return Exposed(record, item, tuple(lines), tuple(of_item), lead, finer, firm, _backup(record, lead, item, params, context))


def _item_of(context: Context) -> Item | None:
    name = NO_ITEM if context.subject is None else context.subject.id.split("/")[1]
    return next((item for item in context.items.items if item.id == name), None)


def _line(record: ControlStanding, code: str, context: Context, params: Lines) -> Line:
    return line_of(code, code in record.whole, record.reporter, _controllers(record, code), context, params)


def _controllers(record: ControlStanding, code: str) -> Collection[str]:
    """Return who applies a control on a line on the day; the clause's own economy counts before it takes effect, too."""
    return {record.controller, *(one.controller for one in record.beside if code in one.hs6)}


def _leading(lines: Iterable[Line]) -> Line | None:
    """Return one line with figures: of those that decide the one on which most is bought from the controllers."""
    known = [line for line in lines if line.imports or line.sold]
    return max(known, key=lambda line: (line.whole, bool(line.imports), (line.own_share or 0.0) * (line.imports or 0.0)), default=None)


def _backup(record: ControlStanding, lead: Line | None, item: Item | None, params: Lines, context: Context) -> Text:
    """Return the first backup that holds, in the order in which they are asked for; that none does is said with what was looked at."""
    register = None if item is None else context.related.get((f"register/{item.id}", NEWEST))
    if isinstance(register, SupplierRegister):
        day = date.fromisoformat(register.observed)
        home = [site for site in register.sites if site.country == record.reporter and site.role == "backup" and site.counts_on(day)]
        if home:
            named = [site.name for site in home]
            return Text(en=f"at home, verified: {', '.join(named)}", zh=f"境内经核实:{'、'.join(named)}")
    if lead is not None and (found := lead.alternatives(params.min_supplier_share)):
        who = joined(found)
        return Text(en=f"from {who.en}, outside the control and selling more than a year before", zh=f"{who.zh}(管制方以外,出口较上年增长)")
    trade, register_read = lead is not None and lead.own is not None, isinstance(register, SupplierRegister)
    looked = ("the supplier register" if register_read else "no supplier register read", "trade" if trade else "no trade at hand")
    looked_zh = ("供应商登记册" if register_read else "未读入供应商登记册", "贸易数据" if trade else "无贸易数据")
    return Text(en=f"no backup is known (looked at: {', '.join(looked)})", zh=f"未见备份(已查:{'、'.join(looked_zh)})")
