"""From a cell of the source to a number or a day, by the formats that the mapping states. Pure."""

import re
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

# Between the thousands, where a decimal mark is stated: the other mark, or a kind of blank.
BLANKS = " \u00a0\u2009\u202f'’"
PLAIN = re.compile(r"[-+]?\d+(?:\.\d+)?", re.ASCII)
GROUPED = {
    mark: re.compile(
        rf"(?P<sign>[-+]?)(?P<whole>\d{{1,3}}(?P<group>[{other}{BLANKS}])\d{{3}}"
        rf"(?:(?P=group)\d{{3}})*|\d+)(?:{re.escape(mark)}(?P<part>\d+))?",
        re.ASCII,
    )
    for mark, other in ((",", "."), (".", ","))
}
LARGEST_INTEGER = 2**53  # what every reader of JSON keeps exactly


class Unreadable(Exception):
    """A cell does not say what its column should; why, in words."""


def short(text: str) -> str:
    """A cell as a refusal quotes it."""
    return text if len(text) <= 60 else f"{text[:60]}…"


def number(text: str, mark: str | None) -> str:
    """A number as `-1234.56`.

    Without a stated decimal mark it has a point and no thousands; with one, thousands stand in
    groups of three, all parted alike.
    """
    if mark is None:
        if not PLAIN.fullmatch(text):
            raise Unreadable(
                f"“{short(text)}” is not a number written like 1234.56;"
                " for another decimal mark state source.decimal"
            )
        return text
    found = GROUPED[mark].fullmatch(text)
    if found is None:
        raise Unreadable(f"“{short(text)}” is not a number with the decimal mark “{mark}”")
    whole = "".join(letter for letter in found["whole"] if letter.isdecimal())
    return f"{found['sign']}{whole}" + (f".{found['part']}" if found["part"] else "")


def exact(text: str, mark: str | None) -> int | float:
    """A number of a custom field; Unreadable where it would not be kept to its last digit."""
    plain = number(text, mark)
    if "." not in plain and abs(int(plain[:30])) <= LARGEST_INTEGER:
        return int(plain)
    if len(plain) < 30 and Decimal(repr(float(plain))) == Decimal(plain):
        return float(plain)
    raise Unreadable(f"“{short(text)}” has more digits than a number keeps; import it as a text")


@lru_cache(maxsize=8192)
def day(text: str, formats: tuple[str, ...]) -> tuple[datetime, bool]:
    """A date, and whether its format has a time; Unreadable where two formats differ on it."""
    found: dict[datetime, str] = {}
    for written in formats:
        try:
            at = datetime.strptime(text, written)  # noqa: DTZ007 - the company's zone is added
        except ValueError:
            continue
        found.setdefault(at, written)
    if not found:
        told = " or ".join(formats)
        raise Unreadable(f"“{short(text)}” is not a date written as {told}")
    if len(found) > 1:
        told = ", ".join(f"{at:%Y-%m-%d} ({written})" for at, written in found.items())
        raise Unreadable(f"“{short(text)}” may be {told}; state one format for it")
    ((at, written),) = found.items()
    if at.year < 1900:
        raise Unreadable(f"“{short(text)}” lies too far back")
    return at, "%H" in written or "%I" in written
