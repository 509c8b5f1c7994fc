"""Texts of the pages in both languages, and how numbers, money and dates are written in them."""

import io
import re
from datetime import date, datetime
from decimal import Decimal
from functools import cache, lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel import dates, numbers, units
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

LOCALES = ("ru", "en")
CATALOGS = Path(__file__).parents[3] / "frontend" / "locale"
OF_A_CARD = re.compile(r"(\w{1,2}-\d{1,19}: )(.+)", re.DOTALL)  # what is refused for one of many
NBSP = "\N{NO-BREAK SPACE}"
DASH = "\N{EN DASH}"
SIGNS = {
    "RUB": "₽", "USD": "$", "EUR": "€", "GBP": "£", "KZT": "₸", "UAH": "₴", "CNY": "¥",
    "JPY": "¥", "TRY": "₺", "AMD": "֏", "GEL": "₾", "BYN": "Br", "UZS": "soʻm",
}  # fmt: skip
# From which size on an amount is told in these units, and with how many decimals.
UNITS = (
    (10**9, 1, {"ru": f"{NBSP}млрд", "en": "B"}),
    (10**6, 1, {"ru": f"{NBSP}млн", "en": "M"}),
    (10**3, 0, {"ru": f"{NBSP}тыс.", "en": "K"}),
)


def N_(text: str) -> str:
    """Marks a text that is translated where it is shown."""
    return text


# What a decoder says of a field that it cannot read.
UNREAD = (
    N_("Object missing required field `{}`"), N_("Object contains unknown field `{}`"),
    N_("Expected `{}`, got `{}`"), N_("Expected `{}` <= {}"), N_("Expected `{}` >= {}"),
    N_("Expected `{}` of length <= {}"), N_("Expected `{}` of length >= {}"),
    N_("Expected `{}` matching regex {}"), N_("Invalid enum value {}"),
    N_("Invalid decimal string"), N_("Invalid {}"),
)  # fmt: skip
# Where enquiries come from; another key is told as it stands.
SOURCES = {
    "website": N_("Website"), "phone": N_("Phone call"), "referral": N_("Referral"),
    "exhibition": N_("Exhibition"), "advertising": N_("Advertising"),
    "cold_calls": N_("Cold calls"), "returned": N_("Returned client"), "partner": N_("Partner"),
    "import": N_("Import"),
}  # fmt: skip


@cache
def _catalog(locale: str) -> Catalog:
    whole = Catalog(locale=locale)
    for file in sorted((CATALOGS / locale).glob("*.po")):
        with file.open("rb") as opened:
            for message in read_po(opened, locale=locale):
                if message.id:
                    whole[message.id] = message
    return whole


@cache
def translations(locale: str) -> NullTranslations:
    """What the catalogs of a language say; English is what the source says."""
    if not (CATALOGS / locale).is_dir():
        return NullTranslations()
    compiled = io.BytesIO()
    write_mo(compiled, _catalog(locale))
    compiled.seek(0)
    return Translations(compiled)


@cache
def _with_gaps(locale: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    """Sentences with `{}` in them as they are found and as they are told, the longest first."""
    ids = (one.id for one in _catalog(locale) if isinstance(one.id, str) and "{}" in one.id)
    return tuple(
        (re.compile("(.+)".join(map(re.escape, text.split("{}"))), re.DOTALL), text)
        for text in sorted(ids, key=lambda text: (-len(text), text))
    )


def refusal(sentence: str, locale: str) -> str:
    """What a rule says, in another language; names and numbers in it stay as they are.

    A rule fills its sentence in before anybody knows who reads it, so it is found by its shape.
    """
    told = translations(locale)
    if (known := told.gettext(sentence)) != sentence:
        return known
    for shape, text in _with_gaps(locale):
        if found := shape.fullmatch(sentence):
            return told.gettext(text).format(*found.groups())
    if of_a_card := OF_A_CARD.fullmatch(sentence):
        return of_a_card[1] + refusal(of_a_card[2], locale)
    return sentence


@lru_cache(4096)
def number(value: Any, locale: str, places: int = 0) -> str:
    """`1 234`, `9,8`: grouped, with just so many decimals."""
    pattern = "#,##0" + ("." + "0" * places if places else "")
    return numbers.format_decimal(Decimal(str(value)), pattern, locale=locale)


def quantity(value: str, locale: str) -> str:
    """`1 000,5` of 1000.500: with the decimals that it has."""
    return numbers.format_decimal(Decimal(value), "#,##0.###", locale=locale)


def money(value: Any, currency: str, locale: str, *, short: bool = False) -> str:
    """An amount in the currency's units: `4 300 000 ₽`, or short `4,3 млн ₽`; none is nothing."""
    if value is None:
        return ""
    amount = Decimal(str(value))
    sign = NBSP + SIGNS.get(currency, currency)
    if short:
        for size, places, words in UNITS:
            if abs(amount) >= size:
                return number(amount / size, locale, places) + words[locale] + sign
    whole = short or amount == amount.to_integral_value()
    return number(amount, locale, 0 if whole else 2) + sign


def percent(value: Any, locale: str, places: int = 0) -> str:
    """`44 %` of a number of hundredths as people say them."""
    return number(value, locale, places) + (f"{NBSP}%" if locale == "ru" else "%")


def share(value: float | None, locale: str) -> str:
    """`77,8 %` of 0.7778; what could not be divided is a dash."""
    if value is None:
        return DASH
    return percent(100 * Decimal(str(value)), locale, 1)


def month(value: str | None, locale: str, *, short: bool = False) -> str:
    """`январь 2026`, `January 2026` of 2026-01, or short `янв.`, `Jan`; a dash without one."""
    if value is None:
        return DASH
    pattern = "LLL" if short else "LLLL y"
    return dates.format_date(date.fromisoformat(f"{value}-01"), pattern, locale=locale)


def day(value: date | None, locale: str, *, year: bool = False, zone: str | None = None) -> str:
    """`21 нояб.`, `21 Nov`; with the year where it matters. An instant needs its zone."""
    if value is None:
        return ""
    if isinstance(value, datetime) and zone is not None:
        value = value.astimezone(ZoneInfo(zone))
    return dates.format_date(value, "d MMM y" if year else "d MMM", locale=locale)


def weekday(value: date, locale: str) -> str:
    """`Суббота, 21 ноября`, `Saturday, 21 November`, as a heading says it."""
    told = dates.format_date(value, "EEEE, d MMMM", locale=locale)
    return told[0].upper() + told[1:]


def moment(value: datetime | None, zone: str, this_year: int, locale: str) -> str:
    """`5 нояб., 16:20` at the company, of another year `5 нояб. 2024, 16:20`."""
    if value is None:
        return ""
    local = value.astimezone(ZoneInfo(zone))
    told = day(local.date(), locale, year=local.year != this_year)
    return f"{told}, {dates.format_time(local, 'HH:mm', locale=locale)}"


def ago(value: datetime, now: datetime, locale: str) -> str:
    """`3 дня назад`, `in 2 hours`."""
    return dates.format_timedelta(value - now, add_direction=True, locale=locale)


def span(period: str, locale: str) -> str:
    """`3 месяца` of P3M: a number of days, weeks, months or years."""
    found = re.fullmatch(r"P(\d+)([DWMY])", period)
    if found is None:
        return period
    unit = {"D": "day", "W": "week", "M": "month", "Y": "year"}[found[2]]
    return units.format_unit(int(found[1]), unit, locale=locale)


def source(key: str | None, locale: str) -> str:
    """`Сайт` of website."""
    return translations(locale).gettext(SOURCES[key]) if key in SOURCES else key or ""


def initials(name: str) -> str:
    """`АК` of Анна Ковалёва."""
    return "".join(part[0] for part in name.split()[:2]).upper()


def hue(number: int | None) -> str:
    """One of four quiet colours, the same one for the same person."""
    return ("", "b", "c", "d")[(number or 0) % 4]
