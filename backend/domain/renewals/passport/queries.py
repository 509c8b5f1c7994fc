"""Reading the chain of an agreement: its terms in order, with the holes between them."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from backend.db.models import agreement, app_user, card, renewal
from backend.db.session import Unit
from backend.domain import money
from backend.domain.access import Viewer, sees_card
from backend.domain.agreements import queries as agreements
from backend.domain.cards.rules import number
from backend.domain.renewals.passport.rules import begins_on, days_late, uplift
from backend.domain.renewals.passport.schemas import Passport, PassportTerm

PLAIN = (
    "cycle", "state", "renewal_date", "original_renewal_date", "date_source", "slips", "currency",
    "owner_id", "owner_name",
)  # fmt: skip


async def passport(tx: Unit, viewer: Viewer, agreement_id: int) -> Passport:
    """The terms of an agreement that exists for the viewer; NotFound."""
    await agreements.one(tx, viewer, agreement_id)
    told = ("cycle", "renewal_date", "original_renewal_date", "date_source", "slips", "forecast")
    query = (
        select(
            *(card.c[name] for name in ("id", "state", "amount", "currency", "owner_id")),
            *(renewal.c[name] for name in told),
            card.c.closed_at,
            app_user.c.name.label("owner_name"),
            agreement.c.anchor_date,
            agreement.c.anchor_cycle,
        )
        .join(renewal, renewal.c.card_id == card.c.id)
        .join(agreement, agreement.c.id == renewal.c.agreement_id)
        .join(app_user, app_user.c.id == card.c.owner_id)
        .where(
            renewal.c.agreement_id == agreement_id,
            renewal.c.withdrawn_at.is_(None),
            card.c.deleted_at.is_(None),
            sees_card(viewer),
        )
        .order_by(renewal.c.cycle)
    )
    items: list[PassportTerm] = []
    before: dict[str, Any] | None = None
    for found in await tx.rows(query):
        closed = found["closed_at"]
        row = {**found, "closed_on": None if closed is None else viewer.company.today(closed)}
        adjacent = before is not None and before["cycle"] + 1 == row["cycle"]
        items.append(_term(row, before if adjacent else None))
        before = row
    return Passport(items)


def _term(row: Mapping[str, Any], before: Mapping[str, Any] | None) -> PassportTerm:
    begins = begins_on(row, before)
    hole = 0 if before is None or begins is None else (begins - before["renewal_date"]).days
    dearer = None
    if before is not None and before["currency"] == row["currency"]:
        dearer = uplift(row["amount"], before["amount"])
    return PassportTerm(
        renewal_id=row["id"], number=number("renewal", row["id"]), begins_on=begins,
        gap_days=max(hole, 0), closed_on=row["closed_on"],
        days_late=days_late(row["closed_on"], row["renewal_date"]),
        amount=money.text(row["amount"], row["currency"]),
        uplift_percent=None if dearer is None else money.unscaled(dearer, 2),
        **{name: row[name] for name in PLAIN},
    )  # fmt: skip
