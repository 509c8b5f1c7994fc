"""The books kept by hand: every record as it stands, and what the log has to say of a write."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from backend.db.engines import Database
from backend.db.models import change, metadata
from backend.domain import money

Key = tuple[str, int]
Row = dict[str, Any]

TABLES = {
    "activity": "activity", "agreement": "agreement", "client": "client", "company": "settings",
    "contact": "contact",
    "notification": "notification", "pipeline": "pipeline", "product": "product",
    "reason": "reason", "reminder_rule": "reminder_rule", "stage": "stage",
    "task": "task", "team": "team", "api_token": "token", "app_user": "user",
}  # fmt: skip
KINDS = ("lead", "offer", "deal", "renewal")
# Columns that no reader of the log misses: what the entry says itself, and what is derived.
UNTOLD = {
    "id", "card_id", "version", "created_at", "updated_at", "title_key", "name_key", "email_key",
    "touched_at", "entered_at", "stage_entered_at", "last_seq", "handed_over_at",
    "handed_over_by_id", "pending", "waiting", "waits", "failures", "retry_at",
    "parked_at", "last_error", "hash",
    "last_used_at",
}  # fmt: skip
MINOR = {
    "amount", "budget", "competitor_price", "vat_total", "cost", "price", "credit_limit",
}  # fmt: skip
HUNDREDTHS = {
    "discount_percent", "margin_percent", "vat_rate", "discount_cap", "limit_percent",
    "discount_limit", "margin_floor",
}  # fmt: skip
# What other records bring about, which makes no new version.
DERIVED = {"activates_on", "position", "updated_at", "last_used_at"}
# Told of a record and kept in rows of their own.
ELSEWHERE = {"lines", "product_lines", "heads", "file"}


@dataclass(frozen=True)
class Books:
    """Every versioned record by kind and number, and the last number of the log."""

    records: dict[Key, Row]
    seq: int


async def books(database: Database) -> Books:
    async with database.read() as conn:
        records = {}
        for name, kind in TABLES.items():
            for row in await _rows(conn, metadata.tables[name]):
                records[kind, row["id"]] = row
        cards = {row["id"]: row for row in await _rows(conn, metadata.tables["card"])}
        for kind in KINDS:
            for row in await _rows(conn, metadata.tables[kind]):
                records[kind, row["card_id"]] = {**row, **cards[row["card_id"]]}
        last = select(change.c.id).order_by(change.c.id.desc()).limit(1)
        return Books(records, (await conn.execute(last)).scalar() or 0)


async def _rows(conn: AsyncConnection, table: Table) -> list[Row]:
    return [dict(row) for row in (await conn.execute(select(table))).mappings()]


async def entries(database: Database, after: int) -> list[Row]:
    """What was added to the log after a number."""
    query = select(change).where(change.c.id > after).order_by(change.c.id)
    async with database.read() as conn:
        return [dict(row) for row in (await conn.execute(query)).mappings()]


def wrong(before: Books, after: Books, log: list[Row]) -> list[str]:
    """What the log does not say as it is: one entry for each version, with all that changed."""
    told: dict[Key, list[Row]] = defaultdict(list)
    for entry in log:
        told[entry["kind"], entry["record_id"]].append(entry)
    found = [f"{key} was not written" for key in told.keys() - after.records.keys()]
    for key, now in after.records.items():
        was = before.records.get(key, {})
        versions = list(range(was.get("version", 0) + 1, now["version"] + 1))
        silent = {name for name in now if was.get(name) != now[name]} - DERIVED
        if not versions and silent:
            found.append(f"{key}: {silent} changed without a new version")
        elif [entry["version"] for entry in told[key]] != versions:
            found.append(f"{key}: {[e['version'] for e in told[key]]} is told, not {versions}")
        elif versions:
            found += [f"{key}: {line}" for line in _unlike(was, now, told[key])]
    return found


def _unlike(was: Row, now: Row, told: list[Row]) -> Iterator[str]:
    """Fields that the entries of a record tell in another way than its rows do."""
    folded: dict[str, tuple[Any, Any]] = {}
    for entry in told:
        for one in entry["changes"]:
            first = folded.get(one["field"], (one["before"], None))[0]
            folded[one["field"]] = (first, one["after"])
    # A field that went there and back is no change; nor are the blanks of a new record.
    folded = {
        name: (first, last)
        for name, (first, last) in folded.items()
        if first != last and (was or last)
    }
    due = dict(_due(was, now, moved="stage_id" in folded))
    for name in folded.keys() | due.keys():
        if name in ELSEWHERE or name == "password":
            continue
        if folded.get(name) != due.get(name):
            yield f"{name} is told as {folded.get(name)}, and was {due.get(name)}"


def _due(was: Row, now: Row, *, moved: bool) -> Iterator[tuple[str, tuple[Any, Any]]]:
    for name, value in now.items():
        if name in UNTOLD or was.get(name) == value or name == "password_hash":
            continue
        if name == "position" and "kind" in now and isinstance(value, str) and moved:
            continue
        pair = (_told(name, was.get(name), was or now), _told(name, value, now))
        if pair[0] != pair[1] and (was or pair[1]):
            yield name, pair


def _told(name: str, value: Any, row: Mapping[str, Any]) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        if name in MINOR:
            return money.text(value, row["currency"])
        if name in HUNDREDTHS:
            return money.unscaled(value, 2)
    return msgspec.json.decode(msgspec.json.encode(value))
