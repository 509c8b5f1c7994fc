"""Rules that hold for every card: order keys on the board, numbers for people. Pure."""

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
BASE = len(DIGITS)
HEAD = 8  # digits of the integer part: room for 2·10^14 appended cards
MIDDLE = DIGITS[BASE // 2] + DIGITS[0] * (HEAD - 1)
LONGEST = 120  # a longer key is a sign to spread its column anew

PREFIX = {"lead": "L", "offer": "O", "deal": "D", "renewal": "R"}
RUSSIAN = {"lead": "Л", "offer": "КП", "deal": "С", "renewal": "П"}


def number(kind: str, card_id: int, locale: str = "en") -> str:
    """The number that people use: `D-118`; in a Russian text `С-118`."""
    return f"{(RUSSIAN if locale == 'ru' else PREFIX)[kind]}-{card_id}"


def key_between(before: str | None, after: str | None, salt: int) -> str:
    """A key that sorts after `before` and before `after` (None = the column's end).

    Keys compare by code point. The salt (the card's id) makes the keys of two writers who see the
    same neighbours differ. Keys consist of an integer head and a fraction and never end in "0".
    """
    tail = _digits(salt) + "1"
    if after is None:
        return _head(before or MIDDLE, 1) + tail
    if before is None:
        return _head(after, -1) + tail
    if not before < after:
        raise ValueError("neighbours out of order")
    return _midpoint(before, after) + tail


def spread(count: int) -> list[str]:
    """Keys for a whole column of cards, evenly spaced and short."""
    start = _number(MIDDLE)
    return [_digits(start + index, HEAD) + "1" for index in range(count)]


def _head(key: str, step: int) -> str:
    return _digits(_number(key[:HEAD]) + step, HEAD)


def _midpoint(low: str, high: str) -> str:
    """A text between two keys that is no prefix of `high`, so that any tail may follow it."""
    kept = ""
    for place in range(len(high)):
        a = DIGITS.index(low[place]) if place < len(low) else 0
        b = DIGITS.index(high[place])
        if b - a > 1:
            return kept + DIGITS[(a + b) // 2]
        kept += DIGITS[a]
        if b > a:
            return kept + _above(low[place + 1 :])
    raise ValueError("no room between these keys")


def _above(rest: str) -> str:
    """A text greater than `rest`, with no upper bound."""
    kept = ""
    for digit in rest:
        value = DIGITS.index(digit)
        if value < BASE - 1:
            return kept + DIGITS[(value + BASE) // 2]
        kept += digit
    return kept + DIGITS[BASE // 2]


def _number(text: str) -> int:
    value = 0
    for digit in text.ljust(HEAD, DIGITS[0]):
        value = value * BASE + DIGITS.index(digit)
    return value


def _digits(value: int, width: int = 1) -> str:
    text = ""
    while value or len(text) < width:
        value, rest = divmod(value, BASE)
        text = DIGITS[rest] + text
    return text
