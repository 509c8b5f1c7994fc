"""What a client is to us: a grid over everything his cards can say."""

from datetime import date
from itertools import product

import pytest

from backend.domain.clients.rules import RIVAL, Dealings, relation

TODAY = date(2026, 3, 10)
GONE = [None, date(2026, 3, 9), date(2026, 3, 10), date(2026, 3, 11)]
LOSSES = [None, RIVAL, "too_expensive"]
GRID = list(product([False, True], [False, True], [False, True], LOSSES, GONE))


def expected(cards: bool, pending: bool, bought: bool, loss: str | None, gone: date | None) -> str:
    if gone in GONE[1:3]:
        return "churned"
    if bought:
        return "client"
    if loss == "chose_competitor" and not pending:
        return "foreign"
    return "prospect" if cards else "potential"


@pytest.mark.parametrize(("cards", "pending", "bought", "loss", "gone"), GRID)
def test_relation(
    cards: bool, pending: bool, bought: bool, loss: str | None, gone: date | None
) -> None:
    known = Dealings(cards=cards, pending=pending, bought=bought, last_loss=loss, churned_on=gone)
    assert relation(known, TODAY) == expected(cards, pending, bought, loss, gone)


def test_the_examples_by_hand() -> None:
    assert relation(Dealings(), TODAY) == "potential"
    assert relation(Dealings(cards=True, pending=True), TODAY) == "prospect"
    assert relation(Dealings(cards=True, last_loss="chose_competitor"), TODAY) == "foreign"
    back = Dealings(cards=True, pending=True, last_loss="chose_competitor")
    assert relation(back, TODAY) == "prospect"
    won = Dealings(cards=True, bought=True, last_loss="chose_competitor")
    assert relation(won, TODAY) == "client"
    leaving = Dealings(cards=True, bought=True, churned_on=date(2026, 3, 11))
    assert relation(leaving, TODAY) == "client"
    assert relation(leaving, date(2026, 3, 11)) == "churned"
