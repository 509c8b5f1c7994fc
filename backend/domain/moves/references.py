"""Every record that a written field names must exist for the caller."""

from collections.abc import Mapping
from typing import Any

from backend.db.session import Unit
from backend.domain import access
from backend.domain.access import Viewer
from backend.domain.agreements import queries as agreements
from backend.domain.cards import queries as cards
from backend.domain.cards.kinds import Written
from backend.domain.clients import queries as clients
from backend.domain.contacts import queries as contacts
from backend.domain.moves import winning_back

OFFER_TIES = {"lead_id": "lead", "deal_id": "deal", "renewal_id": "renewal"}
# The cards from which a new one takes over whom it is for, by the fields that name them.
SOURCES = {"offer": OFFER_TIES, "deal": {"win_back_of": "renewal"}}


async def demand_references(
    tx: Unit, viewer: Viewer, written: Written, row: Mapping[str, Any]
) -> None:
    """NotFound, pointing at the field, for each reference the caller may not see."""
    changed = {
        name: value
        for name, value in {**written.card, **written.special}.items()
        if value != row.get(name)
    }
    named = {name: value for name, value in changed.items() if value is not None}
    if "client_id" in named:
        await clients.demand_seen(tx, viewer, named["client_id"])
    if "contact_id" in named:
        client_id = written.card.get("client_id", row.get("client_id"))
        await contacts.demand_contact(tx, viewer, named["contact_id"], client_id)
    elif "client_id" in named and written.card.get("contact_id", row.get("contact_id")):
        await contacts.demand_kept(tx, row["contact_id"], named["client_id"])
    if "other_card_id" in named:
        await cards.demand_seen(tx, viewer, named["other_card_id"], None, "/other_card_id")
    if "other_agreement_id" in named:
        await agreements.demand_seen(tx, viewer, named["other_agreement_id"], "/other_agreement_id")
    await _demand_ties(tx, viewer, changed, written.over(row))


async def _demand_ties(
    tx: Unit, viewer: Viewer, changed: Mapping[str, Any], whole: Mapping[str, Any]
) -> None:
    """What a card hangs on, or wins back, has to fit it as it will be."""
    if {"win_back_of", "client_id"} & changed.keys() and whole.get("win_back_of") is not None:
        await winning_back.demand_fitting(tx, viewer, whole)
    for name, kind in OFFER_TIES.items():
        if changed.get(name) is not None and whole["kind"] == "offer":
            # The card follows its offer by itself, so who ties them must be able to move it.
            owner = await cards.demand_seen(tx, viewer, changed[name], kind, f"/{name}")
            access.demand_edit(viewer, owner, kind)
