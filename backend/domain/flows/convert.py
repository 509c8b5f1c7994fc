"""Winning a lead: his client, his deal and its offer, all at once or not at all."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from msgspec import UNSET, Struct

from backend.db.session import Unit
from backend.domain import access, money
from backend.domain.access import Viewer
from backend.domain.cards import queries as cards
from backend.domain.cards.schemas import MoveRequest
from backend.domain.clients import actions as client_actions
from backend.domain.clients import queries as clients
from backend.domain.clients.schemas import ClientCreate
from backend.domain.contacts import queries as contacts
from backend.domain.deals.schemas import DealCreate
from backend.domain.leads.actions import KIND
from backend.domain.leads.schemas import ConvertRequest, NewClient, NewDeal, NewOffer
from backend.domain.moves import creating, moving
from backend.domain.offers.schemas import OfferCreate
from backend.domain.pipelines import queries as pipelines
from backend.domain.stages import StageKind, State
from backend.domain.versions import demand_version
from backend.errors import Conflict, DomainError, Forbidden, pointed


class Made(Struct, frozen=True):
    """What a lead became."""

    client_id: int
    deal_id: int | None
    offer_id: int | None


async def convert(
    tx: Unit, viewer: Viewer, lead_id: int, given: ConvertRequest, if_match: int | None
) -> Made:
    """Win an open lead and make what is named; what is not given is taken from the lead."""
    _demand_body(given)
    row = await cards.locked(tx, viewer, KIND.table, lead_id)
    access.demand_edit(viewer, row["owner_id"], "lead")
    demand_version(row["version"], if_match)
    if row["state"] != State.OPEN:
        raise Conflict("This lead is closed; reopen it before it is converted")
    client_id = await _client(tx, viewer, row, given)
    if row["contact_id"] and not await contacts.belongs(tx, row["contact_id"], client_id):
        row["contact_id"] = None  # a person at another client
    await _win(tx, viewer, row, client_id)
    if given.deal is None:
        return Made(client_id, None, None)
    deal_id = await _deal(tx, viewer, row, given.deal, client_id)
    if given.offer is None:
        return Made(client_id, deal_id, None)
    return Made(client_id, deal_id, await _offer(tx, viewer, row, given.offer, deal_id))


def _demand_body(given: ConvertRequest) -> None:
    """BadRequest for what is wrong whatever the lead is."""
    if given.client is not None and given.client_id is not None:
        raise pointed("a new client or an old one, not both", "/client_id")
    if given.offer is None:
        return
    if given.deal is None:
        raise pointed("an offer is made for the deal; send that too", "/deal")
    for name in ("lead_id", "deal_id", "renewal_id", "client_id"):
        if getattr(given.offer, name) is not UNSET:
            raise pointed("the offer hangs on the deal, and has its client", f"/offer/{name}")


async def _client(tx: Unit, viewer: Viewer, row: Mapping[str, Any], given: ConvertRequest) -> int:
    known = given.client_id or (row["client_id"] if given.client is None else None)
    if known is not None:
        await clients.demand_seen(tx, viewer, known)
        return int(known)
    if not viewer.has("clients:write"):
        raise Forbidden("This token lacks the scope clients:write, so it cannot make a client")
    fields = {
        "name": row["company_name"] or row["contact_name"],
        "kind": "company" if row["company_name"] else "person",
        "phone": row["phone"], "email": row["email"], "source": row["source"],
        "currency": row["currency"],
    }  # fmt: skip
    whole = {**_present(fields), **_sent(given.client or NewClient()), "owner_id": row["owner_id"]}
    if "name" not in whole:
        raise pointed("the lead names nobody; give the client a name", "/client/name")
    with _under("/client"):
        return await client_actions.create(tx, viewer, ClientCreate(**whole))


async def _win(tx: Unit, viewer: Viewer, row: Mapping[str, Any], client_id: int) -> None:
    home = await pipelines.load(tx, row["pipeline_id"], viewer.company.locale)
    won = home.of_kind(StageKind.WON)
    if won is None:
        raise Conflict("This pipeline has no stage for won leads; an admin has to add one")
    fields = {"client_id": client_id, "contact_id": row["contact_id"]}
    order = MoveRequest(stage=won.id, fields=fields)
    await moving.move(tx, viewer, "lead", row["id"], order, row["version"])


async def _deal(
    tx: Unit, viewer: Viewer, row: Mapping[str, Any], given: NewDeal, client_id: int
) -> int:
    if given.client_id is not UNSET and given.client_id != client_id:
        raise pointed("the deal is the client's that the lead becomes", "/deal/client_id")
    units = row["budget"] if row["amount"] is None else row["amount"]
    fields = {
        "title": row["title"], "contact_id": row["contact_id"], "source": row["source"],
        "currency": row["currency"],
    }  # fmt: skip
    if units is not None and given.currency in (UNSET, row["currency"]):
        fields["amount"] = Decimal(str(money.text(units, row["currency"])))
    own = _sent(given)
    custom = {**({"need": row["need"]} if row["need"] else {}), **own.pop("custom", {})}
    whole = {**_present(fields), "custom": custom, **own, "client_id": client_id}
    with _under("/deal"):
        return await creating.create(
            tx, viewer, "deal", DealCreate(**whole), owner_id=row["owner_id"],
            caused_by_card_id=row["id"],
        )  # fmt: skip


async def _offer(
    tx: Unit, viewer: Viewer, row: Mapping[str, Any], given: NewOffer, deal_id: int
) -> int:
    with _under("/offer"):
        return await creating.create(
            tx, viewer, "offer", OfferCreate(**_sent(given), deal_id=deal_id),
            owner_id=row["owner_id"], caused_by_card_id=row["id"],
        )  # fmt: skip


@contextmanager
def _under(place: str) -> Iterator[None]:
    """What is refused inside points into this part of the body."""
    try:
        yield
    except DomainError as error:
        named = error.extra.get("errors")
        if isinstance(named, list):
            error.extra["errors"] = [{**item, "pointer": place + item["pointer"]} for item in named]
        raise


def _sent(fields: Struct) -> dict[str, Any]:
    values = {name: getattr(fields, name) for name in fields.__struct_fields__}
    return {name: value for name, value in values.items() if value is not UNSET}


def _present(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
