"""The company's settings in REST: everybody reads them, admins write them."""

from litestar import Response, Router, get, patch

from backend.db.session import Unit
from backend.domain.company import actions, queries
from backend.domain.company.schemas import Settings, SettingsFields
from backend.routes.deps import CallDep, IfMatch, JSONBody
from backend.routes.guards import needs


@get("/", operation_id="getSettings", summary="Read the company's settings", **needs())
async def one(call: CallDep) -> Response[Settings]:
    return await call.show(queries.settings)


@patch(
    "/",
    operation_id="editSettings",
    summary="Write the company's settings; they hold at once",
    **needs(),
)
async def edit(
    call: CallDep, data: JSONBody[SettingsFields], if_match: IfMatch
) -> Response[Settings]:
    async def work(tx: Unit) -> Settings:
        await actions.edit(tx, call.viewer, data, if_match)
        return await queries.settings(tx)

    return await call.write(work)


router = Router("/settings", route_handlers=[one, edit], tags=["Settings"])
