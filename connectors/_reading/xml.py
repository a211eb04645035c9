"""Strict and safe reading of publishers' XML: one element after the other, each declared in full, nothing ever fetched or expanded.

No publisher read here uses a document type declaration, and without one XML has no entities but the five predefined: a payload that has one
is refused before anything else is read. Elements are handed out when they end and forgotten afterwards, so what is held in memory is the
payload and one entry, however long the list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, XMLParser
from xml.parsers import expat

from connectors._reading.prolog import CUT, check_prolog, chunks
from supplywatch.errors import Quarantine, SourceChanged
from supplywatch.model.source import Part

T = TypeVar("T")
_XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
Odd = Callable[[str, str, str], object]
Declared = Mapping[str, Any]
"""``{"@attribute": None, "#": None, "child": Declared or None}``: ``#`` and a bare ``None`` allow text."""


@dataclass(frozen=True)
class Shape:
    """What an element may hold."""

    attributes: frozenset[str] = frozenset()
    children: Mapping[str, Shape] = field(default_factory=dict)
    text: bool = True


_LEAF = Shape()
ANYTHING = Shape(children={"*": Shape()})
"""What nobody checks: running text of laws, with mark-up of its own. Whoever reads in it says what it takes."""


def shape(declared: Declared | Shape | None) -> Shape:
    """Return a declaration in the form that is checked against."""
    if isinstance(declared, Shape):
        return declared
    if declared is None:
        return _LEAF
    attributes = frozenset(name[1:] for name in declared if name.startswith("@"))
    children = {name: shape(inner) for name, inner in declared.items() if name[0] not in "@#"}
    return Shape(attributes, children, text="#" in declared)


@dataclass(frozen=True)
class Unit:
    """One element that is handed out whole.

    Parameters
    ----------
    path
        The names on the way to it, below the root: ``INDIVIDUALS/INDIVIDUAL``.
    element
        The element, names without namespace; it is emptied when the next one is asked for.
    position
        Where it stands: path and number among those of its path, counted from 1.
    undeclared
        Names in it that nobody has declared, each with what it holds; they are taken out of the element.
    """

    path: str
    element: Element
    position: str
    undeclared: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Document:
    """What a publisher's file looks like.

    Parameters
    ----------
    root
        Name of the root element.
    units
        The elements to hand out, by path below the root; what stands on the way to them holds nothing else.
    attributes
        Attributes the root may have; where the schema lies may always be said.
    namespaces
        Namespaces the file may be in, ``""`` for none.
    """

    root: str
    units: Mapping[str, Shape]
    attributes: frozenset[str] = frozenset()
    namespaces: tuple[str, ...] = ("",)

    def read(self, part: Part, odd: Odd | None = None) -> Iterator[Unit]:
        """Yield the root (path ``""``, attributes only), then every unit in the order of the file.

        Parameters
        ----------
        odd
            Told name, content and position of what nobody has declared in a unit. Without it that is refused, as it is outside of units.

        Raises
        ------
        Quarantine
            ``error_body`` for a web page, ``encoding`` for a file that is not UTF-8, ``truncated`` for one that is cut, ``wrong_file``
            for what is no XML or has a document type declaration, ``source_changed`` for a name nobody has declared.
        """
        check_prolog(part)
        yield from _Reading(self, part, odd or refuse).units()


def text(element: Element, path: str) -> str | None:
    """Return the text of an element below, blanks collapsed, ``None`` when it is not there or empty."""
    found = element.find(path)
    said = None if found is None else found.text
    return None if said is None else " ".join(said.split()) or None


def texts(element: Element, path: str) -> list[str]:
    """Return the texts of all elements on a path that are not empty."""
    return [said for found in element.iterfind(path) if (said := " ".join((found.text or "").split()))]


def attribute(element: Element, name: str) -> str | None:
    """Return an attribute, blanks collapsed, ``None`` when it is not there or empty."""
    return " ".join((element.get(name) or "").split()) or None


def choice(element: Element, path: str, known: Mapping[str, T], position: str) -> T:
    """Return what the text of an element, or ``@attribute``, stands for, whatever its case.

    Raises
    ------
    SourceChanged
        Nobody has declared it.
    """
    said = attribute(element, path[1:]) if path.startswith("@") else text(element, path)
    if said is None or said.lower() not in known:
        raise SourceChanged(path, said, position, f"one of {', '.join(sorted(known))}"[:300])
    return known[said.lower()]


class _Reading:
    """One pass over one file.

    The tree is built by the parser's own builder, and looked at after each piece of the file: an event for every element would cost as much
    as building it, and a list such as SDN_ADVANCED has two million of them.
    """

    def __init__(self, document: Document, part: Part, odd: Odd) -> None:
        self._document, self._part, self._odd = document, part, odd
        self._open: list[Element] = []
        self._paths: list[str] = []
        self._counts: dict[str, int] = {}
        self._prefix = ""
        self._ways = {"/".join(path.split("/")[:depth]) for path in document.units for depth in range(1, path.count("/") + 1)}
        self._known: dict[str, _Known] = {}

    def units(self) -> Iterator[Unit]:
        builder = TreeBuilder()
        parser = XMLParser(target=builder, encoding="utf-8")
        try:
            for chunk in chunks(self._part):
                try:
                    parser.feed(chunk)
                finally:  # what stands before a fault is looked at first, as it was written first
                    yield from self._ready(builder.close(), whole=False)
            yield from self._ready(parser.close(), whole=True)
        except ParseError as error:
            line, column = error.position
            cut = error.code in CUT
            what = "the file is cut" if cut else "not well-formed"
            message = f"{self._part.name}: {what} at line {line}, column {column} ({expat.ErrorString(error.code)})"
            raise Quarantine("truncated" if cut else "wrong_file", message) from error

    def _ready(self, root: Element | None, whole: bool) -> Iterator[Unit]:
        """Yield what has ended by now: whatever something stands after, and all of it when the file is whole."""
        if root is None:
            return
        if not self._open:
            self._check_root(root)
            self._open.append(root)
            yield Unit("", root, self._part.name)
        # How many levels are closed: a level is when its parent is, or has another child after it.
        while self._open:
            element = self._open[-1]
            closed = whole or any(len(above) > 1 for above in self._open[:-1])
            if not len(element):
                if not closed:
                    return
                self._leave(element)
            elif not self._is_unit(element[0]):
                continue
            elif closed or len(element) > 1:
                yield self._unit(element[0])
                self._forget(element[0])
            else:
                return

    def _is_unit(self, element: Element) -> bool:
        """Tell whether an element is handed out; one on the way to such is entered instead."""
        above = self._paths[-1] if self._paths else ""
        name = _local(element, self._prefix, self._position(above))
        path = f"{above}/{name}" if above else name
        if path in self._document.units:
            return True
        if path not in self._ways:
            before = f"{above}/" if above else ""
            known = {way.removeprefix(before).split("/")[0] for way in (*self._ways, *self._document.units) if way.startswith(before)}
            raise SourceChanged(name[:80], "a new element", self._position(above), f"one of {', '.join(sorted(known))}"[:400])
        self._counts[path] = self._counts.get(path, 0) + 1
        _refuse_any(_odd_attributes(element, frozenset()), self._position(path))
        self._open.append(element)
        self._paths.append(path)
        return False

    def _leave(self, element: Element) -> None:
        """Leave an element on the way; it held nothing but what was handed out."""
        self._open.pop()
        _refuse_any(_odd_text(element), self._position(self._paths.pop()) if self._paths else self._part.name)
        if self._open:
            self._forget(element)

    def _unit(self, element: Element) -> Unit:
        name = element.tag[len(self._prefix) :]
        path = f"{self._paths[-1]}/{name}" if self._paths else name
        self._counts[path] = self._counts.get(path, 0) + 1
        position = self._position(path)
        if path not in self._known:
            self._known[path] = _Known.of(self._document.units[path], self._prefix, name)
        odd: list[tuple[str, str]] = []
        _take_out(element, self._known[path], position, odd)
        for name, said in odd:
            self._odd(name, said, position)
        return Unit(path, element, position, tuple(odd))

    def _forget(self, element: Element) -> None:
        """Take out what was read, and refuse text that stands after it."""
        if element.tail and not element.tail.isspace():
            refuse("text", element.tail.strip(), f"{self._part.name}: after {element.tag.removeprefix(self._prefix)}")
        self._open[-1].remove(element)
        element.clear()

    def _position(self, path: str) -> str:
        return f"{path}[{self._counts[path]}]" if path in self._counts else self._part.name

    def _check_root(self, element: Element) -> None:
        namespace, _, name = element.tag.rpartition("}")
        namespace = namespace.removeprefix("{")
        if name != self._document.root or namespace not in self._document.namespaces:
            wanted = f"<{self._document.root}> in {' or '.join(repr(n) for n in self._document.namespaces)}"
            raise SourceChanged("root element", element.tag[:80], self._part.name, wanted)
        self._prefix = f"{{{namespace}}}" if namespace else ""
        _refuse_any(_odd_attributes(element, self._document.attributes), self._part.name)


def refuse(name: str, said: str, position: str) -> None:
    """Refuse a name that nobody has declared, which may be a path below the position.

    Raises
    ------
    SourceChanged
        Always.
    """
    way, _, last = name.rpartition("/")
    at = f"{position}/{way}" if way else position
    raise SourceChanged(last[:80], said[:80], at, "what the connector knows; read what this means, then declare it")


def _refuse_any(odd: Iterable[tuple[str, str]], position: str) -> None:
    for name, said in odd:
        refuse(name, said, position)


@dataclass(frozen=True)
class _Known:
    """A declaration as it is held against elements: by their names as the parser gives them, namespace and all."""

    name: str
    declared: Shape
    below: str
    prefix: str
    children: dict[str, _Known]

    @classmethod
    def of(cls, declared: Shape, prefix: str, name: str, below: str = "") -> _Known:
        """Return a declaration and all below it; ``below`` is the way to it from the unit."""
        inner = {} if declared is ANYTHING else declared.children
        children = {prefix + child: cls.of(one, prefix, child, f"{below}{child}/") for child, one in inner.items()}
        return cls(name, declared, below, prefix, children)


def _take_out(element: Element, known: _Known, position: str, odd: list[tuple[str, str]]) -> None:
    """Take the namespace off the names of an element and all below it, and out of it what was not declared; add that to ``odd``."""
    element.tag = known.name
    declared = known.declared
    if declared is ANYTHING:
        return
    if not declared.attributes.issuperset(element.keys()):
        odd += _odd_attributes(element, declared.attributes, known.below)
    if not declared.text and (text := element.text) and not text.isspace():
        odd += _odd_text(element, known.below)
    for child in element[:]:
        if (tail := child.tail) and not tail.isspace():
            odd.append((f"{known.below}text", tail.strip()))
        inner = known.children.get(child.tag)
        if inner is None:
            name = _local(child, known.prefix, f"{position}/{known.below}".rstrip("/"))
            element.remove(child)
            odd.append((f"{known.below}{name}", joined_text(child)))
        elif inner.declared is _LEAF and not len(child) and not child.keys():
            child.tag = inner.name
        else:
            _take_out(child, inner, position, odd)


def joined_text(element: Element) -> str:
    """Return all that an element says, its own attributes last."""
    return " ".join(" ".join((*element.itertext(), *element.attrib.values())).split())


def _odd_attributes(element: Element, known: frozenset[str], below: str = "") -> Iterator[tuple[str, str]]:
    for name, value in list(element.attrib.items()):
        if name not in known and not name.startswith(_XSI):
            del element.attrib[name]
            yield f"{below}@{name}", value


def _odd_text(element: Element, below: str = "") -> Iterator[tuple[str, str]]:
    if element.text and not element.text.isspace():
        yield f"{below}text", element.text.strip()


def _local(element: Element, prefix: str, position: str) -> str:
    tag = element.tag
    if not tag.startswith(prefix) or tag[len(prefix)] == "{":
        raise SourceChanged("namespace", tag[:80], position, f"{prefix or 'no namespace'}")
    return tag[len(prefix) :]
