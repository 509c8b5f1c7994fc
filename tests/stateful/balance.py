"""The funnel's books, counted card by card from the events."""

from typing import Any

from backend.domain.funnels.schemas import FunnelReport
from tests.faults import oracle
from tests.faults.chains import Seen

COUNTS = ("reached", "advanced", "lost", "open", "moved_out")


def counted(seen: Seen, pipeline_id: int) -> list[tuple[str, tuple[int, ...]]]:
    """For each main stage: reached, advanced, lost, open, moved out."""
    line = [
        row
        for row in sorted(seen.stages.values(), key=lambda row: row["position"])
        if row["pipeline_id"] == pipeline_id and row["kind"] == "open"
    ]
    place = {row["id"]: index for index, row in enumerate(line)}
    cards = [
        (len(line) if f["state"] == "won" else place.get(f["furthest_stage_id"], 0), f["state"])
        for f in _facts(seen)
        if f["pipeline_id"] == pipeline_id
    ]
    told = []
    for index, row in enumerate(line):
        here = [state for at, state in cards if at == index]
        past = [state for at, state in cards if at > index]
        rest = tuple(here.count(state) for state in COUNTS[2:])
        told.append((row["key"], (len(here) + len(past), len(past), *rest)))
    return told


def _facts(seen: Seen) -> list[dict[str, Any]]:
    """The funnels of all cards that count: a deleted one counts where it was closed."""
    found = []
    for row in seen.cards:
        if row["deleted_at"] is None or row["state"] in ("won", "lost"):
            been = oracle.stays(seen.events[row["id"]], seen.stages)
            found += oracle.funnels(been, seen.stages)
    return found


def told(report: FunnelReport) -> list[tuple[str, tuple[int, ...]]]:
    """The same as the report says it."""
    return [(row.key, tuple(getattr(row, name) for name in COUNTS)) for row in report.stages]
