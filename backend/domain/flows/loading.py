"""Cards from a file that somebody loads on a board: each row as he might add it himself."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from backend.db.session import Unit
from backend.domain.access import Viewer
from backend.domain.deals.schemas import DealCreate
from backend.domain.flows import quick_add
from backend.domain.flows.imports import cells, files, looking
from backend.domain.flows.imports.files import SourceRow
from backend.domain.flows.imports.mapping import MappingError, Source
from backend.domain.leads.schemas import LeadCreate
from backend.domain.moves import batch, births, renewing
from backend.domain.offers.schemas import OfferCreate
from backend.domain.renewals.schemas import RenewalCreate
from backend.domain.texts import fold
from backend.domain.users.queries import user_id_of
from backend.errors import BadRequest, DomainError, NotFound, misread, pointed
from backend.reading import demand_plain

MOST = 500  # rows of a file
ENCODINGS = ("utf-8", "cp1251")
MARKS = (".", ",")
DAYS = ("%Y-%m-%d", "%d.%m.%Y")
DATED = {"valid_until", "expected_close_on", "renewal_date"}


class Way(NamedTuple):
    """What the columns of a file may be called, which of them are needed, what is made of a row.

    They are the contract's names; `client` is a name, made where it is new, `owner` an e-mail.
    """

    columns: tuple[str, ...]
    needed: tuple[str, ...]
    struct: type[Any]


WAYS = {
    "lead": Way(
        ("title", "company_name", "contact_name", "phone", "email", "need", "amount", "source",
         "owner"),
        ("title",), LeadCreate,
    ),
    "offer": Way(
        ("client", "title", "valid_until", "source", "owner"), ("client", "title"), OfferCreate
    ),
    "deal": Way(
        ("client", "title", "amount", "expected_close_on", "source", "owner"), ("client", "title"),
        DealCreate,
    ),
    "renewal": Way(
        ("client", "title", "amount", "renewal_date", "period", "source", "owner"),
        ("client", "amount", "renewal_date"), RenewalCreate,
    ),
}  # fmt: skip


def rows_of(kind: str, data: bytes, encoding: str) -> list[SourceRow]:
    """The rows of a file; BadRequest where it cannot be read at all, or has other columns."""
    way = WAYS[kind]
    if encoding == "utf-8":
        _demand_utf8(data)
    with tempfile.TemporaryDirectory() as place:
        file = Path(place, "file.csv")
        file.write_bytes(data)
        try:
            layout = looking.look(file, Source(encoding=encoding), set(way.needed))
            rows = list(files.rows(layout))
        except MappingError as error:
            raise BadRequest(error.message.replace(str(file), "the file")) from None
    for name in layout.header:
        if name not in way.columns:
            there = ", ".join(way.columns)
            raise BadRequest(f"There is no column “{cells.short(name)}” here; there are {there}")
    if not rows:
        raise BadRequest("The file has no rows below its first line")
    if len(rows) > MOST:
        raise BadRequest(f"A file may have {MOST} rows; this one has {len(rows)}: part it")
    return rows


def _demand_utf8(data: bytes) -> None:
    marked = any(data.startswith(mark) for mark, _ in looking.MARKS)
    try:
        data if marked else data.decode("utf-8")
    except UnicodeDecodeError:
        raise BadRequest(
            "The file is not written in UTF-8: say what it is written in, or save it as UTF-8"
        ) from None


async def load(
    tx: Unit, viewer: Viewer, kind: str, pipeline_id: int, rows: Sequence[SourceRow], mark: str
) -> dict[int, DomainError]:
    """Make a card of each row, with all the caller's rights and no more; what refused which line.

    A row that is refused leaves no trace and stops no other.
    """
    lines = {row.line: row for row in rows}

    async def add(line: int) -> None:
        row = lines[line]
        if row.broken is not None:
            raise pointed(row.broken, f"/{row.column or ''}")
        told = {name: cell.strip() for name, cell in row.cells.items()}
        given = {name: _read(name, cell, mark) for name, cell in told.items() if cell}
        for name in WAYS[kind].needed:
            if name not in given:
                raise pointed("This cell is empty, and it is needed", f"/{name}")
        await _make(tx, viewer, kind, {**given, "pipeline": pipeline_id})

    return await batch.each(tx, lines, add)


def _read(name: str, cell: str, mark: str) -> Any:
    """A cell as the contract writes its field."""
    try:
        if name == "amount":
            return cells.number(cell, mark)
        return cells.day(cell, DAYS)[0].date() if name in DATED else cell
    except cells.Unreadable:
        wrong = cells.short(cell)
        if name == "amount":
            raise pointed(
                f"“{wrong}” is not a number with the decimal mark “{mark}”", "/amount"
            ) from None
        raise pointed(
            f"“{wrong}” is not a day written as 2026-12-31 or 31.12.2026", f"/{name}"
        ) from None


async def _make(tx: Unit, viewer: Viewer, kind: str, given: dict[str, Any]) -> None:
    if "owner" in given:
        given["owner_id"] = await _owner(tx, given.pop("owner"))
    whom = given.pop("client", None)
    wish = _wish(WAYS[kind].struct, given)
    if whom is not None:
        wish = msgspec.structs.replace(wish, client_id=await quick_add.client_of(tx, viewer, whom))
    if kind == "renewal":
        await renewing.create(tx, viewer, wish)
    else:
        await births.create(tx, viewer, kind, wish)


def _wish(struct: type[Any], given: dict[str, Any]) -> Any:
    try:
        wish = msgspec.convert(given, struct, strict=False)
    except msgspec.ValidationError as error:
        raise misread(str(error)) from None
    demand_plain(wish, struct)
    return wish


async def _owner(tx: Unit, email: str) -> int:
    found = await user_id_of(tx, email_key=fold(email))
    if found is None:
        raise pointed(f"Nobody here has the e-mail {cells.short(email)}", "/owner", NotFound)
    return found
