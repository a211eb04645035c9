"""Finds what goes over a set in an order that another hash seed changes.

A name is a set when it is made by a display, a call, a comprehension, or an operator of sets, or is annotated as one; so is the field of a
class, and what a function returns, anywhere in the files looked at. Going over it is fine where order cannot matter.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

SET = re.compile(r"^(typing\.)?(set|frozenset|Set|FrozenSet|AbstractSet|MutableSet|KeysView)\b")
OF_SETS = re.compile(r"^(\w+\.)?(dict|Mapping|MutableMapping|defaultdict|list|tuple|Sequence)\[.*\b(set|frozenset)\b")
MAKES = {"set", "frozenset"}
KEEPS = {"union", "intersection", "difference", "symmetric_difference", "copy"}
OPERATORS = (ast.BitOr, ast.BitAnd, ast.Sub, ast.BitXor)
BLIND = {"sorted", "len", "min", "max", "any", "all", "set", "frozenset", "fsum"}
"""What takes elements in any order and says the same; ``min`` and ``max`` with a key do not, for the first of equals is taken."""
IN_ORDER = {"list", "tuple", "sum", "enumerate", "zip", "map", "filter", "iter", "reversed", "dict", "Counter", "deque", "reduce"}
IN_ORDER |= {"chain", "islice", "accumulate", "combinations", "permutations", "product", "groupby", "mean", "median", "fmean"}
METHODS_IN_ORDER = {"join", "extend", "fromkeys", "from_iterable", "pop"}


@dataclass
class Known:
    """Names of fields and functions that are, or return, sets, and those that hold sets."""

    sets: set[str] = field(default_factory=set)
    of_sets: set[str] = field(default_factory=set)

    def annotated(self, name: str, annotation: ast.expr | None) -> None:
        """Note what an annotation says of a name."""
        text = "" if annotation is None else ast.unparse(annotation).strip("'\"")
        if SET.match(text):
            self.sets.add(name)
        elif OF_SETS.match(text):
            self.of_sets.add(name)

    def copy(self) -> Known:
        """Return the same for a scope inside."""
        return Known(set(self.sets), set(self.of_sets))


def declared(trees: Iterable[ast.Module]) -> Known:
    """Return the fields and functions of all files: ``.name`` for fields, ``name()`` for what is returned."""
    found = Known()
    for node in (node for tree in trees for node in ast.walk(tree)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            is_property = any(ast.unparse(decorator).endswith("property") for decorator in node.decorator_list)
            found.annotated(f".{node.name}" if is_property else f"{node.name}()", node.returns)
        elif isinstance(node, ast.ClassDef):
            for line in node.body:
                if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name):
                    found.annotated(f".{line.target.id}", line.annotation)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Attribute):
            found.annotated(f".{node.target.attr}", node.annotation)
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Attribute) and is_set(node.value, found):
            found.sets.add(f".{node.targets[0].attr}")
    return found


def _named(node: ast.expr, names: set[str]) -> bool:
    if isinstance(node, ast.Name):
        return node.id in names
    if isinstance(node, ast.Attribute):
        return f".{node.attr}" in names
    return isinstance(node, ast.Call) and f"{_callee(node)}()" in names


def _callee(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else call.func.attr if isinstance(call.func, ast.Attribute) else ""


def is_set(node: ast.expr | None, known: Known) -> bool:
    """Tell whether an expression is a set."""
    if node is None:
        return False
    if isinstance(node, ast.Set | ast.SetComp) or _named(node, known.sets):
        return True
    if isinstance(node, ast.BinOp) and isinstance(node.op, OPERATORS):
        return any(is_set(side, known) or _is_view(side) for side in (node.left, node.right))
    if isinstance(node, ast.IfExp):
        return is_set(node.body, known) or is_set(node.orelse, known)
    if isinstance(node, ast.BoolOp):
        return any(is_set(value, known) for value in node.values)
    if isinstance(node, ast.NamedExpr):
        return is_set(node.value, known)
    if isinstance(node, ast.Subscript):
        return _named(node.value, known.of_sets)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        owner = node.func.value
        return (node.func.attr in KEEPS and (is_set(owner, known) or _is_view(owner))) or (
            node.func.attr in ("get", "pop", "setdefault") and _named(owner, known.of_sets)
        )
    return isinstance(node, ast.Call) and _callee(node) in MAKES


def _is_view(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("keys", "items") and not node.args


def _bind(target: ast.expr, value: ast.expr | None, known: Known) -> None:
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
        for part, given in zip(target.elts, value.elts, strict=True):
            _bind(part, given, known)
    elif isinstance(target, ast.Name) and is_set(value, known):
        known.sets.add(target.id)


def _holds_sets(node: ast.expr, known: Known) -> bool:
    """Tell whether going over an expression gives sets: values of a mapping to sets, a list of sets."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "values":
        return _named(node.func.value, known.of_sets)
    return _named(node, known.of_sets) and not isinstance(node, ast.Call)


class _Walk(ast.NodeVisitor):
    def __init__(self, known: Known) -> None:
        self.known, self.found = known, list[ast.expr]()

    def _scope(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        outer, self.known = self.known, self.known.copy()
        for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
            self.known.sets.discard(argument.arg)
            self.known.annotated(argument.arg, argument.annotation)
        self.generic_visit(node)
        self.known = outer

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._scope(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._scope(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        self.generic_visit(node)
        for target in node.targets:
            _bind(target, node.value, self.known)
            if isinstance(target, ast.Tuple | ast.List):
                self._ordered(node.value)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self.generic_visit(node)
        if isinstance(node.target, ast.Name):
            self.known.annotated(node.target.id, node.annotation)

    def visit_For(self, node: ast.For) -> None:
        self._loop(node.target, node.iter)
        self.generic_visit(node)

    def visit_Starred(self, node: ast.Starred) -> None:
        self._ordered(node.value)
        self.generic_visit(node)

    def visit_YieldFrom(self, node: ast.YieldFrom) -> None:
        self._ordered(node.value)
        self.generic_visit(node)

    def visit_Set(self, node: ast.Set) -> None:
        for element in node.elts:  # {*a, *b} is a set again
            self.visit(element.value if isinstance(element, ast.Starred) else element)

    def visit_Call(self, node: ast.Call) -> None:
        name = _callee(node)
        blind = isinstance(node.func, ast.Name) and name in BLIND and not any(keyword.arg == "key" for keyword in node.keywords)
        if name in IN_ORDER or (isinstance(node.func, ast.Attribute) and name in METHODS_IN_ORDER):
            owner = node.func.value if isinstance(node.func, ast.Attribute) else None
            counted = name == "sum" and len(node.args) == 1 and _counts(node.args[0])
            for argument in () if counted else (*node.args, *([owner] if name == "pop" and owner is not None and not node.args else [])):
                self._ordered(argument)
            blind = blind or counted
        elif name in ("min", "max", "sorted") and not blind and node.args:
            self._ordered(node.args[0])
        for child in ast.iter_child_nodes(node):
            if blind and isinstance(child, ast.GeneratorExp | ast.ListComp):
                self._comprehension(child, free=True)
            else:
                self.visit(child)

    def _comprehension(self, node: ast.GeneratorExp | ast.ListComp | ast.SetComp | ast.DictComp, *, free: bool = False) -> None:
        outer, self.known = self.known, self.known.copy()
        for part in node.generators:
            self._loop(part.target, part.iter, free=free)
        self.generic_visit(node)
        self.known = outer

    def visit_SetComp(self, node: ast.SetComp) -> None:
        self._comprehension(node, free=True)

    def visit_ListComp(self, node: ast.ListComp) -> None:
        self._comprehension(node)

    def visit_GeneratorExp(self, node: ast.GeneratorExp) -> None:
        self._comprehension(node)

    def visit_DictComp(self, node: ast.DictComp) -> None:
        self._comprehension(node)

    def _loop(self, target: ast.expr, over: ast.expr, *, free: bool = False) -> None:
        if not free:
            self._ordered(over)
        if isinstance(target, ast.Name) and _holds_sets(over, self.known):
            self.known.sets.add(target.id)
        elif isinstance(target, ast.Name):
            self.known.sets.discard(target.id)
        called = over.func if isinstance(over, ast.Call) else None
        if isinstance(target, ast.Tuple) and isinstance(called, ast.Attribute) and _named(called.value, self.known.of_sets):
            self.known.sets |= {part.id for part in target.elts[1:] if isinstance(part, ast.Name)}

    def _ordered(self, node: Any) -> None:
        if is_set(node, self.known):
            self.found.append(node)


def _counts(node: ast.expr) -> bool:
    """Tell whether a sum is one of whole numbers for sure: of truths, of lengths, of ones."""
    if not isinstance(node, ast.GeneratorExp | ast.ListComp):
        return False
    element = node.elt
    whole = isinstance(element, ast.Compare) or (isinstance(element, ast.UnaryOp) and isinstance(element.op, ast.Not))
    return whole or (isinstance(element, ast.Constant) and isinstance(element.value, int)) or ast.unparse(element).startswith("len(")


def iterated(tree: ast.Module, known: Known) -> Iterator[tuple[int, str]]:
    """Yield (line, expression) of every set that is gone over where the order counts."""
    walk = _Walk(known.copy())
    walk.visit(tree)
    yield from sorted({(node.lineno, ast.unparse(node)) for node in walk.found})
