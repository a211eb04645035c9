"""Every way in which a name may mean a candidate, by the kinds of the two parties, and what keeps an agreement from saying much."""

from __future__ import annotations

from dataclasses import replace

from supplywatch.model.name_match import Explanation, Name, Party, Penalty, score_of
from supplywatch.screening import persons
from supplywatch.screening.acronyms import by_initials
from supplywatch.screening.align import compare, forms_differ, is_telling
from supplywatch.screening.background import class_of
from supplywatch.screening.characters import one_off, short_of
from supplywatch.screening.chinese import HAN
from supplywatch.screening.index import Candidate
from supplywatch.screening.lettering import by_letters, plainly_same, written_words
from supplywatch.screening.normal import Form, forms, letters
from supplywatch.screening.vocabulary import LEGAL
from supplywatch.screening.written import ship

_NAMED_APART = frozenset({"person", "vessel", "aircraft"})
_OTHER_KIND = Penalty("asked as a company, listed as a person or vessel", 0.83)
_WEAK_ALIAS = Penalty("weak alias", 0.985)
_OTHER_SHIP = Penalty("a further word makes another ship", 0.85)
_GENERIC = Penalty("agree only in words that name nobody", 0.8)
_GENERIC_OTHER_FORM = Penalty("no distinctive word, and another legal form", 0.89)
_INSTITUTION_WORDS, _INSTITUTION_SCORE, _SURE = 3, 0.9, 0.95
_INSTITUTIONS = frozenset(("university", "ministry", "academy"))
"""A place and one of these are one body: 四川大学."""


def explained(name: Name, query: Party, candidate: Candidate, is_listed: bool, least: float = 0.0) -> list[Explanation]:
    """Return how a name and a candidate agree, in every way that there is.

    Parameters
    ----------
    name, query
        The name that is asked, and its party.
    candidate
        A name of the index, with its forms.
    is_listed
        Whether the index holds listed parties; if not, the two sides of an explanation change places.
    least
        Ways that score less may be left out.
    """
    kinds = {query.kind, candidate.party.kind}
    apart = kinds & _NAMED_APART
    asked, indexed = name.text, candidate.name.text
    company = bool(apart) and len(kinds) > 1 and (_is_company(query, asked, indexed) or _is_company(candidate.party, indexed, asked))
    ours, theirs = (asked, indexed) if is_listed else (indexed, asked)
    if apart == {"person"} and not company and not HAN.search(asked) and not HAN.search(indexed):
        found = [persons.compare(ours, theirs)]
    elif apart and not company:
        found = _of_ships(ours, theirs, least)
    else:
        found = [
            *by_letters(ours, theirs),
            *by_initials(ours, theirs),
            *_by_words(forms(asked), candidate.forms, (asked, indexed), is_listed, least),
        ]
    more = [*([_WEAK_ALIAS] if "weak" in (name.kind, candidate.name.kind) else []), *([_OTHER_KIND] if company else [])]
    return [replace(explanation, penalties=(*explanation.penalties, *more)) for explanation in found] if more else found


def _by_words(
    asked: tuple[Form, ...], indexed: tuple[Form, ...], texts: tuple[str, str], is_listed: bool, least: float
) -> list[Explanation]:
    found: list[Explanation] = []
    both_han = bool(asked and indexed and asked[0].is_han and indexed[0].is_han)
    for mine in asked:
        for other in indexed:
            if mine.is_han != other.is_han or (both_han and not mine.is_han):
                continue
            ours, theirs = (mine, other) if is_listed else (other, mine)
            found += compare(ours, theirs, least)
            if both_han:
                found += [*one_off(ours, theirs, (letters(texts[0]), letters(texts[1]))), *short_of(ours, theirs)]
    return found


def _of_ships(ours: str, theirs: str, least: float) -> list[Explanation]:
    mine, other = ship(ours), ship(theirs)
    found = [*by_letters(mine, other), *_by_words(forms(mine), forms(other), (mine, other), True, least)]
    return [replace(each, penalties=(*each.penalties, _OTHER_SHIP)) if _says_more(each) else each for each in found]


def _says_more(explanation: Explanation) -> bool:
    return any(class_of(extra.word) not in ("context", "legal") for extra in explanation.extras)


def limits_of(explanation: Explanation, asked: str, indexed: str) -> list[Penalty]:
    """Return what keeps an agreement in words that name nobody from being an alert."""
    if any(is_telling(word) or word.isdigit() for pair in explanation.pairs for word in pair.ours.split()):
        return []
    if _is_institution(explanation) or HAN.search(explanation.ours):
        return []
    if HAN.search(asked) or HAN.search(indexed) or not plainly_same(asked, indexed):
        return [_GENERIC]
    mine, other = (frozenset(word for word in forms(text)[0].words if word.startswith(LEGAL)) for text in (asked, indexed))
    return [_GENERIC_OTHER_FORM] if forms_differ(mine, other) else []


def _is_institution(explanation: Explanation) -> bool:
    """Tell whether so many words agree, and so few do not, that they name somebody together: Yangtze Memory Technologies."""
    agreed = [pair for pair in explanation.pairs if pair.similarity >= _SURE and class_of(pair.ours) not in ("legal", "context")]
    if any(pair.ours in _INSTITUTIONS for pair in agreed) and not explanation.extras:
        return True
    return len(agreed) >= _INSTITUTION_WORDS and score_of(explanation) >= _INSTITUTION_SCORE


def _is_company(party: Party, text: str, other: str) -> bool:
    """Tell whether a party is a company, by its kind or, when that is not known, by a legal form or a trade that the other name has not."""
    if party.kind != "unknown":
        return party.kind == "organisation"
    words = {word for form in forms(text) for word in form.words}
    others = {word for form in forms(other) for word in form.words}
    said = {word for word in words - others if class_of(word) in ("legal", "generic")}
    return bool(said - set(written_words(other)))
