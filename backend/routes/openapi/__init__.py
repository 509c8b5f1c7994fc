"""The contract as OpenAPI: operations from the routes, shapes from the structs themselves."""

import inspect
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler

from backend.routes.openapi import answers, parameters
from backend.routes.openapi.shapes import Shapes, struct_of
from backend.routes.policy import Rule, Who

ABOUT = """\
Leads, offers, deals and renewals of a company, and the funnels they run through.

Every call carries `Authorization: Bearer <token>`. Unknown fields and parameters are refused.
Money and other decimals are texts in plain digits (JSON numbers are taken too), instants RFC 3339,
dates `YYYY-MM-DD`, periods whole days, weeks, months or years (`P30D`, `P2W`, `P6M`, `P1Y`).
Texts of up to 255 characters stand in one line; no text holds control characters or marks that
turn the direction of writing. Writes to a record need `If-Match` with the version that was read.
Refusals are `application/problem+json` (RFC 9457)."""
EXAMPLES = Path(__file__).with_name("examples.json")


def document(app: Litestar) -> bytes:
    """The whole contract, the same bytes every time."""
    known = Shapes()
    paths: dict[str, Any] = {}
    for path, method, handler in _operations(app):
        paths.setdefault(path, {})[method] = _described(path, method, handler, known)
    schema = {
        "openapi": "3.1.0",
        "info": {"title": "Voronka", "version": "1", "description": ABOUT},
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": known.components(),
            "responses": answers.REFUSALS,
            "headers": answers.HEADERS,
            "parameters": parameters.SHARED,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }
    encoded = msgspec.json.encode(schema, order="sorted")
    return msgspec.json.format(encoded, indent=2) + b"\n"


def _operations(app: Litestar) -> Iterator[tuple[str, str, HTTPRouteHandler]]:
    for route in app.routes:
        for handler in getattr(route, "route_handlers", ()):
            if not isinstance(handler, HTTPRouteHandler) or not _told(handler):
                continue
            for method in handler.http_methods - {"OPTIONS", "HEAD"}:
                yield str(getattr(route, "path_format", route.path)), method.lower(), handler


def _described(path: str, method: str, handler: HTTPRouteHandler, known: Shapes) -> dict[str, Any]:
    rule: Rule = handler.opt["rule"]
    hints = handler.fn.__annotations__
    example = examples().get(str(handler.operation_id), {})
    resource = path.removeprefix("/api/v1").split("/")[1]
    operation: dict[str, Any] = {
        "operationId": handler.operation_id,
        "summary": handler.summary,
        "tags": [resource.capitalize()],
        "parameters": parameters.of(path, method, handler, example),
        "responses": answers.of(path, method, handler, example, known),
    }
    if "data" in hints:
        operation["requestBody"] = _body(handler, struct_of(hints["data"]), example, known)
    if rule.who is not Who.PUBLIC:
        operation["security"] = [{"token": [rule.scope] if rule.scope else []}]
        needed = f"the scope `{rule.scope}`" if rule.scope else "any token"
        operation["description"] = f"Needs {needed}; for {rule.who.value}."
        operation["x-scope"] = rule.scope
    return operation


def _body(
    handler: HTTPRouteHandler, kind: type, example: dict[str, Any], known: Shapes
) -> dict[str, Any]:
    shown: dict[str, Any] = {"schema": known.asked(kind)}
    if "body" in example:
        shown["example"] = example["body"]
    given = inspect.signature(handler.fn).parameters["data"].default
    return {
        "required": given is inspect.Parameter.empty,
        "content": {"application/json": shown},
    }


@cache
def examples() -> dict[str, dict[str, Any]]:
    """A real call of each operation with its answer, by the operation's name.

    They are recorded (`make openapi`), never written by hand.
    """
    found: dict[str, dict[str, Any]] = msgspec.json.decode(EXAMPLES.read_bytes())
    return found


def _told(handler: HTTPRouteHandler) -> bool:
    """Whether a route is of the contract: pages are not."""
    return bool(handler.include_in_schema) and not handler.opt.get("page")
