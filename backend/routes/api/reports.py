"""Reports in REST; each is JSON, or CSV with `Accept: text/csv`."""

from litestar import Response, Router, get

from backend.domain.funnels import queries
from backend.domain.funnels.cycle import queries as cycle_queries
from backend.domain.funnels.cycle.schemas import (
    CycleFilters,
    CycleReport,
    Velocity,
    VelocityFilters,
)
from backend.domain.funnels.outlook import queries as outlook_queries
from backend.domain.funnels.outlook.schemas import Forecast, ForecastFilters
from backend.domain.funnels.people import queries as people_queries
from backend.domain.funnels.people.schemas import ManagerFilters, ManagerReport
from backend.domain.funnels.reasons import queries as reason_queries
from backend.domain.funnels.reasons.schemas import ReasonReport, ReasonReportFilters
from backend.domain.funnels.schemas import (
    FunnelCardFilters,
    FunnelFilters,
    FunnelReport,
    ReportCards,
)
from backend.domain.funnels.since import queries as since_queries
from backend.domain.funnels.since.schemas import ChangeFilters, ChangeReport
from backend.domain.retention import queries as retention_queries
from backend.domain.retention.churn import queries as churn_queries
from backend.domain.retention.churn.schemas import ChurnFilters, ChurnReport
from backend.domain.retention.schemas import RenewalReport, RenewalReportFilters
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


@get(
    "/reasons",
    operation_id="getReasonReport",
    summary="Why cards are lost: each reason's share in all that was closed or sent",
    dependencies={"filters": query_of(ReasonReportFilters)},
    **needs(ReasonReportFilters, table=True),
)
async def reasons(call: CallDep, filters: Query[ReasonReportFilters]) -> Response[ReasonReport]:
    return await told(call, lambda tx: reason_queries.reasons(tx, call.viewer, filters))


@get(
    "/cycle-time",
    operation_id="getCycleTime",
    summary="How long won cards took",
    dependencies={"filters": query_of(CycleFilters)},
    **needs(CycleFilters, table=True),
)
async def cycle_time(call: CallDep, filters: Query[CycleFilters]) -> Response[CycleReport]:
    return await told(call, lambda tx: cycle_queries.cycle_time(tx, call.viewer, filters))


@get(
    "/velocity",
    operation_id="getVelocity",
    summary="What open cards bring in a day",
    dependencies={"filters": query_of(VelocityFilters)},
    **needs(VelocityFilters, table=True),
)
async def velocity(call: CallDep, filters: Query[VelocityFilters]) -> Response[Velocity]:
    return await told(call, lambda tx: cycle_queries.velocity(tx, call.viewer, filters), None)


@get(
    "/forecast",
    operation_id="getForecast",
    summary="What will come in, by month",
    dependencies={"filters": query_of(ForecastFilters)},
    **needs(ForecastFilters, table=True),
)
async def forecast(call: CallDep, filters: Query[ForecastFilters]) -> Response[Forecast]:
    return await told(call, lambda tx: outlook_queries.forecast(tx, call.viewer, filters))


@get(
    "/managers",
    operation_id="getManagerReport",
    summary="What each manager has done with his cards, and what was left undone",
    dependencies={"filters": query_of(ManagerFilters)},
    **needs(ManagerFilters, table=True),
)
async def managers(call: CallDep, filters: Query[ManagerFilters]) -> Response[ManagerReport]:
    return await told(call, lambda tx: people_queries.managers(tx, call.viewer, filters))


@get(
    "/renewals",
    operation_id="getRenewalReport",
    summary="What became of the renewals that fell due: rates, and the money kept",
    dependencies={"filters": query_of(RenewalReportFilters)},
    **needs(RenewalReportFilters, table=True),
)
async def renewals(call: CallDep, filters: Query[RenewalReportFilters]) -> Response[RenewalReport]:
    return await told(call, lambda tx: retention_queries.renewals(tx, call.viewer, filters))


@get(
    "/churn",
    operation_id="getChurnReport",
    summary="Which share of clients, and of what they pay a year, was lost",
    dependencies={"filters": query_of(ChurnFilters)},
    **needs(ChurnFilters, table=True),
)
async def churn(call: CallDep, filters: Query[ChurnFilters]) -> Response[ChurnReport]:
    return await told(call, lambda tx: churn_queries.churn(tx, call.viewer, filters))


@get(
    "/changes",
    operation_id="getChanges",
    summary="What changed since Monday, or since another day",
    dependencies={"filters": query_of(ChangeFilters)},
    **needs(ChangeFilters, table=True),
)
async def changes(call: CallDep, filters: Query[ChangeFilters]) -> Response[ChangeReport]:
    return await told(call, lambda tx: since_queries.page(tx, call.viewer, filters))


router = Router(
    "/reports",
    route_handlers=[
        funnel, funnel_cards, reasons, cycle_time, velocity, forecast, managers, renewals, churn,
        changes,
    ],
    tags=["Reports"],
)  # fmt: skip
