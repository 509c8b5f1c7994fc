"""The move: load, authorise, check the version, ask the kind's rules, write, follow up, record."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import UNSET

from backend.db.session import Unit
from backend.domain import access, stages
from backend.domain.access import Viewer
from backend.domain.cards import actions as cards
from backend.domain.cards import facts as card_facts
from backend.domain.cards import queries as card_queries
from backend.domain.cards.columns import queries as card_columns
from backend.domain.cards.events import queries as card_events
from backend.domain.cards.facts import Facts, StageEvent
from backend.domain.cards.kinds import Written
from backend.domain.cards.plans import Plan, Situation
from backend.domain.cards.schemas import MoveRequest
from backend.domain.moves import back, follow
from backend.domain.moves.kinds import DOORS, Door
from backend.domain.moves.references import demand_references
from backend.domain.pipelines import queries as pipelines
from backend.domain.pipelines.queries import Pipeline
from backend.domain.renewals import actions as renewals
from backend.domain.stages import EventKind, Stage, StageKind, State
from backend.errors import BadRequest, MoveRefused, pointed


@dataclass(frozen=True, slots=True)
class Arrow:
    """A move about to be made: the card as read, where from, where to, in which pipelines."""

    row: Mapping[str, Any]
    home: Pipeline
    origin: Stage
    goal: Pipeline
    target: Stage


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
    door = DOORS[kind]
    row = await card_queries.locked(tx, viewer, door.kind.table, card_id)
    access.demand_edit(viewer, row["owner_id"], kind)
    cards.demand_version(row["version"], if_match)
    arrow = await _arrow(tx, viewer, row, given)
    written = await prepared(tx, viewer, door, given.fields, row)
    if arrow.target.id == arrow.origin.id:
        return await _reposition(tx, viewer, door, arrow, given, written)
    plan = await door.plan(
        tx, viewer, await _situation(tx, viewer, arrow, given, written), arrow.goal, written
    )
    if row["kind"] == "renewal" and arrow.origin.state is State.WAITING:
        await renewals.note_activation(tx, row, run_id)
    return await carry_out(tx, viewer, arrow, given, written, plan, caused_by_card_id)


async def prepared(
    tx: Unit, viewer: Viewer, door: Door, fields: Mapping[str, Any], row: Mapping[str, Any]
) -> Written:
    """The fields of a move, read strictly as the kind's own; BadRequest points into `/fields`."""
    if not fields:
        return Written()
    try:
        typed: Any = msgspec.convert(dict(fields), door.kind.fields, strict=True, str_keys=True)
    except msgspec.ValidationError as error:
        text, _, path = str(error).partition(" - at `$")
        place = path.rstrip("`").replace(".", "/").replace("[", "/").replace("]", "")
        raise pointed(text, f"/fields{place}", BadRequest) from None
    written = await door.prepare(tx, typed, row)
    await demand_references(tx, viewer, written, row)
    return written


async def _arrow(tx: Unit, viewer: Viewer, row: Mapping[str, Any], given: MoveRequest) -> Arrow:
    """Where the move leads; MoveRefused with the stages there are where it names none."""
    locale = viewer.company.locale
    home = await pipelines.load(tx, row["pipeline_id"], locale)
    origin = home.stage(row["stage_id"])
    assert origin is not None
    goal, target = home, home.stage(given.stage)
    if target is None and (isinstance(given.stage, int) or given.stage.isdecimal()):
        other = await pipelines.of_stage(tx, int(given.stage), locale)
        if other is not None and other.kind == home.kind and other.active:
            goal, target = other, other.stage(int(given.stage))
    if target is None:
        possible = stages.allowed(origin, home.stages, reopens=DOORS[home.kind].kind.reopens)
        raise MoveRefused(
            f"There is no stage “{given.stage}” in this pipeline",
            allowed_stages=[{"id": s.id, "key": s.key, "name": s.name} for s in possible],
        )
    return Arrow(row, home, origin, goal, target)


async def _situation(
    tx: Unit, viewer: Viewer, arrow: Arrow, given: MoveRequest, written: Written
) -> Situation:
    lost = arrow.target.kind is StageKind.LOST
    found = (
        await pipelines.reasons(tx, arrow.goal.id, "lost", viewer.company.locale) if lost else []
    )
    values = written.over(arrow.row)
    if written.lines is not None:
        values["lines"] = values["product_lines"] = written.lines
    elif arrow.row["kind"] == "offer":
        values["lines"] = arrow.row["amount"] is not None
    return Situation(
        values=values, origin=arrow.origin, target=arrow.target, stages=arrow.home.stages,
        reasons=tuple(found), given=given, now=tx.now, today=viewer.company.today(tx.now),
        reopens=DOORS[arrow.row["kind"]].kind.reopens,
    )  # fmt: skip


async def _reposition(
    tx: Unit, viewer: Viewer, door: Door, arrow: Arrow, given: MoveRequest, written: Written
) -> int:
    """Another place in the same column: no stage event; fields given along are an edit."""
    row = arrow.row
    key = await _place(tx, viewer, arrow.target.id, row["id"], given)
    values = {**cards.touched(tx, viewer, row), **written.card, "position": key}
    edited = cards.changes(row, {**written.card, **written.special})
    version = await cards.save(
        tx, row, door.kind.table, values, written.special, seq=int(bool(edited))
    )
    await door.write_lines(tx, row["id"], written)
    if edited:
        await cards.record(
            tx, viewer, row["id"], row["last_seq"] + 1, EventKind.EDITED, row, changes=edited
        )
    await cards.say(tx, viewer, "updated", row["kind"], row["id"], version)
    return version


async def _place(tx: Unit, viewer: Viewer, stage_id: int, card_id: int, given: MoveRequest) -> str:
    after = given.after_id
    if after is None:
        return await cards.place(tx, stage_id, card_id, None, at_end=False)
    if after is UNSET or not await card_columns.is_seen(tx, viewer, after, stage_id):
        return await cards.place(tx, stage_id, card_id, None, at_end=True)
    return await cards.place(tx, stage_id, card_id, after, at_end=False)


async def carry_out(
    tx: Unit,
    viewer: Viewer,
    arrow: Arrow,
    given: MoveRequest,
    written: Written,
    plan: Plan,
    caused_by_card_id: int | None,
) -> int:
    """Write a planned move: the card, its events and facts, what follows, the announcement."""
    row, door = arrow.row, DOORS[arrow.row["kind"]]
    special = {**written.special, **plan.special, **_marks(row, arrow, tx)}
    values = {
        **written.card, **plan.card, **cards.touched(tx, viewer, row),
        "pipeline_id": arrow.goal.id, "stage_id": arrow.target.id, "state": arrow.target.state,
        "stage_entered_at": tx.now, "position": await _place(tx, viewer, arrow.target.id, row["id"], given),
        "entered_at": None if arrow.target.state is State.WAITING else _entered(tx, arrow),
    }  # fmt: skip
    version = await cards.save(tx, row, door.kind.table, values, special, seq=len(plan.path))
    before = {
        "steps": len(plan.path), "version": version,
        "columns": {name: row[name] for name in (*values, *special)},
    }  # fmt: skip
    await door.write_lines(tx, row["id"], written)
    now = {**row, **values, **special}
    made: follow.Made = []
    if arrow.origin.state in stages.CLOSED and arrow.target.state is State.OPEN:
        made += await back.withdraw_closing(tx, viewer, row)
    made += await follow.carry_out(tx, viewer, now, plan.follow_ups, move)
    edited = cards.changes(row, {**written.card, **written.special})
    if written.lines is not None:
        name = "product_lines" if row["kind"] == "deal" else "lines"
        edited.append({"field": name, "before": written.lines_before, "after": _plain(written)})
    await _record(tx, viewer, arrow, plan, given, now, edited, made, before, caused_by_card_id)
    await cards.say(tx, viewer, "moved", row["kind"], row["id"], version)
    return version


def _plain(written: Written) -> list[dict[str, Any]]:
    hidden = ("name", "replenishment", "period", "cost")
    return [{k: v for k, v in line.items() if k not in hidden} for line in written.lines or []]


def _entered(tx: Unit, arrow: Arrow) -> Any:
    """A card enters a pipeline once; another pipeline is entered anew."""
    same = arrow.goal.id == arrow.home.id
    return arrow.row["entered_at"] if same and arrow.row["entered_at"] else tx.now


def _marks(row: Mapping[str, Any], arrow: Arrow, tx: Unit) -> dict[str, Any]:
    """A renewal's own record of where it stands."""
    if row["kind"] != "renewal":
        return {}
    marks: dict[str, Any] = {
        "pending": arrow.target.state in (State.WAITING, State.OPEN),
        "waiting": arrow.target.state is State.WAITING,
    }
    if arrow.origin.state is State.WAITING:
        marks |= {
            "activated_at": tx.now,
            "parked_at": None,
            "retry_at": None,
            "failures": 0,
            "last_error": None,
        }
    return marks


async def _record(
    tx: Unit,
    viewer: Viewer,
    arrow: Arrow,
    plan: Plan,
    given: MoveRequest,
    now: Mapping[str, Any],
    edited: list[dict[str, Any]],
    made: list[dict[str, Any]],
    before: dict[str, Any],
    caused_by_card_id: int | None,
) -> None:
    """One history line per stage passed; the last one carries what was given and made."""
    row, origin = arrow.row, arrow.origin
    known = await pipelines.all_stages(tx, {arrow.home.id, arrow.goal.id}, viewer.company.locale)
    old = await card_events.facts(tx, row["id"])
    new = Facts(dict(old.funnels), dict(old.visits))
    for step, target in enumerate(plan.path):
        last = step == len(plan.path) - 1
        event = stages.event_of(origin, target)
        details: dict[str, Any] = (
            {
                "reason_id": now["reason_id"] or (given.end_agreement.reason_id if given.end_agreement else None),
                "comment": given.comment, "changes": edited, "made": made, "before": before,
            }
            if last
            else {}
        )  # fmt: skip
        await cards.record(
            tx, viewer, row["id"], row["last_seq"] + 1 + step, event, now,
            from_stage_id=origin.id, to_stage_id=target.id, caused_by_card_id=caused_by_card_id, **details,
        )  # fmt: skip
        card_facts.step(new, StageEvent(event, tx.now, origin.id, target.id), known)
        origin = target
    await cards.write_facts(tx, row["id"], old, new)
