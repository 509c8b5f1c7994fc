"""A stage is deleted while cards move into it: none is left standing in it, the facts are true."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import func, select

from backend.db.models import card, stage
from backend.db.session import Unit
from backend.domain.access import Viewer
from backend.domain.cards import facts
from backend.domain.cards.events.queries import histories
from backend.domain.cards.folding import queries as folded
from backend.domain.cards.schemas import MoveRequest
from backend.domain.deals.schemas import DealCreate
from backend.domain.flows.stages import delete_stage
from backend.domain.moves import creating, moving
from backend.domain.pipelines.queries import all_stages
from backend.errors import Conflict
from tests.conftest import FreshDatabase
from tests.factories.pipelines import new_pipeline
from tests.office import Office

pytestmark = pytest.mark.anyio


@pytest.fixture
async def office(fresh_database: FreshDatabase) -> Office:
    """A company whose transactions are really committed."""
    return Office(fresh_database.database)


async def the_stage(office: Office, key: str) -> int:
    query = select(stage.c.id).where(stage.c.key == key, stage.c.name_ru == key)
    return int(await office.do(lambda tx: tx.scalar(query)))


async def new_deals(office: Office, chief: Viewer, acme: int, count: int) -> list[int]:
    fields = DealCreate(title="A", client_id=acme, pipeline="shop")
    return [
        await office.do(lambda tx: creating.create(tx, chief, "deal", fields)) for _ in range(count)
    ]


async def demand_true_facts(tx: Unit) -> None:
    """What is stored of every card is what its events say by the stages there are."""
    ids = list((await tx.run(select(card.c.id))).scalars())
    known = await all_stages(tx, None, "ru")
    events, stored = await histories(tx, ids), await folded.facts(tx, ids)
    for card_id in ids:
        assert facts.fold(events[card_id], known) == stored[card_id]


async def test_nothing_enters_a_stage_that_goes(office: Office) -> None:
    person = await office.person("chief", "admin")
    chief = await office.viewer(person)
    home = await new_pipeline(office, "shop", ("a", "b", "c"))
    acme = await office.client(person)
    deals = await new_deals(office, chief, acme, 8)
    gone = await the_stage(office, "b")

    def moved(deal: int) -> Any:
        return office.do(
            lambda tx: moving.move(tx, chief, "deal", deal, MoveRequest(stage="b"), None)
        )

    deleting = office.do(lambda tx: delete_stage(tx, chief, home, gone, "c", None))
    early, late = map(moved, deals[:4]), map(moved, deals[4:])
    told = await asyncio.gather(*early, deleting, *late, return_exceptions=True)
    assert {type(answer) for answer in told} <= {int, type(None), Conflict} | set(
        Conflict.__subclasses__()
    ), told
    left = select(func.count()).where(card.c.stage_id == gone)
    assert await office.do(lambda tx: tx.scalar(left)) == 0
    await office.do(demand_true_facts)
