"""Stages over REST: renamed, put in order, deleted with their cards and their past."""

from typing import Any

import pytest

from tests.factories.cards import new_deal, new_renewal
from tests.factories.pipelines import new_pipeline
from tests.office import Office, Person

pytestmark = pytest.mark.anyio


class Shop:
    """An admin with a pipeline of three open stages, and a client."""

    def __init__(self, office: Office, chief: Person, home: int, acme: int) -> None:
        self.office, self.chief, self.home, self.acme = office, chief, home, acme
        self.path = f"/pipelines/{home}/stages"

    async def stages(self) -> dict[str, dict[str, Any]]:
        found = (await self.chief.get(self.path)).json()["items"]
        return {stage["key"]: stage for stage in found}

    async def edit(self, key: str, version: int | None = None, **fields: Any) -> Any:
        stage = (await self.stages())[key]
        path = f"{self.path}/{stage['id']}"
        return await self.chief.patch(path, fields, version=version or stage["version"])

    async def delete(self, key: str, move_to: object) -> Any:
        stage = (await self.stages())[key]
        path = f"{self.path}/{stage['id']}?move_to={move_to}"
        return await self.chief.delete(path, version=stage["version"])

    async def walk(self, path: str) -> dict[str, Any]:
        """A deal that goes along some stages, an hour in each."""
        first, *others = path.split()
        deal = await new_deal(self.chief, client_id=self.acme, pipeline="shop", stage=first)
        for key in others:
            self.office.later(hours=1)
            deal = await self.move(deal, key)
        return deal

    async def move(self, deal: dict[str, Any], key: str) -> dict[str, Any]:
        reasons = (await self.chief.get(f"/pipelines/{self.home}/reasons")).json()["items"]
        plain = next(reason["id"] for reason in reasons if not reason["ask_required"])
        body = {"stage": key, "reason_id": plain if key == "lost" else None}
        answer = await self.chief.post(f"/deals/{deal['id']}/move", body, version=deal["version"])
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def funnel(self, **params: str) -> dict[str, tuple[int, ...]]:
        told = (await self.chief.get("/reports/funnel", pipeline="shop", **params)).json()
        return {
            row["key"]: tuple(row[name] for name in ("reached", "advanced", "lost", "open"))
            for row in told["stages"]
        }


@pytest.fixture
async def shop(office: Office) -> Shop:
    chief = await office.person("chief", "admin")
    home = await new_pipeline(office, "shop", ("a", "b", "c"))
    return Shop(office, chief, home, await office.client(chief))


async def test_a_stage_is_added_behind_the_open_ones_or_at_a_place(shop: Shop) -> None:
    made = await shop.chief.post(shop.path, {"key": "d", "kind": "open", "name": "D"})
    assert made.status_code == 201, made.text
    stage = made.json()
    assert made.headers["location"] == f"/api/v1{shop.path}/{stage['id']}"
    assert (stage["position"], stage["probability"], stage["required_fields"]) == (4, 50, [])
    first = {"key": "z", "kind": "detour", "name": "Z", "position": 1, "from_stages": ["a"]}
    assert (await shop.chief.post(shop.path, first)).status_code == 201
    found = await shop.stages()
    assert list(found) == ["z", "a", "b", "c", "d", "won", "lost"]
    assert [stage["position"] for stage in found.values()] == [1, 2, 3, 4, 5, 6, 7]
    assert (await shop.chief.get(f"/pipelines/{shop.home}")).json()["version"] == 3
    twin = await shop.chief.post(shop.path, {"key": "d", "kind": "open", "name": "D"})
    assert (twin.status_code, twin.json()["errors"][0]["pointer"]) == (409, "/key")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"kind": "holding"}, None), ({"from_stages": ["a", "nowhere"]}, "/from_stages/1"),
        ({"required_fields": ["amount", "client_id|clint"]}, "/required_fields/1"),
        ({"checklist": [{"key": "k", "name_ru": "к", "name_en": "k"}] * 2}, "/checklist"),
    ],
)  # fmt: skip
async def test_what_a_stage_cannot_be(
    shop: Shop, body: dict[str, Any], pointer: str | None
) -> None:
    before = await shop.office.counts()
    refused = await shop.chief.post(shop.path, {"key": "x", "kind": "open", "name": "x", **body})
    assert refused.status_code == 422, refused.text
    if pointer is not None:
        assert refused.json()["errors"][0]["pointer"] == pointer
    assert await shop.office.counts() == before


async def test_a_stage_is_described_in_one_language_or_both(shop: Shop) -> None:
    checklist = [{"key": "called", "name_ru": "Позвонить", "name_en": "Call"}]
    edited = await shop.edit(
        "b", name="Встреча", meanings={"en": "We meet"}, instructions="Прийти", group="Закрытие",
        rot_days=3, wip_limit=10, required_fields=["amount|source"], checklist=checklist,
        probability=60, from_stages=["a"],
    )  # fmt: skip
    assert edited.status_code == 200, edited.text
    stage = edited.json()
    assert stage["names"] == {"ru": "Встреча", "en": "Встреча"}
    assert stage["meanings"] == {"ru": "", "en": "We meet"}
    assert stage["instructions_in"] == {"ru": "Прийти", "en": "Прийти"}
    assert (stage["group"], stage["rot_days"], stage["wip_limit"]) == ("Закрытие", 3, 10)
    assert (stage["checklist"], stage["version"]) == (checklist, 2)
    assert (await shop.edit("b", name="Встреча")).json()["version"] == 2
    assert (await shop.edit("b", names={"en": "Meeting"})).json()["names"]["en"] == "Meeting"
    assert (await shop.edit("b", version=1, name="x")).status_code == 412
    assert (await shop.edit("b", kind="won")).status_code == 400
    stage = (await shop.stages())["b"]
    path = f"{shop.path}/{stage['id']}"
    assert (await shop.chief.patch(path, {"name": "x"})).status_code == 428
    deal = await new_deal(shop.chief, client_id=shop.acme, pipeline="shop")
    needed = await shop.chief.post(f"/deals/{deal['id']}/move", {"stage": "b"}, version=1)
    assert (needed.status_code, needed.json()["missing_fields"]) == (422, ["amount|source"])


async def test_offers_keep_their_stages_and_may_rename_them(office: Office) -> None:
    chief = await office.person("chief", "admin")
    [offers] = (await chief.get("/pipelines", kind="offer")).json()["items"]
    path = f"/pipelines/{offers['id']}/stages"
    draft = f"{path}/{offers['stages'][0]['id']}"
    renamed = await chief.patch(draft, {"name": "Эскиз", "rot_days": None}, version=1)
    assert (renamed.json()["name"], renamed.json()["version"]) == ("Эскиз", 2)
    for fields in ({"from_stages": None}, {"position": 3}):
        assert (await chief.patch(draft, fields, version=2)).status_code == 409
    request = f"{path}/{offers['stages'][1]['id']}"
    refused = await chief.patch(request, {"required_fields": ["lines"]}, version=1)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (
        409,
        "/required_fields",
    )
    assert (await chief.delete(f"{draft}?move_to=request", version=2)).status_code == 409
    assert (await chief.post(path, {"key": "x", "kind": "open", "name": "x"})).status_code == 409


async def test_another_order_tells_the_funnel_anew(shop: Shop) -> None:
    await shop.walk("a c b")
    await shop.walk("b")
    assert await shop.funnel() == {"a": (2, 2, 0, 0), "b": (2, 1, 0, 1), "c": (1, 0, 0, 1)}
    moved = await shop.edit("c", position=1)
    assert (moved.status_code, moved.json()["position"]) == (200, 1)
    assert list(await shop.stages()) == ["c", "a", "b", "won", "lost"]
    assert await shop.funnel() == {"c": (2, 2, 0, 0), "a": (2, 2, 0, 0), "b": (2, 0, 0, 2)}


async def test_a_deleted_stage_gives_its_cards_and_its_past_away(shop: Shop) -> None:
    waiting = await shop.walk("a b")
    lost = await shop.walk("a b lost")
    passed = await shop.walk("a b c")
    assert await shop.funnel() == {"a": (3, 3, 0, 0), "b": (3, 1, 1, 1), "c": (1, 0, 0, 1)}
    await shop.edit("c", from_stages=["b"])
    gone = (await shop.stages())["b"]
    done = await shop.delete("b", "c")
    assert (done.status_code, done.content) == (204, b"")
    stages = await shop.stages()
    assert list(stages) == ["a", "c", "won", "lost"]
    assert stages["c"]["from_stages"] is None
    assert (await shop.chief.get(f"{shop.path}/{gone['id']}")).status_code == 404
    card = (await shop.chief.get(f"/deals/{waiting['id']}")).json()
    assert (card["stage_key"], card["version"]) == ("c", waiting["version"] + 1)
    history = (await shop.chief.get(f"/deals/{card['id']}/history")).json()["items"]
    assert [line["event"] for line in history] == ["created", "moved", "edited"]
    assert history[-1]["changes"] == [
        {"field": "stage_id", "before": gone["id"], "after": stages["c"]["id"]}
    ]
    expected = {"a": (3, 3, 0, 0), "c": (3, 0, 1, 2)}
    assert await shop.funnel() == expected
    column = [row["id"] for row in (await column_of(shop, "c"))]
    assert column == [passed["id"], waiting["id"]]
    assert (await shop.move(card, "won"))["state"] == "won"
    lost = (await shop.chief.get(f"/deals/{lost['id']}")).json()
    assert (await shop.move(lost, "c"))["state"] == "open"


async def column_of(shop: Shop, key: str) -> list[dict[str, Any]]:
    stage = (await shop.stages())[key]["id"]
    return list((await shop.chief.get("/deals", stage=stage, sort="position")).json()["items"])


async def test_yesterdays_report_is_told_by_the_stage_that_replaced_it(shop: Shop) -> None:
    await shop.walk("a b")
    shop.office.later(days=2)
    assert (await shop.delete("b", "a")).status_code == 204
    assert await shop.funnel(as_of="2026-03-11") == {"a": (1, 0, 0, 1), "c": (0, 0, 0, 0)}
    assert await shop.funnel() == {"a": (1, 0, 0, 1), "c": (0, 0, 0, 0)}


async def test_undo_after_a_deletion(shop: Shop) -> None:
    closed = await shop.walk("a b won")
    assert (await shop.delete("b", "a")).status_code == 204
    again = await shop.chief.post(f"/deals/{closed['id']}/undo", version=closed["version"])
    assert (again.status_code, again.json()["stage_key"]) == (200, "a"), again.text
    stood = await shop.walk("a c")
    assert (await shop.delete("c", "a")).status_code == 204
    stood = (await shop.chief.get(f"/deals/{stood['id']}")).json()
    refused = await shop.chief.post(f"/deals/{stood['id']}/undo", version=stood["version"])
    assert refused.status_code == 409


async def test_closed_and_deleted_cards_go_along(shop: Shop) -> None:
    body = {"key": "paid", "kind": "won", "name": "Paid"}
    assert (await shop.chief.post(shop.path, body)).status_code == 201
    won = await shop.walk("a won")
    gone = await shop.walk("a b")
    await shop.chief.delete(f"/deals/{gone['id']}", version=gone["version"])
    before = await shop.funnel()
    assert (await shop.delete("won", "paid")).status_code == 204
    assert (await shop.delete("b", "c")).status_code == 204
    card = (await shop.chief.get(f"/deals/{won['id']}")).json()
    assert (card["stage_key"], card["state"], card["closed_at"]) == (
        "paid", "won", won["closed_at"],
    )  # fmt: skip
    back = await shop.chief.post(f"/deals/{gone['id']}/restore")
    assert (back.status_code, back.json()["stage_key"]) == (200, "c"), back.text
    assert before == {"a": (1, 1, 0, 0), "b": (1, 1, 0, 0), "c": (1, 1, 0, 0)}
    assert await shop.funnel() == {"a": (2, 2, 0, 0), "c": (2, 1, 0, 1)}


async def test_what_cannot_be_deleted(shop: Shop) -> None:
    deal = await shop.walk("a b")
    stages = await shop.stages()
    path = f"{shop.path}/{stages['b']['id']}"
    before = await shop.office.counts()
    for target in ("won", "b", "nowhere", stages["b"]["id"], 999_999):
        refused = await shop.delete("b", target)
        assert refused.status_code == 422, target
        assert refused.json()["errors"][0]["pointer"] == "/move_to"
    assert (await shop.delete("won", "lost")).status_code == 422
    assert (await shop.chief.delete(path, version=1)).status_code == 400
    assert (await shop.chief.delete(f"{path}?move_to=a")).status_code == 428
    assert (await shop.chief.delete(f"{path}?move_to=a", version=9)).status_code == 412
    assert await shop.office.counts() == before
    assert (await shop.chief.get(f"/deals/{deal['id']}")).json() == deal


async def test_a_renewal_pipeline_keeps_its_store_and_activates_elsewhere(office: Office) -> None:
    chief = await office.person("chief", "admin")
    [home] = (await chief.get("/pipelines", kind="renewal")).json()["items"]
    path = f"/pipelines/{home['id']}/stages"
    store, first, second = home["stages"][:3]
    assert store["kind"] == "holding"
    refused = await chief.delete(f"{path}/{store['id']}?move_to={first['key']}", version=1)
    assert refused.status_code == 422
    await office.client(chief)
    waits = await new_renewal(chief, client_id=await office.client(chief), period="P1Y")
    done = await chief.delete(f"{path}/{first['id']}?move_to={second['key']}", version=1)
    assert done.status_code == 204, done.text
    active = await chief.post(f"/renewals/{waits['id']}/activate", version=1)
    assert (active.status_code, active.json()["stage_key"]) == (200, second["key"])
