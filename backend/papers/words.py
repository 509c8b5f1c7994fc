"""Numbers, dates and amounts as a reader of either language expects them. Pure."""

from datetime import date
from decimal import Decimal

from backend.papers.sheet import Language

BLANK = "\N{NO-BREAK SPACE}"
MONTHS = {
    "ru": (
        "января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября",
        "октября", "ноября", "декабря",
    ),
    "en": (
        "January", "February", "March", "April", "May", "June", "July", "August", "September",
        "October", "November", "December",
    ),
}  # fmt: skip
ONES = (
    "", "один", "два", "три", "четыре", "пять", "шесть", "семь", "восемь", "девять", "десять",
    "одиннадцать", "двенадцать", "тринадцать", "четырнадцать", "пятнадцать", "шестнадцать",
    "семнадцать", "восемнадцать", "девятнадцать",
)  # fmt: skip
TENS = (
    "", "", "двадцать", "тридцать", "сорок", "пятьдесят", "шестьдесят", "семьдесят",
    "восемьдесят", "девяносто",
)  # fmt: skip
HUNDREDS = (
    "", "сто", "двести", "триста", "четыреста", "пятьсот", "шестьсот", "семьсот", "восемьсот",
    "девятьсот",
)  # fmt: skip
SCALES = (
    ("рубль", "рубля", "рублей"),
    ("тысяча", "тысячи", "тысяч"),
    ("миллион", "миллиона", "миллионов"),
    ("миллиард", "миллиарда", "миллиардов"),
    ("триллион", "триллиона", "триллионов"),
    ("квадриллион", "квадриллиона", "квадриллионов"),
)


def amount(text: str, language: Language) -> str:
    """`1234567.50` as `1 234 567,50`, or as `1,234,567.50`."""
    comma = f"{Decimal(text):,f}"
    if language == "en":
        return comma
    return comma.replace(",", BLANK).replace(".", ",")


def quantity(text: str, language: Language) -> str:
    """A quantity without idle noughts."""
    plain = text.rstrip("0").rstrip(".") if "." in text else text
    return amount(plain, language)


def percent(text: str, language: Language) -> str:
    """A percentage without idle noughts: `12.50` as `12,5 %`."""
    return f"{quantity(text, language)}{BLANK}%"


def day(when: date, language: Language) -> str:
    """A date in words."""
    month = MONTHS[language][when.month - 1]
    told = f"{when.day} {month} {when.year}"
    return f"{told} г." if language == "ru" else told


def plural(count: int, forms: tuple[str, str, str]) -> str:
    """The form of a Russian noun that goes with a number: 1 рубль, 2 рубля, 5 рублей."""
    last, two = count % 10, count % 100
    if last == 1 and two != 11:
        return forms[0]
    return forms[1] if 2 <= last <= 4 and not 12 <= two <= 14 else forms[2]


def roubles(text: str) -> str:
    """An amount of roubles written out, as it stands under a Russian invoice."""
    whole, _, kopecks = text.partition(".")
    said = _written(int(whole)) or "ноль"
    kopecks = kopecks or "00"
    coins = plural(int(kopecks), ("копейка", "копейки", "копеек"))
    return f"{said[0].upper()}{said[1:]} {plural(int(whole), SCALES[0])} {kopecks} {coins}"


def _written(number: int) -> str:
    parts: list[str] = []
    for scale, forms in enumerate(SCALES):
        number, group = divmod(number, 1000)
        if group:
            named = [] if scale == 0 else [plural(group, forms)]
            parts = [*_group(group, feminine=scale == 1), *named, *parts]
    return " ".join(parts)


def _group(number: int, *, feminine: bool) -> list[str]:
    """A number below a thousand; thousands are feminine: одна тысяча, две тысячи."""
    hundreds, rest = divmod(number, 100)
    tens, ones = (0, rest) if rest < 20 else divmod(rest, 10)
    last = {1: "одна", 2: "две"}.get(ones, ONES[ones]) if feminine else ONES[ones]
    return [word for word in (HUNDREDS[hundreds], TENS[tens], last) if word]
