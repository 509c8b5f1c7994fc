"""The worker seals what is complete, batch after batch."""

from typing import Any

import pytest

from backend.db.session import Unit
from backend.domain.changes.seals import queries
from backend.domain.changes.seals.queries import verified
from jobs.seals import seal_log
from tests.office import Office

pytestmark = pytest.mark.anyio


async def test_everything_is_sealed(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "BATCH", 2)
    anna = await office.person("anna")
    acme = await office.client(anna)
    for _ in range(5):
        await anna.post("/deals", {"title": "Servers", "client_id": acme})
    ctx: dict[str, Any] = {"resources": office.resources}
    await seal_log(ctx)
    await seal_log(ctx)
    async with office.database.read() as conn:
        found = await verified(Unit(conn, office.now))
    assert (found.rows, found.seals, found.unsealed, found.wrong) == (5, 3, 0, None)
