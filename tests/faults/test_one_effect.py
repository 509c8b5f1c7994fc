"""One Idempotency-Key is one effect, however many ask at once, and whoever they ask."""

import asyncio
import signal
from pathlib import Path

import pytest

from tests.conftest import FreshDatabase
from tests.faults import rivals, wire
from tests.faults.plant import plant
from tests.launchers import valkey as queue
from tests.office import Office

ROUNDS = 2


async def test_64_creations_with_one_key_make_one_deal(
    fresh_database: FreshDatabase, valkey: queue.Server, tmp_path: Path
) -> None:
    office = Office(fresh_database.database)
    anna = await office.person("anna")
    acme = await office.client(anna)
    with plant(fresh_database.url, valkey.url, tmp_path) as place:
        ports = [part.port for part in place.serve(2)]
        for number in range(ROUNDS):
            async with wire.opened(ports, rivals.RIVALS, anna.token) as over:
                answers = await rivals.creations(over, acme, str(number))
            created = [answer for answer in answers if answer.status == 201]
            assert created
            assert {answer.status for answer in answers} <= {201, 409}
            assert len({answer.body for answer in created}) == 1
            assert [a.headers.get("idempotent-replayed") for a in created].count(None) == 1
            assert await rivals.made(office.database, str(number)) == [1, 1, 1]
            first = created[0]
            async with wire.opened(ports, len(ports), anna.token) as over:
                later = await rivals.creations(over, acme, str(number))
            for answer in later:
                assert (answer.status, answer.body) == (201, first.body)
                assert answer.headers["idempotent-replayed"] == "true"
                for name in ("etag", "location"):
                    assert answer.headers[name] == first.headers[name]
            assert await rivals.made(office.database, str(number)) == [1, 1, 1]


@pytest.mark.parametrize(("when", "effects"), [("before", 0), ("after", 1)])
async def test_a_server_killed_around_its_commit_leaves_one_effect_after_a_retry(
    fresh_database: FreshDatabase,
    valkey: queue.Server,
    tmp_path: Path,
    when: str,
    effects: int,
) -> None:
    office = Office(fresh_database.database)
    anna = await office.person("anna")
    acme = await office.client(anna)
    with plant(fresh_database.url, valkey.url, tmp_path) as place:
        place.weak = "deaths"
        mortal = place.start("serve")
        place.weak = None
        (server,) = place.serve()
        mortal.await_ready()
        cut = await wire.Line.open(mortal.port, anna.token)
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await rivals.creations([cut], acme, when)
        assert mortal.child.wait(60) == -signal.SIGKILL
        assert await rivals.made(office.database, when) == [effects] * 3
        line = await wire.Line.open(server.port, anna.token)
        for again in (effects == 1, True):
            (answer,) = await rivals.creations([line], acme, when)
            assert answer.status == 201
            assert ("idempotent-replayed" in answer.headers) is again
            assert await rivals.made(office.database, when) == [1, 1, 1]
        await line.close()
        await cut.close()


async def test_the_check_finds_a_server_that_claims_no_keys(
    fresh_database: FreshDatabase, valkey: queue.Server, tmp_path: Path
) -> None:
    office = Office(fresh_database.database)
    anna = await office.person("anna")
    acme = await office.client(anna)
    with plant(fresh_database.url, valkey.url, tmp_path, weak="keys") as place:
        ports = [part.port for part in place.serve()]
        async with wire.opened(ports, rivals.RIVALS, anna.token) as over:
            await rivals.creations(over, acme, "weak")
    assert await rivals.made(office.database, "weak") == [64, 64, 64]
