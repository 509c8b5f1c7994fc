"""Styles, scripts and icons: served from memory under an address that changes with them."""

import gzip
import hashlib
import mimetypes
import re
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from litestar import Request, Response, get
from litestar.params import FromPath

from backend.errors import NotFound
from backend.routes.web.words import N_

FOLDER = Path(__file__).parents[3] / "frontend" / "static"
SERVED = (".css", ".js", ".svg", ".png", ".ico", ".webmanifest")
FOR_EVER = "public, max-age=31536000, immutable"


class Asset(NamedTuple):
    """A file, its compressed form, and the beginning of its hash."""

    body: bytes
    packed: bytes
    media: str
    version: str


@cache
def assets() -> dict[str, Asset]:
    """Every file that is served, by its path."""
    found = {}
    for file in sorted(FOLDER.rglob("*")):
        if file.suffix in SERVED:
            body = _lean(file)
            media = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
            found[file.relative_to(FOLDER).as_posix()] = Asset(
                body, gzip.compress(body, 9, mtime=0), media, hashlib.sha256(body).hexdigest()[:8]
            )
    return found


def _lean(file: Path) -> bytes:
    """What travels of a file: of our own scripts neither indents nor comments.

    A comment behind code holds no quotes, or it would look like the end of a text.
    """
    body = file.read_bytes()
    ours = file.suffix == ".js" and file.parent == FOLDER
    return (
        re.sub(rb"^\s*(//.*\n)?| // [^\"'`\n]*$", b"", body, flags=re.MULTILINE) if ours else body
    )


def address(name: str) -> str:
    """Where a file is served: `/s/1a2b3c4d/app.css`."""
    return f"/s/{assets()[name].version}/{name}"


@get(
    "/s/{version:str}/{name:path}",
    opt={"page": True},
    include_in_schema=False,
    sync_to_thread=False,
)
def asset(
    request: Request[Any, Any, Any], version: FromPath[str], name: FromPath[str]
) -> Response[bytes]:
    """One file; under an older address the present one, which then is not to be kept."""
    found = assets().get(name.lstrip("/"))
    if found is None:
        raise NotFound(N_("There is nothing at this address"))
    packed = "gzip" in request.headers.get("accept-encoding", "")
    headers = {
        "Cache-Control": FOR_EVER if version == found.version else "no-cache",
        "Vary": "Accept-Encoding",
        "X-Content-Type-Options": "nosniff",
    }
    if packed:
        headers["Content-Encoding"] = "gzip"
    return Response(found.packed if packed else found.body, headers=headers, media_type=found.media)
