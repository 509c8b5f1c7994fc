"""Texts that are made to be slow: every pattern, every search and every body stays quick."""

import ast
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

import backend
from backend.app import LARGEST_BODY
from backend.domain.texts import like
from backend.errors import DomainError
from backend.routes.policy import POLICY
from backend.routes.strict import decode
from tests.access.company import Company
from tests.access.fields import body_of, is_text, places, query_of
from tests.access.test_matrix import address

pytestmark = pytest.mark.anyio

LONG = 100_000
QUICK = 0.2
QUICK_BODY = 1.0  # a large one is read in a fourth of it, and in more than thrice by the square
SEEDS = (
    "a", "1", " ", "\t", '"', '\\"', '"\\"', '""', '",', '"a",', ", ", "@", "a@", "@a", ".", "-",
    "1-",
    "W/", 'W/"', "{", "{a:", "}{", "[", "]", "[.", "P1", "P1Y", "_", "%", "ё", "é", "＝", "a-",
    "-1",
    "ﬁ", "\u0301", "1.", "Object contains unknown field `", " - at `$.", "a.b[", "uq_", "fk_a",
)  # fmt: skip
SHORT = LONG // 8  # tried first: what is slow by the square is found out without a long wait
BODY = msgspec.defstruct("Body", [("title", str, "")], forbid_unknown_fields=True)


def spent(work: Callable[[], Any]) -> float:
    """The processor's time, whatever else the machine is doing."""
    began = time.thread_time()
    work()
    return time.thread_time() - began


class Use(NamedTuple):
    """A pattern, and the way in which it is tried: `fullmatch`, `search` and so on."""

    pattern: "re.Pattern[Any]"
    way: str


def uses() -> Iterator[Use]:
    """Every pattern of the product: in the modules, in calls, in the bounds of fields."""
    for name, module in list(sys.modules.items()):
        if name.startswith("backend"):
            for one in (one for value in vars(module).values() for one in _compiled(value)):
                yield from (Use(one, way) for way in ("fullmatch", "search"))
    for file in Path(backend.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            yield from _literals(node)


def _compiled(value: Any) -> list["re.Pattern[Any]"]:
    inside = value.values() if isinstance(value, dict) else (value,)
    return [one for one in inside if isinstance(one, re.Pattern)]


def _literals(node: ast.AST) -> Iterator[Use]:
    """What a call gives to `re`, or to a field as its pattern (which is searched for)."""
    if not isinstance(node, ast.Call):
        return
    way = node.func if isinstance(node.func, ast.Attribute) else None
    of_re = way is not None and isinstance(way.value, ast.Name) and way.value.id == "re"
    found = [(word.value, "search") for word in node.keywords if word.arg == "pattern"]
    if way is not None and of_re and way.attr in ("fullmatch", "match", "search", "findall"):
        found += [(one, way.attr) for one in node.args[:1]]
    elif of_re:
        found += [(one, "search") for one in node.args[:1]]
    yield from (Use(re.compile(one.value), w) for one, w in found if isinstance(one, ast.Constant))


def is_slow(use: Use, seed: str) -> bool:
    for size, limit in ((SHORT, QUICK / 10), (LONG, QUICK)):
        text: Any = seed * (size // len(seed)) + "!"
        text = text.encode() if isinstance(use.pattern.pattern, bytes) else text
        if spent(partial(getattr(use.pattern, use.way), text)) > limit:
            return True
    return False


def test_every_pattern_is_quick() -> None:
    found = set(uses())
    assert len(found) > 25
    assert [use for use in found if any(is_slow(use, seed) for seed in SEEDS)] == []


def test_a_slow_pattern_is_found() -> None:
    assert is_slow(Use(re.compile(r"[^@]+@"), "search"), "a")


def bodies() -> Iterator[tuple[str, bytes]]:
    """As large as they may be: what is slow by the square may be quick at a tenth of that."""
    for seed in SEEDS:
        yield f"plain {seed}", (seed * (LARGEST_BODY // len(seed))).encode()
        yield f"open {seed}", f'"{seed * (LARGEST_BODY // len(seed))}'.encode()
    keys = ",".join(f'"k{number}":1' for number in range(80_000))
    yield "many keys", f"{{{keys}}}".encode()
    yield "many keys, the last of them twice", f'{{{keys},"k79999":1}}'.encode()
    twice = ",".join(f'"k{number}":{{"a":1,"a":2}}' for number in range(40_000))
    yield "many that are twice", f"{{{twice}}}".encode()
    yield "digits", b'{"title":' + b"1" * LARGEST_BODY + b"}"


def read(body: bytes) -> None:
    with suppress(DomainError):
        decode(body, BODY)


def test_every_body_is_read_or_refused_quickly() -> None:
    for name, body in bodies():
        assert spent(partial(read, body)) < QUICK_BODY, name


def test_folding_is_quick() -> None:
    texts = [seed * (LONG // len(seed)) for seed in SEEDS]
    assert [text[:9] for text in texts if spent(partial(like, text)) > QUICK] == []


async def test_every_search_refuses_what_is_too_long(company: Company) -> None:
    for key in POLICY:
        kind = query_of(key) if key.startswith("GET ") else None
        for place in places(kind) if kind is not None else ():
            if is_text(place):
                path, _ = address(company, key, "anna")
                asked = f"{path}?{place.name}={'a%27' * 25_000}"
                took = [await answered(company, asked) for _ in range(3)]
                assert min(took) < QUICK, (key, place)


async def answered(company: Company, asked: str) -> float:
    """The CPU seconds of a refusal; others' work on the loop may be in it now and then."""
    began = time.thread_time()
    reply = await company.call("GET", asked)
    assert reply.status == 400, asked[:80]
    return time.thread_time() - began


async def test_every_text_that_is_too_long_is_refused(company: Company) -> None:
    for key in POLICY:
        kind = body_of(key)
        if kind is None or not key.startswith("POST ") or not company.takes(len(key)):
            continue
        for place in places(kind):
            if is_text(place) and "/" not in place.path:
                body = msgspec.json.encode({place.name: "a " * (LONG // 2)})
                with pytest.raises(DomainError):
                    decode(body, kind)
