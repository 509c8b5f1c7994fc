"""Renewals that came from a file long past their dates: a person decides about each, or many."""

from datetime import date
from itertools import groupby
from typing import Annotated, Any, Literal, NamedTuple

from litestar import Response, get, post
from litestar.params import FromQuery
from msgspec import Meta, Struct

from backend.db.session import Unit
from backend.domain.access import edits, in_own_language
from backend.domain.cards.schemas import Id, Text
from backend.domain.flows import bulk
from backend.domain.pipelines import queries as pipelines
from backend.domain.renewals import queries
from backend.domain.renewals.schemas import (
    BulkItem,
    BulkRequest,
    Closing,
    RenewalFilters,
    RenewalRow,
    RescheduleRequest,
)
from backend.domain.stages import Reason
from backend.errors import BadRequest
from backend.routes.web import pages
from backend.routes.web.view import View, ViewDep

PAGE = "/renewals/review"
SIZE = 100  # rows of a page
Chosen = Annotated[str, Meta(pattern=r"^\d{1,15}:\d{1,9}$")]  # a renewal and the version read


class Pile(NamedTuple):
    """The rows of one pipeline, and the reasons that it knows."""

    rows: list[RenewalRow]
    lost: list[Reason]
    moved: list[Reason]


class Decision(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The renewals that were chosen, and what becomes of all of them."""

    does: Literal["start", "plan", "close"]
    chosen: Annotated[list[Chosen], Meta(max_length=SIZE)] = []
    renewal_date: date | None = None
    moved_for: Id | None = None
    reason_id: Id | None = None
    comment: Text | None = None

    @property
    def request(self) -> BulkRequest:
        """The same as REST takes it; BadRequest says what is still to be given."""
        if not self.chosen:
            raise BadRequest("Choose the renewals first")
        read = (map(int, one.split(":")) for one in self.chosen)
        items = [BulkItem(number, version) for number, version in read]
        if self.does == "start":
            return BulkRequest(items=items, start=True)
        if self.does == "close":
            if self.reason_id is None:
                raise BadRequest("Choose the reason for which they are closed")
            return BulkRequest(items=items, close=Closing(self.reason_id, self.comment))
        if self.renewal_date is None or self.moved_for is None:
            raise BadRequest("Choose the date to which they are moved, and why")
        moved = RescheduleRequest(
            renewal_date=self.renewal_date, reason=self.moved_for, comment=self.comment
        )
        return BulkRequest(items=items, reschedule=moved)


@get(PAGE, include_in_schema=False)
async def shown(view: ViewDep, cursor: FromQuery[str | None] = None) -> Response[Any]:
    return await view.read(lambda tx: _shown(tx, view, cursor))


@post(PAGE, status_code=200, include_in_schema=False)
async def decided(view: ViewDep) -> Response[Any]:
    form = await view.form(Decision)

    async def work(tx: Unit) -> Response[Any]:
        done = await bulk.decide(tx, view.viewer, form.request)
        if not view.is_fragment:
            return view.to(PAGE)
        told = view.ngettext("Decided about %(num)s renewal", "Decided about %(num)s renewals",
                             len(done))  # fmt: skip
        return pages.toast(await _shown(tx, view, None), told % {"num": len(done)})

    return await view.change(work)


async def _shown(tx: Unit, view: View, cursor: str | None) -> Response[Any]:
    viewer = in_own_language(view.viewer)
    filters = RenewalFilters(
        review=True, sort="renewal_date", limit=SIZE, count=True, cursor=cursor
    )
    found = await queries.page(tx, viewer, filters)
    locale = viewer.company.locale
    piles = []
    for home, rows in groupby(
        sorted(found.items, key=lambda one: one.pipeline_id), key=lambda one: one.pipeline_id
    ):
        lost, moved = [
            await pipelines.reasons(tx, home, use, locale) for use in ("lost", "reschedule")
        ]
        piles.append(Pile(list(rows), lost, moved))
    values: dict[str, Any] = {
        "piles": piles, "total": found.total, "following": found.next_cursor, "first": not cursor,
        "mine": {one.id for one in found.items if edits(viewer, one.owner_id)},
        "today": viewer.company.today(tx.now),
    }  # fmt: skip
    if view.is_fragment:
        return view.fragment("review/_review.html", **values)
    return view.page("review/review.html", **values)


HANDLERS = [shown, decided]
