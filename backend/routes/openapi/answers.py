"""What an operation answers: its shapes with their headers, and every refusal it can make."""

import re
from http import HTTPStatus
from typing import Any

import msgspec
from litestar.handlers import HTTPRouteHandler

from backend.routes.openapi.parameters import conditional
from backend.routes.openapi.shapes import REF, Shapes, struct_of
from backend.routes.policy import Who
from backend.routes.problems import MEDIA

TEXT, BINARY = {"type": "string"}, {"type": "string", "format": "binary"}
COUNT = {"type": "integer", "minimum": 0}
HEADERS = {
    "ETag": {
        "description": "The version, or the version with a hash of what is derived.",
        "required": True, "schema": {**TEXT, "pattern": '^"[!#-~]+"$'},
    },
    "Location": {
        "description": "Where the record is read.", "required": True,
        "schema": {**TEXT, "pattern": "^/api/v1/"},
    },
    "IdempotentReplayed": {
        "description": "`true` where the stored answer of the same call is given again.",
        "schema": {**TEXT, "enum": ["true"]},
    },
    "RequestId": {
        "description": "The id of this call, in refusals and logs.", "required": True,
        "schema": {**TEXT, "pattern": "^[A-Za-z0-9._-]{1,128}$"},
    },
    "Challenge": {
        "description": "How to sign in.", "required": True, "schema": TEXT,
    },
    "RetryAfter": {"description": "Seconds to wait.", "required": True, "schema": COUNT},
    "RateLimit": {"description": "The limit, what is left of it, seconds to its reset.",
                  "schema": COUNT},
    "Disposition": {"description": "The file's name.", "schema": TEXT},
}  # fmt: skip


def _headers(**named: str) -> dict[str, Any]:
    told = {"X-Request-Id": "RequestId"}
    told |= {name.replace("_", "-"): component for name, component in named.items()}
    return {name: {"$ref": f"#/components/headers/{one}"} for name, one in told.items()}


LIMITS = {f"RateLimit_{part}": "RateLimit" for part in ("Limit", "Remaining", "Reset")}
OF_REFUSALS = {
    401: _headers(WWW_Authenticate="Challenge"),
    412: _headers(ETag="ETag"),
    429: _headers(Retry_After="RetryAfter", **LIMITS),
    503: _headers(Retry_After="RetryAfter"),
}
MEANT: dict[int, tuple[str, str, dict[str, Any]]] = {
    400: ("bad_request", "Malformed: the body, a parameter or a header.",
          {"errors": [{"pointer": "/amount", "detail": "RUB has 2 decimals"}]}),
    401: ("unauthorized", "No token, or one that is unknown, revoked or expired.", {}),
    403: ("forbidden", "The token lacks the scope, or its user's role the right.", {}),
    404: ("not_found", "There is no such record, or none that the caller may see.", {}),
    409: ("conflict", "A rule or the state of the data forbids it.", {}),
    412: ("stale", "The record was changed since it was read.", {}),
    413: ("bad_request", "The body is too large.", {}),
    415: ("bad_request", "The body is not said to be JSON.", {}),
    422: ("field_needed", "Complete, and yet a field, a reason or a date is needed.",
          {"missing_fields": ["amount"]}),
    428: ("precondition_required", "If-Match is missing.", {}),
    429: ("rate_limited", "Too many calls; wait as Retry-After says.", {}),
    503: ("unavailable", "The database does not answer; try again in a moment.", {}),
}  # fmt: skip


def _refusal(status: int) -> dict[str, Any]:
    code, told, more = MEANT[status]
    title = HTTPStatus(status).phrase
    example = {
        "type": f"/problems/{code}", "title": title, "status": status, "detail": told,
        "instance": "01jd2c5e8f", **more,
    }  # fmt: skip
    schema = {"$ref": REF.format(name="Problem")}
    return {
        "description": told,
        "headers": OF_REFUSALS.get(status, _headers()),
        "content": {MEDIA: {"schema": schema, "example": example}},
    }


REFUSALS = {str(status): _refusal(status) for status in MEANT}


def of(
    path: str, method: str, handler: HTTPRouteHandler, example: dict[str, Any], known: Shapes
) -> dict[str, Any]:
    """All answers of an operation by status."""
    kind = struct_of(handler.fn.__annotations__.get("return"))
    good = _good(path, method, handler, example, known)
    found = {str(status): _said(status, good) for status in _statuses(method, handler)}
    if method == "post" and str(handler.status_code) == "201" and "id" in _fields(kind):
        found["201"]["headers"] = {**good["headers"], **_headers(Location="Location")}
    if conditional(path, handler):
        found["304"] = {
            "description": "The caller has it already.", "headers": _headers(ETag="ETag"),
        }  # fmt: skip
    for status in sorted(_refusals(path, method, handler)):
        found[str(status)] = {"$ref": f"#/components/responses/{status}"}
    return found


def _statuses(method: str, handler: HTTPRouteHandler) -> tuple[int, ...]:
    return (200, 201) if method == "put" else (handler.status_code,)


def _said(status: int, good: dict[str, Any]) -> dict[str, Any]:
    return {"description": HTTPStatus(status).phrase, **good}


def _good(
    path: str, method: str, handler: HTTPRouteHandler, example: dict[str, Any], known: Shapes
) -> dict[str, Any]:
    kind = struct_of(handler.fn.__annotations__.get("return"))
    headers = _headers()
    if method == "post":
        headers |= _headers(Idempotent_Replayed="IdempotentReplayed")
    if conditional(path, handler) or (method != "get" and "version" in _fields(kind)):
        headers |= _headers(ETag="ETag")
    if kind is bytes:
        headers |= _headers(Content_Disposition="Disposition")
        content = {str(handler.media_type): {"schema": BINARY}}
        return {"headers": headers, "content": content}
    if kind is None or handler.status_code == 204:
        return {"headers": headers}
    shown: dict[str, Any] = {"schema": known.answered(kind)}
    if "answer" in example:
        shown["example"] = example["answer"]
    content = {"application/json": shown}
    if handler.opt.get("table"):
        content["text/csv"] = {"schema": TEXT}
    return {"headers": headers, "content": content}


def _fields(kind: Any) -> tuple[str, ...]:
    return getattr(kind, "__struct_fields__", ())


BY_METHOD = {"post": {409, 422}, "put": {409, 412, 422}, "patch": {409, 422}, "delete": {409}}


def _refusals(path: str, method: str, handler: HTTPRouteHandler) -> set[int]:
    hints = handler.fn.__annotations__
    if handler.opt["rule"].who is Who.PUBLIC:
        return {503} if path.endswith("/ready") else set()
    names_one = "_id}" in path.replace("external_id}", "")
    return {400, 401, 403, 429, 503} | BY_METHOD.get(method, set()).union(
        {404} if names_one or _names_records(path, handler) else (),
        {413, 415} if "data" in hints else (),
        {412, 428} if "if_match" in hints else (),
        {412} if '"version":' in _body(handler) else (),
        {409, 422} if struct_of(hints.get("return")) is bytes else (),
        {422} if method == "delete" and handler.opt.get("query") is not None else (),
    )


def _names_records(path: str, handler: HTTPRouteHandler) -> bool:
    """Whether body or parameters name other records, which have to exist for the caller.

    A filter of a list names none: what nothing fits is an empty list.
    """
    if told := _body(handler):
        return bool(re.search(r'"(?:(?!external)\w+_id|heads|pipeline|stage)":', told))
    fields = _fields(handler.opt.get("query"))
    is_list = "cursor" in fields and "/reports" not in path
    return not is_list and ("pipeline" in fields or "rule_id" in fields)


def _body(handler: HTTPRouteHandler) -> str:
    """The schema of what is sent; empty where nothing is."""
    hints = handler.fn.__annotations__
    if "data" not in hints:
        return ""
    return msgspec.json.encode(msgspec.json.schema(struct_of(hints["data"]))).decode()
