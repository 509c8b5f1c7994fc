"""A funnel's report, put together from its numbers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from backend.domain import money
from backend.domain.access import Viewer
from backend.domain.funnels import rules
from backend.domain.funnels.rules import WHOLE, Dwell, Role
from backend.domain.funnels.schemas import (
    Detour,
    Figure,
    FunnelFilters,
    FunnelReport,
    FunnelStage,
    Rest,
    Standing,
)
from backend.domain.pipelines.queries import Pipeline
from backend.domain.stages import Stage, StageKind, main_line

NOTHING = Dwell(visits=0, median=None, p80=None, mean=None, age=None)
EMPTY = Standing(cards=0, share=None, sums=[], median_age_days=None, p80_age_days=None)
TOTALS = (
    "entered", "won", "lost", "open", "moved_out", "bypassed", "void", "reopened",
    "entered_late", "returned",
)  # fmt: skip
STAGE = (
    "reached", "advanced", "lost", "open", "moved_out", "bypassed", "skipped", "returned",
    "touched",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Numbers:
    """All that a funnel was found to hold: cards, or minor units of `currency`, by role."""

    counts: Mapping[Role, int]
    dwell: Mapping[int, Dwell] | None
    standing: Mapping[int, Standing] | None
    currency: str | None
    others: list[Rest]

    def figure(self, bucket: str, stage_id: int | None) -> Figure:
        """A number as the outside sees it."""
        found = self.counts.get((bucket, stage_id), 0)
        return found if self.currency is None else money.text(found, self.currency) or ""


def put_together(
    viewer: Viewer,
    filters: FunnelFilters,
    home: Pipeline,
    as_of: datetime,
    version: int,
    numbers: Numbers,
    previous: FunnelReport | None,
) -> FunnelReport:
    """The report."""
    get = numbers.counts.get
    won = get(("won", WHOLE), 0) + get(("bypassed", WHOLE), 0)
    lost, void = get(("lost", WHOLE), 0), get(("void", WHOLE), 0)
    line = main_line(home.stages)
    first = get(("reached", line[0].id), 0) if line else 0
    beside = [one for one in home.stages if one.kind is StageKind.DETOUR]
    stages = [_stage(filters, one, first, numbers) for one in line]
    return FunnelReport(
        pipeline=home.key, pipeline_version=version, basis=filters.basis, count=filters.count,
        by=filters.by, currency=numbers.currency, start=filters.start, end=filters.end,
        as_of=as_of, scope=viewer.reads,
        stages=stages, low_stage_id=rules.low(
            {one.stage_id: one.conversion for one in stages}, home.conversion_warning
        ),
        detours=[_detour(one, numbers) for one in beside],
        **{name: numbers.figure(name, WHOLE) for name in TOTALS},
        win_rate=rules.win_rate(won, lost, void), raw_win_rate=rules.ratio(won, won + lost),
        others=numbers.others, previous=previous,
    )  # fmt: skip


def leak(found: FunnelReport) -> FunnelStage | None:
    """The stage at which most is lost, the first of several; None where nothing is."""
    losing = [one for one in found.stages if Decimal(one.lost) > 0]
    return max(losing, key=lambda one: Decimal(one.lost), default=None)


def _stage(filters: FunnelFilters, stage: Stage, first: int, numbers: Numbers) -> FunnelStage:
    seen = (numbers.dwell or {}).get(stage.id, NOTHING)
    figures: dict[str, Any] = {name: numbers.figure(name, stage.id) for name in STAGE}
    return FunnelStage(
        stage_id=stage.id, key=stage.key, name=stage.name, **figures,
        **_shares(filters, lambda name: numbers.counts.get((name, stage.id), 0), first),
        median_days=rules.days(seen.median), p80_days=rules.days(seen.p80),
        mean_days=rules.days(seen.mean), median_age_days=rules.days(seen.age),
        standing=_standing(stage, numbers),
    )  # fmt: skip


def _shares(filters: FunnelFilters, get: Callable[[str], int], first: int) -> dict[str, Any]:
    """What the numbers of a stage may be called: conversion is of the furthest stage alone."""
    reached, advanced, lost = get("reached"), get("advanced"), get("lost")
    share, resolved = rules.ratio(advanced, reached), rules.ratio(advanced, advanced + lost)
    out, still = rules.ratio(lost, reached), rules.ratio(get("open"), reached)
    along = rules.ratio(advanced, first)
    if filters.basis == "snapshot":
        share = resolved = out = still = along = None
    elif filters.basis == "flow":
        share, out, still, along = resolved, rules.ratio(lost, advanced + lost), None, None
    elif filters.count != "furthest":
        share = resolved = None
        along = along if filters.count == "strict" else None
    return {
        "conversion": share, "resolved_conversion": resolved, "drop_off": out,
        "still_open": still, "cumulative": along,
    }  # fmt: skip


def _detour(stage: Stage, numbers: Numbers) -> Detour:
    seen = (numbers.dwell or {}).get(stage.id, NOTHING)
    return Detour(
        stage_id=stage.id, key=stage.key, name=stage.name,
        cards=numbers.figure("touched", stage.id), won=numbers.figure("touched_won", stage.id),
        visits=None if numbers.dwell is None else seen.visits,
        median_days=rules.days(seen.median), standing=_standing(stage, numbers),
    )  # fmt: skip


def _standing(stage: Stage, numbers: Numbers) -> Standing | None:
    return None if numbers.standing is None else numbers.standing.get(stage.id, EMPTY)
