"""The funnel's facts of a card by the definitions, slowly: from a list of its stays in stages."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from backend.db.models import card_funnel, card_stage_visit

Row = Mapping[str, Any]
FUNNEL = tuple(column.name for column in card_funnel.c if column.name != "card_id")
VISIT = tuple(column.name for column in card_stage_visit.c if column.name != "card_id")
IN_WORK = ("open", "detour")


@dataclass(frozen=True)
class Stay:
    """A card in a stage: since when, until when, where it came from, by which event."""

    stage: Row
    began: datetime
    ended: datetime | None
    origin: Row | None
    event: str
    reason_id: int | None


def standing(events: Sequence[Row]) -> list[Row]:
    """The stage events of a card that nobody took back, in order."""
    voided = {event["voids_id"] for event in events}
    return [
        event
        for event in events
        if event["to_stage_id"] is not None
        and event["event"] != "voided"
        and event["id"] not in voided
    ]


def stays(events: Sequence[Row], stages: Mapping[int, Row]) -> list[Stay]:
    """Where a card has been."""
    moves = standing(events)
    ends: list[datetime | None] = [move["at"] for move in moves[1:]]
    return [
        Stay(
            stages[move["to_stage_id"]], move["at"], ended,
            stages.get(move["from_stage_id"]), move["event"], move["reason_id"],
        )
        for move, ended in zip(moves, [*ends, None], strict=True)
    ]  # fmt: skip


def funnels(been: Sequence[Stay], stages: Mapping[int, Row]) -> list[dict[str, Any]]:
    """One row for each pipeline that the card has entered."""
    pipelines = {stay.stage["pipeline_id"] for stay in been if stay.stage["kind"] != "holding"}
    return [_funnel(been, pipeline, stages) for pipeline in sorted(pipelines)]


def _funnel(been: Sequence[Stay], pipeline: int, stages: Mapping[int, Row]) -> dict[str, Any]:
    here = [s for s in been if s.stage["pipeline_id"] == pipeline and s.stage["kind"] != "holding"]
    worked = [stay for stay in here if stay.stage["kind"] in IN_WORK]
    main = [stay.stage for stay in worked if stay.stage["kind"] == "open"]
    last = been[-1] if been[-1] is here[-1] else None
    kind = "moved_out" if last is None else last.stage["kind"]
    closed = last if kind in ("won", "lost") else None
    line = [
        s["position"]
        for s in stages.values()
        if s["pipeline_id"] == pipeline and s["kind"] == "open"
    ]
    furthest = max(main, key=lambda stage: stage["position"], default=None)
    first = here[0].stage
    return {
        "pipeline_id": pipeline,
        "entered_at": here[0].began,
        "furthest_stage_id": None if furthest is None else furthest["id"],
        "state": "open" if kind in IN_WORK else kind,
        "lost_from_stage_id": closed.origin["id"]
        if closed and kind == "lost" and closed.origin
        else None,
        "closed_at": None if closed is None else closed.began,
        "entered_late": first["kind"] == "open" and first["position"] > min(line),
        "reopened": sum(stay.event == "reopened" for stay in worked if stay is not here[0]),
        "strict_stage_id": _in_order([stage["id"] for stage in main], pipeline, stages),
        "touched": _ids(stay for stay in worked),
        "returned": _ids(stay for stay in worked if _goes_back(stay)),
        "reason_id": closed.reason_id if closed and kind == "lost" else None,
    }


def _in_order(entered: list[int], pipeline: int, stages: Mapping[int, Row]) -> int | None:
    """How far the main line was passed without a gap, whatever came between."""
    line = sorted(
        {
            (stage["position"], stage["id"])
            for stage in stages.values()
            if stage["pipeline_id"] == pipeline and stage["kind"] == "open"
        }
    )
    passed = None
    for _, stage_id in line:
        if stage_id not in entered:
            return passed
        entered = entered[entered.index(stage_id) + 1 :]
        passed = stage_id
    return passed


def _ids(been: Iterable[Stay]) -> str:
    return " ".join(str(one) for one in sorted({stay.stage["id"] for stay in been}))


def visits(been: Sequence[Stay], stages: Mapping[int, Row]) -> list[dict[str, Any]]:
    """One row for each stage that the card has worked in."""
    entered = {row["pipeline_id"]: row["entered_at"] for row in funnels(been, stages)}
    worked = {stay.stage["id"] for stay in been if stay.stage["kind"] in IN_WORK}
    found = []
    for stage_id in sorted(worked):
        own = [stay for stay in been if stay.stage["id"] == stage_id]
        pipeline = own[0].stage["pipeline_id"]
        done = [(s.began, s.ended) for s in own if s.ended is not None]
        found.append(
            {
                "stage_id": stage_id, "pipeline_id": pipeline, "cohort_at": entered[pipeline],
                "first_entered_at": own[0].began, "visits": len(own),
                "returns": sum(_goes_back(stay) for stay in own),
                "seconds": sum(int((ended - began).total_seconds()) for began, ended in done),
                "open_since": own[-1].began if own[-1].ended is None else None,
            }
        )  # fmt: skip
    return found


def _goes_back(stay: Stay) -> bool:
    """Whether a main stage was entered from a later one of the same pipeline."""
    origin, stage = stay.origin, stay.stage
    return (
        origin is not None
        and origin["kind"] == stage["kind"] == "open"
        and origin["pipeline_id"] == stage["pipeline_id"]
        and bool(origin["position"] > stage["position"])
    )
