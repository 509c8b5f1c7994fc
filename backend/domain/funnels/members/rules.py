"""A card in a report, and how long many of them took. Pure."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from backend.domain.cards.facts import Visit
from backend.domain.funnels import rules
from backend.domain.funnels.lots.rules import Lot
from backend.domain.funnels.rules import Dwell, Role, age


@dataclass(frozen=True, slots=True)
class Member:
    """A card, the numbers it is counted in, what it was worth, its visits."""

    card_id: int
    roles: tuple[Role, ...]
    amount: int | None
    currency: str
    visits: tuple[Visit, ...]

    @property
    def lot(self) -> Lot:
        """The card by itself."""
        return Lot(self.roles, self.currency, 1, int(self.amount is not None), self.amount or 0)


def dwell(members: Iterable[Member], as_of: datetime) -> dict[int, Dwell]:
    """Times in stages over all visits of all members."""
    visits: dict[int, list[Visit]] = defaultdict(list)
    for member in members:
        for visit in member.visits:
            visits[visit.stage_id].append(visit)
    return {stage_id: _told(seen, as_of) for stage_id, seen in visits.items()}


def _told(seen: list[Visit], as_of: datetime) -> Dwell:
    seconds = [one.seconds for one in seen if one.open_since is None]
    ages = [age(one.open_since, as_of) for one in seen if one.open_since is not None]
    return Dwell(
        visits=sum(one.visits for one in seen), median=rules.percentile(seconds, 0.5),
        p80=rules.percentile(seconds, 0.8), mean=rules.mean(seconds),
        age=rules.percentile(ages, 0.5),
    )  # fmt: skip
