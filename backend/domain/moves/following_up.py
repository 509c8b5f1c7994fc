"""Carrying out what a move brings about; each step says what it made, so it can be taken back."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from backend.db.session import Unit
from backend.domain import access, stages
from backend.domain.access import Viewer
from backend.domain.agreements import actions as agreements
from backend.domain.agreements import queries as agreement_queries
from backend.domain.cards import queries as cards
from backend.domain.cards.follow_ups import (
    CloseChurn,
    CreateAgreement,
    CreateRenewal,
    EndAgreement,
    FollowUp,
    KeepRevision,
    MakeTask,
    MoveCard,
    OpenChurn,
    OpenDeal,
    Reanchor,
    Refill,
    Rehome,
)
from backend.domain.cards.schemas import MoveRequest
from backend.domain.moves import new_cards, refilling, terms
from backend.domain.moves.kinds import BEHAVIOURS
from backend.domain.offers import actions as offers
from backend.domain.pipelines import queries as pipelines
from backend.domain.renewals import actions as renewals
from backend.domain.stages import Stage, State
from backend.domain.tasks.rules import on_entering
from backend.domain.tasks.steps import actions as tasks
from backend.errors import DomainError

Made = list[dict[str, Any]]
Move = Callable[..., Awaitable[int]]


async def carry_out(
    tx: Unit, viewer: Viewer, row: Mapping[str, Any], follow_ups: tuple[FollowUp, ...], move: Move
) -> Made:
    """Do each follow-up of a card's move in order; what was made, for a later withdrawal.

    `move` is `moving.move` itself: a card that follows is moved like any other.
    """
    made: Made = []
    for step in follow_ups:
        made += await _one(tx, viewer, row, step, move)
    return made


async def _one(
    tx: Unit, viewer: Viewer, row: Mapping[str, Any], step: FollowUp, move: Move
) -> Made:
    match step:
        case CreateAgreement():
            return await _create_agreement(tx, viewer, row, step)
        case CreateRenewal() | Refill():
            return await _next_due(tx, viewer, row, step)
        case Reanchor() | Rehome() | EndAgreement():
            return await _change_agreement(tx, viewer, step)
        case OpenChurn() | CloseChurn():
            return await _churn(tx, step)
        case MoveCard():
            return await _move_card(tx, viewer, row, step, move)
        case OpenDeal():
            return await _open_deal(tx, viewer, row, step)
        case KeepRevision() | MakeTask():
            return await _of_its_own(tx, viewer, row, step)


async def _of_its_own(
    tx: Unit, viewer: Viewer, row: Mapping[str, Any], step: KeepRevision | MakeTask
) -> Made:
    """What stays with the card itself: its next step; the terms it had are kept by now."""
    if isinstance(step, MakeTask):
        return await tasks.make(tx, viewer, row["owner_id"], step)
    return []


async def keep_terms(tx: Unit, viewer: Viewer, follow_ups: tuple[FollowUp, ...]) -> None:
    """Keep the terms that a move may write over; to be done before anything is written."""
    for step in follow_ups:
        if isinstance(step, KeepRevision):
            await offers.keep_revision(tx, viewer, step.offer_id, step.note)


async def _create_agreement(
    tx: Unit, viewer: Viewer, row: Mapping[str, Any], step: CreateAgreement
) -> Made:
    home = await pipelines.choose(tx, access.by_the_product(viewer), "renewal", None)
    agreement_id = await agreements.add(
        tx, viewer,
        {
            "title": step.title, "client_id": row["client_id"], "product_id": step.product_id,
            "owner_id": row["owner_id"], "deal_id": row["id"], "pipeline_id": home.id,
            "currency": row["currency"], "anchor_date": step.anchor_date,
            "anchor_cycle": step.anchor_cycle, "period": step.period,
            **refilling.stated(step.stated),
        },
    )  # fmt: skip
    values = {**_carried(row), "title": step.title, "amount": step.amount}
    renewal_id = await renewals.add_renewal(
        tx,
        viewer,
        renewals.store_of(home),
        agreement_id,
        1,
        step.renewal_date,
        values,
        basis=step.basis,
        caused_by_card_id=row["id"],
    )
    return [
        {"what": "agreement", "id": agreement_id, "version": 1},
        {"what": "renewal", "id": renewal_id, "version": 1},
    ]


async def _next_due(
    tx: Unit, viewer: Viewer, row: Mapping[str, Any], step: CreateRenewal | Refill
) -> Made:
    """The next renewal of an agreement, or the pending one later."""
    if isinstance(step, Refill):
        return await refilling.refill(tx, viewer, row, step)
    agreed = await agreement_queries.locked_any(tx, step.agreement_id)
    home = await pipelines.load(tx, agreed["pipeline_id"], viewer.company.locale)
    values = {**_carried(row), "title": row["title"], "amount": row["amount"]}
    renewal_id = await renewals.add_renewal(
        tx, viewer, renewals.store_of(home), step.agreement_id, step.cycle, step.renewal_date,
        values, basis=step.basis, previous_id=row["id"], caused_by_card_id=row["id"],
    )  # fmt: skip
    return [{"what": "renewal", "id": renewal_id, "version": 1}]


def _carried(row: Mapping[str, Any]) -> dict[str, Any]:
    """What a renewal takes over from the card that it comes from."""
    return {
        name: row[name] for name in ("currency", "owner_id", "client_id", "contact_id", "source")
    }


async def _change_agreement(
    tx: Unit, viewer: Viewer, step: Reanchor | Rehome | EndAgreement
) -> Made:
    row = await agreement_queries.locked_any(tx, step.agreement_id)
    if isinstance(step, EndAgreement):
        values: dict[str, Any] = {
            "status": "ended",
            "ended_at": tx.now,
            "end_reason_id": step.reason_id,
        }
    elif isinstance(step, Rehome):
        values = {"pipeline_id": step.pipeline_id}
    else:
        values = {
            "anchor_date": step.anchor_date,
            "anchor_cycle": step.anchor_cycle,
            "period": step.period,
        }
    return [await terms.change(tx, viewer, row, values)]


async def _churn(tx: Unit, step: OpenChurn | CloseChurn) -> Made:
    if isinstance(step, CloseChurn):
        closed = await renewals.close_intervals(tx, step.client_id, step.on)
        return [{"what": "churn_closed", "id": interval} for interval in closed]
    opened = await renewals.open_interval(
        tx, step.client_id, step.renewal_id, step.agreement_id, step.opened_on
    )
    return [] if opened is None else [{"what": "churn", "id": opened}]


async def _move_card(
    tx: Unit, viewer: Viewer, row: Mapping[str, Any], step: MoveCard, move: Move
) -> Made:
    """Another card follows forwards; where it cannot, it stays, and the first move stands."""
    authority = access.by_the_product(viewer)
    other = await cards.locked_any(tx, BEHAVIOURS[step.kind].kind.table, step.card_id)
    home = await pipelines.load(tx, other["pipeline_id"], viewer.company.locale)
    target, origin = home.stage(step.stage_key), home.stage(other["stage_id"])
    gone = other["deleted_at"] is not None
    if gone or target is None or origin is None or not _forwards(origin, target):
        return []
    given = MoveRequest(stage=target.id)
    try:
        async with tx.apart():
            version = await move(
                tx, authority, step.kind, step.card_id, given, None, caused_by_card_id=row["id"]
            )
    except DomainError:
        return []
    return [{"what": "move", "id": step.card_id, "kind": step.kind, "version": version}]


def _forwards(origin: Stage, target: Stage) -> bool:
    return origin.state in (State.OPEN, State.WAITING) and target.position > origin.position


def _entered(home: pipelines.Pipeline, row: Mapping[str, Any], step: OpenDeal) -> Stage:
    """Where the deal begins: the first open stage, where the one meant is not to be entered."""
    meant = home.stage(step.stage_key)
    values = {**new_cards.SPECIAL_BLANK["deal"], **new_cards.deal_values(row, step)}
    if (
        meant is None
        or meant.state is not State.OPEN
        or stages.missing(meant.required_fields, values)
    ):
        return stages.first_open(home.stages)
    return meant


async def _open_deal(tx: Unit, viewer: Viewer, row: Mapping[str, Any], step: OpenDeal) -> Made:
    home = await pipelines.choose(tx, access.by_the_product(viewer), "deal", None)
    stage = _entered(home, row, step)
    deal_id = await new_cards.add_deal(tx, viewer, row, stage, step)
    await offers.tie_to_deal(tx, step.offer_id, deal_id)
    made: Made = [{"what": "deal", "id": deal_id, "version": 1, "offer_id": step.offer_id}]
    for task in on_entering("deal", stage.key, deal_id):
        made += await tasks.make(tx, viewer, row["owner_id"], task)
    return made
