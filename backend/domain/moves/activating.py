"""Many renewals that come into work at once: the very move, written in sets."""

from collections.abc import Sequence
from typing import Any

from backend.db.session import Unit
from backend.domain import access
from backend.domain.access import Viewer
from backend.domain.cards import actions as cards
from backend.domain.cards import queries as card_queries
from backend.domain.cards.columns.queries import last
from backend.domain.cards.events import queries as card_events
from backend.domain.cards.follow_ups import MakeTask
from backend.domain.cards.kinds import Written
from backend.domain.cards.rules import key_between
from backend.domain.cards.schemas import MoveRequest
from backend.domain.moves import executing, moving
from backend.domain.moves.executing import Arrow, PlannedMove
from backend.domain.moves.following_up import Made
from backend.domain.pipelines import queries as pipelines
from backend.domain.renewals import actions as renewals
from backend.domain.renewals import rules
from backend.domain.renewals.terms import queries as terms_of
from backend.domain.stages import State
from backend.domain.tasks import actions as tasks
from backend.domain.tasks.steps import actions as steps
from backend.errors import Conflict


async def activate_all(tx: Unit, viewer: Viewer, ids: Sequence[int], run_id: int | None) -> None:
    """Bring waiting renewals of one pipeline into work, in the order of their ids as given.

    Every row is what `renewing.activate` would write. Whatever is out of the ordinary with one of
    them, a refusal or an open task of a rule, is a DomainError, or the database's: then they are
    to be activated one by one.
    """
    moves = await _planned(tx, viewer, ids)
    await renewals.note_activations(tx, [planned.arrow.row for planned in moves], run_id)
    drafts = [executing.drafted(tx, viewer, planned) for planned in moves]
    writes = [(planned.arrow.row, *draft) for planned, draft in zip(moves, drafts, strict=True)]
    await cards.save_all(tx, renewals.KIND.table, writes)
    next_steps = await _steps(tx, viewer, moves)
    done: list[tuple[PlannedMove, dict[str, Any], Made]] = []
    for planned, (values, special) in zip(moves, drafts, strict=True):
        step = next_steps.get(planned.arrow.row["id"])
        made = [] if step is None else [{"what": "task", "id": step[0], "version": 1}]
        done.append((planned, {**values, **special}, made))
    lines = [line for told in done for line in executing.history(*told)]
    await cards.record_all(tx, [cards.line(tx, viewer, **line) for line in lines])
    for planned, columns, made in done:
        if made:
            await tasks.tell_made(tx, viewer, *next_steps[planned.arrow.row["id"]])
        await executing.settle(tx, viewer, planned, columns, made)


async def _steps(
    tx: Unit, viewer: Viewer, moves: Sequence[PlannedMove]
) -> dict[int, tuple[int, dict[str, Any]]]:
    """The next steps that the moves bring: the task's id and row by the card's id."""
    wanted = [
        (planned.arrow.row["owner_id"], step)
        for planned in moves
        for step in planned.plan.follow_ups
        if isinstance(step, MakeTask)
    ]
    return {row["card_id"]: (made, row) for made, row in await steps.make_all(tx, viewer, wanted)}


async def _planned(tx: Unit, viewer: Viewer, ids: Sequence[int]) -> list[PlannedMove]:
    """The moves that the rules allow, asked for each; nothing is written."""
    rows = await card_queries.locked_all(tx, renewals.KIND.table, ids)
    standings = await card_events.standings(tx, ids)
    locale, pipeline_id = viewer.company.locale, rows[ids[0]]["pipeline_id"]
    await pipelines.hold(tx, pipeline_id)
    home = await pipelines.load(tx, pipeline_id, locale)
    goal, target = await pipelines.activation_stage(tx, home, locale)
    if goal.id != home.id:
        raise Conflict("Renewals that come into work in another pipeline go there one by one")
    ends = tuple(await pipelines.reasons(tx, home.id, "end", locale))
    terms = await terms_of.of_many(tx, list(rows.values()), viewer, target, ends)
    given, written = MoveRequest(stage=target.id), Written()
    key = await last(tx, target.id)
    moves = []
    for card_id in ids:
        row, standing = rows[card_id], standings[card_id]
        access.demand_edit(viewer, row["owner_id"], "renewal")
        origin = home.stage(row["stage_id"])
        if row["state"] != State.WAITING or origin is None or standing.has_steps:
            raise Conflict("This renewal does not simply wait")
        arrow = Arrow(row, home, origin, goal, target)
        asked = await moving.situation(tx, viewer, arrow, given, written)
        plan = rules.plan(asked, terms[card_id])
        if len(plan.path) > 1 or not all(isinstance(step, MakeTask) for step in plan.follow_ups):
            raise Conflict("More follows from this activation than a task")
        key = key_between(key, None, card_id)
        moves.append(PlannedMove(arrow, given, written, plan, standing, None, key))
    return moves
