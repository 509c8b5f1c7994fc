"""Medians over many rows, one value a group: PostgreSQL reckons them, SQLite lists what it has.

SQLite knows no percentiles, and sorts slower by its windows than Python does from one long text.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec import json
from sqlalchemy import BigInteger, ColumnElement, Integer, cast, func, literal
from sqlalchemy.dialects.postgresql import array

from backend.db.base import instant
from backend.domain.funnels import rules

SHARES = (0.5, 0.8)
MILLION = 1_000_000
Percentiles = tuple[float | None, float | None]  # the median, the 80th


def spread(dialect: str, seconds: ColumnElement[Any], only: ColumnElement[bool]) -> Any:
    """A column for `percentiles` to read: how many seconds the rows took that pass `only`."""
    return _gathered(dialect, seconds, seconds).filter(only)


def ages(
    dialect: str, since: ColumnElement[Any], as_of: datetime, only: ColumnElement[bool]
) -> Any:
    """A column for `percentiles_of_ages` to read: since when the rows stand that pass `only`."""
    passed = func.floor(func.date_part("epoch", literal(as_of) - since))
    return _gathered(dialect, passed, since).filter(only)


def lasted(dialect: str, since: ColumnElement[Any], until: ColumnElement[Any]) -> Any:
    """Whole seconds from one instant to another; none where clocks went back."""
    if dialect == "postgresql":
        passed = func.date_part("epoch", until - since)
        return cast(func.floor(func.greatest(passed, 0)), BigInteger)
    return func.max(_micros(until) - _micros(since), 0) // MILLION


def _micros(at: ColumnElement[Any]) -> ColumnElement[int]:
    """An instant as SQLite keeps it, in whole numbers: to the second, and six digits behind it."""
    whole = cast(func.strftime("%s", at), Integer)
    return whole * MILLION + cast(func.substr(at, 21), Integer)


def _gathered(dialect: str, reckoned: ColumnElement[Any], listed: ColumnElement[Any]) -> Any:
    if dialect == "postgresql":
        return func.percentile_cont(array(SHARES)).within_group(reckoned)
    return func.group_concat(listed)


def percentiles(found: str | Sequence[float] | None) -> Percentiles:
    """The median and the 80th percentile of what was gathered."""
    if isinstance(found, str):
        return _of(json.decode(f"[{found}]", type=list[int]))
    return (None, None) if found is None else (found[0], found[1])


def percentiles_of_ages(found: str | Sequence[float] | None, as_of: datetime) -> Percentiles:
    """The same of ages, in whole seconds."""
    if isinstance(found, str):
        return _of([rules.age(instant(written), as_of) for written in found.split(",")])
    return percentiles(found)


def _of(values: Sequence[float]) -> Percentiles:
    ordered = sorted(values)
    return rules.percentile(ordered, SHARES[0]), rules.percentile(ordered, SHARES[1])
