"""Cards from a file that somebody loads on a board: each row as he might add it himself."""

import logging
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, NamedTuple

import msgspec
from sqlalchemy.exc import SQLAlchemyError

from backend.db.postgres import LOST
from backend.db.session import Unit
from backend.domain.access import Viewer
from backend.domain.deals.schemas import DealCreate
from backend.domain.flows import quick_add
from backend.domain.flows.imports import actions, cells, files, queries, sniffing
from backend.domain.flows.imports.files import SourceRow
from backend.domain.flows.imports.mapping import MappingError, Source
from backend.domain.flows.imports.syncing import digest
from backend.domain.leads.schemas import LeadCreate
from backend.domain.moves import batch, creating, renewing
from backend.domain.offers.schemas import OfferCreate
from backend.domain.renewals.schemas import RenewalCreate
from backend.domain.texts import fold
from backend.domain.users.queries import user_id_of
from backend.errors import BadRequest, DomainError, NotFound, pointed
from backend.reading import converted

log = logging.getLogger(__name__)

MOST = 500  # rows of a file
BATCH = 25  # rows of a transaction
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


class Order(NamedTuple):
    """Where the cards of a file go, its decimal mark, and what is done with it.

    A row that was loaded before is left out, unless the file is loaded again.
    """

    kind: str
    pipeline_id: int
    mark: str
    does: Literal["try", "load", "again"]


@dataclass(slots=True)
class Account:
    """What came of the rows of a file.

    `refused` is by line; `known` says when each row that was left out was loaded before; from the
    line `stopped` on nothing was done.
    """

    made: int = 0
    refused: dict[int, DomainError] = field(default_factory=dict)
    known: list[datetime] = field(default_factory=list)
    stopped: int | None = None

    def add(self, part: "Account") -> None:
        self.made += part.made
        self.refused |= part.refused
        self.known += part.known


Do = Callable[[Callable[[Unit], Awaitable[Account]]], Awaitable[Account]]


def rows_of(kind: str, data: bytes, encoding: str) -> list[SourceRow]:
    """The rows of a file; BadRequest where it cannot be read at all, or has other columns."""
    way = WAYS[kind]
    if encoding == "utf-8":
        _demand_utf8(data)
    with tempfile.TemporaryDirectory() as place:
        file = Path(place, "file.csv")
        file.write_bytes(data)
        try:
            layout = sniffing.layout_of(file, Source(encoding=encoding), set(way.needed))
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
    marked = any(data.startswith(mark) for mark, _ in sniffing.MARKS)
    try:
        data if marked else data.decode("utf-8")
    except UnicodeDecodeError:
        raise BadRequest(
            "The file is not written in UTF-8: say what it is written in, or save it as UTF-8"
        ) from None


async def load(do: Do, viewer: Viewer, order: Order, rows: Sequence[SourceRow]) -> Account:
    """Make a card of each row, with all the caller's rights and no more; what came of them.

    A few rows make a transaction, which `do` keeps or takes back: SQLite has one writer, and
    others have work for it. Where the database gives up in the middle, what was kept before is
    told; who sends the same file again goes on from there.
    """
    whole = Account()
    numbered = list(_digests(order.kind, rows).items())
    for start in range(0, len(numbered), BATCH):
        some = dict(numbered[start : start + BATCH])

        async def work(tx: Unit, some: dict[str, SourceRow] = some) -> Account:
            return await _put(tx, viewer, order, some)

        try:
            whole.add(await do(work))
        except (SQLAlchemyError, *LOST):
            if order.does == "try" or not whole.made:
                raise
            whole.stopped = next(iter(some.values())).line
            log.exception("a load stopped at line %s, %s cards made", whole.stopped, whole.made)
            break
    return whole


def _digests(kind: str, rows: Iterable[SourceRow]) -> dict[str, SourceRow]:
    """Each row by what it is known again by: what it says, and how often it was said before."""
    found = {}
    times: Counter[str] = Counter()
    for row in rows:
        said = digest(
            [kind, {name: cell.strip() for name, cell in row.cells.items() if cell.strip()}]
        )
        times[said] += 1
        found[digest([said, times[said]])] = row
    return found


async def _put(tx: Unit, viewer: Viewer, order: Order, rows: dict[str, SourceRow]) -> Account:
    """Make cards of some rows; one that is refused leaves no trace and stops no other."""
    known = {}
    if order.does != "again":
        await actions.take_rows(tx, rows)
        known = await queries.loaded(tx, viewer, order.kind, rows)
    lines = {row.line: name for name, row in rows.items() if name not in known}
    made = {}

    async def add(line: int) -> None:
        made[await _add(tx, viewer, order, rows[lines[line]])] = lines[line]

    refused = await batch.each(tx, lines, add)
    actions.remember_rows(tx, made)
    return Account(len(made), refused, list(known.values()))


async def _add(tx: Unit, viewer: Viewer, order: Order, row: SourceRow) -> int:
    if row.broken is not None:
        raise pointed(row.broken, f"/{row.column or ''}")
    told = {name: cell.strip() for name, cell in row.cells.items()}
    given = {name: _read(name, cell, order.mark) for name, cell in told.items() if cell}
    for name in WAYS[order.kind].needed:
        if name not in given:
            raise pointed("This cell is empty, and it is needed", f"/{name}")
    return await _make(tx, viewer, order.kind, {**given, "pipeline": order.pipeline_id})


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


async def _make(tx: Unit, viewer: Viewer, kind: str, given: dict[str, Any]) -> int:
    if "owner" in given:
        given["owner_id"] = await _owner(tx, given.pop("owner"))
    whom = given.pop("client", None)
    wish = converted(given, WAYS[kind].struct)
    if whom is not None:
        name = converted(whom, quick_add.Whom, "/client")
        wish = msgspec.structs.replace(wish, client_id=await quick_add.client_of(tx, viewer, name))
    if kind == "renewal":
        return await renewing.create(tx, viewer, wish)
    return await creating.create(tx, viewer, kind, wish)


async def _owner(tx: Unit, email: str) -> int:
    found = await user_id_of(tx, email_key=fold(email))
    if found is None:
        raise pointed(f"Nobody here has the e-mail {cells.short(email)}", "/owner", NotFound)
    return found
