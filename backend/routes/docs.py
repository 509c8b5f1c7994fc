"""The contract for people: `GET /api/docs`, a page made from the document, without a script."""

import asyncio
from pathlib import Path
from typing import Any

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Litestar, Request, Response, get
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.template import TemplateConfig

from backend.routes import tags
from backend.routes.openapi import document
from backend.routes.openapi.words import reading

FRONTEND = Path(__file__).parents[2] / "frontend"
STYLE = FRONTEND / "static" / "docs.css"
SAFE = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none';"
    " form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


def templates() -> TemplateConfig[JinjaTemplateEngine]:
    """The pages' templates: every value is escaped, a misspelt one is an error."""
    loader = FileSystemLoader(FRONTEND / "templates")
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    return TemplateConfig(instance=JinjaTemplateEngine.from_environment(environment))


@get("/api/docs", include_in_schema=False)
async def page(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The whole contract, to be read."""
    kept: dict[str, bytes] = request.app.state.setdefault("pages", {})
    if "docs" not in kept:
        kept["docs"] = await asyncio.to_thread(_rendered, request.app)
    return _shown(request, kept["docs"], "text/html")


def _rendered(app: Litestar) -> bytes:
    assert app.template_engine is not None
    told = reading(msgspec.json.decode(document(app)))
    return str(app.template_engine.get_template("docs/page.html").render(**told)).encode()


@get("/api/docs.css", include_in_schema=False, sync_to_thread=False)
def style(request: Request[Any, Any, Any]) -> Response[bytes]:
    """How the page looks."""
    return _shown(request, STYLE.read_bytes(), "text/css")


def _shown(request: Request[Any, Any, Any], body: bytes, media: str) -> Response[bytes]:
    headers = {**SAFE, "ETag": tags.of_body(body)}
    if tags.known(request.headers.get("if-none-match"), headers["ETag"]):
        return Response(b"", status_code=304, headers=headers, media_type=media)
    return Response(body, headers=headers, media_type=media)
