"""The stage machine against a literal table of all pairs, and what a stage demands."""

from typing import Any

import pytest

from backend.domain import stages
from backend.domain.stages import EventKind, Stage, StageKind, State
from backend.errors import FieldNeeded, MoveRefused

HOLDING, OPEN, DETOUR, WON, LOST = StageKind

# Rows: where from; columns: where to (holding, open, detour, won, lost). `y` = there is an arrow.
REOPENING = """
holding . y y y y
open    . y y y y
detour  . y y y y
won     . y y . .
lost    . y y . .
"""
FINAL = """
holding . y y y y
open    . y y y y
detour  . y y y y
won     . . . . .
lost    . . . . .
"""
# What a stage event is called, within one pipeline and into another one.
EVENTS = """
holding held activated activated won lost
open    held moved     moved     won lost
detour  held moved     moved     won lost
won     held reopened  reopened  won lost
lost    held reopened  reopened  won lost
"""
ELSEWHERE = EVENTS.replace("moved    ", "pipeline_changed")


def pairs(table: str) -> list[tuple[StageKind, StageKind, str]]:
    found = []
    for line in table.strip().splitlines():
        origin, *cells = line.split()
        found += [
            (StageKind(origin), target, cell) for target, cell in zip(StageKind, cells, strict=True)
        ]
    return found


def stage(number: int, kind: StageKind, pipeline_id: int = 1, **more: Any) -> Stage:
    return Stage(
        id=number, pipeline_id=pipeline_id, key=f"s{number}", kind=kind, position=number,
        name=f"S{number}", **more,
    )  # fmt: skip


@pytest.mark.parametrize("elsewhere", [False, True], ids=["same", "other"])
@pytest.mark.parametrize("named", [None, "origin", "others", "none"])
@pytest.mark.parametrize("reopens", [True, False], ids=["reopens", "final"])
def test_arrows_between_all_pairs_of_kinds(
    reopens: bool, named: str | None, elsewhere: bool
) -> None:
    """`from_stages` narrows what the kinds allow, and within the pipeline alone."""
    lists: dict[str | None, tuple[str, ...] | None] = {
        None: None, "origin": ("s1", "s9"), "others": ("s8", "s9"), "none": (),
    }  # fmt: skip
    wrong = []
    for origin_kind, target_kind, cell in pairs(REOPENING if reopens else FINAL):
        origin = stage(1, origin_kind)
        target = stage(2, target_kind, 2 if elsewhere else 1, from_stages=lists[named])
        named_in = elsewhere or named in (None, "origin")
        expected = cell == "y" and named_in
        if stages.may_go(origin, target, reopens=reopens) is not expected:
            wrong.append((origin_kind, target_kind))
    assert wrong == []


def test_the_tables_have_every_pair() -> None:
    every = [(a, b) for a in StageKind for b in StageKind]
    for table in (REOPENING, FINAL, EVENTS, ELSEWHERE):
        assert [(a, b) for a, b, _ in pairs(table)] == every


def test_allowed_stages_come_in_board_order_without_the_present_one() -> None:
    board = [
        stage(5, LOST), stage(3, DETOUR, from_stages=("s2",)), stage(2, OPEN), stage(4, WON),
        stage(1, OPEN), stage(6, HOLDING),
    ]  # fmt: skip
    first = board[4]
    assert [s.key for s in stages.allowed(first, board)] == ["s2", "s4", "s5"]
    assert [s.key for s in stages.allowed(board[2], board)] == ["s1", "s3", "s4", "s5"]
    assert [s.key for s in stages.allowed(board[3], board)] == ["s1", "s2"]
    assert stages.allowed(board[3], board, reopens=False) == []


@pytest.mark.parametrize(
    ("origin", "target", "reopens", "told"),
    [
        (OPEN, HOLDING, True, "rescheduling"),
        (WON, LOST, True, "open stage first"),
        (LOST, WON, True, "open stage first"),
        (WON, OPEN, False, "final"),
        (LOST, WON, False, "final"),
    ],
)
def test_a_refused_arrow_says_why_and_what_is_possible(
    origin: StageKind, target: StageKind, reopens: bool, told: str
) -> None:
    board = [stage(1, origin), stage(2, target), stage(3, OPEN), stage(4, OPEN)]
    with pytest.raises(MoveRefused, match=told) as refused:
        stages.demand_arrow(board[0], board[1], board, reopens=reopens)
    possible = refused.value.extra["allowed_stages"]
    assert possible == (
        [{"id": n, "key": f"s{n}", "name": f"S{n}"} for n in (2, 3, 4)][
            1 if target is not OPEN else 0 :
        ]
        if reopens
        else []
    )


def test_an_arrow_that_exists_raises_nothing() -> None:
    stages.demand_arrow(stage(1, OPEN), stage(2, WON), [])


@pytest.mark.parametrize("elsewhere", [False, True], ids=["same", "other"])
def test_names_of_stage_events(elsewhere: bool) -> None:
    wrong = []
    for origin_kind, target_kind, expected in pairs(ELSEWHERE if elsewhere else EVENTS):
        target = stage(2, target_kind, 2 if elsewhere else 1)
        if stages.event_of(stage(1, origin_kind), target) != expected:
            wrong.append((origin_kind, target_kind))
    assert wrong == []
    for kind in StageKind:
        assert stages.event_of(None, stage(2, kind)) is EventKind.CREATED


def test_the_state_of_a_card_follows_from_the_kind_of_its_stage() -> None:
    assert {kind: stage(1, kind).state for kind in StageKind} == {
        HOLDING: State.WAITING, OPEN: State.OPEN, DETOUR: State.OPEN, WON: State.WON,
        LOST: State.LOST,
    }  # fmt: skip
    assert set(stages.CLOSED) == {State.WON, State.LOST}


@pytest.mark.parametrize(
    ("required", "values", "lacking"),
    [
        ((), {}, []),
        (("amount",), {}, ["amount"]),
        (("amount",), {"amount": None}, ["amount"]),
        (("amount",), {"amount": 0}, []),
        (("amount", "need"), {"amount": 1, "need": ""}, ["need"]),
        (("lines",), {"lines": []}, ["lines"]),
        (("lines",), {"lines": [{}]}, []),
        (("agreed",), {"agreed": False}, ["agreed"]),
        (("agreed",), {"agreed": True}, []),
        (("phone|email",), {"phone": None, "email": ""}, ["phone|email"]),
        (("phone|email",), {"phone": "1"}, []),
        (("phone|email",), {"email": "a@b"}, []),
        (("phone|email", "need"), {"email": "a@b"}, ["need"]),
        (("a|b|c",), {"c": 1}, []),
        (("need",), {"need": "  "}, ["need"]),
    ],
)
def test_required_fields(
    required: tuple[str, ...], values: dict[str, Any], lacking: list[str]
) -> None:
    assert stages.missing(required, values) == lacking


def test_a_lacking_field_is_named_to_people_and_machines() -> None:
    target = stage(2, OPEN, required_fields=("phone|email", "need", "budget"))
    with pytest.raises(FieldNeeded, match="“S2” needs: phone or email, need") as needed:
        stages.demand_fields(target, {"budget": 0})
    assert needed.value.extra["missing_fields"] == ["phone|email", "need"]
    assert needed.value.status == 422
    stages.demand_fields(target, {"budget": 0, "email": "a@b", "need": "x"})


def test_the_main_line_and_the_first_stage() -> None:
    board = [stage(4, OPEN), stage(1, HOLDING), stage(3, DETOUR), stage(2, OPEN), stage(5, WON)]
    assert [s.id for s in stages.main_line(board)] == [2, 4]
    assert stages.first_open(board).id == 2
    with pytest.raises(MoveRefused):
        stages.first_open([stage(1, HOLDING), stage(2, WON)])
