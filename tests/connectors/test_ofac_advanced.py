"""OFAC's advanced files as the publisher's schema allows them: the file of the further lists, affixes of names, references."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from supplywatch.errors import SourceChanged
from supplywatch.intake import guards
from supplywatch.model.records import ListEntry
from supplywatch.model.source import Part, Payload
from supplywatch.registry import source

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures" / "ofac_advanced"
NOW = datetime(2026, 11, 23, tzinfo=UTC)


def read(*bodies: str) -> dict[str, ListEntry]:
    parts = tuple(Part(body.encode(), f"{number}.xml") for number, body in enumerate(bodies))
    reading = guards.read(source("ofac_advanced"), Payload("ofac_advanced", parts, NOW), now=NOW, warn=lambda _: None)
    assert len({(entry.list_code, entry.key) for entry in reading.entries}) == len(reading.entries)
    return {f"{entry.list_code}/{entry.key}": entry for entry in reading.entries}


def file(name: str = "good.xml") -> str:
    return (FIXTURES / name).read_text("utf-8")


def with_whole(body: str) -> str:
    """Return a file in which each entry stands on the "Consolidated List" too, as in the publisher's file of the further lists."""
    body = body.replace("</ListValues>", '<List ID="91512">Consolidated List</List></ListValues>')
    return re.sub(r"<SanctionsEntry .*?</SanctionsEntry>", _twice, body, flags=re.DOTALL)


def _twice(found: re.Match[str]) -> str:
    return found[0] + re.sub(r'ListID="\d+"', 'ListID="91512"', found[0]).replace(' ID="8', ' ID="98')


def test_the_list_of_all_lists_is_none() -> None:
    assert read(with_whole(file("good_consolidated.xml"))) == read(file("good_consolidated.xml"))


def test_a_party_of_both_files_stands_on_the_sdn_list_once() -> None:
    further = file("good_consolidated.xml").replace('ListID="91507"', 'ListID="1550"')
    both = with_whole(further.replace("SYNTHETIC TECHNOLOGY", "SYNTH TECHN"))
    for bodies in ((file(), both), (both, file())):
        found = read(*bodies)
        assert found["SDN/901"].name == "SYNTHETIC TECHNOLOGY CO., LTD.", "the file of the SDN list says it in full"
        assert "NS-MBS/901" in found


def test_a_party_on_the_list_of_all_lists_alone_is_refused() -> None:
    body = with_whole(file()).replace('ListID="1550"', 'ListID="91512"')
    with pytest.raises(SourceChanged, match="an entry on a list of its own"):
        read(body)


def test_what_the_schema_allows() -> None:
    body = file()
    for old, new in (
        ('<Country ID="11082" ISO2="IR">', '<Country ID="11082" ISO2="IR" IS03166-3Code="IRN">'),
        ("<DocumentedNamePart>", '<DocumentedNamePart LeadingChars="(" TrailingChars=")">'),
        (
            "</Profile>",
            '<SanctionsEntryReference SanctionsEntryID="801"/><ExternalReference ExRefTypeID="1"><Comment/><ExRefValue>x</ExRefValue>'
            '<SubLink TargetTypeID="1"><Description>d</Description><DirectURL>u</DirectURL></SubLink></ExternalReference></Profile>',
        ),
        ('<SanctionsEntry ID="801"', '<SanctionsEntry EntryProfileRef="1" EntryDeltaFlag="0" ID="801"'),
    ):
        assert old in body
        body = body.replace(old, new, 1)
    found = read(body)
    assert found["SDN/901"].name == "(SYNTHETIC TECHNOLOGY CO., LTD.)"
    assert not any(entry.raw for entry in found.values())
    assert [entry.effective for entry in found.values()] == [entry.effective for entry in read(file()).values()]
