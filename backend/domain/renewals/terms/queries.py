"""Reading what the rules must know of renewals that move: their agreements, the client's habits."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from backend.db.models import agreement
from backend.db.session import Unit
from backend.domain.access import Viewer
from backend.domain.agreements.rules import takes_over
from backend.domain.calendar import Period
from backend.domain.consumption import Habit
from backend.domain.deals.purchases import queries as purchases
from backend.domain.renewals.rules import Term
from backend.domain.stages import Reason, Stage


async def of_one(
    tx: Unit,
    values: Mapping[str, Any],
    viewer: Viewer,
    first_open: Stage,
    end_reasons: tuple[Reason, ...],
    *,
    hold: bool = True,
) -> Term:
    """What the rules must know of a renewal that moves, or (not held) of one that may."""
    other_id = values["other_agreement_id"]
    # In one order: two that are each to go on in the other must not both end.
    query = select(agreement).where(agreement.c.id.in_({values["agreement_id"], other_id} - {None}))
    query = query.order_by(agreement.c.id)
    rows = await tx.rows(query.with_for_update(key_share=True) if hold else query)
    found = {row["id"]: row for row in rows}
    row = found[values["agreement_id"]]
    habit = await purchases.of_agreement(tx, viewer.company, row) if values["quantity"] else None
    other = found.get(other_id)
    return _term(values, row, viewer, first_open, end_reasons, habit, other)


async def of_many(
    tx: Unit,
    rows: Sequence[Mapping[str, Any]],
    viewer: Viewer,
    first_open: Stage,
    end_reasons: tuple[Reason, ...],
) -> dict[int, Term]:
    """The same of renewals that come into work, for which nobody asks how fast things are used."""
    ids = {row["agreement_id"] for row in rows}
    query = select(agreement).where(agreement.c.id.in_(ids)).order_by(agreement.c.id)
    found = {row["id"]: row for row in await tx.rows(query.with_for_update(key_share=True))}
    return {
        row["id"]: _term(row, found[row["agreement_id"]], viewer, first_open, end_reasons)
        for row in rows
    }


def _term(
    values: Mapping[str, Any],
    row: Mapping[str, Any],
    viewer: Viewer,
    first_open: Stage,
    end_reasons: tuple[Reason, ...],
    habit: Habit | None = None,
    other: Mapping[str, Any] | None = None,
) -> Term:
    return Term(
        renewal_id=values["id"], agreement_id=row["id"], client_id=row["client_id"],
        pipeline_id=row["pipeline_id"],
        cycle=values["cycle"], renewal_date=values["renewal_date"],
        anchor_date=row["anchor_date"], anchor_cycle=row["anchor_cycle"],
        period=None if row["period"] is None else Period.parse(row["period"]),
        grace_days=viewer.company.grace_days, first_open=first_open, end_reasons=end_reasons,
        quantity=values["quantity"], habit=habit, goes_on=takes_over(other, row),
    )  # fmt: skip
