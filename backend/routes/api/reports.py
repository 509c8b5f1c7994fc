"""Reports in REST."""

from litestar import Router, get

from backend.domain.funnels import queries
from backend.domain.funnels.schemas import FunnelFilters, FunnelReport
from backend.routes.deps import CallDep, Query
from backend.routes.guards import needs
from backend.routes.strict import query_of


@get(
    "/funnel",
    operation_id="getFunnel",
    summary="Conversion and drop-off of each stage",
    dependencies={"filters": query_of(FunnelFilters)},
    **needs(FunnelFilters),
)
async def funnel(call: CallDep, filters: Query[FunnelFilters]) -> FunnelReport:
    return await call.read(lambda tx: queries.cohort(tx, call.viewer, filters))


router = Router("/reports", route_handlers=[funnel], tags=["Reports"])
