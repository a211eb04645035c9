"""US Federal Register: documents of the Bureau of Industry and Security, newest rules first among them, as JSON pages.

The service shows a window of results only, whatever it counts: the time is asked for in pieces, and each piece must be whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal
from urllib.parse import parse_qsl, urlsplit

from connectors._reading.read import Row, check_names, document, listing, mapping
from supplywatch.errors import Quarantine, SourceChanged
from supplywatch.model.records import PolicyAct, Provenance
from supplywatch.model.source import Calendar, Card, Cursor, Part, Payload, Request, Source

HOST = "www.federalregister.gov"
URL = f"https://{HOST}/api/v1/documents.json"
AGENCY = "industry-and-security-bureau"
AUTHORITY = "Bureau of Industry and Security"
AGENCY_NAMES = ("Industry and Security Bureau", AUTHORITY)
FIRST_DAY = date(2018, 1, 1)
OVERLAP_DAYS = 30
PAGE_ROWS = 1000
PUBLISHED_UTC = time(13, 0)
"""The Register is on line about 8:45 Eastern; a working assumption that holds in winter and summer."""

ActType = Literal["rule", "proposed_rule", "notice", "presidential", "correction", "unknown"]
TYPES: Mapping[str, ActType] = {
    "Rule": "rule",
    "Proposed Rule": "proposed_rule",
    "Notice": "notice",
    "Presidential Document": "presidential",
    "Correction": "correction",
    "Uncategorized Document": "unknown",
}
ASKED = (
    "document_number title abstract type publication_date effective_on citation html_url agencies correction_of corrections action "
    "docket_ids raw_text_url start_page end_page page_length"
).split()
REQUIRED = ("document_number", "title", "type", "publication_date", "html_url")
KNOWN = (
    *ASKED,
    *(
        "agency_names body_html_url cfr_references comment_url comments_close_on dates disposition_notes excerpts "
        "executive_order_notes executive_order_number explanation full_text_xml_url images images_metadata json_url mods_url "
        "not_received_for_publication page_views pdf_url president presidential_document_number proclamation_number "
        "public_inspection_pdf_url regulation_id_number_info regulation_id_numbers regulations_dot_gov_info regulations_dot_gov_url "
        "signing_date significant subtype toc_doc toc_subject topics volume api_url"
    ).split(),
)
ENVELOPE = ("count", "description", "total_pages", "next_page_url", "previous_page_url", "results")
_CORRECTION_NUMBER = re.compile(r"C\d-(\d{4}-\d+)")
_LAST_PATH = re.compile(r"/(?:documents/(?:\d{4}/\d\d/\d\d/)?|api/v1/documents/)?([A-Z]?\d?-?\d{4}-\d+)(?:\.json|/|$)")


def requests(cursor: Cursor) -> Iterator[Request]:
    """Ask year by year since the first day, or for the days since shortly before the newest known one."""
    first = FIRST_DAY
    if cursor.last_observed is not None:
        first = date.fromisoformat(cursor.last_observed) - timedelta(days=OVERLAP_DAYS)
    today = cursor.now.date()
    for year in range(first.year, today.year + 1):
        yield _window(max(first, date(year, 1, 1)), date(year, 12, 31))


def _window(first: date, last: date) -> Request:
    params = {
        "conditions[agencies][]": AGENCY,
        "conditions[publication_date][gte]": first.isoformat(),
        "conditions[publication_date][lte]": last.isoformat(),
        "per_page": str(PAGE_ROWS),
        "order": "oldest",
    }
    # One parameter of the same name for each field: they stand in the address, which a mapping cannot hold twice.
    fields = "&".join(f"fields[]={name}" for name in ASKED)
    return Request(f"{URL}?{fields}", params)


def next_request(part: Part) -> Request | None:
    """Ask for the next page, where there is one."""
    if part.request is None:
        return None
    following = _envelope(part).get("next_page_url")
    if following is None:
        return None
    try:
        address = urlsplit(str(following))
    except ValueError as error:
        raise SourceChanged("next_page_url", following, part.name, f"an address below {URL}") from error
    if (address.scheme, address.hostname) != ("https", HOST) or not address.path.startswith("/api/v1/documents"):
        raise SourceChanged("next_page_url", following, part.name, f"an address below {URL}")
    page = dict(parse_qsl(address.query)).get("page")
    if page is None or not page.isascii() or not page.isdigit():
        raise SourceChanged("next_page_url", following, part.name, "a page number")
    return Request(part.request.url, {**part.request.params, "page": page})


def parse(payload: Payload) -> Iterable[PolicyAct]:
    """Return one record for each document."""
    for window in _windows(payload):
        shown, counted = _extent(window)
        if shown < counted and window[0].request is not None:
            raise Quarantine(
                "truncated", f"{window[0].name}: {shown} of {counted} documents shown: get all pages, or split by publication date"
            )
    records: list[PolicyAct] = []
    for number, part in enumerate(payload.parts):
        prefix = f"page {number + 1} " if len(payload.parts) > 1 else ""
        for index, item in enumerate(listing(_envelope(part)["results"], "results", part.name)):
            position = f"{prefix}results[{index}]"
            records.append(_record(Row(mapping(item, "document", position), position), payload))
    return records


def remarks(payload: Payload) -> Iterator[str]:
    """Say of a file given by hand that it is a part: acts are events of their own, so nothing is wrong with reading it."""
    for window in _windows(payload):
        shown, counted = _extent(window)
        if shown < counted:
            pages = _envelope(window[0]).get("total_pages")
            of = f", {len(window)} of {pages} pages" if pages is not None else ""
            yield f"{window[0].name}: {shown} of {counted} documents{of}: the others are not read; give all pages, joined by +"


def _envelope(part: Part) -> dict[str, Any]:
    envelope = mapping(document(part), "the document", part.name)
    if "results" not in envelope and ("errors" in envelope or "error" in envelope or "status" in envelope):
        raise Quarantine("error_body", f"{part.name}: the service answers with an error: {str(envelope)[:200]}")
    if envelope.get("count") == 0 and "results" not in envelope:
        envelope["results"] = []  # how the service says that a window is empty
    check_names(envelope.keys(), ENVELOPE, ("count", "results"), part.name)
    return envelope


def _windows(payload: Payload) -> Iterator[Sequence[Part]]:
    """Yield the pages of each window of time that was asked for."""
    window: list[Part] = []
    for part in payload.parts:
        window.append(part)
        if _envelope(part).get("next_page_url") is None or part is payload.parts[-1]:
            yield window
            window = []


def _extent(window: Sequence[Part]) -> tuple[int, int]:
    """Return how many documents a window shows, and how many the service counts."""
    envelopes = [_envelope(part) for part in window]
    counted = envelopes[0]["count"]
    if not isinstance(counted, int) or isinstance(counted, bool):
        raise SourceChanged("count", counted, window[0].name, "a number of documents")
    return sum(len(listing(e["results"], "results", "page")) for e in envelopes), counted


def _record(row: Row, payload: Payload) -> PolicyAct:
    check_names(row.values.keys(), KNOWN, REQUIRED, row.position)
    published = _day(row, "publication_date")
    if published is None:
        raise row.refuse("publication_date", "a day as YYYY-MM-DD")
    number, agencies = row.text("document_number"), _agencies(row)
    act_type, corrects = row.choice("type", TYPES), _corrects(row, number)
    ours = not agencies or any(name in AGENCY_NAMES for name in agencies)
    return PolicyAct(
        observed=published.isoformat(),
        published=datetime.combine(published, PUBLISHED_UTC, UTC),
        fetched=payload.fetched,
        provenance=Provenance(source="federal_register", vintage=payload.vintage, payload_sha256=payload.sha256, position=row.position),
        authority=AUTHORITY if ours else agencies[0],
        document_number=number,
        act_type="correction" if corrects is not None else act_type,
        title=row.text("title"),
        abstract=_optional(row, "abstract"),
        citation=_optional(row, "citation"),
        effective=_day(row, "effective_on"),
        end_page=_end_page(row),
        corrects=corrects,
        url=row.text("html_url"),
        agencies=agencies,
    )


def _optional(row: Row, field: str) -> str | None:
    return row.optional_text(field) if field in row.values else None


def _day(row: Row, field: str) -> date | None:
    text = _optional(row, field)
    if text is None:
        return None
    try:
        if len(text) == len("YYYY-MM-DD"):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise row.refuse(field, "a day as YYYY-MM-DD, or nothing")


def _end_page(row: Row) -> int | None:
    """Return the last page: given, or first page and length; files given by hand may have neither."""
    first, last, length = (row.values.get(field) for field in ("start_page", "end_page", "page_length"))
    if last is not None:
        return row.count("end_page")
    return row.count("start_page") + max(row.count("page_length"), 1) - 1 if first is not None and length is not None else None


def _agencies(row: Row) -> tuple[str, ...]:
    """Return the names of the agencies; some have no entry of their own and only a raw name."""
    names = []
    for item in listing(row.values.get("agencies") or [], "agencies", row.position):
        agency = mapping(item, "agencies", row.position)
        name = agency.get("name") or agency.get("raw_name")
        if not isinstance(name, str):
            raise row.refuse("agencies", "a name or raw_name in each")
        names.append(name.strip())
    return tuple(names)


def _corrects(row: Row, number: str) -> str | None:
    """Return the number of the document that this one corrects."""
    of = _optional(row, "correction_of")
    if of is not None:
        found = _LAST_PATH.search(of)
        return found[1] if found else of
    found = _CORRECTION_NUMBER.fullmatch(number)
    return found[1] if found else None


def _known_at(period: str) -> datetime:
    return datetime.combine(date.fromisoformat(period), PUBLISHED_UTC, UTC)


SOURCE = Source(
    card=Card(
        source_id="federal_register",
        title="Documents of the Bureau of Industry and Security",
        publisher="Office of the Federal Register",
        homepage="https://www.federalregister.gov/agencies/industry-and-security-bureau",
        hosts=(HOST,),
        licence="US government work, public domain",
        redistribution="yes",
        commercial_use="yes",
        attribution="Federal Register, National Archives and Records Administration",
        encoding="utf-8",
        calendar=Calendar(cadence=timedelta(days=7), content_lag=timedelta(0), grace=timedelta(days=21), hour_utc=13, known_at=_known_at),
        poll_every=timedelta(hours=3),
        taxonomy=("RS.EXT.MAN.EXPCTL", "HD.2"),
        record=PolicyAct,
        kind="acts",
        min_records=1,
        max_records=20_000,
        confirmed="2026-07-13: a page of documents.json, 5 of 110; the documents of the agency to 2026",
        notes=(
            "the service counts more documents than it shows: time is asked for year by year, and a window that is not whole is refused",
            "publication is not the effective date; citation and effective date come only when asked for",
            "corrections are documents of their own; they name the one they correct",
            "published is set to 13:00 UTC of the publication day; public inspection comes earlier and is not read",
        ),
    ),
    requests=requests,
    parse=parse,
    next_request=next_request,
    remarks=remarks,
)
