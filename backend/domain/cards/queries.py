"""Reading cards: the columns every kind shows, filters, sorts, neighbours, events."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache, lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    Table,
    and_,
    bindparam,
    case,
    literal,
    or_,
    select,
)

from backend.db.models import app_user, card, client, reason, stage
from backend.db.page import SortKey
from backend.db.prepared import Prepared
from backend.db.session import Row, Unit
from backend.domain import money
from backend.domain.access import Reach, Viewer, card_within, cards_within
from backend.domain.cards import rules
from backend.domain.workdays import back as working_days_back
from backend.errors import NotFound, pointed

ROT_CHOICES = range(1, 61)

SORTS = {
    "id": SortKey(card.c.id, int),
    "amount": SortKey(card.c.amount, int, nullable=True),
    "created_at": SortKey(card.c.created_at, datetime),
    "updated_at": SortKey(card.c.updated_at, datetime),
    "stage_entered_at": SortKey(card.c.stage_entered_at, datetime),
    "position": SortKey(card.c.position, str),
}


def base(viewer: Viewer, special: Table, *more: ColumnElement[Any]) -> Select[Any]:
    """A select of whole cards of one kind with the names beside them; no filter yet."""
    found = named(viewer.company.locale, special)
    return found.add_columns(*more) if more else found


@cache
def named(locale: str, special: Table) -> Select[Any]:
    """The same for a language."""
    source: FromClause = (
        card.join(special, special.c.card_id == card.c.id)
        .join(stage, stage.c.id == card.c.stage_id)
        .join(app_user, app_user.c.id == card.c.owner_id)
        .outerjoin(client, client.c.id == card.c.client_id)
        .outerjoin(reason, reason.c.id == card.c.reason_id)
    )
    return select(
        *card.c,
        *(column for column in special.c if column.name != "card_id"),
        stage.c.key.label("stage_key"),
        stage.c.kind.label("stage_kind"),
        stage.c[f"name_{locale}"].label("stage_name"),
        stage.c.probability.label("stage_probability"),
        stage.c.rot_days.label("stage_rot_days"),
        app_user.c.name.label("owner_name"),
        client.c.name.label("client_name"),
        reason.c[f"name_{locale}"].label("reason_name"),
    ).select_from(source)


@lru_cache(maxsize=1000)
def one(special: Table, locale: str, reach: Reach | None, *more: ColumnElement[Any]) -> Prepared:
    """One whole card with the names beside it; without a reach also one that is not to be seen."""
    query = named(locale, special).add_columns(*more).where(card.c.id == bindparam("card_id"))
    return Prepared(query if reach is None else query.where(alone(special.name, reach)))


def seen(viewer: Viewer, kind: str) -> ColumnElement[bool]:
    """The cards of a kind that exist for the viewer."""
    return within(kind, viewer.reach)


@lru_cache(maxsize=1000)
def within(kind: str, reach: Reach) -> ColumnElement[bool]:
    """The cards of a kind that a reach covers."""
    return and_(card.c.kind == kind, card.c.deleted_at.is_(None), cards_within(reach))


@lru_cache(maxsize=1000)
def alone(kind: str, reach: Reach) -> ColumnElement[bool]:
    """The same for a statement that reads one card."""
    return and_(card.c.kind == kind, card.c.deleted_at.is_(None), card_within(reach))


PLAIN = (
    "id", "kind", "title", "pipeline_id", "stage_id", "stage_key", "stage_kind", "stage_name",
    "state", "position", "currency", "owner_id", "owner_name", "client_id", "client_name",
    "contact_id", "source", "external_id", "entered_at", "stage_entered_at", "closed_at",
    "reason_id", "reason_name", "close_comment", "lost_from_stage_id", "competitor",
    "other_card_id", "next_contact_at", "custom", "version", "created_at", "updated_at",
)  # fmt: skip


_plain = itemgetter(*PLAIN)


def common(row: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """The fields that every kind shows, from a row of `base`."""
    chosen, currency = row["probability"], row["currency"]
    found = dict(zip(PLAIN, _plain(row), strict=True))
    found["number"] = rules.number(found["kind"], found["id"])
    found["amount"] = money.text(row["amount"], currency)
    found["probability"] = row["stage_probability"] if chosen is None else chosen
    found["competitor_price"] = money.text(row["competitor_price"], currency)
    found["is_new_to_owner"] = row["handed_over_at"] is not None
    found["is_stale"] = stale_now(row, now)
    return found


def stale_now(row: Mapping[str, Any], now: datetime) -> bool:
    """Whether a card has stood still for longer than its stage allows.

    What the worker brings into work begins anew, however long it has waited.
    """
    rot = row["stage_rot_days"]
    if rot is None or row["state"] != "open":
        return False
    planned = row["next_contact_at"]
    if planned is not None and planned > now:
        return False
    return _quiet_since(row) < working_days_back(now, rot)


def goes_stale(now: datetime) -> ColumnElement[bool]:
    """The same for a statement that reads cards with their stages."""
    limits = [(stage.c.rot_days == days, working_days_back(now, days)) for days in ROT_CHOICES]
    limit = case(*limits, else_=literal(None))
    return and_(
        card.c.state == "open",
        stage.c.rot_days.is_not(None),
        or_(card.c.next_contact_at.is_(None), card.c.next_contact_at <= now),
        card.c.touched_at < limit,
        card.c.stage_entered_at < limit,
    )


def quiet_days(row: Mapping[str, Any], viewer: Viewer, now: datetime) -> int:
    """For how many of the company's days a card has stood still."""
    day = viewer.company.today
    return (day(now) - day(_quiet_since(row))).days


def _quiet_since(row: Mapping[str, Any]) -> datetime:
    """When somebody last did something about a card, or it last came to a stage by itself."""
    since: datetime = max(row["touched_at"], row["stage_entered_at"])
    return since


async def locked(
    tx: Unit, viewer: Viewer, special: Table, card_id: int, *, deleted: bool = False
) -> dict[str, Any]:
    """A card with its kind's columns, locked for writing; NotFound."""
    row = await tx.first(_locking(special, viewer.reach, deleted=deleted), {"card_id": card_id})
    if row is None:
        raise NotFound(f"There is no such {special.name}")
    return dict(row)


@lru_cache(maxsize=1000)
def _locking(special: Table, reach: Reach | None, *, deleted: bool) -> Prepared:
    query = _hold(whole(special).where(card.c.id == bindparam("card_id")), special)
    if reach is not None:
        query = query.where(card.c.kind == special.name, card_within(reach))
    return Prepared(query if deleted else query.where(card.c.deleted_at.is_(None)))


def _hold(query: Select[Any], special: Table) -> Select[Any]:
    """Lock what `whole` reads: after waiting, PostgreSQL reads anew only what is locked."""
    return query.with_for_update(of=(card, special))


@cache
def whole(special: Table) -> Select[Any]:
    """All columns of a card and of its kind, with the key of its stage."""
    own = (column for column in special.c if column.name != "card_id")
    # Joined, a rival's move to another stage would hide the card from whoever waited for its lock.
    key = select(stage.c.key).where(stage.c.id == card.c.stage_id).scalar_subquery()
    return select(*card.c, *own, key.label("stage_key")).join(
        special, special.c.card_id == card.c.id
    )


async def locked_any(tx: Unit, special: Table, card_id: int) -> dict[str, Any]:
    """A card that the product itself looks at again, deleted or not, locked for writing."""
    row = await tx.first(_locking(special, None, deleted=True), {"card_id": card_id})
    assert row is not None
    return dict(row)


async def locked_all(tx: Unit, special: Table, card_ids: Sequence[int]) -> dict[int, Row]:
    """The same for many."""
    query = whole(special).where(card.c.id.in_(card_ids)).order_by(card.c.id)
    return {row["id"]: row for row in await tx.rows(_hold(query, special))}


@lru_cache(maxsize=1000)
def _owner(kind: str | None, reach: Reach) -> Prepared:
    query = select(card.c.owner_id).where(
        card.c.id == bindparam("card_id"), card.c.deleted_at.is_(None), card_within(reach)
    )
    return Prepared(query if kind is None else query.where(card.c.kind == kind))


async def demand_seen(
    tx: Unit, viewer: Viewer, card_id: int, kind: str | None, pointer: str
) -> int:
    """The owner of a card that a field names; NotFound where it does not exist for the viewer."""
    owner_id: int | None = await tx.scalar(_owner(kind, viewer.reach), {"card_id": card_id})
    if owner_id is None:
        raise pointed(f"There is no such {kind or 'card'}", pointer, NotFound)
    return owner_id


async def exists_for(tx: Unit, viewer: Viewer, kind: str, card_id: int) -> bool:
    """Whether a card exists for the viewer."""
    return (
        await tx.scalar(select(card.c.id).where(seen(viewer, kind), card.c.id == card_id))
        is not None
    )


async def by_external_id(tx: Unit, viewer: Viewer, kind: str, external_id: str) -> int | None:
    """The card of a kind with an external id, where it exists for the viewer."""
    query = select(card.c.id).where(seen(viewer, kind), card.c.external_id == external_id)
    found: int | None = await tx.scalar(query)
    return found
