"""Live changes: what was missed is told again, what happens is told once, and only ids."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from backend import bus
from backend.db.session import Unit
from backend.domain.feed import queries as feed
from backend.effects import RecordChanged
from backend.live import DEAF_AFTER, Entry, Listener
from backend.routes.web.live import REPLAYED, signals
from tests.factories.cards import new_deal, new_lead
from tests.factories.tasks import new_task
from tests.launchers import valkey as queues
from tests.office import Office, Person


@pytest.fixture
async def anna(office: Office) -> AsyncIterator[Person]:
    yield await office.person("anna")
    await office.resources.live.close()


async def horizon(office: Office) -> int:
    async with office.database.read() as conn:
        return await feed.horizon(Unit(conn, office.now))


def told(signal: str) -> dict[str, str]:
    return dict(line.split(": ", 1) for line in signal.splitlines() if ": " in line)


async def test_what_was_missed_and_what_happens(office: Office, anna: Person) -> None:
    acme = await office.client(anna)
    since = await horizon(office)
    first = await new_deal(anna, client_id=acme)
    await new_lead(anna)
    stream = signals(office.resources, "deal", since)
    missed = told(await anext(stream))
    assert missed["event"] == "cards"
    assert json.loads(missed["data"]) == [[first["id"], 1]]
    assert int(missed["id"]) > since
    second = await new_deal(anna, client_id=acme)
    seen: dict[str, str] = {}
    while "event" not in seen:  # the entries of other kinds only move the number on
        seen = told(await asyncio.wait_for(anext(stream), 30))
    assert json.loads(seen["data"]) == [[second["id"], 1]]
    await new_task(anna, card_id=first["id"])
    seen = {}
    while "event" not in seen:
        seen = told(await asyncio.wait_for(anext(stream), 30))
    assert json.loads(seen["data"]) == [[first["id"], 0]]
    await stream.aclose()  # type: ignore[attr-defined]
    again = signals(office.resources, "deal", int(seen["id"]))
    assert "event" not in told(await anext(again))
    await again.aclose()  # type: ignore[attr-defined]


async def test_who_missed_too_much_loads_the_columns_again(office: Office, anna: Person) -> None:
    since = await horizon(office)
    for _ in range(REPLAYED + 1):
        await new_lead(anna)
    stream = signals(office.resources, "lead", since)
    assert told(await anext(stream))["event"] == "reload"
    await stream.aclose()  # type: ignore[attr-defined]


async def test_who_listens_too_slowly_is_told_so() -> None:
    slow = Listener()
    for number in range(DEAF_AFTER + 5):
        slow.tell(Entry(number, "deal", 1, 1))
    heard = await slow.hear(1)
    assert (len(heard), heard[-1]) == (DEAF_AFTER + 1, None)
    assert await slow.hear(0.01) == []


async def test_the_queue_wakes_at_once_and_is_not_needed(
    valkey: queues.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bus, "STIRS_AWAY", 0.01)
    monkeypatch.setattr(bus, "STIRS_WITHIN", 30.0)
    away, there = bus.Bus("redis://127.0.0.1:1"), bus.Bus(valkey.url)
    await asyncio.wait_for(away.stirred(), 10)
    await asyncio.wait_for(there.stirred(), 10)  # whoever has not looked yet looks
    waits = asyncio.create_task(there.stirred())
    client = Redis.from_url(valkey.url)
    await asyncio.sleep(0.2)
    assert not waits.done()
    await client.xadd(bus.STREAM, {"seq": 1})
    await asyncio.wait_for(waits, 10)
    await client.xadd(bus.STREAM, {"seq": 2})
    await asyncio.wait_for(there.stirred(), 10)  # what came meanwhile is not slept over
    for one in (client, there, away):
        await (one.aclose() if isinstance(one, Redis) else one.close())


async def test_a_server_wakes_the_others_without_the_worker(
    valkey: queues.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At once where it was quiet; what is written just after that is told a moment later."""
    monkeypatch.setattr(bus, "STIRS_WITHIN", 30.0)
    one, other = bus.Bus(valkey.url), bus.Bus(valkey.url)
    await other.stirred()
    for number in (1, 2):
        await one.deliver([RecordChanged("deal", number)])
        await asyncio.wait_for(other.stirred(), 10)
    for bus_ in (one, other):
        await bus_.close()
