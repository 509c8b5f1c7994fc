"""One card, one next step: tasks that rules make, raise, close and take back."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from backend.db.session import Unit
from backend.domain.access import Viewer
from backend.domain.cards.follow_ups import MakeTask
from backend.domain.stages import Stage
from backend.domain.tasks import queries as tasks
from backend.domain.tasks import rules
from backend.domain.tasks.actions import OPEN, add, add_all, born, write
from backend.domain.tasks.rules import Subject
from backend.domain.tasks.steps import queries
from backend.domain.workdays import end_of
from backend.errors import Conflict

Made = list[dict[str, Any]]


async def make(tx: Unit, viewer: Viewer, owner_id: int, step: MakeTask) -> Made:
    """Give the owner of a card its next step; what was made, for a later withdrawal.

    The card's open task of the same family is raised (text, due date) instead of a second one. An
    import tells of the past and makes none.
    """
    if viewer.actor == "import":
        return []
    ruled, locale = await _as_ruled(tx, step), viewer.writes_in
    if ruled is None:
        return []
    named = "{" in ruled.titles[locale]
    subject = await queries.subject(tx, step.card_id, locale) if named else None
    about = {"card_id": step.card_id, "client_id": None}
    return await put(tx, viewer, owner_id, about, step.family, _wanted(tx, viewer, ruled, subject))


async def make_all(
    tx: Unit, viewer: Viewer, steps: Sequence[tuple[int, MakeTask]]
) -> list[tuple[int, dict[str, Any]]]:
    """Give the owners of cards without an open step the next ones, all by one rule; ids and rows.

    Empty where an admin has switched the rule off. The caller announces each.
    """
    ruled = await _as_ruled(tx, steps[0][1])
    if ruled is None:
        return []
    locale = viewer.writes_in
    named = "{" in ruled.titles[locale]
    ids = [step.card_id for _, step in steps]
    subjects = await queries.subjects(tx, ids, locale) if named else {}
    rows = [
        born(tx, {
            **_wanted(tx, viewer, ruled, subjects.get(card_id)), "assignee_id": owner_id,
            "card_id": card_id, "client_id": None, "family": ruled.family,
        })
        for (owner_id, _), card_id in zip(steps, ids, strict=True)
    ]  # fmt: skip
    return list(zip(await add_all(tx, rows), rows, strict=True))


async def _as_ruled(tx: Unit, step: MakeTask) -> MakeTask | None:
    """The task as an admin has written its rule; None where he has switched it off."""
    rule = await queries.rule(tx, step.key)
    if rule is None:
        return step
    return rules.as_written(step, rule["actions"]) if rule["active"] else None


def _wanted(tx: Unit, viewer: Viewer, step: MakeTask, subject: Subject | None) -> dict[str, Any]:
    """What a task says, and until when it is to be done."""
    company = viewer.company
    text = step.titles[viewer.writes_in]
    if subject is not None:
        text = rules.worded(text, subject, viewer.writes_in)
    day = company.workdays.forward(company.today(tx.now), step.working_days)
    due_at = end_of(day, company.time_zone)
    return {"title": text, "kind": step.kind, "due_at": due_at, "made_by": step.key}


async def put(
    tx: Unit,
    viewer: Viewer,
    owner_id: int,
    about: Mapping[str, int | None],
    family: str | None,
    wanted: dict[str, Any],
) -> Made:
    """Make a task of a rule, or raise the open one of its family there; what was made."""
    known = None if family is None else await queries.open_step(tx, about, family)
    if known is None:
        whose = {"assignee_id": owner_id, **about, "family": family}
        return [{"what": "task", "id": await add(tx, viewer, {**wanted, **whose}), "version": 1}]
    before = {name: known[name] for name in wanted}
    if before == wanted:
        return []
    version = await write(tx, viewer, known, "updated", wanted)
    return [{"what": "task_raised", "id": known["id"], "version": version, "before": before}]


async def settle(tx: Unit, viewer: Viewer, card_id: int, stage: Stage | None) -> Made:
    """Close the rules' tasks that make no sense in the card's new stage (None: it is gone)."""
    made: Made = []
    steps = await tasks.open_steps(tx, card_id)
    during = await queries.during(tx, {row["made_by"] for row in steps} - rules.RULES.keys())
    for row in steps:
        key = row["made_by"]
        if stage is None or not rules.holds(key, stage, during.get(key)):
            closed = {"done_at": tx.now, "closed_by": "card"}
            version = await write(tx, viewer, row, "updated", closed)
            made.append({"what": "task_closed", "id": row["id"], "version": version})
    return made


async def withdraw(tx: Unit, viewer: Viewer, item: Mapping[str, Any]) -> None:
    """Take back a task that a move had made; Conflict where somebody has touched it."""
    row = await _untouched(tx, item)
    gone = {"deleted_at": tx.now, "done_at": tx.now, "closed_by": "undo"}
    await write(tx, viewer, row, "deleted", gone)


async def lower(tx: Unit, viewer: Viewer, item: Mapping[str, Any]) -> None:
    """Give a raised task its former text and due date; Conflict where it was touched."""
    row = await _untouched(tx, item)
    before = {**item["before"], "due_at": datetime.fromisoformat(item["before"]["due_at"])}
    await write(tx, viewer, row, "updated", before)


async def reopen(tx: Unit, viewer: Viewer, item: Mapping[str, Any]) -> None:
    """Open again what a move had closed, unless somebody has touched it since."""
    row = await queries.locked_any(tx, item["id"])
    if row["version"] == item["version"]:
        await write(tx, viewer, row, "updated", OPEN)


async def _untouched(tx: Unit, item: Mapping[str, Any]) -> Mapping[str, Any]:
    row = await queries.locked_any(tx, item["id"])
    if row["version"] != item["version"]:
        raise Conflict(
            f"The task “{row['title']}”, which this move had made or raised, was changed since;"
            " take that back first",
            record={"kind": "task", "id": row["id"]},
        )
    return row


async def hand_over(
    tx: Unit, viewer: Viewer, old_owner_id: int, owner_id: int, **about: int
) -> None:
    """Give the old owner's open tasks about a card or a client to the new one."""
    for row in await queries.open_of(tx, old_owner_id, about):
        await write(tx, viewer, row, "updated", {"assignee_id": owner_id})


async def move_client(tx: Unit, viewer: Viewer, old_client_id: int, client_id: int) -> None:
    """The tasks about a client become those about another one, done ones too."""
    for row in await queries.about_client(tx, old_client_id):
        await write(tx, viewer, row, "updated", {"client_id": client_id})
