"""What belongs to a deleted client is not brought back before the client is."""

from typing import Any

import pytest

from tests.factories.cards import new_deal
from tests.office import Office, Person
from tests.routes.api.chain import Chain, set_up

pytestmark = pytest.mark.anyio

WIN = {"stage": "won", "fields": {"one_off": True}}


@pytest.fixture
async def chain(office: Office) -> Chain:
    return await set_up(office)


async def _gone(anna: Person, path: str) -> None:
    version = (await anna.get(path)).json()["version"]
    reply = await anna.delete(path, version=version)
    assert reply.status_code == 204, reply.text


async def _refused(chain: Chain, path: str, body: Any = None, version: int | None = None) -> None:
    before = await chain.office.counts()
    told = await chain.refused(await chain.anna.post(path, body, version=version), 409, "conflict")
    assert told["record"] == {"kind": "client", "id": chain.client_id}
    assert "“Acme”" in told["detail"]
    assert await chain.office.counts() == before


async def _client_back(chain: Chain) -> None:
    reply = await chain.anna.post(f"/clients/{chain.client_id}/restore")
    assert reply.status_code == 200, reply.text


async def test_a_card_comes_back_after_its_client(chain: Chain) -> None:
    deal = await new_deal(chain.anna, client_id=chain.client_id)
    await _gone(chain.anna, f"/deals/{deal['id']}")
    await _gone(chain.anna, f"/clients/{chain.client_id}")
    await _refused(chain, f"/deals/{deal['id']}/restore")
    await _client_back(chain)
    assert (await chain.anna.post(f"/deals/{deal['id']}/restore")).status_code == 200


async def test_an_agreement_comes_back_after_its_client(chain: Chain) -> None:
    first = await chain.renewal()
    await chain.lost(first)
    path = f"/agreements/{first['agreement_id']}"
    await _gone(chain.anna, path)
    await _gone(chain.anna, f"/clients/{chain.client_id}")
    await _refused(chain, f"{path}/restore")
    await _client_back(chain)
    assert (await chain.anna.post(f"{path}/restore")).status_code == 200


@pytest.mark.parametrize(("action", "body"), [("move", {"stage": "needs"}), ("undo", None)])
async def test_a_closed_card_is_not_opened_without_its_client(
    chain: Chain, action: str, body: Any
) -> None:
    deal = await new_deal(chain.anna, client_id=chain.client_id)
    path = f"/deals/{deal['id']}"
    assert (await chain.anna.post(f"{path}/move", WIN, version=1)).status_code == 200
    await _gone(chain.anna, f"/clients/{chain.client_id}")
    await _refused(chain, f"{path}/{action}", body, 2)
    await _client_back(chain)
    assert (await chain.anna.post(f"{path}/{action}", body, version=2)).status_code == 200


async def test_an_agreement_taken_back_by_an_undo_stays_away(chain: Chain) -> None:
    deal = await new_deal(chain.anna, client_id=chain.client_id)
    path = f"/deals/{deal['id']}"
    move = {"stage": "won", "fields": {"renewal_date": "2027-01-31"}}
    assert (await chain.anna.post(f"{path}/move", move, version=1)).status_code == 200
    made = (await chain.anna.get("/agreements")).json()["items"][0]
    assert (await chain.anna.post(f"{path}/undo", version=2)).status_code == 200
    before = await chain.office.counts()
    back = await chain.anna.post(f"/agreements/{made['id']}/restore")
    await chain.refused(back, 409, "conflict")
    assert await chain.office.counts() == before
    assert (await chain.anna.get("/agreements")).json()["items"] == []
