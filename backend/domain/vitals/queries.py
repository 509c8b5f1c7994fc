"""Reading how the work stands: short look-ups by indexes, no walk through the cards."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, func, or_, select, text

from backend.db.base import Instant
from backend.db.models import (
    card,
    card_event,
    change,
    record_check,
    renewal,
    server_process,
    sweep_run,
    worker_heartbeat,
)
from backend.db.session import Row, Unit
from backend.domain.feed import queries as feed
from backend.domain.flows.runs import business_day
from backend.domain.users.queries import the_company
from backend.domain.vitals import rules
from backend.domain.vitals.schemas import Server, Vitals, Worker

ALIVE = timedelta(seconds=60)
HISTORIES = "histories"
RELAY = "relay"  # the relay's cursor over the change log
MANY = 10_000  # events that wait: more are not counted

_OLDEST_TRANSACTION = text(
    "SELECT coalesce(extract(epoch FROM max(now() - xact_start)), 0) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


async def vitals(tx: Unit) -> Vitals:
    """How the work stands now."""
    waiting, oldest = await _outbox(tx)
    seen = [worker.seen_at for worker in await workers(tx)]
    sweeps = await _sweeps(tx)
    check = await tx.first(select(record_check).where(record_check.c.name == HISTORIES))
    return Vitals(
        due_age=await _due_age(tx),
        parked=await _parked(tx),
        sweep_age=_age(tx, sweeps["finished"]),
        missed_ticks=rules.missed(tx.now, sweeps["first"], sweeps["started"]),
        outbox_age=_age(tx, oldest) or 0.0,
        outbox_waiting=waiting,
        workers=sum(one > tx.now - ALIVE for one in seen),
        worker_age=_age(tx, max(seen, default=None)),
        history_breaks=check["breaks"] if check else None,
        history_age=_age(tx, check["finished_at"] if check else None),
        queues=len(set((await queues(tx)).values())),
        transaction_age=await _transaction_age(tx),
    )


def _age(tx: Unit, instant: datetime | None) -> float | None:
    return None if instant is None else max(0.0, (tx.now - instant).total_seconds())


async def _due_age(tx: Unit) -> float:
    """How long the oldest renewal that is due has waited for a sweep."""
    company = await the_company(tx.conn)
    query = (
        select(renewal.c.activates_on, card.c.stage_entered_at)
        .join(card, card.c.id == renewal.c.card_id)
        .where(
            renewal.c.waiting,
            renewal.c.activates_on <= business_day(tx.now, company),
            renewal.c.parked_at.is_(None),
            renewal.c.review_since.is_(None),
            card.c.state == "waiting",
        )
        .order_by(renewal.c.activates_on, renewal.c.card_id)
        .limit(1)
    )
    row = await tx.first(query)
    if row is None:
        return 0.0
    due = rules.due_at(company.midnight(row["activates_on"]), company.sweep_hour)
    return _age(tx, max(due, row["stage_entered_at"])) or 0.0


async def _parked(tx: Unit) -> int:
    query = select(func.count()).where(renewal.c.parked_at.is_not(None), renewal.c.waiting)
    return int(await tx.scalar(query))


async def _sweeps(tx: Unit) -> Row:
    since = tx.now - timedelta(hours=rules.LOOK_BACK + 2)
    own = sweep_run.c.job == "renewals"
    newest = select(sweep_run.c.started_at).where(own, sweep_run.c.started_at > since)
    rows = await tx.rows(newest.order_by(sweep_run.c.id.desc()).limit(500))
    first = select(sweep_run.c.started_at).where(own).order_by(sweep_run.c.id).limit(1)
    last = select(sweep_run.c.finished_at).where(own, sweep_run.c.finished_at.is_not(None))
    return {
        "started": [row["started_at"] for row in rows],
        "first": await tx.scalar(first),
        "finished": await tx.scalar(last.order_by(sweep_run.c.id.desc()).limit(1)),
    }


async def _outbox(tx: Unit) -> tuple[int, datetime | None]:
    """How many events wait for the relay, and since when the oldest does."""
    unsent = change.c.id > await feed.cursor(tx, RELAY)
    some = select(change.c.id).where(unsent).limit(MANY).subquery()
    oldest = select(change.c.at).where(unsent).order_by(change.c.id).limit(1)
    count = await tx.scalar(select(func.count()).select_from(some))
    return int(count), await tx.scalar(oldest)


async def _transaction_age(tx: Unit) -> float:
    if tx.conn.dialect.name != "postgresql":
        return 0.0
    return float(await tx.scalar(_OLDEST_TRANSACTION))


async def workers(tx: Unit) -> list[Worker]:
    """The workers of the last days, the one seen last first."""
    query = select(worker_heartbeat).order_by(worker_heartbeat.c.seen_at.desc())
    return [Worker(**row) for row in await tx.rows(query)]


async def servers(tx: Unit) -> list[Server]:
    """What the server processes that run have counted."""
    query = select(server_process).where(server_process.c.seen_at > tx.now - ALIVE)
    return [Server(**row) for row in await tx.rows(query.order_by(server_process.c.name))]


async def queues(tx: Unit) -> dict[str, str]:
    """The mark of the queue of every process that runs, by its name; one mark is well."""
    told = {one.name: one.figures.get("queue") for one in await servers(tx)}
    found = {name: str(queue) for name, queue in told.items() if queue}
    alive = (one for one in await workers(tx) if one.seen_at > tx.now - ALIVE)
    return found | {one.name: one.queue for one in alive}


async def database_now(tx: Unit) -> datetime:
    """The database's clock, to the fraction of a second."""
    if tx.conn.dialect.name == "sqlite":
        found = await tx.scalar(text("SELECT strftime('%Y-%m-%d %H:%M:%f', 'now')"))
        return datetime.fromisoformat(f"{found}+00:00")
    now: datetime = await tx.scalar(select(func.clock_timestamp(type_=Instant())))
    return now


async def broken_histories(tx: Unit, after: int, count: int) -> tuple[int, int]:
    """Among the next cards after an id: the last id looked at (0 = no more), and how many breaks.

    A history counts its events from one without a gap, and each stage is left where the last one
    was entered.
    """
    ids = select(card.c.id).where(card.c.id > after).order_by(card.c.id).limit(count)
    last = await tx.scalar(select(func.max(ids.subquery().c.id)))
    if last is None:
        return 0, 0
    c = card_event.c
    span: Any = and_(c.card_id > after, c.card_id <= last)
    counted = (
        select(c.card_id, func.count().label("events"), func.max(c.seq).label("seq"))
        .where(span)
        .group_by(c.card_id)
        .subquery()
    )
    gaps = (
        select(func.count())
        .select_from(card.outerjoin(counted, counted.c.card_id == card.c.id))
        .where(card.c.id > after, card.c.id <= last)
        .where(
            or_(
                func.coalesce(counted.c.events, 0) != card.c.last_seq,
                func.coalesce(counted.c.seq, 0) != card.c.last_seq,
            )
        )
    )
    came_from = func.lag(c.to_stage_id).over(partition_by=c.card_id, order_by=c.seq)
    steps = (
        select(c.from_stage_id, came_from.label("came_from"))
        .where(span, c.to_stage_id.is_not(None))
        .subquery()
    )
    torn = select(func.count()).where(steps.c.from_stage_id.is_distinct_from(steps.c.came_from))
    return int(last), int(await tx.scalar(gaps)) + int(await tx.scalar(torn))
