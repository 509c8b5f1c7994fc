"""What heads are told of reasons: the keys of alerts, and their words. Pure."""

from collections.abc import Container
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

TEXTS = {
    "share": {
        "ru": "{whose}: «{reason}» – {share} ({count} из {closed}) за {month}, предел {limit}",
        "en": "{whose}: “{reason}” is {share} ({count} of {closed}) in {month}, limit {limit}",
    },
    "lead": {
        "ru": "«{reason}» подряд: {count}. Приостановить лид или сменить менеджера: "
        "{title}, {whose}",
        "en": "“{reason}” {count} times in a row. Suspend the lead or change its manager: "
        "{title}, {whose}",
    },
    "client": {
        "ru": "«{reason}» подряд: {count}. Сменить менеджера: {title}, {whose}",
        "en": "“{reason}” {count} times in a row. Change the manager: {title}, {whose}",
    },
}  # fmt: skip
LONGEST_NAME = 60  # of a person, a reason or a record inside a text, which has room for 255
STREAK = "streak"


def share_key(month: str, reason_id: int, owner_id: int) -> str:
    """One alert for each reason, seller and month."""
    return f"share/{month}/{reason_id}/{owner_id}"


def streak_key(reason: str, whose: str, number: int, first_card_id: int) -> str:
    """One alert for each streak: another outcome ends it, and the next one begins elsewhere."""
    return f"{STREAK}/{reason}/{whose}/{number}/{first_card_id}"


def is_judged(key: str, months: Container[str]) -> bool:
    """Whether an alert is still looked at: streaks always, shares while their month is."""
    what, month, *_ = key.split("/")
    return what == STREAK or month in months


def months(today: date) -> list[tuple[date, date]]:
    """The first and last days of this month and of the one before.

    What is closed on the last evening of a month is told of, or taken back, in the next one.
    """
    this = today.replace(day=1)
    before = (this - timedelta(days=1)).replace(day=1)
    following = (this + timedelta(days=31)).replace(day=1)
    day = timedelta(days=1)
    return [(before, this - day), (this, following - day)]


def told(what: str, locale: str, **facts: Any) -> str:
    """What a head is told, with long names cut so that the whole has room."""
    names = {name: _short(one) if isinstance(one, str) else str(one) for name, one in facts.items()}
    return TEXTS[what][locale].format(**names)


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1].rstrip() + "…"


def percent(hundredths: Decimal, locale: str) -> str:
    """A percentage with a decimal where it has one: 30.3%, 30 %."""
    rounded = hundredths.quantize(Decimal("0.1"), ROUND_HALF_EVEN)
    text = str(rounded).removesuffix(".0")
    return f"{text.replace('.', ',')}\N{NO-BREAK SPACE}%" if locale == "ru" else f"{text}%"


def month(day: date, locale: str) -> str:
    """A month as a text writes it: 03.2026 in Russian, 2026-03 else."""
    return f"{day:%m.%Y}" if locale == "ru" else f"{day:%Y-%m}"
