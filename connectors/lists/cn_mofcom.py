"""Control list, unreliable-entity list and watch list of China's Ministry of Commerce, rebuilt from its notices.

The ministry publishes no list, only notices: one adds parties, another suspends the measures of an earlier one for ninety days, extends or
ends them. What stands is what all notices together say. A suspension is no removal: the entry stays, with the day on which it ends.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from urllib.parse import urljoin

from connectors._reading.mofcom_names import BRANCHES, Named
from connectors._reading.mofcom_notice import LISTS, Act, Notice, read_notice
from connectors._reading.parties import CHINESE_PLACES, Place, address_country, listed
from connectors._reading.read import document, is_json
from supplywatch.errors import Quarantine, SourceChanged
from supplywatch.listing.names import letters
from supplywatch.listing.same_entry import with_unique_keys
from supplywatch.model.records import Alias, ListChange, ListEntry, Relation
from supplywatch.model.source import Calendar, Card, Cursor, Part, Payload, Request, Source

HOST = "aqygzj.mofcom.gov.cn"
HOSTS = (HOST, "www.mofcom.gov.cn", "exportcontrol.mofcom.gov.cn")
INDEX = f"https://{HOST}/api-gateway/jpaas-publish-server/front/page/build/unit"
COLUMN = f"https://{HOST}/flzc/gzjgfxwj/index.html"
NAMES = {code: name for name, code in LISTS.items()}
_LINK = re.compile(r"(?:https?://[a-z]+\.mofcom\.gov\.cn)?(?:/[a-z]+){1,3}/art/\d{4}/art_[0-9a-f]{32}\.html")
_ANCHOR = re.compile(rf"<a\b[^>]*href=[\"']({_LINK.pattern})[\"'][^>]*>(.*?)</a>", re.DOTALL)
_ABOUT = re.compile(r"管控名单|实体清单|关注名单")


def requests(cursor: Cursor) -> Iterator[Request]:
    """Ask for the index, whose numbers of site, page and template ``options`` may give, and for further pages that list notices."""
    params = {"parseType": "bulidstatic", "tagId": "信息列表", "pageType": "column", "paramJson": '{"pageNo":1,"pageSize":99999}'}
    params |= {name: str(cursor.options[name]) for name in ("webId", "pageId", "tplSetId") if name in cursor.options}
    yield Request(INDEX, params)
    further = cursor.options.get("indexes", ())
    for address in further if isinstance(further, list | tuple) else ():
        yield Request(str(address))


def next_request(part: Part) -> Request | None:
    """Ask for the notices that the index links, one after the other."""
    if part.request is None:
        return None
    waiting = _links(part) if is_json(part) else part.request.then or _listed_on(part)
    return Request(waiting[0], then=waiting[1:]) if waiting else None


def _links(part: Part) -> tuple[str, ...]:
    """Return the addresses of the notices in an index, wherever in it they stand."""
    found = _LINK.findall(str(document(part)))
    if not found:
        raise SourceChanged("html", None, f"{part.name}[0]", "links to notices; look at " + COLUMN)
    return tuple(dict.fromkeys(urljoin(COLUMN, link) for link in found))


def _listed_on(part: Part) -> tuple[str, ...]:
    """Return the notices on a list that a page of the ministry's site leads to; a notice itself leads nowhere."""
    address = "" if part.request is None else part.request.url
    if not address or _LINK.search(address):
        return ()
    anchors = _ANCHOR.findall(part.body.decode("utf-8", "ignore"))
    return tuple(dict.fromkeys(urljoin(address, link) for link, words in anchors if _ABOUT.search(words)))


def parse(payload: Payload) -> Iterable[ListEntry]:
    """Return what stands after all notices, in the order in which they took effect.

    Raises
    ------
    Quarantine
        As :func:`connectors._reading.mofcom_notice.read_notice`; a notice changes one that is not among those given, or names nobody known.
    """
    read = (read_notice(part) for part in payload.parts if not is_json(part))
    notices = {notice.number: notice for notice in read if notice is not None}
    if not notices:
        raise Quarantine("error_body", f"{payload.parts[0].name}: no notice of the ministry on one of its lists")
    state = _State(payload.fetched.date(), frozenset(notices))
    acts = [(act.effective, notice.published, notice.number, n, act) for notice in notices.values() for n, act in enumerate(notice.acts)]
    for *_, number, _, act in sorted(acts, key=lambda one: one[:4]):
        state.take(notices[number], act)
    return with_unique_keys([_entry(one, state.today) for one in state.standing])


@dataclass(frozen=True)
class _Listed:
    """A party on one list, and the notice by which it stands there."""

    code: str
    party: Named
    notice: Notice
    position: int
    suspended: bool = False
    until: date | None = None
    measures: tuple[str, ...] = ()


class _State:
    """What stands, notice after notice."""

    def __init__(self, today: date, known: frozenset[str]) -> None:
        self.today, self.known = today, known
        self.standing: list[_Listed] = []

    def take(self, notice: Notice, act: Act) -> None:
        """Apply one act; what it does not mean is left as it is."""
        if act.verb == "add":
            new = (_Listed(code, party, notice, n) for code in act.lists for n, party in enumerate(notice.parties, start=1))
            self.standing += new
            return
        if act.verb != "measure":
            # Measures of their own against a party that stays listed end without it.
            self.standing = [replace(one, measures=tuple(n for n in one.measures if n not in act.notices)) for one in self.standing]
        meant = [one for one in self.standing if _is_meant(one, notice, act)]
        unknown = [number for number in act.notices if number not in self.known]
        if unknown or (not meant and not act.notices):
            whom = ", ".join(unknown) or ", ".join(party.chinese for party in notice.parties[:3])
            raise SourceChanged("notice", notice.number, "notice[0]", f"entries known to {act.verb}: {whom}; give the earlier notices too")
        kept = [one for one in self.standing if one not in meant]
        if act.verb in ("suspend", "resume"):
            kept += [replace(one, suspended=act.verb == "suspend", until=act.until) for one in meant]
        elif act.verb == "measure":
            kept += [replace(one, measures=(*one.measures, notice.number)) for one in meant]
        self.standing = sorted(kept, key=lambda one: (one.notice.effective, one.notice.number, one.position, one.code))


def _is_meant(one: _Listed, notice: Notice, act: Act) -> bool:
    """Tell whether an act means an entry: by the notice it names, else by name; on the lists it names, where it names any."""
    if act.lists and one.code not in act.lists:
        return False
    if act.notices:
        return one.notice.number in act.notices
    if act.days:
        return any((day.month, day.day) in act.days for day in (one.notice.published, one.notice.effective))
    return any(_same(one.party, party) for party in notice.parties)


def _same(one: Named, other: Named) -> bool:
    if one.latin and other.latin and letters(one.latin) == letters(other.latin):
        return True
    return letters(one.chinese) == letters(other.chinese)


def _entry(one: _Listed, today: date) -> ListEntry:
    party, notice = one.party, one.notice
    clause = BRANCHES.search(party.chinese)
    chinese = BRANCHES.sub("", party.chinese)
    nation = party.nation or notice.nation
    suspended = one.suspended and (one.until is None or one.until > today)
    at = address_country(party.address) if party.address else None
    return listed(
        one.code,
        NAMES[one.code],
        f"{notice.number}#{one.position}",
        party.latin or chinese,
        [Place(party.address, at or nation)] if party.address else (),
        [nation],
        party_kind="organisation",
        aliases=tuple(Alias(text=text, language="zh") for text in _further_names(chinese, party)),
        relations=(Relation(kind="successor_clause", text=clause[0]),) if clause else (),
        citation=notice.number,
        effective=notice.effective,
        published=notice.published,
        status="suspended" if suspended else "listed",
        suspended_until=one.until if suspended else None,
        remarks=f"further measures: {', '.join(one.measures)}" if one.measures else None,
        url=notice.url or COLUMN,
    )


def _further_names(chinese: str, party: Named) -> Iterator[str]:
    """Yield the names beside the one of the entry: the Chinese one, and that without the country before it (美国PVH集团)."""
    if party.latin:
        yield chinese
    place = next((place for place in CHINESE_PLACES if party.nation and chinese.startswith(place)), None)
    if place is not None and len(chinese) > len(place) + 2:
        yield chinese.removeprefix(place)


SOURCE = Source(
    card=Card(
        source_id="cn_mofcom",
        title="Control, unreliable-entity and watch list, from the ministry's notices",
        publisher="Ministry of Commerce of the People's Republic of China",
        homepage=COLUMN,
        hosts=HOSTS,
        licence="official notices, free of copyright under article 5 of China's Copyright Law",
        redistribution="yes",
        commercial_use="yes",
        attribution="Ministry of Commerce of the People's Republic of China",
        encoding="utf-8",
        calendar=Calendar(cadence=timedelta(days=30), content_lag=timedelta(days=1), grace=timedelta(days=120)),
        poll_every=timedelta(hours=12),
        taxonomy=("TEC.ENTITY_LIST", "RS.EXT.MAN.EXPCTL"),
        record=ListChange,
        kind="snapshot",
        min_records=200,
        max_records=5_000,
        anchors=tuple(NAMES),
        confirmed="texts of 14 notices and 2 spokesman's answers, 2023-02 to 2025-11, mark-up not seen; 2026-07: block of a list page",
        notes=(
            "options: webId, pageId, tplSetId of the index, which the ministry's page holds in its script; indexes: further pages of links",
            "the unit is the notice: key = its number and the party's place in it; pages saved by hand can be read, all of them together",
            "suspended entries stay, with the day the suspension ends; a notice may end dozens of entries, hence the wide bound",
            "a spokesman's answer suspends or ends what it quotes; measures against a party already listed are no second entry",
            "a title that counts other than the names given is refused; names in a PDF annex are not read",
        ),
    ),
    requests=requests,
    parse=parse,
    next_request=next_request,
)
