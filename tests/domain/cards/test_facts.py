"""The funnel's facts of a card: the worked example to the last figure, and books that balance."""

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.domain.cards.facts import Facts, Funnel, Visit, fold, step
from backend.domain.funnels import rules
from backend.domain.stages import Stage, StageKind, may_go
from tests.domain.cards.histories import (
    HOUR,
    START,
    WORKED,
    WORKED_TABLE,
    board,
    events,
    folded,
    numbers,
)

MAIN = ("S1", "S2", "S3", "S4")
LINE = board((*MAIN, "won", "lost"))
WITH_DETOUR = board(("S1", "S2", "D", "S3", "won", "lost"))
WAITING = board(("H", "S1", "S2", "won", "lost"))
OTHER = board(("S1", "S2", "won", "lost"), pipeline_id=2)


def worked() -> dict[str, Facts]:
    return {
        name: folded([LINE[key] for key in path.split()], LINE) for name, path in WORKED.items()
    }


def funnel(facts: Facts, pipeline_id: int = 1) -> Funnel:
    return facts.funnels[pipeline_id]


def key(stage_id: int | None, stages: dict[str, Stage] = LINE) -> str | None:
    return next((name for name, stage in stages.items() if stage.id == stage_id), None)


SUMS = ("reached", "advanced", "lost", "open", "moved_out")
STAGES = [LINE[name].id for name in MAIN]


def test_the_worked_example_gives_exactly_its_table() -> None:
    found = numbers(STAGES, worked().values(), 1)
    assert {
        name: tuple(found[what, LINE[name].id] for what in SUMS) for name in MAIN
    } == WORKED_TABLE
    totals = [found[what, None] for what in ("entered", "won", "lost", "open")]
    assert totals == [10, 4, 4, 2]
    assert [found["skipped", one] for one in STAGES] == [1, 2, 0, 2]
    assert [found["returned", one] for one in STAGES] == [0, 2, 0, 0]
    whole = {what: found[what, None] for what in ("reopened", "entered_late", "returned", "void")}
    assert whole == {"reopened": 1, "entered_late": 1, "returned": 2, "void": 0}


def test_the_worked_example_as_others_count_it() -> None:
    """Visited: 9, 7, 7, 3, won 4. In order without a gap: 9, 7, 5, 2, won 2."""
    touched = numbers(STAGES, worked().values(), 1, "touched")
    assert [touched["reached", one] for one in STAGES] == [9, 7, 7, 3]
    assert touched["won", None] == 4
    strict = numbers(STAGES, worked().values(), 1, "strict")
    assert [strict["reached", one] for one in STAGES] == [9, 7, 5, 2]
    assert (strict["won", None], strict["bypassed", None]) == (2, 2)
    # D3 was won past S2, D10 past S4.
    assert [strict["bypassed", one] for one in STAGES] == [1, 0, 1, 0]


def test_the_worked_examples_side_facts() -> None:
    cards = worked()
    furthest = {name: key(funnel(facts).furthest_stage_id) for name, facts in cards.items()}
    reached = {
        name: MAIN if funnel(facts).state == "won" else MAIN[: MAIN.index(str(furthest[name])) + 1]
        for name, facts in cards.items()
    }
    skipped = {
        name: [stage for stage in reached[name] if LINE[stage].id not in facts.visits]
        for name, facts in cards.items()
    }
    assert {name: found for name, found in skipped.items() if found} == {
        "D3": ["S2", "S4"], "D4": ["S1", "S2"], "D10": ["S4"],
    }  # fmt: skip
    returned = {
        name
        for name, facts in cards.items()
        if any(visit.returns for visit in facts.visits.values())
    }
    assert returned == {"D6", "D10"}
    assert {name for name, facts in cards.items() if funnel(facts).reopened} == {"D9"}
    assert {name for name, facts in cards.items() if funnel(facts).entered_late} == {"D4"}
    assert {
        name: key(funnel(facts).lost_from_stage_id)
        for name, facts in cards.items()
        if funnel(facts).lost_from_stage_id is not None
    } == {"D4": "S4", "D5": "S2", "D6": "S2", "D7": "S1"}
    assert furthest["D6"] == "S3"
    assert {name for name, facts in cards.items() if funnel(facts).closed_at} == {
        "D1", "D2", "D3", "D4", "D5", "D6", "D7", "D10",
    }  # fmt: skip


def test_visits_of_the_tenth_deal() -> None:
    """S1 S2 S3 S2 S3 won, an hour each: times are summed over visits, a return is counted."""
    visits = worked()["D10"].visits
    s2, s3 = visits[LINE["S2"].id], visits[LINE["S3"].id]
    assert s2 == Visit(LINE["S2"].id, 1, START, START + HOUR, 2, 1, 7200, None)
    assert s3 == Visit(LINE["S3"].id, 1, START, START + 2 * HOUR, 2, 0, 7200, None)
    standing = worked()["D8"].visits[LINE["S2"].id]
    assert (standing.seconds, standing.open_since) == (0, START + HOUR)


def test_a_detour_neither_raises_nor_lowers_what_was_reached() -> None:
    b = WITH_DETOUR
    lost = folded([b["S1"], b["S2"], b["D"], b["lost"]], b)
    assert key(funnel(lost).furthest_stage_id, b) == "S2"
    assert key(funnel(lost).lost_from_stage_id, b) == "D"
    back = folded([b["S1"], b["S2"], b["D"], b["S2"], b["D"], b["S3"]], b)
    assert key(funnel(back).furthest_stage_id, b) == "S3"
    assert back.visits[b["D"].id].visits == 2
    assert [visit.returns for visit in back.visits.values()] == [0, 0, 0, 0]
    only = folded([b["D"], b["lost"]], b)
    assert funnel(only).furthest_stage_id is None
    assert not funnel(only).entered_late


def test_a_renewal_enters_the_funnel_when_it_is_activated() -> None:
    b = WAITING
    waiting = folded([b["H"]], b)
    assert (waiting.funnels, waiting.visits) == ({}, {})
    active = folded([b["H"], b["S1"]], b)
    assert funnel(active).entered_at == START + HOUR
    assert not funnel(active).entered_late
    put_back = folded([b["H"], b["S1"], b["S2"], b["H"]], b)
    assert funnel(put_back).state == "moved_out"
    again = folded([b["H"], b["S1"], b["S2"], b["H"], b["S1"]], b)
    assert funnel(again).state == "open"
    assert funnel(again).entered_at == START + HOUR
    assert key(funnel(again).furthest_stage_id, b) == "S2"
    assert b["H"].id not in again.visits
    assert again.visits[b["S1"].id].visits == 2


def test_another_pipeline_is_left_and_entered() -> None:
    there = folded([LINE["S1"], LINE["S2"], OTHER["S2"]], LINE, OTHER)
    assert (funnel(there).state, funnel(there, 2).state) == ("moved_out", "open")
    assert funnel(there, 2).entered_at == START + 2 * HOUR
    assert funnel(there, 2).entered_late
    assert there.visits[LINE["S2"].id].open_since is None
    back = folded([LINE["S1"], LINE["S2"], OTHER["S1"], LINE["S1"]], LINE, OTHER)
    assert (funnel(back).state, funnel(back, 2).state) == ("open", "moved_out")
    assert key(funnel(back).furthest_stage_id) == "S2"
    assert funnel(back).entered_at == START
    assert back.visits[LINE["S1"].id].returns == 0
    closed = folded([LINE["S1"], OTHER["won"]], LINE, OTHER)
    assert (funnel(closed).state, funnel(closed, 2).state) == ("moved_out", "won")
    assert funnel(closed, 2).furthest_stage_id is None


def test_reopening_takes_the_outcome_back_and_counts() -> None:
    twice = folded([LINE[k] for k in ("S1", "lost", "S2", "won", "S1", "lost")], LINE)
    assert funnel(twice) == Funnel(
        pipeline_id=1, entered_at=START, furthest_stage_id=LINE["S2"].id, state="lost",
        entered_late=False, lost_from_stage_id=LINE["S1"].id, closed_at=START + 5 * HOUR,
        reopened=2, strict_stage_id=LINE["S2"].id,
        touched=f"{LINE['S1'].id} {LINE['S2'].id}",
    )  # fmt: skip
    open_again = folded([LINE[k] for k in ("S1", "lost", "S2")], LINE)
    assert (funnel(open_again).closed_at, funnel(open_again).lost_from_stage_id) == (None, None)


def test_a_clock_that_goes_back_makes_no_negative_time() -> None:
    facts = Facts()
    known = {stage.id: stage for stage in LINE.values()}
    for event in events([LINE["S1"], LINE["S2"]]):
        late = START + timedelta(days=1) if event.origin_id is None else START
        step(facts, type(event)(event.kind, late, event.origin_id, event.target_id), known)
    assert facts.visits[LINE["S1"].id].seconds == 0


ALL = {stage.id: stage for b in (WITH_DETOUR, OTHER) for stage in b.values()}


@st.composite
def paths(draw: st.DrawFn) -> list[Stage]:
    """A history that the stage machine allows, over two pipelines with a detour in one."""
    starts = [s for s in ALL.values() if s.kind in (StageKind.OPEN, StageKind.DETOUR)]
    path = [draw(st.sampled_from(starts))]
    for _ in range(draw(st.integers(0, 8))):
        here = path[-1]
        ways = [s for s in ALL.values() if s.id != here.id and may_go(here, s)]
        path.append(draw(st.sampled_from(ways)))
    return path


@given(st.lists(paths(), max_size=12), st.sampled_from(["furthest", "touched", "strict"]))
@settings(max_examples=150)
def test_the_books_balance_whatever_happens(histories: list[list[Stage]], count: str) -> None:
    cards = [fold(events(path), ALL) for path in histories]
    for b in (WITH_DETOUR, OTHER):
        pipeline_id = b["S1"].pipeline_id
        line = [s.id for s in b.values() if s.kind is StageKind.OPEN]
        entered = [path for path in histories if any(s.pipeline_id == pipeline_id for s in path)]
        found = numbers(line, cards, pipeline_id, count)
        ends = ("lost", "open", "moved_out", "bypassed")
        assert found["entered", None] == len(entered)
        assert len(entered) == sum(found[what, None] for what in ("won", *ends))
        for one in line:
            parts = [found[what, one] for what in ("advanced", *ends)]
            assert found["reached", one] == sum(parts)
            assert min(parts) >= 0
        for one, after in pairwise(line):
            assert count == "touched" or found["advanced", one] == found["reached", after]
        if count != "touched":
            assert found["advanced", line[-1]] == found["won", None]


@given(paths())
def test_the_state_is_that_of_the_last_stage_and_every_visit_is_counted(path: list[Stage]) -> None:
    facts = fold(events(path), ALL)
    last = path[-1]
    assert facts.funnels[last.pipeline_id].state == str(last.state)
    for pipeline_id, found in facts.funnels.items():
        seen = [s for s in path if s.pipeline_id == pipeline_id]
        main = [s for s in seen if s.kind is StageKind.OPEN]
        furthest = max(main, key=lambda s: s.position, default=None)
        assert found.furthest_stage_id == (None if furthest is None else furthest.id)
        assert (found.state == "moved_out") == (pipeline_id != last.pipeline_id)
        assert found.entered_at == START + path.index(seen[0]) * HOUR
    standing = {s.id for s in ALL.values() if s.kind in (StageKind.OPEN, StageKind.DETOUR)}
    assert {stage_id: visit.visits for stage_id, visit in facts.visits.items()} == {
        s.id: path.count(s) for s in path if s.id in standing
    }
    hours = sum(visit.seconds for visit in facts.visits.values()) / 3600
    assert hours == sum(s.id in standing for s in path[:-1])
    running = [visit.stage_id for visit in facts.visits.values() if visit.open_since is not None]
    assert running == ([last.id] if last.id in standing else [])


@given(paths(), st.integers(0, 8))
def test_one_step_at_a_time_is_the_same_as_the_whole_history(path: list[Stage], at: int) -> None:
    """A move takes one step on the stored facts; an undo folds everything anew."""
    history = events(path)
    facts = fold(history[:at], ALL)
    for event in history[at:]:
        facts = Facts(dict(facts.funnels), dict(facts.visits))
        step(facts, event, ALL)
    assert facts == fold(history, ALL)


@pytest.mark.parametrize(
    ("part", "whole", "found"),
    [(0, 0, None), (1, 0, None), (0, 3, 0.0), (1, 3, 0.3333), (2, 3, 0.6667), (3, 3, 1.0),
     (1, 16, 0.0625), (1, 32, 0.0312), (3, 32, 0.0938), (1, 160_000, 0.0)],
)  # fmt: skip
def test_shares_are_rounded_half_even_to_four_places(
    part: int, whole: int, found: float | None
) -> None:
    assert rules.ratio(part, whole) == found


def test_the_worst_conversion_warns_below_the_limit_alone() -> None:
    shares = {1: 0.9, 2: 0.29, 3: None, 4: 0.5}
    assert [rules.low(shares, limit) for limit in (100, 30, 29, None)] == [2, 2, None, None]
    assert rules.low({1: None}, 50) is None


@pytest.mark.parametrize(
    ("won", "lost", "void", "found"),
    [(4, 4, 0, 0.5), (4, 4, 1, 0.5714), (0, 2, 2, None), (0, 0, 0, None), (3, 0, 0, 1.0)],
)
def test_void_reasons_leave_the_win_rate(
    won: int, lost: int, void: int, found: float | None
) -> None:
    assert rules.win_rate(won, lost, void) == found


@pytest.mark.parametrize(
    ("values", "share", "found"),
    [([], 0.5, None), ([7], 0.8, 7), ([1, 2, 3, 4], 0.5, 2.5), ([4, 1, 3, 2], 0.8, 3.4),
     ([1, 2, 3, 4, 5], 0.8, 4.2), ([1, 1, 1], 0.5, 1)],
)  # fmt: skip
def test_percentiles(values: list[float], share: float, found: float | None) -> None:
    assert rules.percentile(values, share) == pytest.approx(found)
