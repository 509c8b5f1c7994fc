"""The move: load, authorise, check the version, ask the kind's rules, write, follow up, record."""

from collections.abc import Mapping
from typing import Any

from msgspec import UNSET

from backend.db.session import Unit
from backend.domain import access, stages, versions
from backend.domain.access import Viewer
from backend.domain.calendar import demand_span
from backend.domain.cards import actions as cards
from backend.domain.cards import queries as card_queries
from backend.domain.cards.columns import queries as card_columns
from backend.domain.cards.events import queries as card_events
from backend.domain.cards.kinds import Written
from backend.domain.cards.plans import Situation
from backend.domain.cards.schemas import MoveRequest
from backend.domain.deals import queries as deals
from backend.domain.feed.actions import announce
from backend.domain.moves import executing
from backend.domain.moves.executing import Arrow, PlannedMove
from backend.domain.moves.kinds import BEHAVIOURS, Behaviour
from backend.domain.moves.references import demand_references
from backend.domain.offers.rules import UNLOCKING
from backend.domain.pipelines import queries as pipelines
from backend.domain.renewals import actions as renewals
from backend.domain.stages import EventKind, StageKind, State
from backend.domain.texts import as_id
from backend.errors import Conflict, DomainError, MoveRefused, within
from backend.reading import converted

COMPUTED = {"renewal_date"}  # what a move writes by itself and its history tells


async def move(
    tx: Unit,
    viewer: Viewer,
    kind: str,
    card_id: int,
    given: MoveRequest,
    if_match: int | None,
    *,
    caused_by_card_id: int | None = None,
    run_id: int | None = None,
) -> int:
    """Move a card to a stage, with all that was given; its new version.

    `if_match` None means the caller need not have read the card (the worker, a follow-up). A move
    within the stage changes the place alone. NotFound, Forbidden, Stale, MoveRefused, FieldNeeded,
    ReasonNeeded, NextDateNeeded: in each case nothing is changed.
    """
    behaviour = BEHAVIOURS[kind]
    fields = _read(behaviour, given.fields)
    demand_span(given.next_period, "/next_period")
    row = await card_queries.locked(tx, viewer, behaviour.kind.table, card_id)
    access.demand_edit(viewer, row["owner_id"], kind)
    versions.demand_version(row["version"], if_match)
    standing = await card_events.standing(tx, card_id)
    pipelines.stands_at(tx, row["pipeline_id"], standing.pipeline_version)
    arrow = await _arrow(tx, viewer, row, given)
    written = await _prepared(tx, viewer, behaviour, fields, _unlocked(arrow))
    if arrow.target.id == arrow.origin.id:
        return await _reposition(tx, viewer, behaviour, arrow, given, written)
    plan = await behaviour.plan(
        tx, viewer, await situation(tx, viewer, arrow, given, written), arrow.goal, written
    )
    place = await _place(tx, viewer, arrow.target.id, row["id"], given)
    if row["kind"] == "renewal" and arrow.origin.state is State.WAITING:
        await renewals.note_activations(tx, [row], run_id)
    told = cards.changes(row, {n: v for n, v in plan.special.items() if n in COMPUTED})
    planned = PlannedMove(
        arrow, given, written, plan, standing, caused_by_card_id, place, tuple(told)
    )
    return await executing.execute(tx, viewer, planned, move)


def _unlocked(arrow: Arrow) -> Mapping[str, Any]:
    """The card as the fields given are read over: terms may change in the very move to rework."""
    if arrow.target.key != UNLOCKING:
        return arrow.row
    return {**arrow.row, "stage_key": UNLOCKING}


def _read(behaviour: Behaviour, fields: dict[str, Any]) -> Any:
    """The fields of a move as the kind's own; None where there are none."""
    return converted(fields, behaviour.kind.fields, "/fields", strict=True) if fields else None


async def _prepared(
    tx: Unit, viewer: Viewer, behaviour: Behaviour, fields: Any, row: Mapping[str, Any]
) -> Written:
    """The fields of a move, ready to be written; what is wrong with them lies in `/fields`."""
    if fields is None:
        return Written()
    try:
        written = await behaviour.prepare(tx, fields, row)
        await demand_references(tx, viewer, written, row)
    except DomainError as error:
        raise within(error, "/fields") from None
    return written


async def _arrow(tx: Unit, viewer: Viewer, row: Mapping[str, Any], given: MoveRequest) -> Arrow:
    """Where the move leads; MoveRefused with the stages there are where it names none."""
    locale = viewer.company.locale
    home = await pipelines.load(tx, row["pipeline_id"], locale)
    origin = home.stage(row["stage_id"])
    assert origin is not None
    goal, target = home, home.stage(given.stage)
    stage_id = as_id(given.stage)
    if target is None and stage_id is not None:
        other = await pipelines.of_stage(tx, stage_id, locale)
        if other is not None and other.kind == home.kind and pipelines.takes(viewer, other):
            goal, target = other, other.stage(stage_id)
    if target is None:
        possible = stages.allowed(origin, home.stages, reopens=BEHAVIOURS[home.kind].kind.reopens)
        raise MoveRefused(
            f"There is no stage “{given.stage}” in this pipeline",
            allowed_stages=stages.as_choices(possible),
        )
    return Arrow(row, home, origin, goal, target)


async def situation(
    tx: Unit, viewer: Viewer, arrow: Arrow, given: MoveRequest, written: Written
) -> Situation:
    """What the rules are asked about a move."""
    lost = arrow.target.kind is StageKind.LOST
    found = (
        await pipelines.reasons(tx, arrow.goal.id, "lost", viewer.company.locale) if lost else []
    )
    values = written.over(arrow.row)
    if written.lines is not None:
        values["lines"] = values["product_lines"] = written.lines
    elif arrow.row["kind"] == "offer":
        values["lines"] = arrow.row["amount"] is not None
    elif "product_lines" in "|".join(arrow.target.required_fields).split("|"):
        values["product_lines"] = await deals.line_rows(tx, arrow.row["id"])
    return Situation(
        values=values, origin=arrow.origin, target=arrow.target, stages=arrow.home.stages,
        reasons=tuple(found), given=given, now=tx.now, today=viewer.company.today(tx.now),
        reopens=BEHAVIOURS[arrow.row["kind"]].kind.reopens,
    )  # fmt: skip


async def _reposition(
    tx: Unit,
    viewer: Viewer,
    behaviour: Behaviour,
    arrow: Arrow,
    given: MoveRequest,
    written: Written,
) -> int:
    """Another place in the same column: no stage event; fields given along are an edit."""
    row = arrow.row
    if row["reason_id"] is not None and given.reason_id not in (None, row["reason_id"]):
        raise Conflict(
            "This card was closed for another reason; reopen it, then close it for this one"
        )
    key = await _place(tx, viewer, arrow.target.id, row["id"], given)
    values = {**cards.touched(tx, viewer, row), **written.card, "position": key}
    edited = cards.edited(row, written)
    version = await cards.save(
        tx, row, behaviour.kind.table, values, written.special, seq=int(bool(edited))
    )
    await behaviour.write_lines(tx, row["id"], written)
    if edited:
        await cards.record(
            tx, viewer, row["id"], row["last_seq"] + 1, EventKind.EDITED, row, changes=edited
        )
    changes = cards.logged(row, {**values, **written.special}, edited)
    await announce(tx, viewer, "updated", row["kind"], row["id"], version, changes)
    return version


async def _place(tx: Unit, viewer: Viewer, stage_id: int, card_id: int, given: MoveRequest) -> str:
    after = given.after_id
    if after is None:
        return await cards.place(tx, stage_id, card_id, "top")
    if after is UNSET or not await card_columns.is_seen(tx, viewer, after, stage_id):
        return await cards.place(tx, stage_id, card_id, "bottom")
    return await cards.place(tx, stage_id, card_id, after)
