"""What a history keeps as JSON, read back as the values of a table."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, Date, Table

from backend.db.base import Instant


def columns(table: Table, kept: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a table's columns among those that were kept."""
    return {name: _value(table.c[name], value) for name, value in kept.items() if name in table.c}


def _value(column: Column[Any], value: Any) -> Any:
    if value is None or not isinstance(value, str):
        return value
    if isinstance(column.type, Instant):
        return datetime.fromisoformat(value)
    return date.fromisoformat(value) if isinstance(column.type, Date) else value
