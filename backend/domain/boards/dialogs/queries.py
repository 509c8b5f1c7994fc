"""What the dialogs of a board tell: which cards it is about, who was faster, which reasons come."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import and_, func, select

from backend.db.models import agreement, app_user, card, card_event, client, deal, renewal
from backend.db.session import Unit
from backend.domain import money
from backend.domain.access import Viewer, cards_within
from backend.domain.agreements import queries as agreements
from backend.domain.boards.schemas import About, OtherAgreement, Renewed
from backend.domain.cards.queries import seen, whole
from backend.domain.cards.rules import number
from backend.domain.deals import queries as deals
from backend.domain.pipelines import queries as pipelines
from backend.domain.renewals import rules
from backend.domain.renewals.terms import queries as terms
from backend.domain.stages import StageKind
from backend.errors import NextDateNeeded

LATELY = timedelta(days=90)


async def about(tx: Unit, viewer: Viewer, kind: str, ids: Sequence[int]) -> list[About]:
    """Cards in one line each, those that exist for the viewer."""
    query = (
        select(card.c.id, card.c.title, card.c.amount, card.c.currency, client.c.name)
        .outerjoin(client, client.c.id == card.c.client_id)
        .where(seen(viewer, kind), card.c.id.in_(ids))
        .order_by(card.c.id)
    )
    return [
        About(
            id=i, number=number(kind, i, viewer.locale), headline=name or title,
            amount=money.text(amount, currency), currency=currency,
        )
        for i, title, amount, currency, name in await tx.run(query)
    ]  # fmt: skip


async def last_hand(tx: Unit, viewer: Viewer, kind: str, card_id: int) -> str | None:
    """Who did the last thing to a card; None for the product itself, and for a card not seen."""
    query = (
        select(app_user.c.name)
        .join(card_event, card_event.c.actor_id == app_user.c.id)
        .join(card, card.c.id == card_event.c.card_id)
        .where(seen(viewer, kind), card.c.id == card_id)
        .order_by(card_event.c.seq.desc())
        .limit(1)
    )
    found: str | None = await tx.scalar(query)
    return found


async def reasons_used(tx: Unit, viewer: Viewer, ids: Sequence[int]) -> dict[int, int]:
    """How often each reason closed a card that the viewer sees, in the last 90 days."""
    if not ids:
        return {}
    query = (
        select(card.c.reason_id, func.count())
        .where(
            card.c.reason_id.in_(ids),
            card.c.deleted_at.is_(None),
            card.c.closed_at >= tx.now - LATELY,
            cards_within(viewer.reach),
        )
        .group_by(card.c.reason_id)
    )
    return {int(reason_id): count for reason_id, count in await tx.run(query)}


async def renewed(tx: Unit, viewer: Viewer, card_id: int, stage: str) -> Renewed | None:
    """What is known of the term after a renewal's; None where the stage does not win it."""
    locale = viewer.company.locale
    row = await tx.first(whole(renewal).where(card.c.id == card_id, seen(viewer, "renewal")))
    if row is None:
        return None
    home = await pipelines.load(tx, row["pipeline_id"], locale)
    target = home.stage(stage)
    if target is None or target.kind is not StageKind.WON:
        return None
    _, first = await pipelines.activation_stage(tx, home, locale)
    ends = tuple(await pipelines.reasons(tx, home.id, "end", locale))
    term = await terms.of_one(tx, row, viewer, first, ends, hold=False)
    known: dict[str, Any] = {"following": None, "period": None, "proposals": {}}
    try:
        after = rules.next_term(term, None, None, viewer.company.today(tx.now))
        known |= {"following": after.renewal_date, "period": after.period and str(after.period)}
    except NextDateNeeded as need:
        proposals: Any = need.extra.get("proposals", {})
        known["proposals"] = {n: date.fromisoformat(day) for n, day in proposals.items()}
    return Renewed(due=term.renewal_date, ends=ends, **known)


async def leaves_unsaid(tx: Unit, viewer: Viewer, card_id: int, stage: str) -> bool:
    """Whether a deal would be won in a stage and nobody has said if what is sold renews."""
    row = await tx.first(whole(deal).where(card.c.id == card_id, seen(viewer, "deal")))
    if row is None or row["one_off"] or row["renewal_period"] is not None:
        return False
    if row["renewal_date"] is not None and not row["renewal_date_computed"]:
        return False
    home = await pipelines.load(tx, row["pipeline_id"], viewer.company.locale)
    target = home.stage(stage)
    if home.renewal_on_win == "off" or target is None or target.kind is not StageKind.WON:
        return False
    return all(line["replenishment"] == "none" for line in await deals.line_rows(tx, card_id))


async def other_agreements(tx: Unit, viewer: Viewer, card_id: int) -> list[OtherAgreement]:
    """The agreements in which a renewal may go on, as far as the viewer sees them."""
    own = select(agreement.c.id, agreement.c.client_id).join(
        renewal, renewal.c.agreement_id == agreement.c.id
    )
    row = await tx.first(own.where(renewal.c.card_id == card_id))
    if row is None:
        return []
    query = (
        select(agreement.c.id, agreement.c.title, renewal.c.renewal_date)
        .join(renewal, and_(renewal.c.agreement_id == agreement.c.id, renewal.c.pending))
        .where(agreement.c.client_id == row["client_id"], agreement.c.id != row["id"])
        .where(agreement.c.status == "running", agreements.seen(viewer))
        .order_by(renewal.c.renewal_date, agreement.c.id)
    )
    return [OtherAgreement(**one) for one in await tx.rows(query)]
