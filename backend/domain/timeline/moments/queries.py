"""Reading everything that happened with a card or a client as one line of time, newest first."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct, structs
from sqlalchemy import ColumnElement, Select, and_, or_, select

from backend.db.models import activity, app_user, card, card_event, change, reason, stage, task
from backend.db.session import Row, Unit
from backend.domain.access import Viewer, sees_card
from backend.domain.cards.events import queries as events
from backend.domain.cards.history import line
from backend.domain.cards.rules import number
from backend.domain.cards.schemas import Change
from backend.domain.timeline.schemas import Moment, Moments, Only

PAGE = 40
OF_CLIENT = {"updated": "edited", "transferred": "given", "created": "known"}


class About(Struct, frozen=True):
    """Whose line is read: one card's, or a client's with all his cards that the viewer sees."""

    card_id: int | None = None
    client_id: int | None = None

    def cards(self, viewer: Viewer) -> ColumnElement[bool]:
        if self.card_id is not None:
            return card.c.id == self.card_id
        return and_(
            card.c.client_id == self.client_id, card.c.deleted_at.is_(None), sees_card(viewer)
        )


async def line_of(
    tx: Unit, viewer: Viewer, about: About, only: Only | None, before: datetime | None
) -> Moments:
    """What happened before an instant (None: now). Whether the card may be seen is asked before."""
    found: list[Moment] = []
    for name, read in READERS.items():
        if only in (None, name):
            found += await read(tx, viewer, about, before)
    found.sort(key=lambda one: (one.at, one.id), reverse=True)
    shown = found[:PAGE]
    if len(found) > PAGE:  # what is of one instant stays together
        shown = [one for one in shown if one.at > found[PAGE].at] or shown
    earlier = shown[-1].at if len(found) > len(shown) else None
    return Moments(shown, earlier)


def _newest(query: Select[Any], at: Any, key: Any, before: datetime | None) -> Select[Any]:
    if before is not None:
        query = query.where(at < before)
    return query.order_by(at.desc(), key.desc()).limit(PAGE + 1)


def _of_card(row: Mapping[str, Any], viewer: Viewer) -> dict[str, Any]:
    kind = row["card_kind"]
    told = None if kind is None else number(kind, row["card_id"], viewer.company.locale)
    return {"card_id": row["card_id"], "card_kind": kind, "card_number": told}


async def _moves(tx: Unit, viewer: Viewer, about: About, before: datetime | None) -> list[Moment]:
    """Lines of the histories, with the names of what they name."""
    query = (
        events.lines()
        .add_columns(card.c.kind.label("card_kind"))
        .join(card, card.c.id == card_event.c.card_id)
        .where(about.cards(viewer), card_event.c.event != "voided")
    )
    rows = await tx.rows(_newest(query, card_event.c.at, card_event.c.id, before))
    names = await _names(tx, rows, viewer.company.locale)
    return [_move(row, names, viewer) for row in rows]


def _move(row: Row, names: Mapping[str, Mapping[int | None, str]], viewer: Viewer) -> Moment:
    told = line(row, viewer.company.locale)
    moment = Moment(
        what=row["event"], id=row["id"], at=row["at"], who=told["actor"].name,
        who_id=row["actor_id"], text=row["comment"], **_of_card(row, viewer),
        from_name=names["stage"].get(row["from_stage_id"]),
        to_name=names["stage"].get(row["to_stage_id"]),
        reason=names["reason"].get(row["reason_id"]), caused_by=told["caused_by"],
        voided=told["voided"], changes=tuple(told["changes"]),
    )  # fmt: skip
    if row["event"] != "transferred":
        return moment
    former, latter = ([one[side] for one in row["changes"]] for side in ("before", "after"))
    people = names["app_user"]
    return structs.replace(
        moment, from_name=people.get(former[0]), to_name=people.get(latter[0]), changes=()
    )


async def _names(tx: Unit, rows: list[Row], locale: str) -> dict[str, dict[int | None, str]]:
    """The names of the stages, reasons and owners that some lines name: a query for each kind."""
    moved = [row for row in rows if row["event"] == "transferred"]
    wanted = {
        stage: (f"name_{locale}", {row[f"{end}_stage_id"] for row in rows
                                   for end in ("from", "to")}),
        reason: (f"name_{locale}", {row["reason_id"] for row in rows}),
        app_user: ("name", {c[side] for row in moved for c in row["changes"]
                            for side in ("before", "after")}),
    }  # fmt: skip
    found: dict[str, dict[int | None, str]] = {}
    for table, (column, ids) in wanted.items():
        query = select(table.c.id, table.c[column]).where(table.c.id.in_(ids - {None}))
        read = await tx.run(query) if ids - {None} else ()
        found[table.name] = {row[0]: row[1] for row in read}
    return found


async def _talks(tx: Unit, viewer: Viewer, about: About, before: datetime | None) -> list[Moment]:
    query = (
        select(activity, app_user.c.name.label("who"), card.c.kind.label("card_kind"))
        .outerjoin(app_user, app_user.c.id == activity.c.author_id)
        .outerjoin(card, card.c.id == activity.c.card_id)
        .where(activity.c.deleted_at.is_(None), _hangs_on(activity, viewer, about))
    )
    return [
        Moment(
            what=row["kind"], id=row["id"], at=row["at"], who=row["who"] or "",
            who_id=row["author_id"], text=row["body"], title=row["outcome"],
            direction=row["direction"], **_of_card(row, viewer),
        )
        for row in await tx.rows(_newest(query, activity.c.at, activity.c.id, before))
    ]  # fmt: skip


async def _done(tx: Unit, viewer: Viewer, about: About, before: datetime | None) -> list[Moment]:
    """Tasks that somebody has done; those that a card closed with itself tell nothing."""
    query = (
        select(task, app_user.c.name.label("who"), card.c.kind.label("card_kind"))
        .join(app_user, app_user.c.id == task.c.assignee_id)
        .outerjoin(card, card.c.id == task.c.card_id)
        .where(
            task.c.deleted_at.is_(None), task.c.closed_by == "person",
            _hangs_on(task, viewer, about),
        )
    )  # fmt: skip
    return [
        Moment(
            what="task", id=row["id"], at=row["done_at"], who=row["who"],
            who_id=row["assignee_id"], text=row["outcome"], title=row["title"],
            **_of_card(row, viewer),
        )
        for row in await tx.rows(_newest(query, task.c.done_at, task.c.id, before))
    ]  # fmt: skip


def _hangs_on(table: Any, viewer: Viewer, about: About) -> ColumnElement[bool]:
    on_cards = and_(table.c.card_id.is_not(None), about.cards(viewer))
    if about.client_id is None:
        return on_cards
    return or_(table.c.client_id == about.client_id, on_cards)


async def _written(tx: Unit, about: About, before: datetime | None) -> list[Moment]:
    """What was written about a client himself; who has had him is told by name."""
    query = (
        select(change, app_user.c.name.label("who"))
        .outerjoin(app_user, app_user.c.id == change.c.actor_id)
        .where(change.c.kind == "client", change.c.record_id == about.client_id)
    )
    rows = await tx.rows(_newest(query, change.c.at, change.c.id, before))
    return [
        Moment(
            what=OF_CLIENT.get(what := row["type"].partition(".")[2], what), id=row["id"],
            at=row["at"], who=row["who"] or "", who_id=row["actor_id"], card_id=None,
            card_kind=None, card_number=None, text=None,
            changes=tuple(Change(**one) for one in row["changes"]) if what == "updated" else (),
        )
        for row in rows
    ]  # fmt: skip


async def _history(tx: Unit, viewer: Viewer, about: About, before: datetime | None) -> list[Moment]:
    """The histories of cards, and the client's own where he is what it is about."""
    moves = await _moves(tx, viewer, about, before)
    if about.client_id is None:
        return moves
    return [*moves, *await _written(tx, about, before)]


READERS = {"moves": _history, "talks": _talks, "tasks": _done}
