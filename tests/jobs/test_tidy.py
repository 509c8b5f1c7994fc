"""What has served its time is dropped, in batches; what has not stays."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, insert, select

from backend.db.models import idempotency_key, worker_heartbeat
from backend.db.session import Unit
from backend.domain.idempotency import actions
from jobs import heartbeat
from tests.office import Office


async def keys(office: Office, count: int, age: timedelta) -> None:
    rows = [
        {
            "scope": "token:1", "route": "POST /api/v1/deals", "key": f"{age}-{number}",
            "request_hash": "0" * 64, "status": 201, "headers": {}, "body": b"{}",
            "created_at": office.now - age,
        }
        for number in range(count)
    ]  # fmt: skip
    await office.do(lambda tx: tx.run(insert(idempotency_key), rows))


async def test_keys_are_kept_for_three_days(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heartbeat, "BATCH", 10)
    await keys(office, 25, timedelta(days=3, seconds=1))
    await keys(office, 5, timedelta(days=3))
    await keys(office, 5, timedelta(hours=24))
    begun: list[Unit] = []
    ages = select(idempotency_key.c.created_at, func.count()).group_by(idempotency_key.c.created_at)
    real = actions.purge

    async def noted(tx: Unit, before: datetime, limit: int) -> int:
        begun.append(tx)
        return await real(tx, before, limit)

    monkeypatch.setattr(actions, "purge", noted)
    await heartbeat.tidy({"resources": office.resources})
    kept = {office.now - at: count for at, count in await office.do(lambda tx: pairs(tx, ages))}
    assert kept == {timedelta(days=3): 5, timedelta(hours=24): 5}
    assert len(begun) == 3  # transactions of 10, 10 and 5


async def pairs(tx: Unit, query: Any) -> list[Any]:
    return list(await tx.run(query))


async def test_workers_that_are_long_gone_are_forgotten(office: Office) -> None:
    for name, days in (("old", 8), ("young", 6)):
        seen = office.now - timedelta(days=days)
        row = {"name": name, "queue": "q", "started_at": seen, "seen_at": seen}
        await office.do(lambda tx, row=row: tx.run(insert(worker_heartbeat), row))
    await heartbeat.tidy({"resources": office.resources})
    names = select(worker_heartbeat.c.name)
    assert [name for (name,) in await office.do(lambda tx: pairs(tx, names))] == ["young"]
