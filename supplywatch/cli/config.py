"""``supplywatch config``: whether a configuration folder fits this release, key by key."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from supplywatch.errors import BadRequest, BadSetting
from supplywatch.runtime.output import say

app = typer.Typer(help="Configuration: a folder of your own, whether it fits this release, and what it changes.", no_args_is_help=True)


@app.command()
def init(folder: Annotated[Path, typer.Argument(help="A new folder.")]) -> None:
    """Copy the configuration of this release into a folder of your own, to be edited there."""
    import shutil

    from supplywatch.config import shipped_dir

    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BadRequest(f"{folder}: holds something already; name a new folder, or compare it with 'supplywatch config diff'")
    try:
        shutil.copytree(shipped_dir(), folder, dirs_exist_ok=True)
    except OSError as error:
        raise BadRequest(f"{folder}: cannot be written ({error.strerror or error}); name another folder") from error
    say(f"copied to {folder}. It is in force where SUPPLYWATCH_CONFIG_DIR={folder.resolve()} is set; 'supplywatch config check' tries it")


@app.command()
def diff() -> None:
    """Show what differs between the configuration in force and that of this release; exit code 1 when something does."""
    from supplywatch.config import config_dir, shipped_dir

    ours, theirs = config_dir(), shipped_dir()
    lines = [line for name in sorted(_files(ours) | _files(theirs)) for line in _differing(theirs / name, ours / name, name)]
    say("\n".join(lines) if lines else f"{ours}: as this release has it")
    raise typer.Exit(int(bool(lines)))


def _files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def _differing(shipped: Path, own: Path, name: str) -> list[str]:
    from difflib import unified_diff

    if not own.exists():
        return [f"{name}: missing; take it from this release"]
    if not shipped.exists():
        return [f"{name}: not of this release"]
    if (old := shipped.read_bytes()) == (new := own.read_bytes()):
        return []
    try:
        before, after = old.decode().splitlines(), new.decode().splitlines()
    except UnicodeDecodeError:
        return [f"{name}: differs"]
    return [*unified_diff(before, after, f"this release/{name}", f"in force/{name}", lineterm="", n=1)]


@app.command()
def check() -> None:
    """Read every file of the configuration and say of each key that does not fit what to do; exit code 1 when there is one."""
    found = complaints()
    for line in found:
        say(line)
    if not found:
        from supplywatch.config import config_dir

        say(f"{config_dir()}: every file fits this release")
    raise typer.Exit(int(bool(found)))


def refuse_what_does_not_fit() -> None:
    """Check the whole configuration before many processes read it.

    Raises
    ------
    BadSetting
        Every complaint, a line each.
    """
    if found := complaints():
        raise BadSetting("\n".join(["the configuration does not fit this release:", *found]))


def complaints() -> list[str]:
    """Return a line for each key that does not fit, file by file."""
    found: dict[str, None] = {}  # one file may be read for several reasons
    for load in _loaders():
        try:
            load()
        except BadSetting as error:
            found |= dict.fromkeys(str(error).splitlines())
    return list(found)


def _loaders() -> Iterator[Callable[[], object]]:
    from detectors._measures.geodep import load_governance
    from detectors.decoupling.control_rule import load_controls
    from streams.ceiling import load_limits
    from supplywatch import registry
    from supplywatch.config import rule_params
    from supplywatch.intake.options import load_options
    from supplywatch.listing.ownership import ownership_rules
    from supplywatch.model import limits
    from supplywatch.model.control import load_measures
    from supplywatch.model.taxonomy import load_taxonomy
    from supplywatch.rulebook.scoring import load_events

    yield from (load_taxonomy, registry.items, load_controls, load_governance, ownership_rules, load_events, load_limits)
    yield from (limits.judging, limits.intake, load_measures, _vocabularies)
    yield lambda: load_options(list(registry.sources()))
    for rule_id, rule in registry.rules().items():
        yield partial(rule_params, rule_id, rule.params)
    yield _thresholds_of_no_rule
    yield _suppliers


def _vocabularies() -> None:
    from supplywatch.screening import chinese, persons, vocabulary, written  # read at import

    del chinese, persons, vocabulary, written


def _thresholds_of_no_rule() -> None:
    from supplywatch import registry
    from supplywatch.config import read_yaml
    from supplywatch.model import limits

    gone = [name for name in read_yaml("thresholds.yaml") if name not in (*registry.rules(), *limits.COMMON_BLOCKS)]
    if gone:
        raise BadSetting("\n".join(f"config/thresholds.yaml: {name}: no rule of this release; take it out" for name in gone))


def _suppliers() -> None:
    from datetime import UTC, datetime

    from supplywatch.desk.supplier_register import read_register
    from supplywatch.errors import BadRequest
    from supplywatch.model.items import load_items

    try:
        refused = read_register(None, load_items(), datetime.now(UTC)).refused
    except BadRequest as error:
        raise BadSetting(str(error)) from error
    if refused:
        raise BadSetting("\n".join(f"config/suppliers.yaml: {fault}; correct it" for fault in refused))
