"""A reminder rule, and what makes one speak."""

from tests.changes.company import Asked, Record, World

RULE: Record = {
    "name": "Rule", "kind": "lead", "anchor": "created", "offset": "P1D",
    "actions": [{"type": "notify", "text": "{title}"}],
}  # fmt: skip


async def due(world: World) -> Asked:
    """Somebody is to be got in touch with today."""
    at = world.office.now.isoformat()
    await world.new("/leads", title="Enquiry", phone="1", next_contact_at=at)
    return Asked("/reminder-rules/runs", {"today": str(world.office.today)})


async def told(world: World) -> Record:
    asked = await due(world)
    await world.anna.post(asked.path, asked.body)
    items = (await world.anna.get("/notifications", read="false")).json()["items"]
    return dict(items[0])
