"""Several cards of a board at once, each by itself: handed over, given a task."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromQuery
from msgspec import Meta, Struct

from backend.db.session import Unit
from backend.domain.boards.dialogs import queries as dialogs
from backend.domain.cards.rules import number
from backend.domain.cards.schemas import Id, Text, Title
from backend.domain.moves import batch, editing
from backend.domain.timeline.moments.queries import About
from backend.domain.users.recipients.queries import recipient_name, recipients
from backend.routes.web import pages
from backend.routes.web.address import NUMBERS, Address, AddressDep
from backend.routes.web.boards import Kind, patched, reads
from backend.routes.web.composing import make_task
from backend.routes.web.moving import UndoForm, way_back
from backend.routes.web.stage_form import Numbers, versions
from backend.routes.web.view import View, ViewDep

TAKE_BACK = "/bulk/transfer/undo"
NAMED = 3  # of the cards that refused
Ids = Annotated[str, Meta(pattern=NUMBERS)]


class GiveForm(Struct, frozen=True, forbid_unknown_fields=True):
    """To whom the cards are given, with the versions that were read."""

    ids: Numbers
    vers: Numbers
    owner_id: Id
    note: Text | None = None


class TaskForm(Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be done about each of the cards, in how many days."""

    ids: Numbers
    vers: Numbers
    title: Title
    days: Annotated[int, Meta(ge=0, le=3660)] = 1


def routes(kind: Kind) -> list[HTTPRouteHandler]:
    """Two dialogs, what is sent from them, and the way back from a hand-over."""
    return [*_handing(kind), *_returning(kind), *_tasking(kind)]


def _handing(kind: Kind) -> list[HTTPRouteHandler]:
    async def asked(
        view: ViewDep, address: AddressDep, ids: FromQuery[Ids], vers: FromQuery[Ids]
    ) -> Response[Any]:
        return await _asked(view, kind, address, "transfer", ids, vers)

    async def given(view: ViewDep, address: AddressDep) -> Response[Any]:
        form = await view.form(GiveForm)
        read = versions(form.ids, form.vers)

        async def work(tx: Unit) -> Response[Any]:
            name = await recipient_name(tx, view.viewer, form.owner_id)
            gone: dict[int, int] = {}

            async def give(card_id: int) -> None:
                version = await editing.transfer(
                    tx, view.viewer, kind.name, card_id, form.owner_id, form.note, read[card_id]
                )
                if version != read[card_id]:  # it was another's
                    gone[card_id] = version

            return await _done(tx, view, kind, address, list(read), give, name, gone)

        return await view.change(work)

    return _ways(kind, "transfer", asked, given)


def _returning(kind: Kind) -> list[HTTPRouteHandler]:
    async def taken_back(view: ViewDep, address: AddressDep) -> Response[Any]:
        form = await view.form(UndoForm)
        made = versions(form.ids, form.vers)

        async def work(tx: Unit) -> Response[Any]:
            async def take(card_id: int) -> None:
                await editing.take_back(tx, view.viewer, kind.name, card_id, made[card_id])

            return await _done(tx, view, kind, address, list(made), take)

        return await view.change(work)

    return [post(f"{kind.path}{TAKE_BACK}", status_code=200, **reads())(taken_back)]


def _tasking(kind: Kind) -> list[HTTPRouteHandler]:
    async def asked(
        view: ViewDep, address: AddressDep, ids: FromQuery[Ids], vers: FromQuery[Ids]
    ) -> Response[Any]:
        return await _asked(view, kind, address, "task", ids, vers)

    async def noted(view: ViewDep, address: AddressDep) -> Response[Any]:
        form = await view.form(TaskForm)
        ids = list(versions(form.ids, form.vers))

        async def work(tx: Unit) -> Response[Any]:
            async def note(card_id: int) -> None:
                await make_task(tx, view, form.title, "todo", form.days, About(card_id=card_id))

            return await _done(tx, view, kind, address, ids, note, form.title)

        return await view.change(work)

    return _ways(kind, "task", asked, noted)


def _ways(kind: Kind, what: str, asked: Any, sent: Any) -> list[HTTPRouteHandler]:
    here = f"{kind.path}/bulk/{what}"
    return [
        get(here, **reads("ids", "vers"))(asked),
        post(here, status_code=200, **reads())(sent),
    ]


async def _asked(
    view: View, kind: Kind, address: Address, what: str, ids: str, vers: str
) -> Response[Any]:
    """The dialog, with the cards it is about."""

    async def work(tx: Unit) -> Response[Any]:
        return view.fragment(
            "board/_many.html", what=what, post=f"{kind.path}/bulk/{what}{address.query()}",
            about=await dialogs.about(tx, view.viewer, kind.name, list(versions(ids, vers))),
            recipients=await recipients(tx, view.viewer) if what == "transfer" else [],
            kept={"ids": ids, "vers": vers},
        )  # fmt: skip

    return await view.read(work)


async def _done(
    tx: Unit, view: View, kind: Kind, address: Address, ids: list[int],
    work: Callable[[int], Awaitable[Any]], goal: str = "", gone: Mapping[int, int] | None = None,
) -> Response[Any]:  # fmt: skip
    """The cards as they are now, how many it was done to, and which refused for what reason.

    `gone` are the versions of those that can be taken back; without a goal they just were.
    """
    refused = await batch.each(tx, ids, work)
    told, many = [], len(ids) - len(refused)
    if many:
        cards = view.ngettext("%(num)s card", "%(num)s cards", many) % {"num": many}
        if len(ids) == 1:
            cards = number(kind.name, ids[0], view.viewer.locale)
        told.append(f"{cards} → {goal}" if goal else f"{cards}: {view.gettext('taken back')}")
    told += [
        f"{number(kind.name, card_id, view.viewer.locale)}: {view.refusal(refusal)}"
        for card_id, refusal in list(refused.items())[:NAMED]
    ]
    if len(refused) > NAMED:
        more = len(refused) - NAMED
        also = view.ngettext("and %(num)s card more", "and %(num)s cards more", more)
        told.append(also % {"num": more})
    answer = await patched(tx, view, kind, address, ids)
    tone = "bad" if refused else ""
    back = way_back(f"{kind.path}{TAKE_BACK}{address.query()}", gone) if gone else {}
    returned = {"returned": True} if many and not goal else {}
    pages.toast(answer, "; ".join(told), tone=tone, **back)
    return pages.trigger(answer, done=True, **returned)
