"""The product with one safeguard switched off: what checks the others must find it out.

`python -m tests.faults.weak WEAKNESS COMMAND …` runs a command of the product so.
"""

import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from backend import cli
from backend.db import engines
from backend.db.session import Unit
from backend.domain.cards import actions as cards
from backend.domain.idempotency import actions as idempotency
from backend.domain.idempotency.actions import Claim, Reply
from backend.routes.call import Call


def versions() -> None:
    """No version is compared: who comes later writes over who came first."""

    def pass_all(current: int, if_match: int | None) -> None:
        return None

    cards.demand_version = pass_all


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


WEAKNESSES = {"versions": versions, "keys": keys, "transactions": transactions, "deaths": deaths}

if __name__ == "__main__":
    WEAKNESSES[sys.argv.pop(1)]()
    cli.main()
