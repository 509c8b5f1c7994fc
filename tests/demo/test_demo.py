"""The demo: whole or not at all, only into an empty database, and sound whatever came by chance."""

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from backend.db import carry_over, migrate
from backend.db.engines import Database, open_database
from backend.db.models import app_user, card, card_event, change, company, metadata
from backend.demo import make
from backend.demo.bring import bring
from backend.domain.flows.runs import business_day
from backend.domain.flows.sweep import sweep
from backend.errors import Conflict
from tests.conftest import FreshDatabase
from tests.faults import chains
from tests.office import Office

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
SHARE = 0.05
PARTS = ("advanced", "lost", "open", "moved_out")


async def _counts(database: Database) -> dict[str, int]:
    async with database.read() as conn:
        return {
            name: (await conn.execute(select(func.count()).select_from(table))).scalar_one()
            for name, table in metadata.tables.items()
        }


async def _all(database: Database, query: Any) -> list[Any]:
    async with database.read() as conn:
        return list(await conn.execute(query))


@pytest.fixture
def drafts(sqlite_template: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Databases for drafts are copied, which is faster than making them."""

    def copied(url: str) -> None:
        shutil.copy(sqlite_template, url.partition(":///")[2])

    monkeypatch.setattr(migrate, "upgrade", copied)


async def test_the_demo_is_sound(fresh_database: FreshDatabase, drafts: None) -> None:
    database = fresh_database.database
    brought = await bring(database, NOW, share=SHARE, untouched=True)
    assert set(brought.cards) == {"lead", "offer", "deal", "renewal"}
    assert 70 < brought.records["card"] < 160
    assert chains.breaches(await chains.look(database)) == []
    again = await sweep(
        database, lambda: NOW, "manual", business_day(NOW, await _company(database))
    )
    assert (again.checked, again.activated, again.failed) == (0, 0, 0)
    # Eighteen months, and nothing of tomorrow.
    first, last = (
        await _all(database, select(func.min(card_event.c.at), func.max(card_event.c.at)))
    )[0]
    assert (NOW - first).days in range(540, 549)
    assert last <= NOW
    signing = select(func.count()).where(app_user.c.password_hash.is_not(None))
    assert (await _all(database, signing))[0][0] == 0
    await _funnels_balance(Office(database, now=NOW), brought.cards)
    before = await _counts(database)
    with pytest.raises(Conflict, match=r"holds records already \(team 2, client \d+, "):
        await bring(database, NOW, share=SHARE)
    assert await _counts(database) == before


async def _company(database: Database) -> Any:
    return (await _all(database, select(company)))[0]


async def _funnels_balance(office: Office, cards: dict[str, dict[str, int]]) -> None:
    admin = await office.person("admin", role="admin")
    kinds = {"lead": "leads", "offer": "offers", "deal": "sales", "renewal": "renewals"}
    for kind, key in kinds.items():
        span = {"from": "2024-01-01", "to": "2026-03-10"}
        told = (await admin.get("/reports/funnel", pipeline=key, **span)).json()
        states = cards[kind]
        assert told["entered"] == sum(states.values()) - states.get("waiting", 0)
        assert [told[name] for name in ("won", "lost", "open")] == [
            states.get(name, 0) for name in ("won", "lost", "open")
        ]
        for stage in told["stages"]:
            assert stage["reached"] == sum(stage[name] for name in PARTS), (key, stage)
    client = (await admin.get("/clients", limit=1)).json()["items"][0]
    made = await admin.post("/deals", {"title": "New", "client_id": client["id"]})
    assert made.status_code == 201, made.text
    largest = (await _all(office.database, select(func.max(card.c.id))))[0][0]
    assert made.json()["id"] == largest


async def test_it_comes_whole_or_not_at_all(
    fresh_database: FreshDatabase, drafts: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = fresh_database.database
    await Office(database, now=NOW).person("own", role="admin")
    before = await _counts(database)
    with pytest.raises(Conflict, match="begun to set this up"):
        await bring(database, NOW, share=0, untouched=True)
    carry = carry_over.carry

    async def half(*given: Any) -> int:
        await carry(*given)
        raise OSError("the disk is full")

    monkeypatch.setattr(carry_over, "carry", half)
    with pytest.raises(OSError, match="disk"):
        await bring(database, NOW, share=0)
    assert await _counts(database) == before


async def test_the_same_seed_gives_the_same(tmp_path: Path, sqlite_template: Path) -> None:
    """However often it is played as of one instant."""
    found = []
    for number in range(2):
        file = shutil.copy(sqlite_template, tmp_path / f"{number}.db")
        database = open_database(f"sqlite+aiosqlite:///{file}", alone=True)
        try:
            await make.play(database, NOW, 0.02)
            query = select(card.c.title, card.c.stage_id, card.c.amount, card.c.position)
            log = select(change.c.at, change.c.type, change.c.record_id, change.c.changes)
            found.append([str(await _all(database, one)) for one in (query, log)])
        finally:
            await database.dispose()
    assert found[0] == found[1]
    assert len(found[0][1]) > 5000
