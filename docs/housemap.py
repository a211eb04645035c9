"""The map of the house, from the imports of its files: floors, rooms, and where a stranger finds what."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

from supplywatch.rulebook.syntax import imported

ROOT = Path(__file__).resolve().parents[1]
CORE, CATALOGUES, STREAMS = "supplywatch", ("detectors", "connectors"), "streams"
WHERE = {
    "a new entry of the US Entity List": "connectors/lists/csl.py",
    "how a list's two snapshots are compared": "supplywatch/listing/snapshot.py",
    "the rule that judges Hormuz": "detectors/shocks/chokepoint_disruption.py",
    "where a record becomes a finding, and findings an alert": "supplywatch/judging/engine.py",
    "where severity is decided": "supplywatch/judging/severity.py",
    "what publishes alerts to topics": "streams/relay.py",
    "what puts records on topics": "supplywatch/intake/offering.py",
    "where a name of a country is understood": "supplywatch/reading/countries.py",
    "where two names are compared": "supplywatch/screening/matcher.py",
    "which tables the database has": "supplywatch/ledger/schema.py",
    "what a person does to an alert": "supplywatch/desk/actions.py",
}
"""What people ask in their first hour; a file that has moved stops the generator."""


def purpose(path: Path) -> str:
    """Return the first sentence of a file's docstring."""
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return " ".join(text.split("\n\n")[0].split())


def rooms() -> dict[str, Path]:
    """Return the file that introduces each room of the core."""
    found = {}
    for path in sorted((ROOT / CORE).iterdir()):
        if path.suffix == ".py" and not path.name.startswith("__"):
            found[path.stem] = path
        elif (path / "__init__.py").is_file():
            found[path.name] = path / "__init__.py"
    return found


def arrows(names: Mapping[str, Path]) -> dict[str, set[str]]:
    """Return, for each room, the rooms its files import."""
    found: dict[str, set[str]] = {}
    for name, path in names.items():
        files = sorted(path.parent.rglob("*.py")) if path.name == "__init__.py" else [path]
        wanted = {module.split(".")[1] for file in files for module in imported(file) if module.startswith(f"{CORE}.")}
        found[name] = {room for room in wanted if room in names and room != name}
    return found


def floors(reached: Mapping[str, set[str]]) -> dict[str, int]:
    """Return how high each room stands: one above the highest it imports. Import-linter refuses circles."""
    found: dict[str, int] = {}

    def height(room: str) -> int:
        if room not in found:
            found[room] = 1 + max((height(below) for below in reached[room]), default=0)
        return found[room]

    for room in reached:
        height(room)
    return found


def page() -> Iterator[str]:
    """Yield the page."""
    names = rooms()
    reached = arrows(names)
    high = floors(reached)
    yield "# The house\n\nMade from the imports. An import points down only; CI refuses any other.\n\n## Where is …\n\n"
    yield "| you look for | file | what it is |\n| --- | --- | --- |\n"
    yield from (f"| {what} | [`{where}`](../{where}) | {purpose(ROOT / where)} |\n" for what, where in WHERE.items())
    yield f"\n## The core: {len(names)} rooms on {max(high.values())} floors\n\n"
    yield "| floor | room | what it is | stands on |\n| --- | --- | --- | --- |\n"
    for room in sorted(names, key=lambda name: (-high[name], name)):
        target = names[room].relative_to(ROOT)
        below = " ".join(sorted(reached[room]))
        yield f"| {high[room]} | [`{room}`](../{target}) | {purpose(names[room])} | {below} |\n"
    yield "\n## Catalogues and streams\n\nCatalogues stand on the core and know nothing of each other; `streams/` stands on all.\n\n"
    yield "| folder | what it is | in it |\n| --- | --- | --- |\n"
    for catalogue in CATALOGUES:
        for folder in sorted(path for path in (ROOT / catalogue).iterdir() if (path / "__init__.py").is_file()):
            files = " ".join(path.stem for path in sorted(folder.glob("*.py")) if not path.name.startswith("__"))
            yield f"| `{catalogue}/{folder.name}/` | {purpose(folder / '__init__.py')} | {files} |\n"
    for path in sorted((ROOT / STREAMS).rglob("*.py")):
        if not path.name.startswith("__"):
            yield f"| `{path.relative_to(ROOT)}` | {purpose(path)} | |\n"
