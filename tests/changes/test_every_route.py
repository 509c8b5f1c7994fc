"""Every route that writes leaves one entry for each record it wrote; a refused call leaves none."""

import pytest

from backend.routes.policy import POLICY
from tests.changes.books import Row, books, entries, wrong
from tests.changes.company import Asked, World
from tests.changes.doings import DOINGS
from tests.office import Office, Person

pytestmark = pytest.mark.anyio

WRITING = ("POST", "PUT", "PATCH", "DELETE")
# A pending renewal is not deleted, and so none is there to be restored.
REFUSED_ALWAYS = {"DELETE /renewals/{record_id}", "POST /renewals/{record_id}/restore"}


@pytest.fixture
async def world(office: Office) -> World:
    anna, boris = await office.person("anna", "admin"), await office.person("boris")
    world = World(office, anna, boris, await office.client(anna))
    for person in (anna, boris):  # the use of a token is noted once an hour
        await person.get("/me")
    return world


async def send(person: Person, method: str, asked: Asked, request_id: str = "r-0") -> int:
    headers = {"X-Request-Id": request_id}
    if asked.version is not None:
        headers["If-Match"] = f'"{asked.version}"'
    reply = await person.http.request(method, asked.path, json=asked.body, headers=headers)
    return reply.status_code


def test_no_route_is_forgotten() -> None:
    writing = {key for key in POLICY if key.split(" ")[0] in WRITING}
    assert DOINGS.keys() == writing - REFUSED_ALWAYS


async def refused(world: World, watcher: Person, key: str, asked: Asked) -> list[int]:
    """The same call by who only reads, of an older version, with an unknown field: the answers."""
    method, statuses = key.split(" ")[0], []
    if key != "POST /tokens":  # everybody may make tokens that read
        statuses.append(await send(watcher, method, asked))
    if asked.version is not None:
        statuses.append(await send(world.anna, method, asked._replace(version=99)))
    if asked.body is not None:
        statuses.append(await send(world.anna, method, asked._replace(body={"no": "field"})))
    return statuses


async def test_every_writing_route_is_logged_once_and_no_refusal(world: World) -> None:
    watcher = await world.office.person("watcher", "viewer")
    await watcher.get("/me")
    database, found, most = world.office.database, {}, 0
    for key, doing in DOINGS.items():
        asked = await doing(world)
        before = await books(database)
        statuses = await refused(world, watcher, key, asked)
        lines = [
            f"{entry['type']} of a refused call" for entry in await entries(database, before.seq)
        ]
        request_id = key.translate(str.maketrans("/ {}", "...."))
        status = await send(world.anna, key.split(" ")[0], asked, request_id)
        log = await entries(database, before.seq)
        lines += wrong(before, await books(database), log)
        lines += [
            f"{entry['type']}: {entry['request_id']}, {entry['actor_kind']}, {entry['channel']}"
            for entry in log
            if entry["request_id"] != request_id or not whose(entry, world, key)
        ]
        if not 200 <= status < 300 or min(statuses) < 400 or not log or lines:
            found[key] = (status, statuses, lines or "nothing was logged")
        most = max(most, len(log))
    assert not found, "\n".join(f"{key}: {told}" for key, told in found.items())
    assert most > 8


def whose(entry: Row, world: World, key: str) -> bool:
    told = (entry["actor_kind"], entry["actor_id"], entry["token_id"] is not None, entry["channel"])
    if key in ("POST /renewals/sweeps", "POST /reminder-rules/runs"):
        return told == ("worker", None, False, "token")
    return told == ("token", world.anna.id, True, "token")
