"""``supplywatch exposure``: the controls on a product, and how much of it comes from those who apply them.

Exit codes: 0 something is known, 1 nothing is known of the word, 2 the question cannot be answered.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from supplywatch.cli.common import JsonFlag, LedgerUrl, open_ledger, print_json
from supplywatch.cli.controls import Day, as_day, codes_of
from supplywatch.errors import BadRequest, BadSetting
from supplywatch.runtime.output import say

if TYPE_CHECKING:
    from supplywatch.desk.line_trade import LineTrade
    from supplywatch.model.control import ControlMeasure

    Figures = tuple[LineTrade | None, LineTrade | None]

_TIGHT = ((0.5, "critical"), (1.0, "warning"), (2.0, "watch"))
"""Below so many times the reporter's imports; our own lines, nobody publishes any (join, section 1.4)."""


def exposure(
    product: Annotated[
        str,
        typer.Argument(help="An HS code, a watched item (config/items.yaml), a material (gallium) or a number of a control list (3B090)."),
    ],
    reporter: Annotated[str | None, typer.Option(help="Whose imports, three letters; the watched economy unless told.")] = None,
    as_of: Day = None,
    ledger: LedgerUrl = None,
    json: JsonFlag = False,
) -> None:
    """Say which controls touch a product, and what the economies that apply them sell: figures of the ledger, else what is unknown."""
    from supplywatch import registry
    from supplywatch.model.control import load_measures

    items, day = registry.items(), as_day(as_of)
    who = (reporter or items.reporter).upper()
    try:
        wanted = codes_of(product)
    except BadRequest as unknown:  # nothing is known of the word: an answer, not a question that could not be asked
        say(str(unknown), err=True)
        raise typer.Exit(1) from None
    touching = [one for one in load_measures() if wanted & one.hs6 and one.standing(day) is not None and one.reaches(who)]
    figures = _figures(wanted, who, day, ledger)
    lines = [
        _line(code, who, [one for one in touching if code in one.hs6], day, figures.get(code, (None, None))) for code in sorted(wanted)
    ]
    answer = {"product": product, "reporter": who, "as_of": day, "lines": lines}
    if json:
        print_json(answer)
    else:
        say("\n".join(text for line in lines for text in _told(line, who)))
    if not any(line["measures"] or line["own_imports"] for line in lines):
        say(f"nothing is known of {product}: no typed control touches it, and the ledger has no figures of {who}", err=True)
        raise typer.Exit(1)


def _figures(codes: Iterable[str], reporter: str, day: date, url: str | None) -> dict[str, Figures]:
    """Return the reporter's imports of each line and what all economies sell; nothing where there is no ledger."""
    from supplywatch import registry
    from supplywatch.desk.line_trade import imports_of, world_exports

    try:
        book = open_ledger(url, upgrade=False)
    except BadSetting:
        if url is not None:  # a ledger that was named must be there; without one the typed controls still answer
            raise
        return {}
    items, until = registry.items(), datetime.combine(day, time.max, tzinfo=UTC)
    with book.read() as connection:
        return {
            code: (imports_of(connection, reporter, code, items, until), world_exports(connection, code, items, until)) for code in codes
        }


def _line(code: str, reporter: str, here: list[ControlMeasure], day: date, figures: Figures) -> dict[str, Any]:
    """Return what is known of one HS line; a figure that is not there is null, never nought."""
    from detectors._measures.coalition import headroom
    from supplywatch.model.control import narrow

    controllers = sorted({one.controller for one in here if one.binds(day)})
    own, world = figures
    others = {} if world is None else {economy: value for economy, value in world.by_economy.items() if economy != reporter}
    room = None if own is None or own.currency != "USD" or not others else headroom(others, controllers, own.total)
    named = [{"id": one.id, "standing": one.standing(day), "controller": one.controller, "en": one.en, "zh": one.zh} for one in here]
    return {
        "hs6": code,
        "measures": named,
        "controllers": controllers,
        "wider_than_the_control": code in narrow(here),
        "own_imports": None if own is None else _shares(own, own.by_economy, controllers) | {"value": own.total, "currency": own.currency},
        "world_exports": None if world is None else _shares(world, others, controllers),
        "headroom": room,
        "headroom_is": None if room is None else next((word for line, word in _TIGHT if room < line), "wide"),
    }


def _shares(trade: LineTrade, values: Mapping[str, float], controllers: list[str]) -> dict[str, Any]:
    from detectors._measures.coalition import coalition_hhi, coalition_share

    return {
        "year": trade.year,
        "source": trade.source,
        "from_controllers": coalition_share(values, controllers),
        "hhi": coalition_hhi(values, ()),
        "hhi_controllers_as_one": coalition_hhi(values, controllers),
    }


def _told(line: dict[str, Any], reporter: str) -> Iterator[str]:
    yield f"HS {line['hs6']}"
    for one in line["measures"]:
        yield f"  {one['standing'].replace('_', ' '):<10} {one['controller']}  {one['id']}  {one['en']}"
    if not line["measures"]:
        yield "  no typed control touches it ('supplywatch controls list'): that is not to say there is none"
    if line["wider_than_the_control"]:
        yield "  the HS line is broader than the control: the figures below hold trade that is not controlled"
    own, world, names = line["own_imports"], line["world_exports"], ", ".join(line["controllers"]) or "nobody"
    if own is None:
        yield f"  imports of {reporter}: unknown; 'supplywatch pull comtrade' (or a file with --from) would make them known"
    else:
        yield (
            f"  {reporter} {own['year']} ({own['source']}, by value): {_percent(own['from_controllers'])} from those who apply a control "
            f"({names}); concentration {_number(own['hhi'])}, {_number(own['hhi_controllers_as_one'])} with them as one"
        )
    if world is None:
        yield "  exports of the world: unknown; 'supplywatch pull baci' (or a file with --from) would make them known"
    else:
        yield (
            f"  world {world['year']} ({world['source']}, without {reporter}): they sell {_percent(world['from_controllers'])}; "
            f"concentration {_number(world['hhi'])}, {_number(world['hhi_controllers_as_one'])} with them as one"
        )
    if line["headroom"] is not None:
        yield f"  the others sell {line['headroom']:.1f} times what {reporter} imports: {line['headroom_is']}"


def _percent(share: float | None) -> str:
    return "an unknown share" if share is None else f"{share:.0%}"


def _number(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.3f}"
