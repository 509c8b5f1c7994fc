"""Statements that are asked all day: compiled once, and handed to the driver itself.

Through the engine a small statement costs the server four times what the driver takes for it:
its cache key, its parameters, a cursor, a result, and a change of coroutine for each of them.
What is built from the caller's wishes goes through the engine; what is known beforehand goes here,
on the same connection and in the same transaction.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Executable
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.compiler import SQLCompiler

from backend.db import postgres, sqlite

Values = Mapping[str, Any]
Processor = Callable[[Any], Any]
NONE: Values = {}
MOST = 200  # of the sets of columns that one statement is compiled for


class Answer(NamedTuple):
    """The rows, by name, and how many rows were written or found."""

    rows: list[Mapping[str, Any]]
    rowcount: int


@dataclass(frozen=True, slots=True)
class Plan:
    """A statement as one driver takes it.

    `names` are its parameters in their order, `given` the values that stand in the statement
    itself; `writers` and `readers` turn a value into what the driver takes, and back.
    """

    sql: str
    names: tuple[str, ...]
    given: Values
    writers: tuple[tuple[int, Processor], ...]
    columns: tuple[str, ...]
    readers: tuple[tuple[int, Processor], ...]

    def bound(self, values: Values) -> list[Any]:
        """The parameters; KeyError where one is missing."""
        given = self.given
        found = [values[name] if name in values else given[name] for name in self.names]
        for place, write in self.writers:
            found[place] = write(found[place])
        return found

    def read(self, rows: Iterable[Iterable[Any]]) -> list[Mapping[str, Any]]:
        """Rows of a driver that knows no names, or no types."""
        found: list[Mapping[str, Any]] = []
        for row in rows:
            values = list(row)
            for place, read in self.readers:
                values[place] = read(values[place])
            found.append(dict(zip(self.columns, values, strict=True)))
        return found


class Prepared:
    """A statement that is compiled once for a database and the names of what it writes.

    ValueError for one whose text depends on its values, as a list of alternatives does.
    """

    def __init__(self, statement: Executable) -> None:
        self.statement = statement
        self._plans: dict[tuple[str, tuple[str, ...]], Plan] = {}
        self._takes_columns = bool(
            getattr(statement, "is_insert", False) or getattr(statement, "is_update", False)
        )

    async def ask(self, conn: AsyncConnection, values: Values | None = None) -> Answer:
        """Run it; a failure is the engine's own kind of error."""
        values = NONE if values is None else values
        return await _send(conn, self._plan(conn.dialect, values), values)

    async def each(self, conn: AsyncConnection, values: Sequence[Values]) -> None:
        """Run it for each of several sets of values, all of the same names, in one go."""
        if values:
            await _send_each(conn, self._plan(conn.dialect, values[0]), values)

    def _plan(self, dialect: Dialect, values: Values) -> Plan:
        key = dialect.name, tuple(values) if self._takes_columns else ()
        found = self._plans.get(key)
        if found is None:
            if len(self._plans) >= MOST:
                self._plans.clear()
            found = self._plans[key] = _plan(self.statement, dialect, key[1])
        return found


async def _send(conn: AsyncConnection, plan: Plan, values: Values) -> Answer:
    parameters = plan.bound(values)
    if conn.dialect.name == "postgresql":
        rows, count = await postgres.ask(conn, plan.sql, parameters, bool(plan.columns))
        return Answer(plan.read(rows) if plan.readers else rows, count)
    rows, count = await sqlite.ask(conn, plan.sql, parameters)
    return Answer(plan.read(rows), count)


async def _send_each(conn: AsyncConnection, plan: Plan, values: Sequence[Values]) -> None:
    ask = postgres.ask_each if conn.dialect.name == "postgresql" else sqlite.ask_each
    await ask(conn, plan.sql, [plan.bound(one) for one in values])


def _plan(statement: Executable, dialect: Dialect, columns: tuple[str, ...]) -> Plan:
    compiled = statement.compile(dialect=dialect, column_keys=list(columns) or None)  # type: ignore[attr-defined]
    if not isinstance(compiled, SQLCompiler) or compiled.post_compile_params:
        raise ValueError("a statement whose text depends on its values cannot be prepared")
    names = tuple(compiled.positiontup or ())
    binds = [compiled.binds[name] for name in names]
    shown = list(getattr(statement, "exported_columns", ()))
    writers = (bind.type.dialect_impl(dialect).bind_processor(dialect) for bind in binds)
    readers = (_reader(column, dialect) for column in shown)
    return Plan(
        sql=str(compiled),
        names=tuple(bind.key for bind in binds),
        given={bind.key: bind.effective_value for bind in binds if not bind.required},
        writers=tuple((place, found) for place, found in enumerate(writers) if found),
        columns=tuple(column.name for column in shown),
        readers=tuple((place, found) for place, found in enumerate(readers) if found),
    )


def _reader(column: Any, dialect: Dialect) -> Processor | None:
    found: Processor | None = column.type.dialect_impl(dialect).result_processor(dialect, None)
    return found
