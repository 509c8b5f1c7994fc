"""What a call is sent with beside its body: path, query and headers."""

import re
from typing import Any

from litestar.handlers import HTTPRouteHandler

from backend.routes.openapi import shapes

ID = {"type": "integer", "minimum": 1, "maximum": 2**53}
NAME = {"type": "string", "minLength": 1, "maxLength": 128, "pattern": shapes.NOT_BLANK}
TAG = r'(W/)?"[!#-~]*"'
VERSION = rf"^(\*|{TAG}(, ?{TAG})*)$"


def _header(name: str, told: str, schema: dict[str, Any], required: bool = False) -> dict[str, Any]:
    return {
        "name": name, "in": "header", "required": required, "description": told,
        "schema": {"type": "string", **schema},
    }  # fmt: skip


READ = "The version the caller has read, as the ETag gives it; several may be named, `*` is any."
SHARED = {
    "IfMatch": _header("If-Match", READ, {"pattern": VERSION}, required=True),
    "IfMatchOptional": _header("If-Match", READ, {"pattern": VERSION}),
    "IfNoneMatch": _header("If-None-Match", "ETags that the caller has: 304 for the same.", {}),
    "IdempotencyKey": _header(
        "Idempotency-Key", "The same key and body give the stored answer again.",
        {"minLength": 1, "maxLength": 255, "pattern": "^[!-~]([ -~]*[!-~])?$"},
    ),
    "RequestId": _header(
        "X-Request-Id", "The caller's name for this call: 1 to 128 of `A-Z a-z 0-9 . _ -`;"
        " any other is replaced.", {},
    ),
}  # fmt: skip


def of(
    path: str, method: str, handler: HTTPRouteHandler, example: dict[str, Any]
) -> list[dict[str, Any]]:
    """All parameters of an operation."""
    found = [_in_path(name, example) for name in re.findall(r"{(\w+)}", path)]
    query = handler.opt.get("query")
    if query is not None:
        found += _in_query(shapes.of_query(query), example)
    names = [] if path.startswith("/health/") else ["RequestId"]
    if "if_match" in handler.fn.__annotations__:
        names.append("IfMatch")
    if method == "put":
        names.append("IfMatchOptional")
    if method == "post":
        names.append("IdempotencyKey")
    if conditional(path, handler):
        names.append("IfNoneMatch")
    return found + [{"$ref": f"#/components/parameters/{name}"} for name in names]


def _in_path(name: str, example: dict[str, Any]) -> dict[str, Any]:
    schema = NAME if name == "external_id" else ID
    found = {"name": name, "in": "path", "required": True, "schema": schema}
    if name in example.get("path", {}):
        found["example"] = example["path"][name]
    return found


def _in_query(shape: dict[str, Any], example: dict[str, Any]) -> list[dict[str, Any]]:
    demanded, given = shape.get("required", ()), example.get("query", {})
    found = []
    for name, inner in shape["properties"].items():
        one = {"name": name, "in": "query", "required": name in demanded, "schema": _given(inner)}
        if name in given:
            one["example"] = given[name]
        found.append(one)
    return found


def _given(schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter is left out and never null; a decimal is written in plain digits."""
    if schema == shapes.DECIMAL:
        return dict(shapes.DECIMAL["anyOf"][0])
    if "anyOf" not in schema:
        return {name: value for name, value in schema.items() if name != "default" or value}
    kinds = [kind for kind in schema["anyOf"] if kind != {"type": "null"}]
    return _given(kinds[0]) if len(kinds) == 1 else {"anyOf": kinds}


def conditional(path: str, handler: HTTPRouteHandler) -> bool:
    """Whether an answer has an ETag, and is not sent to whoever has it already."""
    shown = shapes.struct_of(handler.fn.__annotations__.get("return"))
    return "GET" in handler.http_methods and shown is not bytes and path.startswith("/api/")
