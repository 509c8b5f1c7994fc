"""A chain of renewals, an admin with rules, and what people are told by them."""

from typing import Any

from backend.db.models import reminder_rule
from tests.office import Person
from tests.routes.api.chain import Chain, Record

WEEK = {
    "name": "A week to go", "kind": "renewal", "anchor": "renewal_date", "offset": "-P7D",
    "actions": [{"type": "notify", "text": "Ends: {client}, {agreement}, {renewal_date}"}],
}  # fmt: skip


async def alone(chain: Chain, boss: Person, **fields: Any) -> Record:
    """A rule of its own, all others switched off."""
    off = reminder_rule.update().values(active=False)
    await chain.office.do(lambda tx: tx.run(off))
    return await made(boss, **fields)


async def made(boss: Person, **fields: Any) -> Record:
    reply = await boss.post("/reminder-rules", {**WEEK, **fields})
    assert reply.status_code == 201, reply.text
    return dict(reply.json())


async def run(chain: Chain, boss: Person, day: str) -> Record:
    """It is noon on a day, and the reminders run."""
    chain.on(day)
    reply = await boss.post("/reminder-rules/runs", {"today": day})
    assert reply.status_code == 200, reply.text
    return dict(reply.json())


async def told(person: Person) -> list[str]:
    return [one["text"] for one in (await person.get("/notifications")).json()["items"]][::-1]


async def tasks(person: Person, **filters: Any) -> list[tuple[str, str, str]]:
    items = (await person.get("/tasks", done="false", **filters)).json()["items"]
    return [(one["made_by"], one["title"], one["due_at"][:10]) for one in items]


async def opened(chain: Chain, day: str, **fields: Any) -> Record:
    made = await chain.renewal(renewal_date=day, **fields)
    return await chain.moved(made, "invoice_required")
