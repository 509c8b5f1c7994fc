"""Agreements in the states in which something can be done to them."""

from tests.changes.company import TERM, Record, World

AGREEMENT: Record = {"title": "Support", **TERM}
FILE: Record = {"name": "contract.pdf", "content": "JVBERg=="}


async def lost(world: World) -> Record:
    """An agreement that nothing is pending for any more."""
    made = await world.card("renewals")
    reason = await world.office.reason("stopped_using", "renewals")
    path, body = f"/renewals/{made['id']}/move", {"stage": "not_renewed", "reason_id": reason}
    await world.done(path, body, made["version"])
    reply = await world.anna.get(f"/agreements/{made['agreement_id']}")
    return dict(reply.json())


async def left(world: World) -> Record:
    made = await lost(world)
    await world.anna.delete(f"/agreements/{made['id']}", made["version"])
    return made


async def filed(world: World) -> Record:
    """An agreement with the contract as a file."""
    made = await world.new("/agreements", client_id=world.client_id, **AGREEMENT)
    reply = await world.anna.post(f"/agreements/{made['id']}/file", FILE, made["version"])
    return dict(reply.json())
