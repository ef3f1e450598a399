"""The text of a file by another tool or a person, as a stream of UTF-8: unpacked, within a budget, whatever it is in.

Understood are UTF-8, UTF-16 and UTF-32 (by their marks, UTF-16 without one too) and, byte by byte where UTF-8 ends,
Windows-1252, of which Latin-1's letters are a part: what spreadsheets in Western Europe write.
"""

from __future__ import annotations

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

from dfe.base.budget import TABLE_BYTES, allowed, in_words, packed_too_large, read_up_to, too_large, unfolds_to
from dfe.base.errors import DfeError, TableError

GZIP = b"\x1f\x8b"
LONGEST_LINE = 4 * 2**20
"""Characters; a longer line is no row of a table."""

WESTERN = "is not in UTF-8: read as Windows-1252 (Western European)"
"""The note on a text that held bytes which are no UTF-8."""

_BLOCK = 1 << 20
_HEAD = 4096
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def _western(error: UnicodeError) -> tuple[str, int]:
    """Bytes that are no UTF-8 as Windows-1252, and those that it leaves open as Latin-1 has them."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    bad = error.object[error.start : error.end]
    return "".join(bytes([b]).decode("cp1252", "ignore") or chr(b) for b in bad), error.end


codecs.register_error("dfe-western", _western)


class Utf8Stream(io.RawIOBase):
    """Reads as UTF-8 without a mark.

    Args:
        path: of the file, plain or gzip.
        most: bytes of text at most.

    Raises:
        TableError: it cannot be opened; while reading: it is damaged, no text, or larger than its budget.
    """

    def __init__(self, path: Path, most: int = TABLE_BYTES) -> None:
        super().__init__()
        self.path = path
        self.western = False
        """Whether bytes came that are no UTF-8."""
        self._raw: IO[bytes] | None = None
        self._pending = memoryview(b"")
        self._read, self._lines, self._ended = 0, 0, False
        try:
            if not path.is_file():
                what = "no such file" if not path.exists() else "a folder" if path.is_dir() else "is no regular file"
                raise TableError(what, where=path)
            self._raw = raw = path.open("rb")
            size = path.stat().st_size
            self._zipped = raw.read(2) == GZIP
            raw.seek(0)
        except OSError as error:
            raise TableError(f"cannot be read ({error.strerror})", where=path) from error
        self._most = unfolds_to(size, most) if self._zipped else allowed(most)
        if not self._zipped and size > self._most:
            self.close()
            raise too_large(f"has {in_words(size)}, the limit for such a table is {in_words(self._most)}", path)
        self._stream = cast("IO[bytes]", gzip.GzipFile(fileobj=raw) if self._zipped else raw)
        try:
            head = self._take(_HEAD)
        except DfeError:
            self.close()
            raise
        self.encoding, length = _encoding(head)
        self._decoder = codecs.getincrementaldecoder(self.encoding)("strict")
        self._waiting = head[length:]

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill a buffer; 0 at the end."""
        while not self._pending and not self._ended:
            self._pending = memoryview(self._next())
        count = min(len(buffer), len(self._pending))
        buffer[:count] = self._pending[:count]
        self._pending = self._pending[count:]
        return count

    def read(self, size: int = -1, /) -> bytes:
        """Some bytes, ``size`` at most; none at the end."""
        if size < 0:
            return self.readall()
        if not self._pending and not self._ended and size >= _BLOCK:
            # What is asked for in large pieces is handed on without a copy.
            self.readinto(memoryview(bytearray(0)))
            block, self._pending = bytes(self._pending), memoryview(b"")
            if len(block) <= size:
                return block
            self._pending = memoryview(block)[size:]
            return block[:size]
        return super().read(size) or b""

    def close(self) -> None:
        """Close the file."""
        if self._raw is not None:
            self._raw.close()
        super().close()

    def _next(self) -> bytes:
        block, self._waiting = self._waiting or self._take(_BLOCK), b""
        if not block:
            self._ended = True
        if self.encoding != "utf-8":
            try:
                text = self._decoder.decode(block, final=self._ended)
            except UnicodeDecodeError:
                raise TableError(f"is no proper {self.encoding[:6].upper()}", where=self.path) from None
            if "\0" in text:
                raise self._no_text()
            return text.encode("utf-8", "replace")
        if (at := block.find(b"\0")) >= 0:
            raise self._no_text(self._lines + block.count(b"\n", 0, at) + 1)
        self._lines += block.count(b"\n")
        if block.isascii() and not self._decoder.getstate()[0]:
            return block
        state = self._decoder.getstate()
        try:
            return self._decoder.decode(block, final=self._ended).encode()
        except UnicodeDecodeError:
            self.western = True
            self._decoder = codecs.getincrementaldecoder("utf-8")("dfe-western")
            self._decoder.setstate(state)
            return self._decoder.decode(block, final=self._ended).encode("utf-8", "replace")

    def _take(self, size: int) -> bytes:
        try:
            block = self._stream.read(size)
        except (OSError, EOFError, zlib.error) as error:
            reason = getattr(error, "strerror", None) or "damaged"
            raise TableError(f"cannot be read: {reason}", where=self.path) from error
        self._read += len(block)
        if self._read > self._most:
            raise packed_too_large(self._most, self.path)
        return block

    def _no_text(self, row: int | None = None) -> TableError:
        where = str(self.path) if row is None else f"{self.path}, row {row}"
        return TableError("is no text", where=where, advice="save it as CSV in UTF-8")


def _encoding(head: bytes) -> tuple[str, int]:
    """What a text is in, and the length of its mark."""
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name, len(mark)
    # Without a mark: of ASCII in UTF-16 every other byte is 0.
    pairs = head[: len(head) // 2 * 2]
    high, low = pairs[1::2].count(0), pairs[::2].count(0)
    for zeros, others, name in ((high, low, "utf-16-le"), (low, high, "utf-16-be")):
        if len(pairs) >= 8 and zeros > 0.4 * len(pairs) and not others:
            return name, 0
    return "utf-8", 0


def lines_of(stream: Utf8Stream) -> Iterator[str]:
    r"""The lines of a stream, each with ``\n`` at its end but perhaps the last; closes it at the end.

    Raises:
        TableError: a line is too long, or as the stream raises.
    """
    with stream, io.TextIOWrapper(io.BufferedReader(stream, _BLOCK), "utf-8", "replace") as text:
        count = 0
        while line := text.readline(LONGEST_LINE):
            count += 1
            if len(line) == LONGEST_LINE:
                raise TableError("a line is too long for a table", where=f"{stream.path}, row {count}")
            yield line


def first_bytes(path: Path, size: int = 2**16) -> bytes:
    """The first bytes of a file, unpacked; none if it cannot be read. For recognisers, which never raise."""
    try:
        if not path.is_file():
            return b""
        with path.open("rb") as raw:
            zipped = raw.read(2) == GZIP
            raw.seek(0)
            return gzip.GzipFile(fileobj=raw).read(size) if zipped else raw.read(size)
    except (OSError, EOFError, zlib.error):
        return b""


def whole_file(path: Path, most: int) -> bytes:
    """The bytes of a file, unpacked.

    Raises:
        TableError: it cannot be read, is damaged, or larger than its budget.
    """
    try:
        if not path.is_file():
            raise TableError("is no regular file" if path.exists() else "no such file", where=path)
        size = path.stat().st_size
        with path.open("rb") as raw:
            zipped = raw.read(2) == GZIP
            raw.seek(0)
            limit = unfolds_to(size, most) if zipped else allowed(most)
            if not zipped and size > limit:
                raise too_large(f"has {in_words(size)}, the limit is {in_words(limit)}", path)
            data = read_up_to(cast("IO[bytes]", gzip.GzipFile(fileobj=raw)) if zipped else raw, limit + 1)
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or "damaged"
        raise TableError(f"cannot be read: {reason}", where=path) from error
    if len(data) > limit:
        raise packed_too_large(limit, path) if zipped else too_large(f"is larger than {in_words(limit)}", path)
    return data
