"""Where the deal stands that an accepted offer opens."""

from typing import Any

import pytest
from sqlalchemy import select, update

from backend.db.models import pipeline, stage
from tests.domain.offers.desk import Desk, set_up
from tests.office import Office

pytestmark = pytest.mark.anyio


@pytest.fixture
async def desk(office: Office) -> Desk:
    return await set_up(office)


async def change(desk: Desk, key: str, /, **values: Any) -> None:
    """Another shape of a stage of deals."""
    home = select(pipeline.c.id).where(pipeline.c.key == "sales").scalar_subquery()
    where = update(stage).where(stage.c.pipeline_id == home, stage.c.key == key)
    await desk.office.do(lambda tx: tx.run(where.values(**values)))


async def stage_of_deal(desk: Desk, **fields: Any) -> str:
    offer = await desk.offer("accepted", **fields)
    return str((await desk.read("deals", offer["deal_id"]))["stage_key"])


async def test_the_first_open_stage_serves_where_there_is_no_invoice(desk: Desk) -> None:
    await change(desk, "invoice", key="billing")
    await change(desk, "needs", kind="detour")
    assert await stage_of_deal(desk) not in ("needs", "billing", "won", "lost")


async def test_an_invoice_that_demands_what_is_missing_is_not_entered(desk: Desk) -> None:
    await change(desk, "invoice", required_fields=["client_id", "source"])
    assert await stage_of_deal(desk) == "needs"
    assert await stage_of_deal(desk, source="site") == "invoice"
