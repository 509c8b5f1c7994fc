"""Renewals and churn over REST: the worked example to the last digit, and who sees what of it."""

from typing import Any

import pytest

from tests.factories.cards import new_deal
from tests.office import Office, Person
from tests.routes.api.chain import Chain, Record, set_up

pytestmark = pytest.mark.anyio
MARCH = {"from": "2026-03-01", "to": "2026-03-31"}

# What renews, its old amount, the day of the decision, the new amount; None: not decided.
WORKED: dict[str, tuple[int, str | None, int | None]] = {
    "A": (100, "2026-03-10", 110), "B": (100, "2026-03-08", 90), "C": (200, "2026-03-19", 200),
    "D": (50, "2026-03-10", None), "E": (150, "2026-02-20", 180), "F": (100, None, None),
}  # fmt: skip
COUNTS = ("due", "on_time", "late", "win_back", "lost", "overdue", "pending", "cancelled")
RATES = ("renewal_rate", "on_time_rate", "grr", "nrr")


@pytest.fixture
async def chain(office: Office) -> Chain:
    return await set_up(office)


async def ask(person: Person, report: str, **params: Any) -> dict[str, Any]:
    reply = await person.get(f"/reports/{report}", **params)
    assert reply.status_code == 200, reply.text
    found: dict[str, Any] = reply.json()
    return found


def told(found: dict[str, Any], names: tuple[str, ...]) -> list[Any]:
    return [found[name] for name in names]


async def worked(chain: Chain) -> dict[str, Record]:
    """Six clients whose terms of a year end on 10 March; as of 1 April."""
    made = {}
    chain.on("2026-01-12")
    for name, (old, _, _) in WORKED.items():
        client = await chain.office.client(chain.anna, name)
        made[name] = await chain.renewal(
            client_id=client, title=name, amount=old, renewal_date="2026-03-10", period="P1Y"
        )
    for name, (_, on, new) in WORKED.items():
        if on is not None:
            chain.on(on)
            if new is None:
                made[name] = await chain.lost(made[name])
            else:
                await chain.won(made[name], fields={"amount": str(new)})
    chain.on("2026-04-01")
    return made


async def test_the_worked_example_to_the_last_digit(chain: Chain) -> None:
    """E was won in February and stays in March; D comes back in June, and March still lost it."""
    made = await worked(chain)
    march = await ask(chain.anna, "renewals", **MARCH)
    assert told(march, COUNTS) == [6, 3, 1, 0, 1, 1, 0, 0]
    assert told(march, RATES) == [0.6667, 0.5, 0.7714, 0.8286]
    assert told(march["decided"], RATES) == [0.8, 0.6, 0.9, 0.9667]
    assert told(march, ("old_amount", "new_amount", "currency")) == ["700.00", "580.00", "RUB"]
    assert (march["returned"], march["others"], march["scope"]) == (0, [], "own")
    (own,) = march["items"]
    assert (own["month"], own["renewal_rate"]) == ("2026-03", 0.6667)
    (own,) = (await ask(chain.anna, "renewals", group_by="owner", **MARCH))["items"]
    assert (own["owner_name"], own["month"], own["nrr"]) == ("anna", None, 0.8286)
    await before(chain)
    await comes_back(chain, made["D"])
    assert told(await ask(chain.anna, "renewals", **MARCH), COUNTS) == told(march, COUNTS)
    june = await ask(chain.anna, "renewals", **{"from": "2026-06-01", "to": "2026-06-30"})
    assert told(june, COUNTS) == [0] * 8
    assert (june["returned"], june["renewal_rate"], june["grr"]) == (1, None, None)
    assert [(one["month"], one["returned"]) for one in june["items"]] == [("2026-06", 1)]


async def comes_back(chain: Chain, lost: Record) -> None:
    """The client of a lost renewal buys again in June."""
    chain.on("2026-06-05")
    deal = await new_deal(chain.anna, client_id=lost["client_id"], renewal_period="P1Y")
    body = {"stage": "won"}
    reply = await chain.anna.post(f"/deals/{deal['id']}/move", body, version=deal["version"])
    assert reply.status_code == 200, reply.text


async def before(chain: Chain) -> None:
    """An earlier day as it was: on 15 March C was not won yet, on the 9th nothing was overdue."""
    then = await ask(chain.anna, "renewals", as_of="2026-03-15", **MARCH)
    assert told(then, COUNTS) == [6, 3, 0, 0, 1, 2, 0, 0]
    early = await ask(chain.anna, "renewals", as_of="2026-03-09", **MARCH)
    assert told(early, COUNTS) == [6, 2, 0, 0, 0, 0, 4, 0]
    assert told(early, RATES) == [1.0, 1.0, 0.96, 1.08]
    none = await ask(chain.anna, "renewals", as_of="2026-01-01", **MARCH)
    assert told(none, COUNTS) == [0] * 8


async def test_moving_a_renewal_improves_no_rate(chain: Chain) -> None:
    """The original date counts: late by it is late, after the grace days it is a win-back."""
    chain.on("2026-01-12")
    terms = {"renewal_date": "2026-03-10", "period": "P1Y"}
    late, back = [await chain.renewal(**terms) for _ in range(2)]
    mistake, euros = await chain.renewal(**terms), await chain.renewal(**terms, currency="EUR")
    chain.on("2026-03-01")
    late, back = [await chain.moved_to(one, "2026-05-10") for one in (late, back)]
    await chain.lost(mistake, "created_by_mistake")
    chain.on("2026-04-09")
    await chain.won(late)
    chain.on("2026-04-10")
    await chain.won(back)
    march = await ask(chain.anna, "renewals", **MARCH)
    assert told(march, COUNTS) == [4, 0, 1, 1, 0, 1, 0, 1]
    assert told(march, RATES) == [0.3333, 0.0, 1.0, 1.0]
    assert march["others"] == [{"currency": "EUR", "cards": 1, "amount": "100.00"}]
    euro = await ask(chain.anna, "renewals", currency="EUR", **MARCH)
    assert (euro["old_amount"], euro["grr"]) == ("100.00", 0.0)
    year = await ask(chain.anna, "renewals", pipeline=euros["pipeline_id"])
    assert told(year, ("from", "to", "due")) == ["2025-05-01", "2026-04-30", 4]
    by_then = await ask(chain.anna, "renewals", to="2026-03-09")
    assert told(by_then, ("from", "to", "due")) == ["2025-04-01", "2026-03-09", 0]
    later = await ask(chain.anna, "churn", **{"from": "2026-07-04"})
    assert told(later, ("from", "to")) == ["2026-07-04", "2026-07-31"]


async def test_churn_is_of_those_who_were_there(chain: Chain) -> None:
    """D leaves on 10 March of six clients, 50 of 730 a year; in June he is back."""
    made = await worked(chain)
    await to_others(chain)
    found = await ask(chain.anna, "churn", **{"from": "2026-02-01", "to": "2026-06-30"})
    figures = ("clients", "churned", "stopped", "returned", "churn_rate", "revenue_churn_rate")
    assert told(found, figures) == [6, 1, 1, 0, 0.1667, 0.0685]
    assert told(found, ("revenue", "lost_revenue")) == ["730.00", "50.00"]
    await comes_back(chain, made["D"])
    found = await ask(chain.anna, "churn", **{"from": "2026-01-01", "to": "2026-07-31"})
    by_month = {one["month"]: told(one, figures[:5]) for one in found["items"]}
    assert by_month == {
        "2026-01": [0, 0, 0, 0, None], "2026-02": [6, 0, 0, 0, 0.0],
        "2026-03": [6, 1, 1, 0, 0.1667], "2026-04": [5, 0, 0, 0, 0.0],
        "2026-05": [5, 0, 0, 0, 0.0], "2026-06": [5, 0, 0, 1, 0.0], "2026-07": [6, 0, 0, 0, 0.0],
    }  # fmt: skip
    # Who came and went within the period is in no rate.
    gone = ("clients", "churned_of_clients", "churned", "churn_rate")
    assert told(found, gone) == [0, 0, 1, None]
    for group_by, name in (("segment", "segment"), ("owner", "owner_id")):
        (own,) = (await ask(chain.anna, "churn", group_by=group_by, **MARCH))["items"]
        assert told(own, (name, *figures[:3])) == [
            None if group_by == "segment" else chain.anna.id, 6, 1, 1,
        ]  # fmt: skip


async def test_who_is_back_before_the_term_ends_was_never_gone(chain: Chain) -> None:
    lost = await chain.lost(await chain.renewal(renewal_date="2026-07-09", period="P1Y"))
    await comes_back(chain, lost)
    assert await chain.churn() == [("2026-07-09", "2026-06-05", False)]
    chain.on("2026-08-01")
    found = await ask(chain.anna, "churn")
    assert told(found, ("churned", "stopped", "returned")) == [0, 0, 0]


async def test_terms_of_all_lengths_are_told_by_the_year(chain: Chain) -> None:
    """A client who keeps one of two agreements has not left, and pays less; two ways to go."""
    chain.on("2026-01-12")
    kept = {"renewal_date": "2026-03-31", "amount": "10"}
    await chain.renewal(**kept, period="P1M")
    gone = await chain.renewal(**{**kept, "amount": "7"}, period="P2W")
    await chain.renewal(**kept)
    chain.on("2026-03-20")
    await chain.lost(gone, "chose_competitor")
    march = await ask(chain.anna, "churn", **MARCH)
    # 12 × 10 and 365/14 × 7
    assert told(march, ("clients", "churned", "revenue", "lost_revenue")) == [
        1, 0, "302.50", "182.50",
    ]  # fmt: skip
    assert march["others"] == [{"currency": "RUB", "cards": 1, "amount": "10.00"}]


async def to_others(chain: Chain) -> None:
    """Others' renewals are not in counts, names or sums; the admin's report has them."""
    boris = await chain.office.person("boris")
    boss = await chain.office.person("boss", "admin")
    for report, count in (("renewals", "due"), ("churn", "clients")):
        empty = await ask(boris, report, group_by="owner", **MARCH)
        assert (empty[count], empty["items"], empty["others"]) == (0, [], [])
        whole = await ask(boss, report, group_by="owner", **MARCH)
        assert (whole[count], whole["scope"]) == (6, "all")
        assert [one["owner_name"] for one in whole["items"]] == ["anna"]
        none = await ask(boss, report, owner_id=boris.id, **MARCH)
        assert none[count] == 0


async def test_what_the_reports_refuse(chain: Chain) -> None:
    for path, status in (
        ("renewals?pipeline=nowhere", 404), ("renewals?currency=XXQ", 400),
        ("churn?as_of=2026-03-01", 400), ("churn?from=2000-01-01&to=2026-01-01", 400),
        ("churn?from=2000-01-01&to=2026-01-01&group_by=segment", 200),
        ("renewals?from=0001-01-01&to=9999-12-31", 200), ("renewals?as_of=0001-01-01", 200),
    ):  # fmt: skip
        assert (await chain.anna.http.get(f"/reports/{path}")).status_code == status, path
    lines = await chain.anna.http.get("/reports/renewals", headers={"Accept": "text/csv"})
    assert "decided.grr" in lines.text.splitlines()[0].split(",")
