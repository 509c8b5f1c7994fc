"""Files that people have stored: they are handed out and never shown."""

from litestar import Response

from backend.domain.agreements.files.queries import Stored
from backend.domain.agreements.files.rules import LARGEST, disposition

BINARY = "application/octet-stream"
ROOM = 20_000  # for whatever a form has around its file
FORM = LARGEST + ROOM
JSON = LARGEST * 4 // 3 + ROOM


def handed_out(file: Stored) -> Response[bytes]:
    """A file to be stored: whatever is in it, no browser takes it for a page of ours."""
    headers = {
        "Content-Disposition": disposition(file.name),
        "Content-Security-Policy": "sandbox",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-store",
    }
    return Response(file.content, media_type=BINARY, headers=headers)
