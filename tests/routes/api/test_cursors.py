"""Forged cursors: a value that cannot be compared is refused, whatever the database."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import msgspec
import pytest

from tests.factories.clients import new_client
from tests.office import Office

pytestmark = pytest.mark.anyio


def forged(cursor: str, value: Any, tie: Any) -> str:
    """A cursor of the same list with another place in it."""
    packed = msgspec.json.decode(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    return urlsafe_b64encode(msgspec.json.encode([packed[0], value, tie])).decode().rstrip("=")


@pytest.mark.parametrize(
    ("sort", "value", "tie"),
    [
        ("created_at", "2026-03-10T09:00:00", 1),
        ("created_at", "2026-03-10T09:00:00Z", 2**63),
        ("id", 2**63, 1),
        ("id", 1, -(2**63) - 1),
        ("name", "Acme\0", 1),
    ],
)
async def test_a_value_that_no_row_can_have(
    office: Office, sort: str, value: Any, tie: int
) -> None:
    anna = await office.person("anna")
    for name in ("Acme", "Beta"):
        await new_client(anna, name=name)
    cursor = (await anna.get("/clients", sort=sort, limit=1)).json()["next_cursor"]
    refused = await anna.get("/clients", sort=sort, cursor=forged(cursor, value, tie))
    assert refused.status_code == 400, refused.text
    assert refused.json()["type"] == "/problems/bad_request"


async def test_a_number_too_large_for_its_column(office: Office, dialect: str) -> None:
    anna = await office.person("anna")
    cursor = (await anna.get("/pipelines", sort="position", limit=1)).json()["next_cursor"]
    reply = await anna.get("/pipelines", sort="position", cursor=forged(cursor, 2**40, 1))
    assert reply.status_code == {"sqlite": 200, "postgresql": 400}[dialect], reply.text
