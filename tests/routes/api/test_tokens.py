"""API tokens over REST: at most what the maker and the owner have, shown once, gone at once."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from backend.db.models import api_token, idempotency_key
from tests.office import Office

pytestmark = pytest.mark.anyio


async def test_a_token_is_shown_once_and_works(office: Office) -> None:
    anna = await office.person("anna")
    made = await anna.post("/tokens", {"name": "ERP", "scopes": ["cards:read"]})
    assert made.status_code == 201, made.text
    token = made.json()
    secret = token.pop("token")
    assert secret.startswith("vk_")
    assert secret.startswith(token["prefix"])
    assert token == {
        "id": token["id"], "user_id": anna.id, "name": "ERP", "prefix": secret[:11],
        "scopes": ["cards:read"], "expires_at": None, "revoked_at": None, "last_used_at": None,
        "version": 1, "created_at": "2026-03-10T09:00:00Z",
    }  # fmt: skip
    read = await anna.get(f"/tokens/{token['id']}")
    assert read.json() == token
    assert secret not in (await anna.get("/tokens")).text
    bearer = {"Authorization": f"Bearer {secret}"}
    assert (await anna.http.get("/deals", headers=bearer)).status_code == 200
    refused = await anna.http.post("/deals", json={"title": "A"}, headers=bearer)
    assert refused.status_code == 403


async def test_a_replayed_reply_has_no_secret(office: Office) -> None:
    anna = await office.person("anna")
    body = {"name": "ERP", "scopes": ["cards:read"]}
    first = await anna.post("/tokens", body, Idempotency_Key="k-1")
    again = await anna.post("/tokens", body, Idempotency_Key="k-1")
    assert again.headers["idempotent-replayed"] == "true"
    assert again.json() == {**first.json(), "token": None}
    stored = await office.do(lambda tx: tx.scalar(select(idempotency_key.c.body)))
    assert first.json()["token"].encode() not in stored


async def test_a_token_is_at_most_its_maker_and_its_owner(office: Office) -> None:
    chief = await office.person("chief", "admin")
    anna = await office.person("anna")
    eye = await office.person("eye", "viewer")
    narrow = await office.signed_in(chief.id, ("cards:read", "users:write"))
    before = await office.counts()
    for person, body in (
        (narrow, {"scopes": ["cards:read"]}),
        (anna, {"scopes": ["cards:read", "settings:write"]}),
        (anna, {"scopes": ["cards:read"], "user_id": chief.id}),
        (chief, {"scopes": ["jobs:run"], "user_id": anna.id}),
        (eye, {"scopes": ["cards:write"]}),
        (eye, {"scopes": ["leads:intake"]}),
    ):
        refused = await person.post("/tokens", {"name": "x", **body})
        assert refused.status_code == 403, (body, refused.text)
    assert await office.counts() == before
    hers = await chief.post("/tokens", {"name": "x", "scopes": ["*"], "user_id": anna.id})
    assert hers.status_code == 201, hers.text
    bearer = {"Authorization": f"Bearer {hers.json()['token']}"}
    assert (await chief.http.post("/users", json={}, headers=bearer)).status_code == 403
    assert (await eye.post("/tokens", {"name": "x", "scopes": ["cards:read"]})).status_code == 201


@pytest.mark.parametrize("scopes", [[], ["cards"], ["cards:read", "cards:burn"]])
async def test_scopes_are_those_there_are(office: Office, scopes: list[str]) -> None:
    anna = await office.person("anna")
    refused = await anna.post("/tokens", {"name": "x", "scopes": scopes})
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["pointer"].startswith("/scopes")


async def test_a_token_ends_with_its_hour(office: Office) -> None:
    anna = await office.person("anna")
    body = {"name": "x", "scopes": ["cards:read"], "expires_at": "2026-03-10T10:00:00Z"}
    bearer = {"Authorization": f"Bearer {(await anna.post('/tokens', body)).json()['token']}"}
    assert (await anna.http.get("/me", headers=bearer)).status_code == 200
    assert len((await anna.get("/tokens", active="true")).json()["items"]) == 2
    office.later(hours=1)
    ended = await anna.http.get("/me", headers=bearer)
    assert ended.status_code == 401
    assert "www-authenticate" in ended.headers
    assert len((await anna.get("/tokens", active="false")).json()["items"]) == 1
    refused = await anna.post("/tokens", body)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/expires_at")


async def test_a_revoked_token_is_out_at_once(office: Office) -> None:
    anna = await office.person("anna")
    made = (await anna.post("/tokens", {"name": "x", "scopes": ["cards:read"]})).json()
    bearer = {"Authorization": f"Bearer {made['token']}"}
    path = f"/tokens/{made['id']}"
    assert (await anna.delete(path)).status_code == 428
    assert (await anna.delete(path, version=2)).status_code == 412
    assert (await anna.http.get("/me", headers=bearer)).status_code == 200
    gone = await anna.delete(path, version=1)
    assert (gone.status_code, gone.content) == (204, b"")
    assert (await anna.http.get("/me", headers=bearer)).status_code == 401
    left = (await anna.get(path)).json()
    assert (left["revoked_at"], left["version"]) == ("2026-03-10T09:00:00Z", 2)
    events = (await office.counts())["change"]
    assert (await anna.delete(path, version=2)).status_code == 204
    assert (await office.counts())["change"] == events


async def test_one_sees_ones_own_tokens_and_an_admin_all(office: Office) -> None:
    chief = await office.person("chief", "admin")
    anna = await office.person("anna")
    bob = await office.person("bob")
    his = (await bob.get("/tokens")).json()["items"]
    assert [token["user_id"] for token in his] == [bob.id]
    path = f"/tokens/{his[0]['id']}"
    assert (await anna.get(path)).status_code == 404
    assert (await anna.delete(path, version=1)).status_code == 404
    assert (await anna.get("/tokens", user_id=bob.id)).json()["items"] == []
    assert {t["user_id"] for t in (await chief.get("/tokens")).json()["items"]} == {
        chief.id, anna.id, bob.id,
    }  # fmt: skip
    assert (await chief.delete(path, version=1)).status_code == 204
    assert (await bob.get("/me")).status_code == 401


async def test_the_hour_of_use_is_noted_and_is_no_write(office: Office) -> None:
    anna = await office.person("anna")
    query = select(api_token.c.last_used_at, api_token.c.version)

    async def noted() -> tuple[datetime, int]:
        async with office.database.read() as conn:
            at, version = (await conn.execute(query)).one()
        return at, version

    await anna.get("/me")
    assert await noted() == (datetime(2026, 3, 10, 9, tzinfo=UTC), 1)
    office.later(minutes=59)
    await anna.get("/me")
    assert await noted() == (datetime(2026, 3, 10, 9, tzinfo=UTC), 1)
    office.later(minutes=1)
    await anna.get("/me")
    assert await noted() == (datetime(2026, 3, 10, 10, tzinfo=UTC), 1)
