"""Loading cards from a file on a board: tried first, each row told, then done."""

import asyncio
from itertools import islice
from typing import Any, Literal

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromQuery
from msgspec import Struct

from backend.domain.cards.schemas import Id
from backend.domain.flows import loading
from backend.errors import DomainError
from backend.routes.web import pages
from backend.routes.web.boards import Kind
from backend.routes.web.view import View, ViewDep

TOLD = 50  # refused rows
ENCODINGS = {"utf-8": "UTF-8", "cp1251": "Windows-1251"}


class SentFile(Struct, frozen=True):
    """A file as a browser sends it."""

    name: str
    content: bytes


class LoadForm(Struct, frozen=True, forbid_unknown_fields=True):
    """A file, how it is written, where its cards go, and whether it is tried or done."""

    file: SentFile
    pipeline: Id
    encoding: Literal["utf-8", "cp1251"]
    mark: Literal[".", ","]
    does: Literal["try", "load", "again"]


def routes(kind: Kind) -> list[HTTPRouteHandler]:
    """The dialog, a file to begin with, and what is sent."""

    async def asked(view: ViewDep, pipeline: FromQuery[int]) -> Response[Any]:
        return view.fragment(
            "board/_load.html", kind=kind, way=loading.WAYS[kind.name], pipeline=pipeline,
            encodings=ENCODINGS, most=loading.MOST,
        )  # fmt: skip

    async def sample(view: ViewDep) -> Response[Any]:
        heads = ",".join(loading.WAYS[kind.name].columns)
        name = f'attachment; filename="{kind.plural}.csv"'
        return Response(
            f"\ufeff{heads}\r\n".encode(), media_type="text/csv; charset=utf-8",
            headers={**pages.SAFE, "Content-Disposition": name},
        )  # fmt: skip

    async def sent(view: ViewDep) -> Response[Any]:
        form = await view.form(LoadForm)
        data = form.file.content
        rows = await asyncio.to_thread(loading.rows_of, kind.name, data, form.encoding)
        order = loading.Order(kind.name, form.pipeline, form.mark, form.does)
        do = view.rehearse if form.does == "try" else view.change
        found = await loading.load(do, view.viewer, order, rows)
        told = islice(found.refused.items(), TOLD)
        return view.fragment(
            "board/_loaded.html", done=form.does != "try", found=found,
            refused=[(line, *_told(view, error)) for line, error in told],
            more=len(found.refused) - TOLD,
        )  # fmt: skip

    here = f"{kind.path}/load"
    return [
        get(here, include_in_schema=False)(asked),
        get(f"{here}.csv", include_in_schema=False)(sample),
        post(here, status_code=200, include_in_schema=False)(sent),
    ]


def _told(view: View, error: DomainError) -> tuple[str, str]:
    """The column that a refusal is about, where it names one, and what it says."""
    parts: Any = error.extra.get("errors") or [{"pointer": "/"}]
    return parts[0]["pointer"].strip("/"), view.refusal(error)
