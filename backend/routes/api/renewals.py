"""Renewals in REST."""

from litestar import Response, Router, get, post
from msgspec import UNSET

from backend.db.session import Unit
from backend.domain.access import Origin
from backend.domain.agreements import queries as agreements
from backend.domain.agreements.schemas import OrphanFilters, Orphans
from backend.domain.flows import bulk, papers
from backend.domain.flows import sweep as sweeping
from backend.domain.flows.runs import demand_not_later
from backend.domain.ledger import queries as ledger
from backend.domain.moves import renewing, rescheduling
from backend.domain.renewals import queries
from backend.domain.renewals.preview import queries as previewing
from backend.domain.renewals.schemas import (
    BulkDone,
    BulkRequest,
    Preview,
    PreviewFilters,
    Renewal,
    RenewalCreate,
    RenewalFields,
    RenewalFilters,
    Renewals,
    RescheduleRequest,
    SweepFilters,
    SweepRequest,
    SweepRun,
    SweepRuns,
)
from backend.routes.api import cards
from backend.routes.api.papers import PDF, printed
from backend.routes.api.records import Shapes
from backend.routes.deps import CallDep, IfMatch, JSONBody, Path, Query
from backend.routes.guards import needs
from backend.routes.strict import query_of

TODAY = SweepRequest()

RESOURCE = cards.resource(
    "renewal",
    Shapes(Renewal, Renewals, RenewalFilters, RenewalCreate, RenewalFields),
    queries,
    create=renewing.create,
    makes="Make a waiting renewal, with its agreement",
)


@post(
    "/{record_id:int}/activate",
    operation_id="activateRenewal",
    summary="Bring a waiting renewal into work now",
    status_code=200,
    **needs(),
)
async def activate(call: CallDep, record_id: Path, if_match: IfMatch) -> Response[Renewal]:
    async def work(tx: Unit) -> Renewal:
        await renewing.activate(tx, call.viewer, record_id, if_match)
        return await queries.written(tx, call.viewer, record_id)

    return await call.write(work)


@post(
    "/{record_id:int}/reschedule",
    operation_id="rescheduleRenewal",
    summary="Give a term another date, with a reason",
    status_code=200,
    **needs(),
)
async def reschedule(
    call: CallDep, record_id: Path, data: JSONBody[RescheduleRequest], if_match: IfMatch
) -> Response[Renewal]:
    async def work(tx: Unit) -> Renewal:
        await rescheduling.reschedule(tx, call.viewer, record_id, data, if_match)
        return await queries.written(tx, call.viewer, record_id)

    return await call.write(work)


@post(
    "/bulk",
    operation_id="decideRenewals",
    summary="Start, reschedule or close many waiting renewals at once",
    status_code=200,
    **needs(),
)
async def decide(call: CallDep, data: JSONBody[BulkRequest]) -> Response[BulkDone]:
    async def work(tx: Unit) -> BulkDone:
        return BulkDone(await bulk.decide(tx, call.viewer, data))

    return await call.write(work)


@get(
    "/orphans",
    operation_id="listOrphans",
    summary="Running agreements without a next renewal",
    dependencies={"filters": query_of(OrphanFilters)},
    **needs(OrphanFilters),
)
async def orphans(call: CallDep, filters: Query[OrphanFilters]) -> Orphans:
    return await call.read(lambda tx: agreements.orphans(tx, call.viewer, filters))


@get(
    "/activation-preview",
    operation_id="previewActivations",
    summary="What the sweeps of a span of days will bring into work",
    dependencies={"filters": query_of(PreviewFilters)},
    **needs(PreviewFilters),
)
async def preview(call: CallDep, filters: Query[PreviewFilters]) -> Preview:
    return await call.read(lambda tx: previewing.preview(tx, call.viewer, filters))


@post(
    "/sweeps",
    operation_id="runSweep",
    summary="Bring everything that is due into work",
    status_code=200,
    **needs(),
)
async def sweep(call: CallDep, data: JSONBody[SweepRequest] = TODAY) -> Response[SweepRun]:
    given, shared = None if data.today is UNSET else data.today, call.resources
    demand_not_later(given, shared.now(), call.viewer.company)
    origin = Origin("token", call.viewer.request_id)
    return await call.apart(
        lambda: sweeping.sweep(shared.database, shared.now, "manual", given, shared.deliver, origin)
    )


@get(
    "/sweeps",
    operation_id="listSweeps",
    summary="The ledger of the sweep, newest first",
    dependencies={"filters": query_of(SweepFilters)},
    **needs(SweepFilters),
)
async def sweeps(call: CallDep, filters: Query[SweepFilters]) -> SweepRuns:
    return await call.read(lambda tx: ledger.page(tx, filters))


@get(
    "/{record_id:int}/invoice.pdf",
    operation_id="getRenewalInvoice",
    summary="The invoice for one term",
    media_type=PDF,
    **needs(),
)
async def invoice(call: CallDep, record_id: Path) -> Response[bytes]:
    return await printed(call, lambda tx: papers.of_renewal(tx, call.viewer, record_id))


OWN = [activate, reschedule, decide, orphans, preview, sweep, sweeps, invoice]
router = Router("/renewals", route_handlers=[*cards.routes(RESOURCE), *OWN], tags=["Renewals"])
