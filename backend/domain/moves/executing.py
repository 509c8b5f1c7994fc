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
from backend.domain.cards.follow_ups import EndAgreement
from backend.domain.cards.kinds import Written
from backend.domain.cards.plans import Plan
from backend.domain.cards.schemas import MoveRequest
from backend.domain.feed.actions import announce
from backend.domain.moves import following_up, undoing, winning_back
from backend.domain.moves.kinds import BEHAVIOURS
from backend.domain.pipelines import queries as pipelines
from backend.domain.pipelines.queries import Pipeline
from backend.domain.renewals import actions as renewals
from backend.domain.stages import Stage, State
from backend.domain.tasks.steps import actions as tasks
from backend.domain.users.owners import demand_at_work


@dataclass(frozen=True, slots=True)
class Arrow:
    """A move about to be made: the card as read, where from, where to, in which pipelines."""

    row: Mapping[str, Any]
    home: Pipeline
    origin: Stage
    goal: Pipeline
    target: Stage


@dataclass(frozen=True, slots=True)
class PlannedMove:
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


async def execute(tx: Unit, viewer: Viewer, planned: PlannedMove, move: following_up.Move) -> int:
    """Write the move and everything it brings about; the card's new version.

    `move` is how other cards follow: by `moving.move`, as any other.
    """
    row, arrow, plan, written = planned.arrow.row, planned.arrow, planned.plan, planned.written
    behaviour = BEHAVIOURS[row["kind"]]
    made: following_up.Made = []
    if arrow.origin.state in stages.CLOSED and arrow.target.state is State.OPEN:
        await demand_at_work(tx, row)
        await winning_back.demand_alone(tx, viewer, row)
        made += await undoing.withdraw_closing(tx, viewer, row)
    values, special = drafted(tx, viewer, planned)
    await following_up.keep_terms(tx, viewer, plan.follow_ups)
    version = await cards.save(tx, row, behaviour.kind.table, values, special, seq=len(plan.path))
    await behaviour.write_lines(tx, row["id"], written)
    now = {**row, **values, **special}
    made += await following_up.carry_out(tx, viewer, now, plan.follow_ups, move)
    if made or planned.standing.has_steps:
        made += await tasks.settle(tx, viewer, row["id"], arrow.target)
    for line in history(planned, {**values, **special}, made):
        await cards.record(tx, viewer, **line)
    await settle(tx, viewer, planned, {**values, **special}, made)
    return version


def drafted(
    tx: Unit, viewer: Viewer, planned: PlannedMove
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The columns that a move writes: the card's, and its kind's."""
    row, plan, written = planned.arrow.row, planned.plan, planned.written
    special = {**written.special, **plan.special, **_renewal_marks(planned.arrow, tx)}
    marks = cards.touched(tx, viewer, row)
    return {**written.card, **plan.card, **marks, **_place(tx, planned)}, special


def _place(tx: Unit, planned: PlannedMove) -> dict[str, Any]:
    """Where the card stands from now on; it enters each pipeline once, however often it comes."""
    arrow, entered = planned.arrow, planned.arrow.row["entered_at"]
    if arrow.target.state is State.WAITING:
        entered = None
    elif entered is None or arrow.goal.id != arrow.home.id:
        been = planned.standing.facts.funnels.get(arrow.goal.id)
        entered = tx.now if been is None else been.entered_at
    return {
        "pipeline_id": arrow.goal.id,
        "stage_id": arrow.target.id,
        "state": arrow.target.state,
        "stage_entered_at": tx.now,
        "entered_at": entered,
        "position": planned.position,
    }


def _logged(written: Mapping[str, Any], made: following_up.Made) -> dict[str, Any]:
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


def _other_reason(planned: PlannedMove) -> int | None:
    """The reason of a reschedule, or of no further renewal: they do not stand on the card."""
    if planned.arrow.target.state is State.WAITING:
        return planned.given.reason_id
    ends = (step for step in planned.plan.follow_ups if isinstance(step, EndAgreement))
    return next((step.reason_id for step in ends), None)


def history(
    planned: PlannedMove, columns: Mapping[str, Any], made: following_up.Made
) -> list[dict[str, Any]]:
    """One line per stage passed; the last one carries what was given and made."""
    row, origin, path = planned.arrow.row, planned.arrow.origin, planned.plan.path
    now = {**row, **columns}
    told = {
        "reason_id": now["reason_id"] or _other_reason(planned),
        "comment": planned.given.comment,
        "changes": _edited(planned),
        "made": made,
        "before": {
            "steps": len(path),
            "version": row["version"] + 1,
            "columns": {name: row[name] for name in columns},
        },
    }
    lines = []
    for step, target in enumerate(path, start=1):
        lines.append({
            "card_id": row["id"], "seq": row["last_seq"] + step,
            "event": stages.event_of(origin, target), "row": now,
            "from_stage_id": origin.id, "to_stage_id": target.id,
            "caused_by_card_id": planned.caused_by_card_id,
            **(told if step == len(path) else {}),
        })  # fmt: skip
        origin = target
    return lines


def _edited(planned: PlannedMove) -> list[dict[str, Any]]:
    return [*cards.edited(planned.arrow.row, planned.written), *planned.changes]


async def settle(
    tx: Unit,
    viewer: Viewer,
    planned: PlannedMove,
    columns: Mapping[str, Any],
    made: following_up.Made,
) -> None:
    """Keep the facts of a card that has moved, and log it."""
    row, arrow, origin = planned.arrow.row, planned.arrow, planned.arrow.origin
    known = await pipelines.all_stages(tx, {arrow.home.id, arrow.goal.id}, viewer.company.locale)
    pipelines.demand_living(known, arrow.target)
    old = planned.standing.facts
    new = Facts(dict(old.funnels), dict(old.visits))
    reason_id = {**row, **columns}["reason_id"]
    for target in planned.plan.path:
        event = stages.event_of(origin, target)
        card_facts.step(new, StageEvent(event, tx.now, origin.id, target.id, reason_id), known)
        origin = target
    await cards.write_facts(tx, row["id"], old, new)
    changes = cards.logged(row, _logged(columns, made), _edited(planned))
    await announce(tx, viewer, "moved", row["kind"], row["id"], row["version"] + 1, changes)
