"""The funnel's other modes over REST: as others count, snapshots, flow, money, CSV, the cards."""

import csv
import io
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.factories.pipelines import new_pipeline
from tests.office import Office
from tests.routes.api.funnels import JANUARY, Scene, move, report, set_up, walk, worked

pytestmark = pytest.mark.anyio
JANUARYS = {"from": "2026-01-01", "to": "2026-01-31"}


@pytest.fixture
async def scene(office: Office) -> Scene:
    return await set_up(office)


def column(found: dict[str, Any], name: str) -> list[Any]:
    return [row[name] for row in found["stages"]]


async def names(scene: Scene, deals: dict[str, dict[str, Any]], **params: Any) -> list[str]:
    """The worked example's deals behind a number."""
    reply = await scene.anna.get("/reports/funnel/cards", pipeline="worked", **params)
    assert reply.status_code == 200, reply.text
    by_id = {deal["id"]: name for name, deal in deals.items()}
    return [by_id[row["id"]] for row in reply.json()["items"]]


async def test_the_worked_example_as_others_count_it(scene: Scene) -> None:
    await worked(scene)
    for day in ({}, {"as_of": "2026-01-12"}):
        touched = await report(scene.anna, count="touched", **day)
        assert column(touched, "reached") == [9, 7, 7, 3]
        assert (touched["won"], column(touched, "conversion")) == (4, [None] * 4)
        strict = await report(scene.anna, count="strict", **day)
        assert column(strict, "reached") == [9, 7, 5, 2]
        assert (strict["won"], strict["bypassed"], strict["entered"]) == (2, 2, 10)
        assert column(strict, "cumulative")[-1] == 0.2222
        assert touched["win_rate"] == strict["win_rate"] == 0.5


async def test_the_cards_behind_the_numbers_of_the_worked_example(scene: Scene) -> None:
    deals = await worked(scene)
    expected = {
        ("reached", "S4"): ["D1", "D2", "D3", "D4", "D10"],
        ("lost", "S1"): ["D7"], ("lost", "S2"): ["D5"], ("lost", "S3"): ["D6"],
        ("lost", "S4"): ["D4"], ("open", "S2"): ["D8"], ("open", "S3"): ["D9"],
        ("skipped", "S2"): ["D3", "D4"], ("skipped", "S4"): ["D3", "D10"],
        ("returned", "S2"): ["D6", "D10"],
    }  # fmt: skip
    whole = {"won": ["D1", "D2", "D3", "D10"], "reopened": ["D9"], "entered_late": ["D4"],
             "returned": ["D6", "D10"], "entered": list(deals)}  # fmt: skip
    for day in ({}, {"as_of": "2026-01-12"}):
        for (bucket, stage), behind in expected.items():
            assert await names(scene, deals, bucket=bucket, stage=stage, **day) == behind
        for bucket, behind in whole.items():
            assert await names(scene, deals, bucket=bucket, **day) == behind
    assert await names(scene, deals, bucket="reached", stage="S4", count="strict") == ["D1", "D2"]
    assert await names(scene, deals, bucket="reached", stage="S4", count="touched") == [
        "D1", "D2", "D4",
    ]  # fmt: skip


async def test_the_cards_come_page_after_page(scene: Scene) -> None:
    await worked(scene)
    anna, params, seen = scene.anna, {"pipeline": "worked", "bucket": "entered"}, list[int]()
    cursor: dict[str, Any] = {}
    while True:
        page = (await anna.get("/reports/funnel/cards", limit=4, **params, **cursor)).json()
        seen += [row["id"] for row in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
        wrong = await anna.get("/reports/funnel/cards", pipeline="worked", bucket="won", **cursor)
        assert wrong.status_code == 400
    assert seen == sorted(seen)
    assert len(seen) == 10
    everybody = await anna.get("/reports/funnel/cards", pipeline="worked")
    assert [row["id"] for row in everybody.json()["items"]] == seen
    for stage in ("S9", "1"):
        gone = await anna.get("/reports/funnel/cards", stage=stage, **params)
        assert gone.status_code == 404


async def test_the_snapshot_of_the_worked_example(scene: Scene) -> None:
    """Open by current stage: D8 in S2, D9 in S3; two stood elsewhere the evening before last."""
    deals = await worked(scene)
    now = await report(scene.anna, basis="snapshot")
    assert column(now, "open") == [0, 1, 1, 0]
    assert (now["entered"], now["won"], column(now, "conversion")) == (2, 0, [None] * 4)
    standing = column(now, "standing")
    assert [one["share"] for one in standing] == [None, 0.5, 0.5, None]
    assert standing[1]["median_age_days"] == 0.9583
    assert await names(scene, deals, basis="snapshot", bucket="open", stage="S3") == ["D9"]
    # A day later D8 is won; the snapshot of the day before stays what it was.
    await move(scene.anna, deals["D8"], "won", scene.lost)
    scene.office.later(days=2)
    assert column(await report(scene.anna, basis="snapshot"), "open") == [0, 0, 1, 0]
    then = await report(scene.anna, basis="snapshot", as_of="2026-01-12")
    assert column(then, "open") == [0, 1, 1, 0]
    # D9 is deleted: it stands nowhere from that day on, and stood there on every day before.
    gone = await scene.anna.delete(f"/deals/{deals['D9']['id']}", deals["D9"]["version"])
    assert gone.status_code == 204, gone.text
    scene.office.later(days=1)
    for day, standing in (("2026-01-14", [0, 0, 1, 0]), ("2026-01-15", [0] * 4)):
        then = await report(scene.anna, basis="snapshot", as_of=day)
        assert (day, column(then, "open")) == (day, standing)


async def test_sums_of_a_snapshot_are_weighted_and_never_mixed(scene: Scene) -> None:
    for amount, currency, chance in (("100.01", "RUB", None), ("50", "EUR", 50), ("7", "RUB", 30)):
        fields = {"amount": amount, "currency": currency, "probability": chance}
        deal = await walk(scene.office, scene.anna, "S1", scene.lost, **scene.fields, **fields)
    scene.office.later(days=1)
    await demand_sums(scene)
    # Another chance that is given today changes nothing of yesterday.
    given = await scene.anna.patch(f"/deals/{deal['id']}", {"probability": 90}, deal["version"])
    assert given.status_code == 200, given.text
    await demand_sums(scene, {"as_of": "2026-01-12"})


async def demand_sums(scene: Scene, *days: dict[str, str]) -> None:
    for day in days or ({}, {"as_of": "2026-01-12"}):
        first = column(await report(scene.anna, basis="snapshot", **day), "standing")[0]
        assert first["cards"] == 3
        assert first["sums"] == [
            {"currency": "EUR", "cards": 1, "amount": "50.00", "weighted": "25.00"},
            {"currency": "RUB", "cards": 2, "amount": "107.01", "weighted": "12.10"},
        ]


async def undone_after_midnight(scene: Scene, deal: dict[str, Any], stage: str | int) -> None:
    """A move at 23:55 of the 12th in Moscow, taken back at 00:02."""
    office, anna = scene.office, scene.anna
    office.now = JANUARY.replace(hour=20, minute=55)
    path = f"/deals/{deal['id']}"
    moved = await anna.post(f"{path}/move", {"stage": stage}, deal["version"])
    assert moved.status_code == 200, moved.text
    office.later(minutes=7)
    undone = await anna.post(f"{path}/undo", version=moved.json()["version"])
    assert undone.status_code == 200, undone.text
    office.later(days=1)


async def test_a_pipeline_that_was_never_entered_had_the_card_that_evening(scene: Scene) -> None:
    """No fact of the card tells of that pipeline any more; its events do."""
    deal = await walk(scene.office, scene.anna, "S1", scene.lost, **scene.fields)
    elsewhere = await new_pipeline(scene.office, "elsewhere", ("T1", "T2"))
    asked = {"pipeline": elsewhere}
    target = (await scene.anna.get("/reports/funnel", **asked)).json()["stages"][0]["stage_id"]
    await undone_after_midnight(scene, deal, target)
    for basis in ("cohort", "snapshot"):
        for day, there in (("2026-01-12", 1), ("2026-01-13", 0)):
            reply = await scene.anna.get("/reports/funnel", basis=basis, as_of=day, **asked)
            assert reply.json()["open"] == there, (basis, day)


async def test_a_reopening_that_was_taken_back_stood_open_that_evening(scene: Scene) -> None:
    deal = await walk(scene.office, scene.anna, "S1 lost", scene.lost, **scene.fields)
    await undone_after_midnight(scene, deal, "S2")
    for day, there in (("2026-01-12", [0, 1, 0, 0]), ("2026-01-13", [0] * 4)):
        assert column(await report(scene.anna, basis="snapshot", as_of=day), "open") == there
        cohort = await report(scene.anna, as_of=day)
        assert (cohort["entered"], cohort["open"], cohort["lost"]) == (
            1,
            sum(there),
            1 - sum(there),
        )


async def test_the_flow_counts_the_last_exit_from_each_stage(scene: Scene) -> None:
    deals = await worked(scene)
    found = await report(scene.anna, basis="flow", **JANUARYS)
    # D6 went back from S3 and was lost from S2; D9 left S2 for lost and then for S3.
    assert column(found, "reached") == [9, 6, 6, 3]
    assert column(found, "advanced") == [8, 4, 5, 2]
    assert column(found, "lost") == [1, 2, 0, 1]
    assert column(found, "open") == [0, 0, 1, 0]
    assert column(found, "conversion") == [0.8889, 0.6667, 1.0, 0.6667]
    assert await names(scene, deals, basis="flow", bucket="open", stage="S3") == ["D6"]
    later = await report(scene.anna, basis="flow", **{"from": "2026-01-13"})
    assert column(later, "reached") == [0, 0, 0, 0]


async def test_the_funnel_by_amount_names_what_it_leaves_out(scene: Scene) -> None:
    for path, fields in (
        ("S1 S2 won", {"amount": "100"}), ("S1 lost", {"amount": "50.50"}), ("S1", {}),
        ("S1 S2", {"amount": "9", "currency": "EUR"}),
    ):  # fmt: skip
        await walk(scene.office, scene.anna, path, scene.lost, **scene.fields, **fields)
    scene.office.later(days=1)
    for day in ({}, {"as_of": "2026-01-12"}):
        found = await report(scene.anna, by="amount", **day)
        assert (found["currency"], found["entered"]) == ("RUB", "150.50")
        assert column(found, "reached") == ["150.50", "100.00", "100.00", "100.00"]
        assert column(found, "lost")[0] == "50.50"
        assert found["stages"][0]["conversion"] == 0.6645
        assert found["others"] == [
            {"currency": "EUR", "cards": 1, "amount": "9.00"},
            {"currency": "RUB", "cards": 1, "amount": None},
        ]
        euros = await report(scene.anna, by="amount", currency="EUR", **day)
        assert column(euros, "reached") == ["9.00", "9.00", "0.00", "0.00"]
    assert (await scene.anna.get("/reports/funnel", by="amount", currency="XXY")).status_code == 400


async def test_a_period_is_set_beside_the_one_before(scene: Scene) -> None:
    for day, path in (("2025-12-31", "S1 won"), ("2025-11-30", "S1"), ("2026-01-05", "S1 lost")):
        scene.office.now = datetime.fromisoformat(f"{day}T09:00:00+00:00")
        await walk(scene.office, scene.anna, path, scene.lost, **scene.fields)
    scene.office.now = JANUARY
    found = await report(scene.anna, compare="previous", **JANUARYS)
    before = found["previous"]
    assert (before["from"], before["to"], before["previous"]) == ("2025-12-01", "2025-12-31", None)
    assert (found["lost"], found["won"], before["lost"], before["won"]) == (1, 0, 0, 1)
    days = await report(
        scene.anna, compare="previous", **{"from": "2026-01-05", "to": "2026-01-11"}
    )
    assert days["previous"]["from"] == "2025-12-29"
    for wrong in (
        {},
        {**JANUARYS, "basis": "snapshot"},
        {"from": "0001-01-01", "to": "0001-01-02"},
    ):
        reply = await scene.anna.get("/reports/funnel", compare="previous", **wrong)
        assert reply.status_code == 400, wrong


async def test_filters(scene: Scene) -> None:
    office, anna = scene.office, scene.anna
    boss = await office.person("boss", "admin")
    north = await office.team("north")
    boris = await office.person("boris", team_id=north)
    product = (await boss.post("/products", {"name": "Cable", "price": "5"})).json()["id"]
    lines = [{"product_id": product, "quantity": "1"}]
    await walk(office, anna, "S1", scene.lost, **scene.fields, source="website")
    await walk(office, anna, "S1 lost", scene.lost, **scene.fields, product_lines=lines)
    await walk(office, boris, "S1 lost", scene.void, client_id=await office.client(boris))
    office.now = JANUARY + timedelta(days=1)
    expected: tuple[tuple[dict[str, Any], int], ...] = (
        ({"source": "website"}, 1), ({"product_id": product}, 1), ({"team_id": north}, 1),
        ({"owner_id": anna.id}, 2), ({"reason_id": scene.lost}, 1), ({"reason_id": scene.void}, 1),
        ({"source": "web"}, 0), ({}, 3),
    )  # fmt: skip
    for filters, entered in expected:
        for day in ({}, {"as_of": "2026-01-12"}):
            found = await report(boss, **filters, **day)
            assert found["entered"] == entered, (filters, day)
            timed = [row["median_days"] is not None for row in found["stages"]]
            assert timed[0] == (found["lost"] > 0), (filters, day)
    assert column(await report(boss, times="false"), "median_days") == [None] * 4


async def test_csv_for_whoever_asks_for_it(scene: Scene) -> None:
    office, anna = scene.office, scene.anna
    await walk(office, anna, "S1", scene.lost, **scene.fields, title='=HYPERLINK("x";"y")')
    csv_only = {"Accept": "text/csv"}
    reply = await anna.http.get("/reports/funnel?pipeline=worked", headers=csv_only)
    assert reply.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(reply.text)))
    assert [(row["key"], row["reached"], row["conversion"]) for row in rows] == [
        ("S1", "1", "0.0"), ("S2", "0", ""), ("S3", "0", ""), ("S4", "0", ""),
    ]  # fmt: skip
    path = "/reports/funnel/cards?pipeline=worked&bucket=entered"
    (row,) = csv.DictReader(io.StringIO((await anna.http.get(path, headers=csv_only)).text))
    assert row["title"] == '\'=HYPERLINK("x";"y")'
    empty = await anna.http.get(f"{path}&source=nowhere", headers=csv_only)
    assert empty.text.startswith("id,kind,number,title,")
    assert len(empty.text.splitlines()) == 1
    for accept in ("*/*", "application/json", "text/csv;q=0.5, application/json"):
        assert (await anna.http.get(path, headers={"Accept": accept})).json()["items"]
