"""Taking the default data back spares what is used or was changed, and up spoils none of it."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from backend.db import migrate
from backend.db.models import agreement, card, choice, client, company, pipeline, role, stage
from tests.db.committed import content, within
from tests.db.filling import insert
from tests.db.world import ROWS

BEFORE = "2026_11_22_1000"


async def at_work(connection: AsyncConnection) -> None:
    """A card on the leads, an agreement on the renewals, a renamed stage, choice and company."""
    user = ROWS["app_user"][0] | {"role": "manager", "team_id": None}
    await connection.execute(insert("app_user", user))
    await connection.execute(insert("client", ROWS["client"][0]))
    numbers = await connection.execute(sa.select(pipeline.c.key, pipeline.c.id))
    of = {row.key: row.id for row in numbers}
    first = sa.select(stage.c.id).where(stage.c.pipeline_id == of["leads"], stage.c.key == "new")
    place = {"pipeline_id": of["leads"], "stage_id": await connection.scalar(first)}
    await connection.execute(insert("card", ROWS["card"][0] | place | {"contact_id": None}))
    held = {"pipeline_id": of["renewals"], "deal_id": None, "product_id": None}
    await connection.execute(insert("agreement", ROWS["agreement"][0] | held))
    renamed = {"name_ru": "Интернет", "name_en": "Internet", "version": 2}
    await connection.execute(sa.update(choice).where(choice.c.key == "website").values(renamed))
    await connection.execute(sa.update(stage).where(stage.c.key == "needs").values(renamed))
    await connection.execute(sa.update(company).values(name="ООО «Пример»", version=2))


async def left(connection: AsyncConnection) -> dict[str, Any]:
    async def keys(table: sa.Table) -> list[str]:
        return sorted(row.key for row in await connection.execute(sa.select(table.c.key)))

    return {
        "pipelines": await keys(pipeline),
        "choices": await keys(choice),
        "roles": await keys(role),
        "company": await connection.scalar(sa.select(company.c.name)),
        "cards": await connection.scalar(sa.select(sa.func.count()).select_from(card)),
        "clients": await connection.scalar(sa.select(sa.func.count()).select_from(client)),
        "agreements": await connection.scalar(sa.select(sa.func.count()).select_from(agreement)),
    }


def test_what_is_used_or_changed_stays(fresh_url: str) -> None:
    within(fresh_url, at_work)
    tables, before = content(fresh_url)
    migrate.downgrade(fresh_url, BEFORE)
    assert within(fresh_url, left) == {
        "pipelines": ["leads", "renewals", "sales"],
        "choices": ["website"],
        "roles": ["manager"],
        "company": "ООО «Пример»",
        "cards": 1,
        "clients": 1,
        "agreements": 1,
    }
    migrate.upgrade(fresh_url)
    after = content(fresh_url)[1]
    assert {name: len(rows) for name, rows in after.items()} == {
        name: len(rows) for name, rows in before.items()
    }
    for name in ("card", "client", "agreement", "company", "app_user", "role"):
        assert after[name] == before[name]
    assert set(tables) == set(after)
