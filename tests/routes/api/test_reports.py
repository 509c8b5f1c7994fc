"""Cycle time, velocity, forecast, managers over REST, and what changed since a day."""

import csv
import io
import json
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from backend.db.models import stage
from backend.domain.funnels.cycle.rules import pace
from backend.domain.funnels.since.queries import changes
from backend.domain.funnels.since.schemas import SinceFilters
from tests.factories.cards import new_renewal
from tests.office import Office, Person
from tests.routes.api.funnels import JANUARY, Scene, move, set_up, walk

pytestmark = pytest.mark.anyio
DAY = 86_400


@pytest.fixture
async def scene(office: Office) -> Scene:
    return await set_up(office)


async def ask(person: Person, report: str, **params: Any) -> dict[str, Any]:
    reply = await person.get(f"/reports/{report}", **{"pipeline": "worked", **params})
    assert reply.status_code == 200, reply.text
    return reply.json()  # type: ignore[no-any-return]


def test_the_worked_example_of_velocity() -> None:
    """60 open deals, win rate 50 %, average won 120 000, cycle 45 days: 80 000 a day."""
    assert pace(60, 1, [120_000_00], [45 * DAY]).per_day == 80_000_00
    assert pace(60, 0, [], []).per_day is None
    assert pace(0, 1, [100], [0]).per_day is None


async def test_cycles_and_velocity(scene: Scene) -> None:
    """Won after 1 and 3 days, one lost, one lost by mistake, two open; euros are apart."""
    office, anna, fields = scene.office, scene.anna, scene.fields
    for path, reason, more in (
        ("S1 + won", scene.lost, {"amount": "100"}), ("S1 + + + won", scene.lost, {"amount": "50"}),
        ("S1 lost", scene.lost, {"amount": "9"}), ("S1 lost", scene.void, {}), ("S1", 0, {}),
        ("S1", 0, {}), ("S1 + + won", 0, {"amount": "1", "currency": "EUR"}),
    ):  # fmt: skip
        office.now = JANUARY - timedelta(hours=1)
        await walk(office, anna, path, reason, **fields, **more)
    office.now = JANUARY + timedelta(days=5)
    for day in ({}, {"as_of": "2026-01-16"}):
        cycle = await ask(anna, "cycle-time", **day)
        hour = round(1 / 24, 4)
        assert (cycle["cards"], cycle["median_days"], cycle["mean_days"]) == (3, 2 + hour, 2 + hour)
        (month,) = cycle["items"]
        assert (month["month"], month["cards"], month["p80_days"]) == ("2026-01", 3, 2.6417)
        found = await ask(anna, "velocity", **day)
        assert (found["open_cards"], found["won"], found["lost"]) == (2, 2, 1)
        assert (found["win_rate"], found["average_won"]) == (0.6667, "75.00")
        assert found["win_rate_by_amount"] == 0.9434  # 150 of 159
        # 2 × 2/3 × 75 ÷ (2 days and an hour)
        assert (found["cycle_days"], found["per_day"]) == (2 + hour, "48.98")
        assert (found["stale"], found["stale_adjusted_win_rate"]) == (
            (None, None) if day else (0, 0.6667)
        )
    await office.do(lambda tx: tx.run(update(stage).values(rot_days=2)))
    found = await ask(anna, "velocity")
    assert (found["stale"], found["stale_adjusted_win_rate"]) == (2, 0.4)
    assert (await ask(anna, "velocity", currency="EUR"))["average_won"] == "1.00"
    (own,) = (await ask(anna, "cycle-time", group_by="owner"))["items"]
    assert (own["owner_id"], own["owner_name"], own["month"]) == (anna.id, "anna", None)
    later = {"from": "2026-01-14", "to": "2026-01-14"}
    assert (await ask(anna, "cycle-time", **later))["cards"] == 1
    assert (await ask(anna, "velocity", **later))["per_day"] is None
    line = await anna.http.get("/reports/velocity?pipeline=worked", headers={"Accept": "text/csv"})
    head, row = line.text.splitlines()
    assert dict(zip(head.split(","), row.split(","), strict=True))["per_day"] == "48.98"


async def test_a_forecast_is_by_month_and_currency(scene: Scene) -> None:
    office, anna, fields = scene.office, scene.anna, scene.fields
    for amount, on, more in (
        ("100", "2026-02-10", {}), ("50.50", "2026-02-20", {"probability": 40}),
        ("7", "2026-02-01", {"currency": "EUR"}), ("5", "2025-12-31", {}), ("3", None, {}),
    ):  # fmt: skip
        await walk(office, anna, "S1", 0, **fields, amount=amount, expected_close_on=on, **more)
    await walk(office, anna, "S1 lost", scene.lost, **fields, amount="900")
    found = {(one["month"], one["currency"]): one for one in (await ask(anna, "forecast"))["items"]}
    # New cards have the stage's 10 per cent.
    february = found["2026-02", "RUB"]
    assert (february["cards"], february["amount"], february["weighted"]) == (2, "150.50", "30.20")
    assert {key: (one["weighted"], one["overdue"]) for key, one in found.items()} == {
        (None, "RUB"): ("0.30", False), ("2025-12", "RUB"): ("0.50", True),
        ("2026-02", "EUR"): ("0.70", False), ("2026-02", "RUB"): ("30.20", False),
    }  # fmt: skip
    part = await ask(anna, "forecast", **{"from": "2026-02-15", "to": "2026-03-01"})
    assert [one["amount"] for one in part["items"]] == ["50.50"]
    assert part["won"] is part["previous"] is None
    await walk(office, anna, "S1 won", 0, **fields, amount="8")
    later = {"from": "2026-02-01", "to": "2026-02-28", "compare": "previous"}
    told = await ask(anna, "forecast", **later)
    assert told["won"] == {"from": "2026-02-01", "to": "2026-02-28", "items": []}
    won = [{"currency": "RUB", "cards": 1, "amount": "8.00"}]
    assert told["previous"] == {"from": "2026-01-01", "to": "2026-01-31", "items": won}
    assert (await anna.get("/reports/forecast", as_of="2026-01-01")).status_code == 400


async def test_renewals_that_wait_are_told_apart(scene: Scene) -> None:
    renewal = await new_renewal(scene.anna, **scene.fields, renewal_date="2026-05-09")
    (one,) = (await ask(scene.anna, "forecast", pipeline=renewal["pipeline_id"]))["items"]
    assert (one["month"], one["cards"], one["amount"], one["weighted"]) == (
        "2026-05", 0, "0.00", "0.00",
    )  # fmt: skip
    assert (one["waiting_cards"], one["waiting_amount"]) == (1, "100.00")


async def test_managers_side_by_side(scene: Scene) -> None:
    office, anna, fields = scene.office, scene.anna, scene.fields
    boss = await office.person("boss", "admin")
    boris = await office.person("boris")
    await walk(office, anna, "S1 S2 won", scene.lost, **fields, amount="100")
    await walk(office, anna, "S1 lost", scene.lost, **fields)
    noted = await walk(office, anna, "S1", scene.lost, **fields)
    office.later(hours=2)
    note = {"kind": "note", "body": "Called back", "card_id": noted["id"]}
    assert (await anna.post("/activities", note)).status_code == 201
    await walk(office, anna, "S1", scene.lost, **fields)
    await walk(office, boris, "S1", scene.lost, client_id=await office.client(boris))
    office.later(hours=1)
    found = await ask(boss, "managers")
    assert (found["from"], found["to"], found["scope"]) == ("2026-01-01", "2026-01-12", "all")
    own = {one["owner_name"]: one for one in found["items"]}
    assert list(own) == ["anna", "boris"]
    told = own["anna"]
    counts = ("entered", "open", "won", "lost", "moves", "activities", "touched", "untouched")
    assert [told[name] for name in counts] == [4, 2, 1, 1, 3, 1, 2, 1]
    assert (told["win_rate"], told["closed_untouched"]) == (0.5, 1)
    assert told["earned"] == [{"currency": "RUB", "amount": "100.00"}]
    file = await boss.http.get("/reports/managers?pipeline=worked", headers={"Accept": "text/csv"})
    first = next(csv.DictReader(io.StringIO(file.text)))
    assert (first["owner_name"], first["won"]) == ("anna", "1")
    assert json.loads(first["earned"]) == told["earned"]
    # Moved after an hour, noted after two.
    assert told["median_first_touch_hours"] == 1.5
    assert [own["boris"][name] for name in counts] == [1, 1, 0, 0, 0, 0, 0, 1]
    assert [one["owner_name"] for one in (await ask(boris, "managers"))["items"]] == ["boris"]
    assert (await ask(boss, "managers", **{"from": "2026-01-13"}))["items"] == []
    await walk(office, anna, "S1 won", 0, **fields, amount="7", currency="EUR")
    (told, _) = (await ask(boss, "managers"))["items"]
    assert told["earned"] == [
        {"currency": "EUR", "amount": "7.00"}, {"currency": "RUB", "amount": "100.00"}
    ]  # fmt: skip


async def told_by_rest(scene: Scene) -> set[tuple[str, str]]:
    """What changed, page after page; every page counts all of it, a file has the same rows."""
    anna, items = scene.anna, []
    cursor: dict[str, str | None] = {}
    for _ in range(3):
        found = await ask(anna, "changes", limit=3, **cursor)
        kinds = dict.fromkeys(("new", "forward", "back", "slipped", "won", "lost", "reopened"), 1)
        assert (found["counts"], found["scope"]) == ({**kinds, "moved_out": 0}, "own")
        items += found["items"]
        cursor = {"cursor": found["next_cursor"]}
    assert cursor == {"cursor": None}
    ids = [one["card"]["id"] for one in items]
    assert ids == sorted(set(ids))
    (lost,) = (await ask(anna, "changes", what="lost"))["items"]
    assert (lost["from_stage"], lost["to_stage"], lost["card"]["title"]) == ("S1", "lost", "lost")
    path = "/reports/changes?pipeline=worked&what=lost"
    file = (await anna.http.get(path, headers={"Accept": "text/csv"})).text.splitlines()
    assert file[0].startswith("what,from_stage,to_stage,card.id,card.kind")
    assert file[1].startswith(f"lost,S1,lost,{lost['card']['id']},deal")
    assert (await ask(anna, "changes", **{"from": "2026-01-26"}))["items"] == []
    return {(one["what"], one["card"]["title"]) for one in items}


async def test_what_changed_since_a_day(scene: Scene) -> None:
    """Each card once: where it stood on the evening before, and where it stands now."""
    office, anna, fields = scene.office, scene.anna, scene.fields
    paths = {
        "forward": "S1 S2", "back": "S3", "won": "S2", "lost": "S1", "reopened": "S1 lost",
        "slipped": "S1", "still": "S2", "there and back": "S1",
    }  # fmt: skip
    deals = {}
    for name, path in paths.items():
        office.now = JANUARY
        more = {"expected_close_on": "2026-02-01"}
        deals[name] = await walk(office, anna, path, scene.lost, **fields, title=name, **more)
    office.now = JANUARY + timedelta(days=8)
    for name, steps in (("forward", "S4"), ("back", "S1"), ("won", "S4 won"), ("lost", "lost"),
                        ("reopened", "S2"), ("there and back", "S3 S1")):  # fmt: skip
        for key in steps.split():
            deals[name] = await move(anna, deals[name], key, scene.lost)
    for name, on in (("slipped", "2026-03-01"), ("still", "2026-01-20")):
        edited = {"expected_close_on": on}
        assert (await anna.patch(f"/deals/{deals[name]['id']}", edited, 1)).status_code == 200
    await walk(office, anna, "S1 S2", scene.lost, **fields, title="new")
    office.later(hours=1)
    viewer = await office.viewer(anna)
    asked = SinceFilters(pipeline="worked")
    found = await office.do(lambda tx: changes(tx, viewer, asked))
    assert found.since == date(2026, 1, 19)
    assert [(one.what, one.card.title) for one in found.items] == [
        (what, what) for what in ("new", "forward", "back", "slipped", "won", "lost", "reopened")
    ]
    forward = found.items[1]
    assert (forward.from_stage, forward.to_stage) == ("S2", "S4")
    before = (await ask(anna, "changes", compare="previous"))["previous"]
    assert (before["since"], before["until"]) == ("2026-01-12", "2026-01-13")
    assert {what: many for what, many in before["counts"].items() if many} == {"new": 7, "lost": 1}
    assert await told_by_rest(scene) == {(one.what, one.card.title) for one in found.items}
