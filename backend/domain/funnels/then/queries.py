"""What had happened to cards before an instant, as statements see it: no card is carried here."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import CTE, ColumnElement, Select, and_, case, func, not_, select

from backend.db.models import card_event
from backend.domain.cards.facts import MOVING
from backend.domain.funnels.lives.queries import kept, those
from backend.domain.stages import EventKind, Stage, StageKind

Stages = Mapping[int, Stage]
_E = card_event.c
_STEPS = sorted(MOVING)


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


def stood(
    stages: Stages, home_id: int, chosen: Sequence[Any], candidates: Select[Any], as_of: datetime
) -> CTE:
    """The candidates as they were: the stage they stood in and since when, why they were lost,
    what they were worth, whether they were deleted, and when they had entered the pipeline."""
    step, target = steps(stages, as_of), living(stages, _E.to_stage_id)
    whole: Any = {"partition_by": _E.card_id}
    newest: Any = {**whole, "order_by": _E.seq.desc()}
    counted = case((step, 1), else_=0)
    home = of_kind(stages, home_id, *(set(StageKind) - {StageKind.HOLDING}))

    def last(kind: EventKind) -> ColumnElement[int]:
        return func.max(case((_E.event == kind, _E.seq), else_=0)).over(**whole)

    rows = (
        select(
            _E.card_id, target.label("stage_id"), _E.at.label("since"), _E.reason_id,
            counted.label("step"), func.sum(counted).over(**newest).label("nth"),
            func.first_value(_E.amount).over(**newest).label("amount"),
            func.first_value(_E.currency).over(**newest).label("currency"),
            (last(EventKind.DELETED) > last(EventKind.RESTORED)).label("deleted"),
            func.min(case((and_(step, target.in_(home)), _E.at))).over(**whole).label("entered_at"),
        )
        .where(_E.card_id.in_(those(chosen, candidates, as_of)), _E.at < as_of)
        .subquery()
    )  # fmt: skip
    return select(rows).where(rows.c.step == 1, rows.c.nth == 1).cte("stood")
