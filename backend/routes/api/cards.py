"""The routes that all four kinds of cards have, made for one kind."""

from types import ModuleType
from typing import Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from backend.db.session import Unit
from backend.domain.access import Viewer
from backend.domain.cards import history
from backend.domain.cards.schemas import History, HistoryFilters, MoveRequest, TransferRequest
from backend.domain.flows.upserts import upsert_card
from backend.domain.moves import creating, editing, moving, undoing
from backend.routes.api import records
from backend.routes.api.records import Reads, Resource, Shapes, Work, Writes, reply, typed
from backend.routes.deps import CallDep, IfMatch, JSONBody, Path, Query
from backend.routes.guards import needs
from backend.routes.strict import query_of


def resource(
    kind: str, shapes: Shapes, queries: ModuleType, create: Work | None = None, makes: str = ""
) -> Resource:
    """A kind of card as a REST resource; `create` where it is made in a way of its own."""
    reads = Reads(queries.page, queries.one, queries.written)
    writes = Writes(
        create or _of(kind, creating.create),
        _of(kind, editing.edit),
        _of(kind, editing.delete),
        _of(kind, editing.restore),
        _of(kind, upsert_card),
    )
    return Resource(kind, f"{kind}s", shapes, reads, writes, makes=makes)


def _of(kind: str, work: Work) -> Work:
    """What is done to cards, done to those of one kind."""

    async def done(tx: Unit, viewer: Viewer, *given: Any) -> Any:
        return await work(tx, viewer, kind, *given)

    return done


def routes(r: Resource) -> list[HTTPRouteHandler]:
    """What every record has, and history, move, undo, transfer."""
    return [*records.routes(r), _past(r), *_moving(r)]


def _past(r: Resource) -> HTTPRouteHandler:
    async def past(call: CallDep, record_id: Path, filters: Query[Any]) -> History:
        return await call.read(lambda tx: history.page(tx, call.viewer, r.word, record_id, filters))

    return get("/{record_id:int}/history", operation_id=f"get{r.name}History",
               summary=f"What happened to one {r.word}",
               dependencies={"filters": query_of(HistoryFilters)},
               **needs(HistoryFilters))(past)  # fmt: skip


def _moving(r: Resource) -> list[HTTPRouteHandler]:
    async def move(
        call: CallDep, record_id: Path, data: JSONBody[MoveRequest], if_match: IfMatch
    ) -> Response[Any]:
        async def work(tx: Any) -> Any:
            await moving.move(tx, call.viewer, r.word, record_id, data, if_match)
            return await r.reads.written(tx, call.viewer, record_id)

        return await call.write(work)

    async def undo(call: CallDep, record_id: Path, if_match: IfMatch) -> Response[Any]:
        async def work(tx: Any) -> Any:
            await undoing.undo(tx, call.viewer, r.word, record_id, if_match)
            return await r.reads.written(tx, call.viewer, record_id)

        return await call.write(work)

    async def transfer(
        call: CallDep, record_id: Path, data: JSONBody[TransferRequest], if_match: IfMatch
    ) -> Response[Any]:
        async def work(tx: Any) -> Any:
            await editing.transfer(
                tx, call.viewer, r.word, record_id, data.owner_id, data.note, if_match
            )
            return await r.reads.written(tx, call.viewer, record_id)

        return await call.write(work)

    shown = {"return": reply(r.shapes.one)}
    return [
        post("/{record_id:int}/move", operation_id=f"move{r.name}", status_code=200,
             summary=f"Move {r.a_record} to another stage", **needs())(typed(move, **shown)),
        post("/{record_id:int}/undo", operation_id=f"undo{r.name}", status_code=200,
             summary=f"Void one's own last move of {r.a_record}",
             **needs())(typed(undo, **shown)),
        post("/{record_id:int}/transfer", operation_id=f"transfer{r.name}", status_code=200,
             summary=f"Give {r.a_record} to another owner", **needs())(typed(transfer, **shown)),
    ]  # fmt: skip
