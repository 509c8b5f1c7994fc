"""One call of the API: reading, showing with an ETag, writing in one transaction."""

import hashlib
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple, TypeVar

import msgspec
from litestar import Request, Response

from backend.db.session import Unit, unit
from backend.domain.access import Viewer
from backend.domain.idempotency import actions as idempotency
from backend.domain.idempotency.actions import Claim, Reply
from backend.errors import BadRequest
from backend.resources import Resources

T = TypeVar("T")
Work = Callable[[Unit], Awaitable[T]]

# Shown with a record and not counted by its version.
DERIVED = (
    "days_left", "is_stale", "activates_on", "next_id", "next_contact_at", "ltv", "churned_on",
    "relation", "stage_name", "owner_name", "assignee_name", "client_name", "reason_name",
    "product_name", "last_used_at", "pending_renewal_id", "renewal_date",
)  # fmt: skip


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
        tag = etag(found)
        known = self.request.headers.get("if-none-match")
        if known is not None and _same(known, tag):
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

        resources = self.resources
        reply, replayed = await unit(resources.database, resources.now, whole, resources.deliver)
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
        return if_match(self.request) or None

    async def _claim(self) -> Claim | None:
        key = self.request.headers.get("idempotency-key")
        if key is None or self.request.method != "POST":
            return None
        if not 0 < len(key) <= idempotency.LONGEST:
            raise BadRequest("An Idempotency-Key has 1 to 255 characters")
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
        headers["ETag"] = etag(result)
    if status == 201 and location is not None:
        headers["Location"] = location.format(id=getattr(result, "id", ""))
    body = b"" if result is None else msgspec.json.encode(result)
    return Reply(status, headers, body)


def etag(record: Any) -> str:
    """`"<version>"`, with a hash of the derived fields where there are any."""
    shown = [getattr(record, name) for name in DERIVED if hasattr(record, name)]
    if not shown:
        return f'"{record.version}"'
    digest = hashlib.sha256(msgspec.json.encode(shown)).hexdigest()[:8]
    return f'"{record.version}-{digest}"'


def _same(header: str, tag: str) -> bool:
    return header.strip() == "*" or tag in [
        part.strip().removeprefix("W/") for part in header.split(",")
    ]


def if_match(request: Request[Any, Any, Any]) -> int | None:
    """The version the caller has read: 0 where he names none, None for `*`."""
    header = request.headers.get("if-match")
    if header is None:
        return 0
    text = header.strip()
    if text == "*":
        return None
    text = text.removeprefix("W/").strip('"').partition("-")[0]
    if not text.isascii() or not text.isdigit() or len(text) > 15 or int(text) == 0:
        raise BadRequest('If-Match is a version as the ETag gives it: "3"')
    return int(text)
