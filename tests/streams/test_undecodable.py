"""What a client cannot decode becomes one message with the reason; what stands around it is read as ever."""

import gzip
import zlib
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from aiokafka.consumer import fetcher
from aiokafka.record._crecords import default_records
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.structs import TopicPartition

from streams.deadletter import UNDECODABLE
from streams.undecodable import MAX_UNPACKED_BYTES, put_aside_what_cannot_be_decoded, unzipped

GZIP, SNAPPY = 1, 2


@pytest.fixture(autouse=True)
def put_aside() -> Iterator[None]:
    before = (fetcher.PartitionRecords, fetcher.MemoryRecords, default_records.gzip_decode)
    put_aside_what_cannot_be_decoded()
    yield
    fetcher.PartitionRecords, fetcher.MemoryRecords, default_records.gzip_decode = before


def batch(offset: int, values: Sequence[bytes], *, codec: int = 0, header: str = "h") -> bytes:
    builder = DefaultRecordBatchBuilder(2, codec, False, -1, -1, -1, 1 << 26)
    for number, value in enumerate(values):
        assert builder.append(number, 1000, b"key", value, [(header, b"1")])
    built = bytearray(builder.build())
    built[:8] = offset.to_bytes(8)
    return bytes(built)


def read(data: bytes, start: int = 0) -> list[Any]:
    return list(fetcher.PartitionRecords(TopicPartition("records.t.v1", 3), fetcher.MemoryRecords(data), [], start, None, None, False, 0))


def test_what_can_be_read_is_read_as_ever() -> None:
    found = read(batch(0, [b"a", b"b"]) + batch(2, [b"c"], codec=GZIP), start=1)
    assert [(one.offset, one.value, one.headers) for one in found] == [(1, b"b", (("h", b"1"),)), (2, b"c", (("h", b"1"),))]


BAD = {
    "header key": (batch(1, [b"x", b"y"], header="hhhh").replace(b"hhhh", b"\xff\xfe\xfd\xfc"), "UnicodeDecodeError"),
    "bomb": (batch(1, [b"0" * (MAX_UNPACKED_BYTES + 1)] * 2, codec=GZIP), "unpack to more than 16777216"),
    "cut gzip": (batch(1, [b"x" * 100, b"y"], codec=GZIP).replace(b"\x1f\x8b", b"\x1f\x8c"), "incorrect header check"),
    "another codec": (bytes([*batch(1, [b"x", b"y"])[:22], SNAPPY, *batch(1, [b"x", b"y"])[23:]]), "Codec"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_decoded_is_one_message_with_the_reason_and_its_bytes(name: str) -> None:
    raw, said = BAD[name]
    before, bad, after = read(batch(0, [b"a"]) + raw + batch(3, [b"z"]))
    assert (before.value, after.offset, after.value) == (b"a", 3, b"z")
    ((header, why),) = bad.headers
    assert (bad.topic, bad.partition, bad.offset, bad.value, header) == ("records.t.v1", 3, 1, raw, UNDECODABLE)
    assert said in why.decode()
    assert "up to offset 2" in why.decode()


def test_gzip_of_several_members_is_one_text_and_bounded_as_a_whole() -> None:
    assert unzipped(gzip.compress(b"a" * 10) + gzip.compress(b"b")) == b"a" * 10 + b"b"
    half = gzip.compress(b"0" * (MAX_UNPACKED_BYTES // 2 + 1))
    with pytest.raises(ValueError, match="unpack to more than"):
        unzipped(half + half)
    with pytest.raises((ValueError, zlib.error)):
        unzipped(half[:-20])
