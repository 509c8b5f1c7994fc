"""What ends must go on somewhere, or be said to end; what comes back comes back to somebody."""

import pytest

from tests.office import Office, Person
from tests.routes.api.chain import LOST, WON, Chain, Record, set_up

pytestmark = pytest.mark.anyio


@pytest.fixture
async def chain(office: Office) -> Chain:
    return await set_up(office)


@pytest.fixture
async def chief(office: Office) -> Person:
    return await office.person("chief", "admin")


async def test_what_is_to_go_on_in_another_agreement_goes_on_there(chain: Chain) -> None:
    """Not in itself, in one that has ended, in a framework, with another client; nor crosswise."""
    office = chain.office
    ended = await chain.lost(await chain.renewal())
    moon = await office.client(chain.anna, "Moon")
    foreign = await chain.renewal(client_id=moon)
    body = {"title": "Frame", "client_id": chain.client_id, "framework": True}
    frame = (await chain.anna.post("/agreements", body)).json()
    one, other = await chain.renewal(period="P1Y"), await chain.renewal(period="P1Y")
    merged = await office.reason("merged", "renewals")
    end = {"reason_id": await office.reason("merged", "renewals", "end")}
    before = await office.counts()
    for found in (one, ended, foreign, {"agreement_id": frame["id"]}):
        fields = {"other_agreement_id": found["agreement_id"]}
        for stage, how in ((LOST, {"reason_id": merged}), (WON, {"end_agreement": end})):
            reply = await chain.move(one, stage, fields=fields, **how)
            problem = await chain.refused(reply, 422, "field_needed")
            assert problem["missing_fields"] == ["other_agreement_id"]
    assert await office.counts() == before
    fields = {"other_agreement_id": other["agreement_id"]}
    await chain.moved(one, LOST, reason_id=merged, fields=fields)
    fields = {"other_agreement_id": one["agreement_id"]}
    reply = await chain.move(other, LOST, reason_id=merged, fields=fields)
    await chain.refused(reply, 422, "field_needed")
    assert (await chain.read(other))["state"] == "waiting"


async def version(chief: Person, path: str) -> int:
    return int((await chief.get(path)).json()["version"])


async def given_back(chain: Chain, chief: Person, lost: Record, heir: Person) -> Record:
    """A closed renewal is handed over and opened again."""
    path = f"/renewals/{lost['id']}"
    reply = await chief.post(
        f"{path}/transfer", {"owner_id": heir.id}, version=await version(chief, path)
    )
    assert reply.status_code == 200, reply.text
    opened = await chief.post(
        f"{path}/move", {"stage": "invoice_required"}, version=reply.json()["version"]
    )
    assert opened.status_code == 200, opened.text
    return opened.json()  # type: ignore[no-any-return]


@pytest.mark.parametrize("how", [{"active": False}, {"role": "viewer"}])
async def test_nothing_comes_back_to_who_has_gone(chain: Chain, chief: Person, how: Record) -> None:
    bob = await chain.office.person("bob")
    lost = await chain.lost(await chain.renewal(period="P1Y"))
    path = f"/users/{chain.anna.id}"
    refused = await chief.patch(path, how, 1)
    assert (refused.status_code, refused.json()["clients"]) == (409, 1), refused.text
    gone = await chief.patch(path, {**how, "hand_over_to": bob.id}, 1)
    assert gone.status_code == 200, gone.text
    before = await chain.office.counts()
    reply = await chief.post(
        f"/renewals/{lost['id']}/move", {"stage": "invoice_required"}, version=lost["version"]
    )
    problem = await chain.refused(reply, 409, "conflict")
    assert problem["suggested_action"] == f"POST /renewals/{lost['id']}/transfer"
    assert await chain.office.counts() == before
    opened = await given_back(chain, chief, lost, bob)
    assert (opened["owner_id"], opened["state"]) == (bob.id, "open")
    row = await chain.agreement(lost)
    assert (row["owner_id"], row["status"]) == (bob.id, "running")


async def test_a_loss_is_taken_back_whatever_else_became_of_its_agreement(
    chain: Chain, chief: Person
) -> None:
    """Its papers were written and its client merged meanwhile; deleted it stays away."""
    office = chain.office
    lost = await chain.lost(await chain.renewal(period="P1Y"))
    agreed = f"/agreements/{lost['agreement_id']}"
    await chief.patch(agreed, {"contract_number": "7"}, await version(chief, agreed))
    moon = await office.client(chain.anna, "Moon")
    merged = await chief.post(f"/clients/{moon}/merge", {"other_id": chain.client_id}, version=1)
    assert merged.status_code == 200, merged.text
    deleted = await chief.delete(agreed, await version(chief, agreed))
    assert deleted.status_code == 204, deleted.text
    lost = await chain.read(lost)
    await chain.refused(await chain.move(lost, "invoice_sent"), 409, "conflict")
    await chief.post(f"{agreed}/restore")
    await chain.moved(lost, "invoice_sent")
    found = (await chief.get(agreed)).json()
    names = ("status", "ended_at", "contract_number", "client_id", "pending_renewal_id")
    assert [found[name] for name in names] == ["running", None, "7", moon, lost["id"]]
    again = await chain.lost(await chain.read(lost))
    # What the loss itself wrote was written over by nobody: undo works as ever.
    assert (await chain.done(again, "undo"))["state"] == "open"
