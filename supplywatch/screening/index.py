"""Names to candidates: trigrams and words in a tantivy index, and a small set of parties added since it was built."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import tantivy
from pydantic_core import from_json, to_json

from supplywatch.errors import BadSetting
from supplywatch.model.name_match import MATCHER_VERSION, Name, Party
from supplywatch.screening.acronyms import initials, short_key, short_name
from supplywatch.screening.background import weight
from supplywatch.screening.chinese import HAN
from supplywatch.screening.normal import Form, forms, start_of
from supplywatch.screening.vocabulary import LEGAL

_FAR_BEHIND = 0.4
"""Candidates that share less than this part of what the first one shares are not looked at."""
_GRAM_TERMS, _WORD_TERMS = 16, 12
_NUMBER_BOOST = 3.0
"""A number stands in few trigrams, and among the numbered institutes of one group it is all that tells them apart."""
_PENDING_MOST = 2_000
_HEAP_BYTES = 128_000_000
_TOKENIZER = "grams"
_VERSION_FILE = "matcher-version"


@dataclass(frozen=True, slots=True)
class Candidate:
    """One name of a party, with the forms it is compared in."""

    party: Party
    name: Name
    forms: tuple[Form, ...]


class Index:
    """The names of many parties; built once, then changed by :meth:`add` and :meth:`remove`.

    Parties added later are searched beside the built part until :meth:`commit` joins them to it.
    """

    def __init__(self, built: tantivy.Index) -> None:
        self._built = built
        self._schema = built.schema
        self._pending: dict[str, tuple[Party, tuple[Candidate, ...]]] = {}
        self._terms: dict[str, set[str]] = {}
        self._removed: set[str] = set()
        self._reopen()

    @classmethod
    def build(cls, parties: Iterable[Party], *, path: Path | None = None) -> Index:
        """Build an index in memory, or on disk in an empty folder.

        Parameters
        ----------
        parties
            Read once; ids must be unique.
        path
            Where it is kept; :meth:`open` starts with it again.
        """
        if path is not None:
            path.mkdir(parents=True, exist_ok=True)
            if any(path.iterdir()):
                raise BadSetting(f"{path}: an index is built in an empty folder; remove what is in it or name another one")
        index = cls(_registered(tantivy.Index(_schema(), path=None if path is None else str(path))))
        writer = index._built.writer(heap_size=_HEAP_BYTES, num_threads=1)
        for party in parties:
            for document in _documents(party):
                writer.add_document(document)
        writer.commit()
        writer.wait_merging_threads()
        index._reopen()
        if path is not None:
            (path / _VERSION_FILE).write_text(MATCHER_VERSION, encoding="ascii")
        return index

    @classmethod
    def open(cls, path: Path) -> Index:
        """Open an index on disk.

        Raises
        ------
        BadSetting
            When there is none, or it was built by another version of the matcher.
        """
        version = path / _VERSION_FILE
        if not version.is_file():
            raise BadSetting(f"{path}: holds no finished index; build it again")
        if (found := version.read_text(encoding="ascii")) != MATCHER_VERSION:
            raise BadSetting(f"{path}: built by matcher {found}, this is {MATCHER_VERSION}; build it again")
        return cls(_registered(tantivy.Index.open(str(path))))

    def add(self, party: Party) -> None:
        """Add a party, or put it in the place of the one with its id; found from now on."""
        self.remove(party.id)
        candidates = _candidates(party)
        self._pending[party.id] = party, candidates
        for term in _pending_terms(party, candidates):
            self._terms.setdefault(term, set()).add(party.id)
        if len(self._pending) > _PENDING_MOST:
            self.commit()

    def remove(self, party_id: str) -> None:
        """Take a party out; nothing happens when there is none."""
        gone = self._pending.pop(party_id, None)
        if gone is not None:
            for term in _pending_terms(*gone):
                self._terms[term].discard(party_id)
        self._removed.add(party_id)

    def commit(self) -> None:
        """Join what was added and removed to the built part."""
        writer = self._built.writer(heap_size=_HEAP_BYTES // 4, num_threads=1)
        for party_id in self._removed:
            writer.delete_documents_by_term("id", party_id)
        for party, _ in self._pending.values():
            for document in _documents(party):
                writer.add_document(document)
        writer.commit()
        writer.wait_merging_threads()
        self._pending, self._terms, self._removed = {}, {}, set()
        self._reopen()

    def candidates(self, query: Party, *, limit: int = 20) -> Iterator[Candidate]:
        """Yield the names that may be meant: those that share an identifier, then the likeliest by their letters."""
        wanted = dict.fromkeys(form for name in query.names for form in forms(name.text))
        seen: set[bytes] = set()
        for kind, value in query.identifiers:
            yield from self._found(self._query("ident", f"{kind}:{value}"), limit, seen)
        for form in wanted:
            terms = _terms(form)
            asked = self._asked(terms)
            if asked is not None:
                yield from self._found(asked, limit, seen)
        for name in query.names:
            if (start := start_of(name.text)) is not None:
                yield from self._found(self._query("start", start), limit, seen)
            if letters := _asked_letters(query, name):
                parts = [(tantivy.Occur.Should, self._query(field, term)) for field, term in letters]
                yield from self._found(tantivy.Query.boolean_query(parts), limit, seen)
        yield from self._in_pending(query, wanted, limit)

    def _found(self, query: tantivy.Query, limit: int, seen: set[bytes]) -> Iterator[Candidate]:
        hits = self._searcher.search(query, limit, count=False).hits
        for relevance, address in hits:
            if relevance < hits[0][0] * _FAR_BEHIND:
                break
            body = self._body(address.segment_ord, address.doc)
            if body in seen:
                continue
            seen.add(body)
            candidate = _decoded(body)
            if candidate.party.id not in self._removed:
                yield candidate

    def _body(self, segment: int, doc: int) -> bytes:
        found = self._bodies.get((segment, doc))
        if found is None:
            found = bytes(self._searcher.doc(tantivy.DocAddress(segment, doc))["body"][0])
            if len(self._bodies) < _CACHED:
                self._bodies[segment, doc] = found
        return found

    def _asked(self, terms: list[tuple[str, str]]) -> tantivy.Query | None:
        counted = [(self._searcher.doc_freq(field, term), field, term) for field, term in terms]
        present = sorted(item for item in counted if item[0])
        words = [item for item in present if item[1] == "words"][:_WORD_TERMS]
        grams = [item for item in present if item[1] == "grams"][:_GRAM_TERMS]
        parts = [(tantivy.Occur.Should, self._weighed(field, term)) for _, field, term in (*words, *grams)]
        return tantivy.Query.boolean_query(parts) if parts else None

    def _weighed(self, field: str, term: str) -> tantivy.Query:
        asked = self._query(field, term)
        return tantivy.Query.boost_query(asked, _NUMBER_BOOST) if field == "words" and term.isdigit() else asked

    def _query(self, field: str, term: str) -> tantivy.Query:
        return tantivy.Query.term_query(self._schema, field, term, index_option="basic")

    def _in_pending(self, query: Party, wanted: Iterable[Form], limit: int) -> Iterator[Candidate]:
        if not self._pending:
            return
        shared: Counter[str] = Counter()
        identifiers = [("ident", f"{kind}:{value}") for kind, value in query.identifiers]
        initial = {pair for name in query.names for pair in _asked_letters(query, name)}
        for field, term in {*identifiers, *initial, *(pair for form in wanted for pair in _terms(form))}:
            shared.update(dict.fromkeys(self._terms.get(f"{field}:{term}", ()), 10 if field == "ident" else 1))
        for party_id, _ in sorted(shared.items(), key=lambda item: (-item[1], item[0]))[: limit * 2]:
            yield from self._pending[party_id][1]

    def _reopen(self) -> None:
        self._built.reload()
        self._searcher = self._built.searcher()
        self._bodies: dict[tuple[int, int], bytes] = {}


_CACHED = 200_000


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("id", stored=False, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("ident", stored=False, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("start", stored=False, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("short", stored=False, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("initials", stored=False, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("words", stored=False, tokenizer_name="whitespace", index_option="basic")
    builder.add_text_field("grams", stored=False, tokenizer_name=_TOKENIZER, index_option="basic")
    builder.add_bytes_field("body", stored=True)
    return builder.build()


def _registered(index: tantivy.Index) -> tantivy.Index:
    index.register_tokenizer(_TOKENIZER, tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.ngram(3, 3, False)).build())
    index.register_tokenizer("whitespace", tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build())
    return index


def _candidates(party: Party) -> tuple[Candidate, ...]:
    if party.keys:
        return tuple(Candidate(party, name, tuple(map(Form.from_key, keys))) for name, keys in zip(party.names, party.keys, strict=True))
    return tuple(Candidate(party, name, forms(name.text)) for name in party.names)


def _documents(party: Party) -> Iterator[tantivy.Document]:
    """Yield a document for each name; a million of them are made when an index is built, so nothing is done here that is not stored."""
    stored = party.keys or tuple(tuple(form.key for form in forms(name.text)) for name in party.names)
    rest = (party.country, party.countries, party.kind, party.identifiers, party.list_code, *filter(None, (party.ended,)))
    for name, keys in zip(party.names, stored, strict=True):
        document = tantivy.Document()
        document.add_text("id", party.id)
        for kind, value in party.identifiers:
            document.add_text("ident", f"{kind}:{value}")
        for key in keys:
            words, letters = _parts(key)
            document.add_text("words", words)
            if letters:
                document.add_text("grams", letters)
        if (start := start_of(name.text)) is not None:
            document.add_text("start", start)
        for field, term in _letter_terms(party, name, keys):
            document.add_text(field, term)
        document.add_bytes("body", to_json((party.id, name.text, name.kind, keys, *rest)))
        yield document


@lru_cache(maxsize=100_000)
def _decoded(body: bytes) -> Candidate:
    """Return a stored name; of its party's names it knows this one."""
    party_id, text, name_kind, keys, country, countries, kind, identifiers, list_code, *ended = from_json(body)
    name = Name(text, name_kind)
    numbers = tuple((k, v) for k, v in identifiers)
    party = Party(party_id, (name,), country, tuple(countries), kind, numbers, list_code, ended=next(iter(ended), None))
    return Candidate(party, name, tuple(map(Form.from_key, keys)))


def _parts(key: str) -> tuple[str, str]:
    """Return the words of a form for the word field, of Chinese characters every two in a row, and its letters for the trigrams.

    Legal forms stand at the end of a form, and are left out unless there is nothing else.
    """
    words = key.partition(f" {LEGAL}")[0]
    letters = words.replace(" ", "")
    if key.isascii() or not any(map(HAN.match, key.split())):
        return words, letters
    return " ".join(map("".join, pairwise(letters))), ""


def _terms(form: Form) -> list[tuple[str, str]]:
    text, letters = _parts(form.key)
    words = dict.fromkeys(text.split())
    grams = dict.fromkeys(letters[at : at + 3] for at in range(len(letters) - 2))
    telling = [word for word in words if form.is_han or weight(word) >= 0.1 or len(words) == 1]
    return [*(("words", word) for word in telling), *(("grams", gram) for gram in grams)]


def _letter_terms(party: Party, name: Name, keys: Iterable[str]) -> list[tuple[str, str]]:
    """Return the first letters of a listed name, or a counterparty's name where it may be made of such letters: see ``acronyms``."""
    if party.list_code is not None:
        return [("initials", letters) for letters in sorted(initials(name.text))]
    return [("short", word) for key in keys if (word := short_key(key)) is not None]


def _asked_letters(query: Party, name: Name) -> list[tuple[str, str]]:
    if query.list_code is not None:
        return [("short", letters) for letters in sorted(initials(name.text))]
    short = short_name(name.text)
    return [] if short is None else [("initials", short)]


def _pending_terms(party: Party, candidates: tuple[Candidate, ...]) -> set[str]:
    found = {f"ident:{kind}:{value}" for kind, value in party.identifiers}
    for candidate in candidates:
        keys = [form.key for form in candidate.forms]
        found.update(f"{field}:{term}" for field, term in _letter_terms(party, candidate.name, keys))
        for form in candidate.forms:
            found.update(f"{field}:{term}" for field, term in _terms(form))
    return found
