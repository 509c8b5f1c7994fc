"""The ten deals of the worked example, and other histories, as stages and stage events."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from backend.domain import stages
from backend.domain.cards.facts import Facts, StageEvent, fold
from backend.domain.funnels.rules import Role, roles, tally, track_of
from backend.domain.stages import Stage, StageKind

START = datetime(2026, 1, 12, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)

# What each deal stood in, one after the other; `won` and `lost` close it.
WORKED = {
    "D1": "S1 S2 S3 S4 won",
    "D2": "S1 S2 S3 S4 won",
    "D3": "S1 S3 won",
    "D4": "S3 S4 lost",
    "D5": "S1 S2 lost",
    "D6": "S1 S2 S3 S2 lost",
    "D7": "S1 lost",
    "D8": "S1 S2",
    "D9": "S1 S2 lost S2 S3",
    "D10": "S1 S2 S3 S2 S3 won",
}

# reached, advanced, lost, open, moved_out
WORKED_TABLE = {
    "S1": (10, 9, 1, 0, 0),
    "S2": (9, 7, 1, 1, 0),
    "S3": (7, 5, 1, 1, 0),
    "S4": (5, 4, 1, 0, 0),
}

KINDS = {
    "H": StageKind.HOLDING, "D": StageKind.DETOUR, "won": StageKind.WON, "lost": StageKind.LOST,
}  # fmt: skip


def board(keys: Iterable[str], pipeline_id: int = 1) -> dict[str, Stage]:
    """Stages in the given order; S… are open."""
    return {
        key: Stage(
            id=pipeline_id * 100 + place, pipeline_id=pipeline_id, key=key, name=key,
            position=place, kind=KINDS.get(key, StageKind.OPEN),
        )
        for place, key in enumerate(keys, start=1)
    }  # fmt: skip


def events(path: Iterable[Stage], start: datetime = START) -> list[StageEvent]:
    """A card's stage events along a path, an hour apart."""
    found: list[StageEvent] = []
    origin: Stage | None = None
    for step, target in enumerate(path):
        kind = stages.event_of(origin, target)
        at = start + step * HOUR
        found.append(StageEvent(kind, at, None if origin is None else origin.id, target.id))
        origin = target
    return found


def folded(path: Iterable[Stage], *boards: dict[str, Stage]) -> Facts:
    """The facts of a card that went along a path."""
    known = {stage.id: stage for board in boards for stage in board.values()}
    return fold(events(path), known)


def numbers(
    line: list[int], cards: Iterable[Facts], pipeline_id: int, count: str = "furthest"
) -> Counter[Role]:
    """The numbers of the funnel of a pipeline over the cards that entered it."""
    funnels = [facts.funnels[pipeline_id] for facts in cards if pipeline_id in facts.funnels]
    return tally((roles(line, track_of(one, set()), count), 1) for one in funnels)
