"""Reading a day's work: as many statements however many tasks and cards there are."""

from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    case,
    func,
    literal,
    literal_column,
    select,
    tuple_,
)  # fmt: skip

from backend.db.base import Instant
from backend.db.models import app_user, card, client, lead, pipeline, renewal, stage, task
from backend.db.session import Row, Unit
from backend.domain import money
from backend.domain.access import Viewer, sees_card
from backend.domain.boards.lanes.queries import NO_TASK
from backend.domain.cards.queries import quiet_days, stale_now
from backend.domain.cards.rules import number
from backend.domain.cards.subjects import queries as subjects
from backend.domain.tasks.queries import seen
from backend.domain.today.care.queries import SIZE, TOTAL, care, some, to_review
from backend.domain.today.schemas import (
    Counts,
    Due,
    Handed,
    Place,
    Section,
    Some,
    Sum,
    Tasks,
    Today,
    WithoutStep,
)  # fmt: skip
from backend.domain.today.told.queries import told
from backend.errors import NotFound

_HEADLINE = func.coalesce(
    client.c.name, lead.c.company_name, lead.c.contact_name, card.c.title
).label("headline")


async def today(tx: Unit, viewer: Viewer) -> Today:
    """The whole page, every section from its beginning."""
    return Today(
        day=viewer.company.today(tx.now), counts=await counts(tx, viewer),
        late=await page(tx, viewer, "late"), today=await page(tx, viewer, "today"),
        told=await told(tx, viewer), without_step=await _without_step(tx, viewer),
        handed=await _handed(tx, viewer), care=await care(tx, viewer),
        to_review=await to_review(tx, viewer),
    )  # fmt: skip


async def page(tx: Unit, viewer: Viewer, section: Section, after: Place | None = None) -> Tasks:
    """The next tasks of a section, by when they are due, then the most valuable first."""
    worth = _worth(viewer)
    order = (task.c.due_at, -worth, task.c.id)
    query = _whole(viewer, worth).where(_open(viewer), _of(tx, viewer, section))
    if after is not None:
        last = literal(after.due_at, Instant), literal(-after.worth), literal(after.task_id)
        query = query.where(tuple_(*order) > tuple_(*last))
    size: Any = literal_column(str(SIZE + 1))  # written out, as in backend/db/page.py
    rows = await tx.rows(query.order_by(*order).limit(size))
    shown, end = rows[:SIZE], None
    if len(rows) > SIZE:
        end = Place(shown[-1]["due_at"], shown[-1]["worth"], shown[-1]["id"])
    return Tasks([_due(row, tx, viewer) for row in shown], end)


async def one(tx: Unit, viewer: Viewer, task_id: int) -> Due:
    """A task of the viewer's own, also one that is done; NotFound."""
    query = _whole(viewer, _worth(viewer)).where(
        task.c.id == task_id, task.c.assignee_id == viewer.user_id,
        task.c.deleted_at.is_(None), seen(viewer),
    )  # fmt: skip
    row = await tx.first(query)
    if row is None:
        raise NotFound("There is no such task")
    return _due(row, tx, viewer)


async def counts(tx: Unit, viewer: Viewer) -> Counts:
    """How many tasks are due by the end of the day, and the money of their cards, each once."""
    due = and_(_open(viewer), task.c.due_at < _night(tx, viewer))
    late = func.coalesce(func.sum(case((task.c.due_at < tx.now, 1), else_=0)), 0)
    found = await tx.first(
        select(func.count().label("all"), late.label("late"))
        .select_from(subjects.joined(task))
        .where(due)
    )
    assert found is not None
    cards = select(task.c.card_id).select_from(subjects.joined(task)).where(due)
    query = (
        select(card.c.currency, func.sum(card.c.amount))
        .where(card.c.id.in_(cards), card.c.amount.is_not(None), sees_card(viewer))
        .group_by(card.c.currency)
        .order_by(card.c.currency)
    )
    sums = [Sum(cur, money.text(int(units), cur) or "") for cur, units in await tx.run(query)]
    return Counts(int(found["late"]), found["all"] - int(found["late"]), sums)


def _open(viewer: Viewer) -> ColumnElement[bool]:
    """The viewer's own tasks that are to be done."""
    return and_(
        task.c.assignee_id == viewer.user_id, task.c.done_at.is_(None), seen(viewer)
    )  # deleted tasks are closed ones


def _night(tx: Unit, viewer: Viewer) -> Any:
    return viewer.company.end(viewer.company.today(tx.now))


def _of(tx: Unit, viewer: Viewer, section: Section) -> ColumnElement[bool]:
    if section == "late":
        return task.c.due_at < tx.now
    return and_(task.c.due_at >= tx.now, task.c.due_at < _night(tx, viewer))


def _worth(viewer: Viewer) -> ColumnElement[int]:
    """The money at stake, of a card that the viewer may see."""
    return case((and_(card.c.amount.is_not(None), sees_card(viewer)), card.c.amount), else_=0)


def _whole(viewer: Viewer, worth: ColumnElement[int]) -> Select[Any]:
    return select(
        *(task.c[name] for name in ("id", "version", "title", "kind", "due_at", "done_at")),
        task.c.card_id, func.coalesce(task.c.client_id, card.c.client_id).label("client_id"),
        card.c.kind.label("card_kind"), card.c.amount, card.c.currency, card.c.state,
        card.c.touched_at, card.c.stage_entered_at, card.c.next_contact_at,
        stage.c.rot_days.label("stage_rot_days"),
        renewal.c.renewal_date, _HEADLINE, worth.label("worth"),
        subjects.sees(task, viewer).label("is_seen"),
    ).select_from(
        subjects.joined(task)
        .outerjoin(stage, stage.c.id == card.c.stage_id)
        .outerjoin(lead, lead.c.card_id == card.c.id)
        .outerjoin(renewal, renewal.c.card_id == card.c.id)
    )  # fmt: skip


def _due(row: Row, tx: Unit, viewer: Viewer) -> Due:
    local = row["due_at"].astimezone(ZoneInfo(viewer.company.time_zone))
    kind, today_ = row["card_kind"], viewer.company.today(tx.now)
    facts = _subject(row, tx, viewer) if row["is_seen"] else dict.fromkeys(_TOLD)
    return Due(
        **{name: row[name] for name in ("id", "version", "title", "kind", "due_at", "card_id")},
        day=local.date(), hour=f"{local:%H:%M}", is_late=row["due_at"] < tx.now,
        is_of_today=local.date() == today_, is_done=row["done_at"] is not None,
        is_seen=bool(row["is_seen"]), card_kind=kind,
        number=None if kind is None else number(kind, row["card_id"], viewer.locale), **facts,
    )  # fmt: skip


_TOLD = ("client_id", "headline", "amount", "currency", "days_left", "quiet_days")


def _subject(row: Row, tx: Unit, viewer: Viewer) -> dict[str, Any]:
    today_, pending = viewer.company.today(tx.now), row["state"] == "open"
    due = row["renewal_date"] if pending else None
    stale = row["card_kind"] is not None and stale_now(row, tx.now)
    return {
        "client_id": row["client_id"], "headline": row["headline"], "currency": row["currency"],
        "amount": money.text(row["amount"], row["currency"]),
        "days_left": None if due is None else (due - today_).days,
        "quiet_days": quiet_days(row, viewer, tx.now) if stale else None,
    }  # fmt: skip


async def _without_step(tx: Unit, viewer: Viewer) -> list[WithoutStep]:
    name = pipeline.c[f"name_{viewer.company.locale}"]
    query = (
        select(pipeline.c.kind, pipeline.c.key, name, func.count())
        .join(pipeline, pipeline.c.id == card.c.pipeline_id)
        .where(card.c.owner_id == viewer.user_id, card.c.deleted_at.is_(None), NO_TASK)
        .group_by(pipeline.c.id)
        .order_by(func.count().desc(), pipeline.c.id)
    )
    return [WithoutStep(*row) for row in await tx.run(query)]


async def _handed(tx: Unit, viewer: Viewer) -> Some[Handed]:
    """The cards that are the viewer's since a hand-over and that he has not opened, the last first.

    They are his own: nobody else's reach is asked.
    """
    query = (
        select(
            card.c.id, card.c.kind, card.c.amount, card.c.currency, card.c.handed_over_at,
            app_user.c.name.label("giver_name"), _HEADLINE, TOTAL,
        )
        .outerjoin(client, client.c.id == card.c.client_id)
        .outerjoin(lead, lead.c.card_id == card.c.id)
        .outerjoin(app_user, app_user.c.id == card.c.handed_over_by_id)
        .where(
            card.c.owner_id == viewer.user_id, card.c.handed_over_at.is_not(None),
            card.c.deleted_at.is_(None), card.c.closed_at.is_(None),
        )
        .order_by(card.c.handed_over_at.desc(), card.c.id)
        .limit(literal_column(str(SIZE)))
    )  # fmt: skip
    plain = ("id", "kind", "headline", "giver_name", "currency")

    def handed(row: Row) -> Handed:
        return Handed(
            **{name: row[name] for name in plain}, handed_at=row["handed_over_at"],
            number=number(row["kind"], row["id"], viewer.locale),
            amount=money.text(row["amount"], row["currency"]),
        )  # fmt: skip

    return some(await tx.rows(query), handed)
