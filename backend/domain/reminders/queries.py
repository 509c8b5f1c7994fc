"""Reading reminder rules."""

from collections.abc import Mapping
from typing import Any

from msgspec import UNSET
from sqlalchemy import select

from backend.db.models import pipeline, product, reminder_rule, stage, sweep_run
from backend.db.page import Paging, SortKey, fetch
from backend.db.session import Row, Unit
from backend.domain.access import Viewer
from backend.domain.reminders import checks
from backend.domain.reminders.rules import Offset, Rule
from backend.domain.reminders.schemas import (
    ReminderAction,
    ReminderRule,
    ReminderRuleFilters,
    ReminderRules,
    ReminderRun,
    ReminderRuns,
)
from backend.domain.renewals.schemas import SweepFilters
from backend.errors import NotFound, pointed

RUN = tuple(name for name in ReminderRun.__struct_fields__ if name != "fired")
SORTS = {"id": SortKey(reminder_rule.c.id, int)}
PLAIN = tuple(
    name for name in ReminderRule.__struct_fields__ if name not in ("name", "during", "actions")
)


def said(action: Mapping[str, Any], locale: str) -> str | None:
    """The text of a stored action in a language."""
    return action.get(f"text_{locale}")


def _shown_action(action: Mapping[str, Any], locale: str) -> ReminderAction:
    own: dict[str, Any] = {name: action.get(name) for name in ReminderAction.__struct_fields__}
    return ReminderAction(**own | {name: action.get(f"{name}_{locale}") for name in checks.WORDED})


def _shown(row: Row, locale: str) -> ReminderRule:
    return ReminderRule(
        **{name: row[name] for name in PLAIN},
        name=row[f"name_{locale}"],
        during=row["while"],
        actions=[_shown_action(one, locale) for one in row["actions"]],
    )


async def page(tx: Unit, viewer: Viewer, filters: ReminderRuleFilters) -> ReminderRules:
    """A page of the rules that are not deleted, in the order in which they were made."""
    query = select(reminder_rule).where(reminder_rule.c.deleted_at.is_(None))
    for name in ("key", "kind", "anchor", "family", "active"):
        if (value := getattr(filters, name)) is not None:
            query = query.where(reminder_rule.c[name] == value)
    own = [getattr(filters, name) for name in ("key", "kind", "anchor", "family", "active")]
    paging = Paging.of(filters.limit, "id", filters.cursor, filters.count, own)
    found = await fetch(tx, query, paging, SORTS, reminder_rule.c.id)
    total = UNSET if found.total is None else found.total
    items = [_shown(row, viewer.company.locale) for row in found.rows]
    return ReminderRules(items=items, next_cursor=found.next_cursor, total=total)


async def one(tx: Unit, viewer: Viewer, rule_id: int) -> ReminderRule:
    """One rule; NotFound where there is none or it is deleted."""
    return _shown(await _row(tx, rule_id, deleted=False, lock=False), viewer.company.locale)


async def locked(tx: Unit, rule_id: int, *, deleted: bool = False) -> Row:
    """A rule locked for writing; NotFound where it is deleted, unless it may be."""
    return await _row(tx, rule_id, deleted=deleted, lock=True)


async def _row(tx: Unit, rule_id: int, *, deleted: bool, lock: bool) -> Row:
    query = select(reminder_rule).where(reminder_rule.c.id == rule_id)
    if not deleted:
        query = query.where(reminder_rule.c.deleted_at.is_(None))
    row = await tx.first(query.with_for_update() if lock else query)
    if row is None:
        raise NotFound("There is no such rule")
    return row


async def all_rules(tx: Unit, locale: str) -> list[Rule]:
    """Every rule there is, those that are off too: they silence wider ones of their key."""
    query = select(reminder_rule).where(reminder_rule.c.deleted_at.is_(None))
    return [as_rule(row, locale) for row in await tx.rows(query.order_by(reminder_rule.c.id))]


def as_rule(row: Row, locale: str) -> Rule:
    own = ("id", "version", "key", "active", "kind", "anchor", "family", "pipeline_id",
           "product_id", "segment")  # fmt: skip
    return Rule(
        **{name: row[name] for name in own}, name=row[f"name_{locale}"],
        offset=Offset.parse(row["offset"]), conditions=tuple(row["while"]),
        actions=tuple(row["actions"]),
    )  # fmt: skip


async def variants(tx: Unit, key: str) -> list[Row]:
    """The rules of a key that are not deleted, the oldest first."""
    query = select(reminder_rule).where(
        reminder_rule.c.key == key, reminder_rule.c.deleted_at.is_(None)
    )
    return await tx.rows(query.order_by(reminder_rule.c.id))


async def stage_keys(tx: Unit, kind: str) -> set[str]:
    """The keys of all stages that a kind of card may stand in."""
    query = (
        select(stage.c.key)
        .join(pipeline, pipeline.c.id == stage.c.pipeline_id)
        .where(pipeline.c.kind == kind, stage.c.deleted_at.is_(None))
    )
    return set((await tx.run(query)).scalars())


async def demand_pipeline(tx: Unit, pipeline_id: int, kind: str) -> str:
    """The key of a pipeline that has the kind's cards."""
    where = (pipeline.c.id == pipeline_id, pipeline.c.kind == kind)
    key: str | None = await tx.scalar(select(pipeline.c.key).where(*where))
    if key is None:
        raise pointed(f"There is no pipeline of {kind}s with this id", "/pipeline_id", NotFound)
    return key


async def demand_product(tx: Unit, product_id: int, where: str = "/product_id") -> None:
    living = (product.c.id == product_id, product.c.deleted_at.is_(None))
    if await tx.scalar(select(product.c.id).where(*living)) is None:
        raise pointed("There is no such product", where, NotFound)


async def product_name(tx: Unit, product_id: int) -> str:
    return str(await tx.scalar(select(product.c.name).where(product.c.id == product_id)))


async def deal_pipelines(tx: Unit) -> set[str]:
    """The keys of the pipelines in which deals may be made."""
    query = select(pipeline.c.key).where(pipeline.c.kind == "deal", pipeline.c.active)
    return set((await tx.run(query)).scalars())


async def run(tx: Unit, run_id: int) -> ReminderRun:
    """A line of the ledger."""
    row = await tx.first(select(sweep_run).where(sweep_run.c.id == run_id))
    assert row is not None
    return _line(row)


async def runs(tx: Unit, filters: SweepFilters) -> ReminderRuns:
    """A page of the ledger, newest first."""
    paging = Paging.of(filters.limit, "-id", filters.cursor, False, "reminders")
    keys = {"id": SortKey(sweep_run.c.id, int)}
    query = select(sweep_run).where(sweep_run.c.job == "reminders")
    found = await fetch(tx, query, paging, keys, sweep_run.c.id)
    return ReminderRuns([_line(row) for row in found.rows], found.next_cursor)


def _line(row: Row) -> ReminderRun:
    return ReminderRun(**{name: row[name] for name in RUN}, fired=row["activated"])
