"""The way effects leave the house: a nudge for the worker, given without holding anybody up.

Besides the jobs this is the only file that knows the queue. What must happen is a row in the
outbox; the nudge only makes it happen at once, so a queue that is away costs nothing but time.
"""

import asyncio
import logging
from contextlib import suppress

import msgspec
from arq.connections import ArqRedis, RedisSettings, create_pool
from redis.exceptions import RedisError

from backend.effects import Effect

log = logging.getLogger(__name__)

GATHER = 0.1  # seconds in which nudges fall together
RELAY = "relay_outbox"

# How jobs are written in the queue; both ends must agree, and neither may run what it reads.
pack = msgspec.msgpack.encode
unpack = msgspec.msgpack.decode


class Bus:
    """Nudges the relay of the outbox after a commit."""

    def __init__(self, url: str) -> None:
        self._settings = RedisSettings.from_dsn(url)
        self._settings.conn_timeout = 1
        self._settings.conn_retries = 0
        self._pool: ArqRedis | None = None
        self._nudge: asyncio.Task[None] | None = None

    async def deliver(self, effects: list[Effect]) -> None:
        """Have the outbox relayed soon; returns at once, never raises."""
        if effects and (self._nudge is None or self._nudge.done()):
            self._nudge = asyncio.create_task(self._relay())

    async def _relay(self) -> None:
        await asyncio.sleep(GATHER)
        try:
            await (await self._connected()).enqueue_job(RELAY)
        except (RedisError, OSError, TimeoutError) as error:
            self._pool = None
            log.warning("the queue does not answer (%s); the outbox waits", type(error).__name__)

    async def ping(self) -> None:
        """Raise unless the queue answers."""
        try:
            await asyncio.wait_for((await self._connected()).ping(), timeout=2)
        except (RedisError, OSError, TimeoutError):
            self._pool = None
            raise

    async def _connected(self) -> ArqRedis:
        if self._pool is None:
            self._pool = await create_pool(
                self._settings, job_serializer=pack, job_deserializer=unpack
            )
        return self._pool

    async def close(self) -> None:
        if self._nudge is not None:
            self._nudge.cancel()
            with suppress(asyncio.CancelledError):
                await self._nudge
        if self._pool is not None:
            await self._pool.aclose()
