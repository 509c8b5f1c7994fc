"""What an ETag promises, whatever test asks: at one address the same tag is the same answer."""

from collections.abc import Awaitable, Callable

import httpx

Hook = Callable[[httpx.Response], Awaitable[None]]


def demand_kept_tags() -> Hook:
    """A hook that remembers the answers of one caller by their addresses and tags."""
    known: dict[tuple[str, str], bytes] = {}

    async def look(reply: httpx.Response) -> None:
        tag = reply.headers.get("etag")
        if tag is None or reply.status_code != 200 or reply.request.method != "GET":
            return
        body = await reply.aread()
        before = known.setdefault((str(reply.request.url), tag), body)
        assert before == body, f"{tag} stands for {before!r} and for {body!r}"

    return look
