"""Products in REST: everybody signed in reads them, admins (and their ERP) write them."""

from litestar import Router

from backend.db.session import Unit
from backend.domain.access import Viewer
from backend.domain.catalog import actions, queries
from backend.domain.catalog.schemas import (
    Product,
    ProductCreate,
    ProductFields,
    ProductFilters,
    Products,
)
from backend.domain.flows import lead_times
from backend.routes.api.records import Reads, Resource, Shapes, Writes, routes


async def page(tx: Unit, _: Viewer, filters: ProductFilters) -> Products:
    return await queries.page(tx, filters)


async def one(tx: Unit, _: Viewer, product_id: int) -> Product:
    return await queries.one(tx, product_id)


RESOURCE = Resource(
    "product",
    "products",
    Shapes(Product, Products, ProductFilters, ProductCreate, ProductFields, ProductFields),
    Reads(page, one, one),
    Writes(
        actions.create,
        lead_times.edit_product,
        actions.delete,
        actions.restore,
        lead_times.put_product,
    ),
    edits="Write fields of a product: stock, price, cost and the rest",
)

router = Router("/products", route_handlers=routes(RESOURCE), tags=["Products"])
