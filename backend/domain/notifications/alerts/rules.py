"""Alerts: notifications that are given once and are gone as soon as they hold no longer. Pure."""

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

Place = tuple[int, str]  # who is told, and the key of the alert: each is told of it once


class Alert(Struct, frozen=True, kw_only=True):
    """What holds now: its key, about whose work it is, what is said, and the report behind it."""

    key: str
    owner_id: int
    text: str
    report: Mapping[str, Any]
    card_id: int | None = None
    client_id: int | None = None


class Steps(Struct, frozen=True):
    """What has to be done so that everybody is told just what holds."""

    give: list[Place]
    restore: list[Place]
    withdraw: list[Place]

    def __bool__(self) -> bool:
        return bool(self.give or self.restore or self.withdraw)


def steps(
    wanted: Mapping[Place, Alert],
    given: Mapping[Place, Mapping[str, Any]],
    judged: Callable[[str], bool],
) -> Steps:
    """From what was given to what holds; a key that is not `judged` any more stays as it is."""
    holds = {place for place, row in given.items() if row["withdrawn_at"] is None}
    return Steps(
        give=sorted(wanted.keys() - given.keys()),
        restore=sorted((wanted.keys() & given.keys()) - holds),
        withdraw=sorted(place for place in holds - wanted.keys() if judged(place[1])),
    )
