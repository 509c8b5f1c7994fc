"""Agreements over REST: made with their first renewal, their terms changed, their end."""

from typing import Any

import pytest
from sqlalchemy import insert, update

from backend.db.models import agreement, product, renewal
from tests.office import Office, Person

pytestmark = pytest.mark.anyio


async def _agreement(person: Person, client_id: int, **fields: Any) -> dict[str, Any]:
    body = {"title": "Licence", "client_id": client_id, "renewal_date": "2027-01-31", **fields}
    made = await person.post("/agreements", body)
    assert made.status_code == 201, made.text
    return dict(made.json())


async def _renewal(person: Person, told: dict[str, Any]) -> dict[str, Any]:
    return dict((await person.get(f"/renewals/{told['pending_renewal_id']}")).json())


async def _product(office: Office, lead_time: str | None = None) -> int:
    row = {
        "name": "Antivirus", "name_key": "antivirus", "currency": "RUB", "lead_time": lead_time,
        "replenishment": "fixed_term", "created_at": office.now, "updated_at": office.now,
    }  # fmt: skip
    return int(await office.do(lambda tx: tx.scalar(insert(product).returning(product.c.id), row)))


async def test_an_agreement_is_made_with_its_first_renewal(office: Office) -> None:
    anna = await office.person("anna")
    acme = await office.client(anna)
    told = await _agreement(
        anna, acme, period="P1M", amount="10.50", lead_time="P2W", type="Лицензия",
        external_id="a-1", custom={"seats": 5},
    )  # fmt: skip
    assert (told["status"], told["anchor_date"], told["anchor_cycle"]) == (
        "running", "2027-01-31", 1,
    )  # fmt: skip
    assert (told["client_name"], told["owner_name"], told["renewal_date"]) == (
        "Acme", "anna", "2027-01-31",
    )  # fmt: skip
    waiting = await _renewal(anna, told)
    assert (waiting["state"], waiting["amount"], waiting["activates_on"]) == (
        "waiting", "10.50", "2027-01-17",
    )  # fmt: skip
    read = await anna.get(f"/agreements/{told['id']}")
    assert read.json() == told
    listed = (await anna.get("/agreements", count="true")).json()
    assert listed == {"items": [told], "next_cursor": None, "total": 1}


async def test_filters_and_sorts(office: Office) -> None:
    anna = await office.person("anna")
    acme, moon = await office.client(anna, "Acme"), await office.client(anna, "Луна")
    tool = await _product(office)
    first = await _agreement(anna, acme, renewal_date="2027-03-01", external_id="x")
    second = await _agreement(anna, moon, renewal_date="2027-02-01", product_id=tool)
    ids = [first["id"], second["id"]]
    cases: list[tuple[dict[str, Any], list[int]]] = [
        ({"client_id": acme}, [1]), ({"product_id": tool}, [2]), ({"external_id": "x"}, [1]),
        ({"status": "running"}, [1, 2]), ({"status": "ended"}, []), ({"q": "ЛУН"}, [2]),
        ({"q": "licen"}, [1, 2]), ({"owner_id": anna.id}, [1, 2]), ({"owner_id": 999}, []),
        ({"sort": "renewal_date"}, [2, 1]), ({"sort": "-id"}, [2, 1]),
    ]  # fmt: skip
    for params, expected in cases:
        found = (await anna.get("/agreements", **params)).json()["items"]
        assert [ids.index(row["id"]) + 1 for row in found] == expected, params
    assert (await anna.get("/agreements", colour="red")).status_code == 400


async def test_a_new_period_counts_from_the_running_term(office: Office) -> None:
    """Cycle 2 is due on 28 February; half-yearly terms from there fall on the 28th of August."""
    anna = await office.person("anna")
    told = await _agreement(anna, await office.client(anna), period="P1M")
    first = await _renewal(anna, told)
    won = await anna.post(f"/renewals/{first['id']}/move", {"stage": "payment_received"}, version=1)
    assert won.status_code == 200, won.text
    now = (await anna.get(f"/agreements/{told['id']}")).json()
    assert now["renewal_date"] == "2027-02-28"
    edited = await anna.patch(f"/agreements/{told['id']}", {"period": "P6M"}, now["version"])
    assert edited.status_code == 200, edited.text
    terms = {name: edited.json()[name] for name in ("anchor_date", "anchor_cycle", "period")}
    assert terms == {"anchor_date": "2027-02-28", "anchor_cycle": 2, "period": "P6M"}
    second = edited.json()["pending_renewal_id"]
    won = await anna.post(f"/renewals/{second}/move", {"stage": "payment_received"}, version=1)
    assert won.status_code == 200, won.text
    assert (await anna.get(f"/agreements/{told['id']}")).json()["renewal_date"] == "2027-08-28"


async def test_a_lead_time_says_anew_when_the_renewal_comes(office: Office) -> None:
    anna = await office.person("anna")
    told = await _agreement(anna, await office.client(anna))
    assert (await _renewal(anna, told))["activates_on"] == "2026-12-31"
    path = f"/agreements/{told['id']}"
    tool = await _product(office, lead_time="P10D")
    steps = [
        ({"lead_time": "P2M"}, "2026-11-30", "agreement"),
        ({"lead_time": "P0D"}, "2027-01-31", "agreement"),
        ({"lead_time": None}, "2026-12-31", "pipeline"),
        ({"product_id": tool}, "2027-01-21", "product"),
        ({"product_id": None}, "2026-12-31", "pipeline"),
    ]
    for version, (fields, activates, source) in enumerate(steps, start=1):
        edited = await anna.patch(path, fields, version=version)
        assert edited.status_code == 200, edited.text
        waiting = await _renewal(anna, told)
        assert (waiting["activates_on"], waiting["lead_time_source"]) == (activates, source)
        assert waiting["version"] == 1


async def test_an_edit_that_changes_nothing_writes_nothing(office: Office) -> None:
    anna = await office.person("anna")
    told = await _agreement(anna, await office.client(anna), period="P1Y", custom={"a": 1})
    before = await office.counts()
    fields = {"title": " Licence ", "period": "P1Y", "custom": {"a": 1, "b": None}}
    same = await anna.patch(f"/agreements/{told['id']}", fields, version=1)
    assert (same.status_code, same.json()) == (200, told)
    assert await office.counts() == before


async def test_refused_writes_leave_no_trace(office: Office) -> None:
    anna, boris = await office.person("anna"), await office.person("boris")
    acme = await office.client(anna)
    told = await _agreement(anna, acme)
    path = f"/agreements/{told['id']}"
    before = await office.counts()
    cases: list[tuple[Any, dict[str, Any], int | None, int]] = [
        (anna, {"title": " "}, 1, 400), (anna, {"period": "P0D"}, 1, 400),
        (anna, {"period": "1 year"}, 1, 400), (anna, {"product_id": 999}, 1, 404),
        (anna, {"client_id": acme}, 1, 400), (anna, {"renewal_date": "2027-01-01"}, 1, 400),
        (anna, {"title": "X"}, None, 428), (anna, {"title": "X"}, 3, 412),
        (boris, {"title": "X"}, 1, 404),
    ]  # fmt: skip
    for person, fields, version, status in cases:
        refused = await person.patch(path, fields, version=version)
        assert refused.status_code == status, (fields, refused.text)
    bad = [
        {}, {"title": "X", "client_id": acme}, {"title": "X", "renewal_date": "2027-01-01"},
        {"title": "X", "client_id": 999_999, "renewal_date": "2027-01-01"},
        {"title": "X", "client_id": acme, "renewal_date": "2027-01-01", "period": "P0M"},
    ]  # fmt: skip
    statuses = [(await anna.post("/agreements", body)).status_code for body in bad]
    assert statuses == [400, 400, 400, 404, 400]
    assert await office.counts() == before


async def test_who_sees_and_who_writes(office: Office) -> None:
    """Boris owns a renewal of Anna's client: that agreement is his, and no other of the client."""
    anna, boris, clara = [await office.person(name) for name in ("anna", "boris", "clara")]
    acme = await office.client(anna)
    hers = await _agreement(anna, acme)
    his = await _agreement(anna, acme)
    given = await anna.post(
        f"/renewals/{his['pending_renewal_id']}/transfer", {"owner_id": boris.id}, version=1
    )
    assert given.status_code == 200, given.text
    seen = (await boris.get("/agreements")).json()["items"]
    assert [(row["id"], row["owner_id"]) for row in seen] == [(his["id"], boris.id)]
    assert seen[0]["pending_renewal_id"] == his["pending_renewal_id"]
    table = [(anna, hers, 200), (anna, his, 403), (boris, hers, 404), (boris, his, 200)]
    for person, told, status in table:
        version = 1 if told is hers else 2
        edited = await person.patch(f"/agreements/{told['id']}", {"title": "Licence"}, version)
        assert edited.status_code == status
    assert (await clara.get("/agreements")).json()["items"] == []
    assert (await clara.get(f"/agreements/{hers['id']}")).status_code == 404


async def test_an_agreement_with_a_pending_renewal_stays(office: Office) -> None:
    anna = await office.person("anna")
    told = await _agreement(anna, await office.client(anna))
    path = f"/agreements/{told['id']}"
    assert (await anna.delete(path, version=1)).status_code == 409
    reason = await office.reason("no_answer", "renewals")
    lost = await anna.post(
        f"/renewals/{told['pending_renewal_id']}/move",
        {"stage": "not_renewed", "reason_id": reason},
        version=1,
    )
    assert lost.status_code == 200, lost.text
    ended = (await anna.get(path)).json()
    assert (ended["status"], ended["pending_renewal_id"], ended["version"]) == ("ended", None, 2)
    assert (await anna.delete(path, version=1)).status_code == 412
    assert (await anna.delete(path, version=2)).status_code == 204
    assert (await anna.get(path)).status_code == 404
    back = await anna.post(f"{path}/restore")
    assert (back.status_code, back.json()["version"]) == (200, 4)


async def test_by_external_id(office: Office) -> None:
    anna, boris = await office.person("anna"), await office.person("boris")
    acme = await office.client(anna)
    path = "/agreements/by-external-id/1C%2F7"
    body = {
        "title": "Licence", "client_id": acme, "renewal_date": "2027-01-31", "period": "P1Y",
        "amount": "100",
    }  # fmt: skip
    made = await anna.put(path, body)
    assert made.status_code == 201, made.text
    told = made.json()
    assert told["external_id"] == "1C/7"
    assert made.headers["location"] == f"/api/v1/agreements/{told['id']}"
    waiting = told["pending_renewal_id"]
    won = await anna.post(f"/renewals/{waiting}/move", {"stage": "payment_received"}, version=1)
    assert won.status_code == 200, won.text
    moon = await office.client(boris)
    before = await office.counts()
    assert (await boris.put(path, body | {"client_id": moon})).status_code == 409
    same = await anna.put(path, body)
    assert (same.status_code, same.json()["version"]) == (200, 1)
    assert same.json()["renewal_date"] == "2028-01-31"
    wrong = [
        ({"renewal_date": "2027-05-05"}, 409), ({"amount": "101"}, 409),
        ({"currency": "USD"}, 409), ({"owner_id": boris.id}, 409), ({"pipeline": "other"}, 409),
        ({"client_id": acme + 1}, 409), ({"external_id": "z"}, 400),
    ]  # fmt: skip
    for fields, status in wrong:
        refused = await anna.put(path, fields)
        assert refused.status_code == status, (fields, refused.text)
    assert (await anna.put("/agreements/by-external-id/n", {"title": "X"})).status_code == 400
    assert await office.counts() == before
    merged = await anna.put(path, {"title": "Licence, 10 seats"})
    assert (merged.status_code, merged.json()["version"]) == (200, 2)


async def test_orphans_are_named_with_what_became_of_the_last_term(office: Office) -> None:
    anna, boris = await office.person("anna"), await office.person("boris")
    acme = await office.client(anna)
    kept, lost, bare = [await _agreement(anna, acme) for _ in range(3)]

    async def forget(tx: Any) -> None:
        gone = renewal.c.card_id == lost["pending_renewal_id"]
        await tx.run(update(renewal).where(gone).values(pending=False, waiting=False))
        none = renewal.c.agreement_id == bare["id"]
        moved = {"agreement_id": kept["id"], "cycle": 9, "pending": False, "waiting": False}
        await tx.run(update(renewal).where(none).values(**moved))

    assert (await anna.get("/renewals/orphans")).json() == {"items": [], "next_cursor": None}
    await office.do(forget)
    found = (await anna.get("/renewals/orphans")).json()["items"]
    assert found == [
        {
            "agreement_id": lost["id"], "client_id": acme, "owner_id": anna.id,
            "last_renewal_id": lost["pending_renewal_id"], "why": "last_won",
        },
        {
            "agreement_id": bare["id"], "client_id": acme, "owner_id": anna.id,
            "last_renewal_id": None, "why": "no_renewal",
        },
    ]  # fmt: skip
    first = (await anna.get("/renewals/orphans", limit=1)).json()
    assert [row["agreement_id"] for row in first["items"]] == [lost["id"]]
    rest = (await anna.get("/renewals/orphans", cursor=first["next_cursor"], limit=1)).json()
    assert [row["agreement_id"] for row in rest["items"]] == [bare["id"]]
    assert (await boris.get("/renewals/orphans")).json()["items"] == []
    await _demand_its_own_terms(office, anna, lost["id"])
    mended = await anna.post(
        "/renewals", {"agreement_id": lost["id"], "renewal_date": "2028-01-31"}
    )
    assert mended.status_code == 201, mended.text
    left = (await anna.get("/renewals/orphans")).json()["items"]
    assert [row["agreement_id"] for row in left] == [bare["id"]]
    ended = update(agreement).where(agreement.c.id == bare["id"])
    await office.do(lambda tx: tx.run(ended.values(status="ended", ended_at=office.now)))
    assert (await anna.get("/renewals/orphans")).json()["items"] == []


async def test_an_orphan_tells_nobody_of_a_term_that_he_may_not_see(office: Office) -> None:
    """Boris owns one agreement of Anna's client; its renewals have stayed hers."""
    anna, boris = await office.person("anna"), await office.person("boris")
    told = await _agreement(anna, await office.client(anna))
    await office.do(lambda tx: tx.run(update(agreement).values(owner_id=boris.id)))
    await office.do(lambda tx: tx.run(update(renewal).values(pending=False, waiting=False)))
    hers = (told["pending_renewal_id"], "last_won")
    for person, last in ((anna, hers), (boris, (None, "no_renewal"))):
        (orphan,) = (await person.get("/renewals/orphans")).json()["items"]
        assert (orphan["last_renewal_id"], orphan["why"]) == last


async def _demand_its_own_terms(office: Office, anna: Person, agreement_id: int) -> None:
    """The next renewal of an agreement takes a later date and an amount, and nothing else."""
    given = {
        "renewal_date": "2026-05-09", "period": "P1Y", "lead_time": "P1M", "owner_id": anna.id,
        "currency": "USD", "title": "Other", "client_id": 1, "product_id": 1, "pipeline": "x",
        "contact_id": None, "source": "site", "external_id": "r-1", "custom": {},
    }  # fmt: skip
    before = await office.counts()
    for name, value in given.items():
        body = {"agreement_id": agreement_id, "renewal_date": "2028-01-31", name: value}
        refused = await anna.post("/renewals", body)
        status = 422 if name == "renewal_date" else 400
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (
            status, f"/{name}",
        )  # fmt: skip
    assert await office.counts() == before
