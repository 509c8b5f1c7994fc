"""Eight writers at twenty cards through two servers: each history is one chain, nothing is lost."""

from pathlib import Path

from sqlalchemy import select, update

from backend import clock
from backend.db.models import card, card_funnel
from tests.conftest import FreshDatabase
from tests.faults import chains, writers
from tests.faults.plant import plant
from tests.launchers import valkey as queue
from tests.office import Office

TIMES = 30
SEED = 20261122


async def test_eight_writers_at_twenty_cards(
    fresh_database: FreshDatabase, valkey: queue.Server, tmp_path: Path
) -> None:
    office = Office(fresh_database.database, now=clock.now())
    anna, boris = await office.person("anna", "admin"), await office.person("boris", "admin")
    crowd = await writers.crowd(office, anna, boris)
    with plant(fresh_database.url, valkey.url, tmp_path) as place:
        ports = [part.port for part in place.serve(2)]
        await writers.run(crowd, ports, [anna.token, boris.token] * 4, TIMES, SEED)
    assert crowd.unexpected == []
    assert crowd.lost == []
    for what in writers.WISHES:
        assert crowd.answered[what, 200] > 0
    assert crowd.answered["move", 412] > 0  # they did get in each other's way
    assert chains.breaches(await chains.look(office.database)) == []


async def test_the_check_finds_a_broken_chain_a_wrong_version_and_a_wrong_fact(
    fresh_database: FreshDatabase,
) -> None:
    office = Office(fresh_database.database)
    anna, boris = await office.person("anna", "admin"), await office.person("boris", "admin")
    crowd = await writers.crowd(office, anna, boris)
    assert chains.breaches(await chains.look(office.database)) == []
    one, two, three, four = (target.id for target in crowd.cards[:4])
    elsewhere = select(card.c.stage_id).where(card.c.id == crowd.cards[8].id).scalar_subquery()
    for statement in (
        update(card).where(card.c.id == one).values(last_seq=2),
        update(card).where(card.c.id == two).values(version=2),
        update(card_funnel).where(card_funnel.c.card_id == three).values(reopened=1),
        update(card_funnel)
        .where(card_funnel.c.card_id == four)
        .values(furthest_stage_id=elsewhere),
    ):
        await office.do(lambda tx, statement=statement: tx.run(statement))
    found = chains.breaches(await chains.look(office.database))
    wrong = sorted(int(line.split(" ")[1].rstrip(":")) for line in found)
    assert wrong == [one, two, three, four]
