"""The routes that every kind of record has, made for one kind."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

from litestar import Response, delete, get, patch, post, put
from litestar.handlers import HTTPRouteHandler

from backend.db.session import Unit
from backend.routes.call import Put
from backend.routes.deps import BY_EXTERNAL_ID, CallDep, ExternalId, IfMatch, JSONBody, Path, Query
from backend.routes.guards import needs
from backend.routes.strict import query_of

Work = Callable[..., Awaitable[Any]]


class Reads(NamedTuple):
    """What is read; `written` is the record as whoever has just written it may see it."""

    page: Work
    one: Work
    written: Work


class Writes(NamedTuple):
    """What is written: a record is made, edited, deleted, brought back, put under its name."""

    create: Work
    edit: Work
    delete: Work
    restore: Work
    put: Work | None = None


class Shapes(NamedTuple):
    """The structs: one record, its page and filters, the bodies of POST, PATCH and PUT."""

    one: type
    page: type
    filters: type
    create: type
    fields: type
    upsert: type | None = None


@dataclass(frozen=True, slots=True)
class Resource:
    """A kind of record as a REST resource; `makes` and `edits` where more is to be said."""

    word: str
    plural: str
    shapes: Shapes
    reads: Reads
    writes: Writes
    makes: str = ""
    edits: str = ""

    @property
    def name(self) -> str:
        return self.word.capitalize()

    @property
    def a_record(self) -> str:
        return f"{'an' if self.word[0] in 'aeio' else 'a'} {self.word}"

    @property
    def place(self) -> str:
        """Where a new record is found."""
        return f"/api/v1/{self.plural}/{{id}}"


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
    """List, read, create, edit, delete, restore, and upsert where others name the records."""
    return [*_reading(r), *_making(r), *_writing(r)]


def _reading(r: Resource) -> list[HTTPRouteHandler]:
    async def page(call: CallDep, filters: Query[Any]) -> Any:
        return await call.read(lambda tx: r.reads.page(tx, call.viewer, filters))

    async def one(call: CallDep, record_id: Path) -> Response[Any]:
        return await call.show(lambda tx: r.reads.one(tx, call.viewer, record_id))

    shapes = r.shapes
    return [
        get("/", operation_id=f"list{r.plural.capitalize()}", summary=f"List {r.plural}",
            dependencies={"filters": query_of(shapes.filters)}, **needs(shapes.filters))(
            typed(page, **{"return": shapes.page})),
        get("/{record_id:int}", operation_id=f"get{r.name}", summary=f"Read one {r.word}",
            **needs())(typed(one, **{"return": reply(shapes.one)})),
    ]  # fmt: skip


def _making(r: Resource) -> list[HTTPRouteHandler]:
    shown = {"return": reply(r.shapes.one)}

    async def create(call: CallDep, data: Any) -> Response[Any]:
        async def work(tx: Unit) -> Any:
            made = await r.writes.create(tx, call.viewer, data)
            return await r.reads.written(tx, call.viewer, made)

        return await call.write(work, 201, r.place)

    made = post("/", operation_id=f"create{r.name}", summary=r.makes or f"Make {r.a_record}",
                status_code=201, **needs())(
        typed(create, data=body(r.shapes.create), **shown))  # fmt: skip
    merge, upserted = r.writes.put, r.shapes.upsert
    if merge is None or upserted is None:
        return [made]

    async def upsert(call: CallDep, external: ExternalId, data: Any) -> Response[Any]:
        async def work(tx: Unit) -> Put:
            found, new = await merge(tx, call.viewer, external, data, call.version_named())
            return Put(await r.reads.written(tx, call.viewer, found), new)

        return await call.write(work, location=r.place)

    told = f"Make {r.a_record}, or merge into the one that has this external_id"
    return [
        made,
        put(BY_EXTERNAL_ID + "{external_id:path}", operation_id=f"put{r.name}", summary=told,
            status_code=200, **needs())(typed(upsert, data=body(upserted), **shown)),
    ]  # fmt: skip


def _writing(r: Resource) -> list[HTTPRouteHandler]:
    async def edit(call: CallDep, record_id: Path, data: Any, if_match: IfMatch) -> Response[Any]:
        async def work(tx: Unit) -> Any:
            await r.writes.edit(tx, call.viewer, record_id, data, if_match)
            return await r.reads.written(tx, call.viewer, record_id)

        return await call.write(work)

    async def remove(call: CallDep, record_id: Path, if_match: IfMatch) -> Response[None]:
        return await call.write(
            lambda tx: r.writes.delete(tx, call.viewer, record_id, if_match), 204
        )

    async def restore(call: CallDep, record_id: Path) -> Response[Any]:
        async def work(tx: Unit) -> Any:
            await r.writes.restore(tx, call.viewer, record_id)
            return await r.reads.written(tx, call.viewer, record_id)

        return await call.write(work)

    shown = {"return": reply(r.shapes.one)}
    return [
        patch("/{record_id:int}", operation_id=f"edit{r.name}",
              summary=r.edits or f"Write fields of {r.a_record}", **needs())(
            typed(edit, data=body(r.shapes.fields), **shown)),
        delete("/{record_id:int}", operation_id=f"delete{r.name}",
               summary=f"Delete {r.a_record}", status_code=204, **needs())(remove),
        post("/{record_id:int}/restore", operation_id=f"restore{r.name}", status_code=200,
             summary=f"Bring a deleted {r.word} back", **needs())(typed(restore, **shown)),
    ]  # fmt: skip
