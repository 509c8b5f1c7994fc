"""What a pipeline must keep, two languages, places: plain functions."""

from typing import Any

import pytest

from backend.domain.pipelines import rules
from backend.domain.pipelines.schemas import StageNames, Texts
from backend.errors import Conflict, NotAcceptable


@pytest.mark.parametrize(
    ("given", "columns"),
    [
        ({"name": "A"}, {"name_ru": "A", "name_en": "A"}),
        ({"names": StageNames(en="B ")}, {"name_en": "B"}),
        ({"name": "A", "names": StageNames(en="B")}, {"name_ru": "A", "name_en": "B"}),
        ({"meaning": None}, {"meaning_ru": "", "meaning_en": ""}),
        (
            {"instructions_in": Texts(ru=" "), "rot_days": 3},
            {"instructions_ru": "", "rot_days": 3},
        ),
    ],
)
def test_a_text_alone_is_both_languages(given: dict[str, Any], columns: dict[str, Any]) -> None:
    assert rules.in_both(given) == columns


@pytest.mark.parametrize(
    ("kind", "stages", "whole"),
    [
        ("deal", "open won lost", True), ("deal", "open open won won lost", True),
        ("deal", "won lost", False), ("deal", "detour won lost", False),
        ("deal", "open won", False), ("deal", "open lost", False),
        ("deal", "holding open won lost", False), ("renewal", "open won lost", False),
        ("renewal", "holding open won lost", True),
        ("renewal", "holding holding open won lost", False),
    ],
)  # fmt: skip
def test_what_a_pipeline_keeps(kind: str, stages: str, whole: bool) -> None:
    if whole:
        return rules.demand_whole(kind, stages.split())
    with pytest.raises(NotAcceptable):
        rules.demand_whole(kind, stages.split())
    return None


@pytest.mark.parametrize("kind", ["lead", "deal", "renewal"])
def test_the_fewest_stages_are_whole(kind: str) -> None:
    rules.demand_whole(kind, [row["kind"] for row in rules.fewest(kind)])


@pytest.mark.parametrize(
    ("place", "order"),
    [(0, [3, 1, 2, 4]), (1, [3, 1, 2, 4]), (2, [1, 3, 2, 4]), (4, [1, 2, 4, 3]), (9, [1, 2, 4, 3])],
)
def test_a_place_in_the_order(place: int, order: list[int]) -> None:
    assert rules.arranged([1, 2, 3, 4], 3, place) == order


@pytest.mark.parametrize(
    ("kinds", "place"),
    [("holding open detour won lost", 4), ("won lost open", 4), ("won lost", 1)],
)
def test_a_stage_without_a_place_comes_after_the_open_ones(kinds: str, place: int) -> None:
    assert rules.after_open(kinds.split()) == place


@pytest.mark.parametrize(
    ("arrows", "kept"),
    [(["a", "b"], ["c", "b"]), (["a", "c"], ["c"]), (["a", "x"], ["c"]), (["x"], None)],
)
def test_arrows_of_a_deleted_stage_come_from_the_other(
    arrows: list[str], kept: list[str] | None
) -> None:
    assert rules.mapped(arrows, "a", "c", "x") == kept


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("open", "detour", True),
        ("won", "won", True),
        ("won", "lost", False),
        ("open", "won", False),
    ],
)
def test_stages_of_one_sort(one: str, other: str, same: bool) -> None:
    assert rules.same_sort(one, other) is same


@pytest.mark.parametrize(
    ("before", "after", "matters"),
    [
        ([1, 2], [1, 2], False), ([1, 2], [1, 2, 3], False), ([1, 2], [1, 3, 2], True),
        ([1, 2], [3, 1, 2], True), ([1, 2, 3], [1, 3, 2], True), ([1, 2, 3], [1, 3], True),
        ([1, 2, 3], [2, 3], True), ([1, 2, 3], [1, 2], False), ([], [1], False),
    ],
)  # fmt: skip
def test_when_another_order_tells_another_past(
    before: list[int], after: list[int], matters: bool
) -> None:
    assert rules.order_matters(before, after) is matters


def test_offers_keep_what_they_are() -> None:
    rules.demand_offers_kept("request", {"required_fields": ["lines", "client_id", "source"]})
    rules.demand_offers_kept("draft", {"required_fields": []})
    for changed in ({"from_stages": None}, {"position": 1}, {"required_fields": ["lines"]}):
        with pytest.raises(Conflict):
            rules.demand_offers_kept("request", changed)


def test_a_setting_belongs_to_a_kind() -> None:
    rules.demand_setting("renewal", {"lead_time": "P1M"})
    with pytest.raises(NotAcceptable):
        rules.demand_setting("deal", {"lead_time": "P1M"})
