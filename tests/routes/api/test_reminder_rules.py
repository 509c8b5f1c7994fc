"""Reminder rules over REST: their variants, their actions, a dry run; what is refused."""

import pytest
from sqlalchemy import func, select

from backend.db.models import client, reminder_firing
from tests.office import Office, Person
from tests.routes.api.chain import Chain, set_up
from tests.routes.api.reminding import WEEK, alone, made, opened, run, tasks, told

pytestmark = pytest.mark.anyio


@pytest.fixture
async def chain(office: Office) -> Chain:
    await office.set_company(locale="en")
    return await set_up(office)


@pytest.fixture
async def boss(chain: Chain) -> Person:
    return await chain.office.person("boss", "admin")


async def test_the_most_specific_variant_counts(chain: Chain, boss: Person) -> None:
    chain.on("2026-04-01")
    await alone(chain, boss, key="week")
    product = (await boss.post("/products", {"name": "Seat"})).json()["id"]
    await made(boss, key="week", offset="-P3D", product_id=product)
    await made(boss, key="week", active=False, segment="golden")
    await opened(chain, "2026-04-16", title="Plain")
    await opened(chain, "2026-04-16", title="Seats", product_id=product)
    query = client.update().where(client.c.id == chain.client_id).values(segment="golden")
    assert (await run(chain, boss, "2026-04-09"))["fired"] == 1
    await opened(chain, "2026-04-17", title="Golden")
    await chain.office.do(lambda tx: tx.run(query))
    assert (await run(chain, boss, "2026-04-10"))["fired"] == 0
    assert (await run(chain, boss, "2026-04-13"))["fired"] == 1
    assert [text.split(", ")[1] for text in await told(chain.anna)] == ["Plain", "Seats"]
    again = await boss.post("/reminder-rules", {**WEEK, "key": "week", "product_id": product})
    assert again.status_code == 409


async def test_a_dry_run_says_who_and_why_and_does_nothing(chain: Chain, boss: Person) -> None:
    chain.on("2026-04-09")
    rule = await alone(chain, boss, active=False, name="Soon")
    term = await opened(chain, "2026-04-16", title="Hosting")
    boris = await chain.office.person("boris")
    before = await chain.office.counts()
    asked = {"rule_id": rule["id"]}
    (hit,) = (await chain.anna.get("/reminder-rules/dry-run", **asked)).json()["items"]
    assert hit == {
        "rule_id": rule["id"], "rule_version": 1, "key": rule["key"], "name": "Soon",
        "card_id": term["id"], "client_id": chain.client_id, "title": "Hosting",
        "owner_id": chain.anna.id, "anchor": "renewal_date", "anchor_on": "2026-04-16",
        "offset": "-P7D", "due_on": "2026-04-09", "acts": True, "actions": ["notify"],
        "why": "Soon: renewal date 2026-04-16, -P7D = 2026-04-09",
    }  # fmt: skip
    assert (await boris.get("/reminder-rules/dry-run", **asked)).json()["items"] == []
    assert (await boss.get("/reminder-rules/dry-run")).json()["items"] == []
    early = await boss.get("/reminder-rules/dry-run", today="2026-04-08", **asked)
    assert early.json() == {"today": "2026-04-08", "items": []}
    assert await chain.office.counts() == before


async def test_one_rule_does_several_things_and_each_says_by_whom(
    chain: Chain, boss: Person
) -> None:
    chain.on("2026-04-01")
    rule = await alone(
        chain, boss, key="all",
        actions=[
            {"type": "notify", "text": "{number}", "to": "owner_and_head"},
            {"type": "task", "text": "{amount}", "due_offset": "-P3D", "kind": "call"},
            {"type": "webhook"},
        ],
    )  # fmt: skip
    term = await opened(chain, "2026-04-15", amount="1500")
    await run(chain, boss, "2026-04-08")
    assert await told(chain.anna) == await told(boss) == [f"R-{term['id']}"]
    assert await tasks(chain.anna) == [("all", "1500.00 RUB", "2026-04-10")]
    (notice,) = (await chain.anna.get("/notifications", read="false")).json()["items"]
    assert (notice["rule_id"], notice["rule_version"]) == (rule["id"], 1)
    read = (await chain.anna.post(f"/notifications/{notice['id']}/read")).json()
    assert (read["read_at"], read["version"]) == ("2026-04-08T09:00:00Z", 2)
    assert (await boss.post(f"/notifications/{notice['id']}/read")).status_code == 404
    events = (await boss.get("/audit", kind="reminder")).json()["items"]
    assert [(one["type"], one["channel"]) for one in events] == [("reminder.fired", "token")]
    said = {one["field"]: one["after"] for one in events[0]["changes"]}
    assert said == {"card_id": term["id"], "rule_id": rule["id"], "rule_version": 1}
    (row,) = await chain.office.do(lambda tx: tx.rows(select(reminder_firing)))
    assert [one["what"] for one in row["effects"]] == ["notification", "notification", "task"]


async def test_refusals_leave_no_trace(chain: Chain, boss: Person) -> None:
    rule = await alone(chain, boss)
    before = await chain.office.counts()
    task = {"type": "task", "text": "x"}
    for status, pointer, body in (
        (400, "/anchor", {"anchor": "valid_until"}),
        (400, "/while/0", {"while": ["nowhere"]}),
        (400, "/actions/0/text", {"actions": [{"type": "notify", "text": "{secret}"}]}),
        (400, "/actions/0/text", {"actions": [{"type": "notify"}]}),
        (400, "/actions/0/to", {"actions": [{**task, "to": "head"}]}),
        (400, "/actions/0/due_offset",
         {"actions": [{**task, "due_offset": "P1D", "due_working_days": 1}]}),
        (400, "/offset", {"offset": "P7"}),
        (404, "/product_id", {"product_id": 999}),
        (404, "/pipeline_id", {"pipeline_id": 999}),
    ):  # fmt: skip
        for reply in (
            await boss.post("/reminder-rules", {**WEEK, **body}),
            await boss.patch(f"/reminder-rules/{rule['id']}", body, 1),
        ):
            assert reply.status_code == status, (body, reply.text)
            assert reply.json()["errors"][0]["pointer"] == pointer
    variant = {**WEEK, "key": "r_activated", "segment": "golden"}
    assert (await boss.post("/reminder-rules", variant)).status_code == 409
    later = await boss.post("/reminder-rules/runs", {"today": "2099-01-01"})
    assert later.status_code == 400
    assert await chain.office.counts() == before


async def test_a_move_makes_its_task_as_its_rule_says(chain: Chain, boss: Person) -> None:
    chain.on("2026-04-01")
    (rule,) = (await boss.get("/reminder-rules", key="r_activated")).json()["items"]
    path = f"/reminder-rules/{rule['id']}"
    action = {"type": "task", "text": "Ring {client}", "due_working_days": 3}
    assert (await boss.patch(path, {"actions": [action]}, 1)).status_code == 200
    await opened(chain, "2026-04-30")
    assert await tasks(chain.anna) == [("r_activated", "Ring Acme", "2026-04-06")]
    await boss.patch(path, {"active": False}, 2)
    await opened(chain, "2026-04-30")
    assert len(await tasks(chain.anna)) == 1
    count = select(func.count()).select_from(reminder_firing)
    assert await chain.office.do(lambda tx: tx.scalar(count)) == 0
