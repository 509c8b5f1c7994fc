"""What is used up: when it runs out, what a repeat purchase moves, what is learned."""

from typing import Any

import pytest

from tests.factories.cards import new_deal
from tests.office import Office, Person
from tests.routes.api.chain import WON, Chain, Record, set_up
from tests.routes.api.steps import acted, moved

pytestmark = pytest.mark.anyio

COFFEE = {
    "name": "Coffee", "category": "Beans", "unit": "kg", "price": "10",
    "replenishment": "consumption",
}  # fmt: skip


@pytest.fixture
async def chain(office: Office) -> Chain:
    return await set_up(office)


@pytest.fixture
async def boss(office: Office) -> Person:
    return await office.person("vera", "admin")


async def product(boss: Person, **fields: Any) -> int:
    made = await boss.post("/products", {**COFFEE, **fields})
    assert made.status_code == 201, made.text
    return int(made.json()["id"])


def used(quantity: str, per: str = "P1M") -> Record:
    return {"quantity": quantity, "per": per}


async def sold(chain: Chain, product_id: int, quantity: str, **more: Any) -> Record:
    """A won deal of some quantity."""
    line = {"product_id": product_id, "quantity": quantity, **more}
    made = await new_deal(chain.anna, client_id=chain.client_id, product_lines=[line])
    reply = await chain.anna.post(f"/deals/{made['id']}/move", {"stage": "won"}, version=1)
    assert reply.status_code == 200, reply.text
    return reply.json()  # type: ignore[no-any-return]


async def terms(chain: Chain) -> list[Record]:
    return (await chain.anna.get("/renewals", sort="id")).json()["items"]  # type: ignore[no-any-return]


async def test_100_kg_at_50_kg_a_month_last_two_months(chain: Chain, boss: Person) -> None:
    coffee = await product(boss, consumption=used("50"))
    await sold(chain, coffee, "100")
    (term,) = await terms(chain)
    shown = {
        "renewal_date": "2026-05-10", "activates_on": "2026-04-10", "period": "P2M", "cycle": 1,
        "date_source": "consumption", "quantity": "100.000", "amount": "1000.00",
        "forecast": {
            "counted_from": "2026-03-10", "run_out": "2026-05-10", "quantity": "100.000",
            "learned": False, "source": "product", "consumption": used("50.000"), "purchases": 1,
            "spread_days": 0,
        },
    }  # fmt: skip
    assert {name: term[name] for name in shown} == shown
    assert await chain.anchor(term) == ("2026-03-10", 0, "P2M")


async def test_the_clients_own_consumption_counts_first_then_the_categorys(
    chain: Chain, boss: Person
) -> None:
    coffee = await product(boss, consumption=used("50"))
    settings = await boss.get("/settings")
    body = {"consumption": {"Beans": used("100")}}
    written = await boss.patch("/settings", body, settings.json()["version"])
    assert written.json()["consumption"] == {"Beans": used("100.000")}
    await sold(chain, coffee, "100", consumption=used("25"))
    (first,) = await terms(chain)
    assert (first["renewal_date"], first["forecast"]["source"]) == ("2026-07-10", "line")
    path = f"/agreements/{first['agreement_id']}"
    assert (await chain.anna.get(path)).json()["consumption"] == used("25.000")
    await sold(chain, coffee, "100")
    (moved,) = await terms(chain)
    assert (moved["renewal_date"], moved["forecast"]["source"]) == ("2026-11-10", "client")
    changed = {"consumption": None}
    version = (await chain.anna.get(path)).json()["version"]
    assert (await chain.anna.patch(path, changed, version)).status_code == 200
    other = await product(boss, name="Tea")
    await sold(chain, other, "100")
    tea = (await terms(chain))[-1]
    assert (tea["renewal_date"], tea["forecast"]["source"]) == ("2026-04-10", "category")


async def test_a_repeat_purchase_moves_the_waiting_renewal(chain: Chain, boss: Person) -> None:
    coffee = await product(boss, consumption=used("50"))
    await sold(chain, coffee, "100")
    (term,) = await terms(chain)
    chain.on("2026-04-01")  # there is enough until 10 May
    deal = await sold(chain, coffee, "50")
    (moved,) = await terms(chain)
    assert (moved["id"], moved["renewal_date"]) == (term["id"], "2026-06-10")
    assert (moved["slips"], moved["original_renewal_date"]) == (0, "2026-05-10")
    assert (moved["amount"], moved["activates_on"]) == ("500.00", "2026-05-10")
    assert await chain.anchor(term) == ("2026-06-10", 1, "P1M")
    line = (await chain.anna.get(f"/renewals/{term['id']}/history")).json()["items"][-1]
    assert (line["event"], line["caused_by"]) == ("edited", f"D-{deal['id']}")
    undone = await chain.anna.post(f"/deals/{deal['id']}/undo", version=deal["version"])
    assert undone.status_code == 200, undone.text
    (back,) = await terms(chain)
    for name in ("version", "updated_at", "days_left"):
        assert back.pop(name) != term.pop(name)
    assert back == term
    assert await chain.anchor(term) == ("2026-03-10", 0, "P2M")


async def test_what_is_bought_in_two_lines_is_one_stock(chain: Chain, boss: Person) -> None:
    coffee = await product(boss, consumption=used("50"))
    lines = [
        {"product_id": coffee, "quantity": "100"},
        {"product_id": coffee, "quantity": "50", "price": "8"},
    ]
    shown = []
    for _ in range(2):
        deal = await new_deal(chain.anna, client_id=chain.client_id, product_lines=lines)
        won = await moved(chain.anna, deal, "won")
        (term,) = await terms(chain)
        shown.append((term["renewal_date"], term["quantity"], term["amount"]))
    assert shown == [
        ("2026-06-10", "150.000", "1400.00"), ("2026-09-10", "150.000", "1400.00"),
    ]  # fmt: skip
    await acted(chain.anna, "undo", won)
    (term,) = await terms(chain)
    assert term["renewal_date"] == "2026-06-10"


async def test_what_ran_out_long_ago_lasts_from_the_purchase(chain: Chain, boss: Person) -> None:
    coffee = await product(boss, consumption=used("50"))
    await sold(chain, coffee, "100")
    chain.on("2026-08-01")
    await sold(chain, coffee, "100")
    (term,) = await terms(chain)
    assert term["renewal_date"] == "2026-10-01"


async def test_an_undone_purchase_is_refused_where_the_renewal_was_touched(
    chain: Chain, boss: Person
) -> None:
    coffee = await product(boss, consumption=used("50"))
    await sold(chain, coffee, "100")
    deal = await sold(chain, coffee, "100")
    (term,) = await terms(chain)
    await chain.moved_to(term, "2026-12-01")
    undone = await chain.anna.post(f"/deals/{deal['id']}/undo", version=deal["version"])
    problem = await chain.refused(undone, 409, "conflict")
    assert problem["record"]["number"] == f"R-{term['id']}"


async def test_from_the_third_purchase_on_the_clients_own_pace_counts(
    chain: Chain, boss: Person
) -> None:
    coffee = await product(boss, consumption=used("50"))
    for day in ("2026-01-01", "2026-03-02", "2026-05-21"):  # 60 and 80 days
        chain.on(day)
        await sold(chain, coffee, "100")
    (term,) = await terms(chain)
    forecast = term["forecast"]
    assert (forecast["source"], forecast["learned"]) == ("purchases", True)
    assert (forecast["purchases"], forecast["spread_days"]) == (3, 10)
    # What was there until 2 May is used up; 70 days, and the reminder at the early edge.
    assert (term["renewal_date"], term["period"]) == ("2026-07-30", "P70D")
    assert term["activates_on"] == "2026-06-20"


async def test_winning_the_renewal_is_a_purchase_too(chain: Chain, boss: Person) -> None:
    coffee = await product(boss, consumption=used("50"))
    await sold(chain, coffee, "100")
    (term,) = await terms(chain)
    chain.on("2026-06-20")  # past the grace days: nothing is asked, the purchase day counts
    after = await chain.won(term)
    assert (after["renewal_date"], after["date_source"]) == ("2026-08-20", "consumption")
    assert (after["quantity"], after["forecast"]["purchases"]) == ("100.000", 2)
    chain.on("2026-08-20")
    more = await chain.won(after, fields={"quantity": "200"})
    assert more["forecast"]["learned"] is True  # 102 and 61 days for 100 kg each
    assert (more["quantity"], more["period"]) == ("200.000", "P163D")
    assert more["forecast"]["spread_days"] == 41


async def test_a_date_or_a_period_by_hand_counts_before_all(chain: Chain, boss: Person) -> None:
    coffee = await product(boss, consumption=used("50"))
    line = {"product_id": coffee, "quantity": "100"}
    for fields, due, source in (
        ({"renewal_date": "2026-12-31"}, "2026-12-31", "manual"),
        ({"renewal_period": "P1M"}, "2027-01-31", "period"),
    ):
        made = await new_deal(chain.anna, client_id=chain.client_id, product_lines=[line], **fields)
        await chain.anna.post(f"/deals/{made['id']}/move", {"stage": "won"}, version=1)
        (term,) = await terms(chain)
        assert (term["renewal_date"], term["date_source"]) == (due, source)
        assert (term["quantity"], term["forecast"]) == ("100.000", None)


async def test_unknown_consumption_is_asked_for(chain: Chain, boss: Person) -> None:
    coffee = await product(boss)
    line = {"product_id": coffee, "quantity": "100"}
    made = await new_deal(chain.anna, client_id=chain.client_id, product_lines=[line])
    before = await chain.office.counts()
    reply = await chain.anna.post(f"/deals/{made['id']}/move", {"stage": "won"}, version=1)
    await chain.refused(reply, 422, "next_date_needed")
    assert await chain.office.counts() == before


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        (used("0"), "/consumption/quantity"),
        (used("-5"), "/consumption/quantity"),
        (used("0.0001"), "/consumption/quantity"),
        (used("5", "P0D"), "/consumption/per"),
        (used("5", "PT1H"), "/consumption/per"),
    ],
)
async def test_what_is_no_consumption(boss: Person, wrong: Record, pointer: str) -> None:
    reply = await boss.post("/products", {**COFFEE, "consumption": wrong})
    assert reply.status_code == 400, reply.text
    assert reply.json()["errors"][0]["pointer"] == pointer


async def test_the_win_of_an_open_renewal_keeps_its_quantity(chain: Chain, boss: Person) -> None:
    coffee = await product(boss, consumption=used("50"))
    await sold(chain, coffee, "100")
    (term,) = await terms(chain)
    active = await chain.done(term, "activate")
    won = await chain.moved(active, WON)
    assert (won["quantity"], won["date_source"]) == ("100.000", "consumption")
    assert (
        await chain.anna.patch(f"/renewals/{won['id']}", {"quantity": "0"}, won["version"])
    ).status_code == 400


async def test_a_stage_computes_the_date_and_leaves_one_set_by_hand(
    chain: Chain, boss: Person
) -> None:
    """On entering; the history tells it, an undo takes it back, the win computes it anew."""
    coffee = await product(boss, consumption=used("50"))
    licence = await product(boss, name="Licence", replenishment="fixed_term", period="P1Y")
    (sales,) = (await boss.get("/pipelines", kind="deal")).json()["items"]
    (asked,) = [one for one in sales["stages"] if one["key"] == "negotiation"]
    path = f"/pipelines/{sales['id']}/stages/{asked['id']}"
    body = {"computes_renewal_date": True, "required_fields": ["renewal_date"]}
    written = await boss.patch(path, body, asked["version"])
    assert written.json()["computes_renewal_date"]
    (leads,) = (await boss.get("/pipelines", kind="lead")).json()["items"]
    elsewhere = f"/pipelines/{leads['id']}/stages/{leads['stages'][0]['id']}"
    assert (await boss.patch(elsewhere, body, leads["stages"][0]["version"])).status_code == 422

    lines = [{"product_id": licence}, {"product_id": coffee, "quantity": "100"}]
    about = {"client_id": chain.client_id, "product_lines": lines}
    deal = await new_deal(chain.anna, **about)
    moved_on = await moved(chain.anna, deal, "negotiation")  # of several the first to run out
    shown = moved_on["renewal_date"], moved_on["renewal_date_source"]
    assert shown == ("2026-05-10", "computed")
    (told,) = (await chain.anna.get(f"/deals/{deal['id']}/history")).json()["items"][-1]["changes"]
    assert told == {"field": "renewal_date", "before": None, "after": "2026-05-10"}
    back = await acted(chain.anna, "undo", moved_on)
    assert (back["renewal_date"], back["renewal_date_source"]) == (None, None)
    by_hand = await moved(chain.anna, back, "offer", fields={"renewal_date": "2026-12-01"})
    by_hand = await moved(chain.anna, by_hand, "negotiation")
    assert (by_hand["renewal_date"], by_hand["renewal_date_source"]) == ("2026-12-01", "manual")
    # What nobody knows is asked for, on every way into the stage.
    unknown = {"title": "Fee", "client_id": chain.client_id, "stage": "negotiation", "amount": "5"}
    assert (await chain.anna.post("/deals", unknown)).status_code == 422
    made = (await chain.anna.post("/deals", {**unknown, **about})).json()
    assert (made["renewal_date"], made["renewal_date_source"]) == ("2026-05-10", "computed")
    chain.on("2026-03-20")
    await moved(chain.anna, made, "won")
    assert [(one["renewal_date"], one["date_source"]) for one in await terms(chain)] == [
        ("2027-03-20", "period"), ("2026-05-20", "consumption"),
    ]  # fmt: skip
