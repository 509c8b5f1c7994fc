"""Who may see and do what: the caller, his reach, and the row filter made from it."""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct, structs
from sqlalchemy import (
    ColumnElement,
    String,
    and_,
    cast,
    exists,
    false,
    literal,
    or_,
    select,
    true,
)

from backend.db.base import in_one_text
from backend.db.models import card, client, pipeline_closed, role
from backend.domain.widths import Width
from backend.domain.workdays import Workdays, workdays
from backend.errors import Forbidden

SCOPES = (
    "cards:read", "cards:write", "clients:read", "clients:write", "reports:read",
    "settings:write", "jobs:run", "tasks:read", "tasks:write", "users:write", "events:read",
    "imports:write", "webhooks:write", "audit:read", "leads:intake", "*",
)  # fmt: skip
ADMIN_SCOPES = {"settings:write", "jobs:run", "users:write", "audit:read"}


# The pipelines that are closed to a role, in one text: it is asked for with every request.
CLOSED = (
    select(in_one_text(cast(pipeline_closed.c.pipeline_id, String)))
    .where(pipeline_closed.c.role == role.c.key)
    .correlate(role)
    .scalar_subquery()
)


def numbers(told: str | None) -> tuple[int, ...]:
    """The numbers of such a text."""
    return tuple(sorted(int(number) for number in told.split(","))) if told else ()


class Company(Struct, frozen=True):
    """The settings of the company that rules need; percentages in hundredths."""

    time_zone: str
    currency: str
    locale: str
    sweep_hour: int
    grace_days: int
    offer_validity: str
    discount_limit: int
    margin_floor: int
    days_off: list[str]
    working_days: list[str]

    @property
    def workdays(self) -> Workdays:
        """The company's working calendar."""
        return workdays(tuple(self.days_off), tuple(self.working_days))

    def today(self, now: datetime) -> date:
        """The calendar day of an instant at the company."""
        return now.astimezone(ZoneInfo(self.time_zone)).date()

    def midnight(self, day: date) -> datetime:
        """The instant at which a day begins at the company; the calendar's ends are in UTC."""
        zone = UTC if day in (date.min, date.max) else ZoneInfo(self.time_zone)
        return datetime.combine(day, time(), zone)

    def end(self, day: date) -> datetime:
        """The instant at which a day is over at the company."""
        if day == date.max:
            return datetime.max.replace(tzinfo=UTC)
        return self.midnight(day + timedelta(days=1))


class Reach(Struct, frozen=True):
    """Whose records reading covers: none, own, team, all; and the pipelines that it leaves out."""

    width: Width
    user_id: int | None
    people: tuple[int, ...]
    closed: tuple[int, ...] = ()


class Viewer(Struct, frozen=True):
    """The caller: a person, a token acting for one, the worker or an import.

    `reads` and `writes` are the reach of his role (none, own, team, all); `people` are the users
    whose records a reach of own or team covers; `closed` are the pipelines that do not exist for
    his role, nor do their cards. `boards` are the kinds of cards that have a board for him, known
    of who has signed in at a browser. `channel` and `request_id` say on which way he came (without
    a channel: the actor's). `common` is the company's language where he is told in another one.
    """

    user_id: int | None
    name: str
    role: str
    reads: Width
    writes: Width
    settings: bool
    people: tuple[int, ...]
    scopes: tuple[str, ...]
    company: Company
    closed: tuple[int, ...] = ()
    boards: tuple[str, ...] = ()
    actor: str = "user"
    token_id: int | None = None
    locale: str = "ru"
    channel: str | None = None
    request_id: str | None = None
    common: str | None = None

    @property
    def writes_in(self) -> str:
        """The language of what the product writes down for everybody: the company's."""
        return self.common or self.company.locale

    def has(self, scope: str) -> bool:
        return "*" in self.scopes or scope in self.scopes

    @property
    def reach(self) -> Reach:
        return Reach(self.reads, self.user_id, self.people, self.closed)

    @property
    def sees_everything(self) -> bool:
        """Whether no row filter narrows what he reads."""
        return self.reads == "all" and not self.closed


class Origin(Struct, frozen=True):
    """On which way a piece of work came that is done without a caller of its own."""

    channel: str | None = None
    request_id: str | None = None


DIRECT, COMMAND = Origin(), Origin("command")


def system(
    company: Company,
    actor: str,
    user_id: int | None = None,
    name: str = "",
    origin: Origin = DIRECT,
) -> Viewer:
    """The worker, or an import that an admin started: sees and writes everything."""
    return Viewer(
        user_id=user_id, name=name or actor, role="admin", reads="all", writes="all",
        settings=True, people=(), scopes=("*",), company=company, actor=actor,
        channel=origin.channel, request_id=origin.request_id,
    )  # fmt: skip


def in_own_language(viewer: Viewer) -> Viewer:
    """The same caller, told of stages and reasons in his own language and not the company's."""
    company = structs.replace(viewer.company, locale=viewer.locale)
    return structs.replace(viewer, company=company, common=viewer.writes_in)


def by_the_product(viewer: Viewer) -> Viewer:
    """The same caller with full reach: for what the product itself does in the wake of his move."""
    return structs.replace(viewer, reads="all", writes="all", people=(), closed=())


def _covers(reach: Reach, owner: ColumnElement[Any]) -> ColumnElement[bool]:
    if reach.width == "all":
        return true()
    if reach.width == "none":
        return false()
    if reach.width == "own":
        return owner == reach.user_id
    # Written one by one: the text is then known before the statement is run.
    return owner.in_([literal(person) for person in reach.people])


def _opened(reach: Reach, pipeline_id: ColumnElement[Any]) -> ColumnElement[bool]:
    if not reach.closed:
        return true()
    return pipeline_id.not_in([literal(number) for number in reach.closed])


def sees_pipeline(viewer: Viewer, pipeline_id: ColumnElement[Any]) -> ColumnElement[bool]:
    """The rows of pipelines that are not closed to the viewer's role."""
    return _opened(viewer.reach, pipeline_id)


def owned(viewer: Viewer, owner: ColumnElement[Any]) -> ColumnElement[bool]:
    """The rows whose owner a viewer's reading covers."""
    return _covers(viewer.reach, owner)


def sees_card(viewer: Viewer) -> ColumnElement[bool]:
    """The cards a viewer may read: his own, and those of clients that are his."""
    return cards_within(viewer.reach)


@lru_cache(maxsize=1000)
def cards_within(reach: Reach) -> ColumnElement[bool]:
    """The cards that a reach covers; built once, for it is a part of nearly every statement."""
    if reach.width == "all":
        return _opened(reach, card.c.pipeline_id)
    clients = select(client.c.id).where(_covers(reach, client.c.owner_id))
    mine = or_(_covers(reach, card.c.owner_id), card.c.client_id.in_(clients))
    return and_(mine, _opened(reach, card.c.pipeline_id))


@lru_cache(maxsize=1000)
def card_within(reach: Reach) -> ColumnElement[bool]:
    """The same for a statement that reads one card.

    Its client alone is looked up: a card that is hidden takes as long as one that is not there.
    """
    opened = _opened(reach, card.c.pipeline_id)
    if reach.width == "all":
        return opened
    its = client.alias("its_client")
    owned = exists().where(its.c.id == card.c.client_id, _covers(reach, its.c.owner_id))
    return and_(or_(_covers(reach, card.c.owner_id), owned.correlate(card)), opened)


def sees_client(viewer: Viewer) -> ColumnElement[bool]:
    """The clients a viewer may read: his own, and those of cards that are his."""
    return clients_within(viewer.reach)


@lru_cache(maxsize=1000)
def clients_within(reach: Reach) -> ColumnElement[bool]:
    """The clients that a reach covers."""
    if reach.width == "all":
        return true()
    cards = select(card.c.client_id).where(
        _covers(reach, card.c.owner_id),
        card.c.deleted_at.is_(None),
        _opened(reach, card.c.pipeline_id),
    )
    return or_(_covers(reach, client.c.owner_id), client.c.id.in_(cards))


@lru_cache(maxsize=1000)
def client_within(reach: Reach) -> ColumnElement[bool]:
    """The same for a statement that reads one client."""
    if reach.width == "all":
        return true()
    its = card.alias("its_card")
    worked_on = exists().where(
        its.c.client_id == client.c.id,
        _covers(reach, its.c.owner_id),
        its.c.deleted_at.is_(None),
        _opened(reach, its.c.pipeline_id),
    )
    return or_(_covers(reach, client.c.owner_id), worked_on.correlate(client))


def edits(viewer: Viewer, owner_id: int) -> bool:
    """Whether the viewer may change what this user owns."""
    if viewer.writes == "all":
        return True
    if viewer.writes == "team":
        return owner_id in viewer.people
    return viewer.writes == "own" and owner_id == viewer.user_id


def demand_edit(viewer: Viewer, owner_id: int, what: str) -> None:
    """Forbidden where the viewer may see the record and not change it."""
    if not edits(viewer, owner_id):
        raise Forbidden(
            f"You may read this {what} and not change it; ask its owner or a head for a transfer"
        )


def demand_owner_choice(viewer: Viewer, owner_id: int) -> None:
    """Forbidden where the viewer may not make a record that belongs to this user."""
    if not edits(viewer, owner_id):
        raise Forbidden("Only a head may make a record for somebody else, and only in his teams")


def demand_settings(viewer: Viewer) -> None:
    if not viewer.settings:
        raise Forbidden("Only an admin may change settings")


def demand_gift(viewer: Viewer, owner_id: int) -> None:
    """Forbidden where a head gives beyond his teams; a manager may give what is his to anybody."""
    if viewer.writes == "team" and owner_id not in viewer.people:
        raise Forbidden("A head hands over within his teams; ask an admin for anything else")
