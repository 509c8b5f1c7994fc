"""Limits of requests: whom they count, apart from whom, what they say, and what they do not do."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import httpx
import pytest
from redis.asyncio import Redis

from backend.bus import Bus
from backend.settings import Rate
from tests.launchers import valkey as valkey_launcher
from tests.office import Office

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def limited(
    office: Office, queue: valkey_launcher.Server | None, rate: Rate | None
) -> AsyncIterator[None]:
    """A queue in which nothing is counted yet; one that is away where none is given."""
    url = "unix:///nowhere/valkey.sock" if queue is None else queue.url
    if queue is not None:
        async with Redis(unix_socket_path=str(queue.socket)) as redis:
            await redis.flushall()
    bus = office.resources.bus = Bus(url)
    office.resources.rate_limit = rate
    yield
    await bus.close()


async def test_a_token_is_counted_by_the_kind_of_route(
    office: Office, valkey: valkey_launcher.Server
) -> None:
    anna = await office.person("anna")
    second = await office.signed_in(anna.id)
    acme = await office.client(anna)
    async with limited(office, valkey, Rate(3, 60)):
        told = [await anna.get("/deals") for _ in range(5)]
        body = {"title": "x", "client_id": acme}
        assert (await anna.post("/deals", body)).status_code == 201  # writing is counted apart
        funnel = await anna.get("/reports/funnel", pipeline="sales")
        assert (funnel.status_code, funnel.headers["ratelimit-remaining"]) == (200, "2")
        assert (await second.get("/deals")).status_code == 200  # so is another token
    assert [one.status_code for one in told] == [200, 200, 200, 429, 429]
    assert [one.headers["ratelimit-remaining"] for one in told] == ["2", "1", "0", "0", "0"]
    assert told[0].headers["ratelimit-limit"] == "3"
    assert told[0].headers["ratelimit-policy"] == "3;w=60"
    assert 58 <= int(told[0].headers["ratelimit-reset"]) <= 60
    refusal = told[3]
    assert refusal.json()["type"] == "/problems/rate_limited"
    assert refusal.headers["content-type"].startswith("application/problem+json")
    assert 1 <= int(refusal.headers["retry-after"]) <= 60
    assert refusal.headers["ratelimit-reset"] == refusal.headers["retry-after"]


async def test_without_a_setting_nothing_is_counted(
    office: Office, valkey: valkey_launcher.Server
) -> None:
    anna = await office.person("anna")
    async with limited(office, valkey, None):
        told = await anna.get("/deals")
    assert (told.status_code, "ratelimit-limit" in told.headers) == (200, False)


async def test_a_queue_that_is_away_turns_nobody_away(office: Office) -> None:
    anna = await office.person("anna")
    async with limited(office, None, Rate(1, 60)):
        for _ in range(3):
            assert (await anna.get("/deals")).status_code == 200


async def form(office: Office, token: str, host: str, **headers: str) -> httpx.Response:
    transport = httpx.ASGITransport(app=cast(Any, office.app), client=(host, 4000))
    async with httpx.AsyncClient(transport=transport, base_url="http://voronka.test") as http:
        return await http.post(
            "/api/v1/leads/intake",
            json={"phone": "1"},
            headers={"Authorization": f"Bearer {token}", **headers},
        )


async def test_site_forms_are_counted_by_address(office: Office) -> None:
    anna = await office.person("anna")
    token = (await office.signed_in(anna.id, ("leads:intake",))).token
    other = (await office.signed_in(anna.id, ("leads:intake",))).token
    office.resources.intake_limit = Rate(2, 60)
    assert (await form(office, token, "10.0.0.7")).headers["ratelimit-remaining"] == "1"
    assert (await form(office, other, "10.0.0.7")).status_code == 201
    before = await office.counts()
    for number in range(3):  # whatever it says it speaks for, and with whichever token
        refused = await form(office, token, "10.0.0.7", **{"X-Forwarded-For": f"9.9.9.{number}"})
        assert refused.status_code == 429
        assert refused.headers["retry-after"] == "60"
    assert await office.counts() == before
    assert (await form(office, token, "10.0.0.8")).status_code == 201
    assert (await form(office, token, "2001:db8::1")).status_code == 201
    assert (await form(office, token, "2001:db8::2")).status_code == 201  # of the same network
    assert (await form(office, token, "2001:db8::3")).status_code == 429
    office.later(seconds=61)
    assert (await form(office, token, "10.0.0.7")).status_code == 201


async def test_the_default_for_site_forms(office: Office) -> None:
    assert office.resources.intake_limit == Rate(60, 60)
    assert office.resources.rate_limit is None
