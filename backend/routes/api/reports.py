"""Reports in REST; each is JSON, or CSV with `Accept: text/csv`."""

from litestar import Response, Router, get

from backend.domain.funnels import queries
from backend.domain.funnels.schemas import (
    FunnelCardFilters,
    FunnelFilters,
    FunnelReport,
    ReportCards,
)
from backend.routes.deps import CallDep, Query
from backend.routes.guards import needs
from backend.routes.strict import query_of
from backend.routes.tables import told


@get(
    "/funnel",
    operation_id="getFunnel",
    summary="Conversion and drop-off of each stage",
    dependencies={"filters": query_of(FunnelFilters)},
    **needs(FunnelFilters, table=True),
)
async def funnel(call: CallDep, filters: Query[FunnelFilters]) -> Response[FunnelReport]:
    return await told(call, lambda tx: queries.funnel(tx, call.viewer, filters), "stages")


@get(
    "/funnel/cards",
    operation_id="listFunnelCards",
    summary="The cards behind a number of a funnel",
    dependencies={"filters": query_of(FunnelCardFilters)},
    **needs(FunnelCardFilters, table=True),
)
async def funnel_cards(call: CallDep, filters: Query[FunnelCardFilters]) -> Response[ReportCards]:
    return await told(call, lambda tx: queries.cards(tx, call.viewer, filters))


router = Router("/reports", route_handlers=[funnel, funnel_cards], tags=["Reports"])
