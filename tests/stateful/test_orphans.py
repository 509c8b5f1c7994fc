"""After whatever is done with clients and agreements, each that runs has its next renewal.

ORPHAN_STEPS and ORPHAN_SEED make a longer walk, or another one.
"""

import os
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select, union_all, update

from backend.db.models import agreement, app_user, card, renewal
from tests.domain.flows import sources
from tests.domain.flows.maven import Importing
from tests.office import Office, Person
from tests.routes.api.chain import LOST, WON

pytestmark = pytest.mark.anyio

STEPS = int(os.environ.get("ORPHAN_STEPS", "36"))
SEED = int(os.environ.get("ORPHAN_SEED", "20261122"))
Record = dict[str, Any]
DOINGS = (
    "make", "make", "import_", "activate", "win", "win", "lose", "undo", "reopen", "reschedule",
    "transfer", "merge", "delete_client", "delete_agreement", "delete_renewal", "restore",
    "dismiss",
)  # fmt: skip


@dataclass
class Walk:
    """An office in which things are done by chance; what was done, for whoever reads a failure."""

    office: Office
    boss: Person
    folder: Path
    chance: random.Random
    steps: list[str] = field(default_factory=list)
    done: Counter[tuple[str, bool]] = field(default_factory=Counter)

    async def go(self, steps: int) -> None:
        for what in ("import_", "make", *self.chance.choices(DOINGS, k=steps)):
            self.office.now += timedelta(days=self.chance.randint(0, 20))
            doing: Callable[[], Awaitable[httpx.Response | None]] = getattr(self, what)
            reply = await doing()
            status = 0 if reply is None else reply.status_code
            assert status < 500, reply
            self.steps.append(f"{what}: {status}")
            self.done[what, status < 400] += 1
            orphans = (await self.boss.get("/renewals/orphans")).json()["items"]
            forsaken = await self.forsaken()
            assert (orphans, forsaken) == ([], []), "\n".join([*self.steps, str(orphans)])

    async def forsaken(self) -> list[int]:
        """The pending renewals, and the agreements that run, of people who are not at work."""
        gone = select(app_user.c.id).where(~app_user.c.active | (app_user.c.role == "viewer"))
        left = (
            select(card.c.id)
            .where(card.c.state.in_(("waiting", "open")), card.c.owner_id.in_(gone))
            .where(card.c.deleted_at.is_(None)),
            select(agreement.c.id)
            .where(agreement.c.status == "running", agreement.c.owner_id.in_(gone))
            .where(agreement.c.deleted_at.is_(None)),
        )
        rows = await self.office.do(lambda tx: tx.rows(union_all(*left)))
        return [row["id"] for row in rows]

    async def some(self, path: str, **filters: Any) -> Record:
        """One of the records there; one that nobody has where there is none."""
        items = (await self.boss.get(path, limit=200, **filters)).json()["items"]
        return self.chance.choice(items) if items else {"id": 2**40, "version": 1, "owner_id": 1}

    async def act(self, path: str, one: Record, body: Any = None) -> httpx.Response:
        return await self.boss.post(path.format(**one), body, version=one["version"])

    def day(self, first: int, last: int) -> str:
        return str((self.office.now + timedelta(days=self.chance.randint(first, last))).date())

    # -- what is done --

    async def make(self) -> httpx.Response:
        client = await self.some("/clients")
        body = {
            "client_id": client["id"], "owner_id": client["owner_id"], "amount": "100",
            "renewal_date": self.day(1, 400),
        }  # fmt: skip
        if self.chance.random() < 0.7:
            body["period"] = self.chance.choice(("P1M", "P1Y", "P2W"))
        return await self.boss.post("/renewals", body)

    async def import_(self) -> None:
        """The same three rows, with other dates each time; what is closed is refused by itself."""
        sources.write(self.folder, "1,Acme,,,", "2,Beta,,,")
        rows = [f"r{n},{1 + n % 2},100,{self.day(-90, 300)},P1Y" for n in range(3)]
        header = "id,client,amount,due,period"
        sources.write(self.folder, *rows, name="renewals.csv", header=header)
        importing = Importing(self.office.database, self.office.now)
        await importing.run(self.folder, sources.plan(sources.RENEWALS))

    async def activate(self) -> httpx.Response:
        return await self.act("/renewals/{id}/activate", await self.some("/renewals"))

    async def win(self) -> httpx.Response:
        body: Record = {"stage": WON}
        match self.chance.choice(("", "date", "end")):
            case "date":
                body["next_renewal_date"] = self.day(1, 800)
            case "end":
                reason = await self.office.reason("last_term", "renewals", "end")
                body["end_agreement"] = {"reason_id": reason}
        return await self.act("/renewals/{id}/move", await self.some("/renewals"), body)

    async def lose(self) -> httpx.Response:
        """For good, or because it goes on in another agreement, whichever that is."""
        key = self.chance.choice(("stopped_using", "merged"))
        body: Record = {"stage": LOST, "reason_id": await self.office.reason(key, "renewals")}
        if key == "merged":
            other = await self.some("/agreements")
            body["fields"] = {"other_agreement_id": other["id"]}
        return await self.act("/renewals/{id}/move", await self.some("/renewals"), body)

    async def undo(self) -> httpx.Response:
        """What was done just now is taken back."""
        done = await self.chance.choice((self.win, self.lose, self.activate))()
        return (
            done if done.status_code >= 400 else await self.act("/renewals/{id}/undo", done.json())
        )

    async def reopen(self) -> httpx.Response:
        one = await self.some("/renewals", state=self.chance.choice(("won", "lost")))
        return await self.act("/renewals/{id}/move", one, {"stage": "invoice_required"})

    async def reschedule(self) -> httpx.Response:
        body = {"renewal_date": self.day(-30, 300), "reason": "client_asked"}
        return await self.act("/renewals/{id}/reschedule", await self.some("/renewals"), body)

    async def transfer(self) -> httpx.Response:
        to = await self.some("/users", active="true")
        path = self.chance.choice(("/clients", "/renewals"))
        one = await self.some(path)
        return await self.act(f"{path}/{{id}}/transfer", one, {"owner_id": to["id"]})

    async def merge(self) -> httpx.Response:
        one, other = await self.some("/clients"), await self.some("/clients")
        return await self.act("/clients/{id}/merge", one, {"other_id": other["id"]})

    async def delete_client(self) -> httpx.Response:
        return await self.delete("/clients")

    async def delete_agreement(self) -> httpx.Response:
        return await self.delete("/agreements")

    async def delete_renewal(self) -> httpx.Response:
        return await self.delete("/renewals")

    async def delete(self, path: str) -> httpx.Response:
        one = await self.some(path)
        return await self.boss.delete(f"{path}/{one['id']}", one["version"])

    async def restore(self) -> httpx.Response:
        path, number = self.chance.choice(("/agreements", "/renewals")), self.chance.randint(1, 20)
        return await self.boss.post(f"{path}/{number}/restore")

    async def dismiss(self) -> httpx.Response:
        """Somebody goes, mostly with a word to whom he leaves what is his; a new one comes."""
        name = f"new{len(self.steps)}"
        await self.office.person(name)
        owner = (await self.some("/renewals"))["owner_id"]
        one, heir = (
            (await self.boss.get(f"/users/{owner}")).json(),
            await self.some("/users", active="true"),
        )
        body: Record = self.chance.choice(({"active": False}, {"role": "viewer"}))
        if self.chance.random() < 0.7:
            body = {**body, "hand_over_to": heir["id"]}
        return await self.boss.patch(f"/users/{one['id']}", body, one["version"])


@pytest.fixture
async def walk(office: Office, tmp_path: Path) -> Walk:
    boss = await office.person("boss", "admin")
    for name in ("Acme", "Beta", "Gamma"):
        await office.client(await office.person(name.lower()), name)
    return Walk(office, boss, tmp_path, random.Random(SEED))


async def test_nothing_that_runs_is_ever_without_its_next_renewal(walk: Walk) -> None:
    await walk.go(STEPS)
    done = {what for what, well in walk.done if well}
    assert done >= {"make", "import_", "win", "undo", "transfer", "merge"}, walk.done


async def test_an_orphan_is_seen(walk: Walk) -> None:
    """The check itself: an agreement whose renewal somebody took away by hand."""
    await walk.make()
    gone = update(renewal).values(pending=False, waiting=False)
    await walk.office.do(lambda tx: tx.run(gone))
    found = (await walk.boss.get("/renewals/orphans")).json()["items"]
    rows = await walk.office.do(lambda tx: tx.rows(select(agreement.c.id)))
    assert [one["agreement_id"] for one in found] == [row["id"] for row in rows]
