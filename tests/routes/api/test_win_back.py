"""Winning back the client of a lost renewal: one open card for each, on every way to it."""

import asyncio

import pytest
from msgspec import UNSET

from tests.conftest import FreshDatabase
from tests.factories.cards import new_deal
from tests.office import Office
from tests.routes.api.chain import Chain, Record, set_up

pytestmark = pytest.mark.anyio


@pytest.fixture
async def chain(office: Office) -> Chain:
    return await set_up(office)


async def test_one_card_at_a_time_wins_a_client_back(chain: Chain) -> None:
    """Whichever way a second card would come to be open for one lost renewal, it is refused."""
    lost = await chain.lost(await chain.renewal(renewal_date="2026-05-09", period="P1Y"))
    deal = await new_deal(chain.anna, client_id=UNSET, amount="1", win_back_of=lost["id"])
    assert (deal["client_id"], deal["win_back_of"]) == (chain.client_id, lost["id"])
    anna, tied = chain.anna, {"win_back_of": lost["id"]}
    one = {"title": "Back", **tied}
    other = await new_deal(anna, client_id=chain.client_id)
    there, waiting = f"/deals/{other['id']}", await chain.renewal(renewal_date="2027-05-09")
    stranger = await chain.office.client(anna, "Other")
    boris = await chain.office.person("boris")
    before = await chain.office.counts()
    taken = f"{deal['number']} is open already to win this client back"
    for reply, said in (
        (await anna.post("/deals", one), taken),
        (await anna.patch(there, tied, 1), taken),
        (await anna.post(f"{there}/move", {"stage": "offer", "fields": tied}, 1), taken),
        (await anna.post("/deals", {**one, "client_id": stranger}), "is of another client"),
        (await anna.patch(there, {"win_back_of": waiting["id"]}, 1), "was not lost"),
    ):
        assert said in (await chain.refused(reply, 409, "conflict"))["detail"]
    assert (await boris.post("/deals", one)).status_code == 404
    assert await chain.office.counts() == before
    await demand_no_way_back(chain, deal, one)


async def demand_no_way_back(chain: Chain, deal: Record, one: Record) -> None:
    """The first card is lost and another takes its place: then the first one cannot come back."""
    anna, here = chain.anna, f"/deals/{deal['id']}"
    move = {"stage": "lost", "reason_id": await chain.office.reason("too_expensive")}
    assert (await anna.post(f"{here}/move", move, 1)).is_success
    second = (await anna.post("/deals", one)).json()
    path = f"/deals/{second['id']}"
    for reply in (
        await anna.post(f"{here}/undo", version=2),
        await anna.post(f"{here}/move", {"stage": "needs"}, 2),
    ):
        said = (await chain.refused(reply, 409, "conflict"))["detail"]
        assert said.startswith(second["number"])
    listed = (await anna.get("/deals", win_back_of=one["win_back_of"])).json()["items"]
    assert {one["id"] for one in listed} == {deal["id"], second["id"]}
    assert (await anna.delete(path, 1)).is_success
    assert (await anna.post(f"{here}/undo", version=2)).is_success
    assert (await anna.post(f"{path}/restore")).status_code == 409
    # Its win closes the time in which the client was gone.
    chain.on("2026-07-01")
    body = {"stage": "won", "fields": {"one_off": True}}
    assert (await anna.post(f"{here}/move", body, 3)).is_success
    assert await chain.churn() == [("2026-05-09", "2026-07-01", False)]


async def test_one_of_four_rivals_wins_a_client_back(fresh_database: FreshDatabase) -> None:
    """Two open a card at the same instant, and two say of a card of theirs that it is one."""
    chain = await set_up(Office(fresh_database.database))
    anna, chief = chain.anna, await chain.office.person("chief", "admin")
    lost = await chain.lost(await chain.renewal(period="P1Y"))
    tied = {"win_back_of": lost["id"]}
    there = [await new_deal(anna, client_id=chain.client_id) for _ in range(2)]
    answers = await asyncio.gather(
        *(one.post("/deals", {"title": "Back", **tied}) for one in (anna, chief)),
        *(anna.patch(f"/deals/{one['id']}", tied, 1) for one in there),
    )
    (won,) = [answer.json() for answer in answers if answer.is_success]
    for answer in answers:
        if not answer.is_success:
            told = await chain.refused(answer, 409, "conflict")
            assert told["record"] == {"kind": "deal", "id": won["id"], "number": won["number"]}
    listed = (await chief.get("/deals")).json()["items"]
    made = won["id"] not in {one["id"] for one in there}
    assert [one["id"] for one in listed if one["win_back_of"] == lost["id"]] == [won["id"]]
    assert len(listed) == 2 + made
