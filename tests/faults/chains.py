"""The verdict over everything that stands on boards: histories, places, facts, agreements."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import func, select

from backend.db.engines import Database
from backend.db.models import (
    agreement,
    card,
    card_event,
    card_funnel,
    card_stage_visit,
    outbox_event,
    renewal,
    stage,
)
from tests.faults import oracle
from tests.faults.oracle import Row

STATE = {"holding": "waiting", "open": "open", "detour": "open", "won": "won", "lost": "lost"}


async def breaches(database: Database) -> list[str]:
    """All that is wrong, in words; empty is well."""
    read = _Read(database)
    stages = {row["id"]: row for row in await read.all(select(stage))}
    events = await read.grouped(select(card_event).order_by(card_event.c.seq), "card_id")
    told = await read.grouped(
        select(outbox_event).order_by(outbox_event.c.version, outbox_event.c.id), "record_id"
    )
    funnels = await read.grouped(select(card_funnel).order_by(card_funnel.c.pipeline_id), "card_id")
    visits = await read.grouped(
        select(card_stage_visit).order_by(card_stage_visit.c.stage_id), "card_id"
    )
    found = []
    for row in await read.all(select(card)):
        own = events[row["id"]]
        wrong = [
            *_history(row, own, stages),
            *_announced(row, [o for o in told[row["id"]] if o["kind"] == row["kind"]]),
            *_facts(own, funnels[row["id"]], visits[row["id"]], stages),
        ]
        found += [f"{row['kind']} {row['id']}: {what}" for what in wrong]
    return found + await _places(read) + await _terms(read)


class _Read:
    """Queries in transactions of their own."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self, query: Any) -> list[Row]:
        async with self._database.read() as conn:
            return [dict(row) for row in (await conn.execute(query)).mappings()]

    async def grouped(self, query: Any, by: str) -> dict[int, list[Row]]:
        found: dict[int, list[Row]] = defaultdict(list)
        for row in await self.all(query):
            found[row[by]].append(row)
        return found


def _history(row: Row, events: Sequence[Row], stages: dict[int, Row]) -> Iterator[str]:
    """One chain without gaps that ends where the card stands."""
    if [event["seq"] for event in events] != list(range(1, row["last_seq"] + 1)):
        yield f"history has gaps: {[event['seq'] for event in events]} of {row['last_seq']}"
    for name, chain in (
        ("stage events", [e for e in events if e["to_stage_id"] is not None]),
        ("standing stage events", oracle.standing(events)),
    ):
        ends = [None, *(event["to_stage_id"] for event in chain)]
        if [event["from_stage_id"] for event in chain] != ends[:-1]:
            yield f"{name} are no chain"
        if ends[-1] != row["stage_id"]:
            yield f"{name} end in {ends[-1]}, the card stands in {row['stage_id']}"
    place = stages[row["stage_id"]]
    if place["pipeline_id"] != row["pipeline_id"] or STATE[place["kind"]] != row["state"]:
        yield f"state {row['state']} in stage {place['key']}"


def _announced(row: Row, told: Sequence[Row]) -> Iterator[str]:
    """Each version was announced once."""
    if [event["version"] for event in told] != list(range(1, row["version"] + 1)):
        yield f"announced {[event['version'] for event in told]} at version {row['version']}"


def _facts(
    events: Sequence[Row], funnels: list[Row], visits: list[Row], stages: dict[int, Row]
) -> Iterator[str]:
    """The stored facts are what the events say."""
    been = oracle.stays(events, stages)
    for name, stored, wanted in (
        ("funnel", _without(funnels, oracle.FUNNEL), oracle.funnels(been, stages)),
        ("visits", _without(visits, oracle.VISIT), oracle.visits(been, stages)),
    ):
        if stored != wanted:
            yield f"{name} {stored} are not {wanted}"


def _without(rows: list[Row], names: tuple[str, ...]) -> list[dict[str, Any]]:
    return [{name: row[name] for name in names} for row in rows]


async def _places(read: _Read) -> list[str]:
    twice = (
        select(card.c.stage_id, card.c.position, func.count().label("cards"))
        .group_by(card.c.stage_id, card.c.position)
        .having(func.count() > 1)
    )
    return [f"one place for {row['cards']} cards" for row in await read.all(twice)]


async def _terms(read: _Read) -> list[str]:
    """A running agreement has one pending renewal, an ended one none, and each cycle is once."""
    found = []
    terms = await read.grouped(
        select(renewal, card.c.state, card.c.deleted_at).join(card, card.c.id == renewal.c.card_id),
        "agreement_id",
    )
    for row in await read.all(select(agreement)):
        own = [term for term in terms[row["id"]] if term["withdrawn_at"] is None]
        runs = row["status"] == "running" and row["deleted_at"] is None
        pending = [
            term
            for term in own
            if term["state"] in ("waiting", "open") and term["deleted_at"] is None
        ]
        if len(pending) != int(runs):
            found.append(f"agreement {row['id']}: {len(pending)} pending renewals, running {runs}")
        again = [cycle for cycle, times in Counter(t["cycle"] for t in own).items() if times > 1]
        if again:
            found.append(f"agreement {row['id']}: cycles {again} twice")
        for term in terms[row["id"]]:
            marks = (term["state"] in ("waiting", "open"), term["state"] == "waiting")
            live = term["withdrawn_at"] is None
            if (term["pending"], term["waiting"]) != (marks if live else (False, False)):
                found.append(f"renewal {term['card_id']}: marks differ from its state")
    return found
