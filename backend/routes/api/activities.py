"""Activities in REST."""

from litestar import Router

from backend.domain.activities import actions, queries
from backend.domain.activities.schemas import (
    Activities,
    Activity,
    ActivityCreate,
    ActivityFields,
    ActivityFilters,
)
from backend.routes.api.records import Reads, Resource, Shapes, Writes, routes

RESOURCE = Resource(
    "activity",
    "activities",
    Shapes(Activity, Activities, ActivityFilters, ActivityCreate, ActivityFields),
    Reads(queries.page, queries.one, queries.written),
    Writes(actions.create, actions.edit, actions.delete, actions.restore),
    makes="Note what was done about a card or a client",
)

router = Router("/activities", route_handlers=routes(RESOURCE), tags=["Activities"])
