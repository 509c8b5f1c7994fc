"""Reading the cards of a board: the first of every column at once, the next ones, some by id."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    FromClause,
    Select,
    Subquery,
    case,
    func,
    literal,
    literal_column,
    null,
    or_,
    select,
    union_all,
)

from backend.db.models import app_user, card, client, lead, offer, reason, renewal, stage, task
from backend.db.page import Paging, fetch, ordered, preceding, sealed
from backend.db.session import Row, Unit
from backend.domain import money
from backend.domain.access import Viewer, edits
from backend.domain.boards.lanes.queries import NEXT_TASK, Layout, Place
from backend.domain.boards.schemas import BoardCard, BoardFilters, NextTask
from backend.domain.cards import queries as cards
from backend.domain.cards.rules import number

SIZE = 30


def paging(filters: BoardFilters, place: Place, cursor: str | None = None) -> Paging:
    """A page of a column; its cursor holds for these filters and this column."""
    return Paging.of(SIZE, place.sort, cursor, False, [place.lane.key, filters])


async def first(
    tx: Unit, viewer: Viewer, layout: Layout, filters: BoardFilters, most: int
) -> list[tuple[list[BoardCard], str | None]]:
    """The first cards of every column with the cursor to the next ones, in one statement."""
    if not layout.places:
        return []
    # PostgreSQL plans a list whose size it must guess as if all of it were wanted.
    size: Any = literal_column(str(most + 1))
    picked = union_all(
        *(
            select(_top(layout, place, index).limit(size).subquery())
            for index, place in enumerate(layout.places)
        )
    ).subquery()
    query = _whole(viewer.company.locale, layout.kind, picked).order_by(
        picked.c.lane, picked.c.place
    )
    found: list[list[Row]] = [[] for _ in layout.places]
    for row in await tx.rows(query):
        found[row["lane"]].append(row)
    return [
        _page(tx, viewer, filters, place, rows, most)
        for place, rows in zip(layout.places, found, strict=True)
    ]


def _top(layout: Layout, place: Place, index: int) -> Select[Any]:
    order = ordered(place.key, card.c.id, place.descending)
    rank = func.row_number().over(order_by=order)
    return (
        layout.select(card.c.id, literal(index).label("lane"), rank.label("place"))
        .where(place.where)
        .order_by(*order)
    )


def _page(
    tx: Unit, viewer: Viewer, filters: BoardFilters, place: Place, rows: list[Row], most: int
) -> tuple[list[BoardCard], str | None]:
    shown = rows[:most]
    cursor = None
    if len(rows) > most:
        last = shown[-1]
        value = last[place.sort.removeprefix("-")]
        cursor = sealed(paging(filters, place), value, last["id"])
    return [_card(tx, viewer, row, place.lane.key) for row in shown], cursor


async def after(
    tx: Unit, viewer: Viewer, layout: Layout, filters: BoardFilters, place: Place, cursor: str
) -> tuple[list[BoardCard], str | None]:
    """The next cards of a column."""
    query = layout.select(card.c.id).where(place.where)
    found = await fetch(
        tx, query, paging(filters, place, cursor), {place.sort.removeprefix("-"): place.key},
        card.c.id,
    )  # fmt: skip
    ids = [row["id"] for row in found.rows]
    rows = {row["id"]: row for row in await _by_id(tx, viewer, layout, ids)}
    shown = [_card(tx, viewer, rows[i], place.lane.key) for i in ids if i in rows]
    return shown, found.next_cursor


async def some(
    tx: Unit, viewer: Viewer, layout: Layout, ids: Sequence[int]
) -> list[tuple[BoardCard, int | None]]:
    """Those of some cards that are on the board, each after the card that it stands behind."""
    rows = await _by_id(tx, viewer, layout, ids)
    if not rows:
        return []
    parts = [
        select(literal(row["id"]).label("id"), _before(layout, row).label("after_id"))
        for row in rows
    ]
    behind = {row["id"]: row["after_id"] for row in await tx.rows(union_all(*parts))}
    return [
        (_card(tx, viewer, row, layout.places[row["lane"]].lane.key), behind[row["id"]])
        for row in sorted(rows, key=lambda row: _depth(behind, row["id"]))
    ]


def _depth(behind: Mapping[int, int | None], card_id: int) -> int:
    """How many of the cards stand before this one without a gap: they are to be placed first."""
    depth, before = 0, behind[card_id]
    while before is not None and before in behind:
        depth, before = depth + 1, behind[before]
    return depth


def _before(layout: Layout, row: Row) -> Any:
    place = layout.places[row["lane"]]
    value = row[place.sort.removeprefix("-")]
    query = layout.select(card.c.id).where(place.where)
    query = preceding(query, place.key, card.c.id, place.descending, value, row["id"])
    return query.limit(1).scalar_subquery()


async def _by_id(tx: Unit, viewer: Viewer, layout: Layout, ids: Sequence[int]) -> list[Row]:
    lane = case(*((place.where, index) for index, place in enumerate(layout.places)))
    somewhere = or_(*(place.where for place in layout.places))
    picked = layout.select(card.c.id, lane.label("lane")).where(card.c.id.in_(ids), somewhere)
    return await tx.rows(_whole(viewer.company.locale, layout.kind, picked.subquery()))


_OWN: dict[str, tuple[Any, ...]] = {
    "lead": (lead.c.company_name, lead.c.contact_name),
    "offer": (offer.c.deal_id,),
    "renewal": (renewal.c.renewal_date,),
    "deal": (),
}
_TABLES = {"lead": lead, "offer": offer, "renewal": renewal}
_ALL = ("company_name", "contact_name", "deal_id", "renewal_date")


@cache
def _columns(locale: str, kind: str) -> tuple[Any, ...]:
    c = card.c
    own = {column.name: column for column in _OWN[kind]}
    return (
        c.id, c.kind, c.version, c.stage_id, c.title, c.state, c.position, c.currency,
        c.amount.label("amount_units"), c.owner_id, c.stage_entered_at, c.closed_at,
        c.touched_at, c.next_contact_at, c.handed_over_at,
        stage.c.rot_days.label("stage_rot_days"), client.c.name.label("client_name"),
        app_user.c.name.label("owner_name"), reason.c[f"name_{locale}"].label("reason_name"),
        task.c.id.label("task_id"), task.c.title.label("task_title"),
        task.c.due_at.label("task_due_at"),
        *(own.get(name, null().label(name)) for name in _ALL),
    )  # fmt: skip


def _whole(locale: str, kind: str, picked: Subquery) -> Select[Any]:
    """All that is shown of picked cards: names and the next task joined."""
    source: FromClause = (
        picked.join(card, card.c.id == picked.c.id)
        .join(stage, stage.c.id == card.c.stage_id)
        .join(app_user, app_user.c.id == card.c.owner_id)
        .outerjoin(client, client.c.id == card.c.client_id)
        .outerjoin(reason, reason.c.id == card.c.reason_id)
        .outerjoin(task, task.c.id == NEXT_TASK)
    )
    if kind in _TABLES:
        special = _TABLES[kind]
        source = source.join(special, special.c.card_id == card.c.id)
    return select(*_columns(locale, kind), picked.c.lane).select_from(source)


def _card(tx: Unit, viewer: Viewer, row: Row, lane: str) -> BoardCard:
    day = viewer.company.today
    today, due, pending = day(tx.now), row["renewal_date"], row["state"] == "open"
    headline, subject = _headline(row)
    task_ = _task(tx, row, viewer) if pending else None
    made = row["deal_id"] if row["state"] == "won" else None
    return BoardCard(
        id=row["id"], kind=row["kind"], number=number(row["kind"], row["id"], viewer.locale),
        version=row["version"], lane=lane, stage_id=row["stage_id"], headline=headline,
        subject=subject, state=row["state"],
        amount=money.text(row["amount_units"], row["currency"]), currency=row["currency"],
        owner_id=row["owner_id"], owner_name=row["owner_name"],
        days_in_stage=(today - day(row["stage_entered_at"])).days,
        quiet_days=cards.quiet_days(row, viewer, tx.now),
        is_stale=cards.stale_now(row, tx.now), is_new_to_owner=row["handed_over_at"] is not None,
        step=_step(row["state"], task_), task=task_, reason_name=row["reason_name"],
        made_deal=None if made is None else number("deal", made, viewer.locale),
        closed_on=None if row["closed_at"] is None else day(row["closed_at"]), renewal_date=due,
        days_left=(due - today).days if due is not None and pending else None,
        can_move=edits(viewer, row["owner_id"]),
    )  # fmt: skip


def _step(state: str, task_: NextTask | None) -> Any:
    if state != "open":
        return "waits" if state == "waiting" else state
    if task_ is None:
        return "none"
    return "late" if task_.is_late else "next"


def _headline(row: Mapping[str, Any]) -> tuple[str, str]:
    """Whom a card is about and what it is about; a card of nobody goes by its title."""
    whom = row["client_name"] or row["company_name"] or row["contact_name"]
    return (row["title"], "") if whom in (None, row["title"]) else (whom, row["title"])


def _task(tx: Unit, row: Row, viewer: Viewer) -> NextTask | None:
    if row["task_id"] is None:
        return None
    due, zone = row["task_due_at"], ZoneInfo(viewer.company.time_zone)
    local = due.astimezone(zone)
    days = (local.date() - viewer.company.today(tx.now)).days
    return NextTask(
        row["task_id"], row["task_title"], local.date(), f"{local:%H:%M}", days, due < tx.now
    )
