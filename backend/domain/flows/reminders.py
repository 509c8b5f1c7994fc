"""Reminding: what the rules have due is done once for each record and term; and a dry run."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import partial

from backend.db.engines import Database
from backend.db.session import Deliver, Unit, unit
from backend.domain.access import DIRECT, Origin, Viewer
from backend.domain.flows import rule_actions, runs
from backend.domain.ledger import actions as ledger
from backend.domain.reminders import queries
from backend.domain.reminders.due import queries as due
from backend.domain.reminders.due.queries import Subject
from backend.domain.reminders.firings import actions as firings
from backend.domain.reminders.rules import Hit, Rule, acting
from backend.domain.reminders.schemas import DryRunFilters, ReminderHits, ReminderRun
from backend.domain.reminders.wording import told_hit
from backend.domain.users.queries import as_system, the_company

Planned = tuple[Subject, tuple[Hit, ...]]


async def dry_run(tx: Unit, viewer: Viewer, filters: DryRunFilters) -> ReminderHits:
    """Whom the rules would hit on a day, as far as the caller sees them, and why."""
    today = filters.today or viewer.company.today(tx.now)
    rules = await queries.all_rules(tx, viewer.company.locale)
    asked = None
    if filters.rule_id is not None:
        await queries.one(tx, viewer, filters.rule_id)
        asked = [rule for rule in rules if rule.id == filters.rule_id]
    hits = await due.hits(tx, viewer, rules, today, asked=asked)
    items = [
        told_hit(one, viewer.company.locale, acts=one.rule.id in acting(group))
        for _, group in _by_subject(hits)
        for one in group
    ]
    return ReminderHits(today, items)


async def remind(
    database: Database,
    now: Callable[[], datetime],
    trigger: str,
    today: date | None = None,
    deliver: Deliver | None = None,
    origin: Origin = DIRECT,
) -> ReminderRun:
    """Do all that the rules have due on `today` (default: by the database's clock); the line.

    First it is seen who has something due, then each record is looked at anew and done with by
    itself, the longest due first: a killed run leaves whole records behind, and whoever comes later
    finds the rest.
    """
    run_id, day = await unit(database, now, lambda tx: runs.begin(tx, trigger, today, "reminders"))
    async with database.read() as conn:
        planned = await _plan(Unit(conn, now()), day)
    await _do(database, now, planned, run_id, day, deliver, origin)
    await unit(database, now, lambda tx: ledger.close_run(tx, run_id))
    async with database.read() as conn:
        return await queries.run(Unit(conn, now()), run_id)


async def watch(
    database: Database, now: Callable[[], datetime], deliver: Deliver | None = None
) -> bool:
    """Do what the rules that count minutes have due by now; whether there was anything.

    The ledger has a line for it only then: it is looked at every minute.
    """
    async with database.read() as conn:
        tx = Unit(conn, now())
        day = (await the_company(conn)).today(tx.now)
        planned = await _plan(tx, day, lambda rule: rule.offset.minutes is not None)
    if planned:
        run_id, _ = await unit(database, now, lambda tx: runs.begin(tx, "cron", day, "reminders"))
        await _do(database, now, planned, run_id, day, deliver, DIRECT)
        await unit(database, now, lambda tx: ledger.close_run(tx, run_id))
    return bool(planned)


async def _do(
    database: Database,
    now: Callable[[], datetime],
    planned: Sequence[Planned],
    run_id: int,
    day: date,
    deliver: Deliver | None,
    origin: Origin,
) -> None:
    """Each of the records planned, batch after batch."""
    size = runs.BATCH[database.dialect]
    for start in range(0, len(planned), size):
        some = planned[start : start + size]
        work = partial(_batch, some=some, run_id=run_id, day=day, origin=origin)
        await unit(database, now, work, deliver)


async def _plan(
    tx: Unit, today: date, wanted: Callable[[Rule], bool] = lambda rule: True
) -> list[Planned]:
    """The records with something due by the rules wanted, the longest due first."""
    viewer = await as_system(tx, "worker")
    rules = await queries.all_rules(tx, viewer.company.locale)
    asked = [rule for rule in rules if rule.active and wanted(rule)]
    hits = await due.hits(tx, viewer, rules, today, asked=asked)
    resting = await due.resting(tx)
    return [(about, group) for about, group in _by_subject(hits) if about not in resting]


def _by_subject(hits: Sequence[Hit]) -> list[Planned]:
    found: dict[Subject, list[Hit]] = {}
    for hit in hits:
        found.setdefault(hit.subject, []).append(hit)
    return [(about, tuple(group)) for about, group in found.items()]


async def _batch(tx: Unit, some: Sequence[Planned], run_id: int, day: date, origin: Origin) -> None:
    viewer = await as_system(tx, "worker", origin=origin)
    rules = await queries.all_rules(tx, viewer.company.locale)
    ends = [
        await runs.apart(
            tx,
            f"{about[0]} {about[1]} was not reminded of",
            partial(_record, tx, viewer, rules, about, planned, run_id, day),
            partial(firings.fail, tx, about),
        )
        for about, planned in some
    ]
    late = max((day - hit.due_on).days for _, planned in some for hit in planned)
    done, failed = sum(end is True for end in ends), sum(end is None for end in ends)
    await ledger.count(tx, run_id, len(some), done, failed, max(late, 0))


async def _record(
    tx: Unit,
    viewer: Viewer,
    rules: Sequence[Rule],
    about: Subject,
    planned: Sequence[Hit],
    run_id: int,
    day: date,
) -> bool:
    """All that is due for one record, looked at anew now that nobody else writes it.

    Whether anything was: a rival may have been here.
    """
    await due.hold(tx, about)
    named = {hit.rule.id for hit in planned}
    asked = [rule for rule in rules if rule.id in named and rule.active]
    hits = await due.hits(tx, viewer, rules, day, asked=asked, about=about)
    acts = acting(hits)
    for hit in hits:
        acted = hit.rule.id in acts
        firing_id = await firings.note(tx, hit, run_id, acted=acted)
        if acted:
            effects: rule_actions.Effects = []
            for action in hit.rule.actions:
                effects += await rule_actions.do(tx, viewer, hit, action, firing_id, day)
            await firings.keep(tx, firing_id, effects)
    await firings.forget_failure(tx, about)
    return bool(hits)
