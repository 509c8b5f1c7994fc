"""Making, activating and rescheduling renewals."""

from typing import Any

from msgspec import UNSET

from backend.db.session import Unit
from backend.domain import access, money, versions
from backend.domain.access import Viewer
from backend.domain.agreements import actions as agreements
from backend.domain.agreements import queries as agreement_queries
from backend.domain.agreements.rules import anchor, counted, demand_dates
from backend.domain.agreements.schemas import AgreementCreate
from backend.domain.calendar import demand_span
from backend.domain.cards import queries as card_queries
from backend.domain.cards.schemas import MoveRequest
from backend.domain.clients import queries as clients
from backend.domain.consumption import Basis
from backend.domain.contacts import queries as contacts
from backend.domain.moves import moving
from backend.domain.pipelines import queries as pipelines
from backend.domain.renewals import actions as renewals
from backend.domain.renewals import queries, rules
from backend.domain.renewals.schemas import RenewalCreate
from backend.domain.stages import State
from backend.domain.users.owners import owner_of
from backend.errors import Conflict, NextDateNeeded, pointed

OF_A_TERM = {"agreement_id", "renewal_date", "amount"}


async def create(tx: Unit, viewer: Viewer, given: RenewalCreate) -> int:
    """A waiting renewal with its agreement, or the missing next one of an agreement; its id."""
    if given.agreement_id is not UNSET:
        return await _next_of(tx, viewer, given)
    for name in ("client_id", "renewal_date", "amount"):
        if getattr(given, name) is UNSET:
            raise pointed(f"`{name}` is needed for a renewal without an agreement", f"/{name}")
    assert given.client_id is not UNSET
    assert given.renewal_date is not UNSET
    await clients.demand_seen(tx, viewer, given.client_id)
    if given.contact_id is not UNSET and given.contact_id is not None:
        await contacts.demand_contact(tx, viewer, given.contact_id, given.client_id)
    title = given.title
    if title is UNSET:
        title = await queries.default_title(tx, given.client_id, _or_none(given.product_id))
    values = {
        name: _or_none(getattr(given, name)) for name in ("contact_id", "source", "external_id")
    }
    if given.custom is not UNSET:
        values["custom"] = given.custom
    terms = {
        "title": title,
        "product_id": _or_none(given.product_id),
        "lead_time": _or_none(given.lead_time),
    }
    period = _or_none(given.period)
    return await _start(tx, viewer, given, terms, values, period)


async def create_agreement(tx: Unit, viewer: Viewer, given: AgreementCreate) -> int:
    """An agreement with its first renewal, waiting; the agreement's id.

    A framework contract has no renewal: it is there from the day it is signed, or made.
    """
    await clients.demand_seen(tx, viewer, given.client_id)
    terms = {"title": given.title, "product_id": None, **agreements.stored(given)}
    demand_dates(terms)
    if given.framework:
        return await _frame(tx, viewer, given, terms)
    if given.renewal_date is UNSET:
        raise pointed("`renewal_date` is needed unless it is a framework contract", "/renewal_date")
    renewal_id = await _start(tx, viewer, given, terms, {}, _or_none(given.period))
    return await queries.agreement_of(tx, renewal_id)


async def _frame(tx: Unit, viewer: Viewer, given: AgreementCreate, terms: dict[str, Any]) -> int:
    for name in ("renewal_date", "amount", "period"):
        if getattr(given, name) not in (UNSET, None):
            raise pointed("a framework contract has no terms", f"/{name}")
    begins = terms.get("signed_on") or viewer.company.today(tx.now)
    whole = {**terms, "framework": True, **anchor(begins, 0)}
    return int((await _agree(tx, viewer, given, whole))["id"])


async def _start(
    tx: Unit,
    viewer: Viewer,
    given: RenewalCreate | AgreementCreate,
    terms: dict[str, Any],
    values: dict[str, Any],
    period: str | None,
) -> int:
    assert given.renewal_date is not UNSET
    due = {**terms, "period": period, **anchor(given.renewal_date, 1)}
    agreed = await _agree(tx, viewer, given, due)
    currency = agreed["currency"]
    amount = None if given.amount in (UNSET, None) else money.minor(given.amount, currency)
    card = {
        **values, "amount": amount,
        **{name: agreed[name] for name in ("title", "currency", "owner_id", "client_id")},
    }  # fmt: skip
    home = await pipelines.load(tx, agreed["pipeline_id"], viewer.company.locale)
    return await renewals.add_renewal(
        tx, viewer, renewals.store_of(home), agreed["id"], 1, given.renewal_date, card
    )


async def _agree(
    tx: Unit, viewer: Viewer, given: RenewalCreate | AgreementCreate, terms: dict[str, Any]
) -> dict[str, Any]:
    """A running agreement of the client given; its row."""
    demand_span(terms.get("period"))
    if terms["product_id"] is not None:
        await agreement_queries.demand_product(tx, terms["product_id"])
    home = await pipelines.choose(tx, viewer, "renewal", _or_none(given.pipeline))
    row = {
        **terms, "client_id": given.client_id, "pipeline_id": home.id,
        "owner_id": await owner_of(tx, viewer, given.owner_id),
        "currency": viewer.company.currency if given.currency is UNSET else given.currency,
    }  # fmt: skip
    money.digits(row["currency"])
    return {**row, "id": await agreements.add(tx, viewer, row)}


async def _next_of(tx: Unit, viewer: Viewer, given: RenewalCreate) -> int:
    """The renewal that a running agreement lacks, counted from its anchor."""
    assert given.agreement_id is not UNSET
    _demand_nothing_of_the_agreement(given)
    await agreement_queries.demand_seen(tx, viewer, given.agreement_id, "/agreement_id")
    row = await agreement_queries.locked(tx, viewer, given.agreement_id)
    access.demand_edit(viewer, row["owner_id"], "agreement")
    last = await queries.last_term(tx, row["id"])
    if row["status"] != "running" or row["framework"] or last.get("pending"):
        raise Conflict(
            "This agreement needs no further renewal: it ended, has no terms, or the next one"
            " waits already"
        )
    cycle = last.get("cycle", 0) + 1
    computed = counted(row, cycle)
    due = computed if given.renewal_date is UNSET else given.renewal_date
    if due is None:
        raise NextDateNeeded(
            "This agreement has no period; send renewal_date", missing_fields=["renewal_date"]
        )
    rules.demand_later(due, last.get("renewal_date"))
    if due != computed:
        await agreements.change(tx, viewer, row["id"], anchor_date=due, anchor_cycle=cycle)
    home = await pipelines.load(tx, row["pipeline_id"], viewer.company.locale)
    amount = last.get("amount")
    if given.amount is not UNSET and given.amount is not None:
        amount = money.minor(given.amount, row["currency"])
    card = {
        "title": row["title"], "amount": amount, "currency": row["currency"],
        "owner_id": row["owner_id"], "client_id": row["client_id"],
    }  # fmt: skip
    return await renewals.add_renewal(
        tx, viewer, renewals.store_of(home), row["id"], cycle, due, card,
        basis=Basis("period" if due == computed else "manual", last.get("quantity")),
        previous_id=last.get("card_id"),
    )  # fmt: skip


def _demand_nothing_of_the_agreement(given: RenewalCreate) -> None:
    """A further term is as its agreement says, but for its date and amount."""
    for name in given.__struct_fields__:
        if name not in OF_A_TERM and getattr(given, name) is not UNSET:
            raise pointed(
                f"`{name}` comes from the agreement; change the agreement, or the renewal made",
                f"/{name}",
            )


def _or_none(value: Any) -> Any:
    return None if value is UNSET else value


async def activate(
    tx: Unit, viewer: Viewer, renewal_id: int, if_match: int | None, run_id: int | None = None
) -> int:
    """Bring a waiting renewal into work now; Conflict where it does not wait."""
    row = await card_queries.locked(tx, viewer, renewals.KIND.table, renewal_id)
    access.demand_edit(viewer, row["owner_id"], "renewal")
    versions.demand_version(row["version"], if_match)
    if row["state"] != State.WAITING:
        raise Conflict("This renewal does not wait: it is in work, or closed")
    home = await pipelines.load(tx, row["pipeline_id"], viewer.company.locale)
    _, target = await pipelines.activation_stage(tx, home, viewer.company.locale)
    given = MoveRequest(stage=target.id)
    # Into whatever pipeline: where activation leads is not for him to see or to choose.
    product = access.by_the_product(viewer)
    return await moving.move(tx, product, "renewal", renewal_id, given, if_match, run_id=run_id)
