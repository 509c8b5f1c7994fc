"""A company in which something can be done over every writing route of the API."""

from dataclasses import dataclass
from typing import Any, NamedTuple

from tests.office import Office, Person

Record = dict[str, Any]
LINES = [{"description": "Seat", "quantity": "2", "price": "100.50"}]
TERM = {"amount": "100.50", "renewal_date": "2026-09-09"}


class Asked(NamedTuple):
    """A request: the end of its path, its body, the version that was read."""

    path: str
    body: Any = None
    version: int | None = None


NEXT = {
    "leads": "contacted", "offers": "request", "deals": "offer", "renewals": "invoice_required",
}  # fmt: skip


@dataclass
class World:
    """An admin who does it all, a manager who is given things, a client with something of all."""

    office: Office
    anna: Person
    boris: Person
    client_id: int
    number: int = 0

    async def new(self, path: str, **body: Any) -> Record:
        reply = await self.anna.post(path, body)
        assert reply.status_code == 201, (path, reply.text)
        return dict(reply.json())

    async def done(self, path: str, body: Any, version: int) -> Record:
        reply = await self.anna.post(path, body, version=version)
        assert reply.status_code == 200, (path, reply.text)
        return dict(reply.json())

    def name(self) -> str:
        self.number += 1
        return f"name_{self.number}"

    async def card(self, kind: str) -> Record:
        """A card that may be moved, with what its kind asks for on the way."""
        bodies: dict[str, Record] = {
            "leads": {"phone": "1", "email": "lead@example.com"},
            "offers": {"lines": LINES},
            "deals": {"amount": "1500.50"},
            "renewals": TERM,
        }
        whose = {"client_id": self.client_id}
        return await self.new(f"/{kind}", title="Servers", **whose, **bodies[kind])

    async def moved(self, kind: str) -> Record:
        made = await self.card(kind)
        return await self.done(f"/{kind}/{made['id']}/move", {"stage": NEXT[kind]}, made["version"])

    async def gone(self, path: str, **body: Any) -> Record:
        made = await self.new(path, **body)
        reply = await self.anna.delete(f"{path}/{made['id']}", made["version"])
        assert reply.status_code == 204, reply.text
        return made

    async def busy_client(self) -> Record:
        """A client of the admin's with cards, an agreement, a task and a contact."""
        made = await self.new("/clients", name=self.name())
        of = {"client_id": made["id"]}
        deal = await self.new("/deals", title="Servers", **of)
        await self.new("/leads", title="Enquiry", **of)
        await self.new("/renewals", **TERM, **of)
        await self.new("/tasks", title="Ask", **of)
        await self.new("/tasks", title="Ask", card_id=deal["id"])
        await self.new("/contacts", name="Pyotr", is_primary=True, **of)
        return made

    async def calls(self) -> Record:
        """A pipeline of leads of this test's own."""
        return await self.new("/pipelines", key=self.name(), template="outbound", position=1)
