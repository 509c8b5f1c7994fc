"""Cards as they were at an instant: their events before it, without those taken back by then."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, FromClause, Select, exists, select, union

from backend.db.models import card, card_event
from backend.db.session import Unit
from backend.domain.cards.facts import MOVING, Facts, StageEvent, fold
from backend.domain.pipelines import queries as pipelines
from backend.domain.stages import CLOSED, EventKind, Stage

PRESENCE = (EventKind.DELETED, EventKind.RESTORED)


@dataclass(slots=True)
class Life:
    """A card up to an instant: its stage events, what it was worth, whether it was deleted.

    The owner is the one it has now.
    """

    card_id: int
    owner_id: int
    events: list[StageEvent] = field(default_factory=list)
    amount: int | None = None
    currency: str = ""
    deleted: bool = False

    def counts(self, facts: Facts) -> bool:
        """Whether it counts in reports: it was there, or closed before it was deleted."""
        closed = any(funnel.state in CLOSED for funnel in facts.funnels.values())
        return closed or not self.deleted


@dataclass(frozen=True, slots=True)
class Past:
    """Cards at an instant, and the stages that their events speak of."""

    lives: list[Life]
    stages: dict[int, Stage]

    def facts(self, life: Life) -> Facts:
        """The funnel's facts of a card as they were."""
        return fold(life.events, self.stages)


def taken_back_since(as_of: datetime) -> Select[Any]:
    """The cards of which something was taken back later: what is known of them now says less
    than was known then."""
    later, event = card_event.alias("later"), card_event.alias("event")
    begun = exists().where(event.c.id == later.c.voids_id, event.c.at < as_of)
    return select(later.c.card_id).where(later.c.voids_id > 0, later.c.at >= as_of, begun)


def kept(events: FromClause, as_of: datetime) -> ColumnElement[bool]:
    """That what happened was not taken back before an instant."""
    back = card_event.alias("back")
    # SQLite finds what was taken back by its index only where it is compared.
    voided = select(back.c.voids_id).where(back.c.voids_id > 0, back.c.at < as_of)
    return events.c.id.not_in(voided)


async def past(
    tx: Unit, locale: str, chosen: Sequence[Any], candidates: Select[Any], as_of: datetime
) -> Past:
    """The lives, before an instant, of those candidates (ids) that are chosen among all cards."""
    e = card_event.c
    query = (
        select(
            e.card_id, e.id, e.event, e.at, e.from_stage_id, e.to_stage_id, e.reason_id,
            e.amount, e.currency, e.voids_id, card.c.owner_id,
        )
        .join(card, card.c.id == e.card_id)
        .where(e.card_id.in_(those(chosen, candidates, as_of)), e.at < as_of)
        .order_by(e.card_id, e.seq)
    )  # fmt: skip
    rows = (await tx.run(query)).all()
    voided = {row.voids_id for row in rows if row.voids_id is not None}
    lives: dict[int, Life] = {}
    for row in rows:
        life = lives.get(row.card_id)
        if life is None:
            life = lives[row.card_id] = Life(row.card_id, row.owner_id)
        life.amount, life.currency = row.amount, row.currency
        kind = EventKind(row.event)
        if kind in PRESENCE:
            life.deleted = kind is EventKind.DELETED
        elif kind in MOVING and row.id not in voided:
            step = StageEvent(kind, row.at, row.from_stage_id, row.to_stage_id, row.reason_id)
            life.events.append(step)
    return Past(list(lives.values()), await pipelines.all_stages(tx, None, locale))


def those(
    chosen: Sequence[Any], candidates: Select[Any], as_of: datetime
) -> Select[Any] | CompoundSelect[Any]:
    """The candidates that are chosen among all cards, and those of which less is known now."""
    known = union(candidates, taken_back_since(as_of))
    return select(card.c.id).where(card.c.id.in_(known), *chosen) if chosen else known
