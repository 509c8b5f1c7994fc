"""Every refusal is problem+json of one shape, whatever was wrong with the request."""

import json
from collections.abc import AsyncIterator
from typing import Any, cast

import httpx
import pytest

from backend.routes.methods import answering_head
from tests.factories.cards import DealFactory, new_deal
from tests.office import Office, Person

pytestmark = pytest.mark.anyio

MEMBERS = {"type", "title", "status", "detail", "instance"}
MORE = {"errors", "missing_fields", "allowed_stages", "reasons", "proposals", "record",
        "suggested_action"}  # fmt: skip


def problem(reply: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The problem of a refusal, after a look at its shape."""
    assert reply.status_code == status, reply.text
    assert reply.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = reply.json()
    assert set(body) >= MEMBERS
    assert set(body) - MEMBERS <= MORE
    assert (body["status"], body["type"]) == (status, f"/problems/{code}")
    assert body["instance"] == reply.headers["x-request-id"]
    assert body["title"]
    assert body["detail"]
    for item in body.get("errors", []):
        assert set(item) == {"pointer", "detail"}
        assert item["pointer"].startswith("/")
    return body


@pytest.fixture
async def anna(office: Office) -> Person:
    return await office.person("anna")


async def sent(
    anna: Person, content: Any, media: str | None = "application/json", path: str = "/deals"
) -> httpx.Response:
    headers = {} if media is None else {"Content-Type": media}
    return await anna.http.post(path, content=content, headers=headers)


async def test_credentials(office: Office, anna: Person) -> None:
    for header in ("", "Bearer", "Bearer  ", "Basic abc", "Bearer nonsense", anna.token):
        for path in ("/deals", "/deals/1", "/me"):
            reply = await anna.http.get(path, headers={"Authorization": header})
            problem(reply, 401, "unauthorized")
            assert reply.headers["www-authenticate"].startswith("Bearer")
    cookie = await anna.http.get("/deals", headers={"Authorization": "", "Cookie": "session=x"})
    problem(cookie, 401, "unauthorized")
    lower = await anna.http.get("/deals", headers={"Authorization": f"bearer {anna.token}"})
    assert lower.status_code == 200


async def test_scopes_are_asked_before_the_body_is_read(office: Office) -> None:
    reader = await office.person("reader", scopes=("cards:read",))
    viewer = await office.person("viewer", "viewer")
    for person in (reader, viewer):
        assert (await person.get("/deals")).status_code == 200
        problem(await sent(person, "{"), 403, "forbidden")
        problem(await person.post("/deals/1/move", {}), 403, "forbidden")
        problem(await person.get("/deals/1"), 404, "not_found")
    problem(await sent(reader, "{", path="/clients"), 403, "forbidden")


ADDRESSES = [
    ("GET", "/nowhere", 404), ("GET", "/deals/abc", 404), ("GET", "/deals/1.5", 404),
    ("GET", "/deals/0", 404), ("GET", "/deals/-1", 404), ("GET", f"/deals/{10**30}", 404),
    ("GET", f"/deals/{2**53}", 404), ("POST", "/deals/1/nothing", 404), ("GET", "//deals", 404),
    ("GET", "/leads/1", 404), ("PUT", "/deals", 405), ("DELETE", "/deals", 405),
    ("PATCH", "/deals", 405), ("POST", "/deals/1", 405), ("GET", "/deals/1/move", 405),
]  # fmt: skip


async def test_addresses_and_methods(anna: Person, subtests: pytest.Subtests) -> None:
    for method, path, status in ADDRESSES:
        with subtests.test(msg=f"{method} {path}"):
            reply = await anna.http.request(method, path)
            problem(reply, status, {404: "not_found", 405: "bad_request"}[status])
            if status == 405:
                allowed = reply.headers["allow"]
                assert {"GET", "POST"} & set(allowed.split(", "))
                assert reply.json()["detail"] == f"This address takes {allowed} and nothing else"


async def test_options_tells_all_methods_of_an_address(anna: Person) -> None:
    for path, methods in (
        ("/deals", "GET, HEAD, OPTIONS, POST"),
        ("/deals/1", "DELETE, GET, HEAD, OPTIONS, PATCH"),
        ("/deals/1/move", "OPTIONS, POST"),
        ("/me", "GET, HEAD, OPTIONS, PATCH"),
    ):
        for token in (anna.token, ""):
            reply = await anna.http.options(path, headers={"Authorization": f"Bearer {token}"})
            assert (reply.status_code, reply.headers["allow"]) == (204, methods)
        refused = await anna.http.request("TRACE", path)
        assert refused.headers["allow"] == methods
    problem(await anna.http.options("/nowhere"), 404, "not_found")


HEADS = [
    ("/api/v1/deals", 200), ("/api/v1/me", 200), ("/api/v1/deals/9999", 404), ("/nowhere", 404),
    ("/api/v1/deals?limit=0", 400), ("/api/v1/deals/1/move", 405), ("/health/live", 200),
    ("/health/ready", 200), ("/sign-in", 200), ("/events?board=deals", 303),
]  # fmt: skip


async def test_head_is_answered_as_get_is_without_the_body(office: Office, anna: Person) -> None:
    """So do programs ask that watch whether all is well."""
    await new_deal(anna, client_id=await office.client(anna))
    transport = httpx.ASGITransport(app=cast(Any, office.app))
    async with httpx.AsyncClient(transport=transport, base_url="http://voronka.test") as http:
        http.headers["Authorization"] = f"Bearer {anna.token}"
        for path, status in HEADS:
            got, head = await http.get(path), await http.head(path)
            assert (got.status_code, head.status_code, head.content) == (status, status, b""), path
            for name in ("content-type", "content-length", "etag", "allow"):
                assert head.headers.get(name) == got.headers.get(name), (path, name)


async def test_a_stream_that_is_asked_for_its_head_ends() -> None:
    async def stream(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while (await receive())["type"] != "http.disconnect":
            await send({"type": "http.response.body", "body": b"x", "more_body": True})

    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = cast(Any, {"type": "http", "method": "HEAD"})
    await answering_head(stream)(scope, receive, send)
    assert [one.get("more_body") for one in sent] == [None, False]


async def test_bodies_too_large(anna: Person) -> None:
    """Told at once by its length, and as soon as it is seen where it has none."""
    large = b'{"title": "' + b"a" * 1_000_001 + b'"}'
    problem(await sent(anna, large), 413, "bad_request")

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(11):
            yield b" " * 100_000

    problem(await sent(anna, pieces()), 413, "bad_request")


SOMETHING_ELSE = [
    "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
    "application/xml", "application/msgpack", "application/json; charset=windows-1251", "json", "",
]  # fmt: skip
IS_JSON = [
    "application/json", "application/json; charset=utf-8", "Application/JSON;charset=UTF-8",
    "application/merge-patch+json", None,
]  # fmt: skip


async def test_media_types(office: Office, anna: Person, subtests: pytest.Subtests) -> None:
    body = json.dumps(DealFactory.body(client_id=await office.client(anna)))
    for media in SOMETHING_ELSE:
        with subtests.test(msg=media):
            told = problem(await sent(anna, body, media), 415, "bad_request")
            assert "application/json" in told["detail"]
    assert (await anna.get("/deals")).json()["items"] == []
    for good in IS_JSON:
        with subtests.test(msg=str(good)):
            assert (await sent(anna, body, good)).status_code == 201


async def test_parameters_where_none_are_read(office: Office, anna: Person) -> None:
    deal = await new_deal(anna, client_id=await office.client(anna))
    for method, path in (("GET", ""), ("POST", "/undo"), ("DELETE", ""), ("POST", "/restore")):
        reply = await anna.http.request(method, f"/deals/{deal['id']}{path}?x=1")
        problem(reply, 400, "bad_request")


async def test_stages_that_are_none(office: Office, anna: Person) -> None:
    deal = await new_deal(anna, client_id=await office.client(anna))
    for stage in ("9" * 60, "٣", "nowhere", 2**53, "0"):
        reply = await anna.post(f"/deals/{deal['id']}/move", {"stage": stage}, version=1)
        told = problem(reply, 409, "move_refused")
        assert [one["key"] for one in told["allowed_stages"]] == [
            "offer", "negotiation", "invoice", "won", "lost",
        ]  # fmt: skip


FIELDS: dict[str, tuple[dict[str, Any], int, str]] = {
    "unknown": ({"x": 1}, 400, "/fields/x"),
    "of a wrong type": ({"client_id": "1"}, 400, "/fields/client_id"),
    "too exact": ({"amount": "1.005"}, 400, "/fields/amount"),
    "a number with an underscore": ({"amount": "1_0"}, 400, "/fields/amount"),
    "in two lines": ({"title": "a\nb"}, 400, "/fields/title"),
    "in a line": (
        {"product_lines": [{"product_id": "1"}]}, 400, "/fields/product_lines/0/product_id",
    ),
    "naming nobody": ({"client_id": 10**9}, 404, "/fields/client_id"),
    "not the move's": ({"owner_id": 1}, 400, "/fields/owner_id"),
}  # fmt: skip


async def test_fields_of_a_move(office: Office, anna: Person, subtests: pytest.Subtests) -> None:
    deal = await new_deal(anna, client_id=await office.client(anna))
    for name, (fields, status, pointer) in FIELDS.items():
        with subtests.test(msg=name):
            body = {"stage": "offer", "fields": fields}
            reply = await anna.post(f"/deals/{deal['id']}/move", body, version=1)
            told = problem(reply, status, {400: "bad_request", 404: "not_found"}[status])
            assert told["errors"][0]["pointer"] == pointer
    assert (await anna.get(f"/deals/{deal['id']}")).json() == deal


async def test_what_went_wrong_inside_is_not_told(
    anna: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: Any) -> None:
        raise RuntimeError("SELECT password_hash FROM app_user in backend/db/session.py")

    monkeypatch.setattr("backend.domain.users.queries.me", broken)
    told = problem(await anna.get("/me"), 500, "internal")
    assert told["detail"] == "The failure was logged; quote the request id"


async def test_request_ids(anna: Person) -> None:
    ids = {"abc-1.2_X": True, "a" * 128: True, "a" * 129: False, "a b": False, "": False}
    for given, kept in ids.items():
        for path in ("/deals", "/nowhere"):
            reply = await anna.http.get(path, headers={"X-Request-Id": given})
            (found,) = reply.headers.get_list("x-request-id")
            assert (found == given) is kept
            assert found
