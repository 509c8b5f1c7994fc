"""Boards: the same numbers as REST's lists, only what the viewer may see, in few statements."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from backend.db.session import Unit
from backend.domain.boards import queries
from backend.domain.boards.schemas import Board, BoardFilters
from backend.errors import NotFound
from tests.domain.boards.conftest import PIPELINE, columns, fill, move, shown
from tests.factories.cards import new_deal, new_lead, new_renewal
from tests.factories.tasks import new_task
from tests.office import Office, Person
from tests.statements import asked


async def told(person: Person, **filters: Any) -> dict[str, tuple[int, Decimal]]:
    """Count and sum of each stage as REST's list has them."""
    found = (await person.get("/deals", pipeline=PIPELINE, limit=200, **filters)).json()["items"]
    counted: dict[str, tuple[int, Decimal]] = {}
    for row in found:
        count, total = counted.get(row["stage_key"], (0, Decimal(0)))
        counted[row["stage_key"]] = count + 1, total + Decimal(row["amount"] or 0)
    return counted


def heads(board: Board) -> dict[str, tuple[int, Decimal]]:
    return {
        column.lane.stage.key: (
            column.head.count, sum((Decimal(one.amount) for one in column.head.sums), Decimal(0))
        )
        for column in board.columns
        if column.lane.stage is not None and column.head.count
    }  # fmt: skip


async def test_heads_are_what_lists_say(office: Office, anna: Person) -> None:
    boris = await office.person("boris")
    boss = await office.person("boss", "admin")
    acme, other = await office.client(anna), await office.client(boris, "Vector")
    home = {"pipeline": PIPELINE}
    await new_deal(anna, **home, client_id=acme, amount=Decimal("100.50"), source="site")
    await new_deal(anna, **home, client_id=acme, amount=Decimal(7), title="Rack")
    moved = await new_deal(anna, **home, client_id=acme, amount=None)
    await move(anna, moved, "talks")
    await new_deal(boris, **home, client_id=other, amount=Decimal(1000))
    for person in (anna, boris, boss):
        for ours, theirs in (
            ({}, {}),
            ({"source": "site"}, {"source": "site"}),
            ({"q": "rack"}, {"q": "rack"}),
            ({"q": "vector"}, {"q": "vector"}),
            ({"amount_min": Decimal(7)}, {"amount_min": "7"}),
            ({"amount_max": Decimal(100)}, {"amount_max": "100"}),
            ({"owners": (anna.id,)}, {"owner_id": anna.id}),
            ({"created_from": date(2026, 3, 11)}, {"created_from": "2026-03-11"}),
        ):
            assert heads(await shown(office, person, **ours)) == await told(person, **theirs)
    assert heads(await shown(office, boss)) == {
        "new": (3, Decimal("1107.50")), "talks": (1, Decimal(0))
    }  # fmt: skip
    assert heads(await shown(office, anna)) == {
        "new": (2, Decimal("107.50")), "talks": (1, Decimal(0))
    }  # fmt: skip
    both = await shown(office, boss, owners=(anna.id, boris.id))
    assert (both.total.count, both.total.sums[0].amount) == (4, "1107.50")
    assert both.total.sums[0].forecast == "110.75"


async def test_currencies_are_never_mixed(office: Office, anna: Person) -> None:
    """Each is added up by itself: the company's own first, the others by their names."""
    acme = await office.client(anna)
    for currency, amount in (("RUB", 10), ("USD", 7), ("JPY", 500), ("RUB", 5)):
        await new_deal(
            anna, pipeline=PIPELINE, client_id=acme, amount=Decimal(amount), currency=currency
        )
    sums = (await shown(office, anna)).columns[0].head.sums
    assert [(one.currency, one.amount, one.forecast) for one in sums] == [
        ("RUB", "15.00", "1.50"), ("JPY", "500", "50"), ("USD", "7.00", "0.70"),
    ]  # fmt: skip


async def test_a_card_says_what_it_is_about(office: Office, anna: Person) -> None:
    acme = await office.client(anna)
    deal = await new_deal(anna, pipeline=PIPELINE, client_id=acme, amount=Decimal(5))
    later = await new_task(anna, card_id=deal["id"], due_at="2026-03-12T09:00:00Z", title="Later")
    soon = await new_task(anna, card_id=deal["id"], due_at="2026-03-11T09:00:00Z", title="Soon")
    office.later(days=2)
    (one,) = (await shown(office, anna)).columns[0].cards
    assert (one.headline, one.subject, one.number) == ("Acme", "Servers", f"D-{deal['id']}")
    assert (one.amount, one.owner_name, one.days_in_stage, one.can_move) == (
        "5.00",
        "anna",
        2,
        True,
    )
    assert one.task is not None
    assert (one.task.title, one.task.days, one.task.is_late, one.step) == ("Soon", -1, True, "late")
    for number in (soon["id"], later["id"]):
        await anna.patch(f"/tasks/{number}", {"done_at": "2026-03-12T08:00:00Z"}, 1)
    (one,) = (await shown(office, anna)).columns[0].cards
    assert (one.task, one.step) == (None, "none")
    assert columns(await shown(office, anna, flag="notask"))["new"] == [deal["id"]]


async def test_a_lead_goes_by_its_company(office: Office, anna: Person) -> None:
    await new_lead(anna, company_name="Vector", contact_name="Ivan")
    await new_lead(anna)
    (first, second) = (await shown(office, anna, "lead")).columns[0].cards
    assert (first.headline, first.subject) == ("Vector", "Enquiry")
    assert (second.headline, second.subject) == ("Enquiry", "")


@pytest.mark.parametrize("sort", ["rank", "sum", "age", "task"])
async def test_pages_of_a_column_meet(office: Office, anna: Person, sort: str) -> None:
    board = await shown(office, anna)
    home, stage_id = board.pipeline.id, int(board.columns[0].lane.key)
    ids = await fill(office, anna, stage_id, home, [100 * (n % 7) for n in range(65)])
    filters = {"sort": sort, "pipeline": PIPELINE}
    column = (await shown(office, anna, **filters)).columns[0]
    assert (column.head.count, len(column.cards)) == (65, 30)
    seen, cursor = [one.id for one in column.cards], column.next_cursor
    viewer = await office.viewer(anna)
    while cursor is not None:
        async with office.database.read() as conn:
            page = await queries.column(
                Unit(conn, office.now), viewer, "deal", BoardFilters(**filters),  # type: ignore[arg-type]
                column.lane.key, cursor,
            )  # fmt: skip
        seen += [one.id for one in page.cards]
        cursor = page.next_cursor
    assert sorted(seen) == ids
    amounts = dict(zip(ids, [100 * (n % 7) for n in range(65)], strict=True))
    expected = sorted(ids, key=lambda i: (-amounts[i], -i)) if sort == "sum" else ids
    assert seen == expected


async def test_as_many_statements_for_ten_cards_as_for_a_thousand(
    office: Office, anna: Person
) -> None:
    board = await shown(office, anna)
    home, stage_id = board.pipeline.id, int(board.columns[0].lane.key)
    other_id = int(board.columns[1].lane.key)
    viewer, counts = await office.viewer(anna), []
    for lane, more in ((stage_id, 10), (other_id, 990)):
        await fill(office, anna, lane, home, [100] * more)
        with asked(office) as seen:
            async with office.database.read() as conn:
                tx = Unit(conn, office.now)
                found = await queries.board(tx, viewer, "deal", BoardFilters(pipeline=PIPELINE))
        counts.append((found.total.count, len(seen)))
    assert counts == [(10, 5), (1000, 5)]


async def test_closed_columns_show_thirty_days_newest_first(office: Office, anna: Person) -> None:
    acme = await office.client(anna)
    old, first, second = [
        await new_deal(anna, pipeline=PIPELINE, client_id=acme, amount=Decimal(1)) for _ in range(3)
    ]
    await move(anna, old, "won")
    office.later(days=20)
    await move(anna, first, "won")
    office.later(days=11)
    await move(anna, second, "won")
    board = await shown(office, anna)
    assert columns(board)["won"] == [second["id"], first["id"]]
    assert heads(board) == {"won": (2, Decimal(2))}


async def test_a_patch_says_where_cards_stand_and_which_are_gone(
    office: Office, anna: Person
) -> None:
    boris = await office.person("boris")
    acme, other = await office.client(anna), await office.client(boris, "Vector")
    first, second, third = [
        await new_deal(anna, pipeline=PIPELINE, client_id=acme, amount=Decimal(n))
        for n in (3, 2, 2)
    ]
    foreign = await new_deal(boris, pipeline=PIPELINE, client_id=other)
    viewer = await office.viewer(anna)

    async def patch(**filters: Any) -> tuple[dict[int, int | None], list[int]]:
        ids = [first["id"], third["id"], foreign["id"], second["id"]]
        async with office.database.read() as conn:
            asked_for = BoardFilters(pipeline=PIPELINE, **filters)
            found = await queries.patch(Unit(conn, office.now), viewer, "deal", asked_for, ids)
        return {one.card.id: one.after_id for one in found.cards}, found.gone

    a, b, c = first["id"], second["id"], third["id"]
    found = await patch()
    assert found == ({a: None, b: a, c: b}, [foreign["id"]])
    assert list(found[0]) == [a, b, c]  # none before the one that it stands behind
    assert await patch(amount_max=Decimal(2)) == ({b: None, c: b}, [a, foreign["id"]])
    assert await patch(sort="sum") == ({a: None, c: a, b: c}, [foreign["id"]])
    await move(anna, second, "talks")
    assert await patch() == ({a: None, b: None, c: a}, [foreign["id"]])


async def test_waiting_renewals_are_not_on_the_board(office: Office, anna: Person) -> None:
    boss = await office.person("boss", "admin")
    acme = await office.client(anna)
    waiting = await new_renewal(anna, client_id=acme, renewal_date=date(2026, 12, 9))
    comes = await new_renewal(anna, client_id=acme, renewal_date=date(2026, 3, 13))
    await anna.post(f"/renewals/{comes['id']}/activate", {}, comes["version"])
    for person, store, there in (
        (anna, False, False), (anna, True, False), (boss, False, False), (boss, True, True),
    ):  # fmt: skip
        board = await shown(office, person, "renewal", store=store)
        seen = {i for ids in columns(board).values() for i in ids}
        assert (waiting["id"] in seen, comes["id"] in seen) == (there, True)
        assert board.can_open_store == (person is boss)
    by_date = await shown(office, anna, "renewal", by="date")
    assert columns(by_date) == {
        "overdue": [], "this_week": [comes["id"]], "next_week": [], "this_month": [], "later": []
    }  # fmt: skip
    assert by_date.columns[1].cards[0].days_left == 3
    office.later(days=4)
    assert columns(await shown(office, anna, "renewal", by="date"))["overdue"] == [comes["id"]]


async def test_a_card_handed_over_is_new_until_its_owner_changes_it(
    office: Office, anna: Person
) -> None:
    boris = await office.person("boris")
    acme = await office.client(anna)
    deal = await new_deal(anna, pipeline=PIPELINE, client_id=acme)
    given = await anna.post(f"/deals/{deal['id']}/transfer", {"owner_id": boris.id}, 1)
    assert given.status_code == 200
    (one,) = (await shown(office, boris)).columns[0].cards
    assert one.is_new_to_owner
    await move(boris, {**deal, "version": one.version}, "talks")
    (one,) = (await shown(office, boris)).columns[1].cards
    assert not one.is_new_to_owner


async def test_there_is_no_such_board_or_column(office: Office, anna: Person) -> None:
    with pytest.raises(NotFound):
        await shown(office, anna, pipeline="nothing")
    viewer = await office.viewer(anna)
    async with office.database.read() as conn:
        with pytest.raises(NotFound):
            await queries.column(Unit(conn, office.now), viewer, "deal", BoardFilters(), "0", "x")
