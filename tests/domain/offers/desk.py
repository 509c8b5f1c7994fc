"""A desk at which offers are made and moved over REST."""

from dataclasses import dataclass
from typing import Any

import httpx
from sqlalchemy import select, update

from backend.db.models import pipeline, stage
from backend.db.session import Unit
from backend.domain.offers import actions as offers
from tests.factories.cards import new_offer
from tests.office import Office, Person

# How an offer comes to each stage.
WAYS = {
    "draft": (),
    "request": ("request",),
    "sent": ("request", "sent"),
    "rework": ("request", "sent", "rework"),
    "accepted": ("request", "sent", "accepted"),
    "declined": ("declined",),
}
COMMENT = "Dearer by a tenth"


@dataclass
class Desk:
    """A seller with a client, her head, and a reason to decline."""

    office: Office
    anna: Person
    head: Person
    client_id: int
    reason_id: int

    async def offer(self, key: str = "draft", **fields: Any) -> dict[str, Any]:
        """An offer that was moved to a stage."""
        made = await new_offer(self.anna, **{"client_id": self.client_id, **fields})
        for step in WAYS[key]:
            made = await self.moved(made, step)
        return made

    async def move(self, offer: dict[str, Any], key: str, **more: Any) -> httpx.Response:
        """Move with all that the stage demands, unless said otherwise."""
        given: dict[str, Any] = {"stage": key}
        if key == "rework":
            given["comment"] = COMMENT
        if key == "declined":
            given["reason_id"] = self.reason_id
        path = f"/offers/{offer['id']}/move"
        return await self.anna.post(path, {**given, **more}, version=offer["version"])

    async def moved(self, offer: dict[str, Any], key: str, **more: Any) -> dict[str, Any]:
        reply = await self.move(offer, key, **more)
        assert reply.status_code == 200, reply.text
        return reply.json()  # type: ignore[no-any-return]

    async def edited(self, offer: dict[str, Any], **fields: Any) -> dict[str, Any]:
        reply = await self.anna.patch(f"/offers/{offer['id']}", fields, version=offer["version"])
        assert reply.status_code == 200, reply.text
        return reply.json()  # type: ignore[no-any-return]

    async def decided(self, offer: dict[str, Any], status: str) -> dict[str, Any]:
        """The head says yes (`approved`) or no (`rejected`)."""
        head = await self.office.viewer(self.head)

        async def work(tx: Unit) -> int:
            return await offers.decide(tx, head, offer["id"], status, None, offer["version"])

        await self.office.do(work)
        return await self.read("offers", offer["id"])

    async def read(self, plural: str, record_id: int) -> dict[str, Any]:
        reply = await self.anna.get(f"/{plural}/{record_id}")
        assert reply.status_code == 200, reply.text
        return reply.json()  # type: ignore[no-any-return]

    async def undo(self, offer: dict[str, Any]) -> httpx.Response:
        return await self.anna.post(f"/offers/{offer['id']}/undo", version=offer["version"])

    async def approval_mode(self, mode: str) -> None:
        change = update(pipeline).where(pipeline.c.kind == "offer").values(approval_mode=mode)
        await self.office.do(lambda tx: tx.run(change))

    async def seeded(self) -> dict[str, Any]:
        """The offer stages as they are in the database."""
        query = select(stage).join(pipeline, pipeline.c.id == stage.c.pipeline_id)
        rows = await self.office.do(lambda tx: tx.rows(query.where(pipeline.c.kind == "offer")))
        return {row["key"]: row for row in rows}


async def set_up(office: Office) -> Desk:
    team = await office.team("north")
    anna = await office.person("anna", team_id=team)
    head = await office.person("head", "head", team_id=team)
    reason_id = await office.reason("too_expensive", "offers")
    return Desk(office, anna, head, await office.client(anna), reason_id)
