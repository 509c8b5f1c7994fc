"""Schemas of the structs, with what their encoder forgets: decimals, hidden characters."""

import re
from typing import Any, get_args

import msgspec

from backend.reading import LINES_FROM, TURNS
from backend.routes.problems import Problem

REF = "#/components/schemas/{name}"
HIDDEN = r"\x00-\x1f\x7f-\x9f\u2028\u2029" + "".join(
    f"\\u{ord(one):04x}" if one != "-" else one for one in TURNS
)
ONE_LINE = f"^[^{HIDDEN}]*$"
NOT_BLANK = rf"^[^{HIDDEN}]*[^\s{HIDDEN}][^{HIDDEN}]*$"
LINES = "^[^{}]*$".format(HIDDEN.replace(r"\x00-\x1f", r"\x00-\x08\x0b\x0c\x0e-\x1f"))
LINES_NOT_BLANK = NOT_BLANK.replace(r"\x00-\x1f", r"\x00-\x08\x0b\x0c\x0e-\x1f")
DECIMAL: dict[str, Any] = {
    "anyOf": [
        {"type": "string", "pattern": r"^[+-]?[0-9]{1,16}(\.[0-9]{1,12})?$"},
        {"type": "number", "minimum": -1e15, "maximum": 1e15},
    ]
}


class Shapes:
    """The structs that operations speak of; those that callers send bound their texts."""

    def __init__(self) -> None:
        self._sent: dict[str, Any] = {}
        self._told: dict[str, Any] = {"Problem": Problem}

    def asked(self, kind: type) -> dict[str, str]:
        """A reference to a struct that callers send."""
        self._sent[kind.__name__] = kind
        return {"$ref": REF.format(name=kind.__name__)}

    def answered(self, kind: type) -> dict[str, str]:
        """A reference to a struct that answers hold."""
        self._told[kind.__name__] = kind
        return {"$ref": REF.format(name=kind.__name__)}

    def components(self) -> dict[str, Any]:
        """All schemas by name; what is sent and told alike is bound as what is sent."""
        _, sent = _components(list(self._sent.values()))
        _, told = _components(list(self._told.values()))
        found = told | {name: bounded(shape) for name, shape in sent.items()}
        return {name: mended(shape) for name, shape in sorted(found.items())}


def _components(kinds: list[Any]) -> tuple[Any, dict[str, Any]]:
    return msgspec.json.schema_components(kinds, ref_template=REF)


def of_query(kind: type) -> dict[str, Any]:
    """The schema of a struct of query parameters."""
    _, components = _components([kind])
    found: dict[str, Any] = mended(bounded(components[kind.__name__]))
    return found


def struct_of(hint: Any) -> Any:
    """The struct inside an annotation: of an answer, of a body, or bare."""
    inner = get_args(hint)
    return struct_of(inner[0]) if inner else hint


def mended(shape: Any) -> Any:
    """Decimals are taken as numbers too."""
    if isinstance(shape, list):
        return [mended(item) for item in shape]
    if not isinstance(shape, dict):
        return shape
    if shape.get("format") == "decimal":
        return DECIMAL
    return {name: mended(value) for name, value in shape.items()}


def bounded(shape: Any) -> Any:
    """Every text says which characters it may hold."""
    if isinstance(shape, list):
        return [bounded(item) for item in shape]
    if not isinstance(shape, dict):
        return shape
    found = {name: bounded(value) for name, value in shape.items()}
    if found.get("type") == "string" and not found.keys() & {"format", "enum", "const"}:
        found["pattern"] = _pattern(found.get("pattern"), found.get("maxLength"))
    if "propertyNames" in found:
        found["propertyNames"] = {**found["propertyNames"], "pattern": ONE_LINE}
    return found


def _pattern(own: str | None, most: int | None) -> str:
    lines = most is None or most >= LINES_FROM
    if own is None:
        return LINES if lines else ONE_LINE
    if own == r"\S":
        return LINES_NOT_BLANK if lines else NOT_BLANK
    return re.sub(r"\[\^@\\s\]", lambda _: rf"[^@\s{HIDDEN}]", own)
