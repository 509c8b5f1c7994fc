"""Writing cards: the row, its place, its history, its facts. Moves alone change a stage."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Literal

from sqlalchemy import Column, Table, bindparam, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from backend.db.models import card, card_event, card_funnel, card_stage_visit, pipeline
from backend.db.prepared import Prepared, Values
from backend.db.session import Unit
from backend.domain.access import Viewer
from backend.domain.cards import rules
from backend.domain.cards.columns import queries as columns
from backend.domain.cards.facts import Facts
from backend.domain.cards.kinds import Written
from backend.domain.feed.rules import LINES, Change, api_value, differences
from backend.domain.pipelines import queries as pipelines
from backend.domain.stages import EventKind, Stage, State
from backend.domain.texts import fold
from backend.errors import Stale

_INSERT_CARD = Prepared(insert(card).returning(card.c.id))
_PLACE = Prepared(
    update(card).where(card.c.id == bindparam("b_id")).values(position=bindparam("b_key"))
)
# With the version that the pipeline has once nobody can take the stage away any more.
_INSERT_EVENT = Prepared(
    insert(card_event).returning(
        card_event.c.id,
        select(pipeline.c.version)
        .where(pipeline.c.id == bindparam("b_pipeline_id"))
        .scalar_subquery()
        .label("pipeline_version"),
    )
)
_INSERT_EVENTS = Prepared(insert(card_event).inline())
_SAVE = Prepared(
    update(card).where(card.c.id == bindparam("b_id"), card.c.version == bindparam("b_version"))
)
_TOUCHING = (
    select(card.c.owner_id, card.c.touched_at, card.c.handed_over_at)
    .where(card.c.id == bindparam("card_id"))
    .with_for_update()
)
End = Literal["top", "bottom"]  # of a column
_FACTS = {"funnels": card_funnel.c.pipeline_id, "visits": card_stage_visit.c.stage_id}


async def add(
    tx: Unit,
    special: Table,
    stage: Stage,
    values: dict[str, Any],
    extra: dict[str, Any],
    end: End = "bottom",
) -> int:
    """Insert a card of one kind into a stage, at an end of its column; the event is not recorded.

    The id of the card.
    """
    waiting = stage.state is State.WAITING
    row = {
        "custom": {}, "touched_at": tx.now, **values,
        "title_key": fold(values["title"]), "pipeline_id": stage.pipeline_id, "stage_id": stage.id,
        "state": stage.state, "entered_at": None if waiting else tx.now, "stage_entered_at": tx.now,
        "created_at": tx.now, "updated_at": tx.written_at, "last_seq": 1, "version": 1,
        "position": await _first_place(tx, stage.id, end),
    }  # fmt: skip
    card_id: int = await tx.scalar(_INSERT_CARD, row)
    await tx.run(_insert(special), {"card_id": card_id, **extra})
    return card_id


async def _first_place(tx: Unit, stage_id: int, end: End) -> str:
    """The key of a new card, which has no id for the salt yet: its instant serves."""
    salt = int(tx.now.timestamp() * 1_000_000)
    if end == "bottom":
        return rules.key_between(await columns.last(tx, stage_id), None, salt)
    return rules.key_between(*await columns.neighbours(tx, stage_id, None, 0), salt)


@cache
def _insert(special: Table) -> Prepared:
    return Prepared(insert(special).inline())


@cache
def _update(special: Table) -> Prepared:
    return Prepared(update(special).where(special.c.card_id == bindparam("b_id")))


async def place(tx: Unit, stage_id: int, card_id: int, after: int | End) -> str:
    """The key of a card's new place: at an end of the column, or behind the card with that id.

    A column whose keys have grown long is spread anew.
    """
    key = await _key(tx, stage_id, card_id, after)
    if len(key) > rules.LONGEST:
        await _respread(tx, stage_id)
        key = await _key(tx, stage_id, card_id, after)
    return key


async def _key(tx: Unit, stage_id: int, card_id: int, after: int | End) -> str:
    if after == "bottom":
        return rules.key_between(await columns.last(tx, stage_id, card_id), None, card_id)
    neighbour = None if after == "top" else after
    before, behind = await columns.neighbours(tx, stage_id, neighbour, card_id)
    return rules.key_between(before, behind, card_id)


async def _respread(tx: Unit, stage_id: int) -> None:
    ids = await columns.column_ids(tx, stage_id)
    keys = rules.spread(len(ids))
    # Two passes, because a new key may equal an old one that is still in use.
    for prefix in ("!", ""):
        places = [{"b_id": i, "b_key": prefix + key} for i, key in zip(ids, keys, strict=True)]
        await tx.run(_PLACE, places)


async def save(
    tx: Unit,
    row: Mapping[str, Any],
    special: Table,
    values: dict[str, Any],
    extra: dict[str, Any],
    *,
    seq: int = 1,
) -> int:
    """Write a card's columns under its version; the new version.

    `row` is the card as it was read under the lock; `seq` is how many events will be recorded.
    Any write by a person counts as a touch and takes away the mark of a hand-over.
    """
    changed = await tx.run(_SAVE, _saved(tx, row, values, seq))
    if changed.rowcount != 1:
        raise Stale("This card was changed meanwhile; read it again", version=row["version"] + 1)
    if extra:
        await tx.run(_update(special), {**extra, "b_id": row["id"]})
    return int(row["version"]) + 1


async def save_all(
    tx: Unit,
    special: Table,
    writes: Sequence[tuple[Mapping[str, Any], dict[str, Any], dict[str, Any]]],
) -> None:
    """The same for many cards, locked, with one event each and the same columns: row, values,
    extra."""
    await tx.run(_SAVE, [_saved(tx, row, values, 1) for row, values, _ in writes])
    await tx.run(_update(special), [{**extra, "b_id": row["id"]} for row, _, extra in writes])


def _saved(tx: Unit, row: Mapping[str, Any], values: Mapping[str, Any], seq: int) -> dict[str, Any]:
    title = {"title_key": fold(values["title"])} if "title" in values else {}
    return {
        **values, **title, "version": row["version"] + 1, "last_seq": row["last_seq"] + seq,
        "updated_at": tx.written_at, "b_id": row["id"], "b_version": row["version"],
    }  # fmt: skip


def touched(tx: Unit, viewer: Viewer, row: Mapping[str, Any]) -> dict[str, Any]:
    """The marks that a write by a person leaves on a card."""
    if viewer.actor not in ("user", "token"):
        return {}
    marks: dict[str, Any] = {"touched_at": tx.now}
    if row["handed_over_at"] is not None and viewer.user_id == row["owner_id"]:
        marks |= {"handed_over_at": None, "handed_over_by_id": None}
    return marks


async def touch(tx: Unit, viewer: Viewer, card_id: int, at: datetime) -> None:
    """Note that somebody has worked on a card without writing it: it keeps its version."""
    row = (await tx.rows(_TOUCHING, {"card_id": card_id}))[0]
    marks = touched(tx, viewer, row)
    if marks:
        marks["touched_at"] = max(row["touched_at"], at)
        await tx.run(update(card).where(card.c.id == card_id).values(**marks))


async def record(
    tx: Unit,
    viewer: Viewer,
    card_id: int,
    seq: int,
    event: EventKind,
    row: Mapping[str, Any],
    **details: Any,
) -> int:
    """Add one line to a card's history; its id. `row` gives pipeline, amount and currency."""
    values = line(tx, viewer, card_id, seq, event, row, **details)
    made = await tx.first(_INSERT_EVENT, {**values, "b_pipeline_id": values["pipeline_id"]})
    assert made is not None
    pipelines.stands_at(tx, values["pipeline_id"], made["pipeline_version"])
    return int(made["id"])


def line(
    tx: Unit,
    viewer: Viewer,
    card_id: int,
    seq: int,
    event: EventKind,
    row: Mapping[str, Any],
    **details: Any,
) -> dict[str, Any]:
    """A line of a card's history, to be written by `record_all`."""
    return {
        "card_id": card_id, "seq": seq, "event": event, "at": tx.now,
        "pipeline_id": row["pipeline_id"], "amount": row["amount"], "currency": row["currency"],
        "from_stage_id": None, "to_stage_id": None, "reason_id": None, "comment": None,
        "changes": [], "made": [], "before": None, "caused_by_card_id": None, "voids_id": None,
        "actor_kind": viewer.actor, "actor_id": viewer.user_id, "token_id": viewer.token_id,
        **details,
    }  # fmt: skip


async def record_all(tx: Unit, lines: Sequence[Values]) -> None:
    """Write lines of history in their order; their pipelines are held by the caller."""
    await tx.run(_INSERT_EVENTS, list(lines))


def changes(row: Mapping[str, Any], values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What differs between a row and the values written over it, as history keeps it."""
    return [
        {"field": name, "before": row.get(name), "after": after}
        for name, after in values.items()
        if row.get(name) != after
    ]


def edited(row: Mapping[str, Any], written: Written) -> list[dict[str, Any]]:
    """What the given fields and lines change, as history keeps it."""
    found = changes(row, {**written.card, **written.special})
    lines = written.plain_lines()
    if written.lines is not None and lines != written.lines_before:
        name = "product_lines" if row["kind"] == "deal" else "lines"
        found.append({"field": name, "before": written.lines_before, "after": lines})
    return found


async def write_facts(tx: Unit, card_id: int, old: Facts, new: Facts) -> None:
    """Store the funnel's facts of a card: only the rows that differ are written."""
    for name, key in _FACTS.items():
        await _write_rows(tx, card_id, key, getattr(old, name), getattr(new, name))


async def _write_rows(
    tx: Unit, card_id: int, key: Column[Any], old: Mapping[int, Any], new: Mapping[int, Any]
) -> None:
    table = key.table
    for gone in old.keys() - new.keys():
        await tx.run(delete(table).where(table.c.card_id == card_id, key == gone))
    changed: list[Values] = [
        {"card_id": card_id, **{name: getattr(fact, name) for name in fact.__slots__}}
        for number, fact in new.items()
        if old.get(number) != fact
    ]
    if changed:
        tx.later(_put(tx.conn.dialect.name, table), changed)


@cache
def _put(dialect: str, table: Table) -> Prepared:
    """Insert a fact, or write over the one that there is."""
    made: Any = (postgresql if dialect == "postgresql" else sqlite).insert(table)
    values = {c.name: made.excluded[c.name] for c in table.c if not c.primary_key}
    return Prepared(
        made.inline().on_conflict_do_update(index_elements=list(table.primary_key), set_=values)
    )


def logged(
    row: Mapping[str, Any],
    values: Mapping[str, Any],
    edited: Sequence[Mapping[str, Any]] = (),
) -> list[Change]:
    """What a write changes, as the log tells it; the lines are those that history is told of."""
    found = differences(row, values)
    for change in edited:
        if (name := change["field"]) in LINES:
            was = api_value(name, change["before"], row.get("currency", values.get("currency")))
            now = api_value(name, change["after"], values.get("currency", row.get("currency")))
            found.append({"field": name, "before": was, "after": now})
    return found
