"""Moving cards on a board and taking it back: the same door as REST's, answered as a patch."""

from collections.abc import Mapping, Sequence
from typing import Any

from litestar import Response, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import Struct

from backend.db.session import Unit
from backend.domain.boards import queries
from backend.domain.boards.dialogs import queries as dialogs
from backend.domain.cards.rules import number
from backend.domain.moves import batch
from backend.errors import DomainError, FieldNeeded, NextDateNeeded, ReasonNeeded, Stale
from backend.routes.web import pages, renewed, stage_form
from backend.routes.web.address import Address, AddressDep
from backend.routes.web.boards import Kind, patched, reads
from backend.routes.web.stage_form import Numbers, Sent
from backend.routes.web.view import View, ViewDep

ASKED = (FieldNeeded, ReasonNeeded, NextDateNeeded)
PLACED_BACK = (403, 409, 412)


class UndoForm(Struct, frozen=True, forbid_unknown_fields=True):
    """Which moves are taken back, with the versions that they made."""

    ids: Numbers
    vers: Numbers


def routes(kind: Kind) -> list[HTTPRouteHandler]:
    """Moving one card or several, and taking that back."""
    here = kind.path

    async def move(view: ViewDep, address: AddressDep, record_id: FromPath[int]) -> Response[Any]:
        return await _move(view, kind, address, f"{here}/{record_id}/move")

    async def bulk(view: ViewDep, address: AddressDep) -> Response[Any]:
        return await _move(view, kind, address, f"{here}/bulk")

    async def undo(view: ViewDep, address: AddressDep) -> Response[Any]:
        form = await view.form(UndoForm)
        made = stage_form.versions(form.ids, form.vers)

        async def work(tx: Unit) -> Response[Any]:
            await batch.undo_all(tx, view.viewer, kind.name, made)
            answer = await patched(tx, view, kind, address, list(made))
            return pages.trigger(pages.toast(answer, view.gettext("Taken back")), done=True)

        try:
            return await view.change(work)
        except DomainError as refusal:
            return await _refused(view, kind, address, list(made), refusal)

    return [
        post(f"{here}/{{record_id:int}}/move", status_code=200, **reads())(move),
        post(f"{here}/bulk", status_code=200, **reads())(bulk),
        post(f"{here}/undo", status_code=200, **reads())(undo),
    ]


def way_back(path: str, made: Mapping[int, int]) -> dict[str, str]:
    """What a toast posts to take back what was done to cards: these, with their new versions."""
    ids, versions = (",".join(map(str, numbers)) for numbers in (made, made.values()))
    return {"undo": path, "ids": ids, "vers": versions}


async def _move(view: View, kind: Kind, address: Address, path: str) -> Response[Any]:
    given = await stage_form.sent(view)
    ids = list(given.versions)
    request = given.request(view, kind.name)
    back = path + address.query()
    if not given.form.asked:
        first = await renewed.first(view, kind, given, back)
        if first is not None:
            return first

    async def work(tx: Unit) -> Response[Any]:
        moved = await batch.move_all(tx, view.viewer, kind.name, given.versions, request)
        answer = await patched(tx, view, kind, address, ids)
        told = await _told(tx, view, kind, address, given)
        pages.toast(answer, told, **way_back(f"{kind.path}/undo{address.query()}", moved))
        return pages.trigger(answer, done=True)

    try:
        return await view.change(work)
    except ASKED as need:
        asked = need
    except DomainError as refusal:
        return await _refused(view, kind, address, ids, refusal)
    return await view.read(lambda tx: _ask(tx, view, kind, given, asked, back))


async def _ask(
    tx: Unit, view: View, kind: Kind, given: Sent, need: DomainError, post: str
) -> Response[Any]:
    """The dialog that asks for what a refused move lacks."""
    if not isinstance(need, FieldNeeded):
        found = await renewed.dialog(tx, view, kind, given, post, need)
        if found is not None:
            return found
    return await stage_form.dialog(tx, view, kind, given, need, post)


async def _told(tx: Unit, view: View, kind: Kind, address: Address, given: Sent) -> str:
    """What was moved and where to."""
    home = await queries.home(tx, view.viewer, kind.name, address.filters)
    stage = next((s.name for s in home.stages if given.form.to in (str(s.id), s.key)), "")
    found = await dialogs.about(tx, view.viewer, kind.name, list(given.versions))
    if len(found) == 1:
        return f"{found[0].number} «{found[0].headline}» → {stage}"
    return view.ngettext("%(num)s card", "%(num)s cards", len(found)) % {"num": len(found)} + (
        f" → {stage}"
    )


async def _refused(
    view: View, kind: Kind, address: Address, ids: Sequence[int], refusal: DomainError
) -> Response[Any]:
    """Why not, and the cards where they really are."""
    if refusal.status not in PLACED_BACK:
        raise refusal

    async def work(tx: Unit) -> Response[Any]:
        answer = await patched(tx, view, kind, address, list(ids))
        answer.status_code = refusal.status
        told = view.refusal(refusal)
        if isinstance(refusal, Stale):
            told = await _overtaken(tx, view, kind, ids)
        return pages.trigger(pages.toast(answer, told, tone="bad"), done=True)

    return await view.read(work)


async def _overtaken(tx: Unit, view: View, kind: Kind, ids: Sequence[int]) -> str:
    """Who was faster."""
    who = await dialogs.last_hand(tx, view.viewer, kind.name, ids[0])
    if who is None or len(ids) > 1:
        return view.gettext("The cards were changed meanwhile; they stand where they are now")
    told = view.gettext("%(number)s was changed just now: %(name)s")
    return told % {"number": number(kind.name, ids[0], view.viewer.locale), "name": who}
