"""Strict and safe reading of publishers' XML: one element after the other, each declared in full, nothing ever fetched or expanded.

No publisher read here uses a document type declaration, and without one XML has no entities but the five predefined: a payload that has one
is refused before anything else is read. Elements are handed out when they end and forgotten afterwards, so what is held in memory is the
payload and one entry, however long the list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from xml.etree.ElementTree import Element, ParseError, XMLParser, XMLPullParser
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
    """One pass over one file."""

    def __init__(self, document: Document, part: Part, odd: Odd) -> None:
        self._document, self._part, self._odd = document, part, odd
        self._open: list[Element] = []
        self._paths: list[str] = []
        self._counts: dict[str, int] = {}
        self._last: Element | None = None
        self._prefix = ""
        self._ways = {"/".join(path.split("/")[:depth]) for path in document.units for depth in range(1, path.count("/") + 1)}

    def units(self) -> Iterator[Unit]:
        inside = 0
        for event, element in self._events():
            if inside:
                inside += 1 if event == "start" else -1
                if not inside:
                    yield self._unit(element)
                    self._forget(element)
                continue
            self._check_between()
            if event == "end":
                self._closed(element)
            elif self._opened(element):
                inside = 1
            elif len(self._open) == 1:
                yield Unit("", element, self._part.name)

    def _events(self) -> Iterator[tuple[str, Element]]:
        parser: Any = XMLPullParser(("start", "end"), _parser=XMLParser(encoding="utf-8"))
        try:
            for chunk in chunks(self._part):
                parser.feed(chunk)
                yield from parser.read_events()
            parser.close()
            yield from parser.read_events()
        except ParseError as error:
            line, column = error.position
            cut = error.code in CUT
            what = "the file is cut" if cut else "not well-formed"
            message = f"{self._part.name}: {what} at line {line}, column {column} ({expat.ErrorString(error.code)})"
            raise Quarantine("truncated" if cut else "wrong_file", message) from error

    def _opened(self, element: Element) -> bool:
        """Note an element on the way to the units; tell whether it is one itself."""
        if not self._open:
            self._check_root(element)
            self._open.append(element)
            return False
        name = _local(element, self._prefix, self._position(self._paths[-1] if self._paths else ""))
        path = f"{self._paths[-1]}/{name}" if self._paths else name
        self._counts[path] = self._counts.get(path, 0) + 1
        if path in self._document.units:
            self._paths.append(path)
            return True
        if path not in self._ways:
            above = path.removesuffix(name)
            known = {way.removeprefix(above).split("/")[0] for way in (*self._ways, *self._document.units) if way.startswith(above)}
            raise SourceChanged(name[:80], "a new element", self._position(above[:-1]), f"one of {', '.join(sorted(known))}"[:400])
        _refuse_any(_odd_attributes(element, frozenset()), self._position(path))
        self._open.append(element)
        self._paths.append(path)
        return False

    def _closed(self, element: Element) -> None:
        """Leave an element on the way; it held nothing but what was handed out."""
        self._open.pop()
        _refuse_any(_odd_text(element), self._position(self._paths.pop()) if self._paths else self._part.name)

    def _unit(self, element: Element) -> Unit:
        path = self._paths.pop()
        position = self._position(path)
        odd = tuple(_take_out(element, self._document.units[path], self._prefix, position))
        for name, said in odd:
            self._odd(name, said, position)
        return Unit(path, element, position, odd)

    def _forget(self, element: Element) -> None:
        self._open[-1].remove(element)
        tail = element.tail
        element.clear()
        element.tail = tail
        self._last = element

    def _check_between(self) -> None:
        """Refuse text that stands beside the units: the reader attaches it to the last one."""
        last, self._last = self._last, None
        if last is not None and last.tail and not last.tail.isspace():
            refuse("text", last.tail.strip(), f"{self._part.name}: after {last.tag}")

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


def _take_out(element: Element, declared: Shape, prefix: str, position: str, below: str = "") -> Iterator[tuple[str, str]]:
    """Take the namespace off the names of an element and all below it, and out of it what was not declared; yield that."""
    element.tag = _local(element, prefix, position)
    if declared is ANYTHING:
        return
    if element.attrib:
        yield from _odd_attributes(element, declared.attributes, below)
    if not declared.text:
        yield from _odd_text(element, below)
    for child in list(element):
        name = _local(child, prefix, position)
        inner = declared.children.get(name)
        if child.tail and not child.tail.isspace():
            yield f"{below}text", child.tail.strip()
        if inner is None:
            element.remove(child)
            yield f"{below}{name}", joined_text(child)
        elif inner is _LEAF and not child.attrib and not len(child):
            child.tag = name
        else:
            yield from _take_out(child, inner, prefix, f"{position}/{name}", f"{below}{name}/")


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
