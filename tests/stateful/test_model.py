"""Whatever is done in whatever order, both databases hold what a small model says.

MODEL_WALKS, MODEL_STEPS and MODEL_SEED make a longer run, or another one.
"""

import os
from datetime import date, timedelta
from typing import Any

import pytest

from backend.domain.calendar import Period, term_date
from tests.stateful.walk import walks

WALKS = int(os.environ.get("MODEL_WALKS", "14"))
STEPS = int(os.environ.get("MODEL_STEPS", "20"))
SEED = int(os.environ.get("MODEL_SEED", "20261122"))


def test_the_product_does_what_the_model_says(shared_url: str) -> None:
    done = walks(shared_url, WALKS, STEPS, SEED)
    print(f"seed {SEED}: {sum(done.values())} steps, {dict(sorted(done.items()))}")  # noqa: T201
    for what in ("make", "move", "undo", "edit", "transfer", "delete", "restore", "sweep"):
        assert done[what, "done"] > 0, f"nothing was ever done by “{what}”"
    for refusal in ("NotFound", "Stale", "MoveRefused", "FieldNeeded", "ReasonNeeded"):
        assert done["move", refusal] > 0, f"no move was ever refused with {refusal}"


async def nothing(*_: Any, **__: Any) -> None:
    """What a product does that forgets something."""


def a_day_late(anchor: date, cycle: int, period: Period, wanted: int) -> date:
    return term_date(anchor, cycle, period, wanted) + timedelta(days=1)


@pytest.mark.parametrize("dialect", ["sqlite"])
@pytest.mark.parametrize(
    ("forgotten", "instead"),
    [
        ("backend.domain.moves.undoing.withdraw", nothing),
        ("backend.domain.cards.actions.write_facts", nothing),
        ("backend.domain.renewals.rules.term_date", a_day_late),
        ("backend.domain.stages.demand_fields", lambda *_: None),
        ("backend.domain.versions.demand_version", lambda *_: None),
    ],
)
def test_a_product_that_does_otherwise_is_found_out(
    shared_url: str, monkeypatch: pytest.MonkeyPatch, forgotten: str, instead: Any
) -> None:
    monkeypatch.setattr(forgotten, instead)
    with pytest.raises(AssertionError, match="walk"):
        walks(shared_url, WALKS, STEPS, SEED)
