"""The same source again: nothing changes but what differs, and what happened here stands."""

from pathlib import Path
from typing import Any

from sqlalchemy import select, update

from backend.db.models import app_user, card, card_event
from backend.db.session import Unit, unit
from backend.domain.cards.schemas import MoveRequest
from backend.domain.moves import editing, moving
from backend.domain.users.queries import as_system
from tests.domain.flows import maven
from tests.domain.flows.maven import LATER, Importing, noon

WON = "1C1I7A6R"  # Moses Frase, GTX Plus Basic, Cancity, 10/20/2016 - 3/1/2017, 1054


async def test_the_second_import_changes_nothing(importing: Importing, folder: Path) -> None:
    await importing.run(folder)
    before = await importing.everything()
    importing.now = LATER
    report = await importing.run(folder)
    assert dict(report.total.outcomes) == {"unchanged": report.total.rows}
    assert await importing.everything() == before


async def test_a_changed_source_changes_only_what_differs(
    importing: Importing, folder: Path
) -> None:
    await importing.run(folder)
    before = await importing.everything()
    rows = maven.opportunities(folder)
    engaging = next(row for row in rows if row["deal_stage"] == "Engaging")
    engaging |= {"deal_stage": "Won", "close_date": "12/30/2017", "close_value": "77"}
    won = next(row for row in rows if row["opportunity_id"] == WON)
    won["product"] = "MG Special"
    maven.write(folder, rows)
    importing.now = LATER
    report = await importing.run(folder)
    assert dict(report.tallies[-1].outcomes) == {"updated": 2, "unchanged": 9}
    assert (await importing.everything())["app_user"] == before["app_user"]
    closed = noon(2017, 12, 30)
    history = await importing.history(engaging["opportunity_id"])
    assert [(event, at) for event, _, at, _ in history[1:]] == [("edited", closed), ("won", closed)]
    deal = await importing.deal(engaging["opportunity_id"])
    assert (deal["amount"], deal["closed_at"], deal["updated_at"]) == (7700, closed, LATER)
    edited = select(card_event.c.changes).join(card, card.c.id == card_event.c.card_id)
    changes = await importing.rows(
        edited.where(card.c.external_id == WON, card_event.c.event == "edited")
    )
    assert [change["field"] for change in changes[0][0]] == ["title", "product_lines"]


async def in_the_office(importing: Importing, work: Any) -> None:
    """Something that is done here between two imports."""

    async def whole(tx: Unit) -> None:
        await work(tx, await as_system(tx, "worker"))

    await unit(importing.database, lambda: importing.now, whole)


async def test_what_happened_here_stands(importing: Importing, folder: Path) -> None:
    await importing.run(folder)
    importing.now = LATER
    moved, gone, given = [
        row["opportunity_id"] for row in maven.opportunities(folder) if row["deal_stage"] == "Lost"
    ]
    ids = {name: (await importing.deal(name))["id"] for name in (moved, gone, given)}
    [(other,)] = await importing.rows(
        select(app_user.c.id).where(app_user.c.external_id == "Carl Lin")
    )
    back = MoveRequest(stage="prospecting")
    await in_the_office(
        importing, lambda tx, viewer: moving.move(tx, viewer, "deal", ids[moved], back, None)
    )
    await in_the_office(
        importing, lambda tx, viewer: editing.delete(tx, viewer, "deal", ids[gone], None)
    )
    await in_the_office(
        importing,
        lambda tx, viewer: editing.transfer(tx, viewer, "deal", ids[given], other, None, None),
    )
    report = await importing.run(folder)
    assert dict(report.tallies[-1].outcomes) == {"unchanged": 10, "refused": 1}
    assert [told[1:] for told in importing.told()] == [
        ("opportunity_id", "it was deleted here; restore it, then import again")
    ]
    assert report.tallies[-1].rules["stage: left where it was moved to here"] == 1
    assert report.tallies[-1].rules["owner: left with whom it was handed to here"] == 1
    assert (await importing.deal(moved))["state"] == "open"
    assert (await importing.deal(given))["owner_id"] == other


async def test_another_past_is_refused(importing: Importing, folder: Path) -> None:
    await importing.run(folder)
    before = await importing.everything()
    rows = maven.opportunities(folder)
    rows[0]["close_date"] = "3/2/2017"
    maven.write(folder, rows)
    await importing.run(folder)
    assert importing.told() == [
        (
            2, "close_date",
            "the source says “won” on 2017-03-02, the history here “won” on 2017-03-01;"
            " history is not rewritten",
        )
    ]  # fmt: skip
    assert await importing.everything() == before


async def test_a_clash_with_another_record_is_a_refusal(importing: Importing, folder: Path) -> None:
    await importing.run(folder)
    await in_the_office(
        importing,
        lambda tx, _: tx.run(
            update(app_user).where(app_user.c.external_id == "Carl Lin").values(external_id="CL")
        ),
    )
    await importing.run(folder / "sales_teams.csv")
    last = len(maven.read(folder / "sales_teams.csv")) + 1
    assert importing.told() == [(last, None, "This e-mail is taken by another user")]
