"""Imports: a slice of the Maven sample, its history, its stated rules, rows that are refused."""

from pathlib import Path

import pytest
from sqlalchemy import select

from backend.db.models import app_user, card, change, client, deal_line, product, team
from backend.domain.flows.imports.mapping import MappingError
from backend.domain.flows.imports.reading import parse
from tests.domain.flows import maven
from tests.domain.flows.maven import NOW, Importing, noon

WON = "1C1I7A6R"  # Moses Frase, GTX Plus Basic, Cancity, 10/20/2016 - 3/1/2017, 1054


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


async def test_users_cannot_sign_in_and_clients_keep_what_has_no_field(
    importing: Importing, folder: Path
) -> None:
    await importing.run(folder)
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
    news = select(change.c.at).where(change.c.record_id == found["id"])
    assert await importing.rows(news.where(change.c.kind == "deal")) == [(NOW,), (NOW,)]


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
MUCH = "“much” is not a number written like 1234.56; for another decimal mark state source.decimal"
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
    ({"close_value": "much"}, "close_value", MUCH),
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
        MappingError, match=r"accounts\.csv has no column “employees”; it has “account”"
    ):
        await importing.run(folder)
    (folder / "accounts.csv").unlink()
    with pytest.raises(MappingError, match=r"accounts\.csv, which the mapping names, is not there"):
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
