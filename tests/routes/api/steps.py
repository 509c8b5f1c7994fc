"""The steps of a card over REST: acting on it, and the tasks that this leaves."""

from typing import Any

from tests.office import Person

Record = dict[str, Any]

# At 18:00 in Moscow; the office's first day is the Tuesday before.
WEDNESDAY, THURSDAY, FRIDAY, MONDAY = [f"2026-03-{day}T15:00:00Z" for day in (11, 12, 13, 16)]


async def acted(person: Person, path: str, card: Record, body: Any = None) -> Record:
    """An action on a card as it was read."""
    plural = f"{card['kind']}s"
    reply = await person.post(f"/{plural}/{card['id']}/{path}", body, version=card["version"])
    assert reply.status_code == 200, reply.text
    return reply.json()  # type: ignore[no-any-return]


async def moved(person: Person, card: Record, stage: str, **more: Any) -> Record:
    return await acted(person, "move", card, {"stage": stage, **more})


async def tasks_of(person: Person, card: Record) -> list[Record]:
    found = await person.get("/tasks", card_id=card["id"], sort="id")
    return found.json()["items"]  # type: ignore[no-any-return]


async def told(person: Person, card: Record) -> list[tuple[Any, ...]]:
    """Of each task of a card: the rule, when it is due, its version, who closed it."""
    names = ("made_by", "due_at", "version", "closed_by")
    return [tuple(task[name] for name in names) for task in await tasks_of(person, card)]
