"""Python files as syntax trees: what a file says, without how it is written or what it imports."""

from __future__ import annotations

import ast
from pathlib import Path


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _is_prose(node: ast.AST) -> bool:
    """Tell whether a statement is a docstring, wherever it stands."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _written(value: object) -> str:
    # By hand, not by ast.dump: that writes empty fields on some versions of Python and leaves them out on others.
    if isinstance(value, ast.AST):
        fields = ((name, _written(part)) for name, part in ast.iter_fields(value) if name not in ("ctx", "kind", "type_comment"))
        return f"{type(value).__name__}({','.join(f'{name}={text}' for name, text in fields if text not in ('None', '[]'))})"
    if isinstance(value, list):
        kept = (part for part in value if not isinstance(part, ast.Import | ast.ImportFrom) and not _is_prose(part))
        return f"[{','.join(_written(part) for part in kept)}]"
    return repr(value)


def content_of(path: Path) -> str:
    """Return what a file says: its syntax tree without docstrings, comments, imports and formatting.

    The same text on every supported version of Python, so that a lock written on one holds on another.
    """
    return _written(_tree(path).body)


def imported(path: Path) -> list[str]:
    """Return the names a file imports, at any place, as modules and as members: ``from a import b`` gives ``a`` and ``a.b``."""
    found: list[str] = []
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return found


def literal_arguments(path: Path, function: str) -> list[str | None]:
    """Return the first argument of each call of ``function``: its text, ``None`` where it is no literal."""
    found: list[str | None] = []
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == function:
            first = node.args[0] if node.args else None
            found.append(first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else None)
    return found
