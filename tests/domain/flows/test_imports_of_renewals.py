"""Renewals come with their agreements, wait as all do, and are told by when they come into work."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from backend.db.models import agreement, card, renewal
from backend.db.session import unit
from backend.domain.cards.schemas import MoveRequest
from backend.domain.flows.sweep import sweep
from backend.domain.moves import moving
from backend.domain.users.queries import as_system
from tests.domain.flows import sources
from tests.domain.flows.maven import LATER, NOW, Importing

HEADER = "id,client,amount,due,period"
# NOW is 10 March 2026; renewals come into work a month ahead, and the grace days are 30.
ROWS = (
    "r1,1,1500.50,2026-12-31,P1Y",
    "r2,1,200,2026-04-11,P6M",  # from 11 March on: by the next sweep hour
    "r3,1,300,2026-04-12,",
    "r4,1,400,2026-02-08,P1Y",  # the last day of grace
    "r5,1,500,2026-02-07,P1Y",  # past it: somebody looks at it first
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    sources.write(tmp_path, "1,Acme,,,")
    return rewritten(tmp_path, *ROWS)


def rewritten(folder: Path, *rows: str) -> Path:
    return sources.write(folder, *rows, name="renewals.csv", header=HEADER)


async def imported(importing: Importing, folder: Path, more: str = "", dry: bool = False) -> Any:
    plan = sources.plan(sources.RENEWALS, more)
    return (await importing.run(folder, plan, dry)).tallies[-1]


async def stands(importing: Importing, *columns: Any) -> list[Any]:
    query = (
        select(card.c.external_id, *columns)
        .join(renewal, renewal.c.card_id == card.c.id)
        .join(agreement, agreement.c.id == renewal.c.agreement_id)
        .order_by(card.c.external_id)
    )
    return await importing.rows(query)


async def test_renewals_wait_and_are_counted_by_when_they_come(
    importing: Importing, folder: Path
) -> None:
    before = await importing.everything()
    rehearsed = await imported(importing, folder, dry=True)
    assert await importing.everything() == before
    done = await imported(importing, folder)
    assert str(done) == str(rehearsed) == "5 rows: 5 created, 0 updated, 0 unchanged, 0 refused"
    assert (done.due, done.late, done.due_by) == (2, 1, date(2026, 3, 11))
    assert (rehearsed.due, rehearsed.late) == (2, 1)
    shown = (card.c.state, card.c.amount, renewal.c.renewal_date, agreement.c.period)
    assert (await stands(importing, *shown))[:3] == [
        ("r1", "waiting", 150050, date(2026, 12, 31), "P1Y"),
        ("r2", "waiting", 20000, date(2026, 4, 11), "P6M"),
        ("r3", "waiting", 30000, date(2026, 4, 12), None),
    ]
    assert (await sweep(importing.database, lambda: NOW, "manual", done.due_by)).activated == 2
    states = await stands(importing, card.c.state)
    assert [state for _, state in states] == ["waiting", "open", "waiting", "open", "waiting"]
    looked_at = await stands(importing, renewal.c.review_since)
    assert [since for _, since in looked_at] == [None, None, None, None, NOW]


async def test_another_date_is_a_reschedule_for_the_reason_that_the_mapping_states(
    importing: Importing, folder: Path
) -> None:
    await imported(importing, folder)
    importing.now = LATER
    rewritten(folder, "r1,1,1500.50,2027-01-31,P1Y", *ROWS[1:])
    assert dict((await imported(importing, folder)).outcomes) == {"unchanged": 4, "refused": 1}
    assert importing.told() == [
        (
            2, "due",
            "the source says 2027-01-31, it is due on 2026-12-31 here; state the reason of a new"
            " date in the mapping (reschedule), or reschedule it here",
        )
    ]  # fmt: skip
    rule = 'reschedule = "client_asked"\n'
    done = await imported(importing, folder, rule)
    assert dict(done.outcomes) == {"updated": 1, "unchanged": 4}
    shown = (renewal.c.renewal_date, renewal.c.original_renewal_date, renewal.c.slips)
    assert (await stands(importing, *shown))[0] == (
        "r1", date(2027, 1, 31), date(2026, 12, 31), 1,
    )  # fmt: skip
    assert dict((await imported(importing, folder, rule)).outcomes) == {"unchanged": 5}


async def test_amount_is_the_renewals_and_terms_are_the_agreements(
    importing: Importing, folder: Path
) -> None:
    await imported(importing, folder)
    importing.now = LATER
    rewritten(folder, "r1,1,1600,2026-12-31,P2Y", *ROWS[1:])
    assert dict((await imported(importing, folder)).outcomes) == {"updated": 1, "unchanged": 4}
    shown = (card.c.amount, agreement.c.period, renewal.c.renewal_date)
    assert (await stands(importing, *shown))[0] == ("r1", 160000, "P2Y", date(2026, 12, 31))
    assert importing.kept == []


async def test_a_renewal_does_not_change_clients_and_a_closed_one_not_its_date(
    importing: Importing, folder: Path
) -> None:
    sources.write(folder, "1,Acme,,,", "2,Beta,,,")
    await imported(importing, folder)
    importing.now = LATER
    await won(importing, "r2")
    rewritten(folder, "r1,2,1500.50,2026-12-31,P1Y", "r2,1,200,2026-05-11,P6M", *ROWS[2:])
    done = await imported(importing, folder, 'reschedule = "client_asked"\n')
    assert dict(done.outcomes) == {"unchanged": 3, "refused": 2}
    assert importing.told() == [
        (2, "client", "a renewal belongs to the client of its agreement"),
        (3, None, "This renewal is closed; only a waiting or open one can be rescheduled"),
    ]
    [term] = [row for row in await stands(importing, renewal.c.renewal_date) if row[0] == "r1"]
    assert term == ("r1", date(2026, 12, 31))


async def test_the_next_term_of_a_won_renewal_is_nothing_to_the_import(
    importing: Importing, folder: Path
) -> None:
    await imported(importing, folder)
    importing.now = LATER
    await won(importing, "r2")
    assert dict((await imported(importing, folder)).outcomes) == {"unchanged": 5}
    assert len(await stands(importing)) == 6


async def won(importing: Importing, external_id: str) -> None:
    (number,) = [
        row[0]
        for row in await importing.rows(select(card.c.id).where(card.c.external_id == external_id))
    ]

    async def work(tx: Any) -> None:
        viewer = await as_system(tx, "worker")
        await moving.move(
            tx, viewer, "renewal", number, MoveRequest(stage="payment_received"), None
        )

    await unit(importing.database, lambda: importing.now, work)


BAD: list[tuple[str, str | None, str]] = [
    ("b1,9,1,2026-12-31,P1Y", "client", "there is no client “9”"),
    ("b2,1,1,2026-02-30,P1Y", "due", "“2026-02-30” is not a date written as %Y-%m-%d"),
    ("b3,1,1,,P1Y", "due", "it is empty, and the mapping does not say what then"),
    ("b4,1,1.005,2026-12-31,P1Y", "amount", "RUB has 2 decimals"),
    ("b5,1,1,2026-12-31,P0D", "period", "a period must be longer than nothing"),
    ("b6,1,1,2026-12-31,yearly", "period", "“yearly” is not a period such as P1M, P6M or P1Y"),
]


async def test_bad_renewals_are_named_and_leave_no_agreement(
    importing: Importing, folder: Path
) -> None:
    rewritten(folder, *(row for row, _, _ in BAD))
    assert dict((await imported(importing, folder)).outcomes) == {"refused": len(BAD)}
    for told, (_, column, reason) in zip(importing.told(), BAD, strict=True):
        assert told[1] == column
        assert told[2].startswith(reason)
    assert await importing.rows(select(agreement.c.id)) == []
