"""Every refusal, in one place: problem+json (RFC 9457) for programs, pages for people."""

import logging
import re
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from backend.db.postgres import LOST
from backend.db.session import passing
from backend.errors import (
    BadRequest,
    Conflict,
    DomainError,
    RateLimited,
    Stale,
    Unauthorized,
    Unavailable,
)
from backend.routes.methods import allow
from backend.routes.web import refusals

log = logging.getLogger(__name__)

MEDIA = "application/problem+json"
CODES = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    429: "rate_limited",
}
TITLES = {
    400: "Bad request", 404: "Not found", 405: "Method not allowed", 413: "Too large",
    415: "Unsupported media type", 500: "Something went wrong",
}  # fmt: skip

# Said instead of the framework's own words.
SAID = {
    404: "There is nothing at this address", 413: "What was sent is larger than is taken here",
}  # fmt: skip

# What a person did when a constraint refused, by the constraint's name.
TAKEN = {
    "external_id": "This external_id is taken by another record",
    "email": "This e-mail is taken by another user",
    "team_name": "There is a team of this name already",
    "team.name": "There is a team of this name already",
    "task_next_step": "This card has an open task of this kind already",
    "task.card_id": "This card has an open task of this kind already",
    "pipeline_key": "There is a pipeline with this key already",
    "pipeline.key": "There is a pipeline with this key already",
}


class ErrorItem(msgspec.Struct, frozen=True):
    """One place in the request that is wrong, as a JSON pointer."""

    pointer: str
    detail: str


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """A refusal (RFC 9457). Other members come where they apply: see the fields named here."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: list[ErrorItem] | msgspec.UnsetType = msgspec.UNSET
    missing_fields: list[str] | msgspec.UnsetType = msgspec.UNSET
    allowed_stages: list[dict[str, Any]] | msgspec.UnsetType = msgspec.UNSET
    reasons: list[dict[str, Any]] | msgspec.UnsetType = msgspec.UNSET
    proposals: dict[str, str] | msgspec.UnsetType = msgspec.UNSET
    record: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET
    suggested_action: str | msgspec.UnsetType = msgspec.UNSET


def of_domain(request: Request[Any, Any, Any], error: DomainError) -> Response[bytes]:
    """A refusal by a rule."""
    headers = {}
    if isinstance(error, Unauthorized):
        headers["WWW-Authenticate"] = 'Bearer realm="voronka"'
    if isinstance(error, Stale):
        headers["ETag"] = error.tag or f'"{error.version}"'
    if isinstance(error, (RateLimited, Unavailable)):
        headers["Retry-After"] = str(error.extra.get("retry_after", 1))
    return _reply(
        request, error.status, error.code, error.title, error.message, error.extra, headers
    )


NO_BODY = {"pointer": "/", "detail": "a JSON body is needed"}


def of_http(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    """A refusal by the framework: unknown route, wrong method, wrong media type, bad input."""
    status = error.status_code
    extra: dict[str, Any] = {}
    if isinstance(error, ValidationException) and isinstance(error.extra, list):
        extra["errors"] = [
            NO_BODY
            if item.get("key") == "data"
            else {"pointer": "/" + str(item.get("key", "")), "detail": str(item.get("message", ""))}
            for item in error.extra
            if isinstance(item, dict)
        ]
    code = CODES.get(status, "unavailable" if status >= 500 else "bad_request")
    title = TITLES.get(status, code.replace("_", " ").capitalize())
    detail = SAID.get(status) or _plain(error.detail)
    headers = {name.title(): value for name, value in (error.headers or {}).items()}
    if status == 405:
        headers["Allow"] = allow(headers["Allow"].split(", "))
        detail = f"This address takes {headers['Allow']} and nothing else"
    return _reply(request, status, code, title, detail, extra, headers)


def of_any(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Whatever else went wrong: a constraint, the database, or a mistake of ours."""
    if isinstance(error, IntegrityError):
        return of_domain(request, _by_constraint(error))
    if isinstance(error, DBAPIError) and (passing(error) or _away(error)):
        log.error("the database refused: %s", type(error.orig).__name__)
        return of_domain(
            request, Unavailable("The database does not answer; try again in a moment")
        )
    if isinstance(error, OverflowError) or isinstance(getattr(error, "orig", None), OverflowError):
        log.warning("out of range in request %s: %s", instance(request), error)
        return of_domain(request, BadRequest("A date or a number in this request is out of range"))
    if isinstance(error, DBAPIError) and _state(error).startswith("22"):
        log.warning("no such value in request %s: %s", instance(request), error.orig)
        return of_domain(request, BadRequest("The database cannot hold a value of this request"))
    if isinstance(error, (PoolTimeout, *LOST)):
        log.error("no connection: %s", type(error).__name__)
        return of_domain(
            request, Unavailable("The database does not answer; try again in a moment")
        )
    log.exception("unexpected failure in request %s", instance(request))
    return _reply(
        request,
        500,
        "internal",
        TITLES[500],
        "The failure was logged; quote the request id",
        {},
        {},
    )


def _by_constraint(error: IntegrityError) -> DomainError:
    found = re.search(
        r"(?:uq|ck|fk|pk)_[a-z_]+|UNIQUE constraint failed: [\w., ]+|index '\w+'", str(error.orig)
    )
    name = found.group() if found else ""
    for word, told in TAKEN.items():
        if word in name:
            return Conflict(told)
    log.warning("refused by constraint %s", name or "(unnamed)")
    return Conflict("Another record stands in the way of this change; read it again")


def _state(error: DBAPIError) -> str:
    """PostgreSQL's own code of a failure; empty on SQLite."""
    return getattr(error.orig, "sqlstate", None) or ""


def _away(error: DBAPIError) -> bool:
    away = _state(error)[:2] in ("08", "53", "57")
    return error.connection_invalidated or away or "disk" in str(error.orig)


def _plain(detail: str) -> str:
    """No path, no code of ours in a message."""
    return detail.splitlines()[0][:300] if detail else ""


def instance(request: Request[Any, Any, Any]) -> str:
    """The request's id."""
    return str(request.scope.get("state", {}).get("request_id", ""))


def _reply(
    request: Request[Any, Any, Any],
    status: int,
    code: str,
    title: str,
    detail: str,
    extra: dict[str, Any],
    headers: dict[str, str],
) -> Response[bytes]:
    if refusals.in_browser(request, status):
        return refusals.shown(request, status, detail, headers)
    body = {
        "type": f"/problems/{code}", "title": title, "status": status, "detail": detail,
        "instance": instance(request), **extra,
    }  # fmt: skip
    return Response(
        msgspec.json.encode(body), status_code=status, media_type=MEDIA, headers=headers
    )


HANDLERS: dict[Any, Any] = {DomainError: of_domain, HTTPException: of_http, Exception: of_any}
