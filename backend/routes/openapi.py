"""The contract as OpenAPI: operations from the routes, shapes from the structs themselves."""

import re
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, get_args, get_origin

import msgspec
from litestar import Litestar, Response
from litestar.handlers import HTTPRouteHandler

from backend.routes.guards import authorise
from backend.routes.problems import MEDIA, Problem

REF = "#/components/schemas/{name}"
PROBLEM = {"content": {MEDIA: {"schema": {"$ref": REF.format(name="Problem")}}}}
REFUSALS = (400, 401, 403, 404, 409, 412, 413, 415, 422, 428, 503)
ABOUT = "Leads, offers, deals and renewals of a company, and the funnels they run through."
BINARY = {"type": "string", "format": "binary"}
BEARER: list[dict[str, list[str]]] = [{"token": []}]
IF_MATCH = {
    "name": "If-Match", "in": "header", "required": True,
    "description": "The version the caller has read, as the ETag gives it.",
    "schema": {"type": "string"}, "example": '"3"',
}  # fmt: skip
IF_NONE_MATCH = {
    "name": "If-None-Match", "in": "header", "required": False,
    "description": "An ETag: 304 where the record is unchanged.", "schema": {"type": "string"},
}  # fmt: skip
IDEMPOTENCY = {
    "name": "Idempotency-Key", "in": "header", "required": False,
    "description": "The same key and body give the stored answer again.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
}  # fmt: skip


def document(app: Litestar) -> bytes:
    """The whole contract, the same bytes every time."""
    paths: dict[str, Any] = {}
    schema: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {"title": "Voronka", "version": "1", "description": ABOUT},
        "servers": [{"url": "/"}],
        "paths": paths,
    }
    shapes: dict[str, Any] = {"Problem": Problem}
    for path, method, handler in _operations(app):
        paths.setdefault(path, {})[method] = _described(path, handler, shapes)
    _, components = msgspec.json.schema_components(list(shapes.values()), ref_template=REF)
    schema["components"] = {
        "schemas": {name: _mended(shape) for name, shape in sorted(components.items())},
        "responses": {
            str(code): {"description": HTTPStatus(code).phrase, **PROBLEM} for code in REFUSALS
        },
        "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
    }
    encoded = msgspec.json.encode(schema, order="sorted")
    return msgspec.json.format(encoded, indent=2) + b"\n"


def _operations(app: Litestar) -> Iterator[tuple[str, str, HTTPRouteHandler]]:
    for route in app.routes:
        for handler in getattr(route, "route_handlers", ()):
            if not isinstance(handler, HTTPRouteHandler) or not handler.include_in_schema:
                continue
            for method in handler.http_methods - {"OPTIONS", "HEAD"}:
                yield str(getattr(route, "path_format", route.path)), method.lower(), handler


def _described(path: str, handler: HTTPRouteHandler, shapes: dict[str, Any]) -> dict[str, Any]:
    scope, query = handler.opt["rule"].scope, handler.opt.get("query")
    hints = handler.fn.__annotations__
    resource = path.removeprefix("/api/v1").split("/")[1]
    operation: dict[str, Any] = {
        "operationId": handler.operation_id,
        "summary": handler.summary,
        "tags": [resource.capitalize()],
        "parameters": [*_in_path(path), *_parameters(query, hints, handler)],
        "responses": _responses(handler, hints, shapes),
    }
    if "data" in hints:
        kind = _struct(hints["data"])
        shapes[kind.__name__] = kind
        content = {"application/json": {"schema": {"$ref": REF.format(name=kind.__name__)}}}
        operation["requestBody"] = {"required": True, "content": content}
    if _asks_for_a_token(handler):
        operation["security"] = BEARER
    if scope is not None:
        operation["description"] = f"Needs the scope `{scope}`."
    return operation


def _in_path(path: str) -> list[Any]:
    found = []
    for name in re.findall(r"{(\w+)}", path):
        record = {"type": "integer", "minimum": 1, "maximum": 2**53}
        schema = record if name.endswith("_id") and name != "external_id" else {"type": "string"}
        found.append({"name": name, "in": "path", "required": True, "schema": schema})
    return found


def _parameters(query: type | None, hints: dict[str, Any], handler: HTTPRouteHandler) -> list[Any]:
    found: list[Any] = []
    if query is not None:
        _, components = msgspec.json.schema_components([query], ref_template=REF)
        shape = components[query.__name__]
        demanded = shape.get("required", ())
        found += [
            {"name": n, "in": "query", "required": n in demanded, "schema": _mended(inner)}
            for n, inner in shape["properties"].items()
        ]
    if "if_match" in hints:
        found.append(IF_MATCH)
    if _conditional(handler, hints):
        found.append(IF_NONE_MATCH)
    if "POST" in handler.http_methods:
        found.append(IDEMPOTENCY)
    return found


def _conditional(handler: HTTPRouteHandler, hints: dict[str, Any]) -> bool:
    """Whether one record is read, which the caller may have already."""
    shown = hints.get("return")
    return (
        "GET" in handler.http_methods
        and get_origin(shown) is Response
        and _struct(shown) is not bytes
    )


def _responses(
    handler: HTTPRouteHandler, hints: dict[str, Any], shapes: dict[str, Any]
) -> dict[str, Any]:
    status = handler.status_code
    good: dict[str, Any] = {"description": HTTPStatus(status).phrase}
    kind = _struct(hints.get("return"))
    if kind is not None and status != 204:
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            shapes[kind.__name__] = kind
            good["content"] = {
                "application/json": {"schema": {"$ref": REF.format(name=kind.__name__)}}
            }
        if kind is bytes:
            good["content"] = {str(handler.media_type): {"schema": BINARY}}
        elif get_origin(hints["return"]) is Response:
            good["headers"] = {"ETag": {"schema": {"type": "string"}}}
    found = {str(status): good}
    if _conditional(handler, hints):
        found["304"] = {"description": "Not Modified"}
    for code in _refusals(handler, hints):
        found[str(code)] = {"$ref": f"#/components/responses/{code}"}
    return found


def _asks_for_a_token(handler: HTTPRouteHandler) -> bool:
    return authorise in handler.resolve_guards()


def _refusals(handler: HTTPRouteHandler, hints: dict[str, Any]) -> list[int]:
    if not _asks_for_a_token(handler):
        return [503]
    codes = {400, 401, 403, 503}
    if _struct(hints.get("return")) is bytes:
        codes |= {409, 422}
    if "record_id" in hints or handler.http_methods & {"POST", "PUT", "PATCH"}:
        codes.add(404)
    if handler.http_methods & {"POST", "PUT", "PATCH", "DELETE"}:
        codes |= {409, 413, 415, 422}
    if "if_match" in hints:
        codes |= {412, 428}
    return sorted(codes)


def _struct(hint: Any) -> Any:
    """The struct inside an annotation: of an answer, of a body, or bare."""
    inner = get_args(hint)
    return _struct(inner[0]) if inner else hint


def _mended(shape: Any) -> Any:
    """Decimals are taken as numbers too; a text that is a date says so."""
    if isinstance(shape, list):
        return [_mended(item) for item in shape]
    if not isinstance(shape, dict):
        return shape
    found = {name: _mended(value) for name, value in shape.items()}
    if found.get("format") == "decimal":
        return {"anyOf": [{"type": "string", "pattern": r"^-?\d+(\.\d+)?$"}, {"type": "number"}]}
    return found
