"""What becomes of a card as a whole: handed over, deleted and restored, started, put to a day."""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import Struct

from backend.db.session import Unit
from backend.domain.cards.rules import number
from backend.domain.cards.schemas import Id, Text
from backend.domain.moves import editing, renewing, rescheduling
from backend.domain.pipelines import queries as pipelines
from backend.domain.renewals.schemas import RescheduleRequest
from backend.domain.sheets import queries
from backend.domain.users.recipients.queries import recipient_name, recipients
from backend.errors import NotFound
from backend.routes.web import pages
from backend.routes.web.many import TAKE_BACK
from backend.routes.web.moving import way_back
from backend.routes.web.view import View, ViewDep

Again = Callable[..., Awaitable[Response[bytes]]]


class TransferForm(Struct, frozen=True, forbid_unknown_fields=True):
    """A new owner, and a note for him."""

    version: int
    owner_id: Id
    note: Text | None = None


class VersionForm(Struct, frozen=True, forbid_unknown_fields=True):
    """The version of the record that was read."""

    version: int


class DateForm(Struct, frozen=True, forbid_unknown_fields=True):
    """Another date for a term, and why."""

    version: int
    renewal_date: date
    reason: Id
    comment: Text | None = None


def routes(kind: Any, again: Again) -> list[HTTPRouteHandler]:
    """Handing over, deleting and restoring a card; of a renewal its dates as well."""
    found = [*_handing(kind, again), *_deleting(kind)]
    if kind.name != "renewal":
        return found
    return [*found, *_starting(kind, again), *_dating(kind, again)]


def done(answer: Response[Any]) -> Response[Any]:
    """Close the dialog that has led here."""
    return pages.trigger(answer, done=True)


def _handing(kind: Any, again: Again) -> list[HTTPRouteHandler]:
    async def asked(view: ViewDep, record_id: FromPath[int]) -> Response[Any]:
        async def work(tx: Unit) -> Response[Any]:
            card = await queries.READERS[kind.name](tx, view.viewer, record_id)
            found = await recipients(tx, view.viewer, card.owner_id)
            return view.fragment(
                "cards/_transfer.html", here=f"{kind.path}/{record_id}", recipients=found,
                version=card.version, what=f"{card.number} · {card.title}", target="#card",
            )  # fmt: skip

        return await view.read(work)

    async def given(view: ViewDep, record_id: FromPath[int]) -> Response[Any]:
        form = await view.form(TransferForm)

        async def work(tx: Unit) -> Response[Any]:
            version = await editing.transfer(
                tx, view.viewer, kind.name, record_id, form.owner_id, form.note, form.version
            )
            name = await recipient_name(tx, view.viewer, form.owner_id)
            told = f"{number(kind.name, record_id, view.viewer.locale)} → {name}"
            is_given = version != form.version  # else it was his already
            back = way_back(f"{kind.path}{TAKE_BACK}", {record_id: version}) if is_given else {}
            answer = await still_his(tx, view, kind, record_id, again, told, back)
            return done(pages.toast(answer, told, **back))

        return await view.change(work)

    here = f"{kind.path}/{{record_id:int}}/transfer"
    return [
        get(here, include_in_schema=False)(asked),
        post(here, status_code=200, include_in_schema=False)(given),
    ]


async def still_his(
    tx: Unit, view: View, kind: Any, record_id: int, again: Again, told: str, back: dict[str, str]
) -> Response[Any]:
    """The record anew; who does not see it any more has the way to take it back in its place."""
    try:
        return await again(tx, view, kind, record_id)
    except NotFound:
        here = f"{kind.path}/{record_id}"
        answer = view.fragment("cards/_handed.html", here=here, kind=kind, told=told, back=back)
        answer.headers["HX-Reswap"] = "outerHTML"
        return answer


def _deleting(kind: Any) -> list[HTTPRouteHandler]:
    async def removed(view: ViewDep, record_id: FromPath[int]) -> Response[Any]:
        form = await view.form(VersionForm)

        async def work(tx: Unit) -> Response[Any]:
            card = await queries.READERS[kind.name](tx, view.viewer, record_id)
            await editing.delete(tx, view.viewer, kind.name, record_id, form.version)
            return gone(view, kind, record_id, card.number, view.gettext("To the board"))

        return await view.change(work)

    async def restored(view: ViewDep, record_id: FromPath[int]) -> Response[Any]:
        async def work(tx: Unit) -> Response[Any]:
            await editing.restore(tx, view.viewer, kind.name, record_id)
            return view.to(f"{kind.path}/{record_id}", view.gettext("It is back"))

        return await view.change(work)

    here = f"{kind.path}/{{record_id:int}}"
    return [
        post(f"{here}/delete", status_code=200, include_in_schema=False)(removed),
        post(f"{here}/restore", status_code=200, include_in_schema=False)(restored),
    ]


def gone(view: View, kind: Any, record_id: int, what: str, back: str) -> Response[Any]:
    """In the place of what was just deleted: the way to bring it back, and the one to the rest."""
    here = f"{kind.path}/{record_id}"
    answer = view.fragment("cards/_gone.html", here=here, kind=kind, back=back)
    told = view.gettext("%(number)s was deleted") % {"number": what}
    return pages.toast(answer, told, undo=f"{here}/restore", version=0)


def _starting(kind: Any, again: Again) -> list[HTTPRouteHandler]:
    async def started(view: ViewDep, record_id: FromPath[int]) -> Response[Any]:
        form = await view.form(VersionForm)

        async def work(tx: Unit) -> Response[Any]:
            await renewing.activate(tx, view.viewer, record_id, form.version)
            return await again(tx, view, kind, record_id)

        return await view.change(work)

    return [
        post(f"{kind.path}/{{record_id:int}}/activate", status_code=200, include_in_schema=False)(
            started
        )
    ]


def _dating(kind: Any, again: Again) -> list[HTTPRouteHandler]:
    async def asked(view: ViewDep, record_id: FromPath[int]) -> Response[Any]:
        async def work(tx: Unit) -> Response[Any]:
            card = await queries.READERS["renewal"](tx, view.viewer, record_id)
            reasons = await pipelines.reasons(
                tx, card.pipeline_id, "reschedule", view.viewer.company.locale
            )
            return view.fragment(
                "cards/_reschedule.html", here=f"{kind.path}/{record_id}", card=card,
                reasons=reasons,
            )  # fmt: skip

        return await view.read(work)

    async def dated(view: ViewDep, record_id: FromPath[int]) -> Response[Any]:
        form = await view.form(DateForm)
        wish = RescheduleRequest(
            renewal_date=form.renewal_date, reason=form.reason, comment=form.comment
        )

        async def work(tx: Unit) -> Response[Any]:
            await rescheduling.reschedule(tx, view.viewer, record_id, wish, form.version)
            return done(await again(tx, view, kind, record_id))

        return await view.change(work)

    here = f"{kind.path}/{{record_id:int}}"
    return [
        get(f"{here}/reschedule", include_in_schema=False)(asked),
        post(f"{here}/reschedule", status_code=200, include_in_schema=False)(dated),
    ]
