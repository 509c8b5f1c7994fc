"""The routes that all four kinds of cards have, made for one kind."""

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any, cast

from litestar import Response, delete, get, patch, post, put
from litestar.handlers import HTTPRouteHandler

from backend.domain.cards import history
from backend.domain.cards.schemas import History, HistoryFilters, MoveRequest, TransferRequest
from backend.domain.flows.puts import put_card
from backend.domain.moves import back, births, door, edits
from backend.routes.call import Put
from backend.routes.deps import BY_EXTERNAL_ID, CallDep, ExternalId, IfMatch, JSONBody, Path, Query
from backend.routes.guards import needs
from backend.routes.strict import query_of


@dataclass(frozen=True, slots=True)
class Resource:
    """A kind of card as a REST resource: its words, its structs, where it is read."""

    kind: str
    plural: str
    queries: ModuleType
    row: type
    page: type
    filters: type
    create: type | None
    fields: type
    one: type
    upsert: type | None = None

    @property
    def word(self) -> str:
        return self.kind.capitalize()


def typed(handler: Callable[..., Any], **annotations: Any) -> Callable[..., Any]:
    """Give a handler the structs of its kind, which the framework reads from the annotations."""
    handler.__annotations__.update(annotations)
    return handler


def reply(kind: type) -> Any:
    """The annotation of an answer that holds one record."""
    return cast(Any, Response)[kind]


def body(kind: type) -> Any:
    """The annotation of a JSON body."""
    return cast(Any, JSONBody)[kind]


def routes(r: Resource) -> list[HTTPRouteHandler]:
    """List, create, read, edit, delete, restore, move, undo, history, transfer, upsert."""
    return [*_reading(r), *_making(r), *_writing(r), *_moving(r)]


def _reading(r: Resource) -> list[HTTPRouteHandler]:
    async def page(call: CallDep, filters: Query[Any]) -> Any:
        return await call.read(lambda tx: r.queries.page(tx, call.viewer, filters))

    async def one(call: CallDep, record_id: Path) -> Response[Any]:
        return await call.show(lambda tx: r.queries.one(tx, call.viewer, record_id))

    async def past(call: CallDep, record_id: Path, filters: Query[Any]) -> History:
        return await call.read(lambda tx: history.page(tx, call.viewer, r.kind, record_id, filters))

    many = f"{r.word}s"
    return [
        get("/", operation_id=f"list{many}", summary=f"List {r.plural}",
            dependencies={"filters": query_of(r.filters)}, **needs(r.filters))(
            typed(page, **{"return": r.page})),
        get("/{record_id:int}", operation_id=f"get{r.word}", summary=f"Read one {r.kind}",
            **needs())(typed(one, **{"return": reply(r.one)})),
        get("/{record_id:int}/history", operation_id=f"get{r.word}History",
            summary=f"What happened to one {r.kind}",
            dependencies={"filters": query_of(HistoryFilters)},
            **needs(HistoryFilters))(past),
    ]  # fmt: skip


def _making(r: Resource) -> list[HTTPRouteHandler]:
    async def create(call: CallDep, data: Any) -> Response[Any]:
        async def work(tx: Any) -> Any:
            made = await births.create(tx, call.viewer, r.kind, data)
            return await r.queries.written(tx, call.viewer, made)

        return await call.write(work, 201, f"/api/v1/{r.plural}/{{id}}")

    async def upsert(call: CallDep, external: ExternalId, data: Any) -> Response[Any]:
        async def work(tx: Any) -> Put:
            version = call.version_named()
            found, made = await put_card(tx, call.viewer, r.kind, external, data, version)
            return Put(await r.queries.written(tx, call.viewer, found), made)

        return await call.write(work, location=f"/api/v1/{r.plural}/{{id}}")

    shown = {"return": reply(r.one)}
    found = []
    if r.create is not None:
        found.append(
            post("/", operation_id=f"create{r.word}", summary=f"Make a {r.kind}", status_code=201,
                 **needs())(typed(create, data=body(r.create), **shown))
        )  # fmt: skip
    if r.upsert is not None:
        told = f"Make a {r.kind}, or merge into the one that has this external_id"
        found.append(
            put(BY_EXTERNAL_ID + "{external_id:path}", operation_id=f"put{r.word}", summary=told,
                status_code=200, **needs())(typed(upsert, data=body(r.upsert), **shown))
        )  # fmt: skip
    return found


def _writing(r: Resource) -> list[HTTPRouteHandler]:
    async def edit(call: CallDep, record_id: Path, data: Any, if_match: IfMatch) -> Response[Any]:
        async def work(tx: Any) -> Any:
            await edits.edit(tx, call.viewer, r.kind, record_id, data, if_match)
            return await r.queries.written(tx, call.viewer, record_id)

        return await call.write(work)

    async def remove(call: CallDep, record_id: Path, if_match: IfMatch) -> None:
        return await call.write(  # type: ignore[return-value]
            lambda tx: edits.delete(tx, call.viewer, r.kind, record_id, if_match), 204
        )

    async def restore(call: CallDep, record_id: Path) -> Response[Any]:
        async def work(tx: Any) -> Any:
            await edits.restore(tx, call.viewer, r.kind, record_id)
            return await r.queries.written(tx, call.viewer, record_id)

        return await call.write(work)

    shown = {"return": reply(r.one)}
    return [
        patch("/{record_id:int}", operation_id=f"edit{r.word}",
              summary=f"Write fields of a {r.kind}", **needs())(
            typed(edit, data=body(r.fields), **shown)),
        delete("/{record_id:int}", operation_id=f"delete{r.word}", summary=f"Delete a {r.kind}",
               status_code=204, **needs())(remove),
        post("/{record_id:int}/restore", operation_id=f"restore{r.word}", status_code=200,
             summary=f"Bring a deleted {r.kind} back", **needs())(typed(restore, **shown)),
    ]  # fmt: skip


def _moving(r: Resource) -> list[HTTPRouteHandler]:
    async def move(
        call: CallDep, record_id: Path, data: JSONBody[MoveRequest], if_match: IfMatch
    ) -> Response[Any]:
        async def work(tx: Any) -> Any:
            await door.move(tx, call.viewer, r.kind, record_id, data, if_match)
            return await r.queries.written(tx, call.viewer, record_id)

        return await call.write(work)

    async def undo(call: CallDep, record_id: Path, if_match: IfMatch) -> Response[Any]:
        async def work(tx: Any) -> Any:
            await back.undo(tx, call.viewer, r.kind, record_id, if_match)
            return await r.queries.written(tx, call.viewer, record_id)

        return await call.write(work)

    async def transfer(
        call: CallDep, record_id: Path, data: JSONBody[TransferRequest], if_match: IfMatch
    ) -> Response[Any]:
        async def work(tx: Any) -> Any:
            await edits.transfer(
                tx, call.viewer, r.kind, record_id, data.owner_id, data.note, if_match
            )
            return await r.queries.written(tx, call.viewer, record_id)

        return await call.write(work)

    shown = {"return": reply(r.one)}
    return [
        post("/{record_id:int}/move", operation_id=f"move{r.word}", status_code=200,
             summary=f"Move a {r.kind} to another stage", **needs())(typed(move, **shown)),
        post("/{record_id:int}/undo", operation_id=f"undo{r.word}", status_code=200,
             summary=f"Void one's own last move of a {r.kind}",
             **needs())(typed(undo, **shown)),
        post("/{record_id:int}/transfer", operation_id=f"transfer{r.word}", status_code=200,
             summary=f"Give a {r.kind} to another owner", **needs())(typed(transfer, **shown)),
    ]  # fmt: skip
