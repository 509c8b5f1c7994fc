"""Cards that win the client of a lost renewal back: of one renewal there is one open at a time."""

from collections.abc import Mapping
from typing import Any

from backend.db.models import renewal
from backend.db.session import Unit
from backend.domain.access import Viewer
from backend.domain.cards import queries as cards
from backend.domain.cards.rules import number
from backend.domain.deals import queries as deals
from backend.domain.stages import State
from backend.errors import Conflict, pointed

FIELD = "/win_back_of"


async def demand_fitting(tx: Unit, viewer: Viewer, deal: Mapping[str, Any]) -> None:
    """NotFound, Conflict where a deal, as it will be, cannot win back the renewal that it names."""
    lost_id = deal["win_back_of"]
    await cards.demand_seen(tx, viewer, lost_id, "renewal", FIELD)
    lost = await _held(tx, lost_id)
    told = number("renewal", lost_id)
    if lost["state"] != State.LOST:
        raise pointed(f"{told} was not lost: there is nobody to win back", FIELD, Conflict)
    if lost["client_id"] != deal["client_id"]:
        raise pointed(f"{told} is of another client", FIELD, Conflict)
    if deal.get("state", State.OPEN) == State.OPEN:
        await _demand_alone(tx, viewer, deal)


async def demand_alone(tx: Unit, viewer: Viewer, deal: Mapping[str, Any]) -> None:
    """Conflict where a card that is about to be open again has a rival that is open by now."""
    if deal.get("win_back_of") is not None:
        await _held(tx, deal["win_back_of"])
        await _demand_alone(tx, viewer, deal)


async def under_way(tx: Unit, renewal_id: int) -> bool:
    """Whether a card to win a lost renewal back is open; until we end, nobody else opens one."""
    await _held(tx, renewal_id)
    return await deals.winning_back(tx, renewal_id, None) is not None


async def _held(tx: Unit, renewal_id: int) -> Mapping[str, Any]:
    """The lost renewal, locked: those who win it back take turns."""
    return await cards.locked_any(tx, renewal, renewal_id)


async def _demand_alone(tx: Unit, viewer: Viewer, deal: Mapping[str, Any]) -> None:
    rival = await deals.winning_back(tx, deal["win_back_of"], deal.get("id"))
    if rival is None:
        return
    if await cards.exists_for(tx, viewer, "deal", rival):
        told = number("deal", rival)
        raise Conflict(
            f"{told} is open already to win this client back",
            record={"kind": "deal", "id": rival, "number": told},
        )
    raise Conflict("A card to win this client back is open already, in somebody else's hands")
