"""Teams in REST: everybody signed in reads them, admins write them."""

from litestar import Response, Router, get, patch, post, put

from backend.db.session import Unit
from backend.domain.users.schemas import Team, TeamCreate, TeamFields, TeamFilters, Teams
from backend.domain.users.teams import actions, queries
from backend.routes.call import Put
from backend.routes.deps import CallDep, ExternalId, IfMatch, JSONBody, Path, Query
from backend.routes.guards import needs
from backend.routes.strict import query_of


@get(
    "/",
    operation_id="listTeams",
    summary="List teams",
    dependencies={"filters": query_of(TeamFilters)},
    **needs(TeamFilters),
)
async def page(call: CallDep, filters: Query[TeamFilters]) -> Teams:
    return await call.read(lambda tx: queries.teams(tx, filters))


@get("/{record_id:int}", operation_id="getTeam", summary="Read one team", **needs())
async def one(call: CallDep, record_id: Path) -> Response[Team]:
    return await call.show(lambda tx: queries.one_team(tx, record_id))


@post("/", operation_id="createTeam", summary="Make a team", status_code=201, **needs())
async def create(call: CallDep, data: JSONBody[TeamCreate]) -> Response[Team]:
    async def work(tx: Unit) -> Team:
        return await queries.one_team(tx, await actions.create_team(tx, call.viewer, data))

    return await call.write(work, 201, "/api/v1/teams/{id}")


@patch(
    "/{record_id:int}",
    operation_id="editTeam",
    summary="Write fields of a team, and who leads it",
    **needs(),
)
async def edit(
    call: CallDep, record_id: Path, data: JSONBody[TeamFields], if_match: IfMatch
) -> Response[Team]:
    async def work(tx: Unit) -> Team:
        await actions.edit_team(tx, call.viewer, record_id, data, if_match)
        return await queries.one_team(tx, record_id)

    return await call.write(work)


@put(
    "/by-external-id/{external_id:path}",
    operation_id="putTeam",
    summary="Make or merge a team by the name another system gave",
    **needs(),
)
async def upsert(call: CallDep, external: ExternalId, data: JSONBody[TeamFields]) -> Response[Team]:
    async def work(tx: Unit) -> Put:
        known = call.version_named()
        team_id, created = await actions.upsert_team(tx, call.viewer, external, data, known)
        return Put(await queries.one_team(tx, team_id), created)

    return await call.write(work, 201, "/api/v1/teams/{id}")


router = Router("/teams", route_handlers=[page, one, create, edit, upsert], tags=["Users"])
