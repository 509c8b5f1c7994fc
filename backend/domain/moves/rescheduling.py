"""Rescheduling: another date for one term, counted as a slip, with a reason."""

from collections.abc import Mapping
from typing import Any

from backend.db.session import Unit
from backend.domain import access, versions
from backend.domain.access import Viewer
from backend.domain.agreements import actions as agreements
from backend.domain.cards import actions as cards
from backend.domain.cards import queries as card_queries
from backend.domain.cards.events import queries as card_events
from backend.domain.cards.kinds import Written
from backend.domain.cards.plans import Plan
from backend.domain.cards.schemas import MoveRequest
from backend.domain.consumption import BY_HAND
from backend.domain.feed.actions import announce
from backend.domain.moves import executing, moving
from backend.domain.moves.executing import Arrow, PlannedMove
from backend.domain.pipelines import queries as pipelines
from backend.domain.renewals import actions as renewals
from backend.domain.renewals import queries, rules
from backend.domain.renewals.schemas import RescheduleRequest
from backend.domain.stages import EventKind, Reason, State
from backend.errors import Conflict, ReasonNeeded

ALIGN, WRONG = "align_dates", "wrong_date"


async def reschedule(
    tx: Unit, viewer: Viewer, renewal_id: int, given: RescheduleRequest, if_match: int | None
) -> int:
    """Give a term another date; its new version.

    Counts a slip unless the date had been wrong; `align_dates` makes the date the new anchor. A
    renewal in work whose time has not come under the new date goes back to wait.
    """
    row = await card_queries.locked(tx, viewer, renewals.KIND.table, renewal_id)
    access.demand_edit(viewer, row["owner_id"], "renewal")
    versions.demand_version(row["version"], if_match)
    if not row["pending"]:
        raise Conflict("This renewal is closed; only a waiting or open one can be rescheduled")
    reason = await _reason(tx, viewer, row["pipeline_id"], given.reason)
    rules.demand_later(given.renewal_date, await queries.date_of(tx, row["previous_id"]))
    if reason.key == ALIGN:
        anchor = {"anchor_date": given.renewal_date, "anchor_cycle": row["cycle"]}
        await agreements.change(tx, viewer, row["agreement_id"], **anchor)
    special = {
        "renewal_date": given.renewal_date,
        **BY_HAND.columns(),
        "quantity": row["quantity"],
        "slips": row["slips"] + (reason.key != WRONG and given.renewal_date != row["renewal_date"]),
    }
    due = await renewals.activation_day(tx, {**row, **special}, given.renewal_date)
    special["activates_on"] = due
    told = cards.changes(row, special)
    special |= renewals.DECIDED
    today = viewer.company.today(tx.now)
    if row["state"] == State.OPEN and not rules.is_due(special["activates_on"], today):
        return await _put_back(tx, viewer, row, special, told, reason, given)
    values = cards.touched(tx, viewer, row)
    version = await cards.save(tx, row, renewals.KIND.table, values, special)
    await cards.record(
        tx, viewer, renewal_id, row["last_seq"] + 1, EventKind.EDITED, row,
        changes=told, reason_id=reason.id, comment=given.comment,
    )  # fmt: skip
    changes = cards.logged(row, {**values, **special})
    await announce(tx, viewer, "updated", "renewal", renewal_id, version, changes)
    return version


async def _reason(tx: Unit, viewer: Viewer, pipeline_id: int, given: int | str) -> Reason:
    found = await pipelines.reasons(tx, pipeline_id, "reschedule", viewer.company.locale)
    for reason in found:
        if given in (reason.id, reason.key, str(reason.id)):
            return reason
    raise ReasonNeeded(
        "Rescheduling needs one of these reasons",
        reasons=[{"id": r.id, "key": r.key, "name": r.name} for r in found],
        suggested_action="send `reason`: a key or an id",
    )


async def _put_back(
    tx: Unit,
    viewer: Viewer,
    row: Mapping[str, Any],
    special: dict[str, Any],
    told: list[dict[str, Any]],
    reason: Reason,
    given: RescheduleRequest,
) -> int:
    home = await pipelines.load(tx, row["pipeline_id"], viewer.company.locale)
    origin = home.stage(row["stage_id"])
    assert origin is not None
    changed = {**special, "waits": row["waits"] + 1, "activated_at": None}
    arrow = Arrow(row, home, origin, home, renewals.store_of(home))
    plan = Plan(path=(arrow.target,), special=changed)
    request = MoveRequest(stage=arrow.target.id, reason_id=reason.id, comment=given.comment)
    place = await cards.place(tx, arrow.target.id, row["id"], "bottom")
    standing = await card_events.standing(tx, row["id"])
    planned = PlannedMove(arrow, request, Written(), plan, standing, None, place, tuple(told))
    return await executing.execute(tx, viewer, planned, moving.move)
