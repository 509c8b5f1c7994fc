"""`GET /metrics`: what it tells, to whom, and that it comes from the database."""

import logging
import re
from datetime import timedelta
from typing import Any, cast

import httpx
import pytest
from sqlalchemy import insert, text, update

from backend.db.models import renewal, sweep_run, worker_heartbeat
from backend.domain.vitals import actions, rules
from backend.traffic import Traffic
from jobs import checks
from tests import statements
from tests.faults import renewals
from tests.office import NOON, Office

pytestmark = pytest.mark.anyio
NEAR, FAR = "127.0.0.1", "10.0.0.7"


async def asked(office: Office, host: str = NEAR, **headers: str) -> httpx.Response:
    transport = httpx.ASGITransport(app=cast(Any, office.app), client=(host, 4000))
    async with httpx.AsyncClient(transport=transport, base_url="http://voronka.test") as http:
        return await http.get("/metrics", headers=headers)


async def figures(office: Office) -> dict[str, float]:
    """What stands alone on its line: the figures without labels."""
    lines = (await asked(office)).text.splitlines()
    return {
        name: float(value)
        for name, _, value in (line.partition(" ") for line in lines if line[0] != "#")
        if "{" not in name
    }


async def test_who_is_told(office: Office) -> None:
    anna = await office.person("anna", "viewer")
    forms = await office.signed_in(anna.id, ("leads:intake",))
    for host, headers, status in (
        (NEAR, {}, 200),
        ("::1", {}, 200),
        (NEAR, {"X-Forwarded-For": "127.0.0.1"}, 401),
        (NEAR, {"Forwarded": "for=127.0.0.1"}, 401),
        (FAR, {}, 401),
        (FAR, {"Authorization": "Bearer no"}, 401),
        (FAR, {"Authorization": f"Bearer {anna.token}"}, 200),
        (FAR, {"Authorization": f"Bearer {forms.token}"}, 403),
    ):
        assert (await asked(office, host, **headers)).status_code == status, (host, headers)


LINE = re.compile(
    r'(# (HELP|TYPE) \w+ .+|\w+(\{\w+="[^"\n]*"(,\w+="[^"\n]*")*\})? -?[0-9.e+-]+(inf)?)'
)


async def test_every_line_is_well_formed_and_every_figure_explained(office: Office) -> None:
    anna = await office.person("anna")
    await anna.get("/deals")
    told = await asked(office)
    assert told.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    lines = told.text.splitlines()
    assert [line for line in lines if not LINE.fullmatch(line)] == []
    typed = {line.split()[2] for line in lines if line.startswith("# TYPE")}
    shown = {re.split(r"[ {]", line)[0] for line in lines if line[0] != "#"}
    assert {re.sub("_(bucket|sum|count)$", "", name) for name in shown} <= typed


async def test_requests_are_counted_by_the_pattern_of_their_route(office: Office) -> None:
    anna = await office.person("anna")
    acme = await office.client(anna)
    deal = (await anna.post("/deals", {"title": "x", "client_id": acme})).json()
    await anna.patch(f"/deals/{deal['id']}", {"title": "y"}, 7)
    await anna.get("/deals/999999999", secret="s3cret")
    lines = (await asked(office)).text.splitlines()
    process = f'process="{office.resources.traffic.name}"'
    route = 'route="/api/v1/deals/{record_id}"'
    name = "voronka_requests_total"
    assert f'{name}{{{process},method="PATCH",{route},status="412"}} 1' in lines
    assert f'{name}{{{process},method="GET",{route},status="400"}} 1' in lines
    assert f"voronka_stale_writes_total{{{process}}} 1" in lines
    seconds = f'voronka_request_seconds_bucket{{{process},method="PATCH",{route},le="+Inf"}} 1'
    assert seconds in lines
    assert "s3cret" not in "\n".join(lines)


async def test_any_process_tells_the_figures_of_all_that_run(office: Office) -> None:
    other = Traffic()
    other.note("GET", "/api/v1/deals", 200, 0.02)
    for name, age in (("other:1", 0), ("dead:1", 120)):
        office.later(seconds=-age)
        told = other.figures(3)
        await office.do(
            lambda tx, name=name, told=told: actions.tell_server(tx, name, tx.now, told)
        )
        office.later(seconds=age)
    text = (await asked(office)).text
    assert 'voronka_pool_waiters{process="other:1"} 3' in text
    of_route = 'process="other:1",method="GET",route="/api/v1/deals"'
    assert f'voronka_requests_total{{{of_route},status="200"}} 1' in text
    assert f'voronka_request_seconds_bucket{{{of_route},le="0.01"}} 0' in text
    assert f'voronka_request_seconds_bucket{{{of_route},le="0.05"}} 1' in text
    assert f"voronka_request_seconds_sum{{{of_route}}} 0.02" in text
    assert "dead:1" not in text


async def test_alarms_of_work_that_waits(office: Office) -> None:
    quiet = await figures(office)
    assert quiet["voronka_due_renewal_age_seconds"] == 0
    assert quiet["voronka_outbox_waiting"] == quiet["voronka_outbox_age_seconds"] == 0
    assert quiet["voronka_workers"] == 0
    assert "voronka_worker_age_seconds" not in quiet
    anna = await office.person("anna")
    await renewals.due(office, anna, 3)  # the oldest was due days ago and stands there since now
    await anna.post("/deals", {"title": "x", "client_id": await office.client(anna)})
    row = {"name": "w", "queue": "q", "started_at": NOON, "seen_at": NOON}
    await office.do(lambda tx: tx.run(insert(worker_heartbeat), row))
    office.later(seconds=59)
    found = await figures(office)
    assert found["voronka_due_renewal_age_seconds"] == 59
    assert found["voronka_outbox_waiting"] == 1
    assert found["voronka_outbox_age_seconds"] == 59
    assert (found["voronka_workers"], found["voronka_worker_age_seconds"]) == (1, 59)
    office.later(seconds=2)
    parked = update(renewal).where(renewal.c.waiting).values(parked_at=NOON)
    await office.do(lambda tx: tx.run(parked))
    found = await figures(office)
    assert found["voronka_workers"] == 0
    assert found["voronka_due_renewal_age_seconds"] == 0  # what is parked has an alarm of its own
    assert found["voronka_parked_renewals"] == 3 + renewals.AHEAD


async def test_missed_sweeps(office: Office) -> None:
    assert (await figures(office))["voronka_missed_sweeps"] == 0
    begun = [NOON - timedelta(hours=hours) + timedelta(minutes=7) for hours in (6, 5, 2)]
    for at in begun:
        row = {"started_at": at, "finished_at": at, "today": at.date(), "trigger": "cron"}
        await office.do(lambda tx, row=row: tx.run(insert(sweep_run), row))
    found = await figures(office)
    assert found["voronka_missed_sweeps"] == 3  # four, three and one hour ago
    assert found["voronka_sweep_age_seconds"] == 2 * 3600 - 7 * 60


def test_a_tick_has_some_minutes_before_it_is_missed() -> None:
    first = NOON.replace(minute=0) - timedelta(hours=1)
    at = NOON.replace(minute=7)
    started = [at - timedelta(hours=1)]
    assert rules.missed(at + timedelta(minutes=4), first, started) == 0
    assert rules.missed(at + timedelta(minutes=6), first, started) == 1
    assert rules.missed(at + timedelta(minutes=6), first, [*started, at]) == 0
    assert rules.missed(at + timedelta(days=30), first, started) == rules.LOOK_BACK


async def test_no_figure_is_found_by_walking_through_the_cards(office: Office) -> None:
    with statements.asked(office) as said:
        await asked(office)
    assert len([line for line in said if "SELECT" in line]) < 20
    about_cards = [line for line in said if re.search(r"(FROM|JOIN) card\b", line)]
    assert len(about_cards) == 1
    assert "renewal.waiting" in about_cards[0]
    assert "LIMIT" in about_cards[0]


async def test_the_nightly_check_finds_what_is_torn(
    office: Office, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = await office.person("anna")
    acme = await office.client(anna)
    ids = []
    for _ in range(3):
        deal = (await anna.post("/deals", {"title": "x", "client_id": acme})).json()
        moved = await anna.post(f"/deals/{deal['id']}/move", {"stage": "offer"}, deal["version"])
        await anna.post(f"/deals/{deal['id']}/undo", None, moved.json()["version"])
        ids.append(deal["id"])
    monkeypatch.setattr(checks, "CARDS", 2)
    ctx = {"resources": office.resources}
    await checks.check_histories(ctx)
    assert (await figures(office))["voronka_history_breaks"] == 0
    from_nowhere = "UPDATE card SET last_seq = last_seq + 1 WHERE id = :id"
    await office.do(lambda tx: tx.run(text(from_nowhere), {"id": ids[2]}))
    with caplog.at_level(logging.ERROR):
        await checks.check_histories(ctx)
    assert "1 breaks in the histories" in caplog.text
    assert (await figures(office))["voronka_history_breaks"] == 1
