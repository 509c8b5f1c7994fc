"""One call of the API: reading, showing with an ETag, writing in one transaction."""

import re
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple, TypeVar

import msgspec
from litestar import Request, Response

from backend.db.session import Unit, unit
from backend.domain.access import Viewer
from backend.domain.idempotency import actions as idempotency
from backend.domain.idempotency.actions import Claim, Reply
from backend.errors import BadRequest, Stale
from backend.resources import Resources
from backend.routes import current, tags

T = TypeVar("T")
Work = Callable[[Unit], Awaitable[T]]
KEY = re.compile(rf"[ -~]{{1,{idempotency.LONGEST}}}")


class Put(NamedTuple):
    """A record written under the name that another system gave it, and whether that made it."""

    record: Any
    created: bool


class Call:
    """The caller, and the two ways to the database."""

    def __init__(
        self, request: Request[Any, Any, Any], viewer: Viewer, resources: Resources
    ) -> None:
        self.request = request
        self.viewer = viewer
        self.resources = resources

    async def read(self, work: Work[T]) -> T:
        """Run a reading piece of work."""
        async with self.resources.database.read() as conn:
            return await work(Unit(conn, self.resources.now()))

    async def show(self, work: Work[T]) -> Response[Any]:
        """One record with its ETag, or 304 where the caller has it."""
        found = await self.read(work)
        tag = tags.etag(found)
        if tags.known(self.request.headers.get("if-none-match"), tag):
            return Response(None, status_code=304, headers={"ETag": tag})
        return Response(found, headers={"ETag": tag})

    async def write(
        self,
        work: Work[Any],
        status: int = 200,
        location: str | None = None,
        secret: str | None = None,
    ) -> Response[Any]:
        """Run a piece of work in one transaction and answer from inside it.

        An Idempotency-Key is claimed first; the stored answer of the same request is given again,
        without the field that is named as `secret`. Work that gives a `Put` chooses the status.
        """
        claim = await self._claim()

        async def whole(tx: Unit) -> tuple[Reply, bool]:
            if claim is not None:
                stored = await idempotency.claim(tx, claim)
                if stored is not None:
                    return stored, True
            result = await work(tx)
            reply = _reply(result, status, location)
            if claim is not None:
                kept = reply
                if secret is not None:
                    bare = msgspec.structs.replace(result, **{secret: None})
                    kept = _reply(bare, status, location)
                await idempotency.keep(tx, claim, kept)
            return reply, False

        shared = self.resources
        try:
            reply, replayed = await unit(shared.database, shared.now, whole, shared.deliver)
        except Stale as error:
            error.tag = await current.tag(self)
            raise
        return _response(reply, replayed)

    async def apart(self, work: Callable[[], Awaitable[Any]], status: int = 200) -> Response[Any]:
        """Answer with what a piece of work did in transactions of its own.

        Its answer is stored afterwards, so the work itself must bear being done twice: it is
        where the first try died, or while a twin runs.
        """
        claim = await self._claim()
        if claim is not None:
            stored = await self.read(lambda tx: idempotency.known(tx, claim))
            if stored is not None:
                return _response(stored, True)
        reply = _reply(await work(), status, None)

        async def keep(tx: Unit) -> Reply | None:
            assert claim is not None
            twin = await idempotency.claim(tx, claim)
            if twin is None:
                await idempotency.keep(tx, claim, reply)
            return twin

        twin = None
        if claim is not None:
            twin = await unit(self.resources.database, self.resources.now, keep)
        return _response(twin or reply, twin is not None)

    def version_named(self) -> int | None:
        """The version in If-Match, where a write that does not demand one was sent with it."""
        return tags.if_match(self.request) or None

    async def _claim(self) -> Claim | None:
        key = self.request.headers.get("idempotency-key")
        if key is None or self.request.method != "POST":
            return None
        if not KEY.fullmatch(key):
            raise BadRequest("An Idempotency-Key has 1 to 255 characters, all of them of ASCII")
        return Claim(
            scope=f"token:{self.viewer.token_id}",
            route=f"{self.request.method} {self.request.url.path}",
            key=key,
            request_hash=idempotency.fingerprint(await self.request.body()),
        )


def _response(reply: Reply, replayed: bool) -> Response[Any]:
    headers = {**reply.headers, **({"Idempotent-Replayed": "true"} if replayed else {})}
    return Response(
        reply.body if reply.status != 204 else None,
        status_code=reply.status, headers=headers, media_type="application/json",
    )  # fmt: skip


def _reply(result: Any, status: int, location: str | None) -> Reply:
    if isinstance(result, Put):
        result, status = result.record, 201 if result.created else 200
    headers = {}
    if getattr(result, "version", None) is not None:
        headers["ETag"] = tags.etag(result)
    if status == 201 and location is not None:
        headers["Location"] = location.format(id=getattr(result, "id", ""))
    body = b"" if result is None else msgspec.json.encode(result)
    return Reply(status, headers, body)
