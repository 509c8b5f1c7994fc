"""Cards that are counted alike, and what many such lots come to. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from msgspec import Struct

from backend.domain import money
from backend.domain.funnels import rules
from backend.domain.funnels.rules import WHOLE, Role
from backend.domain.funnels.schemas import Rest, Standing, Sum


class Lot(Struct, frozen=True):
    """The numbers that cards of one currency are counted in; how many they are, how many of them
    have an amount, and all those amounts."""

    roles: tuple[Role, ...]
    currency: str
    cards: int
    valued: int
    amount: int

    def weight(self, currency: str | None) -> int:
        """What it adds to a number: its cards, or their amounts in a currency."""
        if currency is None:
            return self.cards
        return self.amount if self.currency == currency else 0


class Here(Struct, frozen=True):
    """The cards of one currency in a stage; `weighted` is amount × per cent, and the seconds are
    the ages of all cards of the stage."""

    stage_id: int
    lot: Lot
    weighted: int
    median_age: float | None
    p80_age: float | None


def counts(lots: Iterable[Lot], currency: str | None) -> Counter[Role]:
    """The numbers of a funnel."""
    return rules.tally((lot.roles, lot.weight(currency)) for lot in lots)


def by_currency(lots: Iterable[Lot]) -> list[tuple[str, int, int, int | None]]:
    """(currency, cards, with an amount, sum), each card once."""
    found: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for lot in lots:
        if ("entered", WHOLE) in lot.roles:
            row = found[lot.currency]
            row[0] += lot.cards
            row[1] += lot.valued
            row[2] += lot.amount
    return [
        (code, cards, valued, amount if valued else None)
        for code, (cards, valued, amount) in found.items()
    ]


def others(rows: Iterable[tuple[str, int, int, int | None]], currency: str) -> list[Rest]:
    """What no figure in a currency holds, from (currency, cards, with an amount, sum)."""
    found = []
    for code, cards, valued, amount in sorted(rows):
        if code != currency:
            found.append(Rest(currency=code, cards=cards, amount=money.text(amount, code)))
        elif cards > valued:
            found.append(Rest(currency=code, cards=cards - valued, amount=None))
    return found


def standing(rows: Sequence[Here]) -> dict[int, Standing]:
    """Who stands where."""
    stages: dict[int, list[Here]] = defaultdict(list)
    for row in rows:
        stages[row.stage_id].append(row)
    everybody = sum(row.lot.cards for row in rows)
    return {stage_id: _standing(own, everybody) for stage_id, own in stages.items()}


def _standing(own: Sequence[Here], of: int) -> Standing:
    cards = sum(row.lot.cards for row in own)
    return Standing(
        cards=cards, share=rules.ratio(cards, of), sums=_sums(own),
        median_age_days=rules.days(own[0].median_age), p80_age_days=rules.days(own[0].p80_age),
    )  # fmt: skip


def _sums(own: Iterable[Here]) -> list[Sum]:
    """Amounts by currency, and weighted by probability; never mixed."""
    return [
        Sum(
            currency=lot.currency, cards=lot.cards,
            amount=money.text(lot.amount, lot.currency) or "",
            weighted=money.text(money.divide(weighted, 100), lot.currency) or "",
        )
        for lot, weighted in sorted(
            ((row.lot, row.weighted) for row in own), key=lambda pair: pair[0].currency
        )
    ]  # fmt: skip
