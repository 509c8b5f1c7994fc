"""The company's settings over REST: read by everybody, written by admins, valid at once."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.factories.cards import new_deal
from tests.factories.clients import new_client
from tests.office import Office

pytestmark = pytest.mark.anyio

SEEDED = {
    "name": "", "time_zone": "Europe/Moscow", "currency": "RUB", "locale": "ru", "week_start": 1,
    "sweep_hour": 6, "grace_days": 30, "offer_validity": "P14D", "discount_limit": "10.00",
    "margin_floor": "15.00", "version": 1,
}  # fmt: skip
NOTHING = {
    "inn": None, "kpp": None, "ogrn": None, "address": None, "bank": None, "bik": None,
    "account": None, "corr_account": None, "director": None, "chief_accountant": None,
}  # fmt: skip


async def test_everybody_reads_what_holds(office: Office) -> None:
    for role in ("manager", "head", "admin", "viewer"):
        person = await office.person(role, role=role)
        reply = await person.get("/settings")
        told = reply.json()
        assert {name: told[name] for name in SEEDED} == SEEDED
        assert told["details"] == NOTHING
        known = {"If-None-Match": reply.headers["etag"]}
        assert (await person.http.get("/settings", headers=known)).status_code == 304


async def test_an_admin_writes_what_is_given(office: Office) -> None:
    admin = await office.person("admin", role="admin")
    details = {"inn": "7707083893", "bank": "Банк", "director": "Иванов И. И."}
    given: dict[str, Any] = {
        "name": " ООО «Воронка» ", "time_zone": "Asia/Almaty", "currency": "KZT", "locale": "en",
        "week_start": 7, "sweep_hour": 4, "grace_days": 0, "offer_validity": "P2W",
        "discount_limit": "12.5", "margin_floor": 0,
        "details": details,
    }  # fmt: skip
    reply = await admin.patch("/settings", given, version=1)
    assert reply.status_code == 200, reply.text
    told = reply.json()
    shown = {
        **given, "name": "ООО «Воронка»", "discount_limit": "12.50", "margin_floor": "0.00",
        "details": {**NOTHING, **details},
    }  # fmt: skip
    assert {name: told[name] for name in given} == shown
    assert (told["version"], reply.headers["etag"]) == (2, '"2"')
    assert [(effect.kind, effect.id) for effect in office.delivered] == [("settings", 1)]
    # One detail at a time; null takes it away.
    more = {"details": {"bank": None, "kpp": "770701001"}}
    now = (await admin.patch("/settings", more, version=2)).json()["details"]
    kept = {"inn": "7707083893", "director": "Иванов И. И.", "kpp": "770701001"}
    assert now == {**NOTHING, **kept}
    same = await admin.patch("/settings", {"grace_days": 0, "details": {}}, version=3)
    assert (same.status_code, same.json()["version"]) == (200, 3)


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"time_zone": "Europe/Atlantis"}, "/time_zone"),
    ({"time_zone": "../etc/passwd"}, "/time_zone"),
    ({"time_zone": ""}, "/time_zone"),
    ({"currency": "ABC"}, "/currency"),
    ({"currency": "rub"}, "/currency"),
    ({"locale": "de"}, "/locale"),
    ({"week_start": 0}, "/week_start"),
    ({"sweep_hour": 24}, "/sweep_hour"),
    ({"grace_days": -1}, "/grace_days"),
    ({"grace_days": None}, "/grace_days"),
    ({"offer_validity": "P0D"}, "/offer_validity"),
    ({"offer_validity": "14 days"}, "/offer_validity"),
    ({"discount_limit": "100.01"}, "/discount_limit"),
    ({"discount_limit": "1.234"}, "/discount_limit"),
    ({"margin_floor": "-1"}, "/margin_floor"),
    ({"details": {"iban": "x"}}, "/details/iban"),
    ({"details": {"bik": "№1"}}, "/details/bik"),
    ({"colour": "red"}, "/colour"),
]


async def test_what_cannot_be_is_refused_at_its_place(office: Office) -> None:
    admin = await office.person("admin", role="admin")
    before = await office.counts()
    for body, pointer in WRONG:
        refused = await admin.patch("/settings", {"name": "X", **body}, version=1)
        told = (refused.status_code, refused.json()["errors"][0]["pointer"])
        assert told == (400, pointer), body
    assert (await admin.patch("/settings", {"name": "X"})).status_code == 428
    assert (await admin.patch("/settings", {"name": "X"}, version=2)).status_code == 412
    assert await office.counts() == before
    assert (await admin.get("/settings")).json()["version"] == 1


async def test_only_admins_write(office: Office) -> None:
    admin = await office.person("admin", role="admin")
    people = [await office.person(role, role=role) for role in ("manager", "head", "viewer")]
    people.append(await office.signed_in(admin.id, ("cards:read", "cards:write")))
    for person in people:
        assert (await person.patch("/settings", {"name": "X"}, version=1)).status_code == 403
    form = await office.signed_in(admin.id, ("leads:intake",))
    assert (await form.get("/settings")).status_code == 403


async def test_settings_hold_at_once(office: Office) -> None:
    admin, anna = await office.person("admin", role="admin"), await office.person("anna")
    client_id = (await new_client(anna))["id"]
    assert (await new_deal(anna, client_id=client_id))["currency"] == "RUB"
    body = {"currency": "JPY", "time_zone": "Pacific/Kiritimati"}
    assert (await admin.patch("/settings", body, version=1)).status_code == 200
    deal = await new_deal(anna, client_id=client_id, amount="5")
    assert (deal["currency"], deal["amount"]) == ("JPY", "5")
    # 9:00 UTC on the tenth is 23:00 there: what was made today was not made on the eleventh.
    assert (await anna.get("/deals", created_from="2026-03-11", count="true")).json()["total"] == 0
    office.later(hours=2)
    await new_deal(anna, client_id=client_id)
    assert (await anna.get("/deals", created_from="2026-03-11", count="true")).json()["total"] == 1
    assert (await anna.get("/me")).json()["company"]["time_zone"] == "Pacific/Kiritimati"


HOLIDAYS = [*(f"01-{day:02}" for day in range(1, 9)), "02-23", "03-08", "05-01", "05-09", "06-12",
            "11-04"]  # fmt: skip


async def test_the_working_calendar_moves_tasks(office: Office) -> None:
    admin = await office.person("admin", role="admin")
    held = (await admin.get("/settings")).json()
    assert (held["days_off"], held["working_days"]) == (HOLIDAYS, [])
    given = {"days_off": ["2026-03-11", "2026-03-10", "05-09"], "working_days": ["2026-03-14"]}
    told = (await admin.patch("/settings", given, version=1)).json()
    assert told["days_off"] == ["05-09", "2026-03-10", "2026-03-11"]
    client = {"client_id": await office.client(admin)}
    dues = []
    for day in range(3):
        office.now = datetime(2026, 3, 10 + 2 * day, 9, tzinfo=UTC)
        dues.append((await admin.post("/tasks", {"title": "Ask", **client})).json()["due_at"])
    assert dues == [f"2026-03-{day}T15:00:00Z" for day in (12, 12, 14)]


@pytest.mark.parametrize(
    "body",
    [
        {"days_off": ["02-30"]},
        {"days_off": ["2027-02-29"]},
        {"days_off": ["13-01"]},
        {"days_off": ["9 May"]},
        {"days_off": ["2026-06-06"], "working_days": ["2026-06-06"]},
        {"days_off": [f"{month:02}-{day:02}" for month in range(1, 5) for day in range(1, 29)]},
    ],
)
async def test_no_calendar_has_such_days(office: Office, body: dict[str, Any]) -> None:
    admin = await office.person("admin", role="admin")
    before = await office.counts()
    reply = await admin.patch("/settings", body, version=1)
    assert reply.status_code == 400
    assert reply.json()["errors"][0]["pointer"].startswith("/days_off")
    assert await office.counts() == before
