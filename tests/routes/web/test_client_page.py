"""The pages of clients: found, read with all that is theirs, handed over, merged."""

import pytest

from tests.factories.cards import new_deal, new_renewal
from tests.office import Office
from tests.routes.web.person import HTMX
from tests.routes.web.test_card_page import seated, text_of

pytestmark = pytest.mark.anyio


async def test_clients_are_found_as_far_as_one_may_see_them(office: Office) -> None:
    anna, boris = await office.person("anna"), await office.person("boris")
    await office.client(anna, "Acme")
    await office.client(anna, "Borealis")
    await office.client(boris, "Not hers")
    browser = await seated(office, "anna", anna)
    page = await browser.get("/clients")
    assert page.status_code == 200, page.text
    seen = text_of(page.text)
    assert "Clients 2" in seen
    assert "Not hers" not in seen
    rows = await browser.get("/clients?q=bore", **HTMX)
    assert "Borealis" in rows.text
    assert "Acme" not in rows.text
    assert "Nobody is found" in text_of((await browser.get("/clients?q=not", **HTMX)).text)


async def test_a_client_has_everything_on_one_page(office: Office) -> None:
    anna = await office.person("anna")
    acme = await office.client(anna, "Acme")
    deal = await new_deal(anna, client_id=acme, title="Twelve seats")
    renewal = await new_renewal(anna, client_id=acme)
    contact = {"client_id": acme, "name": "Vera Orlova", "phone": "+7 900 1"}
    await anna.post("/contacts", contact)
    browser = await seated(office, "anna", anna)
    seen = text_of((await browser.get(f"/clients/{acme}")).text)
    for told in (deal["number"], renewal["number"], "Vera Orlova", "9 May 2026", "the card was"):
        assert told in seen, told
    note = {"what": "note", "text": "Prefers letters"}
    reply = await browser.post(f"/clients/{acme}/notes", note, **HTMX)
    assert "Prefers letters" in text_of(reply.text)
    (made,) = (await anna.get("/activities")).json()["items"]
    assert (made["client_id"], made["card_id"]) == (acme, None)
    moves = text_of((await browser.get(f"/clients/{acme}/line?only=moves", **HTMX)).text)
    assert deal["number"] in moves
    assert "Prefers letters" not in moves


async def test_a_double_is_merged_and_a_client_handed_over(office: Office) -> None:
    anna, boris = await office.person("anna"), await office.person("boris")
    acme, double = await office.client(anna, "Acme"), await office.client(anna, "Acme Ltd")
    deal = await new_deal(anna, client_id=double)
    browser = await seated(office, "anna", anna)
    path = f"/clients/{acme}"
    assert f'value="{double}">Acme Ltd' in (await browser.get(f"{path}/merge", **HTMX)).text
    merged = await browser.post(f"{path}/merge", {"version": 1, "other_id": double}, **HTMX)
    assert deal["number"] in text_of(merged.text)
    assert (await browser.get(f"/clients/{double}")).status_code == 404
    version = (await anna.get(path)).json()["version"]
    stale = await browser.post(f"{path}/transfer", {"version": 1, "owner_id": boris.id}, **HTMX)
    assert stale.status_code == 412
    form = {"version": version, "owner_id": boris.id, "note": "Yours"}
    assert (await browser.post(f"{path}/transfer", form, **HTMX)).headers["hx-redirect"] == (
        "/clients"
    )
    assert (await browser.get(path)).status_code == 404


async def test_a_foreign_client_does_not_exist(office: Office) -> None:
    anna, boris = await office.person("anna"), await office.person("boris")
    acme = await office.client(anna)
    stranger = await seated(office, "boris", boris)
    before = await office.counts()
    for way in ("", "/sheet", "/line", "/transfer", "/merge"):
        assert (await stranger.get(f"/clients/{acme}{way}", **HTMX)).status_code == 404, way
    posts: dict[str, dict[str, object]] = {
        "/notes": {"what": "note", "text": "x"},
        "/next": {"days": 1},
        "/tasks/1": {"version": 1},
        "/transfer": {"version": 1, "owner_id": boris.id},
        "/merge": {"version": 1, "other_id": acme},
    }
    for way, form in posts.items():
        reply = await stranger.post(f"/clients/{acme}{way}", form, **HTMX)
        assert reply.status_code in (404, 400), way
    assert await office.counts() == before
