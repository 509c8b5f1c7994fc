"""A board to look at: a pipeline of its own, people, cards in bulk."""

from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import insert

from backend.db.models import card, deal
from backend.db.session import Unit
from backend.domain.boards import queries
from backend.domain.boards.schemas import Board, BoardFilters
from backend.domain.cards.rules import spread
from tests.factories.pipelines import new_pipeline
from tests.office import Office, Person

PIPELINE = "show"


@pytest.fixture
async def anna(office: Office) -> Person:
    await new_pipeline(office, PIPELINE, ("new", "talks"))
    return await office.person("anna")


async def shown(office: Office, person: Person, kind: str = "deal", **filters: Any) -> Board:
    """The board as a person sees it."""
    if kind == "deal":
        filters.setdefault("pipeline", PIPELINE)
    viewer = await office.viewer(person)
    async with office.database.read() as conn:
        tx = Unit(conn, office.now)
        return await queries.board(tx, viewer, kind, BoardFilters(**filters))


def columns(board: Board) -> dict[str, list[int]]:
    """The cards of each column, by the key of its stage or span."""
    return {
        column.lane.key if column.lane.stage is None else column.lane.stage.key: [
            one.id for one in column.cards
        ]
        for column in board.columns
    }


async def fill(
    office: Office, person: Person, stage_id: int, home: int, amounts: Sequence[int]
) -> list[int]:
    """Deals in one column, one for each amount in kopecks, in order."""
    keys = spread(len(amounts))

    async def work(tx: Unit) -> list[int]:
        rows = [
            {
                "kind": "deal", "title": f"Deal {n}", "title_key": f"deal {n}",
                "pipeline_id": home, "stage_id": stage_id, "state": "open", "position": keys[n],
                "amount": amount, "currency": "RUB", "owner_id": person.id,
                "entered_at": tx.now, "stage_entered_at": tx.now, "touched_at": tx.now,
                "last_seq": 1, "created_at": tx.now, "updated_at": tx.now,
            }
            for n, amount in enumerate(amounts)
        ]  # fmt: skip
        made = list(
            (
                await tx.run(insert(card).returning(card.c.id, sort_by_parameter_order=True), rows)
            ).scalars()
        )
        await tx.run(insert(deal), [{"card_id": one, "one_off": False} for one in made])
        return made

    return await office.do(work)  # type: ignore[no-any-return]


async def move(person: Person, one: dict[str, Any], stage: str, **more: Any) -> dict[str, Any]:
    reply = await person.post(
        f"/{one['kind']}s/{one['id']}/move", {"stage": stage, **more}, one["version"]
    )
    assert reply.status_code == 200, reply.text
    return dict(reply.json())
