"""Cards made in one instant: each has its place, whoever came first."""

import asyncio

import pytest
from sqlalchemy import select, text

from backend.db.models import card
from backend.db.session import Unit
from backend.domain.deals.schemas import DealCreate
from backend.domain.moves import creating
from tests.conftest import FreshDatabase
from tests.office import Office

pytestmark = pytest.mark.anyio

WAITING = text(
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


@pytest.mark.parametrize("dialect", ["postgresql"])
async def test_two_cards_of_one_instant_both_find_a_place(fresh_database: FreshDatabase) -> None:
    """The second comes to the key of the first, which it could not see; SQLite has one writer."""
    office = Office(fresh_database.database)
    person = await office.person("anna", "admin")
    viewer, client = await office.viewer(person), await office.client(person)
    tries: list[str] = []
    second: list[asyncio.Task[int]] = []

    async def make(tx: Unit, title: str) -> int:
        tries.append(title)
        return await creating.create(tx, viewer, "deal", DealCreate(title=title, client_id=client))

    async def first(tx: Unit) -> int:
        made = await make(tx, "First")
        second.append(asyncio.create_task(office.do(lambda other: make(other, "Second"))))
        for _ in range(1000):
            if await tx.scalar(WAITING):
                break
            await asyncio.sleep(0.01)
        return made

    made = [await office.do(first), await second[0]]
    assert tries == ["First", "Second", "Second"]
    rows = await office.do(lambda tx: tx.rows(select(card.c.id).order_by(card.c.position)))
    assert [row["id"] for row in rows] == made
