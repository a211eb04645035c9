"""Two commits side by side on one machine: ``python bench/compare.py BASE HEAD [--rounds 3] [--only NAME]`` prints a table of ratios.

Each commit gets a worktree and an environment of its own, and runs its own code with its own scripts of ``bench/``; the two take turns,
so that whatever else the machine does falls on both. The ratio is the median of the ratios of each turn, HEAD to BASE, over 1 where HEAD
is better; the spread is from the least to the greatest of them.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Tree:
    """A commit that can be run."""

    folder: Path

    @property
    def python(self) -> str:
        return str(self.folder / ".venv/bin/python")

    def run(self, *words: str) -> str:
        """Return what a command printed."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SUPPLYWATCH_")}
        environment["SUPPLYWATCH_LEDGER"] = f"sqlite:///{self.folder / 'bench.db'}"
        # Installed packages are compiled; without this the first figures would be those of Python's compiler.
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        done = subprocess.run([self.python, *words], cwd=self.folder, env=environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(words)}: {done.stderr[-300:]}")
        return done.stdout


@dataclass(frozen=True)
class Figure:
    """One benchmark: how it is measured, and which way is better."""

    name: str
    measure: Callable[[Tree], float]
    more_is_better: bool = True


def processor_s(*words: str) -> Callable[[Tree], float]:
    """Measure the processor seconds of a command of the product."""

    def measure(tree: Tree) -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        tree.run("-m", "supplywatch", *words)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    return measure


def printed(pattern: str, *words: str) -> Callable[[Tree], float]:
    """Measure the figure that a script prints at the first group of ``pattern``."""

    def measure(tree: Tree) -> float:
        out = tree.run(*words)
        found = re.search(pattern, out)
        if found is None:
            raise RuntimeError(f"{' '.join(words)}: no {pattern!r} in {out[-200:]!r}")
        return float(found[1].replace(",", ""))

    return measure


def flatness(few: Callable[[Tree], float], many: Callable[[Tree], float]) -> Callable[[Tree], float]:
    """Measure how much of the rate on a small ledger is left on a large one: 1 is flat."""
    return lambda tree: many(tree) / few(tree)


def events(count: int) -> Callable[[Tree], float]:
    """Measure events a second written to a new ledger that grows to ``count``."""
    return printed(r"([\d,]+) events/s", "bench/ledger.py", "--events", str(count))


def slices(codes: int, months: int) -> Callable[[Tree], float]:
    """Measure slices of trade judged a second of one core."""
    return printed(r"year 1: .*\(([\d,]+)/s", "bench/trade.py", "--codes", str(codes), "--months", str(months))


RULE = "import sys; sys.path.insert(0, 'bench'); import commands; print(commands.chokepoint_rule_us(), 'us')"
STREAM = ("bench/stream.py", "--rounds", "1", "--count", "10000")


def figures(data: Path | None, large: bool) -> list[Figure]:
    """Return what is measured; names against lists need the folder of genuine payloads."""
    grown = 1_000_000 if large else 100_000
    found = [
        Figure("`--help`, processor s", processor_s("--help"), more_is_better=False),
        Figure("`alerts list`, processor s", processor_s("alerts", "list"), more_is_better=False),
        Figure("`rules list`, processor s", processor_s("rules", "list"), more_is_better=False),
        Figure("one update of the chokepoint rule, µs", printed(r"([\d.]+) us", "-c", RULE), more_is_better=False),
        Figure("slices of trade in process, 1/s", slices(500, 4)),
        Figure("ledger on SQLite, events/s", events(10_000)),
        Figure("stream through the embedded broker, messages/s", printed(r'"workers_1_per_s": (\d+)', *STREAM)),
        Figure(f"growth: events/s at {grown:,} / at 10,000", flatness(events(10_000), events(grown))),
        Figure("growth: slices/s at 10,000 / at 1,000 observations", flatness(slices(250, 4), slices(2500, 4))),
    ]
    if data is not None:
        found.append(Figure("one name × CSL, names/s", printed(r'"per_second": (\d+)', "bench/screening.py", str(data), "--csl")))
    return found


def make_tree(commit: str, folder: Path) -> Tree:
    """Check a commit out and install it."""
    subprocess.run(["git", "worktree", "add", "--quiet", "--detach", str(folder), commit], cwd=ROOT, check=True)
    tree, wanted = Tree(folder), ".[embedded,test]"
    if uv := shutil.which("uv"):
        subprocess.run([uv, "venv", "-q", "--python", sys.executable, str(folder / ".venv")], check=True)
        subprocess.run([uv, "pip", "install", "-q", "--compile-bytecode", "--python", tree.python, "-e", wanted], cwd=folder, check=True)
    else:
        subprocess.run([sys.executable, "-m", "venv", str(folder / ".venv")], check=True)
        subprocess.run([tree.python, "-m", "pip", "install", "-q", "-e", wanted], cwd=folder, check=True)
    tree.run("-m", "supplywatch", "ledger", "upgrade")
    return tree


def row(figure: Figure, base: Tree, head: Tree, rounds: int) -> str:
    """Measure both in turn and return a line of the table; what one of the two cannot do is said, not left out."""
    pairs: list[tuple[float, float]] = []
    try:
        for turn in range(rounds):
            first, second = (base, head) if turn % 2 == 0 else (head, base)
            one, two = figure.measure(first), figure.measure(second)
            pairs.append((one, two) if turn % 2 == 0 else (two, one))
    except RuntimeError as error:
        return f"| {figure.name} | not measured: {str(error).splitlines()[-1][:120]} | | | |"
    ratios = sorted(b / a if figure.more_is_better else a / b for a, b in pairs)
    before, after = (statistics.median(side) for side in zip(*pairs, strict=True))
    return f"| {figure.name} | {before:.4g} | {after:.4g} | {statistics.median(ratios):.2f} | {ratios[0]:.2f} to {ratios[-1]:.2f} |"


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("base")
    parser.add_argument("head")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="", help="only figures with this in their name")
    parser.add_argument("--data", type=Path, help="folder of genuine payloads, for names against lists")
    parser.add_argument("--large", action="store_true", help="growth up to a million events")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="supplywatch-compare-") as name:
        folders = [Path(name) / side for side in ("base", "head")]
        try:
            base, head = (make_tree(c, f) for c, f in zip((arguments.base, arguments.head), folders, strict=True))
            print(f"| figure | {arguments.base} | {arguments.head} | better by | spread |\n| --- | --- | --- | --- | --- |", flush=True)
            for figure in figures(arguments.data, arguments.large):
                if arguments.only in figure.name:
                    print(row(figure, base, head, arguments.rounds), flush=True)
        finally:
            for folder in folders:
                subprocess.run(["git", "worktree", "remove", "--force", str(folder)], cwd=ROOT, check=False)
    print(f"\nLoad of the machine at the end: {json.dumps([round(x, 1) for x in os.getloadavg()])}, {os.cpu_count()} processors.")


if __name__ == "__main__":
    main()
