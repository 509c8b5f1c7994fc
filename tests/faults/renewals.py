"""Many due renewals at once, and the verdict over them, both in plain SQL."""

import asyncio
import time
from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Select, and_, func, insert, or_, select

from backend.db.engines import Database
from backend.db.models import (
    agreement,
    card,
    card_event,
    card_funnel,
    card_stage_visit,
    change,
    pipeline,
    renewal,
    renewal_activation,
    stage,
    sweep_run,
)
from backend.db.session import Unit
from backend.domain.cards import rules
from tests.office import Office, Person

LATE = 40  # days over which what is due was missed
AHEAD = 20  # renewals whose time has not come


async def due(office: Office, anna: Person, count: int) -> None:
    """So many waiting renewals that are due, and a few that are not."""
    today = office.now.date()
    days = [today - timedelta(days=number % LATE + 2) for number in range(count)]
    days += [today + timedelta(days=number + 5) for number in range(AHEAD)]
    await wait_until(office, anna, days)


async def wait_until(office: Office, anna: Person, days: list[date]) -> None:
    """A waiting renewal for each of the days: on it, it comes into work."""
    acme = await office.client(anna)
    await office.do(lambda tx: _insert(tx, anna.id, acme, days))


async def _insert(tx: Unit, owner_id: int, client_id: int, days: list[date]) -> None:
    store = await tx.first(
        select(stage.c.id, stage.c.pipeline_id)
        .join(pipeline, pipeline.c.id == stage.c.pipeline_id)
        .where(pipeline.c.key == "renewals", stage.c.kind == "holding")
    )
    assert store is not None
    stamps = {"created_at": tx.now, "updated_at": tx.now}
    common = {"owner_id": owner_id, "client_id": client_id, "currency": "RUB", **stamps}
    dates = [day + timedelta(days=30) for day in days]
    agreements = [
        {
            "title": "Support", "title_key": "support", "pipeline_id": store["pipeline_id"],
            "status": "running", "anchor_date": when, "anchor_cycle": 1, "period": "P1Y", **common,
        }
        for when in dates
    ]  # fmt: skip
    terms = await _ids(
        tx, insert(agreement).returning(agreement.c.id, sort_by_parameter_order=True), agreements
    )
    place = {"pipeline_id": store["pipeline_id"], "stage_id": store["id"]}
    cards = [
        {
            "kind": "renewal", "title": "Support", "title_key": "support", **place,
            "state": "waiting", "position": key, "amount": 100_000, "stage_entered_at": tx.now,
            "touched_at": tx.now, "custom": {}, "last_seq": 1, "version": 1, **common,
        }
        for key in rules.spread(len(days))
    ]  # fmt: skip
    ids = await _ids(tx, insert(card).returning(card.c.id, sort_by_parameter_order=True), cards)
    await _insert_terms(tx, ids, terms, list(zip(dates, days, strict=True)), place)


async def _insert_terms(
    tx: Unit, ids: list[int], terms: list[int], when_due: list[tuple[date, date]], place: Any
) -> None:
    await tx.run(
        insert(renewal),
        [
            {
                "card_id": number, "agreement_id": term, "cycle": 1, "renewal_date": when,
                "original_renewal_date": when, "activates_on": day, "waits": 1, "pending": True,
                "waiting": True,
            }
            for number, term, (when, day) in zip(ids, terms, when_due, strict=True)
        ],
    )  # fmt: skip
    await tx.run(
        insert(card_event),
        [
            {
                "card_id": number, "seq": 1, "event": "created", "at": tx.now, "changes": [],
                "pipeline_id": place["pipeline_id"], "to_stage_id": place["stage_id"], "made": [],
                "amount": 100_000, "currency": "RUB", "actor_kind": "import",
            }
            for number in ids
        ],
    )  # fmt: skip


async def _ids(tx: Unit, statement: Any, rows: list[dict[str, Any]]) -> list[int]:
    return list((await tx.run(statement, rows)).scalars())


# What activations leave behind: open cards, keys, events, announcements.
LEFT = (
    select(func.count()).where(card.c.kind == "renewal", card.c.state == "open"),
    select(func.count()).select_from(renewal_activation),
    select(func.count()).where(card_event.c.event == "activated"),
    select(func.count()).where(change.c.type == "renewal.moved"),
)


async def activated(database: Database) -> int:
    """How many have come into work, as committed: by their keys, which are counted the fastest."""
    async with database.read() as conn:
        return int((await conn.execute(LEFT[1])).scalar_one())


async def all_activated(database: Database, due: int, within: float) -> None:
    """Wait until all have come into work."""
    begun = time.monotonic()
    while await activated(database) < due:
        assert time.monotonic() - begun < within
        await asyncio.sleep(0.02)


async def waiting(office: Office) -> int:
    """How many are due and still wait."""
    query = (
        select(func.count())
        .select_from(renewal)
        .join(card, card.c.id == renewal.c.card_id)
        .where(
            renewal.c.waiting,
            card.c.state == "waiting",
            renewal.c.activates_on <= office.now.date(),
            renewal.c.retry_at.is_(None),
        )
    )
    async with office.database.read() as conn:
        return int((await conn.execute(query)).scalar_one())


async def half_done(database: Database) -> bool:
    """Whether something of an activation is committed and something is not."""
    async with database.read() as conn:
        return len({(await conn.execute(query)).scalar_one() for query in LEFT}) > 1


def _per_card(column: Any, *where: Any) -> Any:
    return select(func.count()).where(column == card.c.id, *where).scalar_subquery()


def _facts(office: Office) -> Select[Any]:
    """One row for each renewal: all that its activation writes, counted."""
    e, o, a, f, v = (
        card_event.c, change.c, renewal_activation.c, card_funnel.c, card_stage_visit.c,
    )  # fmt: skip
    return (
        select(
            card.c.state, card.c.version, card.c.last_seq, stage.c.key.label("stage"),
            renewal.c.pending, renewal.c.waiting,
            (renewal.c.activates_on <= office.now.date()).label("due"),
            renewal.c.activated_at.is_not(None).label("marked"),
            _per_card(e.card_id).label("events"),
            _per_card(e.card_id, e.event == "activated", e.seq == 2).label("activations"),
            _per_card(o.record_id, o.kind == "renewal").label("announced"),
            _per_card(
                o.record_id, o.kind == "renewal", o.type == "renewal.moved", o.version == 2
            ).label("moved"),
            _per_card(a.renewal_id).label("keys"),
            _per_card(
                f.card_id, f.state == "open", f.furthest_stage_id == card.c.stage_id
            ).label("funnels"),
            _per_card(
                v.card_id, v.visits == 1, v.stage_id == card.c.stage_id, v.open_since.is_not(None)
            ).label("visits"),
        )
        .join(renewal, renewal.c.card_id == card.c.id)
        .join(stage, stage.c.id == card.c.stage_id)
    )  # fmt: skip


IN_WORK = {
    "state": "open", "version": 2, "last_seq": 2, "stage": "invoice_required", "pending": True,
    "waiting": False, "due": True, "marked": True, "events": 2, "activations": 1, "announced": 1,
    "moved": 1, "keys": 1, "funnels": 1, "visits": 1,
}  # fmt: skip
WAITS = {
    "state": "waiting", "version": 1, "last_seq": 1, "stage": "scheduled", "pending": True,
    "waiting": True, "due": False, "marked": False, "events": 1, "activations": 0, "announced": 0,
    "moved": 0, "keys": 0, "funnels": 0, "visits": 0,
}  # fmt: skip


async def breaches(office: Office) -> Counter[str]:
    """What is not as if every due renewal had come into work exactly once; empty is well."""
    found: Counter[str] = Counter()
    async with office.database.read() as conn:
        for row in (await conn.execute(_facts(office))).mappings():
            found.update(_amiss(row))
        for name, query in LEDGER.items():
            found[name] += abs((await conn.execute(query)).scalar_one())
    return +found


def _amiss(row: Mapping[str, Any]) -> list[str]:
    wanted = IN_WORK if row["due"] else WAITS
    return [
        f"{'due' if row['due'] else 'early'}: {name}"
        for name in wanted
        if row[name] != wanted[name]
    ]


_noted = select(func.count()).where(renewal_activation.c.run_id == sweep_run.c.id).scalar_subquery()
_OWN = sweep_run.c.job == "renewals"  # reminders have lines of their own
LEDGER = {
    "ledger: total": select(
        func.coalesce(func.sum(sweep_run.c.activated), 0)
        - select(func.count()).select_from(renewal_activation).scalar_subquery()
    ).where(_OWN),
    "ledger: lines": select(func.count()).where(_OWN, sweep_run.c.activated != _noted),
    "ledger: failed": select(func.count()).where(
        _OWN, or_(sweep_run.c.failed > 0, and_(sweep_run.c.checked != sweep_run.c.activated))
    ),
}


async def runs(database: Database) -> list[dict[str, Any]]:
    """The ledger, oldest line first."""
    async with database.read() as conn:
        rows = await conn.execute(select(sweep_run).order_by(sweep_run.c.id))
        return [dict(row) for row in rows.mappings()]
