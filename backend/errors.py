"""Errors of the domain: small classes that carry their HTTP status and problem code."""

import re
from typing import Any


class DomainError(Exception):
    """A refusal by a rule. `extra` goes into the problem body as it stands."""

    status = 409
    code = "conflict"
    title = "Conflict"

    def __init__(self, message: str, **extra: object) -> None:
        super().__init__(message)
        self.message = message
        self.extra = {name: value for name, value in extra.items() if value is not None}


class BadRequest(DomainError):
    status, code, title = 400, "bad_request", "Bad request"


class Unauthorized(DomainError):
    status, code, title = 401, "unauthorized", "Not signed in"


class Forbidden(DomainError):
    status, code, title = 403, "forbidden", "Not allowed"


class NotFound(DomainError):
    status, code, title = 404, "not_found", "Not found"


class Conflict(DomainError):
    """The state of the data forbids it."""


class MoveRefused(Conflict):
    code, title = "move_refused", "This move is not possible"


class Stale(DomainError):
    """The record was changed since the caller read it; `version` is the current one.

    `tag` is the ETag that reading it would give, where that is known.
    """

    status, code, title = 412, "stale", "Changed meanwhile"

    def __init__(self, message: str, *, version: int, **extra: object) -> None:
        super().__init__(message, **extra)
        self.version = version
        self.tag: str | None = None


class UnsupportedMedia(BadRequest):
    status, title = 415, "Unsupported media type"


class NotAcceptable(DomainError):
    """Well formed and complete, yet not acceptable."""

    status, code, title = 422, "not_acceptable", "Not acceptable"


class FieldNeeded(NotAcceptable):
    code, title = "field_needed", "A field is needed"


class ReasonNeeded(NotAcceptable):
    code, title = "reason_needed", "A reason is needed"


class NextDateNeeded(NotAcceptable):
    code, title = "next_date_needed", "The next renewal date is needed"


class PreconditionRequired(DomainError):
    status, code, title = 428, "precondition_required", "If-Match is required"


class RateLimited(DomainError):
    status, code, title = 429, "rate_limited", "Too many requests"


class Unavailable(DomainError):
    status, code, title = 503, "unavailable", "Temporarily unavailable"


def pointed(message: str, pointer: str, error: type[DomainError] = BadRequest) -> DomainError:
    """An error that names the place in the body it is about (a JSON pointer)."""
    return error(message, errors=[{"pointer": pointer, "detail": message}])


A_NUMBER = "a number in plain digits is needed, like 1500.00"


def misread(told: str, root: str = "") -> DomainError:
    """What a decoder says of a wrong value (`… - at `$.lines[0].price``), at its place."""
    text, _, path = told.partition(" - at `")
    path = path.partition("$")[2].rstrip("`").replace("[...]", "")
    place = root + path.replace(".", "/").replace("[", "/").replace("]", "")
    if named := re.fullmatch(r"Object (?:contains unknown|missing required) field `(.+)`", text):
        place += "/" + named[1].replace("~", "~0").replace("/", "~1")
    if text.endswith(r"regex '\\S'"):
        text = "A text that is not blank is needed"
    if text == "Invalid decimal string":
        text = A_NUMBER
    return pointed(text, place or "/")


def within(error: DomainError, place: str) -> DomainError:
    """The same error about a part of the body: its pointers start at that place."""
    parts: Any = error.extra.get("errors", [])
    for part in parts:
        part["pointer"] = place + part["pointer"]
    return error
