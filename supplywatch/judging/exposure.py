"""Where the items that an alert touches stand, as a sentence of its own in both languages: it stands beside the headline, never in it."""

from __future__ import annotations

from collections.abc import Iterable

from supplywatch.judging.severity import AXES
from supplywatch.model.alert import Axes, Axis, Severity, Text
from supplywatch.model.items import Item

LEVELS_ZH = {Severity.INFO: "未达任何警戒线", Severity.WATCH: "关注", Severity.WARNING: "预警", Severity.CRITICAL: "严重"}
_NAMES = {"dependence": ("import dependence", "进口依赖"), "concentration": ("concentration of suppliers", "供应集中度")}
_UNITS_ZH = {
    "processing_gap": "冶炼缺口",
    "net_import_reliance": "净进口依存度",
    "import_dependence_ratio": "进口依存度",
    "HHI 0..1": "赫芬达尔指数",
    "largest share 0..1": "最大供应方份额",
}


def exposure(stands: Iterable[tuple[Item, Axes]]) -> Text | None:
    """Return what is known of some items on the four axes; ``None`` when nothing is known of any.

    >>> from supplywatch.model.items import load_items
    >>> crude = next(item for item in load_items().items if item.id == "MAT.CRUDE")
    >>> said = exposure([(crude, Axes(concentration=Axis(value=0.106, cut=0.25, unit="HHI 0..1", observed="2024", level=Severity.INFO)))])
    >>> print(said.en)
    Crude oil: import dependence is not known; concentration of suppliers is 0.106 (HHI, 2024, under every line); whether there is a \
backup is not known, no register of suppliers has been read; how ready the industry is to move away is not known.
    >>> print(said.zh)
    原油:进口依赖情况未知;供应集中度为0.106(赫芬达尔指数,2024年,未达任何警戒线);有无备用来源未知,未读入供应商登记;产业外迁倾向未知。
    """
    known = [(item, axes) for item, axes in stands if axes != Axes()]
    if not known:
        return None
    return Text(en=" ".join(_english(item, axes) for item, axes in known), zh="".join(_chinese(item, axes) for item, axes in known))


def _english(item: Item, axes: Axes) -> str:
    parts = [f"{_NAMES[name][0]} {_figure_en(getattr(axes, name))}" for name in AXES[:2]]
    backup, moves = axes.substitutability, axes.relocation
    if backup is None:
        parts.append("whether there is a backup is not known, no register of suppliers has been read")
    else:
        parts.append(f"there are {backup.value:g} {backup.unit} ({_level_en(backup)})")
    parts.append(f"how ready the industry is to move away {_figure_en(moves)}")
    return f"{item.en}: {'; '.join(parts)}."


def _figure_en(axis: Axis | None) -> str:
    if axis is None or axis.value is None:
        return "is not known"
    measure = axis.unit.replace("_", " ").removesuffix(" 0..1")
    return f"is {axis.value:g} ({', '.join(filter(None, (measure, axis.observed, _level_en(axis))))})"


def _level_en(axis: Axis) -> str:
    if axis.level is None:
        return "not banded"
    return "under every line" if axis.level is Severity.INFO else axis.level.value


def _chinese(item: Item, axes: Axes) -> str:
    parts = [f"{_NAMES[name][1]}{_figure_zh(getattr(axes, name))}" for name in AXES[:2]]
    backup, moves = axes.substitutability, axes.relocation
    if backup is None:
        parts.append("有无备用来源未知,未读入供应商登记")
    else:
        parts.append(f"经核实的国内备用来源{backup.value:g}个({_level_zh(backup)})")
    parts.append(f"产业外迁倾向{'未知' if moves is None else _figure_zh(moves)}")
    return f"{item.zh}:{';'.join(parts)}。"


def _figure_zh(axis: Axis | None) -> str:
    if axis is None or axis.value is None:
        return "情况未知"
    said = (_UNITS_ZH.get(axis.unit, ""), _period_zh(axis.observed), _level_zh(axis))
    return f"为{axis.value:g}({','.join(filter(None, said))})"


def _level_zh(axis: Axis) -> str:
    return "未分级" if axis.level is None else LEVELS_ZH.get(axis.level, axis.level.value)


def _period_zh(period: str | None) -> str:
    if period is None:
        return ""
    year, *rest = period.split("-")
    return f"{year}年" + "".join(f"{int(part)}{unit}" for part, unit in zip(rest, "月日", strict=False))
