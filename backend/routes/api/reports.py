"""Reports in REST; each is JSON, or CSV with `Accept: text/csv`."""

from typing import Any

from litestar import Response, Router, get
from litestar.handlers import HTTPRouteHandler

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
from backend.routes.api.records import Work, reply, typed
from backend.routes.deps import CallDep, Query
from backend.routes.guards import needs
from backend.routes.strict import query_of
from backend.routes.tables import negotiated


def _report(
    path: str,
    name: str,
    summary: str,
    asked: type,
    answer: type,
    read: Work,
    rows: str | None = "items",
) -> HTTPRouteHandler:
    """A report at its path, with its operation; `rows` are its lines where it is told as CSV."""

    async def report(call: CallDep, filters: Query[Any]) -> Response[Any]:
        return await negotiated(call, lambda tx: read(tx, call.viewer, filters), rows)

    return get(
        path, operation_id=name, summary=summary, dependencies={"filters": query_of(asked)},
        **needs(asked, table=True),
    )(typed(report, **{"return": reply(answer)}))  # fmt: skip


REPORTS = [
    _report(
        "/funnel", "getFunnel", "Conversion and drop-off of each stage",
        FunnelFilters, FunnelReport, queries.funnel, "stages",
    ),
    _report(
        "/funnel/cards", "listFunnelCards", "The cards behind a number of a funnel",
        FunnelCardFilters, ReportCards, queries.cards,
    ),
    _report(
        "/reasons", "getReasonReport",
        "Why cards are lost: each reason's share in all that was closed or sent",
        ReasonReportFilters, ReasonReport, reason_queries.reasons,
    ),
    _report(
        "/cycle-time", "getCycleTime", "How long won cards took",
        CycleFilters, CycleReport, cycle_queries.cycle_time,
    ),
    _report(
        "/velocity", "getVelocity", "What open cards bring in a day",
        VelocityFilters, Velocity, cycle_queries.velocity, None,
    ),
    _report(
        "/forecast", "getForecast", "What will come in, by month",
        ForecastFilters, Forecast, outlook_queries.forecast,
    ),
    _report(
        "/managers", "getManagerReport",
        "What each manager has done with his cards, and what was left undone",
        ManagerFilters, ManagerReport, people_queries.managers,
    ),
    _report(
        "/renewals", "getRenewalReport",
        "What became of the renewals that fell due: rates, and the money kept",
        RenewalReportFilters, RenewalReport, retention_queries.renewals,
    ),
    _report(
        "/churn", "getChurnReport",
        "Which share of clients, and of what they pay a year, was lost",
        ChurnFilters, ChurnReport, churn_queries.churn,
    ),
    _report(
        "/changes", "getChanges", "What changed since Monday, or since another day",
        ChangeFilters, ChangeReport, since_queries.page,
    ),
]  # fmt: skip

router = Router("/reports", route_handlers=REPORTS, tags=["Reports"])
