"""The change log in REST: events for other systems, the audit for admins."""

from litestar import Router, get

from backend.domain.changes import queries
from backend.domain.changes.schemas import Audit, AuditFilters, EventFilters, Events
from backend.routes.deps import CallDep, Query
from backend.routes.guards import needs
from backend.routes.strict import query_of


@get(
    "/",
    operation_id="listEvents",
    summary="What was written after a number; store `after` and nothing is ever missed",
    dependencies={"filters": query_of(EventFilters)},
    **needs(EventFilters),
)
async def events(call: CallDep, filters: Query[EventFilters]) -> Events:
    return await call.read(lambda tx: queries.events(tx, call.viewer, filters))


@get(
    "/",
    operation_id="listAudit",
    summary="Who changed what: every written version of every record, newest first",
    dependencies={"filters": query_of(AuditFilters)},
    **needs(AuditFilters),
)
async def audit(call: CallDep, filters: Query[AuditFilters]) -> Audit:
    return await call.read(lambda tx: queries.audit(tx, call.viewer, filters))


events_router = Router("/events", route_handlers=[events], tags=["Change log"])
audit_router = Router("/audit", route_handlers=[audit], tags=["Change log"])
