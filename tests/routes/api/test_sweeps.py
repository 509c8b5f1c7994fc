"""The sweep over REST, its ledger, and the preview of what it will bring."""

from datetime import date
from typing import Any

import pytest

from backend.db.session import Unit
from backend.domain.renewals.preview import queries
from backend.domain.renewals.schemas import PreviewFilters
from backend.routes.observed import tell
from tests.office import Office, Person

pytestmark = pytest.mark.anyio


async def _renewal(person: Person, client_id: int, due: str, **fields: Any) -> dict[str, Any]:
    body = {"client_id": client_id, "amount": 1, "renewal_date": due, **fields}
    made = await person.post("/renewals", body)
    assert made.status_code == 201, made.text
    return dict(made.json())


async def test_a_sweep_brings_what_is_due_and_writes_one_line(office: Office) -> None:
    admin = await office.person("admin", role="admin")
    acme = await office.client(admin)
    due = await _renewal(admin, acme, "2026-04-10")
    late = await _renewal(admin, acme, "2026-03-20")
    ahead = await _renewal(admin, acme, "2026-04-11")
    run = await admin.post("/renewals/sweeps", {"today": "2026-03-10"})
    assert run.status_code == 200, run.text
    line = run.json()
    assert line.pop("finished_at") == line.pop("started_at") == "2026-03-10T09:00:00Z"
    assert line == {
        "id": line["id"],
        "today": "2026-03-10", "trigger": "manual", "checked": 2, "activated": 2, "failed": 0,
        "late_days_max": 18,
    }  # fmt: skip
    states = [
        (await admin.get(f"/renewals/{row['id']}")).json()["state"] for row in (due, late, ahead)
    ]
    assert states == ["open", "open", "waiting"]
    again = (await admin.post("/renewals/sweeps", {"today": "2026-03-10"})).json()
    assert (again["checked"], again["activated"]) == (0, 0)
    ledger = (await admin.get("/renewals/sweeps")).json()
    assert ledger == {"items": [again, run.json()], "next_cursor": None, "silent_since": None}
    first = (await admin.get("/renewals/sweeps", limit=1)).json()
    rest = (await admin.get("/renewals/sweeps", limit=1, cursor=first["next_cursor"])).json()
    assert (first["items"], rest["items"]) == ([again], [run.json()])


async def test_a_repeated_request_sweeps_once(office: Office) -> None:
    admin = await office.person("admin", role="admin")
    body = {"today": "2026-03-10"}
    first = await admin.post("/renewals/sweeps", body, Idempotency_Key="s")
    again = await admin.post("/renewals/sweeps", body, Idempotency_Key="s")
    assert again.json() == first.json()
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    other = await admin.post("/renewals/sweeps", {}, Idempotency_Key="s")
    assert other.status_code == 422
    assert len((await admin.get("/renewals/sweeps")).json()["items"]) == 1


async def test_who_may_sweep_and_for_which_day(office: Office) -> None:
    admin = await office.person("admin", role="admin")
    anna = await office.person("anna")
    narrow = await office.signed_in(admin.id, ("cards:read", "cards:write"))
    jobs = await office.signed_in(admin.id, ("jobs:run",))
    before = await office.counts()
    for person, status in ((anna, 403), (narrow, 403)):
        refused = await person.post("/renewals/sweeps", {})
        assert refused.status_code == status
    tomorrow = await jobs.post("/renewals/sweeps", {"today": "2026-03-11"})
    assert tomorrow.status_code == 400
    assert tomorrow.json()["errors"][0]["pointer"] == "/today"
    assert (await jobs.post("/renewals/sweeps", {"now": 1})).status_code == 400
    assert await office.counts() == before
    assert (await jobs.post("/renewals/sweeps", {"today": "2026-03-09"})).status_code == 200


async def test_the_preview_counts_per_day_and_owner(office: Office) -> None:
    anna, boris = await office.person("anna"), await office.person("boris")
    head = await office.person("head", role="admin")
    acme, moon = await office.client(anna), await office.client(boris)
    missed = await _renewal(anna, acme, "2026-03-20")
    soon = await _renewal(anna, acme, "2026-04-20")
    other = await _renewal(boris, moon, "2026-04-20")
    own = await _renewal(anna, acme, "2026-05-01", lead_time="P1W")
    path = "/renewals/activation-preview"
    all_of_it = (await head.get(path, to="2026-12-31")).json()
    assert [(row["week"], row["count"]) for row in all_of_it.pop("weeks")][-1] == ("2026-04-20", 1)
    assert all_of_it == {
        "items": [
            {"date": day, "owner_id": owner, "count": 1, "renewal_ids": [row["id"]]}
            for day, owner, row in (
                ("2026-03-10", anna.id, missed), ("2026-03-20", anna.id, soon),
                ("2026-03-20", boris.id, other), ("2026-04-24", anna.id, own),
            )
        ],
        "total": 4,
    }  # fmt: skip
    mine = (await boris.get(path, to="2026-12-31")).json()
    assert [row["renewal_ids"] for row in mine["items"]] == [[other["id"]]]
    spans = [
        ({}, [missed, soon]), ({"from": "2026-03-11"}, [soon]), ({"to": "2026-03-19"}, [missed]),
        ({"from": "2026-04-24", "to": "2026-04-24"}, [own]),
        ({"from": "2026-04-25", "to": "2026-04-26"}, []),
        ({"from": "2026-04-01", "to": "2026-04-30", "lead_time": "P1W"}, [soon, own]),
        ({"lead_time": "P1Y"}, [missed, soon]),
    ]  # fmt: skip
    for params, expected in spans:
        told = (await anna.get(path, **params)).json()
        found = sorted(number for row in told["items"] for number in row["renewal_ids"])
        assert found == sorted(row["id"] for row in expected), params
        assert told["total"] == len(expected)
    for bad in ({"from": "x"}, {"from": "2026-03-11", "to": "2026-03-10"}, {"lead_time": "1M"}):
        assert (await anna.get(path, **bad)).status_code == 400
    run = await head.post("/renewals/sweeps", {"today": "2026-03-10"})
    assert run.json()["activated"] == 1
    assert (await anna.get(path, to="2026-03-19")).json() == {"items": [], "weeks": [], "total": 0}


async def test_the_preview_tells_the_load_of_a_week_under_another_lead_time(
    office: Office,
) -> None:
    anna = await office.person("anna")
    acme = await office.client(anna)
    for due in ("2026-04-16", "2026-04-23", "2026-04-30"):
        await _renewal(anna, acme, due)
    told = await anna.get("/renewals/activation-preview", to="2026-04-12", lead_time="P5W")
    weeks = {row["week"]: (row["count"], row["count_now"]) for row in told.json()["weeks"]}
    assert weeks == {
        "2026-03-09": (1, 0), "2026-03-16": (1, 1), "2026-03-23": (1, 1), "2026-03-30": (0, 1),
    }  # fmt: skip
    await office.set_company(week_start=7)
    told = await anna.get("/renewals/activation-preview", to="2026-04-12")
    assert [row["week"] for row in told.json()["weeks"]] == [
        "2026-03-15", "2026-03-22", "2026-03-29",
    ]  # fmt: skip


async def test_a_preview_reads_no_more_than_may_come(office: Office) -> None:
    """Not what lies far ahead under either lead time, nor what has a lead time of its own."""
    anna = await office.person("anna")
    acme = await office.client(anna)
    await _renewal(anna, acme, "2026-04-16")
    far = [await _renewal(anna, acme, f"2027-0{month}-01") for month in range(1, 6)]
    await _renewal(anna, acme, "2026-05-01", lead_time="P0D")
    viewer = await office.viewer(anna)
    filters = PreviewFilters(to=date(2026, 4, 20), lead_time="P2M")

    async def read(tx: Unit) -> int:
        found = await queries.preview(tx, viewer, filters)
        assert found.total == 1
        return len(await queries._waiting(tx, viewer, date(2026, 4, 20), "P2M"))

    assert await office.do(read) == 1
    filters = PreviewFilters(to=date(2026, 4, 20), lead_time="P1Y")
    told = await office.do(lambda tx: queries.preview(tx, viewer, filters))
    assert told.total == 1 + len(far) - 1


async def test_a_silence_of_26_hours_is_told_once(office: Office) -> None:
    """By whoever serves: the worker that is silent cannot say so."""
    admin = await office.person("admin", role="admin")
    swept = (await admin.post("/renewals/sweeps", {})).json()
    for hours, events in ((26, 0), (1, 1), (24, 1)):
        office.later(hours=hours)
        await tell(office.resources, office.now)
        items = (await admin.get("/events", after=0, limit=200)).json()["items"]
        told = [item for item in items if item["kind"] == "sweep"]
        silent = [("sweep.silent", swept["id"])]
        assert [(one["type"], one["id"]) for one in told] == silent * events
        ledger = (await admin.get("/renewals/sweeps")).json()
        assert ledger["silent_since"] == (swept["finished_at"] if events else None)
    await admin.post("/renewals/sweeps", {})
    assert (await admin.get("/renewals/sweeps")).json()["silent_since"] is None
    office.later(hours=27)
    await tell(office.resources, office.now)
    items = (await admin.get("/events", after=0, limit=200)).json()["items"]
    assert [item["type"] for item in items].count("sweep.silent") == 2
