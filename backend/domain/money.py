"""Money: integer minor units with an ISO 4217 code, and the scaled decimals beside it."""

from decimal import Decimal
from functools import cache

from iso4217 import Currency

from backend.errors import pointed

LARGEST = 10**15  # minor units; exact in JSON, in a 64-bit column and in every sum of a report


@cache
def digits(currency: str) -> int:
    """How many decimals a currency has; BadRequest for an unknown code."""
    places = _decimals().get(currency)
    if places is None:
        raise pointed(f"“{currency}” is not the ISO 4217 code of a currency", "/currency")
    return places


@cache
def _decimals() -> dict[str, int]:
    return {c.code: c.exponent for c in Currency if c.exponent is not None}


@cache
def unusual() -> dict[int, tuple[str, ...]]:
    """The currencies that do not have two decimals, by how many they have."""
    found: dict[int, list[str]] = {}
    for code, places in sorted(_decimals().items()):
        if places != 2:
            found.setdefault(places, []).append(code)
    return {places: tuple(codes) for places, codes in found.items()}


def minor(value: Decimal, currency: str, pointer: str = "/amount", *, signed: bool = False) -> int:
    """A decimal amount as minor units; BadRequest where it has more digits than the currency."""
    places = digits(currency)
    units = scaled(value, places, pointer, f"{currency} has {places} decimals")
    if units < 0 and not signed:
        raise pointed("an amount cannot be negative", pointer)
    return units


def text(units: int | None, currency: str) -> str | None:
    """Minor units as the contract writes them: `1500.00`."""
    return None if units is None else unscaled(units, digits(currency))


def scaled(value: Decimal, places: int, pointer: str, rule: str | None = None) -> int:
    """A decimal as an integer of 10^-places; BadRequest where that would round or overflow."""
    _demand_storable(value, pointer)
    units = value.scaleb(places)
    if units != units.to_integral_value():
        raise pointed(rule or f"at most {places} decimals", pointer)
    if abs(units) > LARGEST:
        raise pointed("this number is too large", pointer)
    return int(units)


def bound(value: Decimal, places: int, pointer: str, towards: str) -> int:
    """An end of a range as an integer of 10^-places, rounded up or down into the range."""
    _demand_storable(value, pointer)
    units = int(value.scaleb(places).to_integral_value(towards))
    return max(-LARGEST - 1, min(units, LARGEST + 1))


def _demand_storable(value: Decimal, pointer: str) -> None:
    # Longer numbers would be rounded by the arithmetic before they are looked at.
    if not value.is_finite() or abs(value.adjusted()) > 27 or len(value.as_tuple().digits) > 28:
        raise pointed("this is not a number that can be stored", pointer)
    if abs(value) > LARGEST:
        raise pointed("this number is too large", pointer)


def unscaled(units: int, places: int) -> str:
    """An integer of 10^-places as a plain decimal text."""
    sign, units = ("-", -units) if units < 0 else ("", units)
    whole, part = divmod(units, 10**places)
    return f"{sign}{whole}.{part:0{places}d}" if places else f"{sign}{whole}"


def convert_digits(units: int, old: str, new: str) -> int:
    """The same written amount in another currency's minor units (no exchange rate involved)."""
    return minor(Decimal(units).scaleb(-digits(old)), new)


def times(price: int, quantity: int, quantity_scale: int = 1000) -> int:
    """Price × quantity (in thousandths), rounded half-even to minor units."""
    return divide(price * quantity, quantity_scale)


def divide(value: int, by: int) -> int:
    """Integer division rounded half-even, exact for numbers of any length; `by` is positive."""
    whole, rest = divmod(value, by)
    return whole + (2 * rest > by or (2 * rest == by and whole % 2 == 1))


def less_percent(value: int, basis_points: int) -> int:
    """A value less a discount in hundredths of a per cent, rounded half-even."""
    return divide(value * (10_000 - basis_points), 10_000)
