"""API tokens in REST: made and revoked by those who may do everything their role may."""

from litestar import Response, Router, delete, get, post
from msgspec import structs

from backend.db.session import Unit
from backend.domain.users.schemas import NewToken, Token, TokenCreate, TokenFilters, Tokens
from backend.domain.users.tokens import actions, queries
from backend.routes.deps import CallDep, IfMatch, JSONBody, Path, Query
from backend.routes.guards import needs
from backend.routes.strict import query_of


@get(
    "/",
    operation_id="listTokens",
    summary="List one's own tokens; an admin lists everybody's",
    dependencies={"filters": query_of(TokenFilters)},
    **needs(TokenFilters),
)
async def page(call: CallDep, filters: Query[TokenFilters]) -> Tokens:
    return await call.read(lambda tx: queries.tokens(tx, call.viewer, filters))


@get("/{record_id:int}", operation_id="getToken", summary="Read one token", **needs())
async def one(call: CallDep, record_id: Path) -> Response[Token]:
    return await call.show(lambda tx: queries.token(tx, call.viewer, record_id))


@post(
    "/",
    operation_id="createToken",
    summary="Make a token; its secret is shown in this answer alone",
    status_code=201,
    **needs(),
)
async def create(call: CallDep, data: JSONBody[TokenCreate]) -> Response[NewToken]:
    async def work(tx: Unit) -> NewToken:
        token_id, secret = await actions.create_token(tx, call.viewer, data)
        made = await queries.token(tx, call.viewer, token_id)
        return NewToken(**structs.asdict(made), token=secret)

    return await call.write(work, 201, "/api/v1/tokens/{id}", secret="token")


@delete(
    "/{record_id:int}",
    operation_id="revokeToken",
    summary="Revoke a token at once and for ever",
    status_code=204,
    **needs(),
)
async def revoke(call: CallDep, record_id: Path, if_match: IfMatch) -> Response[None]:
    return await call.write(lambda tx: actions.revoke(tx, call.viewer, record_id, if_match), 204)


router = Router("/tokens", route_handlers=[page, one, create, revoke], tags=["Tokens"])
