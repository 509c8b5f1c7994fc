"""The ways back: undo of one's own last move, and the withdrawal of what a move had made."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from backend.db.models import card
from backend.db.session import Unit
from backend.domain import access, versions
from backend.domain.access import Viewer
from backend.domain.agreements import actions as agreements
from backend.domain.agreements import queries as agreement_queries
from backend.domain.cards import actions as cards
from backend.domain.cards import facts as card_facts
from backend.domain.cards import queries as card_queries
from backend.domain.cards import rules as card_rules
from backend.domain.cards.columns import queries as card_columns
from backend.domain.cards.events import queries as card_events
from backend.domain.cards.kinds import Written
from backend.domain.clients import queries as clients
from backend.domain.feed.actions import announce
from backend.domain.feed.rules import LINES
from backend.domain.moves import refilling, terms, winning_back
from backend.domain.moves.kinds import BEHAVIOURS
from backend.domain.moves.stored import columns
from backend.domain.offers import actions as offers
from backend.domain.pipelines import queries as pipelines
from backend.domain.renewals import actions as renewals
from backend.domain.stages import CLOSED, EventKind, State
from backend.domain.tasks.steps import actions as tasks
from backend.domain.users.owners import demand_at_work
from backend.errors import Conflict

UNDO_WITHIN = timedelta(minutes=10)
UNDOABLE = {
    EventKind.MOVED, EventKind.WON, EventKind.LOST, EventKind.REOPENED, EventKind.ACTIVATED,
    EventKind.PIPELINE_CHANGED,
}  # fmt: skip


async def undo(tx: Unit, viewer: Viewer, kind: str, card_id: int, if_match: int | None) -> int:
    """Void the caller's own last move of a card with what it brought about; the new version.

    Conflict where somebody touched the card since, after 10 minutes, for the worker's moves, and
    where a record that the move made was changed meanwhile.
    """
    row = await card_queries.locked(tx, viewer, BEHAVIOURS[kind].kind.table, card_id)
    access.demand_edit(viewer, row["owner_id"], kind)
    versions.demand_version(row["version"], if_match)
    (event,) = await card_events.last_events(tx, card_id, 1)
    refusal = why_kept(event, row["version"], viewer, tx.now)
    if refusal is not None:
        raise Conflict(refusal)
    return await void(tx, viewer, row, event)


def why_kept(event: Mapping[str, Any], version: int, viewer: Viewer, now: datetime) -> str | None:
    """Why the viewer may not undo the last thing done to a card; None where he may."""
    if event["event"] not in UNDOABLE or event["before"]["version"] != version:
        return "There is no move to undo: the last thing done to this card was not a move"
    if event["actor_kind"] not in ("user", "token") or event["actor_id"] != viewer.user_id:
        return "Only who made a move may undo it; move the card back instead"
    if now - event["at"] > UNDO_WITHIN:
        return "A move can be undone for 10 minutes; move the card back instead"
    return None


async def void(tx: Unit, viewer: Viewer, row: Mapping[str, Any], event: Mapping[str, Any]) -> int:
    """Void a move, the last of its card: take back what it made, restore what it wrote over."""
    await withdraw(tx, viewer, event["made"])
    behaviour = BEHAVIOURS[row["kind"]]
    before = event["before"]["columns"]
    values = columns(card, before)
    if row["state"] in CLOSED:
        await demand_at_work(tx, row)
        await winning_back.demand_alone(tx, viewer, row)
        await clients.demand_living(tx, values.get("client_id", row["client_id"]))
    known = await pipelines.all_stages(tx, {values["pipeline_id"]}, viewer.company.locale)
    values["stage_id"] = known[values["stage_id"]].id
    special = columns(behaviour.kind.table, before)
    steps = event["before"]["steps"]
    if row["kind"] == "renewal" and special.get("waiting"):
        special["waits"] = row["waits"] + 1
    if await card_columns.position_taken(tx, values["stage_id"], values["position"], row["id"]):
        values["position"] = await cards.place(tx, values["stage_id"], row["id"], "bottom")
    version = await cards.save(tx, row, behaviour.kind.table, values, special, seq=steps)
    lines = [change for change in event["changes"] if change["field"] in LINES]
    for change in lines:
        former = Written(lines=change["before"] or [], lines_before=change["after"])
        await behaviour.write_lines(tx, row["id"], former)
    restored = {**row, **values}
    events = await card_events.last_events(tx, row["id"], steps)
    for number, voided in enumerate(events, start=1):
        await cards.record(
            tx, viewer, row["id"], row["last_seq"] + number, EventKind.VOIDED, restored,
            from_stage_id=voided["to_stage_id"], to_stage_id=voided["from_stage_id"],
            voids_id=voided["id"],
        )  # fmt: skip
    await recompute_facts(tx, viewer, row["id"])
    back = [{**change, "before": change["after"], "after": change["before"]} for change in lines]
    changes = cards.logged(row, _logged({**values, **special}, event["made"]), back)
    await announce(tx, viewer, "moved", row["kind"], row["id"], version, changes)
    return version


def _logged(written: Mapping[str, Any], made: list[dict[str, Any]]) -> dict[str, Any]:
    """What the way back wrote on its card, for the log, without its place in the column."""
    found = {name: value for name, value in written.items() if name != "position"}
    if any(item["what"] == "deal" for item in made):
        found["deal_id"] = None
    return found


async def recompute_facts(tx: Unit, viewer: Viewer, card_id: int) -> None:
    """Fold a card's facts anew from its events."""
    events = (await card_events.histories(tx, [card_id]))[card_id]
    ids = await card_events.pipelines_visited(tx, card_id)
    known = await pipelines.all_stages(tx, ids, viewer.company.locale)
    old = await card_events.facts(tx, card_id)
    await cards.write_facts(tx, card_id, old, card_facts.fold(events, known))


async def withdraw_closing(
    tx: Unit, viewer: Viewer, row: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Take back what the win or loss of a card had made, because it is reopened."""
    await clients.demand_living(tx, row["client_id"])
    closing = await card_events.last_closing(tx, row["id"])
    # The tasks that it closed stay closed: the stage it is reopened to makes its own.
    made = [item for item in closing["made"] if item["what"] != "task_closed"] if closing else []
    await withdraw(tx, viewer, made)
    return [{"what": "withdrawn"}] if made else []


async def withdraw(tx: Unit, viewer: Viewer, made: list[dict[str, Any]]) -> None:
    """Take back what a move made, last first; Conflict naming what was changed meanwhile."""
    for item in reversed(made):
        await WITHDRAWALS[item["what"]](tx, viewer, item)


async def _withdraw_renewal(tx: Unit, viewer: Viewer, item: Mapping[str, Any]) -> None:
    await renewals.withdraw_renewal(tx, viewer, await _untouched(tx, "renewal", item))


async def _withdraw_refill(tx: Unit, viewer: Viewer, item: Mapping[str, Any]) -> None:
    row = await _untouched(tx, "renewal", item)
    kept = item["before"]
    before = {**columns(card, kept), **columns(renewals.KIND.table, kept)}
    await refilling.withdraw(tx, viewer, row, before)


async def _void_churn(tx: Unit, viewer: Viewer, item: Mapping[str, Any]) -> None:
    await renewals.void_interval(tx, item["id"])


async def _reopen_churn(tx: Unit, viewer: Viewer, item: Mapping[str, Any]) -> None:
    await renewals.reopen_interval(tx, item["id"])


async def _void_move(tx: Unit, viewer: Viewer, item: Mapping[str, Any]) -> None:
    row = await _untouched(tx, item["kind"], item)
    (event,) = await card_events.last_events(tx, item["id"], 1)
    await void(tx, viewer, row, event)


async def _refuse(tx: Unit, viewer: Viewer, item: Mapping[str, Any]) -> None:
    raise Conflict("Reopening it took other records back; close it again instead of undoing")


async def _untouched(tx: Unit, kind: str, item: Mapping[str, Any]) -> dict[str, Any]:
    row = await card_queries.locked_any(tx, BEHAVIOURS[kind].kind.table, item["id"])
    if row["version"] != item["version"] or row["deleted_at"] is not None:
        number = card_rules.number(kind, item["id"])
        raise Conflict(
            f"{number}, which this move had made or moved, was changed since; take that back first",
            record={"kind": kind, "id": item["id"], "number": number},
        )
    if kind == "renewal" and item["what"] == "renewal" and row["state"] != State.WAITING:
        raise Conflict(
            "The next renewal is in work already", record={"kind": kind, "id": item["id"]}
        )
    return row


async def _withdraw_agreement(tx: Unit, viewer: Viewer, item: Mapping[str, Any]) -> None:
    row = await agreement_queries.locked_any(tx, item["id"])
    if row["version"] != item["version"]:
        raise terms.changed(row)
    await agreements.withdraw(tx, viewer, item["id"])


async def _withdraw_deal(tx: Unit, viewer: Viewer, item: Mapping[str, Any]) -> None:
    row = await _untouched(tx, "deal", item)
    version = await cards.save(tx, row, BEHAVIOURS["deal"].kind.table, {"deleted_at": tx.now}, {})
    await cards.record(tx, viewer, item["id"], row["last_seq"] + 1, EventKind.DELETED, row)
    await offers.tie_to_deal(tx, item["offer_id"], None)
    changes = cards.logged(row, {"deleted_at": tx.now})
    await announce(tx, viewer, "deleted", "deal", item["id"], version, changes)


WITHDRAWALS = {
    "renewal": _withdraw_renewal,
    "refill": _withdraw_refill,
    "agreement": _withdraw_agreement,
    "terms": terms.withdraw,
    "churn": _void_churn,
    "churn_closed": _reopen_churn,
    "move": _void_move,
    "deal": _withdraw_deal,
    "withdrawn": _refuse,
    "task": tasks.withdraw,
    "task_raised": tasks.lower,
    "task_closed": tasks.reopen,
}
