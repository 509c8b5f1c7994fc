"""Who takes many cards of a client along does not meet a move of one of them crosswise.

On SQLite there is one writer at a time, so nothing can meet.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import select, text

from backend.db.models import card, client
from backend.db.session import Unit, writing
from backend.domain.access import Viewer
from backend.domain.deals.schemas import DealCreate
from backend.domain.flows.merge import merge_clients
from backend.domain.flows.transfer import transfer_client
from backend.domain.moves import creating
from tests.conftest import FreshDatabase
from tests.office import Office

Taking = Callable[[Unit, Viewer, int, int, int], Awaitable[Any]]
WAITING = text(
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND cardinality(pg_blocking_pids(pid)) > 0"
)


async def give(tx: Unit, chief: Viewer, acme: int, _: int, bob: int) -> Any:
    return await transfer_client(tx, chief, acme, bob, None, 1)


async def merge(tx: Unit, chief: Viewer, acme: int, double_of: int, _: int) -> Any:
    return await merge_clients(tx, chief, double_of, acme, 1)


async def waits(office: Office, task: asyncio.Task[Any]) -> None:
    """Until somebody waits for what another one holds."""
    while not task.done():
        async with office.database.read() as conn:
            if (await conn.execute(WAITING)).scalar_one():
                return
        await asyncio.sleep(0.005)
    pytest.fail(f"it did not wait for the card: {task.exception()}")


@pytest.mark.parametrize("dialect", ["postgresql"])
@pytest.mark.parametrize("take", [give, merge])
async def test_the_cards_are_held_before_the_client(
    fresh_database: FreshDatabase, take: Taking
) -> None:
    office = Office(fresh_database.database)
    anna, bob = await office.person("anna"), await office.person("bob")
    chief = await office.viewer(await office.person("chief", "admin"))
    acme, other = await office.client(anna), await office.client(anna, "Acme Ltd")
    deal = await office.do(
        lambda tx: creating.create(tx, chief, "deal", DealCreate(title="Servers", client_id=acme))
    )

    async def taken() -> None:
        # Not tried again where it meets somebody.
        async with office.database.write() as conn, writing(conn, office.now) as tx:
            await take(tx, chief, acme, other, bob.id)

    async with asyncio.timeout(30), office.database.write() as conn:
        await conn.execute(select(card.c.id).where(card.c.id == deal).with_for_update())
        taking = asyncio.create_task(taken())
        await waits(office, taking)
        mine = select(client.c.id).where(client.c.id == acme).with_for_update(nowait=True)
        assert (await conn.execute(mine)).scalar_one() == acme
    await asyncio.wait_for(taking, 30)
