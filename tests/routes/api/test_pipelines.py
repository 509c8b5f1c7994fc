"""Pipelines and reasons over REST: what an admin sets up, and what must remain."""

from typing import Any

import pytest

from tests.office import Office, Person

pytestmark = pytest.mark.anyio

SEEDED = ["leads", "offers", "sales", "renewals"]


async def pipeline(person: Person, key: str) -> dict[str, Any]:
    found = (await person.get("/pipelines", key=key)).json()["items"]
    assert len(found) == 1
    return dict(found[0])


async def test_pipelines_are_read_with_their_stages(office: Office) -> None:
    anna = await office.person("anna")
    listed = (await anna.get("/pipelines", count="true")).json()
    assert [row["key"] for row in listed["items"]] == SEEDED
    assert (listed["total"], listed["next_cursor"]) == (4, None)
    offers = listed["items"][1]
    assert (offers["kind"], offers["approval_mode"], offers["lead_time"]) == (
        "offer", "over_limit", None,
    )  # fmt: skip
    assert [stage["key"] for stage in offers["stages"]] == [
        "draft", "request", "sent", "rework", "accepted", "declined",
    ]  # fmt: skip
    one = await anna.get(f"/pipelines/{offers['id']}")
    assert (one.json(), one.headers["etag"]) == (offers, '"1"')
    assert [row["key"] for row in (await anna.get("/pipelines", kind="deal")).json()["items"]] == [
        "sales"
    ]
    two = (await anna.get("/pipelines", limit=2)).json()
    rest = (await anna.get("/pipelines", limit=2, cursor=two["next_cursor"])).json()
    assert [row["key"] for row in two["items"] + rest["items"]] == SEEDED
    assert (await anna.get("/pipelines/999999")).status_code == 404
    assert (await anna.get("/pipelines/999999/stages")).status_code == 404
    assert (await anna.get("/pipelines/999999/reasons")).status_code == 404


async def test_a_stage_tells_its_checklist_and_texts(office: Office) -> None:
    anna = await office.person("anna")
    leads = await pipeline(anna, "leads")
    lists = [stage["checklist"] for stage in leads["stages"] if stage["checklist"]]
    assert lists[0][0] == {
        "key": "contact_known", "name_ru": "Контактные данные есть",
        "name_en": "Contact data known",
    }  # fmt: skip
    stage = leads["stages"][0]
    assert stage["name"] == stage["names"]["ru"]
    assert stage["meaning"] == stage["meanings"]["ru"]


async def test_a_pipeline_is_made_with_stages_and_used(office: Office) -> None:
    chief = await office.person("chief", "admin")
    body = {
        "kind": "deal", "key": "extra", "name": "Допродажи", "names": {"en": "Extra sales"},
        "renewal_on_win": "off",
        "stages": [
            {"key": "first", "kind": "open", "name": "Первый", "probability": 20},
            {"key": "back", "kind": "detour", "name": "Назад", "from_stages": ["first"]},
            {"key": "won", "kind": "won", "name": "Да"},
            {"key": "lost", "kind": "lost", "name": "Нет"},
        ],
    }  # fmt: skip
    made = await chief.post("/pipelines", body)
    assert made.status_code == 201, made.text
    extra = made.json()
    assert made.headers["location"] == f"/api/v1/pipelines/{extra['id']}"
    assert extra["names"] == {"ru": "Допродажи", "en": "Extra sales"}
    assert (extra["position"], extra["renewal_on_win"], extra["active"]) == (5, "off", True)
    assert [(s["key"], s["position"], s["probability"]) for s in extra["stages"]] == [
        ("first", 1, 20), ("back", 2, 50), ("won", 3, 100), ("lost", 4, 0),
    ]  # fmt: skip
    acme = await office.client(chief)
    deal = {"title": "A", "client_id": acme, "pipeline": "extra"}
    card = (await chief.post("/deals", deal)).json()
    assert (card["pipeline_id"], card["stage_key"]) == (extra["id"], "first")
    reason = (await chief.get(f"/pipelines/{extra['id']}/reasons")).json()["items"]
    assert [(r["key"], r["use"], r["ask"], r["ask_required"]) for r in reason] == [
        ("other", "lost", "comment", True)
    ]
    lost = {"stage": "lost", "reason_id": reason[0]["id"], "comment": "why"}
    assert (await chief.post(f"/deals/{card['id']}/move", lost, version=1)).status_code == 200
    twin = await chief.post("/pipelines", {"kind": "deal", "key": "extra", "name": "x"})
    assert (twin.status_code, twin.json()["errors"][0]["pointer"]) == (409, "/key")


async def test_a_renewal_pipeline_with_the_fewest_stages_works(office: Office) -> None:
    chief = await office.person("chief", "admin")
    body = {"kind": "renewal", "key": "service", "name": "Сервис", "lead_time": "P2W"}
    made = await chief.post("/pipelines", body)
    assert made.status_code == 201, made.text
    assert [s["kind"] for s in made.json()["stages"]] == ["holding", "open", "won", "lost"]
    terms = {
        "client_id": await office.client(chief), "amount": 1, "renewal_date": "2027-01-31",
        "period": "P1Y", "pipeline": "service",
    }  # fmt: skip
    card = await chief.post("/renewals", terms)
    assert card.status_code == 201, card.text
    assert (card.json()["activates_on"], card.json()["stage_key"]) == ("2027-01-17", "scheduled")
    uses = (await chief.get(f"/pipelines/{made.json()['id']}/reasons")).json()["items"]
    assert sorted(r["use"] for r in uses) == ["end", "lost", "reschedule"]


@pytest.mark.parametrize("template", ["winback", "warmup", "outbound", "renewals_long"])
async def test_a_template_is_loaded_by_choice(office: Office, template: str) -> None:
    chief = await office.person("chief", "admin")
    made = await chief.post("/pipelines", {"template": template})
    assert made.status_code == 201, made.text
    assert (made.json()["key"], len(made.json()["stages"]) >= 5) == (template, True)
    again = await chief.post("/pipelines", {"template": template, "key": "own", "name": "Своя"})
    assert again.json()["names"] == {"ru": "Своя", "en": "Своя"}
    reasons = await chief.get(f"/pipelines/{again.json()['id']}/reasons")
    assert len(reasons.json()["items"]) >= 1


@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        ({"key": "x", "name": "x"}, 400, "/kind"), ({"kind": "deal", "name": "x"}, 400, "/key"),
        ({"kind": "deal", "key": "x"}, 400, "/name"),
        ({"kind": "deal", "key": "x", "names": {"ru": "x"}}, 400, "/names"),
        ({"kind": "deal", "key": "X", "name": "x"}, 400, "/key"),
        ({"kind": "deal", "key": "x", "name": "x", "lead_time": "P1M"}, 422, "/lead_time"),
        ({"template": "travels"}, 422, "/template"),
        ({"template": "winback", "kind": "lead"}, 422, "/kind"),
        ({"kind": "offer", "key": "x", "name": "x"}, 409, None),
        (
            {"kind": "deal", "key": "x", "name": "x",
             "stages": [{"key": "a", "kind": "open", "name": "a"}]},
            422, None,
        ),
    ],
)  # fmt: skip
async def test_what_a_new_pipeline_cannot_be(
    office: Office, body: dict[str, Any], status: int, pointer: str | None
) -> None:
    chief = await office.person("chief", "admin")
    before = await office.counts()
    refused = await chief.post("/pipelines", body)
    assert refused.status_code == status, refused.text
    if pointer is not None:
        assert refused.json()["errors"][0]["pointer"] == pointer
    assert await office.counts() == before


async def test_a_pipeline_is_renamed_and_put_elsewhere(office: Office) -> None:
    chief = await office.person("chief", "admin")
    sales = await pipeline(chief, "sales")
    path = f"/pipelines/{sales['id']}"
    renamed = await chief.patch(path, {"name": "Продажи"}, version=1)
    assert renamed.json()["names"] == {"ru": "Продажи", "en": "Продажи"}
    english = await chief.patch(path, {"names": {"en": "Sales"}}, version=2)
    assert english.json()["names"] == {"ru": "Продажи", "en": "Sales"}
    moved = await chief.patch(path, {"position": 1}, version=3)
    assert (moved.json()["position"], moved.json()["version"]) == (1, 4)
    keys = [row["key"] for row in (await chief.get("/pipelines")).json()["items"]]
    assert keys == ["sales", "leads", "offers", "renewals"]
    assert (await chief.patch(path, {"position": 1}, version=4)).json()["version"] == 4
    assert (await chief.patch(path, {"name": "x"})).status_code == 428
    assert (await chief.patch(path, {"name": "x"}, version=1)).status_code == 412
    assert (await chief.patch(path, {"approval_mode": "never"}, version=4)).status_code == 422
    assert (await chief.patch(path, {"kind": "lead"}, version=4)).status_code == 400


async def test_the_last_pipeline_of_a_kind_stays_on(office: Office) -> None:
    chief = await office.person("chief", "admin")
    sales = await pipeline(chief, "sales")
    path = f"/pipelines/{sales['id']}"
    refused = await chief.patch(path, {"active": False}, version=1)
    assert refused.status_code == 409
    assert (await chief.get(path)).json() == sales
    await chief.post("/pipelines", {"template": "winback"})
    assert (await chief.patch(path, {"active": False}, version=1)).json()["active"] is False
    card = {"title": "A", "client_id": await office.client(chief)}
    made = (await chief.post("/deals", card)).json()
    assert made["pipeline_id"] == (await pipeline(chief, "winback"))["id"]


async def test_a_pipelines_lead_time_moves_the_day_of_what_waits(office: Office) -> None:
    chief = await office.person("chief", "admin")
    terms = {
        "client_id": await office.client(chief), "amount": 1, "renewal_date": "2027-03-31",
        "period": "P1Y",
    }  # fmt: skip
    card = (await chief.post("/renewals", terms)).json()
    assert card["activates_on"] == "2027-02-28"
    home = await pipeline(chief, "renewals")
    path = f"/pipelines/{home['id']}"
    assert (await chief.patch(path, {"lead_time": "P2M"}, version=1)).status_code == 200
    again = (await chief.get(f"/renewals/{card['id']}")).json()
    assert (again["activates_on"], again["lead_time"], again["version"]) == ("2027-01-31", "P2M", 1)


@pytest.mark.parametrize("role", ["manager", "head", "viewer"])
async def test_only_admins_write_pipelines(office: Office, role: str) -> None:
    anna = await office.person("anna", role)
    sales = await pipeline(anna, "sales")
    path = f"/pipelines/{sales['id']}"
    before = await office.counts()
    for answer in (
        await anna.post("/pipelines", {"template": "winback"}),
        await anna.patch(path, {"name": "x"}, version=1),
        await anna.post(f"{path}/stages", {}),
        await anna.patch(f"{path}/stages/{sales['stages'][0]['id']}", {"name": "x"}, version=1),
        await anna.delete(f"{path}/stages/{sales['stages'][0]['id']}?move_to=offer", version=1),
        await anna.post(f"{path}/reasons", {}),
    ):
        assert answer.status_code == 403, answer.text
    assert await office.counts() == before
    assert (await anna.get(path)).json() == sales


async def test_reasons_are_added_edited_and_archived(office: Office) -> None:
    chief = await office.person("chief", "admin")
    path = f"/pipelines/{(await pipeline(chief, 'sales'))['id']}/reasons"
    known = (await chief.get(path, use="lost", limit=200)).json()["items"]
    body = {
        "key": "weather", "name": "Погода", "names": {"en": "Weather"}, "group": "later",
        "ask": "next_contact_at", "ask_required": True, "limit_percent": "12.5", "streak": 3,
        "position": 1,
    }  # fmt: skip
    made = await chief.post(path, body)
    assert made.status_code == 201, made.text
    weather = made.json()
    assert weather["names"] == {"ru": "Погода", "en": "Weather"}
    assert (weather["limit_percent"], weather["position"], weather["use"]) == ("12.50", 1, "lost")
    listed = (await chief.get(path, use="lost", limit=200)).json()["items"]
    assert [row["key"] for row in listed] == ["weather", *(row["key"] for row in known)]
    assert [row["position"] for row in listed] == list(range(1, len(known) + 2))
    one = f"{path}/{weather['id']}"
    version = (await chief.get(one)).json()["version"]
    shelved = await chief.patch(one, {"archived": True, "limit_percent": None}, version=version)
    assert (shelved.json()["archived"], shelved.json()["limit_percent"]) == (True, None)
    assert weather["id"] not in [
        row["id"] for row in (await chief.get(path, archived="false", limit=200)).json()["items"]
    ]
    twin = await chief.post(path, {"key": "weather", "name": "x"})
    assert (twin.status_code, twin.json()["errors"][0]["pointer"]) == (409, "/key")
    assert (await chief.patch(one, {"name": "x"})).status_code == 428
    assert (await chief.patch(f"{path}/999999", {"name": "x"}, version=1)).status_code == 404


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"use": "end"}, 422), ({"churn": "stopped"}, 422), ({"ask_required": True}, 422),
        ({"limit_percent": "100.01"}, 400), ({"group": "other"}, 400), ({"ask": "price"}, 400),
    ],
)  # fmt: skip
async def test_what_a_reason_of_deals_cannot_be(
    office: Office, body: dict[str, Any], status: int
) -> None:
    chief = await office.person("chief", "admin")
    path = f"/pipelines/{(await pipeline(chief, 'sales'))['id']}/reasons"
    before = await office.counts()
    refused = await chief.post(path, {"key": "x", "name": "x", **body})
    assert refused.status_code == status, refused.text
    assert await office.counts() == before


async def test_one_reason_of_each_use_stays(office: Office) -> None:
    chief = await office.person("chief", "admin")
    made = await chief.post("/pipelines", {"kind": "deal", "key": "x", "name": "x"})
    path = f"/pipelines/{made.json()['id']}/reasons"
    [only] = (await chief.get(path)).json()["items"]
    refused = await chief.patch(f"{path}/{only['id']}", {"archived": True}, version=1)
    assert refused.status_code == 409
    assert (await chief.get(f"{path}/{only['id']}")).json() == only
