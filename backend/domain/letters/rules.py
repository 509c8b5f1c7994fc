"""What is told of letters that did not go out. Pure."""

from msgspec import Struct

from backend.domain.calendar import Period

UNITS = {
    "ru": {
        "D": ("день", "дня", "дней"), "W": ("неделя", "недели", "недель"),
        "M": ("месяц", "месяца", "месяцев"), "Y": ("год", "года", "лет"),
    },
    "en": {unit: (name, f"{name}s", f"{name}s") for unit, name in
           (("D", "day"), ("W", "week"), ("M", "month"), ("Y", "year"))},
}  # fmt: skip
TEXTS = {
    "no_address": {
        "ru": "Письмо не отправлено: у клиента {client} нет адреса почты",
        "en": "No letter was sent: {client} has no e-mail address",
    },
    "refused": {
        "ru": "Письмо на {recipient} не ушло: {why}",
        "en": "The letter to {recipient} was not sent: {why}",
    },
}
LONGEST = 255  # of a notification


class Letter(Struct, frozen=True, kw_only=True):
    """A letter as it is handed to the mail server; `key` is the same however often it is tried."""

    id: int
    key: str
    recipient: str
    reply_to: str
    subject: str
    body: str
    failures: int


class Failure(Struct, frozen=True):
    """Why a letter did not go out, and whether trying again is of any use."""

    why: str
    for_good: bool


def told(what: str, locale: str, **names: str) -> str:
    """What the owner of a record is told; a long reason is cut."""
    text = TEXTS[what][locale].format(**names)
    return text if len(text) <= LONGEST else text[: LONGEST - 1].rstrip() + "…"


def one_line(text: str) -> str:
    """A subject: one line, and no longer than there is room for."""
    return " ".join(text.split())[:LONGEST]


def span(period: Period, locale: str) -> str:
    """A period in words: 6 months, 2 года."""
    count, (one, few, many) = period.count, UNITS[locale][period.unit]
    if count == 1 or (locale == "ru" and count % 10 == 1 and count % 100 != 11):
        return f"{count} {one}"
    return f"{count} {few if count % 10 in (2, 3, 4) and count % 100 not in (12, 13, 14) else many}"
