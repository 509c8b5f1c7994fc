"""A field is written where the source has changed it; what was changed here by hand is kept."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, func, select, update

from backend.db.models import client, imported_record
from backend.db.session import Unit, unit
from backend.domain.access import Viewer
from backend.domain.clients import actions as clients
from backend.domain.clients.schemas import ClientFields
from backend.domain.flows.imports import queries
from backend.domain.users.queries import as_system
from tests.domain.flows import sources
from tests.domain.flows.maven import LATER, Importing

SHOWN = (client.c.name, client.c.phone, client.c.credit_limit, client.c.custom, client.c.version)
FIRST = "1,Acme,+7 1,100,5"


async def imported(importing: Importing, folder: Path, row: str, more: str = "") -> dict[str, int]:
    """Import one client; the outcomes of the section of clients."""
    importing.now = LATER
    report = await importing.run(sources.write(folder, row), sources.plan(more))
    return dict(report.tallies[-1].outcomes)


async def by_hand(importing: Importing, **fields: Any) -> None:
    """Somebody writes fields of the client."""

    async def work(tx: Unit) -> None:
        viewer = await as_system(tx, "worker")
        number = await tx.scalar(select(client.c.id).where(client.c.external_id == "1"))
        await clients.edit(tx, viewer, number, ClientFields(**fields), None)

    await unit(importing.database, lambda: importing.now, work)


async def acme(importing: Importing) -> tuple[Any, ...]:
    (found,) = await importing.rows(select(*SHOWN).where(client.c.external_id == "1"))
    return tuple(found)


def kept(importing: Importing) -> list[tuple[int, str]]:
    return [(remark.line, remark.reason) for remark in importing.kept]


async def test_what_only_the_source_changed_is_written(
    importing: Importing, tmp_path: Path
) -> None:
    assert await imported(importing, tmp_path, FIRST) == {"created": 1}
    assert await imported(importing, tmp_path, "1,Acme,+7 2,100.50,6") == {"updated": 1}
    assert await acme(importing) == ("Acme", "+7 2", 10050, {"size": 6}, 2)
    assert kept(importing) == []


async def test_what_was_changed_here_is_kept_and_told(importing: Importing, tmp_path: Path) -> None:
    await imported(importing, tmp_path, FIRST)
    await by_hand(importing, phone="+7 9", custom={"size": 7})
    assert await imported(importing, tmp_path, FIRST) == {"unchanged": 1}
    assert kept(importing) == [(2, "kept by hand: phone, custom.size")]
    assert await imported(importing, tmp_path, "1,Acme Ltd,+7 1,100,5") == {"updated": 1}
    assert kept(importing) == [(2, "kept by hand: phone, custom.size")]
    assert await acme(importing) == ("Acme Ltd", "+7 9", 10000, {"size": 7}, 3)


async def test_where_both_changed_it_the_one_here_stays(
    importing: Importing, tmp_path: Path
) -> None:
    await imported(importing, tmp_path, FIRST)
    await by_hand(importing, phone="+7 9")
    for _ in range(2):  # it is told every time, until somebody decides
        assert await imported(importing, tmp_path, "1,Acme,+7 3,100,5") == {"unchanged": 1}
        assert kept(importing) == [(2, "kept by hand, though the source says otherwise: phone")]
    await by_hand(importing, phone="+7 3")
    assert await imported(importing, tmp_path, "1,Acme,+7 3,100,5") == {"unchanged": 1}
    assert kept(importing) == []
    assert await imported(importing, tmp_path, "1,Acme,+7 4,100,5") == {"updated": 1}
    assert (await acme(importing))[1] == "+7 4"


@pytest.mark.parametrize("wins", ["true", '["phone"]'])
async def test_unless_the_mapping_says_that_the_source_wins(
    importing: Importing, tmp_path: Path, wins: str
) -> None:
    await imported(importing, tmp_path, FIRST)
    await by_hand(importing, phone="+7 9", name="Acme & Sons")
    rule = f"source_wins = {wins}\n"
    assert await imported(importing, tmp_path, "1,Acme,+7 3,100,5", rule) == {"updated": 1}
    assert (await acme(importing))[:2] == ("Acme & Sons", "+7 3")
    assert kept(importing) == [(2, "kept by hand: name")]


async def test_what_no_import_has_brought_counts_as_written_here(
    importing: Importing, tmp_path: Path
) -> None:
    await imported(importing, tmp_path, "1,Acme,,100,5")
    async with importing.database.write() as connection:
        await connection.execute(delete(imported_record))
    assert await imported(importing, tmp_path, "1,Acme,+7 1,200,5") == {"updated": 1}
    assert (await acme(importing))[1:3] == ("+7 1", 10000)
    assert kept(importing) == [(2, "kept by hand, though the source says otherwise: credit_limit")]


async def test_what_the_import_itself_brings_along_is_nobodys_change(
    importing: Importing, tmp_path: Path
) -> None:
    rule = 'fields.currency = "{phone}"\n'
    await imported(importing, tmp_path, "1,Acme,RUB,100,5", rule)
    assert await imported(importing, tmp_path, "1,Acme,JPY,100,5", rule) == {"updated": 1}
    assert (await acme(importing))[2] == 100
    assert await imported(importing, tmp_path, "1,Acme,JPY,200,5", rule) == {"updated": 1}
    assert (kept(importing), (await acme(importing))[2]) == ([], 200)


async def test_a_record_that_was_written_meanwhile_is_read_again(
    importing: Importing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await imported(importing, tmp_path, FIRST)
    found, rivals = queries.here, [1]

    async def overtaken(tx: Unit, viewer: Viewer, record: str, names: Any) -> Any:
        here = await found(tx, viewer, record, names)
        if record == "client" and rivals:
            rivals.pop()
            values = {"phone": "+7 9", "version": client.c.version + 1}
            await tx.run(update(client).where(client.c.external_id == "1").values(**values))
        return here

    monkeypatch.setattr(queries, "here", overtaken)
    assert await imported(importing, tmp_path, "1,Acme Ltd,+7 3,100,5") == {"updated": 1}
    assert (await acme(importing))[:2] == ("Acme Ltd", "+7 9")
    assert kept(importing) == [(2, "kept by hand, though the source says otherwise: phone")]


async def test_the_memory_is_one_row_a_record(importing: Importing, tmp_path: Path) -> None:
    await imported(importing, tmp_path, FIRST)
    await imported(importing, tmp_path, "1,Acme,+7 2,100,5")
    count = select(imported_record.c.kind, func.count()).group_by(imported_record.c.kind)
    assert sorted(await importing.rows(count)) == [("client", 1), ("user", 1)]


async def test_a_rehearsal_knows_what_two_sections_did_to_one_record(
    importing: Importing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.domain.flows.imports.run.BATCH", 1)
    phones = """
[[import]]
record = "client"
file = "phones.csv"
id = "{id}"
fields.name = "{name}"
fields.owner = "anna"
fields.phone = "{phone}"
"""
    plan = sources.plan(phones, sources.RENEWALS)
    sources.write(tmp_path, "1,Acme,+7 1,100,5", "1,Acme,+7 2,100,5", "1,Acme,+7 2,100,5")
    sources.write(tmp_path, "1,Acme Ltd,+7 3", name="phones.csv", header="id,name,phone")
    due = ("r1,1,100,2026-12-31,P1Y", "r1,1,200,2026-12-31,P1Y", "r2,1,1,2026-12-31,P1Y")
    sources.write(tmp_path, *due, name="renewals.csv", header="id,client,amount,due,period")
    rehearsed = await importing.run(tmp_path, plan, dry_run=True)
    done = await importing.run(tmp_path, plan)
    assert [dict(tally.outcomes) for tally in rehearsed.tallies] == [
        {"created": 1},
        {"created": 1, "updated": 1, "unchanged": 1},
        {"updated": 1},
        {"created": 2, "updated": 1},
    ]
    assert [tally.outcomes for tally in done.tallies] == [t.outcomes for t in rehearsed.tallies]
    assert await acme(importing) == ("Acme Ltd", "+7 3", 10000, {"size": 5}, 3)
