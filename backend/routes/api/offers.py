"""Offers in REST."""

from litestar import Response, Router, get, post

from backend.db.session import Unit
from backend.domain.flows import papers
from backend.domain.moves.approving import approve
from backend.domain.offers import actions, queries
from backend.domain.offers.schemas import (
    ApproveRequest,
    CommentRequest,
    Offer,
    OfferCreate,
    OfferFields,
    OfferFilters,
    Offers,
    OfferUpsert,
    RejectRequest,
    Revisions,
)
from backend.routes.api import cards
from backend.routes.api.papers import PDF, printed
from backend.routes.api.records import Shapes
from backend.routes.deps import CallDep, IfMatch, JSONBody, Path
from backend.routes.guards import needs

RESOURCE = cards.resource(
    "offer", Shapes(Offer, Offers, OfferFilters, OfferCreate, OfferFields, OfferUpsert), queries
)
NO_COMMENT, AS_IT_IS = CommentRequest(), ApproveRequest()


@post(
    "/{record_id:int}/request-approval",
    operation_id="requestApproval",
    summary="Ask a head for his consent to an offer",
    status_code=200,
    **needs(),
)
async def request_approval(
    call: CallDep, record_id: Path, if_match: IfMatch, data: JSONBody[CommentRequest] = NO_COMMENT
) -> Response[Offer]:
    async def work(tx: Unit) -> Offer:
        await actions.request_approval(tx, call.viewer, record_id, data.comment, if_match)
        return await queries.written(tx, call.viewer, record_id)

    return await call.write(work)


@post(
    "/{record_id:int}/approve",
    operation_id="approveOffer",
    summary="Approve an offer, with other terms where the head changes some",
    status_code=200,
    **needs(),
)
async def approve_offer(
    call: CallDep, record_id: Path, if_match: IfMatch, data: JSONBody[ApproveRequest] = AS_IT_IS
) -> Response[Offer]:
    async def work(tx: Unit) -> Offer:
        await approve(tx, call.viewer, record_id, data, if_match)
        return await queries.written(tx, call.viewer, record_id)

    return await call.write(work)


@post(
    "/{record_id:int}/reject",
    operation_id="rejectOffer",
    summary="Refuse an offer, saying what to change",
    status_code=200,
    **needs(),
)
async def reject_offer(
    call: CallDep, record_id: Path, data: JSONBody[RejectRequest], if_match: IfMatch
) -> Response[Offer]:
    async def work(tx: Unit) -> Offer:
        await actions.decide(tx, call.viewer, record_id, "rejected", data.comment, if_match)
        return await queries.written(tx, call.viewer, record_id)

    return await call.write(work)


@get(
    "/{record_id:int}/revisions",
    operation_id="listOfferRevisions",
    summary="The terms and lines of an offer as they stood before each change",
    **needs(),
)
async def revisions(call: CallDep, record_id: Path) -> Revisions:
    return await call.read(lambda tx: queries.revisions(tx, call.viewer, record_id))


@get(
    "/{record_id:int}/document.pdf",
    operation_id="getOfferDocument",
    summary="An offer as it goes to the client",
    media_type=PDF,
    **needs(),
)
async def document(call: CallDep, record_id: Path) -> Response[bytes]:
    return await printed(call, lambda tx: papers.of_offer(tx, call.viewer, record_id, "offer"))


@get(
    "/{record_id:int}/invoice.pdf",
    operation_id="getOfferInvoice",
    summary="The invoice for an offer",
    media_type=PDF,
    **needs(),
)
async def invoice(call: CallDep, record_id: Path) -> Response[bytes]:
    return await printed(call, lambda tx: papers.of_offer(tx, call.viewer, record_id, "invoice"))


OWN = [request_approval, approve_offer, reject_offer, revisions, document, invoice]
router = Router("/offers", route_handlers=[*cards.routes(RESOURCE), *OWN], tags=["Offers"])
