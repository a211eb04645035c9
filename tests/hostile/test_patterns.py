"""Every regular expression of the product, and texts that are made to take them long."""

from __future__ import annotations

import ast
import importlib
import itertools
import pkgutil
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pytest

from connectors._reading.mofcom_names import nation_of
from detectors.decoupling.control_rule import Controls, load_controls
from supplywatch import registry
from supplywatch.reading import workbook_marks
from supplywatch.rulebook.cases import run

codes: Any = importlib.import_module("re._constants")
parser: Any = importlib.import_module("re._parser")
ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("supplywatch", "connectors", "detectors", "streams")
_CALLS = [f"re.{name}" for name in ("compile", "search", "match", "fullmatch", "split", "findall", "finditer", "sub", "subn")]
LENGTH, MOST_S = 10_000, 0.05
CASES, PROBE, SUSPECT_S = 120, 250, 0.002
BUILT_WHEN_RUN = {
    "supplywatch.model.list_entry.",
    "supplywatch.reading.workbook_marks._marked",
    "connectors._reading.mofcom_names.nation_of",
    "detectors._measures.announced._patterns",
    "detectors._measures.announced._code",
    "detectors.decoupling.control_rule._expression",
    "detectors.decoupling.control_rule.pattern",
    "detectors.decoupling.control_rule.administrative_pattern",
    "detectors.decoupling.list_announcement.lists_in",
}
"""Functions that build a pattern from configuration; what they keep in a module is found there, the rest while they run."""
BOUNDED = {
    "connectors.commodities.usgs_mcs.SPECIALS": "each is tried on a whole cell only (fullmatch)",
    "connectors.trade.baci.MEMBER": "is tried on the whole name of a member only (fullmatch)",
}
"""Patterns that pass the bound, and why no text so long reaches them."""
_GENERIC = (" ", "a", "A", "1", "中", ",", "(", ";", "-", "a ", "a,", "1 ", "A.", "((", "\n", " \n", "<", "&", "a'")


class Found(NamedTuple):
    """A pattern, and where it stands; ``anywhere`` unless all that is done with it starts at the beginning of a text."""

    where: str
    pattern: re.Pattern[Any]
    anywhere: bool = True


def modules() -> list[ModuleType]:
    """Import every module of the product."""
    found = []
    for name in PACKAGES:
        package = importlib.import_module(name)
        found.append(package)
        for each in pkgutil.walk_packages(package.__path__, f"{name}."):
            if "migrations" not in each.name and not each.name.endswith("__main__"):
                found.append(importlib.import_module(each.name))
    return found


def kept(module: ModuleType) -> Iterator[Found]:
    """Yield the patterns that a module holds, in whatever it holds them."""

    def inside(value: object, depth: int) -> Iterator[re.Pattern[Any]]:
        if isinstance(value, re.Pattern):
            yield value
        elif isinstance(value, dict) and depth:
            for each in value.values():
                yield from inside(each, depth - 1)
        elif isinstance(value, tuple | list | frozenset | set) and depth:
            for each in value:
                yield from inside(each, depth - 1)

    uses = _uses(module)
    for name, value in list(vars(module).items()):
        anchored = isinstance(value, re.Pattern) and name.startswith("_") and bool(uses.get(name)) and uses[name] <= {"match", "fullmatch"}
        for pattern in inside(value, 4):
            yield Found(f"{module.__name__}.{name}", pattern, not anchored)


def _uses(module: ModuleType) -> dict[str, set[str]]:
    """Return what a module does with each name: the method it calls, or ``passed on``."""
    tree = ast.parse(Path(module.__file__ or "").read_text(encoding="utf-8"))
    methods = {node.value: node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    uses: dict[str, set[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            uses.setdefault(node.id, set()).add(methods.get(node, "passed on"))
    return uses


class Call(NamedTuple):
    """A call of ``re`` in the source; ``pattern`` is ``None`` where only running the function around it tells which."""

    where: str
    function: str
    pattern: re.Pattern[Any] | None


def calls(module: ModuleType) -> Iterator[Call]:
    """Yield the calls of ``re`` in a module's source."""
    path = Path(module.__file__ or "")
    tree = ast.parse(path.read_text(encoding="utf-8"))
    inside = {child: node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) for child in ast.walk(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in _CALLS:
            where = f"{path.relative_to(ROOT).as_posix()}:{node.lineno}"
            yield Call(where, f"{module.__name__}.{inside.get(node, '')}", _evaluated(node, module))


def _evaluated(call: ast.Call, module: ModuleType) -> re.Pattern[Any] | None:
    assert isinstance(call.func, ast.Attribute)
    flags = [ast.unparse(word.value) for word in call.keywords if word.arg == "flags"]
    if call.func.attr not in ("sub", "subn", "split"):
        flags += [ast.unparse(each) for each in call.args[{"compile": 1}.get(call.func.attr, 2) :][:1]]
    source = f"re.compile({', '.join([ast.unparse(call.args[0]), *flags])})"
    try:
        found = eval(source, dict(vars(module), re=re))
    except (NameError, AttributeError):
        return None
    return found if isinstance(found, re.Pattern) else None


def _of_set(items: Iterable[tuple[Any, Any]]) -> Iterator[str]:
    found = list(items)
    if found and found[0][0] is codes.NEGATE:
        taken = set(_of_set(found[1:]))
        yield from (sign for sign in ("a", " ", "中", "\x01") if sign not in taken)
        return
    for op, value in found:
        if op is codes.LITERAL:
            yield chr(value)
        elif op is codes.RANGE:
            yield chr(value[0])
        elif op is codes.CATEGORY:
            yield {"CATEGORY_DIGIT": "7", "CATEGORY_SPACE": " ", "CATEGORY_WORD": "a"}.get(str(value), "中")


def _sample(items: Iterable[tuple[Any, Any]], pick: int = 0) -> str:
    """Return one text that a part of a pattern takes."""
    out = []
    for op, value in items:
        if op is codes.LITERAL:
            out.append(chr(value))
        elif op is codes.NOT_LITERAL or op is codes.ANY:
            out.append("a")
        elif op is codes.IN:
            choice = list(_of_set(value))
            out.append(choice[pick % len(choice)] if choice else "a")
        elif op is codes.BRANCH:
            out.append(_sample(value[1][pick % len(value[1])], pick))
        elif op is codes.SUBPATTERN:
            out.append(_sample(value[3], pick))
        elif op is codes.ATOMIC_GROUP:
            out.append(_sample(value, pick))
        elif op in (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT):
            out.append(_sample(value[2], pick) * max(1, min(value[0], 20)))
    return "".join(out)


def _parts(items: Sequence[tuple[Any, Any]], before: str = "") -> Iterator[tuple[str, str]]:
    """Yield what stands before a part of a pattern, and the text of that part: what a hostile text repeats."""
    for n, (op, value) in enumerate(items):
        front = before + _sample(items[:n])
        if op in (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT):
            for pick in range(4):
                yield front, _sample(value[2], pick)
            yield from _parts(list(value[2]), front)
        elif op is codes.SUBPATTERN:
            yield from _parts(list(value[3]), front)
        elif op is codes.ATOMIC_GROUP:
            yield from _parts(list(value), front)
        elif op is codes.BRANCH:
            for each in value[1][:40]:
                yield front, _sample(each)
                yield from _parts(list(each), front)
        elif op in (codes.ASSERT, codes.ASSERT_NOT):
            yield from _parts(list(value[1]), front)
        elif op is codes.LITERAL:
            yield front, chr(value)


def texts(pattern: re.Pattern[Any]) -> Iterator[tuple[str, str, str]]:
    """Yield beginnings, repeated parts and ends made of a pattern's own parts."""
    source = pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
    tree = list(parser.parse(source, pattern.flags & ~re.DEBUG if isinstance(pattern.pattern, str) else 0))
    parts = list(dict.fromkeys(_parts(tree)))[:150]
    whole = _sample(tree)
    pumps = dict.fromkeys([*_GENERIC, *(pump for _, pump in parts), whole, *(pump + " " for _, pump in parts[:30])])
    fronts = list(dict.fromkeys(["", *(front for front, _ in parts)]))[:6]
    short = [pump for pump in pumps if 0 < len(pump) <= 3][:12]
    pairs = [a + b for a, b in itertools.permutations(short, 2)][:80]
    for pump in [*pumps, *dict.fromkeys(pairs)]:
        if pump:
            for front in fronts:
                yield front, pump, "\x01"
    yield from ((front, pump, "\x01") for front, pump in parts if pump)


def longest(pattern: re.Pattern[Any], length: int, most_s: float, *, anywhere: bool) -> tuple[float, str] | None:
    """Return time and text of the worst case of a pattern, ``None`` when it stays under the bound.

    Short texts choose the suspects; the three slowest grow to the full length, and one that passes the bound before is not tried longer.
    The fastest of three runs counts: a busy machine only adds time.
    """

    def made(case: tuple[str, str, str], size: int) -> Any:
        front, pump, end = case
        text = (front + pump * (size // len(pump) + 1))[:size] + end
        return text if isinstance(pattern.pattern, str) else text.encode("utf-8")

    def took(case: tuple[str, str, str], size: int) -> float:
        text = made(case, size)
        start = time.process_time()
        if anywhere:
            for _ in pattern.finditer(text):
                pass
        else:
            pattern.match(text)
        pattern.fullmatch(text)
        return time.process_time() - start

    timed = []
    for case in itertools.islice(dict.fromkeys(texts(pattern)), CASES):
        timed.append((took(case, PROBE), case))
        if timed[-1][0] > SUSPECT_S:
            break
    timed.sort(reverse=True)
    for _, case in timed[:3]:
        for size in (length // 16, length // 4, length):
            best = took(case, size)
            for _ in range(2):
                best = min(best, took(case, size)) if best >= most_s else best
            if best >= most_s:
                return best, f"{size} characters of {case!r}"
    return None


def compiled_while(work: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> list[re.Pattern[Any]]:
    """Return every pattern that ``re`` hands out during some work, new ones and those it has kept."""
    found: dict[int, re.Pattern[Any]] = {}
    inner: Any = vars(re)["_compile"]

    def told(pattern: Any, flags: int) -> Any:
        made = inner(pattern, flags)
        found[id(made)] = made
        return made

    monkeypatch.setattr(re, "_compile", told)
    work()
    monkeypatch.undo()
    return list(found.values())


def use_what_is_built() -> None:
    """Run the functions that build patterns from configuration, anew where they keep what they built."""
    for name in BUILT_WHEN_RUN:
        module, _, function = name.rpartition(".")
        if clear := getattr(getattr(importlib.import_module(module), function, None), "cache_clear", None):
            clear()
    controls = Controls.model_validate(load_controls().model_dump())
    _ = controls.administrative_pattern, [group.pattern for group in controls.groups]
    nation_of("中国某公司")
    workbook_marks._marked(("3", "14"))
    for rule in registry.rules().values():
        assert [outcome.problem for outcome in run(rule) if outcome.problem] == []


@pytest.mark.integration  # of CI: seconds of the processor, no server
def test_patterns_built_from_configuration_take_every_text_in_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    built = compiled_while(use_what_is_built, monkeypatch)
    assert len(built) > 20
    bad = {one.pattern: worst for one in built if (worst := longest(one, LENGTH, MOST_S, anywhere=True))}
    assert bad == {}


@pytest.mark.integration  # of CI: half a minute of the processor, no server
def test_every_pattern_takes_every_text_in_a_moment() -> None:
    everything = modules()
    found = {}
    unknown = set()
    for module in everything:
        for each in kept(module):
            found[each.pattern.pattern, each.pattern.flags] = each
        for call in calls(module):
            if call.pattern is None:
                unknown.add(call.function)
            else:
                found.setdefault((call.pattern.pattern, call.pattern.flags), Found(call.where, call.pattern))
    assert unknown <= BUILT_WHEN_RUN
    assert len(found) > 250
    bad = {each.where: worst for each in found.values() if (worst := longest(each.pattern, LENGTH, MOST_S, anywhere=each.anywhere))}
    assert {where: worst for where, worst in bad.items() if where not in BOUNDED} == {}
