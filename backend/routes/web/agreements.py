"""An agreement: what is held, the chain of its terms drawn, and why the next one waits."""

from datetime import date
from typing import Any, NamedTuple

from litestar import Response, get, post
from litestar.params import FromPath
from msgspec import Struct

from backend.db.session import Unit
from backend.domain.agreements.files import actions
from backend.domain.agreements.files import queries as files
from backend.domain.agreements.files.rules import LARGEST
from backend.domain.agreements.schemas import FileFields
from backend.domain.cards.schemas import Id
from backend.domain.moves import renewing
from backend.domain.renewals.schemas import RenewalCreate
from backend.domain.sheets import queries
from backend.domain.sheets.schemas import AgreementSheet
from backend.routes.files import FORM, handed_out
from backend.routes.web.handing import VersionForm
from backend.routes.web.view import ViewDep
from backend.routes.web.words import N_

ONE = "/agreements/{record_id:int}"
FILE = f"{ONE}/file"


class Standing(NamedTuple):
    """How a term stands: what it is called, its look in the chain, whether being late counts."""

    label: str
    look: str
    tells_days: bool = False


STATES = {
    "won": Standing(N_("Renewed"), "c1", tells_days=True), "open": Standing(N_("In work"), "c2"),
    "waiting": Standing(N_("Waiting"), "c3"), "lost": Standing(N_("Not renewed"), "drop"),
}  # fmt: skip
SHORTEST = 0.6  # per cent: a term that nobody knows the beginning of is a mark at its end


class Bar(NamedTuple):
    """A term, or a hole between two, as it lies in the chain: in per cent of all of it."""

    start: float
    width: float
    look: str
    label: str


class NextForm(Struct, frozen=True, forbid_unknown_fields=True):
    """The date of the next renewal."""

    renewal_date: date


class FileForm(Struct, frozen=True, forbid_unknown_fields=True):
    """The contract as a file, and the version of the agreement that was read."""

    version: int
    file: FileFields


@get(ONE, include_in_schema=False)
async def shown(view: ViewDep, record_id: FromPath[Id]) -> Response[Any]:
    async def work(tx: Unit) -> Response[Any]:
        sheet = await queries.agreement_sheet(tx, view.viewer, record_id)
        return view.page(
            "agreements/show.html", sheet=sheet, one=sheet.agreement, states=STATES,
            chain=drawn(sheet), now=_at(sheet, sheet.today), largest=LARGEST,
        )  # fmt: skip

    return await view.read(work)


@post(f"{ONE}/next", status_code=200, include_in_schema=False)
async def scheduled(view: ViewDep, record_id: FromPath[Id]) -> Response[Any]:
    form = await view.form(NextForm)
    wish = RenewalCreate(agreement_id=record_id, renewal_date=form.renewal_date)

    async def work(tx: Unit) -> Response[Any]:
        await renewing.create(tx, view.viewer, wish)
        return view.to(
            f"/agreements/{record_id}", view.gettext("The next renewal waits for its day")
        )

    return await view.change(work)


@get(FILE, include_in_schema=False)
async def file(view: ViewDep, record_id: FromPath[Id]) -> Response[Any]:
    return handed_out(await view.read(lambda tx: files.one(tx, view.viewer, record_id)))


@post(FILE, status_code=200, request_max_body_size=FORM, include_in_schema=False)
async def attached(view: ViewDep, record_id: FromPath[Id]) -> Response[Any]:
    form = await view.form(FileForm)

    async def work(tx: Unit) -> Response[Any]:
        await actions.attach(tx, view.viewer, record_id, form.file, form.version)
        return view.to(f"/agreements/{record_id}", view.gettext("The file is there"))

    return await view.change(work)


@post(f"{FILE}/remove", status_code=200, include_in_schema=False)
async def removed(view: ViewDep, record_id: FromPath[Id]) -> Response[Any]:
    form = await view.form(VersionForm)

    async def work(tx: Unit) -> Response[Any]:
        await actions.remove(tx, view.viewer, record_id, form.version)
        return view.to(f"/agreements/{record_id}", view.gettext("The file is removed"))

    return await view.change(work)


def drawn(sheet: AgreementSheet) -> list[Bar]:
    """The terms from the first to the last, with a hole wherever nothing was covered."""
    found, before = [], None
    for term in sheet.terms:
        end = _at(sheet, term.renewal_date)
        start = None if term.begins_on is None else _at(sheet, term.begins_on)
        if end is None:
            return []
        if before is not None and start is not None and term.gap_days:
            found.append(Bar(before, round(start - before, 2), "hole", ""))
        start = end - SHORTEST if start is None else start
        look = STATES[term.state].look
        found.append(Bar(max(start, 0), max(round(end - start, 2), SHORTEST), look, term.number))
        before = end
    return found


def _at(sheet: AgreementSheet, day: date) -> float | None:
    """Where a day lies in the chain, in per cent; None outside of it."""
    if sheet.span is None or not sheet.span[0] <= day <= sheet.span[1]:
        return None
    first, last = sheet.span
    return round(100 * (day - first).days / (last - first).days, 2)


HANDLERS = [shown, scheduled, file, attached, removed]
