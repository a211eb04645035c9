"""How a control is said: its kind, its standing on a day, and who applies it, in both languages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from detectors._measures.words import economy_words
from supplywatch.model.alert import Text
from supplywatch.model.control_standing import ControlStanding
from supplywatch.model.economy import Economy, table

_UNION = "EU27_2020"
_ARTICLE = frozenset({_UNION, "USA", "GBR", "NLD", "ARE", "PHL", "CZE"})
"""Names that take an article within an English sentence."""
_KINDS = {
    "export_licensing": Text(en="export licensing", zh="出口许可管制"),
    "export_prohibition": Text(en="export ban", zh="禁止出口"),
    "extraterritorial_licensing": Text(en="licensing of exports and of re-exports from elsewhere", zh="出口及境外再出口许可管制"),
    "end_use_restriction": Text(en="restriction by end use", zh="最终用途限制"),
    "guidance_list": Text(en="guidance list", zh="指引清单"),
    "inspection_duty": Text(en="inspection duty on exports", zh="出口法定检验"),
    "domestic_production_control": Text(en="control of production at home", zh="国内生产管控"),
    "customs_enforcement": Text(en="customs enforcement", zh="海关执法"),
}


def kind_words(kind: str) -> Text:
    """Return a kind of control; one that is not in the table stays as it was typed."""
    return _KINDS.get(kind, Text(en=kind.replace("_", " "), zh=kind))


def country_words(code: str) -> Text:
    """Return an economy by its code.

    >>> country_words("JPN").zh, country_words("EU27_2020").en
    ('日本', 'the European Union')
    """
    row = table().get(code)
    name = "European Union" if code == _UNION else code if row is None else row.name
    words = economy_words(Economy(code=code, iso3=code if row else None, name=name))
    return Text(en=f"the {words.en}", zh=words.zh) if code in _ARTICLE else words


def joined(codes: Sequence[str]) -> Text:
    """Return several economies in one phrase."""
    words = [country_words(code) for code in codes]
    return Text(en=" and ".join(word.en for word in words), zh="、".join(word.zh for word in words))


def day_zh(day: date) -> str:
    """Return a day as Chinese writes it.

    >>> day_zh(date(2026, 11, 10))
    '2026年11月10日'
    """
    return f"{day.year}年{day.month}月{day.day}日"


def status_words(record: ControlStanding) -> Text:
    """Return what stands of a control since when, and what comes next."""
    if record.standing == "in_force" and record.ran_out is not None:
        return Text(
            en=f"In force again: the suspension ran out on {record.ran_out}, and no newer notice has been typed.",
            zh=f"暂停期已于{day_zh(record.ran_out)}届满,未录入新公告,视为恢复生效。",
        )
    if record.standing == "suspended":
        return _suspended(record)
    day, day_in_zh = record.effective, day_zh(record.effective)
    # The day of the announcement is that of the final text; a draft was shown before it.
    proposed = min(record.announced, date.fromisoformat(record.observed))
    return {
        "in_force": Text(en=f"In force since {day}.", zh=f"自{day_in_zh}起生效。"),
        "scheduled": Text(en=f"Takes effect on {day}.", zh=f"将于{day_in_zh}生效。"),
        "proposed": Text(en=f"Proposed on {proposed}, planned for {day}.", zh=f"{day_zh(proposed)}提出,拟于{day_in_zh}生效。"),
        "eased": Text(en="Eased.", zh="已放宽。"),
        "repealed": Text(en="Repealed.", zh="已废止。"),
        "withdrawn": Text(en="No longer in config/measures.", zh="已不在管制措施配置文件中。"),
    }[record.standing]


def _suspended(record: ControlStanding) -> Text:
    if record.until is None or record.resumes is None:
        return Text(en="Suspended, no end announced.", zh="已暂停实施,未公布期限。")
    near = record.notice_days is not None
    en = f"Suspended until {record.until}; in force again on {record.resumes} unless a new notice says otherwise."
    zh = f"暂停实施至{day_zh(record.until)};如无新公告,{day_zh(record.resumes)}恢复生效。"
    return Text(en=f"The suspension ends soon. {en}" if near else en, zh=f"暂停期即将届满。{zh}" if near else zh)
