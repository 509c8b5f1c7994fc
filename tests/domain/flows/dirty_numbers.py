"""Dirty amounts and dates: read by the stated mark and formats alone, never guessed."""

from datetime import date

from tests.domain.flows.dirty import TERMS, Dirty, Refused

DUE = date(2026, 12, 31)
COMMA, POINT = 'decimal = ","', 'decimal = "."'
NOT_PLAIN, NOT_COMMA, NOT_POINT = (
    "is not a number written like 1234.56",
    "is not a number with the decimal mark “,”",
    "is not a number with the decimal mark “.”",
)
AMOUNTS: list[tuple[str, str, int | str]] = [
    ("", "1234.56", 123456),
    ("", "1,234.56", NOT_PLAIN),
    ("", "1.234,56", NOT_PLAIN),
    ("", "1 234.56", NOT_PLAIN),
    ("", "1e3", NOT_PLAIN),
    ("", "1_000", NOT_PLAIN),
    ("", "١٢٣", NOT_PLAIN),
    ("", "NaN", NOT_PLAIN),
    ("", "12.345", "RUB has 2 decimals"),
    ("", "-5", "an amount cannot be negative"),
    ("", "9" * 40, "this is not a number that can be stored"),
    (COMMA, "1.234,56", 123456),
    (COMMA, "1 234,56", 123456),
    (COMMA, "1\u00a0234\u00a0567,5", 123456750),
    (COMMA, "1\u202f234", 123400),
    (COMMA, "1'234,00", 123400),
    (COMMA, "1.234", 123400),
    (COMMA, "1,234", "RUB has 2 decimals"),
    (COMMA, "1,234.56", NOT_COMMA),
    (COMMA, "12.34,56", NOT_COMMA),
    (COMMA, "1.234 567,00", NOT_COMMA),
    (COMMA, "1234.567", NOT_COMMA),
    (COMMA, "1.5", NOT_COMMA),
    (COMMA, "100 руб", NOT_COMMA),
    (POINT, "1,234.56", 123456),
    (POINT, "1,234,567", 123456700),
    (POINT, "1 234.56", 123456),
    (POINT, "1.234,56", NOT_POINT),
    (POINT, "1,23", NOT_POINT),
]
DAY_FIRST, MONTH_FIRST = 'dates = "%d/%m/%Y"', 'dates = "%m/%d/%Y"'
BOTH = 'dates = ["%d/%m/%Y", "%m/%d/%Y"]'
SEVERAL = 'dates = ["%d.%m.%Y", "%Y-%m-%d"]'
DATES: list[tuple[str, str, date | str]] = [
    (DAY_FIRST, "31/12/2026", DUE),
    (DAY_FIRST, "12/31/2026", "is not a date written as %d/%m/%Y"),
    (MONTH_FIRST, "12/31/2026", DUE),
    (MONTH_FIRST, "31/12/2026", "is not a date written as %m/%d/%Y"),
    (BOTH, "31/12/2026", DUE),
    (BOTH, "12/31/2026", DUE),
    (BOTH, "03/04/2026", "may be 2026-04-03 (%d/%m/%Y), 2026-03-04 (%m/%d/%Y); state one format"),
    (BOTH, "04/04/2027", date(2027, 4, 4)),
    (SEVERAL, "31.12.2026", DUE),
    (SEVERAL, "2026-12-31", DUE),
    (SEVERAL, "31/12/2026", "is not a date written as %d.%m.%Y or %Y-%m-%d"),
    ("", "2026-02-30", "“2026-02-30” is not a date written as %Y-%m-%d"),
    ("", "2026-2-3", date(2026, 2, 3)),
    ("", "0999-01-01", "lies too far back"),
    ("", "46387", "is not a date written as %Y-%m-%d"),
    ("", "2026-12-31T00:00:00", "is not a date written as %Y-%m-%d"),
]


def _data(amount: str, due: str) -> bytes:
    return f"id;amount;due\n1;{amount};{due}\n".encode()


def numbers() -> list[Dirty]:
    """A file of one row for each amount and each date."""
    found = []
    for source, amount, units in AMOUNTS:
        stored = [] if isinstance(units, str) else [("1", units, DUE)]
        refused: list[Refused] = [(2, "amount", units)] if isinstance(units, str) else []
        name, data = f"{source} {ascii(amount)[:40]}", _data(amount, "2026-12-31")
        found.append(Dirty(name, data, stored, refused, source=source, mapping=TERMS))
    for source, due, when in DATES:
        days = [] if isinstance(when, str) else [("1", 100, when)]
        wrong: list[Refused] = [(2, "due", when)] if isinstance(when, str) else []
        data = _data("1", due)
        found.append(Dirty(f"{source} {due}", data, days, wrong, source=source, mapping=TERMS))
    return found
