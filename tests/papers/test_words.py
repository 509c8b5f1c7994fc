"""Numbers, dates and amounts in both languages."""

from datetime import date
from decimal import Decimal

import pytest

from backend.papers import words

GAP = "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("text", "russian", "english"),
    [
        ("0.00", "0,00", "0.00"),
        ("1500.50", "1 500,50", "1,500.50"),
        ("1234567.89", "1 234 567,89", "1,234,567.89"),
        ("999", "999", "999"),
        ("1000000", "1 000 000", "1,000,000"),
        ("-1500.5", "-1 500,5", "-1,500.5"),
    ],
)
def test_amounts(text: str, russian: str, english: str) -> None:
    assert words.amount(text, "ru") == russian.replace(" ", GAP)
    assert words.amount(text, "en") == english


@pytest.mark.parametrize(
    ("text", "told"), [("2.000", "2"), ("2.500", "2,5"), ("100", "100"), ("0.125", "0,125")]
)
def test_quantities_and_percentages(text: str, told: str) -> None:
    assert words.quantity(text, "ru") == told
    assert words.percent(text, "ru") == f"{told}{GAP}%"


def test_days() -> None:
    assert words.day(date(2026, 3, 10), "ru") == "10 марта 2026 г."
    assert words.day(date(2026, 5, 1), "en") == "1 May 2026"


@pytest.mark.parametrize(
    ("count", "form"),
    [(0, "дней"), (1, "день"), (2, "дня"), (4, "дня"), (5, "дней"), (11, "дней"), (12, "дней"),
     (14, "дней"), (21, "день"), (22, "дня"), (100, "дней"), (101, "день"), (111, "дней")],
)  # fmt: skip
def test_plural_forms(count: int, form: str) -> None:
    assert words.plural(count, ("день", "дня", "дней")) == form


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("0.00", "Ноль рублей 00 копеек"),
        ("0.01", "Ноль рублей 01 копейка"),
        ("1.02", "Один рубль 02 копейки"),
        ("2", "Два рубля 00 копеек"),
        ("11.11", "Одиннадцать рублей 11 копеек"),
        ("21.00", "Двадцать один рубль 00 копеек"),
        ("100.00", "Сто рублей 00 копеек"),
        ("1000.00", "Одна тысяча рублей 00 копеек"),
        ("2000.00", "Две тысячи рублей 00 копеек"),
        ("5012.50", "Пять тысяч двенадцать рублей 50 копеек"),
        ("121022.00", "Сто двадцать одна тысяча двадцать два рубля 00 копеек"),
        ("1000001.00", "Один миллион один рубль 00 копеек"),
        ("2000000000.00", "Два миллиарда рублей 00 копеек"),
        ("10000000000000.00", "Десять триллионов рублей 00 копеек"),
    ],
)  # fmt: skip
def test_roubles_in_words(text: str, told: str) -> None:
    assert words.roubles(text) == told


def test_every_group_of_roubles_can_be_said() -> None:
    said = {words.roubles(f"{Decimal(number)}.00") for number in range(2000)}
    assert len(said) == 2000
