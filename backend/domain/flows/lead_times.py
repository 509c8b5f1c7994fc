"""A changed lead time: the renewals that wait under it get their new day with it."""

from backend.db.session import Unit
from backend.domain.access import Viewer
from backend.domain.catalog import actions as catalog
from backend.domain.catalog.schemas import ProductFields
from backend.domain.pipelines import actions as pipelines
from backend.domain.pipelines.schemas import PipelineFields
from backend.domain.renewals import actions as renewals


async def edit_product(
    tx: Unit, viewer: Viewer, product_id: int, fields: ProductFields, if_match: int | None
) -> None:
    """Write the given fields of a product."""
    if await catalog.edit(tx, viewer, product_id, fields, if_match):
        await renewals.recompute_activation(tx, product_id=product_id)


async def put_product(
    tx: Unit, viewer: Viewer, external_id: str, fields: ProductFields, if_match: int | None
) -> tuple[int, bool]:
    """Make the product that another system calls so, or merge into it; its id, and if it is new."""
    product_id, created, moved = await catalog.upsert(tx, viewer, external_id, fields, if_match)
    if moved:
        await renewals.recompute_activation(tx, product_id=product_id)
    return product_id, created


async def edit_pipeline(
    tx: Unit, viewer: Viewer, pipeline_id: int, fields: PipelineFields, if_match: int | None
) -> None:
    """Write the given fields of a pipeline."""
    if await pipelines.edit(tx, viewer, pipeline_id, fields, if_match):
        await renewals.recompute_activation(tx, pipeline_id=pipeline_id)
