"""Reports as CSV for whoever asks for it: one row a line, nothing that a spreadsheet would run."""

import csv
import io
import re
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, TypeVar, get_args, get_origin

import msgspec
from litestar import Response

from backend.db.session import Unit
from backend.routes.call import Call

T = TypeVar("T")
CSV, JSON = "text/csv", "application/json"
# What a spreadsheet takes for the beginning of a formula; plain numbers may be negative.
FORMULA = re.compile(r"[=+\-@\t\r\n]")
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")


async def negotiated(
    call: Call, work: Callable[[Unit], Awaitable[T]], rows: str | None = "items"
) -> Response[T]:
    """A report, or its list `rows` as CSV where the caller accepts that rather than JSON; without
    rows it is one line itself.

    The cursor to a next page is sent in `X-Next-Cursor` then.
    """
    found: Any = await call.read(work)
    headers = {"Vary": "Accept"}
    if call.request.accept.best_match([JSON, CSV], default=JSON) != CSV:
        return Response(found, headers=headers)
    if cursor := getattr(found, "next_cursor", None):
        headers["X-Next-Cursor"] = cursor
    body: Any = table(found, rows)
    return Response(body, media_type=CSV, headers=headers)


def table(found: Any, rows: str | None) -> str:
    """A list of a report as CSV; a field of a part is named `part.field`, a list is one cell."""
    kind, lines = type(found), [found]
    if rows is not None:
        (kind,) = get_args(
            next(one.type for one in msgspec.structs.fields(kind) if one.name == rows)
        )
        lines = getattr(found, rows)
    columns = list(_columns(kind))
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(".".join(path) for path in columns)
    for row in msgspec.to_builtins(lines):
        writer.writerow(defused(_cell(row, path)) for path in columns)
    return out.getvalue()


def _columns(kind: Any, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for one in msgspec.structs.fields(kind):
        parts = (one.type,) if get_origin(one.type) is list else (one.type, *get_args(one.type))
        inner = next((part for part in parts if _is_struct(part)), None)
        path = (*above, one.encode_name)
        if inner is None:
            yield path
        else:
            yield from _columns(inner, path)


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _cell(row: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        row = None if row is None else row[name]
    return msgspec.json.encode(row).decode() if isinstance(row, list | dict) else row


def defused(value: Any) -> Any:
    """A text that a spreadsheet would take for a formula gets an apostrophe before it."""
    if isinstance(value, str) and FORMULA.match(value) and not NUMBER.fullmatch(value):
        return f"'{value}"
    return value
