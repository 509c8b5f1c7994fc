"""Offers and invoices as PDF answers."""

from collections.abc import Awaitable, Callable

from litestar import Response

from backend.db.session import Unit
from backend.papers.sheet import Sheet
from backend.routes.call import Call

PDF = "application/pdf"


async def printed(call: Call, work: Callable[[Unit], Awaitable[Sheet]]) -> Response[bytes]:
    """Read what stands on a sheet, and answer with its PDF; no connection is held meanwhile."""
    sheet = await call.read(work)
    name = f"{sheet.kind}-{sheet.number.rpartition('-')[2]}.pdf"
    headers = {"Content-Disposition": f'inline; filename="{name}"', "Cache-Control": "private"}
    return Response(await call.resources.press.pdf(sheet), media_type=PDF, headers=headers)
