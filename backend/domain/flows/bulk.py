"""One decision about many waiting renewals: for all of them, or for none."""

from msgspec import UNSET

from backend.db.session import Unit
from backend.domain.access import Viewer
from backend.domain.cards import queries as cards
from backend.domain.cards.schemas import MoveRequest
from backend.domain.moves import batch, moving, renewing, rescheduling
from backend.domain.pipelines import queries as pipelines
from backend.domain.renewals import actions as renewals
from backend.domain.renewals.schemas import BulkItem, BulkRequest, Closing
from backend.domain.stages import StageKind, State
from backend.errors import BadRequest, Conflict, DomainError

WAYS = ("start", "reschedule", "close")


async def decide(tx: Unit, viewer: Viewer, given: BulkRequest) -> list[BulkItem]:
    """Start, reschedule or close renewals; each with its new version.

    What is refused for one is refused for all, and the refusal points at it.
    """
    if sum(getattr(given, name) is not UNSET for name in WAYS) != 1:
        raise BadRequest(f"send exactly one of: {', '.join(WAYS)}")
    found = []
    # Rivals over the same renewals take them in one order.
    for index, item in sorted(enumerate(given.items), key=lambda pair: pair[1].renewal_id):
        try:
            version = await _one(tx, viewer, item, given)
        except DomainError as error:
            error.extra["errors"] = [{"pointer": f"/items/{index}", "detail": error.message}]
            raise batch.named("renewal", item.renewal_id, viewer, error) from None
        found.append(BulkItem(item.renewal_id, version))
    return found


async def _one(tx: Unit, viewer: Viewer, item: BulkItem, given: BulkRequest) -> int:
    if given.reschedule is not UNSET:
        return await rescheduling.reschedule(
            tx, viewer, item.renewal_id, given.reschedule, item.version
        )
    if given.close is not UNSET:
        return await _close(tx, viewer, item, given.close)
    return await renewing.activate(tx, viewer, item.renewal_id, item.version)


async def _close(tx: Unit, viewer: Viewer, item: BulkItem, closing: Closing) -> int:
    row = await cards.locked(tx, viewer, renewals.KIND.table, item.renewal_id)
    if row["state"] != State.WAITING:
        raise Conflict("This renewal does not wait: it is in work, or closed")
    home = await pipelines.load(tx, row["pipeline_id"], viewer.company.locale)
    lost = home.of_kind(StageKind.LOST)
    assert lost is not None  # every pipeline has one
    move = MoveRequest(stage=lost.id, reason_id=closing.reason_id, comment=closing.comment)
    return await moving.move(tx, viewer, "renewal", item.renewal_id, move, item.version)
