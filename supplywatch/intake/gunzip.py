"""Unpacking gzip without trusting it: a bomb ends at the size limit, a cut stream is noticed."""

from __future__ import annotations

import zlib

from supplywatch.errors import Quarantine

MAX_RATIO = 250
RATIO_FREE_BYTES = 4 * 1024 * 1024
MAGIC = b"\x1f\x8b"
_SLICE_BYTES = 16 * 1024


class Gunzip:
    """Unpacks a gzip stream chunk by chunk.

    Parameters
    ----------
    max_bytes
        The most it may unpack to.
    what
        What is unpacked, for messages.
    """

    def __init__(self, max_bytes: int, what: str) -> None:
        self._max_bytes, self._what = max_bytes, what
        self._stream = _stream()
        self._packed = 0
        self._out = bytearray()

    def feed(self, data: bytes) -> None:
        """Unpack the next chunk.

        Raises
        ------
        Quarantine
            ``too_large`` beyond the limits, ``encoding`` when it is no gzip.
        """
        self._packed += len(data)
        # zlib copies what follows a member each time one ends: in small slices, else a body of empty members takes quadratic time.
        for start in range(0, len(data), _SLICE_BYTES):
            self._feed(data[start : start + _SLICE_BYTES])

    def _feed(self, data: bytes) -> None:
        while data:
            if self._stream.eof:
                data = data.lstrip(b"\0")  # padding after a member; what is nothing else begins no further one
                if not data:
                    return
                self._stream = _stream()
            try:
                self._out += self._stream.decompress(data, self._max_bytes - len(self._out) + 1)
            except zlib.error as error:
                raise Quarantine("encoding", f"{self._what}: said to be gzip, but is not ({error})") from error
            self._check_size()
            data = self._stream.unconsumed_tail or self._stream.unused_data

    def finish(self) -> bytes:
        """Return what was unpacked.

        Raises
        ------
        Quarantine
            ``truncated`` when the stream stops before its end.
        """
        if self._packed and not self._stream.eof:
            raise Quarantine("truncated", f"{self._what}: the gzip stream stops before its end, after {len(self._out)} unpacked bytes")
        return bytes(self._out)

    def _check_size(self) -> None:
        size = len(self._out)
        if size > self._max_bytes:
            raise too_large(self._what, self._max_bytes)
        if size > RATIO_FREE_BYTES and size > MAX_RATIO * self._packed:
            raise Quarantine(
                "too_large", f"{self._what}: {self._packed} bytes unpack to more than {size}: a compression bomb, not a publication"
            )


def unwrapped(body: bytes, max_bytes: int, what: str) -> bytes:
    """Return a body without its gzip wrapping, if it has one.

    Raises
    ------
    Quarantine
        As :class:`Gunzip` does.
    """
    if not body.startswith(MAGIC):
        return body
    gunzip = Gunzip(max_bytes, what)
    gunzip.feed(body)
    return gunzip.finish()


def too_large(what: str, max_bytes: int) -> Quarantine:
    """Return the error for a body beyond the size limit of its source."""
    return Quarantine("too_large", f"{what}: more than {max_bytes} bytes, the limit of this source (max_bytes on its card)")


def _stream() -> zlib._Decompress:
    return zlib.decompressobj(wbits=31)
