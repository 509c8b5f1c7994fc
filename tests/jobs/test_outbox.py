"""Events are relayed at least once: when the queue failed meanwhile, or forgot what it had."""

import asyncio
import logging
from typing import Any

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from backend.bus import STREAM
from jobs import outbox
from tests.conftest import FreshDatabase
from tests.launchers.valkey import Server
from tests.office import Office

pytestmark = pytest.mark.anyio


class Sulking:
    """A queue that fails when it is spoken to for the first time."""

    def __init__(self, redis: Redis) -> None:
        self.redis, self.refused = redis, 0

    def pipeline(self, **options: Any) -> Any:
        if not self.refused:
            self.refused = 1
            raise RedisError("not now")
        return self.redis.pipeline(**options)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.redis, name)


async def test_a_listener_does_not_wait_for_the_end_of_something_long(
    fresh_database: FreshDatabase,
    valkey: Server,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(outbox, "PAUSE", 0.01)
    office = Office(fresh_database.database)
    anna = await office.person("anna")
    async with Redis.from_url(valkey.url) as redis:
        await redis.delete(STREAM)
        queue = Sulking(redis)
        ctx = {"resources": office.resources, "redis": queue, "relaying": asyncio.Lock()}
        async with outbox.relaying(ctx):
            acme = (await anna.post("/clients", {"name": "Acme"})).json()["id"]
            ((_, told),) = await redis.xread({STREAM: 0}, block=20_000)
            fields = told[0][1]
        await redis.delete(STREAM)
    assert (fields[b"kind"], fields[b"id"]) == (b"client", str(acme).encode())
    assert queue.refused == 1
    warned = [one.message for one in caplog.records if one.levelno >= logging.WARNING]
    assert warned == ["events were not relayed; it is tried again"]


async def test_what_a_queue_has_forgotten_is_sent_again(office: Office, valkey: Server) -> None:
    anna = await office.person("anna")
    for name in ("Acme", "Other", "Third"):
        assert (await anna.post("/clients", {"name": name})).is_success
    async with Redis.from_url(valkey.url) as redis:
        await redis.delete(STREAM)
        ctx = {"resources": office.resources, "redis": redis, "relaying": asyncio.Lock()}
        await outbox.relay_outbox(ctx)
        sent = [fields for _, fields in await redis.xrange(STREAM)]
        await redis.xdel(STREAM, *[key for key, _ in (await redis.xrange(STREAM))[1:]])
        for _ in range(2):
            await outbox.relay_outbox(ctx)
            assert [fields for _, fields in await redis.xrange(STREAM)] == sent
        await redis.delete(STREAM)
        await outbox.relay_outbox(ctx)
        assert await redis.exists(STREAM) == 0


def test_a_queue_from_another_time_is_not_told_everything_anew() -> None:
    assert outbox._since(noted=50_000, held=7) == 50_000 - outbox.FORGETS
