"""Opening a card that is to win the client of a lost renewal back."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath
from msgspec import UNSET, Struct

from backend.db.session import Unit
from backend.domain.cards.schemas import Id, StageRef, Title
from backend.domain.deals.schemas import DealCreate, DealFields
from backend.domain.moves import creating
from backend.domain.pipelines.schemas import PipelineFilters
from backend.domain.pipelines.shown import queries as shown
from backend.domain.sheets import queries
from backend.domain.users.recipients.queries import recipients
from backend.routes.web.fields import AMOUNT, typed
from backend.routes.web.view import ViewDep

ONE = "/renewals/{record_id:int}/win-back"
KEY = "winback"  # of the pipeline that is made for it, where the company has added it


class WinBackForm(Struct, frozen=True, forbid_unknown_fields=True):
    """What the card is about, in which pipeline it begins, and whose it is."""

    title: Title
    pipeline: StageRef
    amount: str | None = None
    owner_id: Id | None = None


@get(ONE, include_in_schema=False)
async def asked(view: ViewDep, record_id: FromPath[Id]) -> Response[Any]:
    async def work(tx: Unit) -> Response[Any]:
        viewer = view.viewer
        lost = await queries.READERS["renewal"](tx, viewer, record_id)
        homes = await shown.page(tx, viewer, PipelineFilters(kind="deal", active=True, limit=200))
        others = await recipients(tx, viewer) if viewer.writes in ("team", "all") else []
        return view.fragment(
            "cards/_win_back.html", here=f"/renewals/{record_id}/win-back", lost=lost,
            homes=sorted(homes.items, key=lambda one: (one.key != KEY, one.position)),
            recipients=others,
        )  # fmt: skip

    return await view.read(work)


@post(ONE, status_code=200, include_in_schema=False)
async def opened(view: ViewDep, record_id: FromPath[Id]) -> Response[Any]:
    form = await view.form(WinBackForm)
    wish = DealCreate(
        title=form.title, pipeline=form.pipeline, win_back_of=record_id,
        amount=typed(view.viewer, DealFields, AMOUNT, form.amount).amount,
        owner_id=form.owner_id or UNSET,
    )  # fmt: skip

    async def work(tx: Unit) -> Response[Any]:
        return view.to(f"/deals/{await creating.create(tx, view.viewer, 'deal', wish)}")

    return await view.change(work)


HANDLERS = [asked, opened]
