"""Leads in REST."""

from litestar import Response, Router, post

from backend.db.session import Unit
from backend.domain.deals import queries as deals
from backend.domain.flows import intake
from backend.domain.flows.convert import convert
from backend.domain.leads import queries
from backend.domain.leads.schemas import (
    Converted,
    ConvertRequest,
    IntakeReceipt,
    Lead,
    LeadCreate,
    LeadFields,
    LeadFilters,
    LeadIntake,
    Leads,
    LeadUpsert,
)
from backend.routes.api import cards
from backend.routes.api.records import Shapes
from backend.routes.deps import CallDep, IfMatch, JSONBody, Path
from backend.routes.guards import needs

RESOURCE = cards.resource(
    "lead", Shapes(Lead, Leads, LeadFilters, LeadCreate, LeadFields, LeadUpsert), queries
)


@post(
    "/{record_id:int}/convert",
    operation_id="convertLead",
    summary="Win a lead and make its client, its deal and an offer at once",
    status_code=200,
    **needs(),
)
async def convert_lead(
    call: CallDep, record_id: Path, data: JSONBody[ConvertRequest], if_match: IfMatch
) -> Response[Converted]:
    async def work(tx: Unit) -> Converted:
        made = await convert(tx, call.viewer, record_id, data, if_match)
        won = await queries.written(tx, call.viewer, record_id)
        deal = None if made.deal_id is None else await deals.written(tx, call.viewer, made.deal_id)
        return Converted(
            lead=won, client_id=made.client_id, deal=deal, offer_id=made.offer_id,
            version=won.version,
        )  # fmt: skip

    return await call.write(work)


@post(
    "/intake",
    operation_id="takeLead",
    summary="Take a site form as a lead",
    status_code=201,
    **needs(),
)
async def take(call: CallDep, data: JSONBody[LeadIntake]) -> Response[IntakeReceipt]:
    return await call.write(lambda tx: intake.take(tx, call.viewer, data), 201)


router = Router(
    "/leads", route_handlers=[*cards.routes(RESOURCE), convert_lead, take], tags=["Leads"]
)
