"""Hostile payloads of publishers through whole connectors: each is refused in a sentence, in a moment."""

import io
import struct
import time
import zipfile
from datetime import UTC, datetime

import pytest

from supplywatch import registry
from supplywatch.errors import Quarantine
from supplywatch.model.source import Part, Payload

WHEN = datetime(2026, 11, 1, tzinfo=UTC)
BACI = "t,i,j,k,v,q\n" + "2024,4,8,999998,1.0,1.0\n" * 40_000
BOMB = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
INCLUDE = '<xi:include href="file:///etc/passwd" parse="text"/>'
XML = {
    "entities": f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e0 "ha">{BOMB}]><x>&e11;</x>',
    "external DTD": '<?xml version="1.0"?><!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd"><x/>',
    "a file": '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><x>&f;</x>',
    "XInclude": f'<x xmlns:xi="http://www.w3.org/2001/XInclude">{INCLUDE}</x>',
}


def read(source_id: str, body: bytes) -> list[object]:
    source = registry.source(source_id)
    return list(source.parse(source.told(Payload(source_id, (Part(body, "payload"),), WHEN))))


def repeated(times: int) -> bytes:
    """Return an archive whose directory names its one file again and again: each is the same bytes."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("BACI_HS22_Y2024_V202601.csv", BACI)
    body = file.getvalue()
    directory, end = body.index(b"PK\x01\x02"), body.index(b"PK\x05\x06")
    entry, tail = body[directory:end], bytearray(body[end:])
    struct.pack_into("<HHII", tail, 8, times, times, len(entry) * times, directory)
    return body[:directory] + entry * times + bytes(tail)


def test_an_archive_that_names_one_file_forty_times_is_refused_before_it_is_unpacked() -> None:
    begun = time.process_time()
    read("baci", repeated(1))
    once = time.process_time() - begun
    begun = time.process_time()
    with pytest.raises(Quarantine, match="names a file twice"):
        read("baci", repeated(40))
    assert time.process_time() - begun < once


@pytest.mark.parametrize("source_id", ["ofac_sdn", "un_consolidated", "eu_fsf", "ch_sesam"])
@pytest.mark.parametrize("name", XML)
def test_xml_that_reaches_for_more_is_refused(source_id: str, name: str) -> None:
    with pytest.raises(Quarantine) as caught:
        read(source_id, XML[name].encode())
    assert "root:" not in str(caught.value)
    assert len(str(caught.value)) < 400
