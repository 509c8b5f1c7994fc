"""What managers did by the definitions, slowly: counted one by one for each of them."""

from collections.abc import Sequence
from datetime import datetime
from statistics import median
from typing import Any

from tests.domain.funnels.oracle import Period, Row, Told, World
from tests.domain.funnels.oracle_reports import Closed, share

BY_HAND = ("user", "token")


def managers(
    world: World, cards: Sequence[Told], pipeline: int, closed: Sequence[Closed], days: Period,
    as_of: datetime,
) -> dict[int, dict[str, Any]]:  # fmt: skip
    """Of everybody with a card in the report, or work on one, what he has and did."""
    entered = [
        one for one in cards
        if one.there and one.within(pipeline) and days.has(one.within(pipeline)[0].began)
    ]  # fmt: skip
    here = {one.card["id"]: one for one in cards if _belongs(one, pipeline)}
    notes = _of(world.beside["activity"], here, "at", as_of)
    done = [row for row in _of(world.beside["task"], here, "done_at", as_of)
            if row["closed_by"] == "person"]  # fmt: skip
    late = [row for row in _of(world.beside["task"], here, "due_at", as_of)
            if row["done_at"] is None or row["done_at"] >= as_of]  # fmt: skip
    steps = [event for one in here.values() for event in _by_hand(one)]
    touches = sorted(
        [(row["at"], row["card_id"]) for row in notes]
        + [(row["done_at"], row["card_id"]) for row in done]
        + [(e["at"], e["card_id"]) for e in steps if e["seq"] > 1
           and e["event"] not in ("won", "lost", "voided")]
    )  # fmt: skip
    first = {card_id: at for at, card_id in reversed(touches)}
    work = {
        "moves": [e["actor_id"] for e in steps if days.has(e["at"]) and e["from_stage_id"]
                  and e["to_stage_id"] and e["event"] != "voided"],
        "activities": [row["author_id"] for row in notes if days.has(row["at"])],
        "tasks_done": [row["assignee_id"] for row in done if days.has(row["done_at"])],
        "tasks_overdue": [row["assignee_id"] for row in late],
    }  # fmt: skip
    people = {one.card["owner_id"] for one in entered} | {one.owner for one in closed}
    people |= {number for numbers in work.values() for number in numbers if number}
    return {
        number: {
            **{name: numbers.count(number) for name, numbers in work.items()},
            **_cards([one for one in entered if one.card["owner_id"] == number],
                     [one for one in closed if one.owner == number], pipeline, first),
        }
        for number in people
    }  # fmt: skip


def _belongs(one: Told, pipeline: int) -> bool:
    """Whether a card is one of the pipeline: it was there, were it only to wait."""
    return any(stay.stage["pipeline_id"] == pipeline for stay in one.stays)


def _of(rows: Sequence[Row], here: dict[int, Told], name: str, as_of: datetime) -> list[Row]:
    """What was noted of these cards before an instant."""
    return [
        row for row in rows
        if row["card_id"] in here and row[name] is not None and row[name] < as_of
        and row["deleted_at"] is None
    ]  # fmt: skip


def _by_hand(one: Told) -> list[Row]:
    """What people did to a card and did not take back."""
    voided = {event["voids_id"] for event in one.events}
    return [e for e in one.events if e["actor_kind"] in BY_HAND and e["id"] not in voided]


def _cards(
    entered: Sequence[Told], closed: Sequence[Closed], pipeline: int, first: dict[int, datetime]
) -> dict[str, Any]:
    won = [one for one in closed if one.state == "won"]
    waits = [
        max(0.0, (first[one.card["id"]] - one.within(pipeline)[0].began).total_seconds())
        for one in entered if one.card["id"] in first
    ]  # fmt: skip
    still = [one.card["id"] for one in entered if one.state(pipeline) == "open"]
    return {
        "entered": len(entered), "open": len(still), "won": len(won),
        "lost": len(closed) - len(won), "win_rate": share(len(won), len(closed)),
        "touched": len(waits), "untouched": sum(number not in first for number in still),
        "closed_untouched": sum(one.one.card["id"] not in first for one in closed),
        "median_first_touch_hours": round(median(waits) / 3600, 2) if waits else None,
    }  # fmt: skip
