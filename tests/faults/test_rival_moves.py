"""Rivals for one card: 64 at once against two servers, and exactly one of them is heard."""

from pathlib import Path

from tests.conftest import FreshDatabase
from tests.faults import rivals, wire
from tests.faults.plant import plant
from tests.launchers import valkey as queue
from tests.office import Office, Person

ROUNDS = 2


async def deal_of(office: Office, anna: Person) -> int:
    made = await anna.post("/deals", {"title": "Servers", "client_id": await office.client(anna)})
    return int(made.json()["id"])


async def test_one_of_64_moves_with_one_etag_wins(
    fresh_database: FreshDatabase, valkey: queue.Server, tmp_path: Path
) -> None:
    office = Office(fresh_database.database)
    anna = await office.person("anna")
    deal = await deal_of(office, anna)
    with plant(fresh_database.url, valkey.url, tmp_path) as place:
        ports = [part.port for part in place.serve(2)]
        for number in range(ROUNDS):
            async with wire.opened(ports, rivals.RIVALS, anna.token) as over:
                told = await rivals.moves(office.database, over, deal, number)
            assert told.answered == {200: 1, 412: 63}
            assert (told.version, told.history_rows, told.outbox_rows) == (1, 1, 1)


async def test_the_check_finds_a_server_that_compares_no_versions(
    fresh_database: FreshDatabase, valkey: queue.Server, tmp_path: Path
) -> None:
    office = Office(fresh_database.database)
    anna = await office.person("anna")
    deal = await deal_of(office, anna)
    with plant(fresh_database.url, valkey.url, tmp_path, weak="versions") as place:
        ports = [part.port for part in place.serve()]
        async with wire.opened(ports, rivals.RIVALS, anna.token) as over:
            told = await rivals.moves(office.database, over, deal, 0)
    assert told.lost == rivals.RIVALS - 1
    assert told.answered == {200: rivals.RIVALS}
