"""What is given, given again and taken back, and the words of alerts; nothing of it is stored."""

from datetime import date
from decimal import Decimal

from backend.domain.funnels.alerts import rules as words
from backend.domain.notifications.alerts.rules import Alert, steps

KEYS = ("share/2026-02/1/3", "share/2026-03/1/3", "streak/dear/lead/5/7")
NOW = {(9, key): Alert(key=key, owner_id=3, text="", report={}) for key in KEYS}
HELD, TAKEN = {"withdrawn_at": None}, {"withdrawn_at": "then"}


def judged(key: str) -> bool:
    return words.is_judged(key, {"2026-03"})


def test_everybody_is_told_just_what_holds() -> None:
    first, second, third = sorted(NOW)
    assert steps(NOW, {}, judged).give == [first, second, third]
    assert not steps(NOW, dict.fromkeys(NOW, HELD), judged)
    again = steps(NOW, {first: HELD, second: TAKEN, third: HELD}, judged)
    assert (again.give, again.restore, again.withdraw) == ([], [second], [])
    over = steps({}, dict.fromkeys(NOW, HELD), judged)
    assert (over.give, over.restore, over.withdraw) == ([], [], [second, third])
    assert not steps({}, dict.fromkeys(NOW, TAKEN), judged)
    moved = steps({(8, KEYS[1]): NOW[9, KEYS[1]]}, {(9, KEYS[1]): HELD}, judged)
    assert (moved.give, moved.withdraw) == ([(8, KEYS[1])], [(9, KEYS[1])])


def test_the_words_of_alerts() -> None:
    january = words.months(date(2026, 1, 31))
    assert january == [
        (date(2025, 12, 1), date(2025, 12, 31)), (date(2026, 1, 1), date(2026, 1, 31)),
    ]  # fmt: skip
    assert words.percent(Decimal("30.30"), "ru") == "30,3\N{NO-BREAK SPACE}%"
    assert words.percent(Decimal("30.00"), "en") == "30%"
    names = dict.fromkeys(("whose", "reason", "title"), "Ж" * 255)
    facts = {"count": 10, "closed": 33, "share": "30.3%", "limit": "30%", "month": "2026-03"}
    for what in words.TEXTS:
        for locale in ("ru", "en"):
            text = words.told(what, locale, **names, **facts)
            assert len(text) <= 255
            assert "10" in text
