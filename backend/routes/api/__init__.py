"""REST, version 1: a router for each resource."""

from litestar import Router

from backend.routes.api import (
    activities,
    agreements,
    changes,
    clients,
    contacts,
    deals,
    leads,
    me,
    notifications,
    offers,
    pipelines,
    products,
    reminders,
    renewals,
    reports,
    settings,
    tasks,
    teams,
    tokens,
    users,
)
from backend.routes.conditional import tagged
from backend.routes.guards import authorise
from backend.routes.methods import telling_methods
from backend.routes.strict import StrictBody
from backend.routes.token_use import note_token_use

router = Router(
    "/api/v1",
    route_handlers=[
        clients.router,
        contacts.router,
        leads.router,
        offers.router,
        deals.router,
        renewals.router,
        agreements.router,
        reports.router,
        products.router,
        pipelines.router,
        tasks.router,
        activities.router,
        reminders.router,
        notifications.router,
        settings.router,
        me.router,
        users.router,
        users.roles_router,
        teams.router,
        tokens.router,
        changes.events_router,
        changes.audit_router,
    ],
    guards=[authorise],
    middleware=[telling_methods, tagged],
    after_response=note_token_use,
    dto=StrictBody,
    return_dto=None,
)
