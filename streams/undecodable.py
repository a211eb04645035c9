"""Batches that the client cannot decode are put aside as they are, so that their partition goes on.

aiokafka decodes a batch while it is fetched; what it cannot decode is raised out of the fetch, and fetched again at the next start: one
header key that is no UTF-8 ended every worker, again and again, and 200 kB of gzip became 910 MB. A batch comes from one producer, so
nobody else's messages are in it. Here it becomes one message that bears the reason and the batch's own bytes; every stage puts it aside.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import Any

from aiokafka.consumer import fetcher
from aiokafka.errors import KafkaError, UnsupportedCodecError
from aiokafka.record._crecords import default_records, legacy_records
from aiokafka.structs import ConsumerRecord

from streams.deadletter import UNDECODABLE
from supplywatch.runtime.sizes import MAX_MESSAGE_BYTES

MAX_UNPACKED_BYTES = 2 * MAX_MESSAGE_BYTES
"""What a batch may unpack to: our producers compress nothing and send no message over half of it."""
_LENGTH = struct.Struct(">i")
_LENGTH_AT, _HEAD = 8, 12
"""In all versions of the format eight bytes of offset stand before the length of what follows."""
_UNREADABLE = (KafkaError, ValueError, IndexError, OverflowError, EOFError, struct.error, zlib.error)
"""What the decoders raise on bytes of others; UnicodeDecodeError is a ValueError."""
_Readable = fetcher.PartitionRecords
_Batches = fetcher.MemoryRecords


class Batches:
    """The batches of one fetch, each with its bytes."""

    def __init__(self, data: bytes) -> None:
        self._inner, self._data, self._at = _Batches(data), memoryview(data), 0

    def has_next(self) -> bool:
        """Tell whether a whole batch is left."""
        return bool(self._inner.has_next())

    def size_in_bytes(self) -> int:
        """Return the size of all batches."""
        return int(self._inner.size_in_bytes())

    def next_batch(self) -> Any:
        """Return the next batch; :attr:`raw` then holds its bytes."""
        (length,) = _LENGTH.unpack_from(self._data, self._at + _LENGTH_AT)
        self._raw = self._data[self._at : self._at + _HEAD + length]
        self._at += _HEAD + length
        return self._inner.next_batch()

    @property
    def raw(self) -> bytes:
        """The bytes of the batch that was given last."""
        return bytes(self._raw)


class _One:
    """A single batch, as the client goes over many."""

    def __init__(self, batch: Any) -> None:
        self._batch = batch

    def has_next(self) -> bool:
        return self._batch is not None

    def next_batch(self) -> Any:
        batch, self._batch = self._batch, None
        return batch


class ReadableRecords(_Readable):  # type: ignore[misc, valid-type]
    """The records of one partition's fetch; a batch that cannot be decoded is one record, with the reason in its headers."""

    _records: Any

    def _unpack_records(self) -> Iterator[Any]:
        batches = self._records
        while batches.has_next():
            batch = batches.next_batch()
            self._records = _One(batch)
            try:
                yield from super()._unpack_records()
            except _UNREADABLE as error:
                yield self._stand_in(batch, batches.raw, error)
                self.next_fetch_offset = batch.next_offset

    def _stand_in(self, batch: Any, raw: bytes, error: Exception) -> ConsumerRecord[Any, Any]:
        why = f"{type(error).__name__}: {error}; a batch up to offset {batch.next_offset - 1}, {len(raw)} bytes"
        return ConsumerRecord(
            topic=self._tp.topic,
            partition=self._tp.partition,
            offset=self.next_fetch_offset,
            timestamp=max(batch.max_timestamp or 0, 0),
            timestamp_type=batch.timestamp_type or 0,
            key=None,
            value=raw,
            checksum=None,
            serialized_key_size=-1,
            serialized_value_size=len(raw),
            headers=((UNDECODABLE, why.encode(errors="replace")),),
        )


def unzipped(payload: Any) -> bytes:
    """Return what gzip members unpack to.

    Raises
    ------
    ValueError
        It is more than :data:`MAX_UNPACKED_BYTES`.
    """
    rest, found = bytes(payload), bytearray()
    while rest:
        member = zlib.decompressobj(wbits=31)
        found += member.decompress(rest, MAX_UNPACKED_BYTES + 1 - len(found))
        if len(found) > MAX_UNPACKED_BYTES:
            raise ValueError(f"{len(payload)} bytes unpack to more than {MAX_UNPACKED_BYTES}")
        if not member.eof:
            raise ValueError("a gzip member that is cut off")
        rest = member.unused_data
    return bytes(found)


def _unread(_payload: Any) -> bytes:
    # The three are bounded by nothing in the client, and none of our producers compresses.
    raise UnsupportedCodecError("compressed with snappy, lz4 or zstd, which is not read here: send gzip, or as it is")


def put_aside_what_cannot_be_decoded() -> None:
    """Let every consumer of this process read so; once more changes nothing."""
    fetcher.PartitionRecords, fetcher.MemoryRecords = ReadableRecords, Batches
    bounded = {"gzip_decode": unzipped, **dict.fromkeys(("snappy_decode", "lz4_decode", "zstd_decode"), _unread)}
    for decoders in (default_records, legacy_records):
        for name, decode in bounded.items():
            setattr(decoders, name, decode)
