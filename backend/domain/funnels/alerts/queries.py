"""Reading what heads are to be told: the limits that are broken now, and the streaks."""

from decimal import Decimal
from typing import Any

from msgspec import structs
from sqlalchemy import or_, select

from backend.db.models import app_user, pipeline, reason, role
from backend.db.session import Unit
from backend.domain.access import CLOSED, Viewer, numbers, sees_pipeline
from backend.domain.funnels.alerts import rules
from backend.domain.funnels.reasons import queries as reasons
from backend.domain.funnels.reasons.schemas import ReasonReportFilters, ReasonShare, Streak
from backend.domain.funnels.reasons.streaks.queries import streaks
from backend.domain.notifications.alerts.rules import Alert, Place
from backend.domain.notifications.queries import heads_of

REPORT = "reasons"


async def wanted(tx: Unit, viewer: Viewer) -> dict[Place, Alert]:
    """What each head is to be told of the people whom he leads.

    It is what his own report says: of a pipeline that is closed to his role he hears nothing.
    """
    closed_to = await _heads(tx)
    heads: dict[int, list[int]] = {}
    found: dict[Place, Alert] = {}
    for closed in sorted(set(closed_to.values())):
        for alert in await _holding(tx, structs.replace(viewer, closed=closed)):
            if alert.owner_id not in heads:
                heads[alert.owner_id] = await heads_of(tx, alert.owner_id)
            for head in heads[alert.owner_id]:
                if closed_to[head] == closed:
                    found[head, alert.key] = alert
    return found


async def _heads(tx: Unit) -> dict[int, tuple[int, ...]]:
    """Whoever may be told, and the pipelines that are closed to him."""
    query = (
        select(app_user.c.id, CLOSED)
        .join(role, role.c.key == app_user.c.role)
        .where(app_user.c.active, or_(role.c.writes == "team", role.c.settings))
    )
    return {user_id: numbers(closed) for user_id, closed in await tx.run(query)}


async def _holding(tx: Unit, viewer: Viewer) -> list[Alert]:
    """The alerts and the streaks of the report of reasons, this month's and the last one's."""
    found = []
    for key in await _limited(tx, viewer):
        for first, last in rules.months(viewer.company.today(tx.now)):
            filters = ReasonReportFilters(pipeline=key, start=first, end=last)
            shares = await reasons.alerts(tx, viewer, filters)
            found += [_of_share(one, filters, viewer.company.locale) for one in shares]
    unbroken = await streaks(tx, viewer, ReasonReportFilters())
    return found + [_of_streak(one, viewer.company.locale) for one in unbroken]


async def _limited(tx: Unit, viewer: Viewer) -> list[str]:
    """The pipelines whose reasons have limits."""
    p, r = pipeline.c, reason.c
    limited = select(r.pipeline_id).where(r.use == "lost", r.limit_percent.is_not(None))
    query = select(p.key).where(p.id.in_(limited), sees_pipeline(viewer, p.id)).order_by(p.id)
    return list((await tx.run(query)).scalars())


def _of_share(one: ReasonShare, filters: ReasonReportFilters, locale: str) -> Alert:
    assert one.owner_id is not None
    assert filters.start is not None
    facts: dict[str, Any] = {
        "whose": one.owner_name, "reason": one.reason_name, "count": one.count,
        "closed": one.closed, "month": rules.month(filters.start, locale),
        "share": rules.percent(100 * Decimal(str(one.share)), locale),
        "limit": rules.percent(Decimal(one.limit_percent or 0), locale),
    }  # fmt: skip
    return Alert(
        key=rules.share_key(f"{filters.start:%Y-%m}", one.reason_id, one.owner_id),
        owner_id=one.owner_id,
        text=rules.told("share", locale, **facts),
        report={
            "name": REPORT, "pipeline": filters.pipeline, "owner_id": one.owner_id,
            "from": str(filters.start), "to": str(filters.end),
        },
    )  # fmt: skip


def _of_streak(one: Streak, locale: str) -> Alert:
    whose = "client" if one.lead_id is None else "lead"
    number = one.lead_id or one.client_id
    assert number is not None
    facts = {
        "reason": one.reason_name, "count": one.count, "title": one.title, "whose": one.owner_name,
    }  # fmt: skip
    return Alert(
        key=rules.streak_key(one.reason_key, whose, number, one.first_card_id),
        owner_id=one.owner_id,
        text=rules.told(whose, locale, **facts),
        report={"name": REPORT},
        card_id=one.lead_id,
        client_id=one.client_id,
    )
