"""What had happened to cards before an instant, as statements see it: no card is carried here."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Integer,
    Select,
    Text,
    and_,
    case,
    cast,
    func,
    literal,
    not_,
    or_,
    select,
    true,
)

from backend.db.base import in_one_text
from backend.db.models import card, card_event, stage
from backend.domain.cards.facts import MOVING, StageEvent
from backend.domain.funnels.lives.queries import kept, those
from backend.domain.funnels.times import queries as times
from backend.domain.stages import EventKind, Stage, StageKind

Stages = Mapping[int, Stage]
_E = card_event.c
_STEPS = sorted(MOVING)
_IN_ORDER: Any = {"partition_by": _E.card_id, "order_by": _E.seq}
# Of one order, so that all there is to know of a card is found in one pass over its events.
_WHOLE: Any = {**_IN_ORDER, "rows": (None, None)}


def living(stages: Stages, column: ColumnElement[Any]) -> ColumnElement[Any]:
    """A stage that an event speaks of; a deleted one is the one that replaced it."""
    gone = {number: one.id for number, one in stages.items() if number != one.id}
    return case(gone, value=column, else_=column) if gone else column


def of_kind(stages: Stages, pipeline_id: int | None, *kinds: StageKind) -> list[int]:
    """The living stages of some kinds, of a pipeline or of all."""
    return sorted(
        {one.id for one in stages.values()
         if one.kind in kinds and pipeline_id in (None, one.pipeline_id)}
    )  # fmt: skip


def steps(stages: Stages, as_of: datetime) -> ColumnElement[bool]:
    """That an event took its card to another stage, and was not taken back before the instant."""
    whence, where = living(stages, _E.from_stage_id), living(stages, _E.to_stage_id)
    aside = not_(func.coalesce(whence == where, False))
    return and_(_E.event.in_(_STEPS), aside, kept(card_event, as_of))


def went(
    stages: Stages, home_id: int, chosen: Sequence[Any], candidates: Select[Any], as_of: datetime
) -> CTE:
    """The steps of the candidates before an instant, one row each: the stage that it led to, when
    and why. In every row stands as well what is to be known of the card as it was: what it was
    worth, whether it was deleted, when it had entered the pipeline, and the way it had gone, which
    `events` reads. `is_last` marks the step to where it stood."""
    step, target = steps(stages, as_of), living(stages, _E.to_stage_id)
    home = of_kind(stages, home_id, *(set(StageKind) - {StageKind.HOLDING}))
    entering = and_(step, target.in_(home))

    def last(which: ColumnElement[bool]) -> ColumnElement[int]:
        return func.max(case((which, _E.seq), else_=0)).over(**_WHOLE)

    rows = (
        select(
            _E.card_id, _E.seq, target.label("stage_id"), _E.at.label("since"), _E.reason_id,
            step.label("is_step"), (_E.seq == last(step)).label("is_last"),
            func.last_value(_E.amount).over(**_WHOLE).label("amount"),
            func.last_value(_E.currency).over(**_WHOLE).label("currency"),
            (last(_E.event == EventKind.DELETED) > last(_E.event == EventKind.RESTORED)).label(
                "deleted"
            ),
            func.min(case((entering, _E.at))).over(**_WHOLE).label("entered_at"),
            _way(step).label("way"),
        )
        .where(_E.card_id.in_(those(chosen, candidates, as_of)), _E.at < as_of)
        .subquery()
    )  # fmt: skip
    return select(rows).where(rows.c.is_step).cte("went")


def _way(step: ColumnElement[bool]) -> ColumnElement[str]:
    """All steps of a card in one text."""
    numbers = (_E.from_stage_id, _E.to_stage_id, _E.reason_id)
    told: Any = _E.event
    for number in numbers:
        told = told + " " + cast(func.coalesce(number, 0), Text)
    way: ColumnElement[str] = in_one_text(case((step, told))).over(**_WHOLE)
    return way


def events(way: str, as_of: datetime) -> list[StageEvent]:
    """The steps of a way; what they do not tell is when each was."""
    found = []
    for told in way.split(","):
        kind, *numbers = told.split()
        origin, target, reason = (int(number) or None for number in numbers)
        found.append(StageEvent(EventKind(kind), as_of, origin, target or 0, reason))
    return found


def chance(dialect: str, as_of: datetime) -> ColumnElement[int]:
    """The probability that a card had: the one that somebody had given to it, as the next change
    found it, else that of its stage; for statements that read cards with stages."""
    later, none = card_event.alias("later"), literal(-1)
    each: Any
    if dialect == "postgresql":
        each = func.jsonb_array_elements(later.c.changes).table_valued("value")
        named, before = (each.c.value.op("->>")(key) for key in ("field", "before"))
    else:
        each = func.json_each(later.c.changes).table_valued("value")
        named, before = (func.json_extract(each.c.value, f"$.{key}") for key in ("field", "before"))
    found = (
        select(func.coalesce(cast(before, Integer), none))
        .select_from(later.join(each, true()))
        .where(later.c.card_id == card.c.id, later.c.at >= as_of, named == "probability")
        .order_by(later.c.seq)
        .limit(1)
        .scalar_subquery()
        .correlate(card)
    )
    given = func.nullif(func.coalesce(found, card.c.probability), none)
    return func.coalesce(given, stage.c.probability)


def counted(stages: Stages, was: Any) -> ColumnElement[bool]:
    """That a card that stood so counts: it was there, or closed before it was deleted."""
    closed = of_kind(stages, None, StageKind.WON, StageKind.LOST)
    return or_(was.stage_id.in_(closed), ~was.deleted)


def lost_for(stages: Stages, home_id: int, was: Any) -> ColumnElement[Any]:
    """Why a card that stood so was lost in a pipeline; NULL where it was not."""
    return case((was.stage_id.in_(of_kind(stages, home_id, StageKind.LOST)), was.reason_id))


def visits(
    dialect: str, stages: Stages, home_id: int, went: CTE, card_ids: Select[Any]
) -> Select[Any]:
    """Of those cards in the stages of a pipeline, one row a card and stage, as the facts keep them;
    what is made of the way they `went`."""
    w = went.c
    until = func.lead(w.since).over(partition_by=w.card_id, order_by=w.seq).label("until")
    s = select(w.card_id, w.stage_id, w.since, until).where(w.card_id.in_(card_ids)).subquery().c
    here, done = of_kind(stages, home_id, StageKind.OPEN, StageKind.DETOUR), s.until.is_not(None)
    return (
        select(
            s.stage_id, func.count().label("visits"),
            func.sum(case((done, times.lasted(dialect, s.since, s.until)), else_=0)).label(
                "seconds"
            ),
            func.max(case((~done, s.since))).label("open_since"),
        )
        .where(s.stage_id.in_(here))
        .group_by(s.card_id, s.stage_id)
    )  # fmt: skip
