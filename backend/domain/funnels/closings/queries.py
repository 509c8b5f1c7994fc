"""The cards that were closed in a period, or sent in it: what rates and shares are made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from sqlalchemy import or_, select

from backend.db.models import card, card_funnel, offer
from backend.db.session import Unit
from backend.domain.access import Viewer
from backend.domain.cards.facts import StageEvent
from backend.domain.funnels.lives.queries import Past, past
from backend.domain.funnels.schemas import ReportFilters
from backend.domain.funnels.selection import queries as selection
from backend.domain.pipelines.queries import Pipeline
from backend.domain.stages import StageKind

SENT = "sent"  # the stage of offers that the client has


@dataclass(frozen=True, slots=True)
class Closing:
    """A card with how it was closed; `at` is when it was closed, or sent where that was asked.

    `waited` are the seconds that it was put back to wait for its date.
    """

    card_id: int
    owner_id: int
    state: str
    reason_id: int | None
    lost_from_stage_id: int | None
    entered_at: datetime
    at: datetime
    amount: int | None
    currency: str
    waited: int = 0

    @property
    def seconds(self) -> int:
        """The length of its cycle."""
        return max(0, int((self.at - self.entered_at).total_seconds()) - self.waited)


async def closings(
    tx: Unit,
    viewer: Viewer,
    filters: ReportFilters,
    home: Pipeline,
    as_of: datetime,
    *,
    sent: bool = False,
) -> list[Closing]:
    """The cards whose latest closing, as of an instant, falls in the period; or with `sent` the
    offers sent in it, closed or not."""
    if as_of != tx.now or home.of_kind(StageKind.HOLDING) is not None:
        return await _then(tx, viewer, filters, home, as_of, sent)
    f = card_funnel.c
    at = offer.c.sent_at if sent else f.closed_at
    query = (
        select(
            f.card_id, card.c.owner_id, f.state, f.reason_id, f.lost_from_stage_id, f.entered_at,
            at, card.c.amount, card.c.currency,
        )
        .join(card, card.c.id == f.card_id)
        .where(
            f.pipeline_id == home.id, at.is_not(None), selection.counted(),
            *selection.within(viewer, filters, at), *selection.about(viewer, filters),
        )
    )  # fmt: skip
    if sent:
        query = query.join(offer, offer.c.card_id == f.card_id)
    return [Closing(*row) for row in await tx.run(query)]


async def _then(
    tx: Unit, viewer: Viewer, filters: ReportFilters, home: Pipeline, as_of: datetime, sent: bool
) -> list[Closing]:
    """The same as it was at an instant, from what happened before it."""
    f = card_funnel.c
    candidates = select(f.card_id).where(f.pipeline_id == home.id, f.entered_at <= as_of)
    if not sent and filters.start is not None:
        begin = viewer.company.midnight(filters.start)
        candidates = candidates.where(or_(f.closed_at.is_(None), f.closed_at >= begin))
    chosen = selection.about(viewer, filters)
    then = await past(tx, viewer.company.locale, chosen, candidates, as_of)
    found = []
    for life in then.lives:
        facts = then.facts(life)
        funnel = facts.funnels.get(home.id)
        if funnel is None or not life.counts(facts):
            continue
        at = _sent_at(life.events, then) if sent else funnel.closed_at
        if at is not None and selection.falls(viewer, filters, at):
            one = Closing(
                life.card_id, life.owner_id, funnel.state, funnel.reason_id,
                funnel.lost_from_stage_id, funnel.entered_at, at, life.amount, life.currency,
                _waited(life.events, then, funnel.entered_at),
            )  # fmt: skip
            found.append(one)
    return found


def _sent_at(events: Sequence[StageEvent], then: Past) -> datetime | None:
    """When an offer was sent for the last time."""
    sendings = (one.at for one in reversed(events) if then.stages[one.target_id].key == SENT)
    return next(sendings, None)


def _waited(events: Sequence[StageEvent], then: Past, entered_at: datetime) -> int:
    """The seconds that a card was put back to wait once it had entered."""
    return sum(
        int((after.at - event.at).total_seconds())
        for event, after in pairwise(events)
        if event.at > entered_at and then.stages[event.target_id].kind is StageKind.HOLDING
    )
