"""Where renewals come into work: at home, or in a stage of another renewal pipeline."""

from typing import Any

import pytest

from tests.factories.pipelines import new_pipeline
from tests.office import Office, Person
from tests.routes.web.person import at_browser

pytestmark = pytest.mark.anyio

STORE = (("scheduled", "holding"),)


@pytest.fixture
async def chief(office: Office) -> Person:
    return await office.person("chief", "admin")


async def pipeline(chief: Person, key: str) -> dict[str, Any]:
    return dict((await chief.get("/pipelines", key=key)).json()["items"][0])


async def lead(chief: Person, stage_id: int | None) -> Any:
    home = await pipeline(chief, "renewals")
    body = {"activation_stage_id": stage_id}
    return await chief.patch(f"/pipelines/{home['id']}", body, home["version"])


async def team_of_payments(office: Office, chief: Person) -> dict[str, Any]:
    await new_pipeline(office, "payments", ["call", "bill"], "renewal", STORE)
    return await pipeline(chief, "payments")


def stage(of: dict[str, Any], key: str) -> int:
    return next(int(one["id"]) for one in of["stages"] if one["key"] == key)


async def due(office: Office, owner: Person) -> int:
    """A renewal whose time the next sweep finds has come."""
    body = {
        "client_id": await office.client(owner), "title": "Support", "amount": "10",
        "renewal_date": "2026-03-20",
    }  # fmt: skip
    return int((await owner.post("/renewals", body)).json()["id"])


async def test_a_sweep_and_a_person_bring_renewals_into_another_pipeline(
    office: Office, chief: Person
) -> None:
    payments = await team_of_payments(office, chief)
    written = await lead(chief, stage(payments, "bill"))
    assert (written.status_code, written.json()["activation_stage_id"]) == (
        200, stage(payments, "bill"),
    )  # fmt: skip
    anna = await office.person("anna")
    swept, started = await due(office, anna), await due(office, anna)
    closed = {"closed_to": ["manager"]}
    assert (await chief.patch(f"/pipelines/{payments['id']}", closed, 1)).status_code == 200
    begun = await anna.post(f"/renewals/{started}/activate", {}, 1)
    assert begun.status_code == 200, begun.text
    assert (await chief.post("/renewals/sweeps", {})).json()["activated"] == 1
    for number in (swept, started):
        card = (await chief.get(f"/renewals/{number}")).json()
        assert (card["pipeline_id"], card["stage_key"], card["state"]) == (
            payments["id"], "bill", "open",
        )  # fmt: skip
        assert (await anna.get(f"/renewals/{number}")).status_code == 404


async def test_the_next_term_waits_where_the_agreement_is_at_home(
    office: Office, chief: Person
) -> None:
    """Activation leads elsewhere and back; whoever takes a renewal elsewhere means its terms."""
    await new_pipeline(office, "talks", ["call", "bill"], "renewal", STORE, lead_time="P3M")
    talks, home = await pipeline(chief, "talks"), await pipeline(chief, "renewals")
    call = stage(talks, "call")
    await lead(chief, call)
    number = await due(office, chief)

    async def moved(number: int, **body: Any) -> dict[str, Any]:
        path = f"/renewals/{number}"
        version = (await chief.get(path)).json()["version"]
        reply = await chief.post(f"{path}/move", body, version)
        assert reply.status_code == 200, reply.text
        return dict(reply.json())

    async def following(number: int, day: str) -> tuple[Any, ...]:
        won = await moved(number, stage="won", next_renewal_date=day)
        after = (await chief.get(f"/renewals/{won['next_id']}")).json()
        return after["id"], after["pipeline_id"], after["lead_time"], after["activates_on"]

    await chief.post("/renewals/sweeps", {})
    second, *told = await following(number, "2026-12-20")
    assert told == [home["id"], "P1M", "2026-11-20"]
    await moved(second, stage=stage(talks, "bill"))
    third, *told = await following(second, "2027-12-20")
    assert told == [talks["id"], "P3M", "2027-09-20"]
    by_hand = await due(office, chief)
    before = await moved(by_hand, stage=stage(talks, "bill"))
    undone = await chief.post(f"/renewals/{by_hand}/undo", version=before["version"])
    assert (undone.json()["lead_time"], undone.json()["pipeline_id"]) == ("P1M", home["id"])
    # Another lead time of the pipeline counts for what waits there.
    await chief.patch(f"/pipelines/{talks['id']}", {"lead_time": "P1W"}, talks["version"])
    assert (await chief.get(f"/renewals/{third}")).json()["activates_on"] == "2027-12-13"


async def test_a_deleted_stage_leads_on_to_the_one_that_took_its_cards(
    office: Office, chief: Person
) -> None:
    payments = await team_of_payments(office, chief)
    await lead(chief, stage(payments, "bill"))
    before = await pipeline(chief, "renewals")
    path = f"/pipelines/{payments['id']}/stages/{stage(payments, 'bill')}?move_to=call"
    assert (await chief.delete(path, 1)).status_code == 204
    after = await pipeline(chief, "renewals")
    assert after["activation_stage_id"] == stage(payments, "call")
    assert after["version"] == before["version"] + 1
    number = await due(office, chief)
    assert (await chief.post("/renewals/sweeps", {})).json()["activated"] == 1
    assert (await chief.get(f"/renewals/{number}")).json()["stage_key"] == "call"


async def test_none_leads_to_the_first_stage_in_work_again(office: Office, chief: Person) -> None:
    payments = await team_of_payments(office, chief)
    await lead(chief, stage(payments, "bill"))
    assert (await lead(chief, None)).json()["activation_stage_id"] is None
    number = await due(office, chief)
    await chief.post("/renewals/sweeps", {})
    assert (await chief.get(f"/renewals/{number}")).json()["stage_key"] == "invoice_required"


async def test_nothing_that_a_stage_demands_keeps_a_renewal_from_coming(
    office: Office, chief: Person
) -> None:
    """What it demands is demanded of whoever works on it there."""
    home = await pipeline(chief, "renewals")
    path = f"/pipelines/{home['id']}/stages/{stage(home, 'invoice_required')}"
    strict = {"required_fields": ["contact_id"], "from_stages": ["invoice_sent"]}
    assert (await chief.patch(path, strict, 1)).status_code == 200
    numbers = [await due(office, chief) for _ in range(3)]
    by_hand = await chief.post(f"/renewals/{numbers.pop()}/activate", {}, 1)
    assert by_hand.status_code == 200, by_hand.text
    run = (await chief.post("/renewals/sweeps", {})).json()
    assert (run["activated"], run["failed"]) == (2, 0)
    one = (await chief.get(f"/renewals/{numbers[0]}")).json()
    assert (one["state"], one["contact_id"]) == ("open", None)
    sent = await chief.post(f"/renewals/{numbers[0]}/move", {"stage": "invoice_sent"}, 2)
    back = {"stage": "invoice_required"}
    refused = await chief.post(f"/renewals/{numbers[0]}/move", back, sent.json()["version"])
    assert refused.json()["missing_fields"] == ["contact_id"]


async def test_it_leads_only_where_a_renewal_can_be_worked_on(
    office: Office, chief: Person
) -> None:
    payments, sales = await team_of_payments(office, chief), await pipeline(chief, "sales")
    wrong = [stage(payments, "scheduled"), stage(payments, "won"), sales["stages"][0]["id"], 999999]
    for stage_id in wrong:
        reply = await lead(chief, stage_id)
        assert (reply.status_code, reply.json()["errors"][0]["pointer"]) == (
            422, "/activation_stage_id",
        )  # fmt: skip
    body = {"activation_stage_id": stage(payments, "bill")}
    assert (await chief.patch(f"/pipelines/{sales['id']}", body, 1)).status_code == 422
    await lead(chief, stage(payments, "bill"))
    off = await chief.patch(f"/pipelines/{payments['id']}", {"active": False}, 1)
    assert (off.status_code, off.json()["detail"]) == (
        409, "Renewals of “renewals” come into work here: lead them elsewhere first",
    )  # fmt: skip
    assert (await pipeline(chief, "payments"))["active"]


async def test_an_admin_chooses_it_in_the_browser(office: Office, chief: Person) -> None:
    payments = await team_of_payments(office, chief)
    browser = await at_browser(office, "boss", "admin")
    home = await pipeline(chief, "renewals")
    path, target = f"/settings/pipelines/{home['id']}", stage(payments, "bill")
    page = (await browser.get(path)).text
    assert f'<option value="{target}">bill</option>' in page
    assert f'<option value="{stage(payments, "scheduled")}">' not in page
    form = {
        "version": home["version"], "name_ru": "П", "name_en": "R", "active": "true",
        "lead_time": "P1M", "seen_by": ["manager", "head", "viewer"], "activation_stage_id": target,
    }  # fmt: skip
    assert (await browser.post(path, form)).status_code == 303
    assert (await pipeline(chief, "renewals"))["activation_stage_id"] == target
    assert f'<option value="{target}" selected>' in (await browser.get(path)).text
    form |= {"version": home["version"] + 1, "activation_stage_id": ""}
    assert (await browser.post(path, form)).status_code == 303
    assert (await pipeline(chief, "renewals"))["activation_stage_id"] is None
