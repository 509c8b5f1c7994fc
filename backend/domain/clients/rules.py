"""What a client is to us, derived from the dealings with him. Pure."""

from datetime import date
from typing import Literal

from msgspec import Struct

Relation = Literal["foreign", "potential", "prospect", "client", "churned"]
RIVAL = "chose_competitor"


class Dealings(Struct, frozen=True, kw_only=True):
    """What the cards of a client say; `last_loss` is the reason of the card that closed last."""

    cards: bool = False
    pending: bool = False
    bought: bool = False
    last_loss: str | None = None
    churned_on: date | None = None


def relation(dealings: Dealings, today: date) -> Relation:
    """What a client is to us on a day; a churn that lies ahead does not count yet."""
    if dealings.churned_on is not None and dealings.churned_on <= today:
        return "churned"
    if dealings.bought:
        return "client"
    if dealings.last_loss == RIVAL and not dealings.pending:
        return "foreign"
    return "prospect" if dealings.cards else "potential"
