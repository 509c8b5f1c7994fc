"""What a source file is written in: found by plain rules before its first row is touched."""

import codecs
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from backend.domain.flows.imports.mapping import MappingError, Source

LARGEST_CELL = 1_000_000
LARGEST_LINE = 4_000_000
# Characters that no text holds: they stand for what could not be read, and spoil their row.
SPOILT, TOO_LONG = "\udcff", "\udcfe"
DELIMITERS = (",", ";", "\t")
MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
OTHER_KINDS = (
    (b"PK\x03\x04", "a ZIP archive or an Excel workbook"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
    (b"%PDF", "a PDF"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
)


@dataclass(frozen=True, slots=True)
class Layout:
    """A file that can be read: how it is written, and the names of its columns."""

    file: Path
    encoding: str
    delimiter: str
    header: list[str]


def _spoil(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    return SPOILT, error.end


codecs.register_error("spoil", _spoil)


def layout_of(file: Path, source: Source, needed: set[str]) -> Layout:
    """How a file is written; MappingError where it, or its header, cannot be used at all.

    The encoding: a byte order mark, else what the mapping says, else UTF-8 from end to end. The
    delimiter: what the mapping says, else that of comma, semicolon and tab which finds every
    needed column in the header.
    """
    try:
        encoding = _encoding(file, source)
        delimiters = DELIMITERS if source.delimiter is None else (source.delimiter,)
        headers = {one: _header(file, encoding, one) for one in delimiters}
    except OSError as error:
        raise MappingError(f"{file} cannot be read: {error.strerror}") from None
    for delimiter, header in headers.items():
        if needed <= set(header):
            _demand_single(file, header, needed)
            return Layout(file, encoding, delimiter, header)
    header = max(headers.values(), key=len)
    there = ", ".join(f"“{name[:60]}”" for name in header[:40])
    missing = min(needed - set(header))
    raise MappingError(f"{file} has no column “{missing}”; it has {there}")


def _encoding(file: Path, source: Source) -> str:
    with file.open("rb") as stream:
        start = stream.read(16)
    for magic, name in OTHER_KINDS:
        if start.startswith(magic):
            raise MappingError(f"{file} is {name}, not a CSV file: save it as CSV in UTF-8")
    for mark, encoding in MARKS:
        if start.startswith(mark):
            return encoding
    if source.encoding is not None:
        return source.encoding
    if b"\0" in start:
        raise MappingError(
            f"{file} looks like UTF-16 without a byte order mark;"
            ' say so in the mapping ([source] encoding = "utf-16-le")'
        )
    _demand_utf8(file)
    return "utf-8"


def _demand_utf8(file: Path) -> None:
    decoder = codecs.getincrementaldecoder("utf-8")()
    line = 1
    with file.open("rb") as stream:
        while True:
            chunk = stream.read(1 << 20)
            try:
                decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                line += chunk.count(b"\n", 0, error.start)
                raise MappingError(
                    f"{file}, line {line}: this is not UTF-8; say in the mapping what the file is"
                    ' written in ([source] encoding = "cp1251")'
                ) from None
            if not chunk:
                return
            line += chunk.count(b"\n")


def opened(file: Path, encoding: str) -> TextIO:
    """The text of a file; what is not of the encoding comes as `SPOILT`."""
    return file.open(encoding=encoding, errors="spoil", newline="")


def lines(stream: TextIO) -> Iterator[str]:
    """The lines of a text; one that is longer than any table has comes as `TOO_LONG`."""
    while line := stream.readline(LARGEST_LINE):
        if len(line) == LARGEST_LINE and line[-1] not in "\r\n":
            while (rest := stream.readline(LARGEST_LINE)) and rest[-1] not in "\r\n":
                pass
            line = f"{TOO_LONG}\n"
        yield line


def reader(stream: TextIO, delimiter: str) -> Any:
    """The rows of cells of a text."""
    csv.field_size_limit(LARGEST_CELL)
    return csv.reader(lines(stream), delimiter=delimiter, strict=True)


def _header(file: Path, encoding: str, delimiter: str) -> list[str]:
    with opened(file, encoding) as stream:
        try:
            header = [name.strip() for name in next(reader(stream, delimiter), [])]
        except csv.Error as error:
            raise MappingError(f"{file}: the header cannot be read: {error}") from None
    if not any(header):
        raise MappingError(f"{file} is empty: it has no header")
    if any(SPOILT in name for name in header):
        raise MappingError(f"{file}: the header is not written in {encoding}")
    if any(TOO_LONG in name or "\0" in name for name in header):
        raise MappingError(f"{file}: the first line is not a header")
    return header


def _demand_single(file: Path, header: list[str], needed: set[str]) -> None:
    for name in header:
        if name in needed and header.count(name) > 1:
            raise MappingError(f"{file}: the column “{name}” is there twice")
