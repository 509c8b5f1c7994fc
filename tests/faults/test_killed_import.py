"""An import that is killed in the middle: run again, it doubles nothing and loses nothing."""

import asyncio
import random
from pathlib import Path

from sqlalchemy import func, select

from backend.db.models import card, card_event, card_funnel, change, deal_line, imported_record
from tests.conftest import FreshDatabase
from tests.db.committed import content
from tests.domain.flows import maven, sources
from tests.domain.flows.maven import LATER, Importing
from tests.faults import kills
from tests.faults.plant import Part, plant

EACH = 80  # three batches
TOTAL = 3 * EACH
SEED = 20261122
LOOKS = 200


async def deals(importing: Importing) -> int:
    found = await importing.rows(select(func.count()).where(card.c.kind == "deal"))
    return int(found[0][0])


async def killed(importing: Importing, part: Part, mark: int, chance: random.Random) -> int:
    """Kill an import with a transaction open, once it has made so many deals; how many stand."""
    while await deals(importing) < mark:
        assert part.running(), part.words()
        await asyncio.sleep(0.005)
    for _ in range(LOOKS):
        await asyncio.sleep(chance.uniform(0, 0.02))
        part.halt()
        if await kills.in_transaction(importing.database):
            break
        part.go_on()
    assert part.running(), part.words()
    part.kill()
    return await deals(importing)


async def test_killed_in_the_middle_and_run_again(
    fresh_database: FreshDatabase, tmp_path: Path
) -> None:
    source = tmp_path / "source"
    source.mkdir()
    maven.slice_of(source, maven.some({"Won": EACH, "Lost": EACH, "Engaging": EACH}))
    words = ("import", str(source), "--mapping", str(maven.MAVEN / "mapping.toml"))
    importing = Importing(fresh_database.database)
    chance = random.Random(SEED)
    with plant(fresh_database.url, "redis://127.0.0.1:1", tmp_path) as place:
        stood = await killed(importing, place.start(*words), 1, chance)
        assert 0 < stood < TOTAL
        last = place.start(*words)
        assert await kills.ended(last) == 0
        assert last.words().splitlines()[-1].endswith(" 0 refused")
    counts = {
        table.name: (await importing.rows(select(func.count()).select_from(table)))[0][0]
        for table in (card, card_event, card_funnel, deal_line)
    }
    assert counts == {
        "card": TOTAL, "card_event": 5 * EACH, "card_funnel": TOTAL, "deal_line": TOTAL,
    }  # fmt: skip
    news = select(func.count()).where(change.c.kind == "deal")
    assert await importing.rows(news) == [(5 * EACH,)]
    known = select(func.count()).where(imported_record.c.kind == "deal")
    assert await importing.rows(known) == [(TOTAL,)]
    importing.now = LATER.replace(year=2027)
    again = await importing.run(source)
    assert dict(again.total.outcomes) == {"unchanged": again.total.rows}


async def test_a_dry_run_leaves_every_row_as_it_was(
    fresh_database: FreshDatabase, tmp_path: Path
) -> None:
    importing = Importing(fresh_database.database)
    plan = sources.plan(sources.RENEWALS)
    header = "id,client,amount,due,period"
    old = "r1,1,100,2026-12-31,P1Y"
    sources.write(tmp_path, "1,Acme,+7 1,100,5")
    sources.write(tmp_path, old, name="renewals.csv", header=header)
    await importing.run(tmp_path, plan)
    sources.write(tmp_path, "1,Acme Ltd,+7 2,90,6", "2,Beta,,,", "3,,,,")
    new = ("r1,1,200,2026-12-31,P2Y", "r2,2,300,2026-03-20,P1Y", "r3,9,1,2026-03-20,P1Y")
    sources.write(tmp_path, *new, name="renewals.csv", header=header)
    importing.now = LATER
    before = await asyncio.to_thread(content, fresh_database.url)
    rehearsed = await importing.run(tmp_path, plan, dry_run=True)
    assert await asyncio.to_thread(content, fresh_database.url) == before
    done = await importing.run(tmp_path, plan)
    assert [str(tally) for tally in rehearsed.tallies] == [str(tally) for tally in done.tallies]
    assert str(done.tallies[-1]) == "3 rows: 1 created, 1 updated, 0 unchanged, 1 refused"
    assert (rehearsed.tallies[-1].due, done.tallies[-1].due) == (1, 1)
    assert await asyncio.to_thread(content, fresh_database.url) != before
