"""The Maven sample, compared with what its CSV files say when they are simply counted.

SAMPLE_ROWS says how many of its opportunities are taken, spread over the file; `make sample` takes
them all.
"""

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from backend.db.engines import open_database
from backend.db.models import app_user, card, card_event, card_funnel, product, reason, stage
from backend.db.session import Unit
from backend.domain.funnels.people.queries import managers
from backend.domain.funnels.people.schemas import ManagerFilters
from backend.domain.users.queries import as_system
from tests.domain.flows import maven
from tests.domain.flows.maven import LATER, MAVEN, Importing
from tests.domain.funnels.maven_rates import last_day, rates

MOSCOW = ZoneInfo("Europe/Moscow")
STAGES = {"Won": "won", "Lost": "lost", "Engaging": "engaging", "Prospecting": "prospecting"}
ROWS = int(os.environ.get("SAMPLE_ROWS", "400"))
HERE = {"Won": "won", "Lost": "lost", "Engaging": "open", "Prospecting": "open"}


@pytest.fixture
async def importing(fresh_url: str) -> AsyncIterator[Importing]:
    database = open_database(fresh_url, alone=True)
    yield Importing(database)
    await database.dispose()


def day(text: str) -> date | None:
    return datetime.strptime(text, "%m/%d/%Y").date() if text else None  # noqa: DTZ007


async def counts(importing: Importing, *columns: Any) -> Counter[Any]:
    """How many deals there are of each combination."""
    query = (
        select(*columns, func.count())
        .select_from(card.join(stage, stage.c.id == card.c.stage_id))
        .join(app_user, app_user.c.id == card.c.owner_id)
        .outerjoin(reason, reason.c.id == card.c.reason_id)
        .where(card.c.kind == "deal")
        .group_by(*columns)
    )
    return Counter({row[:-1]: row[-1] for row in await importing.rows(query)})


async def days(importing: Importing, event: str) -> Counter[date]:
    """How many stage events of a kind there are on each day at the company."""
    query = select(card_event.c.at).where(card_event.c.event == event)
    return Counter(at.astimezone(MOSCOW).date() for (at,) in await importing.rows(query))


async def demand_the_same(importing: Importing, rows: list[dict[str, str]]) -> None:
    """What is here is what the CSV says."""
    stood = Counter((STAGES[row["deal_stage"]], HERE[row["deal_stage"]]) for row in rows)
    assert await counts(importing, stage.c.key, card.c.state) == stood
    sold = Counter((row["sales_agent"], row["deal_stage"] == "Won") for row in rows)
    assert await counts(importing, app_user.c.name, card.c.state == "won") == sold
    assert await counts(importing, reason.c.key) == Counter(
        ("imported",) if row["deal_stage"] == "Lost" else (None,) for row in rows
    )
    value = sum(int(row["close_value"] or 0) for row in rows)
    total = select(func.sum(card.c.amount), func.count(card.c.client_id))
    accounts = sum(1 for row in rows if row["account"])
    assert await importing.rows(total) == [(value * 100, accounts)]
    for event in ("won", "lost"):
        closed = Counter(day(r["close_date"]) for r in rows if STAGES[r["deal_stage"]] == event)
        assert await days(importing, event) == closed
    born = Counter(day(row["engage_date"]) or date(2017, 12, 31) for row in rows)
    assert await days(importing, "created") == born
    funnel = select(card_funnel.c.state, card_funnel.c.entered_late, func.count())
    funnel = funnel.group_by(card_funnel.c.state, card_funnel.c.entered_late)
    late = Counter((HERE[r["deal_stage"]], r["deal_stage"] != "Prospecting") for r in rows)
    assert {row[:2]: row[2] for row in await importing.rows(funnel)} == late


async def demand_the_win_rates(importing: Importing, rows: list[dict[str, str]]) -> None:
    """Agents, products and quarters, as the reports tell them, are as the CSV is counted."""
    wanted = rates(rows)
    products = dict(await importing.rows(select(product.c.name, product.c.id)))
    some = [name for name in products if rows == maven.opportunities() or name == "GTX Pro"]
    async with importing.database.read() as conn:
        viewer = await as_system(Unit(conn, importing.now), "worker")
        for quarter in sorted({key[2] for key in wanted}):
            for name in some:
                asked = ManagerFilters(
                    pipeline="maven", product_id=products[name], start=quarter,
                    end=last_day(quarter),
                )  # fmt: skip
                found = await managers(Unit(conn, importing.now), viewer, asked)
                told = {
                    one.owner_name: (one.won, one.lost, one.win_rate)
                    for one in found.items
                    if one.won or one.lost
                }
                own = {
                    key[0]: counts for key, counts in wanted.items() if key[1:] == (name, quarter)
                }
                assert told == {
                    agent: (won, lost, round(won / (won + lost), 4))
                    for agent, (won, lost) in own.items()
                }


async def test_the_sample_is_here_as_it_was_and_comes_only_once(
    importing: Importing, tmp_path: Path
) -> None:
    rows = maven.opportunities()
    outcomes = {"Won": 4238, "Lost": 2473, "Engaging": 1589, "Prospecting": 500}
    assert maven.counted(rows, "deal_stage") == outcomes
    rows = rows[:: max(1, len(rows) // ROWS)]
    folder = MAVEN if len(rows) == sum(outcomes.values()) else maven.slice_of(tmp_path, rows)
    report = await importing.run(folder)
    assert dict(report.tallies[-1].outcomes) == {"created": len(rows)}
    await demand_the_same(importing, rows)
    await demand_the_win_rates(importing, rows)
    before = await importing.everything()
    importing.now = LATER
    again = await importing.run(folder)
    assert dict(again.total.outcomes) == {"unchanged": again.total.rows}
    assert await importing.everything() == before


async def test_two_imports_at_once_make_every_record_once(fresh_url: str, tmp_path: Path) -> None:
    folder = maven.slice_of(tmp_path, maven.some({"Won": 20, "Lost": 20, "Engaging": 20}))
    database = open_database(fresh_url)
    first, second = Importing(database), Importing(database)
    try:
        reports = await asyncio.gather(first.run(folder), second.run(folder))
        outcomes = reports[0].total.outcomes + reports[1].total.outcomes
        assert (first.told(), second.told()) == ([], [])
        there = {name: counts[0] for name, counts in (await first.everything()).items()}
        assert outcomes["created"] == sum(
            there[name] for name in ("team", "app_user", "product", "client", "card")
        )
        assert (there["card"], there["card_event"], there["deal_line"]) == (60, 100, 60)
        assert outcomes["refused"] == outcomes["updated"] == 0
    finally:
        await database.dispose()
