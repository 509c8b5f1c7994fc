"""The product changed from outside: with a safeguard switched off, which what checks the others
must find out; or by another clock.

`python -m tests.faults.weak CHANGE[=VALUE][,…] COMMAND …` runs a command of the product so.
"""

import contextlib
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from datetime import date, datetime, timedelta, tzinfo
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from backend import cli, clock
from backend.db import engines
from backend.db.models import change as entry
from backend.db.session import Unit, unit
from backend.domain import versions as record_versions
from backend.domain.feed import actions as log
from backend.domain.flows import runs
from backend.domain.idempotency import actions as idempotency
from backend.domain.idempotency.actions import Claim, Reply
from backend.domain.ledger import queries as ledger
from backend.resources import Resources
from backend.routes.call import Call
from jobs import outbox

JUMPS = (timedelta(hours=-1), timedelta(days=1), timedelta(hours=1), timedelta(days=1))
JUMP_EVERY = 0.2  # seconds


def versions() -> None:
    """No version is compared: who comes later writes over who came first."""

    def pass_all(current: int, if_match: int | None) -> None:
        return None

    record_versions.demand_version = pass_all


def keys() -> None:
    """Idempotency keys are read and never claimed."""

    async def free(tx: Unit, wanted: Claim) -> Reply | None:
        return None

    async def forget(tx: Unit, wanted: Claim, reply: Reply) -> None:
        return None

    idempotency.claim = free
    idempotency.keep = forget


def transactions() -> None:
    """Every statement is committed by itself."""

    @contextlib.asynccontextmanager
    async def write(self: engines.Database) -> AsyncIterator[AsyncConnection]:
        loose = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        async with loose.connect() as connection:
            yield connection

    @contextlib.asynccontextmanager
    async def nothing(self: Unit) -> AsyncIterator[None]:
        yield
        await self.flush()

    engines.Database.write = write  # type: ignore[method-assign]
    engines._begin_sqlite = lambda connection: None
    Unit.apart = nothing  # type: ignore[method-assign]


def deaths() -> None:
    """A request whose key says so kills the server: before its commit, or before its answer."""
    keep, write = idempotency.keep, Call.write

    async def keep_or_die(tx: Unit, wanted: Claim, reply: Reply) -> None:
        await keep(tx, wanted, reply)
        if wanted.key.startswith("before"):
            os.kill(os.getpid(), signal.SIGKILL)

    async def write_or_die(self: Call, *given: Any, **named: Any) -> Any:
        answer = await write(self, *given, **named)
        if self.request.headers.get("idempotency-key", "").startswith("after"):
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    idempotency.keep = keep_or_die
    Call.write = write_or_die  # type: ignore[method-assign]


def pieces() -> None:
    """What fails stops the rest: no piece of a job is apart from the others."""

    async def whole(tx: Unit, what: str, work: Any, failed: Any = None) -> bool:
        return bool(await work())

    runs.apart = whole


def missed() -> None:
    """Due is what is due today, and what was missed is forgotten."""
    claim = ledger.claim

    async def of_today(tx: Unit, today: date, limit: int) -> list[Any]:
        return [row for row in await claim(tx, today, limit) if row["activates_on"] == today]

    ledger.claim = of_today


def own_clock() -> None:
    """What is due is decided by the process's own clock."""

    async def own(tx: Unit) -> datetime:
        return clock.now()

    ledger.database_now = own


def relays() -> None:
    """What the queue did not take is noted as relayed, and what it holds is never looked at."""
    batch = outbox._batch

    async def all_is_well(resources: Resources, redis: Redis) -> int:
        try:
            return await batch(resources, redis)
        except (RedisError, OSError, TimeoutError):
            async with resources.database.read() as conn:
                last = (await conn.execute(select(func.max(entry.c.id)))).scalar_one()
            await unit(resources.database, clock.now, lambda tx: log.forward(tx, "relay", last))
            return 0

    outbox._batch = all_is_well
    outbox._since = lambda noted, held: noted


def hasty() -> None:
    """A commit is answered before it stands on the disk."""

    def hurried(url: str, **options: Any) -> Any:
        options["connect_args"] |= {"server_settings": {"synchronous_commit": "off"}}
        return create_async_engine(url, **options)

    vars(engines)["create_async_engine"] = hurried


def later(seconds: str) -> None:
    """No weakness: it is so much later, by the process's clock and by the database's."""
    ahead, told = timedelta(seconds=int(seconds)), ledger.database_now

    async def database_now(tx: Unit) -> datetime:
        return await told(tx) + ahead

    ledger.database_now = database_now
    _shift(lambda: ahead)


def jumping() -> None:
    """No weakness: the process's clock jumps about, the database's does not."""
    _shift(lambda: JUMPS[int(time.monotonic() / JUMP_EVERY) % len(JUMPS)])


def _shift(by: Callable[[], timedelta]) -> None:
    class Shifted(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Any:
            return datetime.now(tz) + by()

    clock.datetime = Shifted  # type: ignore[attr-defined]


CHANGES: dict[str, Callable[..., None]] = {
    "versions": versions, "keys": keys, "transactions": transactions, "deaths": deaths,
    "pieces": pieces, "missed": missed, "own_clock": own_clock, "relays": relays,
    "hasty": hasty,
    "later": later, "jumping": jumping,
}  # fmt: skip


def change(words: str) -> None:
    """Change this process as CHANGE[=VALUE][,…] says."""
    for word in filter(None, words.split(",")):
        name, *given = word.split("=")
        CHANGES[name](*given)


if __name__ == "__main__":
    change(sys.argv.pop(1))
    cli.main()
