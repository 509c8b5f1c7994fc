"""REST, version 1: a router for each resource."""

from litestar import Router

from backend.routes.api import deals, leads, offers, renewals, reports
from backend.routes.guards import authorise
from backend.routes.strict import StrictBody

router = Router(
    "/api/v1",
    route_handlers=[leads.router, offers.router, deals.router, renewals.router, reports.router],
    guards=[authorise],
    dto=StrictBody,
    return_dto=None,
)
