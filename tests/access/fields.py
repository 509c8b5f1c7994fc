"""What routes read: their bodies and query parameters, field by field, from the structs."""

from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple, get_args

import msgspec
from litestar.handlers import HTTPRouteHandler
from msgspec import inspect

from backend.routes.policy import named
from tests.office import routes

LARGEST = 2**53


class Place(NamedTuple):
    """A field of a body: its path (`deal/product_lines/0/price`), its name and its type."""

    path: str
    name: str
    type: Any


@cache
def handlers() -> dict[str, HTTPRouteHandler]:
    return dict(named(routes()))


def hints_of(key: str) -> dict[str, Any]:
    """What a handler takes, by name; one that is not asynchronous is wrapped."""
    fn: Any = handlers()[key].fn
    return dict(getattr(fn, "func", fn).__annotations__)


def body_of(key: str) -> type | None:
    """The struct that a route reads its body as."""
    return _struct(hints_of(key).get("data"))


def query_of(key: str) -> type | None:
    """The struct that a route reads its parameters as."""
    kind: type | None = handlers()[key].opt.get("query")
    return kind


def _struct(hint: Any) -> type | None:
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return hint
    found = [_struct(inner) for inner in get_args(hint)]
    return next((kind for kind in found if kind is not None), None)


def places(kind: type) -> Iterator[Place]:
    """Every field of a struct and of the structs inside it."""
    yield from _walk(inspect.type_info(kind), "")


def _walk(info: Any, path: str) -> Iterator[Place]:
    for inner in variants(info):
        if isinstance(inner, inspect.StructType):
            for field in inner.fields:
                here = f"{path}{field.encode_name}"
                yield Place(here, field.encode_name, field.type)
                yield from _walk(field.type, f"{here}/")
        elif isinstance(inner, inspect.ListType):
            yield from _walk(inner.item_type, f"{path}0/")


def structs(kind: type) -> Iterator[type]:
    """A struct and those inside it."""
    yield kind
    for place in places(kind):
        for inner in variants(place.type):
            if isinstance(inner, inspect.ListType):
                inner = inner.item_type
            if isinstance(inner, inspect.StructType):
                yield inner.cls


def variants(info: Any) -> list[Any]:
    """The types that a value may have, without what is told about them."""
    if isinstance(info, inspect.Metadata):
        return variants(info.type)
    if isinstance(info, inspect.UnionType):
        return [found for inner in info.types for found in variants(inner)]
    return [info]


def holds_id(place: Place) -> bool:
    """Whether a field names a record by its id."""
    kinds = variants(place.type)
    kinds += [v for k in kinds if isinstance(k, inspect.ListType) for v in variants(k.item_type)]
    return any(isinstance(kind, inspect.IntType) and kind.le == LARGEST for kind in kinds)


def is_text(place: Place) -> bool:
    return any(isinstance(kind, inspect.StrType) for kind in variants(place.type))
