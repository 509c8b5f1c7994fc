"""The caller himself in REST."""

from litestar import Response, Router, get, patch

from backend.db.session import Unit
from backend.domain.users import actions, queries
from backend.domain.users.schemas import Me, MyFields
from backend.routes.deps import CallDep, IfMatch, JSONBody
from backend.routes.guards import needs


@get("/", operation_id="getMe", summary="Who one is, and what one may", **needs())
async def one(call: CallDep) -> Response[Me]:
    return await call.show(lambda tx: queries.me(tx, call.viewer))


@patch("/", operation_id="editMe", summary="Change one's own name or language", **needs())
async def edit(call: CallDep, data: JSONBody[MyFields], if_match: IfMatch) -> Response[Me]:
    async def work(tx: Unit) -> Me:
        await actions.edit_me(tx, call.viewer, data, if_match)
        return await queries.me(tx, call.viewer)

    return await call.write(work)


router = Router("/me", route_handlers=[one, edit], tags=["Users"])
