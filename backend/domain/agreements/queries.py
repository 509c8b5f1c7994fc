"""Reading agreements."""

from datetime import date, datetime
from typing import Any

from msgspec import UNSET
from sqlalchemy import ColumnElement, Select, and_, exists, or_, select

from backend.db.models import agreement, agreement_file, app_user, card, client, product, renewal
from backend.db.page import Paging, SortKey, fetch
from backend.db.session import Row, Unit
from backend.domain import access
from backend.domain.access import Viewer
from backend.domain.agreements.rules import in_force, why_orphaned
from backend.domain.agreements.schemas import (
    Agreement,
    AgreementFile,
    AgreementFilters,
    Agreements,
    Orphan,
    OrphanFilters,
    Orphans,
)
from backend.domain.consumption import shown
from backend.domain.texts import like
from backend.errors import NotFound, pointed

SORTS = {
    "id": SortKey(agreement.c.id, int),
    "created_at": SortKey(agreement.c.created_at, datetime),
    "updated_at": SortKey(agreement.c.updated_at, datetime),
    "renewal_date": SortKey(renewal.c.renewal_date, date, nullable=True),
}
EXACT = (
    "client_id", "owner_id", "product_id", "status", "framework", "contract_number", "external_id",
)  # fmt: skip

_FILE = [agreement_file.c[name].label(f"file_{name}") for name in AgreementFile.__struct_fields__]


def sees(viewer: Viewer) -> ColumnElement[bool]:
    """An agreement is seen by its owner, and by those of its client and of its renewals."""
    if viewer.reads == "all":
        return access.owned(viewer, agreement.c.owner_id)
    # Not whoever sees the client: one card of his own would show him every agreement of it.
    clients = select(client.c.id).where(access.owned(viewer, client.c.owner_id))
    # Only the agreement is the outer query's: what else that one joins is another matter.
    with_card = (
        exists()
        .where(
            renewal.c.agreement_id == agreement.c.id,
            renewal.c.card_id == card.c.id,
            card.c.deleted_at.is_(None),
            access.owned(viewer, card.c.owner_id),
            access.sees_pipeline(viewer, card.c.pipeline_id),
        )
        .correlate(agreement)
    )
    return or_(
        access.owned(viewer, agreement.c.owner_id), agreement.c.client_id.in_(clients), with_card
    )


def seen(viewer: Viewer) -> ColumnElement[bool]:
    """The agreements that exist for the viewer."""
    return and_(agreement.c.deleted_at.is_(None), sees(viewer))


def _agreements(viewer: Viewer) -> Select[Any]:
    """Agreements with the pending renewal, where the viewer may see that one."""
    cards = select(card.c.id).where(access.sees_card(viewer))
    pending = and_(
        renewal.c.agreement_id == agreement.c.id, renewal.c.pending, renewal.c.card_id.in_(cards)
    )
    return (
        select(
            *agreement.c,
            client.c.name.label("client_name"),
            app_user.c.name.label("owner_name"),
            product.c.name.label("product_name"),
            renewal.c.card_id.label("pending_renewal_id"),
            renewal.c.renewal_date,
            *_FILE,
        )
        .join(client, client.c.id == agreement.c.client_id)
        .join(app_user, app_user.c.id == agreement.c.owner_id)
        .outerjoin(product, product.c.id == agreement.c.product_id)
        .outerjoin(agreement_file, agreement_file.c.agreement_id == agreement.c.id)
        .outerjoin(renewal, pending)
    )


def _agreement(row: Row, today: date) -> Agreement:
    derived: dict[str, Any] = {
        "consumption": shown(row["consumption"], row["consumption_per"]),
        "in_force": in_force(row, today),
        "file": _file(row),
    }
    plain = {name: row[name] for name in Agreement.__struct_fields__ if name not in derived}
    return Agreement(**plain, **derived)


def _file(row: Row) -> AgreementFile | None:
    told = {name: row[f"file_{name}"] for name in AgreementFile.__struct_fields__}
    return None if told["name"] is None else AgreementFile(**told)


async def page(tx: Unit, viewer: Viewer, filters: AgreementFilters) -> Agreements:
    """A page of the agreements that exist for the viewer."""
    query = _agreements(viewer).where(seen(viewer))
    for name in EXACT:
        if getattr(filters, name) is not None:
            query = query.where(agreement.c[name] == getattr(filters, name))
    if filters.q:
        pattern = like(filters.q)
        named = (
            agreement.c.title_key.like(pattern, escape="\\"),
            client.c.name_key.like(pattern, escape="\\"),
        )
        query = query.where(or_(*named))
    found = await fetch(tx, query, Paging.asked(filters), SORTS, agreement.c.id)
    total = UNSET if found.total is None else found.total
    today = viewer.company.today(tx.now)
    items = [_agreement(row, today) for row in found.rows]
    return Agreements(items=items, next_cursor=found.next_cursor, total=total)


async def one(tx: Unit, viewer: Viewer, agreement_id: int) -> Agreement:
    """An agreement that exists for the viewer; NotFound."""
    mine = and_(agreement.c.id == agreement_id, seen(viewer))
    return await _whole(tx, viewer, _agreements(viewer).where(mine))


async def written(tx: Unit, viewer: Viewer, agreement_id: int) -> Agreement:
    """An agreement just written, also where the viewer may not see it any more."""
    return await _whole(tx, viewer, _agreements(viewer).where(agreement.c.id == agreement_id))


async def _whole(tx: Unit, viewer: Viewer, query: Select[Any]) -> Agreement:
    row = await tx.first(query)
    if row is None:
        raise NotFound("There is no such agreement")
    return _agreement(row, viewer.company.today(tx.now))


async def demand_seen(tx: Unit, viewer: Viewer, agreement_id: int, pointer: str) -> None:
    """NotFound where an agreement that a field names does not exist for the viewer."""
    query = select(agreement.c.id).where(agreement.c.id == agreement_id, seen(viewer))
    if await tx.scalar(query) is None:
        raise pointed("There is no such agreement", pointer, NotFound)


async def locked(
    tx: Unit, viewer: Viewer, agreement_id: int, *, deleted: bool = False
) -> dict[str, Any]:
    """An agreement's row, locked for writing; NotFound where it does not exist for the viewer."""
    query = select(agreement).where(agreement.c.id == agreement_id)
    query = query.where(sees(viewer) if deleted else seen(viewer))
    row = await tx.first(query.with_for_update(of=agreement))
    if row is None:
        raise NotFound("There is no such agreement")
    return dict(row)


async def locked_any(tx: Unit, agreement_id: int) -> Row:
    """An agreement that the product itself looks at again, locked for writing."""
    row = await tx.first(select(agreement).where(agreement.c.id == agreement_id).with_for_update())
    assert row is not None
    return row


async def by_external_id(tx: Unit, viewer: Viewer, external_id: str) -> int | None:
    """The agreement with an external id, where it exists for the viewer."""
    query = select(agreement.c.id).where(agreement.c.external_id == external_id, seen(viewer))
    found: int | None = await tx.scalar(query)
    return found


async def demand_product(tx: Unit, product_id: int) -> None:
    """NotFound where there is no such product."""
    query = select(product.c.id).where(product.c.id == product_id, product.c.deleted_at.is_(None))
    if await tx.scalar(query) is None:
        raise pointed("There is no such product", "/product_id", NotFound)


async def is_pending(tx: Unit, agreement_id: int) -> bool:
    """Whether a renewal of an agreement is waiting or open."""
    query = select(renewal.c.card_id).where(
        renewal.c.agreement_id == agreement_id, renewal.c.pending
    )
    return await tx.scalar(query) is not None


_term = renewal.alias("term")
# The last term of an agreement that was not withdrawn.
LAST_TERM = (
    select(_term.c.card_id)
    .where(_term.c.agreement_id == agreement.c.id, _term.c.withdrawn_at.is_(None))
    .order_by(_term.c.cycle.desc())
    .limit(1)
    .correlate(agreement)
    .scalar_subquery()
)


def orphaned(viewer: Viewer) -> ColumnElement[bool]:
    """The running agreements that exist for the viewer and that no renewal is pending for."""
    pending = (
        exists().where(_term.c.agreement_id == agreement.c.id, _term.c.pending).correlate(agreement)
    )
    return and_(agreement.c.status == "running", ~agreement.c.framework, ~pending, seen(viewer))


async def orphans(tx: Unit, viewer: Viewer, filters: OrphanFilters) -> Orphans:
    """Running agreements that no renewal is waiting or open for, with what became of the last."""
    query = (
        select(
            agreement.c.id, agreement.c.client_id, agreement.c.owner_id,
            card.c.id.label("last_id"), card.c.state, card.c.deleted_at,
        )
        .select_from(agreement)
        .outerjoin(card, and_(card.c.id == LAST_TERM, access.sees_card(viewer)))
        .where(orphaned(viewer))
    )  # fmt: skip
    paging = Paging.of(filters.limit, "id", filters.cursor, False, "orphans")
    found = await fetch(tx, query, paging, SORTS, agreement.c.id)
    items = [
        Orphan(
            agreement_id=row["id"], client_id=row["client_id"], owner_id=row["owner_id"],
            last_renewal_id=row["last_id"],
            why=why_orphaned(row["state"], row["deleted_at"] is not None),
        )
        for row in found.rows
    ]  # fmt: skip
    return Orphans(items, found.next_cursor)
