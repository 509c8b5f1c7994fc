"""Writing a record under the name that another system gave it: made once, merged ever after."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from msgspec import UNSET, structs

from backend.db.session import Unit
from backend.domain import access, money
from backend.domain.access import Viewer
from backend.domain.agreements import queries as agreements
from backend.domain.agreements.schemas import AgreementCreate, AgreementUpsert
from backend.domain.cards import queries as cards
from backend.domain.clients import actions as client_actions
from backend.domain.clients import queries as clients
from backend.domain.clients.schemas import ClientUpsert
from backend.domain.contacts import actions as contact_actions
from backend.domain.contacts import queries as contacts
from backend.domain.contacts.schemas import ContactCreate, ContactFields
from backend.domain.moves import agreeing, creating, editing, renewing
from backend.domain.moves.kinds import BEHAVIOURS
from backend.domain.pipelines import queries as pipelines
from backend.domain.renewals import queries as renewals
from backend.domain.upserts import Found, upsert
from backend.domain.versions import demand_version
from backend.errors import Conflict, pointed


def demand_same(given: Any, present: tuple[Any, ...], field: str, way: str) -> None:
    """Conflict where a merge would change what has a way of its own; the same value passes."""
    if given is not UNSET and given not in present:
        raise Conflict(
            f"This record is there already; {field} is changed by {way}",
            errors=[{"pointer": f"/{field}", "detail": f"changed by {way} alone"}],
            suggested_action=way,
        )


async def upsert_client(
    tx: Unit, viewer: Viewer, external_id: str, given: ClientUpsert, if_match: int | None
) -> Found:
    """Make a client, or write what is given over the one that is there."""

    async def merge(client_id: int, named: ClientUpsert) -> int:
        row = await clients.locked(tx, viewer, client_id)
        access.demand_edit(viewer, row["owner_id"], "client")
        demand_version(row["version"], if_match)
        way = f"POST /clients/{client_id}/transfer"
        demand_same(named.owner_id, (row["owner_id"],), "owner_id", way)
        return await client_actions.edit(tx, viewer, client_id, named, if_match)

    return await upsert(
        tx, external_id, given,
        lambda name: clients.by_external_id(tx, viewer, name),
        lambda named: client_actions.create(tx, viewer, named),
        merge,
    )  # fmt: skip


async def upsert_contact(
    tx: Unit, viewer: Viewer, external_id: str, given: ContactFields, if_match: int | None
) -> Found:
    """Make a contact, or write what is given over the one that is there."""

    async def make(named: ContactFields) -> int:
        for name in ("client_id", "name"):
            if getattr(named, name) is UNSET:
                raise pointed(f"a new contact needs {name}", f"/{name}")
        whole = {name: getattr(named, name) for name in named.__struct_fields__}
        return await contact_actions.create(tx, viewer, ContactCreate(**whole))

    return await upsert(
        tx, external_id, given,
        lambda name: contacts.by_external_id(tx, viewer, name),
        make,
        lambda contact_id, named: contact_actions.edit(tx, viewer, contact_id, named, if_match),
    )  # fmt: skip


async def upsert_agreement(
    tx: Unit, viewer: Viewer, external_id: str, given: AgreementUpsert, if_match: int | None
) -> Found:
    """Make an agreement with its first renewal, or write what is given over the one there."""

    async def make(named: AgreementUpsert) -> int:
        for name in ("title", "client_id", "renewal_date"):
            if getattr(named, name) is UNSET:
                raise pointed(f"a new agreement needs {name}", f"/{name}")
        whole = {name: getattr(named, name) for name in named.__struct_fields__}
        return await renewing.create_agreement(tx, viewer, AgreementCreate(**whole))

    async def merge(agreement_id: int, named: AgreementUpsert) -> int:
        row = await agreements.locked(tx, viewer, agreement_id)
        access.demand_edit(viewer, row["owner_id"], "agreement")
        demand_version(row["version"], if_match)
        await _demand_same_chain(tx, row, named)
        return await agreeing.edit(tx, viewer, agreement_id, named, if_match)

    return await upsert(
        tx, external_id, given,
        lambda name: agreements.by_external_id(tx, viewer, name), make, merge,
    )  # fmt: skip


async def _demand_same_chain(tx: Unit, row: Mapping[str, Any], given: AgreementUpsert) -> None:
    """What made the agreement may be sent again, and is changed where it belongs."""
    terms = await renewals.terms_of(tx, row["id"])
    dates = {term[name] for term in terms for name in ("renewal_date", "original_renewal_date")}
    home = await pipelines.load(tx, row["pipeline_id"], "en")
    demand_same(given.renewal_date, (*dates,), "renewal_date", "POST /renewals/{id}/reschedule")
    demand_same(given.owner_id, (row["owner_id"],), "owner_id", "POST /clients/{id}/transfer")
    demand_same(given.pipeline, (home.id, home.key, str(home.id)), "pipeline", "moving its renewal")
    demand_same(given.client_id, (row["client_id"],), "client_id", "an agreement of its own")
    demand_same(given.currency, (row["currency"],), "currency", "PATCH /renewals/{id}")
    amount = given.amount
    if isinstance(amount, Decimal):
        units = money.minor(amount, row["currency"])
        known = tuple(term["amount"] for term in terms)
        demand_same(units, known, "amount", "PATCH /renewals/{id}")


async def upsert_card(
    tx: Unit, viewer: Viewer, kind: str, external_id: str, given: Any, if_match: int | None
) -> Found:
    """Make a lead, an offer or a deal, or write what is given over the one that is there."""

    async def merge(card_id: int, named: Any) -> int:
        row = await cards.locked(tx, viewer, BEHAVIOURS[kind].kind.table, card_id)
        access.demand_edit(viewer, row["owner_id"], kind)
        demand_version(row["version"], if_match)
        home = await pipelines.load(tx, row["pipeline_id"], viewer.company.locale)
        stage_id, here = row["stage_id"], f"/{kind}s/{card_id}"
        demand_same(named.owner_id, (row["owner_id"],), "owner_id", f"POST {here}/transfer")
        demand_same(
            named.pipeline, (home.id, home.key, str(home.id)), "pipeline", f"POST {here}/move"
        )
        demand_same(
            named.stage, (stage_id, row["stage_key"], str(stage_id)), "stage", f"POST {here}/move"
        )
        fields = structs.replace(named, owner_id=UNSET, pipeline=UNSET, stage=UNSET)
        return await editing.edit(tx, viewer, kind, card_id, fields, if_match)

    return await upsert(
        tx, external_id, given,
        lambda name: cards.by_external_id(tx, viewer, kind, name),
        lambda named: creating.create(tx, viewer, kind, named),
        merge,
    )  # fmt: skip
