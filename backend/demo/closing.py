"""How cards are lost: the reason, and whatever it asks for."""

from datetime import datetime, timedelta
from typing import Any

from backend.db.session import Unit
from backend.demo import cast
from backend.demo.play import Play
from backend.domain.access import Viewer

STAGES = {"lead": "closed", "offer": "declined", "deal": "lost", "renewal": "not_renewed"}
PIPELINES = {"lead": "leads", "offer": "offers", "deal": "sales", "renewal": "renewals"}
COMMENTED = {
    "other", "unfit_client", "specification", "we_declined", "supplier_refused", "service_quality",
    "product_quality",
}  # fmt: skip
DATED = {"no_budget_now", "postponed"}


async def lose(
    tx: Unit, play: Play, viewer: Viewer, kind: str, card_id: int, reason: str | None = None
) -> None:
    """Close a card as lost, for a reason by chance unless one is named."""
    home = PIPELINES[kind]
    key = reason or play.pick(cast.LOST[home])
    given: dict[str, Any] = {"reason_id": play.reasons[home][key]}
    if key in COMMENTED:
        given["comment"] = play.chance.choice(cast.REMARKS)
    fields: dict[str, Any] = {}
    if key in DATED:
        fields["next_contact_at"] = _moment(tx.now + timedelta(days=play.chance.randint(30, 120)))
    if key == "chose_competitor":
        fields["competitor"] = play.chance.choice(cast.RIVALS)
    await play.move(tx, viewer, kind, card_id, STAGES[kind], fields=fields, **given)


def forget(tx: Unit, play: Play, viewer: Viewer, kind: str, card_id: int) -> None:
    """Nobody looks after a card, until it is found and closed."""
    when = play.found_late(tx.now)
    play.at(when, lambda tx: lose(tx, play, viewer, kind, card_id, "no_answer"))


def _moment(when: datetime) -> str:
    return when.replace(minute=0, second=0, microsecond=0).isoformat()
