"""Reading a source file row by row, whatever is in it: a broken row is named, never dropped."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backend.domain.flows.imports.mapping import MappingError, Source

LARGEST_CELL = 1_000_000


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One row: the line that it begins on, its cells by column, or why it cannot be read."""

    line: int
    cells: dict[str, str]
    broken: str | None = None
    column: str | None = None


def demand(file: Path, source: Source, needed: set[str]) -> None:
    """MappingError where a file cannot be used: unreadable, empty, without a needed column."""
    for _ in rows(file, source, needed):
        return


def rows(file: Path, source: Source, needed: set[str]) -> Iterator[SourceRow]:
    """The rows of a CSV file, one at a time; empty lines are no rows.

    MappingError where the file or its header cannot be used at all.
    """
    csv.field_size_limit(LARGEST_CELL)
    try:
        # Bytes that are not of the encoding are kept as surrogates: they spoil their row alone.
        with file.open(encoding=source.encoding, errors="surrogateescape", newline="") as stream:
            reader = csv.reader(stream, delimiter=source.delimiter, strict=True)
            header = _header(file, reader, needed)
            yield from _rows(reader, header)
    except OSError as error:
        raise MappingError(f"{file} cannot be read: {error.strerror}") from None
    except UnicodeError:
        raise MappingError(f"{file} is not written in {source.encoding}") from None


def _header(file: Path, reader: Any, needed: set[str]) -> list[str]:
    try:
        header = [name.strip() for name in next(reader, [])]
    except csv.Error as error:
        raise MappingError(f"{file}: the header cannot be read: {error}") from None
    if not header:
        raise MappingError(f"{file} is empty: it has no header")
    for name in header:
        if name in needed and header.count(name) > 1:
            raise MappingError(f"{file}: the column “{name}” is there twice")
    if missing := needed - set(header):
        there = ", ".join(header)
        raise MappingError(f"{file} has no column “{min(missing)}”; it has {there}")
    return header


def _rows(reader: Any, header: list[str]) -> Iterator[SourceRow]:
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            yield SourceRow(line, {}, str(error))
            continue
        if cells is None:
            return
        if cells:
            yield _row(line, header, cells)


def _row(line: int, header: list[str], cells: list[str]) -> SourceRow:
    if len(cells) != len(header):
        return SourceRow(line, {}, f"it has {len(cells)} cells, the header has {len(header)}")
    for name, cell in zip(header, cells, strict=True):
        if "\0" in cell:
            return SourceRow(line, {}, "a NUL character", name)
        if not cell.isascii() and any("\ud800" <= letter <= "\udfff" for letter in cell):
            return SourceRow(line, {}, "this is not in the encoding of the mapping", name)
    return SourceRow(line, dict(zip(header, cells, strict=True)))
