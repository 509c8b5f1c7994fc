"""How texts, numbers, money and dates stand in the pages, in both languages."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from babel.messages.pofile import read_po

from backend.errors import BadRequest
from backend.reading import converted
from backend.routes.problems import TAKEN
from backend.routes.web import words
from backend.routes.web.settings.tokens import NewToken
from backend.routes.web.templates import environment
from tests.routes.web.sentences import sentences
from tests.routes.web.texts import asked_for, refusals

NOW = datetime(2026, 11, 21, 13, 20, tzinfo=UTC)


def catalogs() -> dict[str, Any]:
    found = {}
    for file in sorted((words.CATALOGS / "ru").glob("*.po")):
        with file.open("rb") as opened:
            found[file.name] = read_po(opened, locale="ru")
    return found


def test_every_text_is_there_in_russian() -> None:
    """And nothing is there that no page says; what lacks is told ready to be put in."""
    known = {(one.context, one.id) for catalog in catalogs().values() for one in catalog if one.id}
    asked = asked_for()
    lacking = [
        (f'msgctxt "{context}"\n' if context else "") + f'msgid "{text}"\nmsgstr ""\n'
        for context, text in sorted(asked - known, key=str)
    ]
    assert not lacking, "\n".join(lacking)
    assert sorted(known - asked - refusals(), key=str) == []


def test_every_refusal_that_a_page_may_show_is_there_in_russian() -> None:
    known = {one.id for catalog in catalogs().values() for one in catalog if one.id}
    asked = sentences() | dict.fromkeys(TAKEN.values(), "backend/routes/problems.py")
    assert len(asked) > 150
    assert {text: where for text, where in asked.items() if text not in known} == {}


def test_a_refusal_is_told_whole() -> None:
    """Values come out as they went in, and no gap is left."""
    for text in sentences():
        values = [f"value{number}" for number in range(text.count("{}"))]
        said = text.format(*values) if values else text
        told = words.refusal(said, "ru")
        assert re.search("[а-яё]", told), said
        assert "{" not in told, told
        assert set(re.findall(r"value\d", told)) <= set(values), told
        assert words.refusal(said, "en") == said


def test_a_refusal_is_found_by_its_shape() -> None:
    said = "“Ждём оплату” does not lead to “Архив”"
    assert words.refusal(said, "ru") == "Из «Ждём оплату» нельзя перейти в «Архив»"
    assert words.refusal("Nobody says so", "ru") == "Nobody says so"
    assert words.refusal(f"С-12: {said}", "ru") == "С-12: Из «Ждём оплату» нельзя перейти в «Архив»"
    assert words.refusal("С-12: Nobody says so", "ru") == "С-12: Nobody says so"


@pytest.mark.parametrize("given", [
    {}, {"name": " "}, {"name": "x" * 129}, {"name": "a", "colour": "red"},
    {"name": "a", "scopes": ["x"]}, {"name": "a", "until": "soon"}, {"name": "a\x07"},
])  # fmt: skip
def test_what_cannot_be_read_is_told_in_russian(given: dict[str, Any]) -> None:
    with pytest.raises(BadRequest) as refused:
        converted(given, NewToken)
    assert re.search("[а-яё]", words.refusal(refused.value.message, "ru")), refused.value.message


def test_no_text_is_doubtful_empty_or_told_in_two_ways() -> None:
    seen: dict[Any, tuple[str, Any]] = {}
    wrong = []
    for name, catalog in catalogs().items():
        for one in catalog:
            forms = [one.string] if isinstance(one.string, str) else one.string
            other, told = seen.setdefault((one.context, one.id), (name, one.string))
            if one.id and (one.fuzzy or not all(forms)):
                wrong.append(f"{name}: {one.id}")
            if one.id and told != one.string:
                wrong.append(f"{one.id}: {told} in {other}, {one.string} in {name}")
            wrong += [f"{name}: {error}" for error in one.check(catalog)]
    assert wrong == []


@pytest.mark.parametrize(
    ("count", "ru", "en"),
    [
        (1, "1 карточка", "1 card"), (2, "2 карточки", "2 cards"), (5, "5 карточек", "5 cards"),
        (11, "11 карточек", "11 cards"), (21, "21 карточка", "21 cards"),
    ],
)  # fmt: skip
def test_plurals(count: int, ru: str, en: str) -> None:
    said = '{{ ngettext("%(num)s card", "%(num)s cards", count) }}'
    told = [environment(locale).from_string(said).render(count=count) for locale in ("ru", "en")]
    assert told == [ru, en]


def test_a_fraction_is_not_counted_in_plural_forms() -> None:
    """It has a text of its own: `в этапе 1,5 дня`. Counting it is a mistake that shows itself."""
    assert [words.number(1.5, locale, 1) for locale in words.LOCALES] == ["1,5", "1.5"]
    with pytest.warns(DeprecationWarning, match="Plural value must be an integer"):
        words.translations("ru").ngettext("%(num)s card", "%(num)s cards", 1.5)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("amount", "ru", "en", "short_ru", "short_en"),
    [
        ("4300000.00", "4 300 000 ₽", "4,300,000 ₽", "4,3 млн ₽", "4.3M ₽"),
        ("52000000", "52 000 000 ₽", "52,000,000 ₽", "52,0 млн ₽", "52.0M ₽"),
        ("780400.50", "780 400,50 ₽", "780,400.50 ₽", "780 тыс. ₽", "780K ₽"),
        ("12345678900", "12 345 678 900 ₽", "12,345,678,900 ₽", "12,3 млрд ₽", "12.3B ₽"),
        ("999.99", "999,99 ₽", "999.99 ₽", "1 000 ₽", "1,000 ₽"),
        ("0", "0 ₽", "0 ₽", "0 ₽", "0 ₽"),
        (Decimal("-1500"), "-1 500 ₽", "-1,500 ₽", "-2 тыс. ₽", "-2K ₽"),
        (None, "", "", "", ""),
    ],
)
def test_money(amount: Any, ru: str, en: str, short_ru: str, short_en: str) -> None:
    for locale, long, short in (("ru", ru, short_ru), ("en", en, short_en)):
        told = (
            words.money(amount, "RUB", locale), words.money(amount, "RUB", locale, short=True)
        )  # fmt: skip
        assert tuple(one.replace(words.NBSP, " ") for one in told) == (long, short)
        assert " " not in "".join(told)


def test_a_currency_without_a_sign_goes_by_its_code() -> None:
    assert words.money("10", "CHF", "en") == f"10{words.NBSP}CHF"


def test_numbers_dates_and_times() -> None:
    told = {
        locale: [
            words.number(1234.56, locale, 1), words.percent("44.4", locale),
            words.day(NOW.date(), locale), words.day(date(2027, 3, 14), locale, year=True),
            words.moment(NOW, "Europe/Moscow", 2026, locale),
            words.moment(NOW, "Europe/Moscow", 2027, locale),
            words.ago(NOW - timedelta(days=3), NOW, locale),
        ]
        for locale in words.LOCALES
    }  # fmt: skip
    plain = [one.replace(words.NBSP, " ") for one in told["ru"]]
    assert plain == [
        "1 234,6",
        "44 %",
        "21 нояб.",
        "14 мар. 2027",
        "21 нояб., 16:20",
        "21 нояб. 2026, 16:20",
        "3 дня назад",
    ]
    assert told["en"] == [
        "1,234.6", "44%", "21 Nov", "14 Mar 2027", "21 Nov, 16:20", "21 Nov 2026, 16:20",
        "3 days ago",
    ]  # fmt: skip


def test_people() -> None:
    assert [words.initials(name) for name in ("Анна Ковалёва", "anna", "A b c", " ")] == [
        "АК", "A", "AB", "",
    ]  # fmt: skip
    assert [words.hue(number) for number in (None, 1, 2, 3, 4)] == ["", "b", "c", "d", ""]


def test_a_misspelt_name_is_an_error_and_values_are_escaped() -> None:
    made = environment("ru").from_string('{{ x | default("") }}{{ "<b>" }}{{ _("Undo") }}')
    assert made.render(x="") == "&lt;b&gt;Отменить"
    with pytest.raises(Exception, match="undefined"):
        environment("ru").from_string("{{ nothing }}").render()
