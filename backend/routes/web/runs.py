"""What the nightly jobs did, day by day; the renewals that they could not bring into work."""

from datetime import date
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from backend.db.session import Unit
from backend.domain.access import in_own_language
from backend.domain.cards.schemas import Id
from backend.domain.ledger import queries as ledger
from backend.domain.moves import renewing
from backend.domain.today.care import queries as care
from backend.routes.web.view import ViewDep
from backend.routes.web.words import N_

PAGE = "/renewals/runs"
JOBS = {"renewals": N_("Renewals brought into work"), "reminders": N_("Reminders given")}


@get(PAGE, include_in_schema=False)
async def shown(view: ViewDep, before: FromQuery[date | None] = None) -> Response[Any]:
    async def work(tx: Unit) -> Response[Any]:
        viewer = in_own_language(view.viewer)
        return view.page(
            "runs/runs.html", jobs=JOBS, before=before, most=ledger.NIGHTS,
            nights={job: await ledger.nights(tx, job, before) for job in JOBS},
            silence=await care.silent(tx), parked=await care.parked(tx, viewer),
            may_write=viewer.writes != "none",
        )  # fmt: skip

    return await view.read(work)


@post(f"{PAGE}/parked/{{record_id:int}}", status_code=200, include_in_schema=False)
async def tried_again(view: ViewDep, record_id: FromPath[Id]) -> Response[Any]:
    """At once, and by hand: what stands in the way is told to whoever tries."""

    async def work(tx: Unit) -> Response[Any]:
        await renewing.activate(tx, view.viewer, record_id, None)
        return view.to(PAGE, view.gettext("The renewal is in work"))

    return await view.change(work)


HANDLERS = [shown, tried_again]
