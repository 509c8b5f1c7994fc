"""Users and roles in REST: everybody signed in reads them, admins write users."""

from litestar import Response, Router, get, patch, post, put

from backend.db.session import Unit
from backend.domain.flows import deactivation
from backend.domain.users import actions, queries
from backend.domain.users.schemas import (
    Roles,
    User,
    UserCreate,
    UserEdit,
    UserFields,
    UserFilters,
    Users,
)
from backend.routes.call import Put
from backend.routes.deps import CallDep, ExternalId, IfMatch, JSONBody, Path, Query
from backend.routes.guards import needs
from backend.routes.strict import query_of


@get(
    "/",
    operation_id="listUsers",
    summary="List users",
    dependencies={"filters": query_of(UserFilters)},
    **needs(UserFilters),
)
async def page(call: CallDep, filters: Query[UserFilters]) -> Users:
    return await call.read(lambda tx: queries.users(tx, filters))


@get("/{record_id:int}", operation_id="getUser", summary="Read one user", **needs())
async def one(call: CallDep, record_id: Path) -> Response[User]:
    return await call.show(lambda tx: queries.user(tx, record_id))


@post("/", operation_id="createUser", summary="Make a user", status_code=201, **needs())
async def create(call: CallDep, data: JSONBody[UserCreate]) -> Response[User]:
    async def work(tx: Unit) -> User:
        return await queries.user(tx, await actions.create_user(tx, call.viewer, data))

    return await call.write(work, 201, "/api/v1/users/{id}")


@patch(
    "/{record_id:int}",
    operation_id="editUser",
    summary="Write fields of a user; deactivate him with `active: false`",
    **needs(),
)
async def edit(
    call: CallDep, record_id: Path, data: JSONBody[UserEdit], if_match: IfMatch
) -> Response[User]:
    async def work(tx: Unit) -> User:
        await deactivation.edit_user(tx, call.viewer, record_id, data, if_match)
        return await queries.user(tx, record_id)

    return await call.write(work)


@put(
    "/by-external-id/{external_id:path}",
    operation_id="putUser",
    summary="Make or merge a user by the name another system gave",
    **needs(),
)
async def upsert(call: CallDep, external: ExternalId, data: JSONBody[UserFields]) -> Response[User]:
    async def work(tx: Unit) -> Put:
        known = call.version_named()
        user_id, created = await actions.upsert_user(tx, call.viewer, external, data, known)
        return Put(await queries.user(tx, user_id), created)

    return await call.write(work, 201, "/api/v1/users/{id}")


@get("/", operation_id="listRoles", summary="List roles and how far they reach", **needs())
async def roles(call: CallDep) -> Roles:
    return await call.read(lambda tx: queries.roles(tx, call.viewer))


router = Router("/users", route_handlers=[page, one, create, edit, upsert], tags=["Users"])
roles_router = Router("/roles", route_handlers=[roles], tags=["Users"])
