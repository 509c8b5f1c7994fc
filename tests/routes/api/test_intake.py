"""Site forms: what they become, and how little their token can do."""

from typing import Any

import pytest

from tests.office import Office, Person

pytestmark = pytest.mark.anyio


async def _forms(office: Office, anna: Person) -> Person:
    return await office.signed_in(anna.id, ("leads:intake",))


FORMS: list[tuple[dict[str, Any], str]] = [
    ({"title": "Call me", "company_name": "Acme"}, "Call me"),
    ({"company_name": " Acme ", "contact_name": "Ann"}, "Acme"),
    ({"contact_name": "Ann", "phone": "1"}, "Ann"),
    ({"need": "x" * 300, "phone": "1"}, "x" * 255),
    ({"phone": "+7 900", "title": " "}, "+7 900"),
    ({"email": "a@b.example"}, "a@b.example"),
]


async def test_a_form_becomes_a_lead_of_the_tokens_user(office: Office) -> None:
    anna = await office.person("anna")
    forms = await _forms(office, anna)
    for form, title in FORMS:
        taken = await forms.post("/leads/intake", form)
        assert taken.status_code == 201, taken.text
        lead = (await anna.get("/leads", sort="-id", limit=1)).json()["items"][0]
        assert taken.json() == {"number": lead["number"]}
        assert "etag" not in taken.headers
        assert "location" not in taken.headers
        assert (lead["title"], lead["source"], lead["owner_id"]) == (title, "website", anna.id)
        assert (lead["stage_key"], lead["state"]) == ("new", "open")
    told = await forms.post("/leads/intake", {"need": "x", "source": "partner"})
    assert told.status_code == 201
    lead = (await anna.get("/leads", sort="-id", limit=1)).json()["items"][0]
    assert (lead["source"], lead["need"]) == ("partner", "x")
    past = (await anna.get(f"/leads/{lead['id']}/history")).json()["items"][0]
    assert past["actor"]["kind"] == "token"


async def test_refused_forms_leave_no_trace(office: Office) -> None:
    anna = await office.person("anna")
    forms = await _forms(office, anna)
    assert (await forms.post("/leads/intake", {"phone": "1", "external_id": "f-1"})).is_success
    before = await office.counts()
    cases: list[tuple[Any, int]] = [
        ({}, 400), ({"source": "partner"}, 400), ({"title": "  "}, 400),
        ({"email": "nobody"}, 400), ({"contact_name": "x" * 256}, 400),
        ({"owner_id": 1, "phone": "1"}, 400), ({"phone": "1", "external_id": "f-1"}, 409),
    ]  # fmt: skip
    for form, status in cases:
        refused = await forms.post("/leads/intake", form)
        assert refused.status_code == status, (form, refused.text)
    assert await office.counts() == before


async def test_the_token_of_a_form_can_do_nothing_else(office: Office) -> None:
    anna = await office.person("anna")
    forms = await _forms(office, anna)
    acme = await office.client(anna)
    other = await office.signed_in(anna.id, ("cards:write", "cards:read"))
    watcher = await office.person("watcher", role="viewer")
    before = await office.counts()
    for path in ("/leads", "/deals", "/clients", f"/clients/{acme}", "/renewals", "/agreements"):
        assert (await forms.get(path)).status_code == 403
    assert (await forms.post("/leads", {"title": "X"})).status_code == 403
    assert (await forms.post("/clients", {"name": "X"})).status_code == 403
    assert (await forms.post("/renewals/sweeps", {})).status_code == 403
    assert (await other.post("/leads/intake", {"phone": "1"})).status_code == 403
    assert (await watcher.post("/leads/intake", {"phone": "1"})).status_code == 403
    assert await office.counts() == before


async def test_a_form_sent_twice_is_one_lead(office: Office) -> None:
    anna = await office.person("anna")
    forms = await _forms(office, anna)
    first = await forms.post("/leads/intake", {"phone": "1"}, Idempotency_Key="f")
    again = await forms.post("/leads/intake", {"phone": "1"}, Idempotency_Key="f")
    assert first.json() == again.json()
    assert len((await anna.get("/leads")).json()["items"]) == 1
