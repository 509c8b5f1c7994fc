"""Writing many cards at once because their pipeline changed: another column, facts told anew."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import bindparam, delete, insert, update

from backend.db.models import card, card_event, card_funnel, card_stage_visit
from backend.db.session import Row, Unit
from backend.domain.access import Viewer
from backend.domain.cards import facts, rules
from backend.domain.cards.columns.queries import last
from backend.domain.cards.events.queries import histories
from backend.domain.cards.facts import Facts
from backend.domain.cards.folding import queries
from backend.domain.feed.actions import announce_all
from backend.domain.feed.rules import differences
from backend.domain.stages import EventKind, Stage

BATCH = 500
_SETTLE = (
    update(card)
    .where(card.c.id == bindparam("b_id"))
    .values(
        stage_id=bindparam("b_stage"),
        position=bindparam("b_position"),
        version=card.c.version + 1,
        last_seq=card.c.last_seq + 1,
        updated_at=bindparam("b_at"),
    )
)


async def resettle(tx: Unit, viewer: Viewer, from_id: int, to_id: int) -> int:
    """Put every card of a column behind those of another, deleted ones too; how many.

    It is an edit of the card and no move: what its pipeline calls the stage has changed, so undo
    passes it by and no report counts it.
    """
    settled = 0
    key = await last(tx, to_id)
    while rows := await queries.standing(tx, from_id, BATCH):
        places = []
        for row in rows:
            key = rules.key_between(key, None, row["id"])
            places.append(
                {"b_id": row["id"], "b_stage": to_id, "b_position": key, "b_at": tx.written_at}
            )
        await tx.run(_SETTLE, places)
        await tx.run(insert(card_event), [_edited(tx, viewer, row, to_id) for row in rows])
        written = [
            (
                row["kind"],
                row["id"],
                row["version"] + 1,
                differences({"stage_id": row["stage_id"]}, {"stage_id": to_id}),
            )
            for row in rows
        ]
        await announce_all(tx, viewer, "updated", written)
        settled += len(rows)
    return settled


def _edited(tx: Unit, viewer: Viewer, row: Row, to_id: int) -> dict[str, Any]:
    change = {"field": "stage_id", "before": row["stage_id"], "after": to_id}
    return {
        "card_id": row["id"], "seq": row["last_seq"] + 1, "event": EventKind.EDITED, "at": tx.now,
        "pipeline_id": row["pipeline_id"], "amount": row["amount"], "currency": row["currency"],
        "changes": [change], "made": [], "before": None, "actor_kind": viewer.actor,
        "actor_id": viewer.user_id, "token_id": viewer.token_id,
    }  # fmt: skip


async def refold(tx: Unit, card_ids: Sequence[int], known: Mapping[int, Stage]) -> None:
    """Tell the facts of cards anew by the stages there are now; only who differs is written."""
    for start in range(0, len(card_ids), BATCH):
        found = await differing(tx, card_ids[start : start + BATCH], known)
        if found:
            await _replace(tx, {card_id: told for card_id, (_, told) in found.items()})


async def differing(
    tx: Unit, card_ids: Sequence[int], known: Mapping[int, Stage]
) -> dict[int, tuple[Facts, Facts]]:
    """The cards whose stored facts are not what their events tell: both, the stored ones first."""
    events, stored = await histories(tx, card_ids), await queries.facts(tx, card_ids)
    told = {card_id: facts.fold(events[card_id], known) for card_id in card_ids}
    return {
        card_id: (stored[card_id], new) for card_id, new in told.items() if new != stored[card_id]
    }


async def _replace(tx: Unit, told: Mapping[int, Facts]) -> None:
    funnels = [
        {"card_id": card_id, **asdict(funnel)}
        for card_id, new in told.items()
        for funnel in new.funnels.values()
    ]
    visits = [
        {"card_id": card_id, **asdict(visit)}
        for card_id, new in told.items()
        for visit in new.visits.values()
    ]
    for table, rows in ((card_funnel, funnels), (card_stage_visit, visits)):
        await tx.run(delete(table).where(table.c.card_id.in_(told)))
        if rows:
            await tx.run(insert(table), rows)
