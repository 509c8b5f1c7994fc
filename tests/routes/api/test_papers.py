"""Offers and invoices as PDFs over REST."""

import io
from datetime import datetime
from typing import Any

import pytest
from pypdf import PdfReader

from backend.papers.printer import render
from backend.papers.sheet import Sheet
from tests.office import Office, Person

pytestmark = pytest.mark.anyio

DETAILS = {
    "name": "ООО «Пример»", "inn": "7707083893", "bank": "АО «Банк»", "bik": "044525225",
    "account": "40702810900000000001", "director": "Иванов И. И.",
}  # fmt: skip
LINES = [
    {"description": "Антивирус", "quantity": "2", "unit": "шт", "price": "100", "vat_rate": "22"}
]


class Inside:
    """Prints in this process, where it is quicker."""

    async def pdf(self, sheet: Sheet) -> bytes:
        return render(sheet)


@pytest.fixture
async def shop(office: Office) -> Office:
    await office.set_company(details=DETAILS)
    office.resources.press = Inside()  # type: ignore[assignment]
    return office


async def _offer(person: Person, client_id: int, **fields: Any) -> dict[str, Any]:
    body = {"title": "Offer", "client_id": client_id, "lines": LINES, **fields}
    made = await person.post("/offers", body)
    assert made.status_code == 201, made.text
    return dict(made.json())


def _read(pdf: bytes) -> str:
    pages = PdfReader(io.BytesIO(pdf)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


async def test_an_offer_on_paper(shop: Office) -> None:
    anna = await shop.person("anna")
    acme = (await anna.post("/clients", {"name": "ООО «Ромашка»", "tax_id": "7728168971"})).json()
    offer = await _offer(anna, acme["id"], payment_terms="50 / 50", valid_until="2026-03-24")
    path = f"/offers/{offer['id']}/document.pdf"
    reply = await anna.get(path)
    assert reply.status_code == 200, reply.text
    assert reply.headers["content-type"] == "application/pdf"
    assert f'filename="offer-{offer["id"]}.pdf"' in reply.headers["content-disposition"]
    told = _read(reply.content)
    for part in (
        f"Коммерческое предложение № КП-{offer['id']} от 10 марта 2026 г.", "ООО «Пример»",
        "ООО «Ромашка», ИНН 7728168971", "Действует до 24 марта 2026 г.", "50 / 50",
        "В том числе НДС: 36,07", "Итого: 200,00 руб.", "Ваш менеджер: anna",
    ):  # fmt: skip
        assert part in told, (part, told)
    shop.later(days=30)
    assert (await anna.get(path)).content == reply.content
    bill = await anna.get(f"/offers/{offer['id']}/invoice.pdf")
    assert "Счёт на оплату" in _read(bill.content)
    assert "Двести рублей 00 копеек" in _read(bill.content)


async def test_the_invoice_of_a_renewal(shop: Office) -> None:
    anna = await shop.person("anna")
    acme = await shop.client(anna)
    body = {"client_id": acme, "title": "Лицензия", "renewal_date": "2027-01-31", "amount": "1500"}
    renewal = (await anna.post("/renewals", body)).json()
    reply = await anna.get(f"/renewals/{renewal['id']}/invoice.pdf")
    assert reply.status_code == 200, reply.text
    told = _read(reply.content)
    for part in (f"№ П-{renewal['id']}", "Лицензия", "Всего к оплате: 1 500,00 руб.", "Без НДС"):
        assert part in told, (part, told)


async def test_in_the_companys_language(shop: Office) -> None:
    anna = await shop.person("anna")
    offer = await _offer(anna, await shop.client(anna))
    await shop.set_company(locale="en")
    told = _read((await anna.get(f"/offers/{offer['id']}/document.pdf")).content)
    assert f"Offer № O-{offer['id']} of 10 March 2026" in told
    assert "Total: 200.00 RUB" in told


async def test_what_cannot_be_printed(shop: Office) -> None:
    anna, boris = await shop.person("anna"), await shop.person("boris")
    acme = await shop.client(anna)
    bare = await _offer(anna, acme, lines=[])
    full = await _offer(anna, acme)
    made = await anna.post(
        "/renewals", {"client_id": acme, "renewal_date": "2027-01-31", "amount": None}
    )
    renewal = made.json()
    assert (await anna.get(f"/offers/{bare['id']}/document.pdf")).status_code == 409
    assert (await anna.get(f"/offers/{bare['id']}/invoice.pdf")).status_code == 409
    unpriced = await anna.get(f"/renewals/{renewal['id']}/invoice.pdf")
    assert unpriced.status_code == 422
    assert unpriced.json()["missing_fields"] == ["amount"]
    for path in (
        f"/offers/{full['id']}/document.pdf",
        f"/offers/{full['id']}/invoice.pdf",
        f"/renewals/{renewal['id']}/invoice.pdf",
    ):
        assert (await boris.get(path)).status_code == 404
        assert (await anna.get(path, page=1)).status_code == 400
    narrow = await shop.signed_in(anna.id, ("clients:read",))
    assert (await narrow.get(f"/offers/{full['id']}/document.pdf")).status_code == 403


async def test_the_date_is_that_of_sending(shop: Office) -> None:
    anna = await shop.person("anna")
    offer = await _offer(anna, await shop.client(anna), valid_until="2026-04-24")
    here = f"/offers/{offer['id']}"
    for version, stage in ((1, "request"), (2, "sent")):
        shop.later(days=1)
        moved = await anna.post(f"{here}/move", {"stage": stage}, version=version)
        assert moved.status_code == 200, moved.text
    sent = datetime.fromisoformat(moved.json()["sent_at"])
    assert sent.day == 12
    assert "от 12 марта 2026 г." in _read((await anna.get(f"{here}/document.pdf")).content)
