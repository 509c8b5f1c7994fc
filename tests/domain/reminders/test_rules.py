"""When a rule fires, which variant counts, which of a family acts, when its task is due."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pytest

from backend.domain.reminders.rules import (
    Hit,
    Offset,
    Rule,
    acting,
    most_specific,
    task_day,
    unknown_names,
    worded,
)
from backend.domain.workdays import START, Workdays
from backend.errors import NotAcceptable

NOTIFY: dict[str, Any] = {"type": "notify", "to": "owner", "text_ru": "a", "text_en": "a"}


def task(**more: Any) -> dict[str, Any]:
    return {"type": "task", "kind": "todo", "due_working_days": None, "due_offset": None, **more}


def rule(number: int = 1, offset: str = "-P7D", *actions: Mapping[str, Any], **more: Any) -> Rule:
    return Rule(
        **{
            "id": number, "version": 1, "key": "r", "active": True, "name": "R", "kind": "renewal",
            "anchor": "renewal_date", "offset": Offset.parse(offset), "conditions": ("open",),
            "family": None, "pipeline_id": None, "product_id": None, "segment": None,
            "actions": actions or (NOTIFY,), **more,
        }
    )  # fmt: skip


DAYS = [
    # Today is the 9th of April: a week before picks the 16th, a month before the 9th of May.
    ("2026-04-16", "-P7D", "2026-04-09"),
    ("2026-04-16", "-P1W", "2026-04-09"),
    ("2026-05-09", "-P1M", "2026-04-09"),
    ("2026-05-31", "-P1M", "2026-04-30"),
    ("2026-05-30", "-P1M", "2026-04-30"),
    ("2026-03-31", "-P1M", "2026-02-28"),
    ("2024-03-31", "-P1M", "2024-02-29"),
    ("2024-02-29", "P1Y", "2025-02-28"),
    ("2024-02-29", "P4Y", "2028-02-29"),
    ("2026-01-31", "P1M", "2026-02-28"),
    ("2026-12-31", "P1D", "2027-01-01"),
    ("2026-04-09", "P0D", "2026-04-09"),
    ("2026-04-23", "-P2W", "2026-04-09"),
]


@pytest.mark.parametrize(("anchor", "offset", "day"), DAYS)
def test_the_day_of_a_rule(anchor: str, offset: str, day: str) -> None:
    one = rule(1, offset)
    found = one.due_on(date.fromisoformat(anchor), START)
    assert str(found) == day
    assert str(one.offset) == offset
    first, last = one.window(found)
    assert first <= date.fromisoformat(anchor) <= last


@pytest.mark.parametrize("offset", ["-P1M", "-P7D", "P0D", "P1M", "P30D", "-P1Y", "-P3M"])
def test_no_anchor_that_fires_lies_outside_the_window(offset: str) -> None:
    """All days around a leap day and the ends of months, against the window of each."""
    one, today = rule(1, offset, task()), date(2024, 2, 29)
    for shift in range(-500, 500):
        anchor = today + timedelta(days=shift)
        first, last = one.window(today)
        assert not one.fires(anchor, today, START) or first <= anchor <= last


def test_what_was_missed_is_caught_up_and_what_is_stale_is_not() -> None:
    before, after = rule(1, "-P14D"), rule(2, "P1D")
    today = date(2026, 4, 9)

    def fires(one: Rule) -> list[int]:
        days = range(-80, 30)
        return [day for day in days if one.fires(today + timedelta(days=day), today, START)]

    assert fires(before) == list(range(15))  # five days ahead still counts, yesterday does not
    assert fires(after) == list(range(-61, 0))


@pytest.mark.parametrize("text", ["P7", "-P-7D", "7D", "-PT1H", "PT0M", "--P7D", "P7d", ""])
def test_what_is_no_offset(text: str) -> None:
    with pytest.raises(NotAcceptable):
        Offset.parse(text)


GRID = [
    # pipeline, products, segment of the record, and the variant that counts.
    (1, [], None, "any"),
    (2, [], None, "pipeline"),
    (1, [], "golden", "segment"),
    (2, [], "golden", "pipeline and segment"),
    (1, [7], None, "product"),
    (1, [7], "golden", "product"),
    (2, [7], "golden", "product"),
    (2, [8, 7], None, "product"),
    (3, [9], "golden", "product and segment"),
    (3, [9], "loyal", "any"),
]
VARIANTS = {
    "any": rule(1),
    "pipeline": rule(2, pipeline_id=2),
    "segment": rule(3, segment="golden"),
    "pipeline and segment": rule(4, pipeline_id=2, segment="golden"),
    "product": rule(5, product_id=7),
    "product and segment": rule(6, product_id=9, segment="golden"),
}


@pytest.mark.parametrize(("pipeline", "products", "segment", "counts"), GRID)
def test_the_most_specific_counts(
    pipeline: int, products: list[int], segment: str | None, counts: str
) -> None:
    for order in (1, -1):
        variants = list(VARIANTS.values())[::order]
        found = most_specific(variants, pipeline, products, segment)
        assert found == {"r": VARIANTS[counts]}


def hit(one: Rule, anchor: str, due: str) -> Hit:
    return Hit(
        rule=one, card_id=1, client_id=2, wait=1, anchor_on=date.fromisoformat(anchor),
        due_on=date.fromisoformat(due), owner_id=1, state="open", facts={},
    )  # fmt: skip


def test_of_a_family_the_last_one_acts() -> None:
    anchor = "2026-04-16"
    hits = [
        hit(rule(1, family="payment"), anchor, "2026-04-06"),
        hit(rule(2, family="payment"), anchor, "2026-04-09"),
        hit(rule(3), anchor, "2026-04-02"),
        hit(rule(4, family="invoice"), anchor, "2026-04-02"),
        hit(rule(5, family="payment"), anchor, "2026-04-08"),
    ]
    for order in (1, -1):
        assert acting(hits[::order]) == {2, 3, 4}


TASKS = [
    # action, offset, anchor, today, due: 2026-04-11 is a Saturday, 2026-05-09 a holiday.
    ({}, "-P14D", "2026-04-24", "2026-04-10", "2026-04-10"),
    ({}, "-P14D", "2026-04-25", "2026-04-10", "2026-04-10"),  # 11 April: the Friday before
    ({}, "-P14D", "2026-04-24", "2026-04-15", "2026-04-15"),  # late: today, not last week
    ({}, "-P14D", "2026-04-24", "2026-04-18", "2026-04-20"),  # late at a weekend
    ({}, "P1D", "2026-04-10", "2026-04-11", "2026-04-13"),  # after its anchor: the Monday after
    ({"due_working_days": 1}, "P0D", "2026-04-10", "2026-04-10", "2026-04-13"),
    ({"due_working_days": 2}, "P30D", "2026-04-09", "2026-05-09", "2026-05-12"),
    ({"due_offset": "-P3D"}, "-P10D", "2026-04-16", "2026-04-06", "2026-04-13"),
    ({"due_offset": "-P3D"}, "-P10D", "2026-04-15", "2026-04-06", "2026-04-10"),
    ({"due_offset": "P2D"}, "-P10D", "2026-04-09", "2026-04-01", "2026-04-13"),
]


@pytest.mark.parametrize(("action", "offset", "anchor", "today", "due"), TASKS)
def test_when_a_task_is_due(
    action: dict[str, Any], offset: str, anchor: str, today: str, due: str
) -> None:
    one = rule(1, offset, task(**action))
    day = one.due_on(date.fromisoformat(anchor), START)
    found = task_day(one.actions[0], hit(one, anchor, str(day)), date.fromisoformat(today), START)
    assert str(found) == due
    assert START.works(found)


def test_a_task_for_a_saturday_comes_on_friday_and_a_notice_does_not() -> None:
    anchor, calendar = date(2026, 4, 25), START
    assert str(rule(1, "-P14D", task()).due_on(anchor, calendar)) == "2026-04-10"
    assert str(rule(1, "-P14D").due_on(anchor, calendar)) == "2026-04-11"
    assert str(rule(1, "P1D", task()).due_on(date(2026, 4, 10), calendar)) == "2026-04-11"
    worked = Workdays(frozenset(), frozenset({"2026-04-11"}))
    assert str(rule(1, "-P14D", task()).due_on(anchor, worked)) == "2026-04-11"


def test_texts() -> None:
    assert worded("{client}: {amount} {what}", {"client": "Acme"}) == "Acme: – –"
    assert unknown_names("{client} {agreement}") == []
    assert unknown_names("{client!r} {x} } {client") == ["{client!r}", "{x}", "}", "{client"]
