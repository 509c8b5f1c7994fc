"""The verdict over everything that stands on boards: histories, places, facts, agreements."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from backend.db.engines import Database
from backend.db.models import (
    agreement,
    card,
    card_event,
    card_funnel,
    card_stage_visit,
    change,
    renewal,
    stage,
)
from tests.faults import oracle
from tests.faults.oracle import Row

STATE = {"holding": "waiting", "open": "open", "detour": "open", "won": "won", "lost": "lost"}


@dataclass(frozen=True)
class Seen:
    """What the database holds of all cards, read in one transaction."""

    stages: dict[int, Row]
    cards: list[Row]
    agreements: list[Row]
    terms: dict[int, list[Row]]
    events: dict[int, list[Row]]
    told: dict[int, list[Row]]
    funnels: dict[int, list[Row]]
    visits: dict[int, list[Row]]


async def look(database: Database) -> Seen:
    """Read everything, cards and agreements in the order of their ids."""
    terms = select(renewal, card.c.state, card.c.deleted_at).join(
        card, card.c.id == renewal.c.card_id
    )
    told = select(change).order_by(change.c.version, change.c.id)
    funnels = select(card_funnel).order_by(card_funnel.c.pipeline_id)
    visits = select(card_stage_visit).order_by(card_stage_visit.c.stage_id)
    async with database.read() as conn:

        async def rows(query: Any) -> list[Row]:
            return [dict(row) for row in (await conn.execute(query)).mappings()]

        return Seen(
            stages={row["id"]: row for row in await rows(select(stage))},
            cards=await rows(select(card).order_by(card.c.id)),
            agreements=await rows(select(agreement).order_by(agreement.c.id)),
            terms=_by(await rows(terms), "agreement_id"),
            events=_by(await rows(select(card_event).order_by(card_event.c.seq)), "card_id"),
            told=_by(await rows(told), "record_id"),
            funnels=_by(await rows(funnels), "card_id"),
            visits=_by(await rows(visits), "card_id"),
        )  # fmt: skip


def _by(rows: list[Row], name: str) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        found[row[name]].append(row)
    return found


def breaches(seen: Seen) -> list[str]:
    """All that is wrong, in words; empty is well."""
    found = []
    for row in seen.cards:
        own = seen.events[row["id"]]
        wrong = [
            *_history(row, own, seen.stages),
            *_announced(row, [o for o in seen.told[row["id"]] if o["kind"] == row["kind"]]),
            *_facts(own, seen.funnels[row["id"]], seen.visits[row["id"]], seen.stages),
        ]
        found += [f"{row['kind']} {row['id']}: {what}" for what in wrong]
    return [*found, *_places(seen), *_terms(seen)]


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


def _places(seen: Seen) -> Iterator[str]:
    places = Counter((row["stage_id"], row["position"]) for row in seen.cards)
    for place, cards in places.items():
        if cards > 1:
            yield f"one place {place} for {cards} cards"


def _terms(seen: Seen) -> Iterator[str]:
    """A running agreement has one pending renewal, an ended one none, and each cycle is once."""
    for row in seen.agreements:
        own = [term for term in seen.terms[row["id"]] if term["withdrawn_at"] is None]
        runs = row["status"] == "running" and row["deleted_at"] is None
        pending = [t for t in own if t["state"] in ("waiting", "open") and t["deleted_at"] is None]
        if len(pending) != int(runs):
            yield f"agreement {row['id']}: {len(pending)} pending renewals, running {runs}"
        again = [cycle for cycle, times in Counter(t["cycle"] for t in own).items() if times > 1]
        if again:
            yield f"agreement {row['id']}: cycles {again} twice"
        for term in seen.terms[row["id"]]:
            marks = (term["state"] in ("waiting", "open"), term["state"] == "waiting")
            live = term["withdrawn_at"] is None
            if (term["pending"], term["waiting"]) != (marks if live else (False, False)):
                yield f"renewal {term['card_id']}: marks differ from its state"
