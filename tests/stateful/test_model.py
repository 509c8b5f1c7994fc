"""Whatever is done in whatever order, both databases hold what a small model says.

MODEL_WALKS, MODEL_STEPS and MODEL_SEED make a longer run, or another one.
"""

import asyncio
import os
import random
from collections import Counter

from tests.office import NOON
from tests.stateful.state import Model
from tests.stateful.walk import Walk
from tests.stateful.world import World

WALKS = int(os.environ.get("MODEL_WALKS", "50"))
STEPS = int(os.environ.get("MODEL_STEPS", "20"))
SEED = int(os.environ.get("MODEL_SEED", "20261122"))


def test_the_product_does_what_the_model_says(shared_url: str) -> None:
    done: Counter[tuple[str, str]] = Counter()
    with asyncio.Runner() as runner:
        for number in range(WALKS):
            walk(World(shared_url, runner), f"{SEED}-{number}", done)
    print(f"seed {SEED}: {sum(done.values())} steps, {dict(sorted(done.items()))}")  # noqa: T201
    for what in ("make", "move", "undo", "edit", "transfer", "delete", "restore", "sweep"):
        assert done[what, "done"] > 0, f"nothing was ever done by “{what}”"
    for refusal in ("NotFound", "Stale", "MoveRefused", "FieldNeeded", "ReasonNeeded"):
        assert done["move", refusal] > 0, f"no move was ever refused with {refusal}"


def walk(world: World, seed: str, done: Counter[tuple[str, str]]) -> None:
    """One walk in a company of its own; a failure names its seed and its steps."""
    world.enter()
    steps: list[str] = []
    try:
        Walk(world, random.Random(seed), Model(NOON), done, steps).go(STEPS)
    except AssertionError as error:
        told = "\n".join(f"{number:3} {step}" for number, step in enumerate(steps, start=1))
        raise AssertionError(f"walk {seed}:\n{told}\n{error}") from error
    finally:
        world.leave()
