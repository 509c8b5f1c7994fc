"""Reading clients: who may see them, and what is derived about them."""

from collections.abc import Awaitable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from msgspec import UNSET
from sqlalchemy import Select, and_, bindparam, exists, select

from backend.db.models import agreement, app_user, card, choice, churn_interval, client, contact
from backend.db.page import Paging, SortKey, fetch
from backend.db.prepared import Prepared
from backend.db.session import Row, Unit
from backend.domain import money
from backend.domain.access import Reach, Viewer, client_within, sees_client
from backend.domain.clients.dealings.queries import dealings, ltv
from backend.domain.clients.names.queries import meant
from backend.domain.clients.rules import relation
from backend.domain.clients.schemas import Client, ClientFilters, Clients
from backend.errors import Conflict, NotAcceptable, NotFound, pointed

SORTS = {
    "id": SortKey(client.c.id, int),
    "name": SortKey(client.c.name_key, str),
    "created_at": SortKey(client.c.created_at, datetime),
    "updated_at": SortKey(client.c.updated_at, datetime),
}
EXACT = (
    "kind", "status", "segment", "owner_id", "external_id", "tax_id", "email", "phone",
)  # fmt: skip
DERIVED = ("credit_limit", "discount_cap", "relation", "churned_on", "ltv")
_OPEN_CHURN = select(churn_interval.c.id).where(
    churn_interval.c.client_id == bindparam("client_id"),
    churn_interval.c.closed_on.is_(None),
    churn_interval.c.voided_at.is_(None),
)
PLAIN = tuple(name for name in Client.__struct_fields__ if name not in DERIVED)


async def demand_seen(
    tx: Unit, viewer: Viewer, client_id: int, pointer: str = "/client_id"
) -> None:
    """NotFound where the client that a field names does not exist for the viewer."""

    def found() -> Awaitable[Any]:
        return tx.scalar(_held(viewer.reach), {"client_id": client_id})

    if await tx.once(("client", client_id), viewer.reads, found) is None:
        raise pointed("There is no such client", pointer, NotFound)


@lru_cache(maxsize=1000)
def _held(reach: Reach) -> Prepared:
    """A client that a reach covers: nobody deletes him while something is being hung on him."""
    query = select(client.c.id).where(
        client.c.id == bindparam("client_id"),
        client.c.deleted_at.is_(None),
        client_within(reach),
    )
    return Prepared(query.with_for_update(of=client, read=True, key_share=True))


async def demand_readable(tx: Unit, viewer: Viewer, client_id: int) -> None:
    """NotFound where the client that is read about does not exist for the viewer."""
    query = select(client.c.id).where(
        client.c.id == client_id, client.c.deleted_at.is_(None), client_within(viewer.reach)
    )
    if await tx.scalar(query) is None:
        raise NotFound("There is no such client")


async def demand_living(tx: Unit, client_id: int | None) -> None:
    """Conflict where the client of what is brought back is deleted; he stays until the commit."""
    query = select(client.c.name, client.c.deleted_at).where(client.c.id == client_id)
    row = await tx.first(query.with_for_update(read=True, key_share=True))
    if row is not None and row["deleted_at"] is not None:
        raise Conflict(
            f"The client “{row['name']}” is deleted; restore him first",
            record={"kind": "client", "id": client_id},
            suggested_action=f"POST /clients/{client_id}/restore",
        )


async def owner_of_client(tx: Unit, client_id: int) -> int:
    """Whose a client is."""
    return int(await tx.scalar(select(client.c.owner_id).where(client.c.id == client_id)))


async def holds_agreement(tx: Unit, client_id: int, except_id: int | None = None) -> bool:
    """Whether the client has a running agreement (other than one) that renews."""
    running = and_(
        agreement.c.client_id == client_id,
        agreement.c.status == "running",
        agreement.c.deleted_at.is_(None),
        ~agreement.c.framework,
    )
    if except_id is not None:
        running = and_(running, agreement.c.id != except_id)
    return bool(await tx.scalar(select(exists().where(running))))


async def hold(tx: Unit, client_id: int) -> None:
    """Keep a client as he is until this transaction ends: rivals over him take turns."""
    query = select(client.c.id).where(client.c.id == client_id)
    await tx.run(query.with_for_update(key_share=True))


async def open_churn(tx: Unit, client_id: int) -> list[int]:
    """The client's churn intervals that are neither closed nor void."""
    return list((await tx.run(_OPEN_CHURN, {"client_id": client_id})).scalars())


def _clients() -> Select[Any]:
    return select(*client.c, app_user.c.name.label("owner_name")).join(
        app_user, app_user.c.id == client.c.owner_id
    )


async def page(tx: Unit, viewer: Viewer, filters: ClientFilters) -> Clients:
    """A page of the clients that exist for the viewer; five queries whatever its size."""
    query = _clients().where(client.c.deleted_at.is_(None), sees_client(viewer))
    query = _filtered(query, filters, viewer)
    found = await fetch(tx, query, Paging.asked(filters), SORTS, client.c.id)
    total = UNSET if found.total is None else found.total
    return Clients(
        items=await _shown(tx, viewer, found.rows), next_cursor=found.next_cursor, total=total
    )


def _filtered(query: Select[Any], filters: ClientFilters, viewer: Viewer) -> Select[Any]:
    for name in EXACT:
        value = getattr(filters, name)
        if value is not None:
            query = query.where(client.c[name] == value)
    if filters.q:
        query = query.where(meant(filters.q))
    if filters.created_from is not None:
        query = query.where(client.c.created_at >= viewer.company.midnight(filters.created_from))
    if filters.created_to is not None:
        query = query.where(client.c.created_at < viewer.company.end(filters.created_to))
    if filters.updated_since is not None:
        query = query.where(client.c.updated_at >= filters.updated_since)
    return query


async def one(tx: Unit, viewer: Viewer, client_id: int) -> Client:
    """A client that exists for the viewer; NotFound."""
    seen = and_(client.c.deleted_at.is_(None), client_within(viewer.reach))
    return await _whole(tx, viewer, _clients().where(client.c.id == client_id, seen))


async def written(tx: Unit, viewer: Viewer, client_id: int) -> Client:
    """A client just written, also where the viewer may not see it any more."""
    return await _whole(tx, viewer, _clients().where(client.c.id == client_id))


async def _whole(tx: Unit, viewer: Viewer, query: Select[Any]) -> Client:
    rows = await tx.rows(query)
    if not rows:
        raise NotFound("There is no such client")
    return (await _shown(tx, viewer, rows))[0]


async def _shown(tx: Unit, viewer: Viewer, rows: Sequence[Mapping[str, Any]]) -> list[Client]:
    ids = [row["id"] for row in rows]
    today = viewer.company.today(tx.now)
    known = await dealings(tx, viewer, ids)
    sums = await ltv(tx, viewer, ids)
    return [
        Client(
            **{name: row[name] for name in PLAIN},
            credit_limit=money.text(row["credit_limit"], row["currency"]),
            discount_cap=_percent(row["discount_cap"]),
            relation=relation(known[row["id"]], today),
            churned_on=known[row["id"]].churned_on,
            ltv=sums[row["id"]],
        )
        for row in rows
    ]


def _percent(value: int | None) -> str | None:
    return None if value is None else money.unscaled(value, 2)


async def locked(
    tx: Unit, viewer: Viewer, client_id: int, *, deleted: bool = False
) -> dict[str, Any]:
    """A client's row, locked for writing; NotFound where it does not exist for the viewer.

    Cards may be hung on him or moved meanwhile.
    """
    query = _living(viewer, client_id) if not deleted else _seen(viewer, client_id)
    return await _one(tx, query.with_for_update(of=client, key_share=True))


async def locked_alone(tx: Unit, viewer: Viewer, client_id: int) -> dict[str, Any]:
    """A living client's row, locked against whatever is being hung on him, too."""
    return await _one(tx, _living(viewer, client_id).with_for_update(of=client))


def _seen(viewer: Viewer, client_id: int) -> Select[Any]:
    return select(client).where(client.c.id == client_id, client_within(viewer.reach))


def _living(viewer: Viewer, client_id: int) -> Select[Any]:
    return _seen(viewer, client_id).where(client.c.deleted_at.is_(None))


async def _one(tx: Unit, query: Select[Any]) -> dict[str, Any]:
    row = await tx.first(query)
    if row is None:
        raise NotFound("There is no such client")
    return dict(row)


async def by_external_id(tx: Unit, viewer: Viewer, external_id: str) -> int | None:
    """The client with an external id, where it exists for the viewer."""
    query = select(client.c.id).where(
        client.c.external_id == external_id, client.c.deleted_at.is_(None), sees_client(viewer)
    )
    found: int | None = await tx.scalar(query)
    return found


async def demand_choice(tx: Unit, name: str, key: str, pointer: str) -> None:
    """NotAcceptable where a word is not in one of the company's lists, or is archived."""
    query = (
        select(choice.c.key)
        .where(choice.c.list == name, ~choice.c.archived)
        .order_by(choice.c.position, choice.c.key)
    )
    known = list((await tx.run(query)).scalars())
    if key not in known:
        raise pointed(f"one of: {', '.join(known)}", pointer, NotAcceptable)


async def pending_cards(
    tx: Unit, client_id: int, owner_id: int | None = None
) -> list[Mapping[str, Any]]:
    """The open and waiting cards of a client (of one owner), in the order of locking."""
    query = select(card.c.id, card.c.kind).where(
        card.c.client_id == client_id,
        card.c.state.in_(("waiting", "open")),
        card.c.deleted_at.is_(None),
    )
    if owner_id is not None:
        query = query.where(card.c.owner_id == owner_id)
    return await tx.rows(query.order_by(card.c.id))


async def hold_cards(tx: Unit, viewer: Viewer, client_id: int) -> None:
    """Lock the open and waiting cards of a client that the viewer sees, all in one statement.

    A move locks its card before the client and the cards that follow: whoever takes many cards
    along takes them first and at once, or the two meet crosswise again and again.
    """
    query = (
        select(card.c.id)
        .join(client, client.c.id == card.c.client_id)
        .where(
            card.c.client_id == client_id,
            card.c.state.in_(("waiting", "open")),
            card.c.deleted_at.is_(None),
            sees_client(viewer),
        )
    )
    await tx.run(query.order_by(card.c.id).with_for_update(of=card))


async def running_agreements(tx: Unit, client_id: int, owner_id: int | None = None) -> list[int]:
    """The running agreements of a client (of one owner)."""
    query = select(agreement.c.id).where(
        agreement.c.client_id == client_id,
        agreement.c.status == "running",
        agreement.c.deleted_at.is_(None),
    )
    if owner_id is not None:
        query = query.where(agreement.c.owner_id == owner_id)
    return list((await tx.run(query.order_by(agreement.c.id))).scalars())


async def cards_of(tx: Unit, client_id: int) -> list[Row]:
    """Every card of a client, deleted ones too, in the order of locking."""
    query = select(card.c.id, card.c.kind).where(card.c.client_id == client_id)
    return await tx.rows(query.order_by(card.c.id))


async def agreements_of(tx: Unit, client_id: int) -> list[int]:
    """Every agreement of a client, deleted ones too."""
    query = select(agreement.c.id).where(agreement.c.client_id == client_id)
    return list((await tx.run(query.order_by(agreement.c.id))).scalars())


async def contacts_of(tx: Unit, client_id: int) -> list[Row]:
    """The contacts of a client, deleted ones too, locked for writing."""
    told = ("id", "client_id", "version", "is_primary", "deleted_at")
    query = select(*(contact.c[name] for name in told)).where(contact.c.client_id == client_id)
    return await tx.rows(query.order_by(contact.c.id).with_for_update())
