"""The way effects leave the house: a nudge for the worker, given without holding anybody up.

Besides the jobs this is the only file that knows the queue. What must happen is a row in the
outbox; the nudge only makes it happen at once, so a queue that is away costs nothing but time.
"""

import asyncio
import logging
import time
import uuid
from contextlib import suppress
from typing import Any

import msgspec
from arq.connections import ArqRedis, RedisSettings, create_pool
from redis.asyncio import Redis
from redis.exceptions import RedisError

from backend.effects import Effect
from backend.settings import Rate

log = logging.getLogger(__name__)

GATHER = 0.1  # seconds in which nudges after a first one fall together
RELAY = "relay_outbox"
STREAM = "voronka:events"  # the stream that the relay writes what was logged to
STIRS = "voronka:stirs"  # where a server tells the others at once that it has written
STIRS_KEPT = 100
STIRS_WITHIN = 2.0  # seconds after which the log is looked at without a sign of the queue
STIRS_AWAY = 1.0  # the same while the queue does not answer
MARK = "voronka:queue"  # where a queue keeps the mark by which it is told from others
COUNT_WITHIN = 2.0  # seconds that counting a request may take
COUNT_AGAIN = 5.0  # seconds in which a queue that did not answer is not asked again

# The instants of the last admitted requests, newest first: never more than the limit in any span
# of time, and decided in one step for all processes.
_ADMIT = """
local now = redis.call('TIME')
now = now[1] * 1000 + math.floor(now[2] / 1000)
local span, most = tonumber(ARGV[1]), tonumber(ARGV[2])
local oldest = redis.call('LINDEX', KEYS[1], -1)
while oldest and now - oldest >= span do
  redis.call('RPOP', KEYS[1])
  oldest = redis.call('LINDEX', KEYS[1], -1)
end
local held = redis.call('LLEN', KEYS[1])
if held >= most then
  return {-1, span - (now - oldest)}
end
redis.call('LPUSH', KEYS[1], now)
redis.call('PEXPIRE', KEYS[1], span)
return {most - held - 1, span - (now - (oldest or now))}
"""

# How jobs are written in the queue; both ends must agree, and neither may run what it reads.
pack = msgspec.msgpack.encode
unpack = msgspec.msgpack.decode


async def mark_of(redis: ArqRedis) -> str:
    """The mark of a queue: made by whoever asks first, another one after it was emptied."""
    await redis.set(MARK, uuid.uuid4().hex, nx=True)
    found = await redis.get(MARK)
    return found.decode() if isinstance(found, bytes) else str(found)


async def newest(redis: Redis, stream: str) -> int | None:
    """The number of the last event in a stream; None where there is none."""
    entries = await redis.xrevrange(stream, count=1)
    return int(entries[0][1][b"seq"]) if entries else None


async def _end(redis: ArqRedis, stream: str) -> bytes:
    """The id of the last entry of a stream."""
    entries = await redis.xrevrange(stream, count=1)
    return entries[0][0] if entries else b"0-0"


class Bus:
    """Nudges the relay of the outbox, and whoever shows what is going on, after a commit."""

    def __init__(self, url: str) -> None:
        self._settings = RedisSettings.from_dsn(url)
        self._settings.conn_timeout = 1
        self._settings.conn_retries = 0
        self._pool: ArqRedis | None = None
        self._nudge: asyncio.Task[None] | None = None
        self._due = False  # whether something was written since the last nudge
        self._count_after = 0.0
        self._last: dict[Any, Any] = {}  # what was read of which stream

    async def deliver(self, effects: list[Effect]) -> None:
        """Have the outbox relayed soon; returns at once, never raises."""
        if not effects:
            return
        self._due = True
        if self._nudge is None or self._nudge.done():
            self._nudge = asyncio.create_task(self._nudging())

    async def _nudging(self) -> None:
        while self._due:
            self._due = False
            try:
                pool = await self._connected()
                await pool.xadd(STIRS, {"by": ""}, maxlen=STIRS_KEPT, approximate=True)
                await pool.enqueue_job(RELAY)
            except (RedisError, OSError, TimeoutError) as error:
                self._pool = None
                log.warning(
                    "the queue does not answer (%s); the outbox waits", type(error).__name__
                )
            await asyncio.sleep(GATHER)

    async def ping(self) -> None:
        """Raise unless the queue answers."""
        try:
            await asyncio.wait_for((await self._connected()).ping(), timeout=2)
        except (RedisError, OSError, TimeoutError):
            self._pool = None
            raise

    async def admit(self, bucket: str, rate: Rate) -> tuple[int, int] | None:
        """Count a request: how many more may come, -1 where it is too many; seconds until anew.

        None where the queue does not answer: a limit must not turn away whom it cannot count.
        """
        if time.monotonic() < self._count_after:
            return None
        try:
            async with asyncio.timeout(COUNT_WITHIN):
                pool = await self._connected()
                left, over = await pool.eval(
                    _ADMIT, 1, f"voronka:rate:{bucket}", str(rate.seconds * 1000), str(rate.count)
                )  # type: ignore[misc]
        except (RedisError, OSError, TimeoutError) as error:
            self._pool, self._count_after = None, time.monotonic() + COUNT_AGAIN
            log.warning("requests are not counted: the queue says %s", type(error).__name__)
            return None
        return int(left), max(1, -(-int(over) // 1000))

    async def mark(self) -> str:
        """The mark of the queue, by which it is told from others."""
        try:
            return await asyncio.wait_for(mark_of(await self._connected()), timeout=2)
        except (RedisError, OSError, TimeoutError):
            self._pool = None
            raise

    async def newest(self, stream: str) -> int | None:
        """The number of the last event in a stream; None where there is none."""
        async with asyncio.timeout(2):
            return await newest(await self._connected(), stream)

    async def stirred(self) -> None:
        """Return when something was written or relayed, or after a while; never raises."""
        try:
            async with asyncio.timeout(STIRS_WITHIN + 2):
                pool = await self._connected()
                if not self._last:  # whoever looks now will be told of all that follows
                    self._last = {name: await _end(pool, name) for name in (STREAM, STIRS)}
                    return
                told = await pool.xread(self._last, block=int(STIRS_WITHIN * 1000))
        except (RedisError, OSError, TimeoutError):
            self._pool = None
            await asyncio.sleep(STIRS_AWAY)
        else:
            for stream, entries in told:
                self._last[stream.decode()] = entries[-1][0]

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
