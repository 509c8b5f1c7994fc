"""Imports: a slice of the Maven sample, its history, its second coming, rows that are refused."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from backend.db.models import (
    app_user,
    card,
    card_event,
    client,
    deal_line,
    outbox_event,
    product,
    team,
)
from backend.db.session import Unit, unit
from backend.domain.cards.schemas import MoveRequest
from backend.domain.flows.imports.mapping import MappingError
from backend.domain.flows.imports.reading import parse
from backend.domain.moves import door, edits
from backend.domain.users.queries import as_system
from tests.domain.flows import maven
from tests.domain.flows.maven import LATER, NOW, Importing
from tests.held import HeldDatabase

WON = "1C1I7A6R"  # Moses Frase, GTX Plus Basic, Cancity, 10/20/2016 - 3/1/2017, 1054
SAMPLE = {"Won": 4, "Lost": 3, "Engaging": 2, "Prospecting": 2}


def noon(year: int, month: int, day: int) -> datetime:
    """Noon at the company, in Moscow."""
    return datetime(year, month, day, 9, 0, tzinfo=UTC)


@pytest.fixture
def importing(database: HeldDatabase) -> Importing:
    return Importing(database)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return maven.slice_of(tmp_path, maven.some(SAMPLE))


async def test_people_products_and_clients_come_as_the_mapping_says(
    importing: Importing, folder: Path
) -> None:
    report = await importing.run(folder)
    teams = maven.read(folder / "sales_teams.csv")
    agents, heads = len(teams), len(maven.counted(teams, "manager"))
    outcomes = [(t.source, t.record, dict(t.outcomes)) for t in report.tallies]
    assert outcomes == [
        ("sales_teams.csv", "team", {"created": heads, "unchanged": agents - heads}),
        ("sales_teams.csv", "user", {"created": heads, "unchanged": agents - heads}),
        ("sales_teams.csv", "user", {"created": agents}),
        ("products.csv", "product", {"created": 7}),
        ("the mapping's own rows", "user", {"created": 1}),
        ("accounts.csv", "client", {"created": len(maven.read(folder / "accounts.csv"))}),
        ("sales_pipeline.csv", "deal", {"created": 11}),
    ]
    assert report.left_aside == ["data_dictionary.csv"]
    people = (
        select(app_user.c.email, app_user.c.role, app_user.c.password_hash, team.c.name)
        .join(team, team.c.id == app_user.c.team_id)
        .where(app_user.c.external_id.in_(("Melvin Marxen", "Mei-Mei Johns")))
        .order_by(app_user.c.id)
    )
    assert await importing.rows(people) == [
        ("melvin-marxen@import.invalid", "head", None, "Central, Melvin Marxen"),
        ("mei-mei-johns@import.invalid", "manager", None, "Central, Melvin Marxen"),
    ]
    sold = select(product.c.name, product.c.category, product.c.price, product.c.currency)
    assert (await importing.rows(sold.where(product.c.external_id == "GTX Pro"))) == [
        ("GTX Pro", "GTX", 482100, "USD")
    ]
    acme = (
        select(client.c.name, app_user.c.name, client.c.custom)
        .join(app_user, app_user.c.id == client.c.owner_id)
        .where(client.c.external_id == "Acme Corporation")
    )
    assert await importing.rows(acme) == [
        (
            "Acme Corporation", "Import",
            {
                "sector": "technolgy", "year_established": 1996, "revenue": 1100.04,
                "employees": 2822, "office": "United States",
            },
        )
    ]  # fmt: skip


async def test_a_deal_carries_the_days_of_the_source(importing: Importing, folder: Path) -> None:
    await importing.run(folder)
    found = await importing.deal(WON)
    engaged, closed = noon(2016, 10, 20), noon(2017, 3, 1)
    shown = ("state", "amount", "currency", "created_at", "entered_at", "closed_at", "updated_at")
    assert {name: found[name] for name in shown} == {
        "state": "won", "amount": 105400, "currency": "USD", "created_at": engaged,
        "entered_at": engaged, "closed_at": closed, "updated_at": NOW,
    }  # fmt: skip
    assert await importing.history(WON) == [
        ("created", "engaging", engaged, "import"),
        ("won", "won", closed, "import"),
    ]
    lines = (
        select(product.c.name, deal_line.c.price, app_user.c.name, client.c.name)
        .join(product, product.c.id == deal_line.c.product_id)
        .join(card, card.c.id == deal_line.c.deal_id)
        .join(app_user, app_user.c.id == card.c.owner_id)
        .join(client, client.c.id == card.c.client_id)
        .where(card.c.external_id == WON)
    )
    assert await importing.rows(lines) == [("GTX Plus Basic", 105400, "Moses Frase", "Cancity")]
    news = select(outbox_event.c.at).where(outbox_event.c.record_id == found["id"])
    assert await importing.rows(news.where(outbox_event.c.kind == "deal")) == [(NOW,), (NOW,)]


async def test_what_is_missing_in_the_source_follows_a_stated_rule(
    importing: Importing, folder: Path
) -> None:
    report = await importing.run(folder)
    rows = maven.opportunities(folder)
    accountless = sum(not row["account"] for row in rows)
    assert dict(report.tallies[-1].rules) == {
        "product: “GTXPro” is read as “GTX Pro”": maven.counted(rows, "product")["GTXPro"],
        "account: empty, so there is no client": accountless,
        "close_value: empty, so there is no amount": 4,
        "close_value: empty, so there is no product_price": 4,
        "“Prospecting” has no day: 12/31/2017 is taken": 2,
        "“Lost” has no reason: `imported` is taken": 3,
    }
    waiting = next(row for row in rows if row["deal_stage"] == "Prospecting")
    found = await importing.deal(waiting["opportunity_id"])
    assert (found["amount"], found["created_at"]) == (None, noon(2017, 12, 31))


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


async def test_a_dry_run_reports_the_same_and_leaves_nothing(
    importing: Importing, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.domain.flows.imports.run.BATCH", 5)
    rows = maven.opportunities(folder)
    maven.write(folder, [*rows, {**rows[0], "close_value": "1055"}, rows[1]])
    before = await importing.everything()
    rehearsed = await importing.run(folder, dry_run=True)
    assert await importing.everything() == before
    done = await importing.run(folder)
    assert [(t.rows, t.outcomes, t.rules) for t in rehearsed.tallies] == [
        (t.rows, t.outcomes, t.rules) for t in done.tallies
    ]
    assert dict(done.tallies[-1].outcomes) == {"created": 11, "updated": 1, "unchanged": 1}


EARLIER = "2016-10-01 lies before 2016-10-20, the day of the step before"
BAD: list[tuple[dict[str, str], str, str]] = [
    ({"sales_agent": "Nobody"}, "sales_agent", "there is no user “Nobody”"),
    ({"account": "Nowhere"}, "account", "there is no client “Nowhere”"),
    ({"product": "GTX"}, "product", "there is no product “GTX”"),
    ({"product": ""}, "product", "it is empty, and the mapping does not say what then"),
    ({"deal_stage": "Maybe"}, "deal_stage", "“Maybe” is not among the stages of the mapping"),
    ({"deal_stage": " "}, "deal_stage", "it is empty, and it says the stage"),
    ({"close_date": "31/12/2017"}, "close_date", "“31/12/2017” is not a date written as %m/%d/%Y"),
    ({"close_date": "2/30/2017"}, "close_date", "“2/30/2017” is not a date written as %m/%d/%Y"),
    ({"close_date": ""}, "close_date", "it is empty, and the mapping does not say what then"),
    ({"close_date": "10/1/2016"}, "close_date", EARLIER),
    ({"close_date": "3/11/2026"}, "close_date", "2026-03-11 lies ahead; history cannot"),
    ({"close_value": "10.005"}, "close_value", "USD has 2 decimals"),
    ({"close_value": "-5"}, "close_value", "an amount cannot be negative"),
    ({"close_value": "much"}, "close_value", "Invalid decimal string"),
    ({"opportunity_id": "x" * 129}, "opportunity_id", "Expected `str` of length <= 128"),
]  # fmt: skip


async def test_bad_rows_are_named_and_stop_nothing(importing: Importing, folder: Path) -> None:
    good, *more = maven.opportunities(folder)
    bad = [{**good, "opportunity_id": f"BAD{n}", **wrong} for n, (wrong, _, _) in enumerate(BAD)]
    maven.write(folder, [good, *bad, *more])
    report = await importing.run(folder)
    assert dict(report.tallies[-1].outcomes) == {"created": 11, "refused": len(BAD)}
    assert sorted(importing.told()) == [
        (line, column, reason) for line, (_, column, reason) in enumerate(BAD, 3)
    ]
    assert await importing.rows(select(card.c.id).where(card.c.external_id.like("BAD%"))) == []


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
        importing, lambda tx, viewer: door.move(tx, viewer, "deal", ids[moved], back, None)
    )
    await in_the_office(
        importing, lambda tx, viewer: edits.delete(tx, viewer, "deal", ids[gone], None)
    )
    await in_the_office(
        importing,
        lambda tx, viewer: edits.transfer(tx, viewer, "deal", ids[given], other, None, None),
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


async def test_one_file_of_the_folder(importing: Importing, folder: Path) -> None:
    report = await importing.run(folder / "products.csv")
    assert [(t.record, dict(t.outcomes)) for t in report.tallies] == [("product", {"created": 7})]
    report = await importing.run(folder / "sales_pipeline.csv")
    assert dict(report.total.outcomes) == {"refused": 11}
    assert {refusal.column for refusal in importing.refused} == {"sales_agent"}
    assert importing.told()[0] == (2, "sales_agent", "there is no user “Moses Frase”")


async def test_files_that_do_not_fit_the_mapping_stop_it_before_anything_is_written(
    importing: Importing, folder: Path
) -> None:
    before = await importing.everything()
    (folder / "accounts.csv").write_text("account,sector\nAcme,retail\n")
    with pytest.raises(
        MappingError, match=r"accounts\.csv has no column “employees”; it has account"
    ):
        await importing.run(folder)
    (folder / "accounts.csv").unlink()
    with pytest.raises(MappingError, match=r"has no file accounts\.csv, which the mapping names"):
        await importing.run(folder)
    with pytest.raises(MappingError, match=r"the mapping names no file data_dictionary\.csv"):
        await importing.run(folder / "data_dictionary.csv")
    with pytest.raises(MappingError, match="there is no file or folder"):
        await importing.run(folder / "nothing")
    assert await importing.everything() == before


async def test_a_pipeline_of_that_key_must_have_the_stages(
    importing: Importing, folder: Path
) -> None:
    text = (maven.MAVEN / "mapping.toml").read_text().replace('key = "maven"', 'key = "sales"')
    with pytest.raises(MappingError, match="“sales” that is here has no open stage `prospecting`"):
        await importing.run(folder, parse(text))


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
