"""Writing renewals: new terms, when they come into work, churn."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import bindparam, insert, update

from backend.db.models import agreement, churn_interval, renewal, renewal_activation
from backend.db.prepared import Prepared
from backend.db.session import Unit
from backend.domain.access import Viewer
from backend.domain.cards import actions as cards
from backend.domain.cards.kinds import Kind, Written, ready
from backend.domain.clients.queries import hold, holds_agreement, open_churn
from backend.domain.consumption import BY_HAND, Basis
from backend.domain.feed.actions import announce
from backend.domain.pipelines.queries import Pipeline
from backend.domain.renewals import queries, rules
from backend.domain.renewals.schemas import RenewalFields
from backend.domain.stages import EventKind, Stage, StageKind
from backend.errors import Conflict, pointed

KIND = Kind(
    name="renewal", table=renewal, fields=RenewalFields, thousandths=frozenset({"quantity"})
)
# What failed activations leave on a renewal is forgotten with whatever a person does about it.
UNTRIED = {"failures": 0, "retry_at": None, "parked_at": None, "last_error": None}
# Whether one that is up for review comes into work is decided by the same.
DECIDED = {**UNTRIED, "review_since": None}
_ACTIVATED = Prepared(insert(renewal_activation).inline())
_MOVE_DAY = (
    update(renewal)
    .where(renewal.c.card_id == bindparam("b_id"))
    .values(activates_on=bindparam("b_due"))
)


async def prepare(tx: Unit, fields: RenewalFields, row: Mapping[str, Any]) -> Written:
    """Given fields as columns; the date, and the client, are not changed here."""
    written = ready(KIND, fields, row)
    if "renewal_date" in written.special:
        raise Conflict(
            "A renewal's date is changed by rescheduling it, so that the slip is counted",
            suggested_action="POST /renewals/{id}/reschedule",
        )
    if written.card.get("client_id", row["client_id"]) != row["client_id"]:
        raise Conflict("A renewal belongs to the client of its agreement")
    quantity = written.special.get("quantity")
    if quantity is not None and quantity <= 0:
        raise pointed("a quantity must be more than 0", "/quantity")
    if "lead_time" in written.special:
        whole = written.over(row)
        written.special["activates_on"] = await activation_day(tx, whole, row["renewal_date"])
    if row["failures"] and (written.card or written.special):
        written.special |= UNTRIED
    return written


def store_of(home: Pipeline) -> Stage:
    """The stage of a pipeline where renewals wait; Conflict where an admin has left none."""
    store = home.of_kind(StageKind.HOLDING)
    if store is None:
        raise Conflict(
            "The renewal pipeline has no stage where renewals wait; an admin has to add one"
        )
    return store


async def add_renewal(
    tx: Unit,
    viewer: Viewer,
    store: Stage,
    agreement_id: int,
    cycle: int,
    renewal_date: date,
    values: dict[str, Any],
    *,
    basis: Basis = BY_HAND,
    previous_id: int | None = None,
    caused_by_card_id: int | None = None,
) -> int:
    """Insert a waiting renewal of an agreement; its id. `values` are the card's columns."""
    special = {
        "agreement_id": agreement_id, "cycle": cycle, "renewal_date": renewal_date,
        "original_renewal_date": renewal_date, **basis.columns(), "previous_id": previous_id,
        "waits": 1, "pending": True, "waiting": True, "slips": 0, "lead_time": None,
    }  # fmt: skip
    special["activates_on"] = await activation_day(tx, special, renewal_date)
    special["review_since"] = None
    today, grace = viewer.company.today(tx.now), viewer.company.grace_days
    if viewer.actor == "import" and rules.is_long_past(renewal_date, today, grace):
        special["review_since"] = tx.now
    row = {"kind": "renewal", **values}
    card_id = await cards.add(tx, renewal, store, row, special)
    await cards.record(
        tx, viewer, card_id, 1, EventKind.CREATED, {**row, "pipeline_id": store.pipeline_id},
        to_stage_id=store.id, caused_by_card_id=caused_by_card_id,
    )  # fmt: skip
    changes = cards.logged({}, {**row, **special, **store.place()})
    await announce(tx, viewer, "created", "renewal", card_id, 1, changes)
    return card_id


async def activation_day(tx: Unit, row: Mapping[str, Any], renewal_date: date) -> date:
    """When a renewal (given by its row) comes into work under a date."""
    leads = await queries.leads_of(tx, row)
    return rules.activation(renewal_date, leads).on


async def open_interval(
    tx: Unit, client_id: int, renewal_id: int, agreement_id: int, opened_on: date
) -> int | None:
    """Open a churn interval unless another agreement of the client runs; its id."""
    # Two agreements lost at once would each see the other running.
    await hold(tx, client_id)
    if await holds_agreement(tx, client_id, except_id=agreement_id):
        return None
    values = {"client_id": client_id, "renewal_id": renewal_id, "opened_on": opened_on}
    interval_id: int = await tx.scalar(
        insert(churn_interval).returning(churn_interval.c.id), values
    )
    return interval_id


async def close_intervals(tx: Unit, client_id: int, on: date) -> list[int]:
    """Close the client's open churn intervals; their ids."""
    ids = await open_churn(tx, client_id)
    if ids:
        await tx.run(
            update(churn_interval).where(churn_interval.c.id.in_(ids)).values(closed_on=on)
        )
    return ids


async def void_interval(tx: Unit, interval_id: int) -> None:
    """Take a churn interval back: the loss was a mistake."""
    where = churn_interval.c.id == interval_id
    await tx.run(update(churn_interval).where(where).values(voided_at=tx.now))


async def reopen_interval(tx: Unit, interval_id: int) -> None:
    """Open an interval again: the win that closed it was taken back."""
    where = churn_interval.c.id == interval_id
    await tx.run(update(churn_interval).where(where).values(closed_on=None))


async def withdraw_renewal(tx: Unit, viewer: Viewer, row: Mapping[str, Any]) -> None:
    """Take a waiting renewal back; it stays in history and leaves everything else."""
    gone = {"deleted_at": tx.now}
    withdrawn = {"withdrawn_at": tx.now, "pending": False, "waiting": False, **DECIDED}
    version = await cards.save(tx, row, renewal, gone, withdrawn)
    await cards.record(tx, viewer, row["id"], row["last_seq"] + 1, EventKind.DELETED, row)
    changes = cards.logged(row, {**gone, **withdrawn})
    await announce(tx, viewer, "deleted", "renewal", row["id"], version, changes)


async def recompute_activation(
    tx: Unit,
    agreement_ids: Sequence[int] | None = None,
    *,
    product_id: int | None = None,
    pipeline_id: int | None = None,
) -> int:
    """Bring `activates_on` of waiting renewals up to date after a lead time was changed.

    Those of some agreements, of a product or of a pipeline; how many got another day.
    """
    query = queries.waiting_with_leads()
    if agreement_ids is not None:
        query = query.where(agreement.c.id.in_(agreement_ids))
    if product_id is not None:
        query = query.where(agreement.c.product_id == product_id)
    if pipeline_id is not None:
        query = query.where(agreement.c.pipeline_id == pipeline_id)
    moved = []
    for row in await tx.rows(query.order_by(renewal.c.card_id).with_for_update(of=renewal)):
        due = rules.activation(row["renewal_date"], queries.leads(row)).on
        if due != row["activates_on"]:
            moved.append({"b_id": row["card_id"], "b_due": due})
    if moved:
        await tx.run(_MOVE_DAY, moved)
    return len(moved)


async def note_activations(tx: Unit, rows: Sequence[Mapping[str, Any]], run_id: int | None) -> None:
    """Note that stays in the store end; the unique key lets that happen once."""
    values = [
        {
            "renewal_id": row["id"], "wait": row["waits"], "activates_on": row["activates_on"],
            "activated_at": tx.now, "run_id": run_id,
        }
        for row in rows
    ]  # fmt: skip
    await tx.run(_ACTIVATED, values)
