"""What the page of a report shows, whichever report it is: facts, sentences, tables, drawings."""

import csv
import io
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from backend.routes.tables import defused

Kind = Literal["text", "count", "money", "share", "percent", "days", "hours", "month", "bar"]
DRAWN: Kind = "bar"
BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"  # without it spreadsheets do not take the file for UTF-8


class Piece(NamedTuple):
    """A part of a bar: where it begins and how long it is in per cent, and its look."""

    start: float
    width: float
    look: str


class Cell(NamedTuple):
    """A value as files have it, and the address of the cards behind it.

    `unit` is the currency of an amount, `limit` where in per cent a bar has its limit line.
    """

    value: Any = None
    to: str | None = None
    tone: str = ""
    unit: str = ""
    limit: float | None = None


class Column(NamedTuple):
    """A column: what it is called, and how its values are written."""

    label: str
    kind: Kind = "text"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under columns, the first of which names the row; the main one is what a file has."""

    title: str
    columns: list[Column]
    rows: list[list[Cell]]
    note: str = ""
    legend: list[tuple[str, str]] = field(default_factory=list)
    is_main: bool = False
    empty: str = ""


class Fact(NamedTuple):
    """A number of the whole report, and what it counts."""

    label: str
    kind: Kind
    cell: Cell


class Stat(NamedTuple):
    """Something that is to be seen first: what it is, how it stands, what is to be said of it."""

    label: str
    head: str
    words: str = ""
    tag: str = ""
    tone: str = ""


class Said(NamedTuple):
    """A sentence."""

    text: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """All of a report; the drawing stands beside the stats, above the tables.

    Without a pipeline it is over all of its kind.
    """

    pipeline: str | None
    scope: str
    tables: list[Table]
    drawing: Table | None = None
    facts: list[Fact] = field(default_factory=list)
    stats: list[Stat] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)

    def file(self) -> bytes:
        """The main table as CSV: plain values, nothing that a spreadsheet would run."""
        table = next(one for one in self.tables if one.is_main)
        shown = [at for at, column in enumerate(table.columns) if column.kind != DRAWN]
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow(defused(table.columns[at].label) for at in shown)
        for row in table.rows:
            writer.writerow(defused(row[at].value) for at in shown)
        return (BOM + out.getvalue()).encode()


def pieces(*parts: tuple[Any, str], whole: Any) -> list[Piece]:
    """A bar of parts one after the other, as long as they are of the whole."""
    found, at = [], 0.0
    for size, look in parts:
        width = round(100 * float(size) / float(whole), 2) if float(whole) else 0.0
        if width:
            found.append(Piece(round(at, 2), width, look))
        at += width
    return found
