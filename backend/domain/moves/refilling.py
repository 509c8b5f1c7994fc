"""A repeat purchase: the renewal that is pending for what the client holds falls due later."""

from collections.abc import Mapping
from typing import Any

from backend.db.session import Unit
from backend.domain.access import Viewer
from backend.domain.agreements import queries as agreement_queries
from backend.domain.agreements.rules import anchor
from backend.domain.cards import actions as cards
from backend.domain.cards import queries as card_queries
from backend.domain.cards.follow_ups import Refill
from backend.domain.consumption import Rate
from backend.domain.feed.actions import announce
from backend.domain.moves import terms
from backend.domain.renewals import actions as renewals
from backend.domain.stages import EventKind

Made = list[dict[str, Any]]


async def refill(tx: Unit, viewer: Viewer, row: Mapping[str, Any], step: Refill) -> Made:
    """Move a pending renewal to the day that a won deal's purchase lasts to; what was made.

    It is worth what this purchase was, later terms count from it. No slip: nothing was put off.
    One that is in work stays there.
    """
    agreed = await _new_terms(tx, viewer, step)
    held = await card_queries.locked_any(tx, renewals.KIND.table, step.renewal_id)
    values = {"amount": step.amount} if held["currency"] == row["currency"] else {}
    special = {"renewal_date": step.renewal_date, **step.basis.columns()}
    special["activates_on"] = await renewals.activation_day(
        tx, {**held, **special}, step.renewal_date
    )
    told = cards.changes(held, {**values, **special})
    special |= renewals.UNTRIED
    before = {name: held[name] for name in (*values, *special)}
    version = await cards.save(tx, held, renewals.KIND.table, values, special)
    await cards.record(
        tx, viewer, held["id"], held["last_seq"] + 1, EventKind.EDITED, {**held, **values},
        changes=told, caused_by_card_id=row["id"],
    )  # fmt: skip
    logged = cards.logged(held, {**values, **special})
    await announce(tx, viewer, "updated", "renewal", held["id"], version, logged)
    return [agreed, {"what": "refill", "id": held["id"], "version": version, "before": before}]


async def _new_terms(tx: Unit, viewer: Viewer, step: Refill) -> dict[str, Any]:
    """Later terms count from the new date; what the client says he uses up holds from now on."""
    values = {**anchor(step.renewal_date, step.cycle), **stated(step.stated)}
    if step.period is not None:
        values["period"] = step.period
    row = await agreement_queries.locked_any(tx, step.agreement_id)
    return await terms.change(tx, viewer, row, values)


def stated(rate: Rate | None) -> dict[str, Any]:
    """What a client says he uses up, as columns of his agreement; nothing where he says nothing."""
    if rate is None:
        return {}
    return {"consumption": rate.quantity, "consumption_per": str(rate.per)}


async def withdraw(
    tx: Unit, viewer: Viewer, row: Mapping[str, Any], before: dict[str, Any]
) -> None:
    """Give a renewal, untouched since, the date that it had before a purchase."""
    values = {name: before[name] for name in before if name == "amount"}
    special = {name: before[name] for name in before if name != "amount"}
    version = await cards.save(tx, row, renewals.KIND.table, values, special)
    await cards.record(
        tx, viewer, row["id"], row["last_seq"] + 1, EventKind.EDITED, {**row, **values},
        changes=cards.changes(row, before),
    )  # fmt: skip
    logged = cards.logged(row, before)
    await announce(tx, viewer, "updated", "renewal", row["id"], version, logged)
