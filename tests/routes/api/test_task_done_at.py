"""When a task was done, as whoever did it says."""

import pytest

from tests.factories.tasks import new_task
from tests.office import Office

pytestmark = pytest.mark.anyio


async def test_done_at_closes_and_opens(office: Office) -> None:
    anna = await office.person("anna")
    task = await new_task(anna, client_id=await office.client(anna))
    path = f"/tasks/{task['id']}"
    for version, (body, done_at, closed_by) in enumerate(
        (
            ({"done_at": "2026-03-09T12:00:00+03:00"}, "2026-03-09T09:00:00Z", "person"),
            ({"done_at": "2026-03-09T10:00:00Z", "done": True}, "2026-03-09T10:00:00Z", "person"),
            ({"done_at": None}, None, None),
            ({"done": True}, "2026-03-10T09:00:00Z", "person"),
            ({"done_at": None, "done": False}, None, None),
        ),
        start=1,
    ):
        reply = await anna.patch(path, body, version=version)
        assert reply.status_code == 200, reply.text
        found = reply.json()
        assert (found["done_at"], found["closed_by"], found["version"]) == (
            done_at, closed_by, version + 1,
        )  # fmt: skip


async def test_done_at_that_cannot_be(office: Office) -> None:
    anna = await office.person("anna")
    task = await new_task(anna, client_id=await office.client(anna))
    for body, status in (
        ({"done_at": "2026-03-10T09:00:01Z"}, 422),
        ({"done_at": "2026-03-09T09:00:00Z", "done": False}, 400),
        ({"done_at": None, "done": True}, 400),
        ({"done_at": "2026-03-09T09:00:00"}, 400),
        ({"done_at": "yesterday"}, 400),
    ):
        reply = await anna.patch(f"/tasks/{task['id']}", body, version=1)
        assert reply.status_code == status, reply.text
        assert reply.json()["errors"][0]["pointer"] == "/done_at"
    assert (await anna.get(f"/tasks/{task['id']}")).json() == task
