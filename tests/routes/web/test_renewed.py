"""The dialog of a won renewal: the next one is proposed, changed, chosen, or there is none."""

import re
from typing import Any

import httpx
import pytest

from tests.factories.cards import new_deal
from tests.office import Office
from tests.routes.api.chain import Chain, Record
from tests.routes.web.sellers import Seller, sitting, toast

pytestmark = pytest.mark.anyio


class Desk:
    """A seller with a client, who drops renewals on the column of those that are won."""

    def __init__(self, anna: Seller, chain: Chain) -> None:
        self.anna, self.chain = anna, chain

    async def drop(self, one: Record, **form: Any) -> httpx.Response:
        path = f"/renewals/{one['id']}/move"
        plain = {"to": "payment_received", "ids": one["id"], "vers": one["version"]}
        return await self.anna.send(path, **{**plain, **form})

    async def asked(self, one: Record, **form: Any) -> str:
        """What the dialog says; nothing has happened to the renewal."""
        reply = await self.drop(one, **form)
        assert (reply.status_code, reply.headers["HX-Retarget"]) == (422, "#dlg"), reply.text
        assert (await self.chain.read(one))["version"] == one["version"]
        return reply.text

    async def saved(self, one: Record, **form: Any) -> Record:
        """The renewal as it was won."""
        reply = await self.drop(one, asked="true", **form)
        assert reply.status_code == 200, reply.text
        assert toast(reply)["undo"]
        return await self.chain.read(one)


@pytest.fixture
async def desk(office: Office) -> Desk:
    anna = await sitting(office, "anna")
    return Desk(anna, Chain(office, anna.person, await office.client(anna.person)))


async def test_the_next_date_is_proposed_and_saved_by_a_key(desk: Desk) -> None:
    one = await desk.chain.renewal(renewal_date="2026-05-09", period="P1Y")
    told = await desk.asked(one)
    assert "Renewed. When is the next renewal?" in told
    assert "9 May 2027" in told
    assert "1 year from 9 May 2026" in re.sub(r"\s+", " ", told)
    kept = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', told))
    kept.pop("csrf")
    assert kept == {
        "to": "payment_received", "ids": str(one["id"]), "vers": "1", "asked": "true",
    }  # fmt: skip
    won = await desk.saved(one)
    following = await desk.chain.read({"id": won["next_id"]})
    assert (following["renewal_date"], following["date_source"]) == ("2027-05-09", "period")


async def test_another_period_or_date_is_given_in_the_same_dialog(desk: Desk) -> None:
    one = await desk.chain.renewal(renewal_date="2026-05-09", period="P1Y")
    won = await desk.saved(one, next_period="P2Y")
    second = await desk.chain.read({"id": won["next_id"]})
    assert (second["renewal_date"], second["period"]) == ("2028-05-09", "P2Y")
    told = (await desk.drop(second, asked="true", next_renewal_date="2028-05-01")).text
    assert "the next renewal date must come after this one (2028-05-09)" in told
    assert 'value="2028-05-01"' in told
    assert "<details open>" in told
    won = await desk.saved(second, next_renewal_date="2029-01-01")
    assert (await desk.chain.read({"id": won["next_id"]}))["renewal_date"] == "2029-01-01"


async def test_that_there_is_no_further_renewal_is_said_with_a_reason(desk: Desk) -> None:
    one = await desk.chain.renewal(period="P1Y")
    told = await desk.asked(one)
    reason = await desk.chain.office.reason("last_term", "renewals", "end")
    assert f'<option value="{reason}">Last term as agreed</option>' in told
    won = await desk.saved(one, end_reason_id=reason)
    assert (won["state"], won["next_id"]) == ("won", None)
    assert (await desk.chain.agreement(one))["end_reason_id"] == reason
    assert await desk.chain.churn() == []


async def test_after_the_grace_days_a_date_is_chosen(desk: Desk) -> None:
    one = await desk.chain.renewal(renewal_date="2026-02-01", period="P1M")
    told = await desk.asked(one)
    for day in ("2026-03-01", "2026-04-10"):
        assert f'name="next_renewal_date" value="{day}"' in told
    won = await desk.saved(one, next_renewal_date="2026-04-10")
    assert (await desk.chain.read({"id": won["next_id"]}))["renewal_date"] == "2026-04-10"


async def test_without_a_period_a_date_is_asked_for(desk: Desk) -> None:
    one = await desk.chain.renewal()
    assert "<details open>" in await desk.asked(one)
    told = await desk.asked(one, asked="true")
    assert "This agreement has no period, so the next renewal date is not known" in told
    several = await desk.drop(
        one, ids=f"{one['id']},{(await desk.chain.renewal())['id']}", vers="1,1"
    )
    assert several.status_code == 422


async def test_a_sale_is_asked_once_whether_it_renews(desk: Desk) -> None:
    """Not where that is known, and no answer is one."""
    anna, chain = desk.anna.person, desk.chain
    made = [await new_deal(anna, client_id=chain.client_id) for _ in range(2)]
    said = await new_deal(anna, client_id=chain.client_id, renewal_period="P1Y")

    async def drop(one: Record, **form: Any) -> httpx.Response:
        plain = {"to": "won", "ids": one["id"], "vers": one["version"], **form}
        return await desk.anna.send(f"/deals/{one['id']}/move", **plain)

    first = await drop(made[0])
    assert (first.status_code, first.headers["HX-Retarget"]) == (422, "#dlg")
    assert "Will it need renewing?" in first.text
    assert re.findall(r'name="(field-[a-z_]+)"', first.text)[-3:] == [
        "field-renewal_period", "field-renewal_date", "field-one_off",
    ]  # fmt: skip
    assert (await drop(made[0], asked="true")).status_code == 200
    answer = {"asked": "true", "field-renewal_period": "P6M"}
    assert (await drop(made[1], **answer)).status_code == 200
    assert (await drop(said)).status_code == 200
    found = (await anna.get("/renewals", sort="renewal_date")).json()["items"]
    assert [one["renewal_date"] for one in found] == ["2026-09-10", "2027-03-10"]


async def test_the_other_agreement_is_chosen_from_those_of_the_client(desk: Desk) -> None:
    one, other = await desk.chain.renewal(period="P1Y"), await desk.chain.renewal(title="Support")
    why = await desk.chain.office.reason("merged", "renewals")
    told = await desk.asked(one, to="not_renewed", reason_id=why, asked="true")
    number = other["agreement_id"]
    assert re.findall(r'<option value="(\d+)"[^>]*>([^<]*)<', told) == [
        (str(number), "Support, 9 May 2026")
    ]  # fmt: skip
    form = {"to": "not_renewed", "reason_id": why, "field-other_agreement_id": number}
    assert (await desk.saved(one, **form))["state"] == "lost"
