"""Guard rails at the moment of choice: what each reason would come to if it were chosen now."""

from collections import Counter

from sqlalchemy import select

from backend.db.models import card, offer, reason
from backend.db.session import Row, Unit
from backend.domain.access import Viewer, sees_card
from backend.domain.funnels import rules
from backend.domain.funnels.closings.queries import closings
from backend.domain.funnels.reasons import queries as reasons
from backend.domain.funnels.reasons import rules as shares
from backend.domain.funnels.reasons.schemas import GuardRail, ReasonReportFilters
from backend.domain.funnels.reasons.streaks import queries as streaks
from backend.domain.funnels.selection import queries as selection
from backend.errors import NotFound


async def guard_rails(tx: Unit, viewer: Viewer, card_id: int) -> list[GuardRail]:
    """The reasons of a card's pipeline that have a limit or a streak, with this month's shares of
    its owner as they would be; the team's share is told to whoever sees more than his own."""
    query = select(card, offer.c.lead_id).outerjoin(offer, offer.c.card_id == card.c.id)
    row = await tx.first(query.where(card.c.id == card_id, sees_card(viewer)))
    if row is None or row["deleted_at"] is not None:
        raise NotFound("There is no such card")
    watched = (
        select(reason)
        .where(
            reason.c.pipeline_id == row["pipeline_id"], reason.c.use == "lost", ~reason.c.archived,
            reason.c.limit_percent.is_not(None) | reason.c.streak.is_not(None),
        )
        .order_by(reason.c.position, reason.c.id)
    )  # fmt: skip
    own, own_all = await _month(tx, viewer, row, row["owner_id"])
    team, team_all = await _month(tx, viewer, row, None)
    said = await _said(tx, viewer, row)
    locale, alone = viewer.company.locale, viewer.reads == "own"
    found = []
    for one in await tx.rows(watched):
        count, closed = own[one["id"]] + 1, own_all + 1
        found.append(
            GuardRail(
                reason_id=one["id"], reason_key=one["key"], reason_name=one[f"name_{locale}"],
                count=count, closed=closed, share=rules.ratio(count, closed),
                limit_percent=reasons.percent(one),
                over_limit=shares.is_over(count, closed, one["limit_percent"]),
                team_share=None if alone else rules.ratio(team[one["id"]], team_all),
                streak=_streak(said, row, one), streak_needed=one["streak"],
            )
        )  # fmt: skip
    return found


def _streak(said: list[str | None], row: Row, one: Row) -> int | None:
    if one["streak"] is None:
        return None
    counted = said if row["lead_id"] is not None else said[1 - one["streak"] :]
    return shares.streak([*counted, one["key"]], one["key"]) if one["streak"] > 1 else 1


async def _month(
    tx: Unit, viewer: Viewer, row: Row, owner_id: int | None
) -> tuple[Counter[int | None], int]:
    """How many cards of the pipeline were closed this month for each reason, and in all."""
    start = viewer.company.today(tx.now).replace(day=1)
    filters = ReasonReportFilters(pipeline=row["pipeline_id"], start=start, owner_id=owner_id)
    home = await selection.home_of(tx, viewer, row["pipeline_id"])
    voids = await selection.voids(tx, home.id)
    found = await closings(tx, viewer, filters, home, tx.now)
    kept = [one.reason_id for one in found if one.reason_id not in voids]
    return Counter(kept), len(kept)


async def _said(tx: Unit, viewer: Viewer, row: Row) -> list[str | None]:
    """The outcomes of the card's lead, else of its client, oldest first."""
    everything = ReasonReportFilters()
    if row["lead_id"] is not None:
        whose = offer.c.lead_id
        query = streaks.outcomes(whose, viewer, everything)
        query = query.join(offer, offer.c.card_id == card.c.id)
        query = query.where(whose == row["lead_id"])
    else:
        whose = card.c.client_id
        query = streaks.outcomes(whose, viewer, everything).where(whose == row["client_id"])
        query = query.where(card.c.kind.in_(streaks.SOLD))
    return [key for _, key, _ in await tx.run(query)]
