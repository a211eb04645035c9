"""Measures how the code is written against the rules of the house: ``python tests/house.py``; ends with 1 when a bound is passed.

The bounds on sizes are the rules themselves. Those on what is to get better are as last measured: raise or lower them with the code.
"""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PRODUCT = ("supplywatch", "connectors", "detectors", "streams")
FOLDERS = (*PRODUCT, "tests", "docs", "bench")

MOST_LINES_OF_A_FILE = 350
MOST_LINES_OF_A_FUNCTION = 40
MOST_SUPPRESSIONS = 4  # of checkers, in the product
LEAST_COMMENTS_PER_100_LINES = 0.3  # as measured on 2026-11-30; the house wants 3 to 6 that say why
OUTER_LOOPS = {
    "streams/remote.py": 1,
    "streams/settling.py": 1,
    "streams/worker.py": 1,
    "supplywatch/intake/fenced.py": 1,
    "supplywatch/intake/schedule.py": 1,
}
"""Where an exception of any kind may be caught, and how often: nothing stands above these to catch it."""

SUPPRESSION = re.compile(r"#\s*(type:\s*ignore|noqa)")
NO_WHY = re.compile(r"#\s*(type:|noqa|!|fmt:|doctest:|pragma)")


@dataclass(frozen=True)
class File:
    """A source file, read once."""

    name: str
    text: str
    tree: ast.Module

    @property
    def is_product(self) -> bool:
        """Tell whether it is shipped."""
        return self.name.split("/")[0] in PRODUCT

    @cached_property
    def comments(self) -> list[str]:
        """Return the comments, those that only speak to tools included."""
        tokens = tokenize.generate_tokens(io.StringIO(self.text).readline)
        return [token.string for token in tokens if token.type == tokenize.COMMENT]


def files(root: Path = ROOT) -> list[File]:
    """Return the source files of a checkout, in order."""
    paths = sorted(path for folder in FOLDERS for path in (root / folder).rglob("*.py") if ".venv" not in path.parts)
    texts = ((path, path.read_text(encoding="utf-8")) for path in paths)
    return [File(path.relative_to(root).as_posix(), text, ast.parse(text)) for path, text in texts]


def length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return the lines of a function, its docstring included."""
    return (node.end_lineno or node.lineno) - node.lineno + 1


def public(node: ast.AST, inside: str = "") -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]]:
    """Yield what a stranger may use: public names of modules and of public classes."""
    for child in getattr(node, "body", ()):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and not child.name.startswith("_"):
            yield inside + child.name, child
            if isinstance(child, ast.ClassDef):
                yield from public(child, f"{inside}{child.name}.")


def blind(file: File) -> list[int]:
    """Return the lines of the handlers that catch everything."""
    everything = {"Exception", "BaseException"}

    def caught(handler: ast.ExceptHandler) -> set[str]:
        kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
        return {"BaseException" if kind is None else ast.unparse(kind) for kind in kinds}

    return [node.lineno for node in ast.walk(file.tree) if isinstance(node, ast.ExceptHandler) and caught(node) & everything]


def problems(found: list[File]) -> Iterator[str]:
    """Yield what passes a bound, one sentence each."""
    for file in found:
        lines = file.text.count("\n")
        if lines > MOST_LINES_OF_A_FILE:
            yield f"{file.name}: {lines} lines, more than {MOST_LINES_OF_A_FILE}; take a part out that has a name of its own"
        for node in ast.walk(file.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and length(node) > MOST_LINES_OF_A_FUNCTION:
                yield f"{file.name}:{node.lineno}: {node.name} has {length(node)} lines, more than {MOST_LINES_OF_A_FUNCTION}"
        if not file.is_product:
            continue
        if ast.get_docstring(file.tree) is None:
            yield f"{file.name}: says nothing of itself; begin it with a sentence"
        for name, definition in public(file.tree):
            if ast.get_docstring(definition) is None and not overload(definition):
                yield f"{file.name}:{definition.lineno}: {name} is public and says nothing of itself"
        if len(lines_caught := blind(file)) > OUTER_LOOPS.get(file.name, 0):
            yield f"{file.name}:{lines_caught[-1]}: catches everything outside an outer loop; name what can go wrong"
    count = suppressions(found)
    if count > MOST_SUPPRESSIONS:
        yield f"{count} '# type: ignore' and '# noqa' in the product, more than {MOST_SUPPRESSIONS}"
    density = comments_per_100_lines(found)
    if density < LEAST_COMMENTS_PER_100_LINES:
        yield f"{density:.2f} comments to 100 lines of the product, fewer than {LEAST_COMMENTS_PER_100_LINES}; say why, not what"


def overload(node: ast.AST) -> bool:
    """Tell whether a function only states a further signature."""
    return any(ast.unparse(decorator) in ("overload", "typing.overload") for decorator in getattr(node, "decorator_list", ()))


def suppressions(found: list[File]) -> int:
    """Return how often the product tells a checker to be silent."""
    return sum(bool(SUPPRESSION.search(comment)) for file in found if file.is_product for comment in file.comments)


def comments_per_100_lines(found: list[File]) -> float:
    """Return how many comments of the product are for people, to 100 lines that are not blank."""
    product = [file for file in found if file.is_product]
    said = sum(not NO_WHY.match(comment) for file in product for comment in file.comments)
    return 100 * said / max(1, sum(bool(line.strip()) for file in product for line in file.text.splitlines()))


def main() -> int:
    """Print the figures, then what passes a bound."""
    found = files()
    product = [file for file in found if file.is_product]
    functions = [n for f in product for n in ast.walk(f.tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    longest = max(product, key=lambda file: file.text.count("\n"))
    print(f"{len(found)} files, {len(product)} of the product; the longest of those {longest.name}, {longest.text.count(chr(10))} lines")
    print(f"{len(functions)} functions of the product, the longest {max(map(length, functions))} lines")
    print(f"{comments_per_100_lines(found):.2f} comments to 100 lines, {suppressions(found)} suppressions of checkers")
    wrong = list(problems(found))
    for sentence in wrong:
        print(sentence)
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
