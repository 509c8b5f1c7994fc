"""Strict reading: what a decoder lets pass and the product does not, found by the types."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

import msgspec
from msgspec import Meta, ValidationError, convert, inspect

from backend.errors import A_NUMBER, misread, pointed

T = TypeVar("T")

# A text that may be this long has lines; a shorter one stands in one line.
LINES_FROM = 1000

# Control characters (of lines: but tab and newline), and what turns the direction of writing.
TURNS = "\u202a-\u202e\u2066-\u2069"
IN_LINES = re.compile(f"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f{TURNS}]")
IN_A_LINE = re.compile(f"[\x00-\x1f\x7f-\x9f\u2028\u2029{TURNS}]")

# How numbers and instants are written as texts; JSON numbers are read by the decoder alone.
SPELLINGS: dict[type, re.Pattern[str]] = {
    inspect.DecimalType: re.compile(r"[+-]?[0-9]+(\.[0-9]+)?"),
    inspect.IntType: re.compile(r"-?[0-9]+"),
    inspect.DateTimeType: re.compile(r"[0-9]{4}-.+"),
}
CALLED: dict[type, str] = {
    inspect.DecimalType: A_NUMBER,
    inspect.IntType: "a whole number in plain digits is needed",
    inspect.DateTimeType: "an instant is needed, like 2026-03-10T09:00:00Z",
}


def sorted_by(*names: str) -> Meta:
    """What a list may be sorted by, for its description; `-` before a name turns the order."""
    both = [sign + name for name in names for sign in ("", "-")]
    return Meta(max_length=64, extra_json_schema={"enum": both})


@dataclass(frozen=True, slots=True)
class Rule:
    """What texts at one place of a body must be, and the rules of the places within."""

    hidden: re.Pattern[str] | None = None
    choices: tuple[str, ...] = ()
    spelt: tuple[type, ...] = ()
    optional: bool = False
    fields: Mapping[str, "Rule"] | None = None
    values: "Rule | None" = None
    items: "Rule | None" = None


ANYTHING = Rule(hidden=IN_LINES)


@cache
def rule_of(kind: Any) -> Rule:
    """The rule of a struct, or of any other type that JSON is decoded as."""
    return _rule(inspect.type_info(kind))


def _rule(told: Any) -> Rule:
    parts = list(_parts(told))
    made: dict[str, Any] = {
        "spelt": tuple(type(part) for part in parts if type(part) in SPELLINGS),
        "choices": tuple(one for part in parts for one in _choices(part)),
        "optional": any(isinstance(part, inspect.NoneType) for part in parts),
    }
    for part in parts:
        match part:
            case inspect.StrType(max_length=most):
                made["hidden"] = IN_LINES if most is None or most >= LINES_FROM else IN_A_LINE
            case inspect.StructType(fields=fields):
                made["fields"] = {one.encode_name: _rule(one.type) for one in fields}
            case inspect.DictType(value_type=inner):
                made["values"] = _rule(inner)
            case inspect.ListType(item_type=inner):
                made["items"] = _rule(inner)
            case inspect.AnyType():
                return ANYTHING
    return Rule(**made)


def _choices(part: Any) -> Iterator[str]:
    if isinstance(part, inspect.LiteralType):
        yield from map(str, part.values)
    elif isinstance(part, inspect.EnumType):
        yield from (str(one.value) for one in part.cls)


def _parts(told: Any) -> Iterator[Any]:
    if isinstance(told, inspect.Metadata):
        yield from _parts(told.type)
    elif isinstance(told, inspect.UnionType):
        for part in told.types:
            yield from _parts(part)
    else:
        yield told


def converted(given: Any, kind: type[T], place: str = "", *, strict: bool = False) -> T:
    """Plain values as what they are meant to be; BadRequest that points at what is wrong.

    Unless `strict`, texts stand for numbers, days and the like: forms and addresses have no other.
    """
    try:
        found = convert(given, kind, strict=strict, str_keys=True)
    except ValidationError as error:
        raise misread(_with_choices(str(error), kind), place) from None
    demand_plain(given, kind, place)
    return found


def decoded(body: bytes, kind: type[T]) -> T:
    """A JSON body as what it is meant to be; BadRequest that points at what is wrong."""
    try:
        return msgspec.json.decode(body, type=kind, strict=True)
    except ValidationError as error:
        raise misread(_with_choices(str(error), kind)) from None


def _with_choices(told: str, kind: Any) -> str:
    """What a decoder says of a value that is none of those there are, and which there are."""
    text, at, path = told.partition(" - at `")
    if not text.startswith("Invalid enum value"):
        return told
    rule: Rule | None = rule_of(kind)
    for name, index in re.findall(r"\.(\w+)|\[(\d+)\]", path):
        rule = rule and (rule.items if index else (rule.fields or {}).get(name))
    choices = rule.choices if rule else ()
    return f"{text}; there are: {', '.join(choices)}{at}{path}" if choices else told


def demand_plain(value: Any, kind: Any, place: str = "") -> None:
    """BadRequest for the first text that is not written as its type wants it."""
    _demand(value, rule_of(kind), place)


def _demand(value: Any, rule: Rule, place: str) -> None:
    if isinstance(value, str):
        _demand_text(value, rule, place)
        return
    for name, one, inner in _within(value, rule, place):
        if inner is not None:
            _demand(one, inner, f"{place}/{step(name)}")


def _within(value: Any, rule: Rule, place: str) -> Iterator[tuple[str, Any, Rule | None]]:
    """What lies in an object or an array, each with its rule."""
    every = ANYTHING if rule is ANYTHING else None
    if isinstance(value, dict):
        for name, one in value.items():
            if rule.fields is not None:
                yield name, one, rule.fields.get(name)
                continue
            if IN_A_LINE.search(name):
                raise pointed("a name must not contain control characters", place or "/")
            yield name, one, rule.values or every
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield str(number), one, rule.items or every


def _demand_text(value: str, rule: Rule, place: str) -> None:
    if rule.hidden is not None:
        found = rule.hidden.search(value)
        if found is not None:
            code = f"U+{ord(found.group()):04X}"
            raise pointed(f"a text must not contain the character {code} here", place or "/")
    elif rule.spelt and not any(SPELLINGS[kind].fullmatch(value) for kind in rule.spelt):
        raise pointed(CALLED[rule.spelt[0]], place or "/")
    elif rule.optional and value.lower() == "null":
        raise pointed("leave it out instead of writing null", place or "/")


def step(name: str) -> str:
    """A name as a step of a JSON pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")
