"""The contract in words, for a page: groups of operations, each with what goes in and comes out."""

import json
import re
from typing import Any

from backend.routes.openapi import shapes

Shape = dict[str, Any]
PATTERNS = {
    shapes.ONE_LINE: "one line",
    shapes.NOT_BLANK: "one line, not blank",
    shapes.LINES: "lines of text",
    shapes.LINES_NOT_BLANK: "lines of text, not blank",
}
KINDS = {"integer": "whole number", "number": "number", "boolean": "true or false", "null": "null",
         "object": "object", "string": "text"}  # fmt: skip
FORMATS = {"date": "date", "date-time": "instant", "binary": "file"}


def reading(contract: Shape) -> dict[str, Any]:
    """What the page shows."""
    groups: dict[str, list[Shape]] = {}
    for path, methods in sorted(contract["paths"].items()):
        for method in ("get", "post", "put", "patch", "delete"):
            if method in methods:
                told = _operation(contract, path, method, methods[method])
                groups.setdefault(methods[method]["tags"][0], []).append(told)
    refusals = contract["components"]["responses"]
    return {
        "title": contract["info"]["title"],
        "version": contract["info"]["version"],
        "about": [_spoken(part) for part in contract["info"]["description"].split("\n\n")],
        "groups": sorted(groups.items()),
        "refusals": [
            {"code": code, "told": one["description"], "type": _problem(one)}
            for code, one in sorted(refusals.items())
        ],
    }


def _spoken(text: str) -> list[tuple[bool, str]]:
    """A text in pieces: whether one is code, and what it says."""
    return [(number % 2 == 1, piece) for number, piece in enumerate(text.split("`"))]


def _problem(refusal: Shape) -> str:
    (content,) = refusal["content"].values()
    return str(content["example"]["type"])


def _operation(contract: Shape, path: str, method: str, told: Shape) -> Shape:
    answers = told["responses"]
    body = told.get("requestBody")
    good = [code for code in answers if code < "400"]
    return {
        "id": told["operationId"],
        "method": method.upper(),
        "path": path,
        "summary": told["summary"],
        "scope": told.get("x-scope"),
        "needs": _spoken(told.get("description", "Needs no token.")),
        "parameters": [_parameter(_found(contract, one)) for one in told["parameters"]],
        "body": None if body is None else _fields(contract, body["content"]["application/json"]),
        "body_needed": body is None or body["required"],
        "good": [_answer(contract, code, answers[code]) for code in sorted(good)],
        "refusals": sorted(answers.keys() - set(good)),
        "sent": _sent(contract, path, method, told),
    }


def _found(contract: Shape, one: Shape) -> Shape:
    """A shared part of the contract where it is only named."""
    while "$ref" in one:
        found: Any = contract
        for step in one["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        one = found
    return one


def _parameter(one: Shape) -> Shape:
    return {
        "name": one["name"], "where": one["in"], "needed": one["required"],
        "kind": in_words(one["schema"]), "told": one.get("description", ""),
    }  # fmt: skip


def _answer(contract: Shape, code: str, answer: Shape) -> Shape:
    content = answer.get("content", {})
    media = next(iter(content), "")
    shown = content.get(media, {})
    return {
        "code": code,
        "told": answer["description"],
        "media": media,
        "headers": sorted(answer.get("headers", {})),
        "fields": _fields(contract, shown) if media == "application/json" else [],
        "example": _pretty(shown.get("example")),
    }


def _fields(contract: Shape, shown: Shape) -> list[Shape]:
    """The fields of an object, or of the rows of a list, each in words."""
    shape = _found(contract, shown["schema"])
    needed = shape.get("required", [])
    found = []
    for name, inner in shape.get("properties", {}).items():
        found.append({"name": name, "needed": name in needed, "kind": in_words(inner)})
        rows = _rows(contract, inner)
        found += [
            {"name": f"{name}[].{below}", "needed": below in rows.get("required", []),
             "kind": in_words(deeper)}
            for below, deeper in rows.get("properties", {}).items()
        ]  # fmt: skip
    return found


def _rows(contract: Shape, shape: Shape) -> Shape:
    return _found(contract, shape["items"]) if shape.get("type") == "array" else {}


def in_words(shape: Shape) -> str:
    """A schema in a few words: `text of 1 to 64, one line`."""
    if "$ref" in shape:
        return str(shape["$ref"].rpartition("/")[2])
    if shape == shapes.DECIMAL:
        return "decimal"
    if "anyOf" in shape:
        return " or ".join(dict.fromkeys(in_words(one) for one in shape["anyOf"]))
    if "enum" in shape:
        return " · ".join(str(one) for one in shape["enum"])
    if shape.get("type") == "array":
        return f"list of {in_words(shape['items'])}"
    kind = FORMATS.get(shape.get("format", "")) or KINDS.get(shape.get("type", ""), "anything")
    return kind + _bounds(shape) + _spelling(shape.get("pattern"))


def _bounds(shape: Shape) -> str:
    low = shape.get("minimum", shape.get("minLength"))
    high = shape.get("maximum", shape.get("maxLength"))
    if high == 2**53:
        high = None
    if low is not None and high is not None:
        return f", {low} to {high}"
    if high is not None:
        return f", at most {high}"
    return f", from {low}" if low else ""


def _spelling(pattern: str | None) -> str:
    if pattern is None:
        return ""
    known = PATTERNS.get(pattern)
    plain = re.sub(re.escape(shapes.HIDDEN), "", pattern)
    return f", {known}" if known else f", as {plain}"


def _sent(contract: Shape, path: str, method: str, told: Shape) -> str:
    """The example as it goes over the wire."""
    parameters = [_found(contract, one) for one in told["parameters"]]
    place = path
    for one in parameters:
        if one["in"] == "path":
            place = place.replace("{" + one["name"] + "}", str(one.get("example", 1)))
    asked = [f"{one['name']}={one['example']}" for one in parameters
             if one["in"] == "query" and "example" in one]  # fmt: skip
    lines = [f"{method.upper()} {place}{'?' if asked else ''}{'&'.join(asked)}"]
    if "security" in told:
        lines.append("Authorization: Bearer <token>")
    if any(one["name"] == "If-Match" and one["required"] for one in parameters):
        lines.append('If-Match: "3"')
    body = told.get("requestBody", {}).get("content", {}).get("application/json", {})
    if "example" in body:
        lines += ["Content-Type: application/json", "", _pretty(body["example"])]
    return "\n".join(lines)


def _pretty(value: Any) -> str:
    return "" if value is None else json.dumps(value, indent=2, ensure_ascii=False)
