"""Conventions of every resource: ETags, Idempotency-Keys, cursors."""

from datetime import timedelta
from typing import Any

import pytest

from tests.factories.cards import DealFactory, new_deal, new_lead, new_renewal
from tests.office import NOON, Office, Person

pytestmark = pytest.mark.anyio


@pytest.fixture
async def anna(office: Office) -> Person:
    return await office.person("anna")


async def a_deal(office: Office, anna: Person, **fields: Any) -> dict[str, Any]:
    return await new_deal(anna, client_id=await office.client(anna), **fields)


async def test_a_record_that_is_unchanged_is_not_sent_again(office: Office, anna: Person) -> None:
    deal = await a_deal(office, anna)
    path = f"/deals/{deal['id']}"
    tag = (await anna.get(path)).headers["etag"]
    assert tag.startswith('"1')
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        reply = await anna.http.get(path, headers={"If-None-Match": known})
        assert (reply.status_code, reply.content, reply.headers["etag"]) == (304, b"", tag), known
    for other in ('"2"', '"1-00000000"', "", "nonsense"):
        reply = await anna.http.get(path, headers={"If-None-Match": other})
        assert (reply.status_code, reply.json()) == (200, deal), other


async def test_what_is_derived_changes_the_tag_and_not_the_version(
    office: Office, anna: Person
) -> None:
    """Tomorrow a renewal has a day less left; who read it today may still write it."""
    client_id = await office.client(anna)
    renewal = await new_renewal(anna, client_id=client_id)
    path = f"/renewals/{renewal['id']}"
    today = (await anna.get(path)).headers["etag"]
    office.later(days=1)
    reply = await anna.http.get(path, headers={"If-None-Match": today})
    tomorrow = reply.headers["etag"]
    assert (reply.status_code, reply.json()["days_left"]) == (200, 59)
    assert tomorrow != today
    assert {tag.strip('"').partition("-")[0] for tag in (today, tomorrow)} == {"1"}
    written = await anna.http.patch(path, json={"title": "Mine"}, headers={"If-Match": today})
    assert (written.status_code, written.json()["version"]) == (200, 2)


TAKEN = ('"1"', "2", 'W/"3"', '"4-0123abcd"', "*", '"1", "6"', '"x",W/"7-0123abcd" , "x"')


async def test_who_writes_says_what_he_has_read(office: Office, anna: Person) -> None:
    deal = await a_deal(office, anna)
    path = f"/deals/{deal['id']}"
    for method, where, body in (
        ("PATCH", path, {"title": "x"}),
        ("POST", f"{path}/move", {"stage": "offer"}),
        ("POST", f"{path}/undo", None),
        ("POST", f"{path}/transfer", {"owner_id": anna.id}),
        ("DELETE", path, None),
    ):
        for header, status in ((None, 428), ('"2"', 412), ('"7-abcdef01"', 412), ("x", 400)):
            headers = {} if header is None else {"If-Match": header}
            reply = await anna.http.request(method, where, json=body, headers=headers)
            assert reply.status_code == status, (method, where, header)
            if status == 412:
                assert reply.headers["etag"] == (await anna.get(path)).headers["etag"]
    others = ('""', '"0"', '"-1"', '"1.0"', '"abc"', 'W/"2"', '"2", "3"', '"' + "9" * 30 + '"')
    for status, tried in (
        (412, others),
        (400, ("", "x", "1.0", "0", '"1', '"1" "2"', '"1",', 'w/"1"', '*, "1"', '"a b"')),
    ):
        for wrong in tried:
            reply = await anna.http.patch(path, json={"title": "x"}, headers={"If-Match": wrong})
            assert reply.status_code == status, wrong
    assert (await anna.get(path)).json() == deal
    for version, header in enumerate(TAKEN, start=2):
        body = {"title": f"at {header}"}
        reply = await anna.http.patch(path, json=body, headers={"If-Match": header})
        assert (reply.status_code, reply.json()["version"]) == (200, version), header


async def test_a_stale_put_is_told_the_tag_that_reading_gives(office: Office, anna: Person) -> None:
    client_id = await office.client(anna)
    deal = await new_deal(anna, client_id=client_id, external_id="a/b")
    told = await anna.put("/deals/by-external-id/a%2Fb", {"title": "x"}, version=7)
    assert told.status_code == 412
    assert told.headers["etag"] == (await anna.get(f"/deals/{deal['id']}")).headers["etag"]


async def test_a_list_that_is_unchanged_is_not_sent_again(office: Office, anna: Person) -> None:
    """Whatever can be seen in a list changes its tag: another row, a field, what is derived."""
    deal = await a_deal(office, anna)
    seen = []
    for change in (
        lambda: anna.patch(f"/deals/{deal['id']}", {"title": "Other"}, version=1),
        lambda: anna.patch("/me", {"name": "Anna B"}, version=1),
        lambda: new_deal(anna, client_id=deal["client_id"]),
        lambda: anna.delete(f"/deals/{deal['id']}", version=2),
    ):
        first = await anna.get("/deals")
        tag = first.headers["etag"]
        for known in (tag, f"W/{tag}", f'"x", {tag}', "*"):
            same = await anna.http.get("/deals", headers={"If-None-Match": known})
            assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", tag)
        seen.append(tag)
        await change()
    other = await anna.http.get("/deals", headers={"If-None-Match": ", ".join(seen)})
    assert (other.status_code, len(other.json()["items"])) == (200, 1)
    assert len(set(seen)) == 4


async def test_nothing_changed_is_no_new_version(office: Office, anna: Person) -> None:
    deal = await a_deal(office, anna, amount="5")
    path = f"/deals/{deal['id']}"
    for body in ({}, {"title": deal["title"]}, {"amount": "5.0"}, {"title": f" {deal['title']} "}):
        same = await anna.patch(path, body, version=1)
        assert (same.status_code, same.json()) == (200, deal)
    assert await office.events(deal["id"]) == ["created"]


async def test_a_key_makes_one_effect(office: Office, anna: Person) -> None:
    body = DealFactory.body(client_id=await office.client(anna))
    first = await anna.post("/deals", body, Idempotency_Key="k")
    assert first.status_code == 201
    assert "idempotent-replayed" not in first.headers
    office.later(hours=1)
    again = await anna.post("/deals", body, Idempotency_Key="k")
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["idempotent-replayed"] == "true"
    for name in ("location", "etag", "content-type"):
        assert again.headers[name] == first.headers[name]
    other = await anna.post("/deals", {**body, "title": "Other"}, Idempotency_Key="k")
    assert (other.status_code, other.json()["type"]) == (422, "/problems/not_acceptable")
    assert len((await anna.get("/deals")).json()["items"]) == 1


async def test_a_key_belongs_to_its_token_and_its_route(office: Office, anna: Person) -> None:
    body = DealFactory.body(client_id=await office.client(anna))
    same_user = await office.signed_in(anna.id)
    made = [
        await anna.post("/deals", body, Idempotency_Key="k"),
        await same_user.post("/deals", body, Idempotency_Key="k"),
        await anna.post("/leads", {"title": "x"}, Idempotency_Key="k"),
        await anna.post("/deals", body),
        await anna.post("/deals", body),
    ]
    assert [reply.status_code for reply in made] == [201] * 5
    assert len({(reply.json()["kind"], reply.json()["id"]) for reply in made}) == 5


async def test_a_refused_request_leaves_no_key(office: Office, anna: Person) -> None:
    body = DealFactory.body(client_id=10**9)
    for _ in range(2):
        before = await office.counts()
        refused = await anna.post("/deals", body, Idempotency_Key="k")
        assert (refused.status_code, "idempotent-replayed" in refused.headers) == (404, False)
        assert await office.counts() == before
    body["client_id"] = await office.client(anna)
    assert (await anna.post("/deals", body, Idempotency_Key="k")).status_code == 201


async def test_a_key_is_looked_up_before_the_version(office: Office, anna: Person) -> None:
    """The answer got lost and the move is sent again as it was: it is not stale."""
    deal = await a_deal(office, anna)
    path, body = f"/deals/{deal['id']}/move", {"stage": "offer"}
    first = await anna.post(path, body, version=1, Idempotency_Key="k")
    again = await anna.post(path, body, version=1, Idempotency_Key="k")
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.content == first.content
    assert await office.events(deal["id"]) == ["created", "moved"]
    assert (await anna.post(path, body, version=1, Idempotency_Key="l")).status_code == 412


async def test_keys_of_every_length(office: Office, anna: Person) -> None:
    body = DealFactory.body(client_id=await office.client(anna))
    for key, status in (("", 400), ("a", 201), ("a" * 255, 201), ("a" * 256, 400)):
        reply = await anna.post("/deals", body, Idempotency_Key=key)
        assert reply.status_code == status, len(key)


async def seven(office: Office, anna: Person) -> list[dict[str, Any]]:
    """Deals with equal and missing amounts, made a second apart."""
    client_id = await office.client(anna)
    made = []
    for amount in ("30", None, "10", "30", None, "20", "10"):
        fields = {} if amount is None else {"amount": amount}
        made.append(await new_deal(anna, client_id=client_id, **fields))
        office.later(seconds=1)
    return made


async def pages(anna: Person, path: str, **params: Any) -> list[list[int]]:
    found: list[list[int]] = []
    while True:
        page = (await anna.get(path, **params)).json()
        found.append([row["id"] for row in page["items"]])
        if page["next_cursor"] is None:
            return found
        params["cursor"] = page["next_cursor"]


@pytest.mark.parametrize("size", [2, 200])
async def test_pages_put_together_are_the_list(office: Office, anna: Person, size: int) -> None:
    """The id breaks ties, the other way round when descending; what is missing comes last."""
    a, b, c, d, e, f, g = (deal["id"] for deal in await seven(office, anna))
    expected = {
        "id": [a, b, c, d, e, f, g],
        "-id": [g, f, e, d, c, b, a],
        "amount": [c, g, f, a, d, b, e],
        "-amount": [d, a, f, g, c, e, b],
        "created_at": [a, b, c, d, e, f, g],
        "-updated_at": [g, f, e, d, c, b, a],
        "position": [a, b, c, d, e, f, g],
    }
    for sort, order in expected.items():
        found = await pages(anna, "/deals", sort=sort, limit=size)
        assert [number for page in found for number in page] == order, sort
        assert {len(page) for page in found[:-1]} <= {size}


async def test_a_cursor_is_bound_to_its_list(office: Office, anna: Person) -> None:
    await seven(office, anna)
    own = {"sort": "amount", "state": "open", "limit": 2}
    cursor = (await anna.get("/deals", **own)).json()["next_cursor"]
    assert (await anna.get("/deals", **own, cursor=cursor)).status_code == 200
    assert (await anna.get("/deals", **{**own, "limit": 5}, cursor=cursor)).status_code == 200
    for other in ({"sort": "-amount"}, {"state": "won"}, {"owner_id": anna.id}, {"sort": "id"}):
        reply = await anna.get("/deals", **{**own, **other}, cursor=cursor)
        assert reply.status_code == 400, other
    assert (await anna.get("/deals", cursor=cursor[:-2])).status_code == 400


async def test_a_list_is_stable_under_writes(office: Office, anna: Person) -> None:
    deals = await seven(office, anna)
    first = (await anna.get("/deals", sort="amount", limit=3)).json()
    await anna.delete(f"/deals/{deals[2]['id']}", version=1)
    await new_deal(anna, client_id=deals[0]["client_id"], amount="1")
    params = {"sort": "amount", "limit": 200, "cursor": first["next_cursor"]}
    rest = (await anna.get("/deals", **params)).json()
    seen = [row["id"] for row in [*first["items"], *rest["items"]]]
    a, b, c, d, e, f, g = (deal["id"] for deal in deals)
    assert seen == [c, g, f, a, d, b, e]


async def test_totals_are_told_when_asked(office: Office, anna: Person) -> None:
    deals = await seven(office, anna)
    asked = (await anna.get("/deals", limit=2, count="true", amount_min="20")).json()
    assert (len(asked["items"]), asked["total"]) == (2, 3)
    later = await anna.get(
        "/deals", limit=2, count="true", amount_min="20", cursor=asked["next_cursor"]
    )
    assert (len(later.json()["items"]), later.json()["total"]) == (1, 3)
    assert "total" not in (await anna.get("/deals")).json()
    assert len(deals) == 7


async def test_amounts_are_filtered_in_every_currency(office: Office, anna: Person) -> None:
    client_id = await office.client(anna)
    made = {}
    for currency, amount in (("RUB", "1500.50"), ("JPY", "1501"), ("KWD", "1500.505")):
        fields = {"client_id": client_id, "currency": currency, "amount": amount}
        made[currency] = (await new_deal(anna, **fields))["id"]

    async def found(**filters: str) -> set[str]:
        ids = {row["id"] for row in (await anna.get("/deals", **filters)).json()["items"]}
        return {currency for currency, number in made.items() if number in ids}

    assert await found(amount_min="1500.50") == {"RUB", "JPY", "KWD"}
    assert await found(amount_min="1500.501") == {"JPY", "KWD"}
    assert await found(amount_max="1500.505") == {"RUB", "KWD"}
    assert await found(amount_max="1500.5") == {"RUB"}
    assert await found(amount_min="1500.506", amount_max="1501") == {"JPY"}
    assert await found(amount_min="-1") == {"RUB", "JPY", "KWD"}


async def test_filters_by_day_take_the_companys_days(office: Office, anna: Person) -> None:
    office.now = NOON.replace(hour=20, minute=59)
    today = await new_lead(anna)
    office.now += timedelta(minutes=1)  # midnight in Moscow
    tomorrow = await new_lead(anna)

    async def found(**filters: str) -> list[int]:
        return [row["id"] for row in (await anna.get("/leads", **filters)).json()["items"]]

    assert await found(created_from="2026-03-10", created_to="2026-03-10") == [today["id"]]
    assert await found(created_from="2026-03-11") == [tomorrow["id"]]
    assert await found(created_to="2026-03-11") == [today["id"], tomorrow["id"]]
    assert await found(updated_since="2026-03-11T00:00:00+03:00") == [tomorrow["id"]]
