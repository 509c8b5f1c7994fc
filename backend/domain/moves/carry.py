"""Carrying a planned move out: the card, what follows, its history, its facts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from backend.db.session import Unit
from backend.domain import stages
from backend.domain.access import Viewer
from backend.domain.cards import actions as cards
from backend.domain.cards import facts as card_facts
from backend.domain.cards.events.queries import Standing
from backend.domain.cards.facts import Facts, StageEvent
from backend.domain.cards.kinds import Written
from backend.domain.cards.plans import Plan
from backend.domain.cards.schemas import MoveRequest
from backend.domain.moves import back, follow
from backend.domain.moves.kinds import DOORS
from backend.domain.pipelines import queries as pipelines
from backend.domain.pipelines.queries import Pipeline
from backend.domain.renewals import actions as renewals
from backend.domain.stages import Stage, State
from backend.domain.tasks.steps import actions as tasks


@dataclass(frozen=True, slots=True)
class Arrow:
    """A move about to be made: the card as read, where from, where to, in which pipelines."""

    row: Mapping[str, Any]
    home: Pipeline
    origin: Stage
    goal: Pipeline
    target: Stage


@dataclass(frozen=True, slots=True)
class Order:
    """A move that the rules allow, with all that is to be written.

    `changes` are told in the history beside those of the fields given.
    """

    arrow: Arrow
    given: MoveRequest
    written: Written
    plan: Plan
    standing: Standing
    caused_by_card_id: int | None
    position: str
    changes: tuple[dict[str, Any], ...] = ()


async def out(tx: Unit, viewer: Viewer, order: Order, move: follow.Move) -> int:
    """Write the move and everything it brings about; the card's new version.

    `move` is the door, through which other cards follow.
    """
    row, arrow, plan, written = order.arrow.row, order.arrow, order.plan, order.written
    door = DOORS[row["kind"]]
    made: follow.Made = []
    if arrow.origin.state in stages.CLOSED and arrow.target.state is State.OPEN:
        made += await back.withdraw_closing(tx, viewer, row)
    special = {**written.special, **plan.special, **_renewal_marks(arrow, tx)}
    place = _place(tx, order)
    values = {**written.card, **plan.card, **cards.touched(tx, viewer, row), **place}
    await follow.keep_terms(tx, viewer, plan.follow_ups)
    version = await cards.save(tx, row, door.kind.table, values, special, seq=len(plan.path))
    before = {
        "steps": len(plan.path),
        "version": version,
        "columns": {name: row[name] for name in (*values, *special)},
    }
    await door.write_lines(tx, row["id"], written)
    now = {**row, **values, **special}
    made += await follow.carry_out(tx, viewer, now, plan.follow_ups, move)
    if made or order.standing.has_steps:
        made += await tasks.settle(tx, viewer, row["id"], arrow.target)
    edited = [*cards.edited(row, written), *order.changes]
    told = {
        "reason_id": now["reason_id"] or _other_reason(order),
        "comment": order.given.comment,
        "changes": edited,
        "made": made,
        "before": before,
    }
    await _record(tx, viewer, order, now, told)
    changes = cards.logged(row, _logged({**values, **special}, made), edited)
    await cards.say(tx, viewer, "moved", row["kind"], row["id"], version, changes)
    return version


def _place(tx: Unit, order: Order) -> dict[str, Any]:
    """Where the card stands from now on; it enters each pipeline once, however often it comes."""
    arrow, entered = order.arrow, order.arrow.row["entered_at"]
    if arrow.target.state is State.WAITING:
        entered = None
    elif entered is None or arrow.goal.id != arrow.home.id:
        been = order.standing.facts.funnels.get(arrow.goal.id)
        entered = tx.now if been is None else been.entered_at
    return {
        "pipeline_id": arrow.goal.id,
        "stage_id": arrow.target.id,
        "state": arrow.target.state,
        "stage_entered_at": tx.now,
        "entered_at": entered,
        "position": order.position,
    }


def _logged(written: Mapping[str, Any], made: follow.Made) -> dict[str, Any]:
    """What a move wrote on its card, for the log; where in the column it stands says nothing."""
    found = {name: value for name, value in written.items() if name != "position"}
    for item in made:
        if item["what"] == "deal":
            found["deal_id"] = item["id"]
    return found


def _renewal_marks(arrow: Arrow, tx: Unit) -> dict[str, Any]:
    """A renewal's own record of where it stands."""
    if arrow.row["kind"] != "renewal":
        return {}
    marks: dict[str, Any] = {
        "pending": arrow.target.state in (State.WAITING, State.OPEN),
        "waiting": arrow.target.state is State.WAITING,
    }
    if arrow.origin.state is State.WAITING:
        marks |= {"activated_at": tx.now, **renewals.DECIDED}
    return marks


def _other_reason(order: Order) -> int | None:
    """The reason of a reschedule, or of no further renewal: they do not stand on the card."""
    if order.arrow.target.state is State.WAITING:
        return order.given.reason_id
    ending = order.given.end_agreement
    return None if ending is None else ending.reason_id


async def _record(
    tx: Unit, viewer: Viewer, order: Order, now: Mapping[str, Any], told: dict[str, Any]
) -> None:
    """One history line per stage passed; the last one carries what was given and made."""
    row, arrow, origin = order.arrow.row, order.arrow, order.arrow.origin
    steps: list[StageEvent] = []
    for step, target in enumerate(order.plan.path, start=1):
        event = stages.event_of(origin, target)
        details: dict[str, Any] = {
            "from_stage_id": origin.id,
            "to_stage_id": target.id,
            "caused_by_card_id": order.caused_by_card_id,
            **(told if step == len(order.plan.path) else {}),
        }
        await cards.record(tx, viewer, row["id"], row["last_seq"] + step, event, now, **details)
        steps.append(StageEvent(event, tx.now, origin.id, target.id, now["reason_id"]))
        origin = target
    known = await pipelines.all_stages(tx, {arrow.home.id, arrow.goal.id}, viewer.company.locale)
    pipelines.demand_living(known, arrow.target)
    old = order.standing.facts
    new = Facts(dict(old.funnels), dict(old.visits))
    for stage_event in steps:
        card_facts.step(new, stage_event, known)
    await cards.write_facts(tx, row["id"], old, new)
