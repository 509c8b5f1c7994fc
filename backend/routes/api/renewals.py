"""Renewals in REST."""

from litestar import Response, Router, post

from backend.db.session import Unit
from backend.domain.moves import renewing, rescheduling
from backend.domain.renewals import queries
from backend.domain.renewals.schemas import (
    Renewal,
    RenewalCreate,
    RenewalFields,
    RenewalFilters,
    RenewalRow,
    Renewals,
    RescheduleRequest,
)
from backend.routes.api import cards
from backend.routes.deps import CallDep, IfMatch, JSONBody, Path
from backend.routes.guards import needs

RESOURCE = cards.Resource(
    kind="renewal", plural="renewals", queries=queries, row=RenewalRow, page=Renewals,
    filters=RenewalFilters, create=None, fields=RenewalFields, one=Renewal,
)  # fmt: skip


@post(
    "/",
    operation_id="createRenewal",
    summary="Make a waiting renewal, with its agreement",
    status_code=201,
    **needs("cards:write"),
)
async def create(call: CallDep, data: JSONBody[RenewalCreate]) -> Response[Renewal]:
    async def work(tx: Unit) -> Renewal:
        made = await renewing.create(tx, call.viewer, data)
        return await queries.written(tx, call.viewer, made)

    return await call.write(work, 201, "/api/v1/renewals/{id}")


@post(
    "/{record_id:int}/activate",
    operation_id="activateRenewal",
    summary="Bring a waiting renewal into work now",
    status_code=200,
    **needs("cards:write"),
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
    **needs("cards:write"),
)
async def reschedule(
    call: CallDep, record_id: Path, data: JSONBody[RescheduleRequest], if_match: IfMatch
) -> Response[Renewal]:
    async def work(tx: Unit) -> Renewal:
        await rescheduling.reschedule(tx, call.viewer, record_id, data, if_match)
        return await queries.written(tx, call.viewer, record_id)

    return await call.write(work)


router = Router(
    "/renewals",
    route_handlers=[*cards.routes(RESOURCE), create, activate, reschedule],
    tags=["Renewals"],
)
