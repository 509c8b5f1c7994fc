"""The probes: what they tell, and to whom."""

from typing import Any, cast

import httpx
import pytest

from tests.office import Office

pytestmark = pytest.mark.anyio


class Silent:
    """A queue that does not answer."""

    async def ping(self) -> None:
        raise ConnectionError

    async def close(self) -> None:
        return None


async def asked(office: Office, path: str, host: str, **headers: str) -> httpx.Response:
    transport = httpx.ASGITransport(app=cast(Any, office.app), client=(host, 4000))
    async with httpx.AsyncClient(transport=transport, base_url="http://voronka.test") as http:
        return await http.get(path, headers=headers)


async def test_alive_and_ready(office: Office) -> None:
    for path in ("/health/live", "/health/ready"):
        found = await asked(office, path, "10.0.0.7")
        assert (found.status_code, found.json()) == (200, {"status": "ok"})


@pytest.mark.parametrize(
    ("host", "part"), [("127.0.0.1", "queue"), ("::1", "queue"), ("10.0.0.7", None)]
)
async def test_the_part_that_fails_is_named_on_the_machine_alone(
    office: Office, host: str, part: str | None
) -> None:
    office.resources.bus = cast(Any, Silent())
    found = await asked(office, "/health/ready", host)
    assert (found.status_code, found.json()["type"]) == (503, "/problems/unavailable")
    assert found.json().get("part") == part
    assert (await asked(office, "/health/live", host)).status_code == 200


async def test_the_part_is_named_to_a_token_and_to_nobody_behind_a_proxy(office: Office) -> None:
    anna = await office.person("anna")
    office.resources.bus = cast(Any, Silent())
    for host, headers, part in (
        ("10.0.0.7", {"Authorization": f"Bearer {anna.token}"}, "queue"),
        ("10.0.0.7", {"Authorization": "Bearer no"}, None),
        ("127.0.0.1", {"X-Forwarded-For": "10.0.0.7"}, None),
        ("127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}, None),
    ):
        found = await asked(office, "/health/ready", host, **headers)
        assert (found.status_code, found.json().get("part")) == (503, part)
