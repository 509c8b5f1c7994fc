"""Whom an agreement goes to when a renewal of it is given away."""

import pytest

from tests.office import Office
from tests.routes.api.chain import set_up

pytestmark = pytest.mark.anyio


async def test_a_pending_renewal_takes_its_agreement_along_and_a_closed_one_does_not(
    office: Office,
) -> None:
    chain = await set_up(office)
    boris = await office.person("boris")
    first = await chain.renewal(period="P1Y")
    following = await chain.won(first)
    given = {"owner_id": boris.id}
    await chain.done(await chain.read(first), "transfer", given)
    assert (await chain.agreement(first))["owner_id"] == chain.anna.id
    assert (await chain.read(following))["owner_id"] == chain.anna.id
    await chain.done(following, "transfer", given)
    assert (await chain.agreement(first))["owner_id"] == boris.id


async def test_an_agreement_of_somebody_else_stays_his(office: Office) -> None:
    """The closed term went to Boris; opened again it is his, and the agreement is still Anna's."""
    chain = await set_up(office)
    boris, clara = await office.person("boris"), await office.person("clara")
    lost = await chain.lost(await chain.renewal())
    his = await chain.done(lost, "transfer", {"owner_id": boris.id})
    path = f"/renewals/{his['id']}"
    opened = await boris.post(f"{path}/move", {"stage": "invoice_required"}, version=his["version"])
    assert opened.status_code == 200, opened.text
    body, version = {"owner_id": clara.id}, opened.json()["version"]
    assert (await boris.post(f"{path}/transfer", body, version=version)).status_code == 200
    assert (await chain.agreement(his))["owner_id"] == chain.anna.id
