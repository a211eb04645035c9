"""The one sentence of an alert on a control: who controls what, how far the buyer hangs on it, whether there is a backup, how it stands."""

from __future__ import annotations

from collections.abc import Sequence

from detectors._measures.control_words import country_words, joined, kind_words, status_words
from detectors._measures.exposed import Exposed
from detectors._measures.line_exposure import Line
from supplywatch.model.alert import Text

SHOWN_CODES = 3


def headline(found: Exposed) -> Text:
    """Return the sentence in both languages; a figure that is not at hand is said to be unknown."""
    record, item = found.record, found.item
    who, kind, status = country_words(record.controller), kind_words(record.control_kind), status_words(record)
    goods = Text(en=record.en, zh=record.zh) if item is None else Text(en=f"{item.en} ({record.en})", zh=f"{item.zh}({record.zh})")
    codes = _codes(found.lines)
    parts = [*_figures(found.lead, country_words(record.reporter)), *([] if found.finer is None else [found.finer.said])]
    en = (
        f"{who.en}, {kind.en} of {record.effective}, touches {goods.en}{codes.en}; {'; '.join(part.en for part in parts)}; "
        f"backup: {found.backup.en}. {status.en}"
    )
    zh = (
        f"{who.zh}{kind.zh}({record.effective}):涉及{goods.zh}{codes.zh};{';'.join(part.zh for part in parts)};"
        f"备份:{found.backup.zh}。{status.zh}"
    )
    return Text(en=en[:1].upper() + en[1:], zh=zh)


def _codes(lines: Sequence[Line]) -> Text:
    if not lines:
        return Text(en=", for which no tariff code is printed", zh=",公告未列税号")
    shown, more = [line.hs6 for line in lines[:SHOWN_CODES]], len(lines) - SHOWN_CODES
    wide = not any(line.whole for line in lines)
    en = ", ".join(shown) + (f" and {more} more" if more > 0 else "") + ("; the lines are wider than the control" if wide else "")
    zh = "、".join(shown) + (f"等{len(lines)}个" if more > 0 else "") + (";税号范围宽于管制范围" if wide else "")
    return Text(en=f" (HS {en})", zh=f"(HS {zh})")


def _figures(lead: Line | None, buyer: Text) -> list[Text]:
    if lead is None:
        return [Text(en=f"how much {buyer.en} buys of it is not known", zh=f"{buyer.zh}购买多少未知")]
    appliers = joined(lead.controllers)
    said = [_bought(lead, buyer, appliers)]
    (alone, as_one), share = lead.world_hhi, lead.world_share
    if lead.world is not None and share is not None:
        said.append(
            Text(
                en=f"{appliers.en} sold {100 * share:.0f} % of what the world bought in {lead.world.observed}, without {buyer.en} "
                f"({_index(lead, alone, as_one, 'as one')})",
                zh=f"{lead.world.observed}年{appliers.zh}占{buyer.zh}以外世界出口的{100 * share:.0f}%({_index_zh(lead, alone, as_one)})",
            )
        )
    if lead.headroom is not None:
        said.append(
            Text(
                en=f"the others sell {lead.headroom:.1f} times what {buyer.en} buys",
                zh=f"管制方以外的出口为{buyer.zh}进口的{lead.headroom:.1f}倍",
            )
        )
    return said


def _bought(lead: Line, buyer: Text, appliers: Text) -> Text:
    share, (alone, as_one) = lead.own_share, lead.own_hhi
    if lead.own is None or share is None:
        return Text(
            en=f"how much of HS {lead.hs6} {buyer.en} buys is not known ({lead.missing})", zh=f"{buyer.zh}购买HS {lead.hs6}多少未知"
        )
    return Text(
        en=f"of HS {lead.hs6} {buyer.en} took {100 * share:.0f} % from {appliers.en} in {lead.own.observed}, by value "
        f"({_index(lead, alone, as_one, 'with those who apply a control as one')})",
        zh=f"{lead.own.observed}年{buyer.zh}HS {lead.hs6}进口中{100 * share:.0f}%来自{appliers.zh}"
        f"(按金额计;{_index_zh(lead, alone, as_one)})",
    )


def _index(lead: Line, alone: float | None, as_one: float | None, how: str) -> str:
    """Return the index, and the one with the controllers as one where that is another: of one controller it says nothing new."""
    return f"concentration {alone:.3f}" + (f", {as_one:.3f} {how}" if len(lead.controllers) > 1 else "")


def _index_zh(lead: Line, alone: float | None, as_one: float | None) -> str:
    return f"集中度{alone:.3f}" + (f",将管制方视为一体为{as_one:.3f}" if len(lead.controllers) > 1 else "")
