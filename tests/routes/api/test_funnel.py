"""The funnel over REST: the worked example exactly, earlier days, access, what leaves it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.domain.cards.histories import WORKED_TABLE
from tests.factories.cards import new_deal
from tests.factories.pipelines import new_pipeline
from tests.office import Office
from tests.routes.api.funnels import JANUARY, Scene, move, report, set_up, table, walk, worked

pytestmark = pytest.mark.anyio


@pytest.fixture
async def scene(office: Office) -> Scene:
    return await set_up(office)


async def test_the_worked_example(scene: Scene) -> None:
    await worked(scene)
    found = await report(scene.anna, **{"from": "2026-01-01", "to": "2026-01-31"})
    assert table(found) == WORKED_TABLE
    columns = {name: [row[name] for row in found["stages"]] for name in found["stages"][0]}
    assert columns["conversion"] == [0.9, 0.7778, 0.7143, 0.8]
    assert columns["resolved_conversion"] == [0.9, 0.875, 0.8333, 0.8]
    assert columns["drop_off"] == [0.1, 0.1111, 0.1429, 0.2]
    assert columns["still_open"] == [0, 0.1111, 0.1429, 0]
    assert columns["cumulative"] == [0.9, 0.7, 0.5, 0.4]
    assert columns["skipped"] == [1, 2, 0, 2]
    assert columns["returned"] == [0, 2, 0, 0]
    # An hour a visit; D6, D9 and D10 were in S2 twice, D10 in S3; D8 and D9 are there still.
    assert columns["median_days"] == [0.0417, 0.0625, 0.0417, 0.0417]
    assert columns["p80_days"] == [0.0417, 0.0833, 0.0417, 0.0417]
    totals = {name: found[name] for name in ("entered", "won", "lost", "open", "moved_out")}
    assert totals == {"entered": 10, "won": 4, "lost": 4, "open": 2, "moved_out": 0}
    assert found["win_rate"] == 0.5
    assert (found["pipeline"], found["basis"], found["count"]) == ("worked", "cohort", "furthest")
    assert (found["scope"], found["from"], found["to"]) == ("own", "2026-01-01", "2026-01-31")


async def test_the_day_before_is_told_from_events_as_today_is_from_facts(scene: Scene) -> None:
    await worked(scene)
    now = await report(scene.anna)
    scene.office.later(days=3)
    then = await report(scene.anna, as_of="2026-01-14")
    assert then.pop("as_of") != now.pop("as_of")
    # Who stands in a stage has grown older meanwhile.
    ages = [
        {row["key"]: row.pop("median_age_days") for row in one["stages"]} for one in (now, then)
    ]
    assert ages[0] == {"S1": None, "S2": 0.9583, "S3": 0.8333, "S4": None}
    assert ages[1] == {"S1": None, "S2": 2.4583, "S3": 2.3333, "S4": None}
    for name in now:
        assert then[name] == now[name], name


async def test_an_earlier_day_is_reproduced(scene: Scene) -> None:
    """Lost on the 12th, reopened on the 13th, won on the 14th; another enters on the 13th."""
    office, anna = scene.office, scene.anna
    await walk(office, anna, "S1 S2 lost + S2 + S3 won", scene.lost, **scene.fields)
    office.now = JANUARY + timedelta(days=1)
    await walk(office, anna, "S1", scene.lost, **scene.fields)
    office.now = JANUARY + timedelta(days=5)
    days = {
        day: await report(anna, as_of=f"2026-01-{day}") for day in ("11", "12", "13", "14", "16")
    }
    assert {day: table(found)["S1"] for day, found in days.items()} == {
        "11": (0, 0, 0, 0, 0), "12": (1, 1, 0, 0, 0), "13": (2, 1, 0, 1, 0),
        "14": (2, 1, 0, 1, 0), "16": (2, 1, 0, 1, 0),
    }  # fmt: skip
    assert {day: table(found)["S2"] for day, found in days.items()} == {
        "11": (0, 0, 0, 0, 0), "12": (1, 0, 1, 0, 0), "13": (1, 0, 0, 1, 0),
        "14": (1, 1, 0, 0, 0), "16": (1, 1, 0, 0, 0),
    }  # fmt: skip
    assert [found["win_rate"] for found in days.values()] == [None, 0.0, None, 1.0, 1.0]
    assert days["11"]["stages"][0]["conversion"] is None
    assert table(await report(anna, as_of="2030-01-01")) == table(days["16"])


async def test_the_periods_days_are_the_companys_and_both_inclusive(scene: Scene) -> None:
    """Midnight in Moscow is 21:00 UTC."""
    moments = ["2026-01-09T20:59:59", "2026-01-09T21:00:00", "2026-01-10T20:59:59",
               "2026-01-10T21:00:00"]  # fmt: skip
    for moment in moments:
        scene.office.now = datetime.fromisoformat(moment + "+00:00")
        await walk(scene.office, scene.anna, "S1", scene.lost, **scene.fields)
    scene.office.now = JANUARY

    async def entered(**params: str) -> int:
        return int((await report(scene.anna, **params))["entered"])

    assert await entered(**{"from": "2026-01-10", "to": "2026-01-10"}) == 2
    assert await entered(**{"from": "2026-01-11"}) == 1
    assert await entered(to="2026-01-09") == 1
    assert await entered(as_of="2026-01-09") == 1
    assert await entered(as_of="2026-01-10") == 3
    assert await entered() == 4


async def test_an_undone_move_never_was(scene: Scene) -> None:
    """Moved at 23:55 and undone at 00:02: the evening's report has it, the next day's has not."""
    office, anna = scene.office, scene.anna
    office.now = datetime(2026, 1, 12, 20, 50, tzinfo=UTC)
    deal = await walk(office, anna, "S1", scene.lost, **scene.fields)
    office.now = datetime(2026, 1, 12, 20, 55, tzinfo=UTC)
    deal = await move(anna, deal, "S3", scene.lost)
    office.now = datetime(2026, 1, 12, 21, 2, tzinfo=UTC)
    undone = await anna.post(f"/deals/{deal['id']}/undo", version=deal["version"])
    assert undone.status_code == 200, undone.text
    now = await report(anna)
    assert table(now)["S1"] == (1, 0, 0, 1, 0)
    assert [row["reached"] for row in now["stages"]] == [1, 0, 0, 0]
    assert [row["skipped"] for row in now["stages"]] == [0, 0, 0, 0]
    assert now["stages"][2]["median_days"] is None
    evening = await report(anna, as_of="2026-01-12")
    assert [row["reached"] for row in evening["stages"]] == [1, 1, 1, 0]
    assert evening["as_of"] == "2026-01-12T21:00:00Z"
    office.later(days=2)
    assert table(await report(anna, as_of="2026-01-13")) == table(now)


async def test_a_deleted_open_deal_leaves_and_a_closed_one_stays(scene: Scene) -> None:
    office, anna = scene.office, scene.anna
    deals = [
        await walk(office, anna, path, scene.lost, **scene.fields)
        for path in ("S1", "S1 S2 won", "S1 S2 lost", "S1 S2")
    ]
    office.now = JANUARY + timedelta(days=1)
    for deal in deals[:3]:
        gone = await anna.delete(f"/deals/{deal['id']}", version=deal["version"])
        assert gone.status_code == 204, gone.text
    found = await report(anna)
    assert table(found)["S1"] == (3, 3, 0, 0, 0)
    assert table(found)["S2"] == (3, 1, 1, 1, 0)
    office.later(days=1)
    assert table(await report(anna, as_of="2026-01-13")) == table(found)
    # On the evening of the 12th nothing was deleted yet.
    assert table(await report(anna, as_of="2026-01-12"))["S1"] == (4, 3, 0, 1, 0)
    back = await anna.post(f"/deals/{deals[0]['id']}/restore")
    assert back.status_code == 200, back.text
    assert table(await report(anna))["S1"] == (4, 3, 0, 1, 0)


async def test_void_reasons_leave_the_win_rate_alone(scene: Scene) -> None:
    office, anna = scene.office, scene.anna
    for path, reason in (("S1 won", scene.lost), ("S1 lost", scene.lost), ("S1 lost", scene.void)):
        await walk(office, anna, path, reason, **scene.fields)
    office.later(days=1)
    for found in (await report(anna), await report(anna, as_of="2026-01-12")):
        assert table(found)["S1"] == (3, 1, 2, 0, 0)
        assert (found["won"], found["lost"], found["win_rate"]) == (1, 2, 0.5)
        assert found["stages"][0]["drop_off"] == 0.6667


async def test_a_reason_given_up_by_reopening_counts_no_more(scene: Scene) -> None:
    office, anna = scene.office, scene.anna
    deal = await walk(office, anna, "S1 lost S1", scene.void, **scene.fields)
    await move(anna, deal, "lost", scene.lost)
    office.later(days=1)
    for found in (await report(anna), await report(anna, as_of="2026-01-12")):
        assert found["win_rate"] == 0.0


async def test_another_pipeline_is_neither_won_nor_lost(scene: Scene) -> None:
    office, anna = scene.office, scene.anna
    deal = await walk(office, anna, "S1 S2", scene.lost, **scene.fields)
    pipelines = await new_pipeline(office, "elsewhere", ("T1", "T2"))
    office.later(hours=1)
    other = (await anna.get("/reports/funnel", pipeline=pipelines)).json()["stages"][1]["stage_id"]
    moved = await anna.post(f"/deals/{deal['id']}/move", {"stage": other}, version=2)
    assert moved.status_code == 200, moved.text
    office.later(days=1)
    for params in ({}, {"as_of": "2026-01-12"}):
        here = await report(anna, **params)
        assert table(here)["S2"] == (1, 0, 0, 0, 1)
        assert (here["moved_out"], here["win_rate"]) == (1, None)
        there = (await anna.get("/reports/funnel", pipeline="elsewhere", **params)).json()
        assert table(there) == {"T1": (1, 1, 0, 0, 0), "T2": (1, 0, 0, 1, 0)}
        assert [row["skipped"] for row in there["stages"]] == [1, 0]
    home = (await report(anna))["stages"][0]["stage_id"]
    back = await anna.post(f"/deals/{deal['id']}/move", {"stage": home}, version=3)
    assert moved.json()["entered_at"] > deal["entered_at"] == back.json()["entered_at"]


async def test_detours_are_told_apart(scene: Scene) -> None:
    office, anna = scene.office, scene.anna
    await new_pipeline(office, "winding", ("S1", "S2"), before=[("aside", "detour")])
    for path in ("S1 aside S1 aside S2", "S1 aside lost", "S1"):
        office.now = JANUARY
        first, *others = path.split()
        deal = await new_deal(anna, pipeline="winding", stage=first, **scene.fields)
        for key in others:
            office.later(hours=2)
            lost = await office.reason("too_expensive", "winding")
            deal = await move(anna, deal, key, lost)
    office.later(days=1)
    for params in ({}, {"as_of": "2026-01-12"}):
        found = (await anna.get("/reports/funnel", pipeline="winding", **params)).json()
        assert table(found) == {"S1": (3, 1, 1, 1, 0), "S2": (1, 0, 0, 1, 0)}
        (aside,) = found["detours"]
        assert (aside["key"], aside["cards"], aside["visits"]) == ("aside", 2, 3)
        assert aside["median_days"] == 0.125  # 4 hours of the first, 2 of the second
        assert found["stages"][0]["returned"] == 0


async def test_figures_are_over_what_the_caller_may_see(scene: Scene) -> None:
    office, anna = scene.office, scene.anna
    team = await office.team("north")
    boris = await office.person("boris", team_id=team)
    head = await office.person("head", "head", team_id=team)
    admin = await office.person("admin", "admin")
    viewer = await office.person("viewer", "viewer")
    await walk(office, anna, "S1", scene.lost, **scene.fields)
    own = {"client_id": await office.client(boris)}
    await walk(office, boris, "S1 S2", scene.lost, **own)
    await walk(office, boris, "S1 lost", scene.lost, **own)
    office.later(days=1)
    expected = {"anna": (anna, "own", 1), "boris": (boris, "own", 2), "head": (head, "team", 2),
                "admin": (admin, "all", 3), "viewer": (viewer, "all", 3)}  # fmt: skip
    for params in ({}, {"as_of": "2026-01-12"}):
        seen = {name: await report(person, **params) for name, (person, _, _) in expected.items()}
        assert {name: (found["scope"], found["entered"]) for name, found in seen.items()} == {
            name: (scope, count) for name, (_, scope, count) in expected.items()
        }
    assert (await report(admin, owner_id=boris.id))["entered"] == 2
    assert (await report(anna, owner_id=boris.id))["entered"] == 0
    # The client's owner may read its cards, so they are in his figures.
    shared = {"client_id": own["client_id"], "owner_id": admin.id}
    await walk(office, admin, "S1", scene.lost, **shared)
    assert (await report(boris))["entered"] == 3


async def test_the_scope_and_the_parameters_are_checked(scene: Scene) -> None:
    bare = await scene.office.person("bare", scopes=("cards:read", "cards:write"))
    assert (await bare.get("/reports/funnel")).status_code == 403
    anna = scene.anna
    assert (await anna.get("/reports/funnel", pipeline="nowhere")).status_code == 404
    assert (await anna.get("/reports/funnel", pipeline=10**9)).status_code == 404
    for wrong in ({"as_of": "2026-02-30"}, {"from": "x"}, {"start": "2026-01-01"}, {"basis": "x"},
                  {"owner_id": "0"}, {"by": ""}):  # fmt: skip
        reply = await anna.get("/reports/funnel", **wrong)
        assert reply.status_code == 400, wrong
    default = (await anna.get("/reports/funnel")).json()
    assert default["pipeline"] == "sales"
    assert [row["key"] for row in default["stages"]] == ["needs", "offer", "negotiation", "invoice"]


async def shaped(scene: Scene, method: str, **how: Any) -> None:
    """Change the third stage of the pipeline over REST."""
    admin = await scene.office.person("admin", "admin")
    home = (await admin.get("/pipelines", kind="deal")).json()["items"]
    pipeline = next(one for one in home if one["key"] == "worked")
    third = pipeline["stages"][2]
    path = f"/pipelines/{pipeline['id']}/stages/{third['id']}"
    headers = {"If-Match": f'"{third["version"]}"'}
    reply = await admin.http.request(method, path, headers=headers, **how)
    assert reply.is_success, reply.text


async def test_the_past_of_a_deleted_stage_is_told_of_the_one_that_took_its_place(
    scene: Scene,
) -> None:
    made = await worked(scene)
    await move(scene.anna, made["D9"], "S4", scene.lost)
    await move(scene.anna, made["D9"] | {"version": made["D9"]["version"] + 1}, "S3", scene.lost)
    scene.office.later(days=2)
    await shaped(scene, "DELETE", params={"move_to": "S4"})
    for params in ({}, {"as_of": "2026-01-14"}):
        assert table(await report(scene.anna, **params)) == {
            "S1": (10, 9, 1, 0, 0), "S2": (9, 7, 1, 1, 0), "S4": (7, 4, 2, 1, 0),
        }  # fmt: skip
    # To go from a stage to the one that took its place is no step: its age there goes on.
    last = (await report(scene.anna, basis="snapshot"))["stages"][-1]
    assert last["standing"]["median_age_days"] == 2.8333


async def test_stages_in_another_order_tell_the_past_in_that_order(scene: Scene) -> None:
    """S3 before S2: who was in both has reached S2, the further one now."""
    await worked(scene)
    scene.office.later(days=2)
    await shaped(scene, "PATCH", json={"position": 2})
    for params in ({}, {"as_of": "2026-01-14"}):
        found = await report(scene.anna, **params)
        assert [row["key"] for row in found["stages"]] == ["S1", "S3", "S2", "S4"]
        assert table(found) == {
            "S1": (10, 9, 1, 0, 0), "S3": (9, 9, 0, 0, 0), "S2": (9, 5, 2, 2, 0),
            "S4": (5, 4, 1, 0, 0),
        }  # fmt: skip
