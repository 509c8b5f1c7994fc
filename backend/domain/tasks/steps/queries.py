"""Reading what rules and hand-overs need to know: tasks, and what they are about."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, select

from backend.db.models import agreement, card, client, reminder_rule, renewal, task
from backend.db.models.reminders import CONDITIONS
from backend.db.prepared import Prepared
from backend.db.session import Row, Unit
from backend.domain.cards.rules import number
from backend.domain.tasks.rules import Subject


async def locked_any(tx: Unit, task_id: int) -> Mapping[str, Any]:
    """A task that the product itself looks at again, deleted or not, locked."""
    row = await tx.first(select(task).where(task.c.id == task_id).with_for_update())
    assert row is not None
    return row


async def open_of(tx: Unit, assignee_id: int, about: Mapping[str, int]) -> list[Mapping[str, Any]]:
    """Somebody's open tasks, by hand or by rule, about a card or a client; locked."""
    query = select(task).where(
        task.c.assignee_id == assignee_id,
        task.c.done_at.is_(None),
        *(task.c[name] == record_id for name, record_id in about.items()),
    )
    return await tx.rows(query.order_by(task.c.id).with_for_update())


async def about_client(tx: Unit, client_id: int) -> list[Mapping[str, Any]]:
    """Every task about a client himself; locked."""
    query = select(task).where(task.c.client_id == client_id)
    return await tx.rows(query.order_by(task.c.id).with_for_update())


async def open_step(tx: Unit, about: Mapping[str, int | None], family: str) -> Row | None:
    """The open task that a rule of a family made about a card or a client, locked."""
    query = select(task).where(
        task.c.made_by.is_not(None),
        task.c.done_at.is_(None),
        task.c.family == family,
        *(task.c[name] == record_id for name, record_id in about.items() if record_id),
    )
    return await tx.first(query.order_by(task.c.id).with_for_update())


_RULE = Prepared(
    select(reminder_rule.c.active, reminder_rule.c.actions).where(
        reminder_rule.c.key == bindparam("key"), reminder_rule.c.deleted_at.is_(None)
    )
)


async def rule(tx: Unit, key: str) -> Row | None:
    """How an admin has written a rule that a move carries out itself."""
    return await tx.first(_RULE, {"key": key})


async def during(tx: Unit, keys: set[str]) -> dict[str, list[str]]:
    """The states and stages in which the tasks of other rules make sense."""
    if not keys:
        return {}
    query = select(reminder_rule.c.key, reminder_rule.c["while"])
    found: dict[str, list[str]] = {}
    for row in await tx.rows(query.where(reminder_rule.c.key.in_(sorted(keys)))):
        places = [word for word in row["while"] if word not in CONDITIONS]
        found[row["key"]] = [*found.get(row["key"], []), *places]
    return found


_SUBJECTS = (
    select(
        card.c.id,
        card.c.kind,
        card.c.title,
        client.c.name,
        agreement.c.title.label("agreement"),
        renewal.c.renewal_date,
    )
    .outerjoin(client, client.c.id == card.c.client_id)
    .outerjoin(renewal, renewal.c.card_id == card.c.id)
    .outerjoin(agreement, agreement.c.id == renewal.c.agreement_id)
)
_SUBJECT = Prepared(_SUBJECTS.where(card.c.id == bindparam("card_id")))


async def subject(tx: Unit, card_id: int, locale: str) -> Subject:
    """What a title may say of a card; without a client it says what the card is called."""
    row = await tx.first(_SUBJECT, {"card_id": card_id})
    assert row is not None
    return _subject(row, locale)


async def subjects(tx: Unit, card_ids: Sequence[int], locale: str) -> dict[int, Subject]:
    """The same of many cards."""
    rows = await tx.rows(_SUBJECTS.where(card.c.id.in_(card_ids)))
    return {row["id"]: _subject(row, locale) for row in rows}


def _subject(row: Row, locale: str) -> Subject:
    return Subject(
        client=row["name"] or row["title"],
        number=number(row["kind"], row["id"], locale),
        agreement=row["agreement"] or row["title"],
        renewal_date=row["renewal_date"],
    )


async def cards_of(tx: Unit, task_ids: Sequence[int]) -> dict[int, tuple[str, int]]:
    """The kind and the id of the card that each task is about, of those that are about one."""
    if not task_ids:
        return {}
    query = (
        select(task.c.id, card.c.kind, card.c.id.label("card_id"))
        .join(card, card.c.id == task.c.card_id)
        .where(task.c.id.in_(task_ids))
    )
    return {row["id"]: (row["kind"], row["card_id"]) for row in await tx.rows(query)}
