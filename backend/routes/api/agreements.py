"""Agreements in REST."""

from litestar import Response, Router, delete, get, patch, post, put

from backend.db.session import Unit
from backend.domain.agreements import queries
from backend.domain.agreements.files import actions as file_actions
from backend.domain.agreements.files import queries as files
from backend.domain.agreements.schemas import (
    Agreement,
    AgreementCreate,
    AgreementFields,
    AgreementFilters,
    Agreements,
    AgreementUpsert,
    FileFields,
)
from backend.domain.flows import upserts
from backend.domain.moves import agreeing, renewing
from backend.domain.renewals.passport.queries import passport
from backend.domain.renewals.passport.schemas import Passport
from backend.routes.call import Put
from backend.routes.deps import CallDep, ExternalId, IfMatch, JSONBody, Path, Query
from backend.routes.files import BINARY, JSON, handed_out
from backend.routes.guards import needs
from backend.routes.strict import query_of

HERE = "/api/v1/agreements/{id}"


@get(
    "/",
    operation_id="listAgreements",
    summary="List agreements",
    dependencies={"filters": query_of(AgreementFilters)},
    **needs(AgreementFilters),
)
async def page(call: CallDep, filters: Query[AgreementFilters]) -> Agreements:
    return await call.read(lambda tx: queries.page(tx, call.viewer, filters))


@get("/{record_id:int}", operation_id="getAgreement", summary="Read one agreement", **needs())
async def one(call: CallDep, record_id: Path) -> Response[Agreement]:
    return await call.show(lambda tx: queries.one(tx, call.viewer, record_id))


@get(
    "/{record_id:int}/terms",
    operation_id="listTerms",
    summary="The passport of an agreement: its terms in order, with the holes between them",
    **needs(),
)
async def terms(call: CallDep, record_id: Path) -> Passport:
    return await call.read(lambda tx: passport(tx, call.viewer, record_id))


@post(
    "/",
    operation_id="createAgreement",
    summary="Make an agreement with its first renewal, waiting",
    status_code=201,
    **needs(),
)
async def create(call: CallDep, data: JSONBody[AgreementCreate]) -> Response[Agreement]:
    async def work(tx: Unit) -> Agreement:
        made = await renewing.create_agreement(tx, call.viewer, data)
        return await queries.written(tx, call.viewer, made)

    return await call.write(work, 201, HERE)


@put(
    "/by-external-id/{external_id:path}",
    operation_id="putAgreement",
    summary="Make an agreement, or merge into the one that has this external_id",
    status_code=200,
    **needs(),
)
async def upsert(
    call: CallDep, external: ExternalId, data: JSONBody[AgreementUpsert]
) -> Response[Agreement]:
    async def work(tx: Unit) -> Put:
        version = call.version_named()
        found, made = await upserts.upsert_agreement(tx, call.viewer, external, data, version)
        return Put(await queries.written(tx, call.viewer, found), made)

    return await call.write(work, location=HERE)


@patch(
    "/{record_id:int}",
    operation_id="editAgreement",
    summary="Write terms of an agreement",
    **needs(),
)
async def edit(
    call: CallDep, record_id: Path, data: JSONBody[AgreementFields], if_match: IfMatch
) -> Response[Agreement]:
    async def work(tx: Unit) -> Agreement:
        await agreeing.edit(tx, call.viewer, record_id, data, if_match)
        return await queries.written(tx, call.viewer, record_id)

    return await call.write(work)


@delete(
    "/{record_id:int}",
    operation_id="deleteAgreement",
    summary="Delete an agreement that nothing is pending for",
    status_code=204,
    **needs(),
)
async def remove(call: CallDep, record_id: Path, if_match: IfMatch) -> Response[None]:
    return await call.write(lambda tx: agreeing.delete(tx, call.viewer, record_id, if_match), 204)


@post(
    "/{record_id:int}/restore",
    operation_id="restoreAgreement",
    summary="Bring a deleted agreement back",
    status_code=200,
    **needs(),
)
async def restore(call: CallDep, record_id: Path) -> Response[Agreement]:
    async def work(tx: Unit) -> Agreement:
        await agreeing.restore(tx, call.viewer, record_id)
        return await queries.written(tx, call.viewer, record_id)

    return await call.write(work)


@get(
    "/{record_id:int}/file",
    operation_id="getAgreementFile",
    summary="The contract as a file",
    media_type=BINARY,
    **needs(),
)
async def file(call: CallDep, record_id: Path) -> Response[bytes]:
    return handed_out(await call.read(lambda tx: files.one(tx, call.viewer, record_id)))


@post(
    "/{record_id:int}/file",
    operation_id="attachAgreementFile",
    summary="Store the contract as a file, in the place of the one before",
    status_code=200,
    request_max_body_size=JSON,
    **needs(),
)
async def attach(
    call: CallDep, record_id: Path, data: JSONBody[FileFields], if_match: IfMatch
) -> Response[Agreement]:
    async def work(tx: Unit) -> Agreement:
        await file_actions.attach(tx, call.viewer, record_id, data, if_match)
        return await queries.written(tx, call.viewer, record_id)

    return await call.write(work)


@delete(
    "/{record_id:int}/file",
    operation_id="removeAgreementFile",
    summary="Take the file of a contract away",
    status_code=204,
    **needs(),
)
async def detach(call: CallDep, record_id: Path, if_match: IfMatch) -> Response[None]:
    async def work(tx: Unit) -> None:
        await file_actions.remove(tx, call.viewer, record_id, if_match)

    return await call.write(work, 204)


router = Router(
    "/agreements",
    route_handlers=[
        page, one, terms, create, upsert, edit, remove, restore, file, attach, detach,
    ],
    tags=["Agreements"],
)  # fmt: skip
