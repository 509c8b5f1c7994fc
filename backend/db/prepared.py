"""Statements that are asked all day: compiled once, and handed to the driver itself.

Through the engine a small statement costs the server four times what the driver takes for it:
its cache key, its parameters, a cursor, a result, and a change of coroutine for each of them.
What is built from the caller's wishes goes through the engine; what is known beforehand goes here,
on the same connection and in the same transaction.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Delete, Insert, Select, Update
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.compiler import SQLCompiler

from backend.db import postgres, sqlite

Values = Mapping[str, Any]
Known = Select[Any] | Insert | Update | Delete
Processor = Callable[[Any], Any]
NONE: Values = {}
MOST = 200  # of the sets of columns that one statement is compiled for
SHORT = 8  # statements that are put together in one
_NUMBER = re.compile(r"\$(\d+)")


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

    def __init__(self, statement: Known) -> None:
        self._statement = statement
        self._plans: dict[tuple[str, tuple[str, ...]], Plan] = {}
        self._takes_columns = isinstance(statement, Insert | Update)
        # Whether the database numbers the rows that it adds.
        self.numbers = isinstance(statement, Insert) and _serial(statement.table)

    async def ask(self, conn: AsyncConnection, values: Values | None = None) -> Answer:
        """Run it; a failure is the engine's own kind of error."""
        values = NONE if values is None else values
        return await _send(conn, self.plan(conn.dialect, values), values)

    async def each(self, conn: AsyncConnection, values: Sequence[Values]) -> None:
        """Run it for each of several sets of values, all of the same names, in one go."""
        if values:
            await _send_each(conn, self.plan(conn.dialect, values[0]), values)

    def plan(self, dialect: Dialect, values: Values) -> Plan:
        """The statement as a database's driver takes it, writing the columns that are given."""
        key = dialect.name, tuple(values) if self._takes_columns else ()
        found = self._plans.get(key)
        if found is None:
            if len(self._plans) >= MOST:
                self._plans.clear()
            found = self._plans[key] = _plan(self._statement, dialect, key[1])
        return found


async def together(conn: AsyncConnection, writes: Sequence[tuple[Prepared, list[Values]]]) -> None:
    """Run inserts of which none reads what another writes, each for its sets of values.

    A few of them are one statement to PostgreSQL, so that they make one way to it. It runs the
    parts of a statement in no order: rows that are numbered as they come go by themselves.
    """
    gathered: dict[Prepared, list[Values]] = {}
    for made, values in writes:
        gathered.setdefault(made, []).extend(values)
    for made, values in list(gathered.items()):
        if conn.dialect.name != "postgresql" or (len(values) > 1 and made.numbers):
            await made.each(conn, gathered.pop(made))
    rows = [(made, one) for made, values in gathered.items() for one in values]
    if len(rows) > SHORT:
        for made, values in gathered.items():
            await made.each(conn, values)
    elif rows:
        plans = [made.plan(conn.dialect, one) for made, one in rows]
        sql = _joined(tuple((plan.sql, len(plan.names)) for plan in plans))
        bound = [plan.bound(one) for plan, (_, one) in zip(plans, rows, strict=True)]
        await postgres.ask(conn, sql, [value for values in bound for value in values], False)


@lru_cache(MOST)
def _joined(parts: tuple[tuple[str, int], ...]) -> str:
    """Statements as one, of whose parameters each has its own number."""
    told, before = [], 0
    for sql, count in parts:
        told.append(_renumbered(sql, before))
        before += count
    *others, last = told
    if not others:
        return last
    named = (f"w{place} AS ({sql})" for place, sql in enumerate(others))
    return f"WITH {', '.join(named)} {last}"


def _renumbered(sql: str, before: int) -> str:
    return _NUMBER.sub(lambda found: f"${int(found[1]) + before}", sql)


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


def _plan(statement: Known, dialect: Dialect, columns: tuple[str, ...]) -> Plan:
    compiled = statement.compile(dialect=dialect, column_keys=list(columns) or None)
    if not isinstance(compiled, SQLCompiler) or compiled.post_compile_params:
        raise ValueError("a statement whose text depends on its values cannot be prepared")
    names = tuple(compiled.positiontup or ())
    binds = [compiled.binds[name] for name in names]
    shown = list(statement.exported_columns)
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


def _serial(table: Any) -> bool:
    return table.autoincrement_column is not None


def _reader(column: Any, dialect: Dialect) -> Processor | None:
    found: Processor | None = column.type.dialect_impl(dialect).result_processor(dialect, None)
    return found
