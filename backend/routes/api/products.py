"""Products in REST: everybody signed in reads them, admins (and their ERP) write them."""

from litestar import Response, Router, delete, get, patch, post, put

from backend.db.session import Unit
from backend.domain.catalog import actions, queries
from backend.domain.catalog.schemas import (
    Product,
    ProductCreate,
    ProductFields,
    ProductFilters,
    Products,
)
from backend.domain.flows import lead_times
from backend.routes.call import Put
from backend.routes.deps import CallDep, ExternalId, IfMatch, JSONBody, Path, Query
from backend.routes.guards import needs
from backend.routes.strict import query_of


@get(
    "/",
    operation_id="listProducts",
    summary="List products",
    dependencies={"filters": query_of(ProductFilters)},
    **needs(ProductFilters),
)
async def page(call: CallDep, filters: Query[ProductFilters]) -> Products:
    return await call.read(lambda tx: queries.page(tx, filters))


@get("/{record_id:int}", operation_id="getProduct", summary="Read one product", **needs())
async def one(call: CallDep, record_id: Path) -> Response[Product]:
    return await call.show(lambda tx: queries.one(tx, record_id))


@post("/", operation_id="createProduct", summary="Make a product", status_code=201, **needs())
async def create(call: CallDep, data: JSONBody[ProductCreate]) -> Response[Product]:
    async def work(tx: Unit) -> Product:
        return await queries.one(tx, await actions.create(tx, call.viewer, data))

    return await call.write(work, 201, "/api/v1/products/{id}")


@patch(
    "/{record_id:int}",
    operation_id="editProduct",
    summary="Write fields of a product: stock, price, cost and the rest",
    **needs(),
)
async def edit(
    call: CallDep, record_id: Path, data: JSONBody[ProductFields], if_match: IfMatch
) -> Response[Product]:
    async def work(tx: Unit) -> Product:
        await lead_times.edit_product(tx, call.viewer, record_id, data, if_match)
        return await queries.one(tx, record_id)

    return await call.write(work)


@delete(
    "/{record_id:int}",
    operation_id="deleteProduct",
    summary="Delete a product",
    status_code=204,
    **needs(),
)
async def remove(call: CallDep, record_id: Path, if_match: IfMatch) -> None:
    return await call.write(  # type: ignore[return-value]
        lambda tx: actions.delete(tx, call.viewer, record_id, if_match), 204
    )


@post(
    "/{record_id:int}/restore",
    operation_id="restoreProduct",
    summary="Bring a deleted product back",
    status_code=200,
    **needs(),
)
async def restore(call: CallDep, record_id: Path) -> Response[Product]:
    async def work(tx: Unit) -> Product:
        await actions.restore(tx, call.viewer, record_id)
        return await queries.one(tx, record_id)

    return await call.write(work)


@put(
    "/by-external-id/{external_id:path}",
    operation_id="putProduct",
    summary="Make or merge a product by the name another system gave",
    **needs(),
)
async def upsert(
    call: CallDep, external: ExternalId, data: JSONBody[ProductFields]
) -> Response[Product]:
    async def work(tx: Unit) -> Put:
        known = call.version_named()
        product_id, created = await lead_times.put_product(tx, call.viewer, external, data, known)
        return Put(await queries.one(tx, product_id), created)

    return await call.write(work, 201, "/api/v1/products/{id}")


router = Router(
    "/products",
    route_handlers=[page, one, create, edit, remove, restore, upsert],
    tags=["Products"],
)
