"""Sheets as PDFs: what can be read on them, and that the same sheet gives the same file."""

import asyncio
import io
from datetime import UTC, date, datetime
from typing import Any

import pytest
from msgspec import structs
from pypdf import PdfReader

from backend.papers.printer import render
from backend.papers.printing import Press
from backend.papers.sheet import Buyer, Line, Seller, Sheet

pytestmark = pytest.mark.anyio

SELLER = Seller(
    name="ООО «Пример»", inn="7707083893", kpp="770701001", address="Москва, Мясницкая, 1",
    bank="АО «Банк»", bik="044525225", account="40702810900000000001",
    corr_account="30101810400000000225", director="Иванов И. И.",
)  # fmt: skip
LINE = Line(
    description="Антивирус на год", quantity="20.000", unit="шт", price="1500.50",
    discount="5.00", vat_rate="22.00", total="28509.50",
)  # fmt: skip


def sheet(**fields: Any) -> Sheet:
    whole: dict[str, Any] = {
        "kind": "invoice", "language": "ru", "number": "КП-12", "on": date(2026, 3, 10),
        "made_at": datetime(2026, 3, 10, 9, tzinfo=UTC), "seller": SELLER,
        "buyer": Buyer(name="ООО «Ромашка»", inn="7728168971"), "lines": [LINE],
        "discount": "0.00", "vat_included": True, "vat_total": "5141.06", "total": "28509.50",
        "currency": "RUB",
    }  # fmt: skip
    return Sheet(**{**whole, **fields})


def read(pdf: bytes) -> str:
    """The text of a PDF, with plain blanks."""
    pages = PdfReader(io.BytesIO(pdf)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def test_an_invoice_says_who_pays_whom_and_how_much() -> None:
    told = read(render(sheet()))
    for part in (
        "Счёт на оплату № КП-12 от 10 марта 2026 г.", "АО «Банк»", "044525225",
        "40702810900000000001", "30101810400000000225", "ИНН 7707083893", "КПП 770701001",
        "Покупатель: ООО «Ромашка», ИНН 7728168971", "Антивирус на год", "1 500,50", "28 509,50",
        "В том числе НДС: 5 141,06", "Всего к оплате: 28 509,50 руб.",
        "Двадцать восемь тысяч пятьсот девять рублей 50 копеек", "Руководитель", "Иванов И. И.",
    ):  # fmt: skip
        assert part in told, (part, told)


def test_an_offer_says_what_holds_until_when() -> None:
    told = read(
        render(
            sheet(
                kind="offer", valid_until=date(2026, 3, 24), payment_terms="50 / 50",
                delivery_days=3, bonus="Установка", special_terms="Скидка друзьям", owner="Анна",
                discount="10.00", vat_included=False,
            )
        )
    )  # fmt: skip
    for part in (
        "Коммерческое предложение № КП-12", "Действует до 24 марта 2026 г.",
        "Условия оплаты: 50 / 50", "Срок поставки: 3 дня", "Бонус: Установка",
        "Особые условия: Скидка друзьям", "Ваш менеджер: Анна", "НДС сверх цены: 5 141,06",
        "Общая скидка учтена в суммах: 10 %", "Итого: 28 509,50 руб.",
    ):  # fmt: skip
        assert part in told, (part, told)
    assert "Банк" not in told
    assert "Руководитель" not in told


def test_in_english() -> None:
    told = read(render(sheet(language="en", number="R-7", currency="USD")))
    for part in ("Invoice № R-7 of 10 March 2026", "Total to pay: 28,509.50 USD", "VAT included"):
        assert part in told, (part, told)


def test_without_tax_and_without_details() -> None:
    bare = sheet(
        seller=Seller(name=""), buyer=Buyer(name=""),
        lines=[structs.replace(LINE, vat_rate=None)],
    )  # fmt: skip
    told = read(render(bare))
    assert "Без НДС" in told
    assert "БИК" not in told
    assert "Поставщик" not in told


def test_the_same_sheet_is_the_same_file() -> None:
    assert render(sheet()) == render(sheet())
    assert render(sheet()) != render(sheet(number="КП-13"))


def test_long_and_strange_texts_fit() -> None:
    strange = "x" * 300 + " 😀 مرحبا <b>**bold**</b> \u200b№₽"
    lines = [LINE] * 120 + [
        Line(
            description=strange, quantity="1.000", unit="", price="1.00", discount="0.00",
            vat_rate=None, total="1.00",
        )
    ]  # fmt: skip
    pdf = render(sheet(lines=lines, special_terms=strange * 20))
    assert len(PdfReader(io.BytesIO(pdf)).pages) > 3
    assert "<b>**bold**</b>" in read(pdf)


async def test_the_press_prints_in_other_processes() -> None:
    press = Press()
    one, two, three = await asyncio.gather(
        press.pdf(sheet()), press.pdf(sheet()), press.pdf(sheet(number="КП-13"))
    )
    assert one == two == render(sheet())
    assert three == render(sheet(number="КП-13"))
