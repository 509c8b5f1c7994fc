"""Reminder rules in REST: everybody reads them, admins write them; dry run, runs, their ledger."""

from litestar import Response, Router, delete, get, patch, post

from backend.db.session import Unit
from backend.domain.access import Origin
from backend.domain.flows import reminders as flow
from backend.domain.flows.runs import demand_not_later
from backend.domain.reminders import actions, queries
from backend.domain.reminders.schemas import (
    DryRunFilters,
    ReminderHits,
    ReminderRule,
    ReminderRuleCreate,
    ReminderRuleFields,
    ReminderRuleFilters,
    ReminderRules,
    ReminderRun,
    ReminderRunRequest,
    ReminderRuns,
)
from backend.domain.renewals.schemas import SweepFilters
from backend.routes.deps import CallDep, IfMatch, JSONBody, Path, Query
from backend.routes.guards import needs
from backend.routes.strict import query_of

TODAY = ReminderRunRequest()


@get(
    "/",
    operation_id="listReminderRules",
    summary="List reminder rules",
    dependencies={"filters": query_of(ReminderRuleFilters)},
    **needs(ReminderRuleFilters),
)
async def page(call: CallDep, filters: Query[ReminderRuleFilters]) -> ReminderRules:
    return await call.read(lambda tx: queries.page(tx, call.viewer, filters))


@get(
    "/{record_id:int}",
    operation_id="getReminderRule",
    summary="Read one reminder rule",
    **needs(),
)
async def one(call: CallDep, record_id: Path) -> Response[ReminderRule]:
    return await call.show(lambda tx: queries.one(tx, call.viewer, record_id))


@post(
    "/",
    operation_id="createReminderRule",
    summary="Make a reminder rule, or a variant of one for a scope",
    status_code=201,
    **needs(),
)
async def create(call: CallDep, data: JSONBody[ReminderRuleCreate]) -> Response[ReminderRule]:
    async def work(tx: Unit) -> ReminderRule:
        made = await actions.create(tx, call.viewer, data)
        return await queries.one(tx, call.viewer, made)

    return await call.write(work, 201, "/api/v1/reminder-rules/{id}")


@patch(
    "/{record_id:int}",
    operation_id="editReminderRule",
    summary="Write fields of a reminder rule, or switch it on or off",
    **needs(),
)
async def edit(
    call: CallDep, record_id: Path, data: JSONBody[ReminderRuleFields], if_match: IfMatch
) -> Response[ReminderRule]:
    async def work(tx: Unit) -> ReminderRule:
        await actions.edit(tx, call.viewer, record_id, data, if_match)
        return await queries.one(tx, call.viewer, record_id)

    return await call.write(work)


@delete(
    "/{record_id:int}",
    operation_id="deleteReminderRule",
    summary="Delete a reminder rule; what it did stays done",
    status_code=204,
    **needs(),
)
async def remove(call: CallDep, record_id: Path, if_match: IfMatch) -> Response[None]:
    return await call.write(lambda tx: actions.delete(tx, call.viewer, record_id, if_match), 204)


@post(
    "/{record_id:int}/restore",
    operation_id="restoreReminderRule",
    summary="Bring a deleted reminder rule back",
    status_code=200,
    **needs(),
)
async def restore(call: CallDep, record_id: Path) -> Response[ReminderRule]:
    async def work(tx: Unit) -> ReminderRule:
        await actions.restore(tx, call.viewer, record_id)
        return await queries.one(tx, call.viewer, record_id)

    return await call.write(work)


@get(
    "/dry-run",
    operation_id="dryRunReminders",
    summary="Whom the rules would hit on a day, and why",
    dependencies={"filters": query_of(DryRunFilters)},
    **needs(DryRunFilters),
)
async def dry_run(call: CallDep, filters: Query[DryRunFilters]) -> ReminderHits:
    return await call.read(lambda tx: flow.dry_run(tx, call.viewer, filters))


@post(
    "/runs",
    operation_id="runReminders",
    summary="Do everything that the rules have due",
    status_code=200,
    **needs(),
)
async def run(call: CallDep, data: JSONBody[ReminderRunRequest] = TODAY) -> Response[ReminderRun]:
    shared = call.resources
    demand_not_later(data.today, shared.now(), call.viewer.company)
    origin = Origin("token", call.viewer.request_id)
    return await call.apart(
        lambda: flow.remind(
            shared.database, shared.now, "manual", data.today, shared.deliver, origin
        )
    )


@get(
    "/runs",
    operation_id="listReminderRuns",
    summary="The ledger of the reminders, newest first",
    dependencies={"filters": query_of(SweepFilters)},
    **needs(SweepFilters),
)
async def runs(call: CallDep, filters: Query[SweepFilters]) -> ReminderRuns:
    return await call.read(lambda tx: queries.runs(tx, filters))


router = Router(
    "/reminder-rules",
    route_handlers=[page, one, create, edit, remove, restore, dry_run, run, runs],
    tags=["Reminders"],
)
