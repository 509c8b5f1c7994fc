"""The page of the contract: all of it, and nothing that runs or comes from elsewhere."""

import re
from html.parser import HTMLParser
from typing import Any

import httpx
import msgspec
import pytest

from backend.routes.openapi.words import in_words
from tests.office import Office, written_contract

pytestmark = pytest.mark.anyio

CSP = (
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'"
)


class Seen(HTMLParser):
    """The elements of a page, their attributes, their ids."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        self.ids += [value or "" for name, value in attrs if name == "id"]


@pytest.fixture
def anybody(office: Office) -> httpx.AsyncClient:
    """Somebody without a token."""
    app: Any = office.app
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://voronka.test")


async def test_the_page_shows_the_whole_contract(anybody: httpx.AsyncClient) -> None:
    reply = await anybody.get("/api/docs")
    assert reply.status_code == 200, reply.text
    contract = msgspec.json.decode(written_contract())
    seen = Seen()
    seen.feed(reply.text)
    names = {
        told["operationId"] for methods in contract["paths"].values() for told in methods.values()
    }
    assert len(seen.ids) == len(set(seen.ids))
    assert names <= set(seen.ids)
    assert seen.elements.count("details") == len(names)
    for place in re.findall(r'href="#([^"]+)"', reply.text):
        assert place in seen.ids
    for told in ("cards:write", "/problems/stale", "If-Match", "Ten seats", "one line, not blank"):
        assert told in reply.text


async def test_nothing_runs_and_nothing_comes_from_elsewhere(anybody: httpx.AsyncClient) -> None:
    reply = await anybody.get("/api/docs")
    assert reply.headers["content-type"] == "text/html; charset=utf-8"
    assert reply.headers["content-security-policy"] == CSP
    assert reply.headers["x-content-type-options"] == "nosniff"
    seen = Seen()
    seen.feed(reply.text)
    assert not {"script", "style", "iframe", "img", "form", "object"} & set(seen.elements)
    links = [value for name, value in seen.attributes if name in ("href", "src")]
    assert {link for link in links if not link.startswith("#")} == {
        "/api/docs.css", "/api/v1/openapi.json",
    }  # fmt: skip
    assert not [name for name, _ in seen.attributes if name.startswith("on") or name == "style"]
    style = await anybody.get("/api/docs.css")
    assert (style.status_code, style.headers["content-type"]) == (200, "text/css; charset=utf-8")
    assert style.headers["x-content-type-options"] == "nosniff"
    assert not re.search(r"url\(|@import", style.text)
    assert "prefers-color-scheme: dark" in style.text


async def test_who_has_the_page_is_not_sent_it_again(anybody: httpx.AsyncClient) -> None:
    for path in ("/api/docs", "/api/docs.css"):
        tag = (await anybody.get(path)).headers["etag"]
        again = await anybody.get(path, headers={"If-None-Match": tag})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)


def test_schemas_in_words() -> None:
    for schema, words in (
        ({"type": "integer", "minimum": 1, "maximum": 2**53}, "whole number, from 1"),
        ({"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]}, "date or null"),
        ({"type": "array", "items": {"$ref": "#/components/schemas/Deal"}}, "list of Deal"),
        ({"enum": ["a", "-a"]}, "a · -a"),
        ({"type": "string", "pattern": "^[A-Z]{3}$"}, "text, as ^[A-Z]{3}$"),
        ({}, "anything"),
    ):
        assert in_words(schema) == words
