"""What a win or a loss of a renewal brings: the next term, the end, the churn, and the way back."""

from typing import Any

import pytest

from tests.factories.cards import new_deal
from tests.office import Office
from tests.routes.api.chain import WON, Chain, set_up

pytestmark = pytest.mark.anyio


@pytest.fixture
async def chain(office: Office) -> Chain:
    return await set_up(office)


CHAINS = {
    "monthly from 31 January": (
        "2027-01-31", "P1M", ["2027-02-28", "2027-03-31", "2027-04-30", "2027-05-31"],
        ["2027-01-28", "2027-02-28", "2027-03-30", "2027-04-30"],
    ),
    "yearly from 29 February": (
        "2028-02-29", "P1Y", ["2029-02-28", "2030-02-28", "2031-02-28", "2032-02-29"],
        ["2029-01-28", "2030-01-28", "2031-01-28", "2032-01-29"],
    ),
    "every two weeks": (
        "2026-12-20", "P2W", ["2027-01-03", "2027-01-17"], ["2026-12-03", "2026-12-17"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("first", "period", "dates", "days"), CHAINS.values(), ids=CHAINS.keys())
async def test_terms_follow_one_another_from_the_anchor(
    chain: Chain, first: str, period: str, dates: list[str], days: list[str]
) -> None:
    """Each is won on its day; the next one waits, counted from the anchor and not from the last."""
    term = await chain.renewal(renewal_date=first, period=period)
    seen = []
    for cycle in range(2, len(dates) + 2):
        chain.on(term["renewal_date"])
        following = await chain.won(term)
        assert (following["cycle"], following["state"]) == (cycle, "waiting")
        assert following["previous_id"] == term["id"]
        term = following
        seen.append((term["renewal_date"], term["activates_on"]))
    assert seen == list(zip(dates, days, strict=True))
    assert await chain.anchor(term) == (first, 1, period)


async def test_the_next_term_takes_over_what_it_renews(chain: Chain) -> None:
    term = await chain.renewal(period="P1Y", title="Licence", amount="100", source="site")
    after = await chain.won(term, fields={"amount": "120"})
    taken = ("title", "client_id", "owner_id", "currency", "source", "agreement_id", "period")
    assert {name: after[name] for name in taken} == {name: term[name] for name in taken}
    assert (after["amount"], after["slips"]) == ("120.00", 0)
    assert after["original_renewal_date"] == after["renewal_date"] == "2027-05-09"
    history = (await chain.anna.get(f"/renewals/{after['id']}/history")).json()["items"]
    assert history[0]["caused_by"] == f"R-{term['id']}"


async def test_an_early_win_keeps_the_computed_date(chain: Chain) -> None:
    term = await chain.renewal(renewal_date="2026-12-31", period="P1M")
    assert (await chain.won(term))["renewal_date"] == "2027-01-31"


async def test_another_next_date_becomes_the_anchor(chain: Chain) -> None:
    term = await chain.renewal(renewal_date="2026-01-31", period="P1M")
    chain.on("2026-01-31")
    same = await chain.won(term, next_renewal_date="2026-02-28")
    assert await chain.anchor(term) == ("2026-01-31", 1, "P1M")
    chain.on("2026-02-28")
    other = await chain.won(same, next_renewal_date="2026-03-15")
    assert other["renewal_date"] == "2026-03-15"
    assert await chain.anchor(term) == ("2026-03-15", 3, "P1M")
    assert (await chain.won(other))["renewal_date"] == "2026-04-15"


async def test_another_period_counts_from_this_terms_date(chain: Chain) -> None:
    term = await chain.renewal(renewal_date="2026-01-31", period="P1M")
    chain.on("2026-02-10")
    second = await chain.won(term)
    third = await chain.won(second, next_period="P1Y")
    assert third["renewal_date"] == "2027-02-28"
    assert third["period"] == "P1Y"
    assert await chain.anchor(term) == ("2026-02-28", 2, "P1Y")
    fourth = await chain.won(third, next_period="P1Y")
    assert fourth["renewal_date"] == "2028-02-28"
    assert await chain.anchor(term) == ("2026-02-28", 2, "P1Y")


async def test_without_a_period_the_next_date_is_asked(chain: Chain) -> None:
    term = await chain.renewal()
    problem = await chain.refused(await chain.move(term, WON), 422, "next_date_needed")
    assert problem["missing_fields"] == ["next_renewal_date"]
    assert await chain.read(term) == term
    for day in ("2026-05-09", "2026-05-08"):
        reply = await chain.move(term, WON, next_renewal_date=day)
        problem = await chain.refused(reply, 422, "next_date_needed")
        assert problem["errors"][0]["pointer"] == "/next_renewal_date"
    second = await chain.won(term, next_renewal_date="2026-08-01")
    assert (second["renewal_date"], second["period"]) == ("2026-08-01", None)
    third = await chain.won(second, next_period="P3M")
    assert (third["renewal_date"], third["period"]) == ("2026-11-01", "P3M")


async def test_within_the_grace_days_nothing_is_asked(chain: Chain) -> None:
    term = await chain.renewal(renewal_date="2026-05-09", period="P1Y")
    chain.on("2026-06-08")
    assert (await chain.won(term))["renewal_date"] == "2027-05-09"


async def test_after_the_grace_days_a_date_is_chosen(chain: Chain) -> None:
    term = await chain.renewal(renewal_date="2026-05-09", period="P1Y")
    chain.on("2026-06-09")
    before = await chain.office.counts()
    problem = await chain.refused(await chain.move(term, WON), 422, "next_date_needed")
    proposals = {"from_end": "2027-05-09", "from_payment": "2027-06-09"}
    assert problem["proposals"] == proposals
    monthly = await chain.move(term, WON, next_period="P1M")
    problem = await chain.refused(monthly, 422, "next_date_needed")
    assert problem["proposals"] == {"from_end": "2026-06-09", "from_payment": "2026-07-09"}
    assert await chain.office.counts() == before
    assert await chain.read(term) == {**term, "days_left": -31}
    chosen = await chain.won(term, next_renewal_date=proposals["from_payment"])
    assert chosen["renewal_date"] == "2027-06-09"
    assert await chain.anchor(term) == ("2027-06-09", 2, "P1Y")


async def test_the_grace_days_are_a_setting(chain: Chain) -> None:
    await chain.office.set_company(grace_days=0)
    term = await chain.renewal(renewal_date="2026-03-09", period="P1M")
    problem = await chain.refused(await chain.move(term, WON), 422, "next_date_needed")
    assert problem["proposals"] == {"from_end": "2026-04-09", "from_payment": "2026-04-10"}
    assert (await chain.won(term, next_renewal_date="2026-04-09"))["cycle"] == 2
    assert await chain.anchor(term) == ("2026-03-09", 1, "P1M")


async def test_no_further_renewal_needs_a_reason_of_its_own(chain: Chain) -> None:
    term = await chain.renewal(period="P1Y")
    wrong = await chain.office.reason("stopped_using", "renewals")
    reply = await chain.move(term, WON, end_agreement={"reason_id": wrong})
    problem = await chain.refused(reply, 422, "reason_needed")
    assert [reason["key"] for reason in problem["reasons"]] == [
        "one_off", "last_term", "moved_product", "merged", "discontinued", "project_ends",
    ]  # fmt: skip
    reason = await chain.office.reason("last_term", "renewals", "end")
    won = await chain.moved(term, WON, end_agreement={"reason_id": reason})
    assert (won["state"], won["next_id"]) == ("won", None)
    row = await chain.agreement(term)
    assert (row["status"], row["end_reason_id"]) == ("ended", reason)
    assert await chain.churn() == []


async def test_a_loss_opens_churn_at_the_terms_end(chain: Chain) -> None:
    term = await chain.renewal(renewal_date="2026-05-09", period="P1Y")
    lost = await chain.lost(term)
    assert await chain.churn() == [("2026-05-09", None, False)]
    assert (await chain.agreement(lost))["status"] == "ended"
    assert lost["next_id"] is None
    # A later win closes it, on the day of the win.
    chain.on("2026-07-01")
    deal = await new_deal(chain.anna, client_id=chain.client_id, amount="1")
    body = {"stage": "won", "fields": {"one_off": True}}
    assert (await chain.anna.post(f"/deals/{deal['id']}/move", body, version=1)).is_success
    assert await chain.churn() == [("2026-05-09", "2026-07-01", False)]
    undone = await chain.anna.post(f"/deals/{deal['id']}/undo", version=2)
    assert undone.status_code == 200, undone.text
    assert await chain.churn() == [("2026-05-09", None, False)]


async def test_churn_opens_at_the_rescheduled_date(chain: Chain) -> None:
    term = await chain.moved_to(await chain.renewal(), "2026-06-20")
    await chain.lost(term)
    assert await chain.churn() == [("2026-06-20", None, False)]


@pytest.mark.parametrize("why", ["no churn", "another agreement"])
async def test_a_loss_that_is_no_churn(chain: Chain, why: str) -> None:
    term = await chain.renewal(period="P1Y")
    if why == "no churn":
        await chain.lost(term, "created_by_mistake")
    else:
        other = await chain.renewal()
        await chain.lost(term)
        assert await chain.churn() == []
        await chain.lost(other)
        assert await chain.churn() == [("2026-05-09", None, False)]
        return
    assert await chain.churn() == []
    assert (await chain.agreement(term))["status"] == "ended"


async def test_reopening_a_lost_one_takes_the_churn_back(chain: Chain) -> None:
    lost = await chain.lost(await chain.done(await chain.renewal(period="P1Y"), "activate"))
    again = await chain.moved(lost, "invoice_sent")
    assert (again["state"], again["reason_id"], again["closed_at"]) == ("open", None, None)
    assert await chain.churn() == [("2026-05-09", None, True)]
    row = await chain.agreement(again)
    assert (row["status"], row["ended_at"], row["end_reason_id"]) == ("running", None, None)
    assert (await chain.events(again))[-1] == "reopened"
    await chain.lost(again)
    assert await chain.churn() == [("2026-05-09", None, True), ("2026-05-09", None, False)]


async def test_reopening_a_won_one_takes_the_next_term_back(chain: Chain) -> None:
    term = await chain.done(
        await chain.renewal(renewal_date="2026-01-31", period="P1M"), "activate"
    )
    chain.on("2026-02-01")
    following = await chain.won(term, next_renewal_date="2026-02-20")
    won = await chain.read(term)
    again = await chain.moved(won, "invoice_sent")
    assert (again["state"], again["next_id"]) == ("open", None)
    assert (await chain.anna.get(f"/renewals/{following['id']}")).status_code == 404
    assert await chain.anchor(term) == ("2026-01-31", 1, "P1M")
    after = await chain.won(again)
    assert (after["cycle"], after["renewal_date"]) == (2, "2026-02-28")
    restored = await chain.anna.post(f"/renewals/{following['id']}/restore")
    assert restored.status_code == 409


async def test_undo_of_a_win_takes_the_next_term_back(chain: Chain) -> None:
    term = await chain.renewal(renewal_date="2026-03-31", period="P1M")
    following = await chain.won(term, next_period="P1Y")
    back = await chain.done(await chain.read(term), "undo")
    assert (back["state"], back["next_id"], back["activated_at"]) == ("waiting", None, None)
    assert (await chain.anna.get(f"/renewals/{following['id']}")).status_code == 404
    assert await chain.anchor(term) == ("2026-03-31", 1, "P1M")
    assert await chain.events(term) == ["created", "activated", "won", "voided", "voided"]
    report = (await chain.anna.get("/reports/funnel", pipeline="renewals")).json()
    assert report["entered"] == 0
    assert (await chain.won(back))["renewal_date"] == "2026-04-30"


async def touched(chain: Chain, following: dict[str, Any], how: str) -> None:
    if how == "edited":
        path = f"/renewals/{following['id']}"
        assert (await chain.anna.patch(path, {"title": "Mine"}, version=1)).is_success
    elif how == "in work":
        await chain.done(following, "activate")
    else:
        await chain.moved_to(following, "2026-06-01")


@pytest.mark.parametrize("how", ["edited", "in work", "rescheduled"])
@pytest.mark.parametrize("way", ["undo", "reopening"])
async def test_a_next_term_that_was_touched_stands_in_the_way(
    chain: Chain, way: str, how: str
) -> None:
    term = await chain.renewal(renewal_date="2026-03-31", period="P1M")
    following = await chain.won(term)
    won = await chain.read(term)
    await touched(chain, following, how)
    before = await chain.office.counts()
    if way == "undo":
        reply = await chain.post(won, "undo")
    else:
        reply = await chain.move(won, "invoice_required")
    problem = await chain.refused(reply, 409, "conflict")
    number = f"R-{following['id']}"
    assert problem["record"] == {"kind": "renewal", "id": following["id"], "number": number}
    assert number in problem["detail"]
    assert await chain.office.counts() == before
    assert await chain.read(term) == won


async def test_the_missing_next_one_is_made_from_the_agreement(chain: Chain) -> None:
    """A running agreement has its next one already, before a win and after it."""
    term = await chain.renewal(renewal_date="2026-01-31", period="P1M")
    body = {"agreement_id": term["agreement_id"]}
    await chain.refused(await chain.anna.post("/renewals", body), 409, "conflict")
    await chain.won(term, next_renewal_date="2026-02-28")
    await chain.refused(await chain.anna.post("/renewals", body), 409, "conflict")
