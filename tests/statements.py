"""What a database is asked, whichever way a statement takes to it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from backend.db import prepared
from tests.held import CHECKED
from tests.office import Office

# What frames a transaction; that of a held database is framed by savepoints.
FRAME = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", CHECKED)


@contextmanager
def asked(office: Office) -> Iterator[list[str]]:
    """The statements that the database is sent meanwhile, in their order and without a frame."""
    seen: list[str] = []
    send, send_each, join = prepared._send, prepared._send_each, prepared._joined

    def through_the_engine(conn: Any, cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith(FRAME):
            seen.append(statement)

    async def to_the_driver(conn: Any, plan: prepared.Plan, values: prepared.Values) -> Any:
        seen.append(plan.sql)
        return await send(conn, plan, values)

    async def many_to_the_driver(
        conn: Any, plan: prepared.Plan, values: Sequence[prepared.Values]
    ) -> None:
        seen.append(plan.sql)
        await send_each(conn, plan, values)

    def as_one(parts: tuple[tuple[str, int], ...]) -> str:
        seen.append(join(parts))
        return seen[-1]

    engine = office.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", through_the_engine)
    prepared._send, prepared._send_each = to_the_driver, many_to_the_driver
    prepared._joined = as_one  # type: ignore[assignment]
    try:
        yield seen
    finally:
        prepared._send, prepared._send_each, prepared._joined = send, send_each, join
        event.remove(engine, "before_cursor_execute", through_the_engine)
