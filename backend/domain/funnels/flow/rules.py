"""How a card left a stage, and in which numbers of a flow that is counted. Pure."""

from collections.abc import Mapping, Sequence

from backend.domain.funnels.rules import WHOLE, Role
from backend.domain.stages import Stage, StageKind


def whereto(origin: Stage, target: Stage) -> str:
    """The number that an exit is counted in; `open` is a step back or aside."""
    if origin.pipeline_id != target.pipeline_id or target.kind is StageKind.HOLDING:
        return "moved_out"
    if target.kind in (StageKind.WON, StageKind.LOST):
        return str(target.kind)
    ahead = origin.kind is target.kind is StageKind.OPEN and target.position > origin.position
    return "advanced" if ahead else "open"


def roles(
    line: Sequence[int], stages: Mapping[int, Stage], origin_id: int, target_id: int,
    *, last: bool, void: bool,
) -> tuple[Role, ...]:  # fmt: skip
    """The numbers that the last exit from a stage is counted in; `last` of all exits it is the
    card's in the whole funnel too."""
    how = whereto(stages[origin_id], stages[target_id])
    found: list[Role] = []
    if last:
        outcome = how if how != "advanced" else "open"
        found += [("entered", WHOLE), (outcome, WHOLE)]
        if void and outcome == "lost":
            found.append(("void", WHOLE))
    if origin_id in line:
        found += [("reached", origin_id), ("advanced" if how == "won" else how, origin_id)]
    return tuple(found)
