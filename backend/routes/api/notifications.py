"""Notifications in REST: everybody reads his own."""

from litestar import Response, Router, get, post

from backend.db.session import Unit
from backend.domain.notifications import actions, queries
from backend.domain.notifications.schemas import Notification, NotificationFilters, Notifications
from backend.routes.deps import CallDep, Path, Query
from backend.routes.guards import needs
from backend.routes.strict import query_of


@get(
    "/",
    operation_id="listNotifications",
    summary="List what one was told, newest first",
    dependencies={"filters": query_of(NotificationFilters)},
    **needs(NotificationFilters),
)
async def page(call: CallDep, filters: Query[NotificationFilters]) -> Notifications:
    return await call.read(lambda tx: queries.page(tx, call.viewer, filters))


@get(
    "/{record_id:int}",
    operation_id="getNotification",
    summary="Read one notification",
    **needs(),
)
async def one(call: CallDep, record_id: Path) -> Response[Notification]:
    return await call.show(lambda tx: queries.one(tx, call.viewer, record_id))


@post(
    "/{record_id:int}/read",
    operation_id="readNotification",
    summary="Note that one has read a notification",
    status_code=200,
    **needs(),
)
async def read(call: CallDep, record_id: Path) -> Response[Notification]:
    async def work(tx: Unit) -> Notification:
        await actions.read(tx, call.viewer, record_id)
        return await queries.one(tx, call.viewer, record_id)

    return await call.write(work)


router = Router("/notifications", route_handlers=[page, one, read], tags=["Reminders"])
