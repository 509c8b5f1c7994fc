"""Reading a source file row by row, whatever is in it: a broken row is named, never dropped."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from backend.domain.flows.imports.mapping import MappingError
from backend.domain.flows.imports.sniffing import SPOILT, TOO_LONG, Layout, opened, reader

WRONG = {
    "field larger": "a cell is longer than 1,000,000 characters, or a quote is not closed",
    "unexpected end": "a quote is not closed before the end of the file",
    "expected after": "a quote stands inside a cell: double it, or close the cell after it",
}


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One row: the line that it begins on, its cells by column, or why it cannot be read."""

    line: int
    cells: dict[str, str]
    broken: str | None = None
    column: str | None = None


def rows(layout: Layout) -> Iterator[SourceRow]:
    """The rows of a CSV file, one at a time; empty lines are no rows."""
    try:
        with opened(layout.file, layout.encoding) as stream:
            found = reader(stream, layout.delimiter)
            next(found)
            yield from _rows(found, layout.header)
    except OSError as error:
        raise MappingError(f"{layout.file} cannot be read: {error.strerror}") from None


def _rows(found: Any, header: list[str]) -> Iterator[SourceRow]:
    while True:
        line = found.line_num + 1
        try:
            cells = next(found, None)
        except csv.Error as error:
            yield SourceRow(line, {}, _told(str(error), line, found.line_num))
            continue
        if cells is None:
            return
        if cells:
            yield _row(line, header, cells)


def _told(error: str, first: int, last: int) -> str:
    """Why some lines are no row; where there are several, nobody can tell them apart."""
    reason = next((told for part, told in WRONG.items() if part in error), error)
    return reason if last <= first else f"{reason} (lines {first} to {last})"


def _row(line: int, header: list[str], cells: list[str]) -> SourceRow:
    if any(TOO_LONG in cell for cell in cells):
        return SourceRow(line, {}, "this line is longer than 4,000,000 characters")
    if len(cells) != len(header):
        short = "short" if len(cells) < len(header) else "long"
        told = f"the row is too {short}: {len(cells)} cells, the header has {len(header)}"
        return SourceRow(line, {}, told)
    for name, cell in zip(header, cells, strict=True):
        if "\0" in cell:
            return SourceRow(line, {}, "a NUL character", name)
        if not cell.isascii() and SPOILT in cell:
            return SourceRow(line, {}, "this is not in the encoding of the file", name)
    return SourceRow(line, dict(zip(header, cells, strict=True)))
