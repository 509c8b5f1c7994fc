"""Paging while rows come and go: none is seen twice, and none that stayed is missed."""

import random
from typing import Any

import pytest
from sqlalchemy import insert, update

from backend.db.models import client
from backend.domain.texts import fold
from tests.office import Office, Person

pytestmark = pytest.mark.anyio

AT_FIRST, PAGE, CAME, WENT = 300, 20, 40, 20


class Shelf:
    """Clients of one seller that are put there and taken away while somebody reads."""

    def __init__(self, office: Office, anna: Person) -> None:
        self.office, self.anna = office, anna
        self.chance = random.Random(7)
        self.living: list[int] = []

    async def add(self, count: int) -> None:
        """Rows whose names and instants lie anywhere between those there are."""
        rows = []
        for _ in range(count):
            name = f"Client {self.chance.randrange(500):03}"
            rows.append(
                {
                    "kind": "company", "name": name, "name_key": fold(name), "status": "presale",
                    "owner_id": self.anna.id, "currency": "RUB", "created_at": self.office.now,
                    "updated_at": self.office.now,
                }
            )  # fmt: skip
        query = insert(client).returning(client.c.id)
        self.living += await self.office.do(lambda tx: _ids(tx, query, rows))
        self.office.later(seconds=1)

    async def drop(self, count: int) -> set[int]:
        gone = set(self.chance.sample(self.living, count))
        query = update(client).where(client.c.id.in_(gone)).values(deleted_at=self.office.now)
        await self.office.do(lambda tx: tx.run(query))
        self.living = [one for one in self.living if one not in gone]
        return gone


async def _ids(tx: Any, query: Any, rows: Any) -> list[int]:
    return list((await tx.run(query, rows)).scalars())


@pytest.mark.parametrize("sort", ["id", "-id", "name", "-created_at"])
async def test_rows_that_come_and_go(office: Office, sort: str) -> None:
    anna = await office.person("anna")
    shelf = Shelf(office, anna)
    for _ in range(10):
        await shelf.add(AT_FIRST // 10)
    stayed, seen, changed = set(shelf.living), list[int](), 0
    params: dict[str, Any] = {"sort": sort, "limit": PAGE}
    while True:
        page = (await anna.get("/clients", **params)).json()
        seen += [row["id"] for row in page["items"]]
        if page["next_cursor"] is None:
            break
        params["cursor"] = page["next_cursor"]
        if changed < 1000:
            await shelf.add(CAME)
            stayed -= await shelf.drop(WENT)
            changed += CAME + WENT
    assert changed >= 1000 or sort in ("-id", "-created_at")
    assert len(seen) == len(set(seen)), "a row was seen twice"
    assert stayed <= set(seen), "a row that stayed was missed"
    assert len(stayed) > 20
