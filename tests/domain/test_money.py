"""Money: texts and minor units of any currency, nothing rounded in silence, sums of offers."""

from decimal import ROUND_HALF_EVEN, Decimal, localcontext

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from backend.domain import money
from backend.domain.offers.rules import LOWEST_MARGIN, OfferLine, Totals, totals
from backend.errors import BadRequest

PLACES = {"RUB": 2, "JPY": 0, "KWD": 3, "USD": 2, "CLF": 4}
currencies = st.sampled_from(sorted(PLACES))
units = st.integers(-money.LARGEST, money.LARGEST)


@pytest.mark.parametrize(("currency", "places"), PLACES.items())
def test_decimals_of_currencies(currency: str, places: int) -> None:
    assert money.digits(currency) == places


@pytest.mark.parametrize("code", ["", "rub", "RUR", "XXX1", "ABC", "РУБ"])
def test_an_unknown_currency_is_refused(code: str) -> None:
    with pytest.raises(BadRequest) as refused:
        money.digits(code)
    assert refused.value.extra["errors"][0]["pointer"] == "/currency"  # type: ignore[index]


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("1500.00", "RUB", 150_000), ("1500.5", "RUB", 150_050), ("1500", "RUB", 150_000),
        ("0.01", "RUB", 1), ("0", "RUB", 0), ("1500", "JPY", 1500), ("1500.0", "JPY", 1500),
        ("1.234", "KWD", 1234), ("1.5E3", "RUB", 150_000), ("1e3", "JPY", 1000),
        ("10000000000000.00", "RUB", 10**15), ("1000000000000000", "JPY", 10**15),
        ("1000000000000.000", "KWD", 10**15), ("1.2000000000", "RUB", 120),
    ],
)  # fmt: skip
def test_written_amounts(text: str, currency: str, minor: int) -> None:
    assert money.minor(Decimal(text), currency) == minor


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("0.001", "RUB"), ("0.1", "JPY"), ("0.0001", "KWD"), ("-0.01", "RUB"),
        ("10000000000000.01", "RUB"), ("1000000000000001", "JPY"), ("1E+28", "RUB"),
        ("1E+400", "RUB"), ("1E-400", "RUB"), ("NaN", "RUB"), ("Infinity", "RUB"),
        ("-Infinity", "RUB"), ("1.00000000000000000000000000001", "RUB"),
        ("9999999999999.999999999999999999999", "RUB"),
        ("0.0000000000000000000000000000001", "RUB"),
    ],
)  # fmt: skip
def test_what_cannot_be_stored_is_refused_with_its_place(text: str, currency: str) -> None:
    with pytest.raises(BadRequest) as refused:
        money.minor(Decimal(text), currency, "/lines/0/price")
    assert refused.value.status == 400
    assert refused.value.extra["errors"][0]["pointer"] == "/lines/0/price"  # type: ignore[index]


@given(units, currencies)
def test_minor_units_come_back_from_their_text(value: int, currency: str) -> None:
    text = money.text(value, currency)
    assert text is not None
    assert money.minor(Decimal(text), currency, signed=True) == value
    assert len(text.partition(".")[2]) == PLACES[currency]
    assert Decimal(text).scaleb(PLACES[currency]) == value


@given(units, currencies, st.integers(1, 9), st.integers(1, 6))
def test_a_digit_too_many_is_refused(value: int, currency: str, digit: int, more: int) -> None:
    text = money.text(abs(value), currency)
    assert text is not None
    point = "" if "." in text else "."
    with pytest.raises(BadRequest):
        money.minor(Decimal(f"{text}{point}{'0' * (more - 1)}{digit}"), currency)


def test_no_amount_is_no_text() -> None:
    assert money.text(None, "RUB") is None
    assert money.text(-5, "RUB") == "-0.05"
    assert money.unscaled(-5, 0) == "-5"


@pytest.mark.parametrize(
    ("value", "by", "found"),
    [
        (5, 2, 2), (7, 2, 4), (-5, 2, -2), (-7, 2, -4), (1, 2, 0), (3, 2, 2), (-1, 2, 0),
        (25, 10, 2), (35, 10, 4), (26, 10, 3), (24, 10, 2), (0, 7, 0), (10**30 + 5, 10, 10**29),
    ],
)  # fmt: skip
def test_halves_go_to_the_even_neighbour(value: int, by: int, found: int) -> None:
    assert money.divide(value, by) == found


@given(st.integers(-(10**34), 10**34), st.integers(1, 10**6))
def test_division_as_decimals_of_any_length_do_it(value: int, by: int) -> None:
    with localcontext() as context:
        context.prec = 100
        exact = (Decimal(value) / Decimal(by)).to_integral_value(ROUND_HALF_EVEN)
    assert money.divide(value, by) == exact


@given(units, currencies, currencies)
def test_another_currency_keeps_the_written_amount_or_refuses(
    value: int, old: str, new: str
) -> None:
    value = abs(value)
    written = Decimal(value).scaleb(-PLACES[old])
    moved = written.scaleb(PLACES[new])
    if moved == moved.to_integral_value() and moved <= money.LARGEST:
        assert money.convert_digits(value, old, new) == moved
    else:
        with pytest.raises(BadRequest):
            money.convert_digits(value, old, new)


def line(
    price: int, quantity: int = 1000, discount: int = 0, vat: int | None = None,
    cost: int | None = None,
) -> OfferLine:  # fmt: skip
    return OfferLine(
        price=price, quantity=quantity, discount_percent=discount, vat_rate=vat, cost=cost
    )


# Lines, discount, VAT inside? → line totals, total, VAT, cost, margin.
OFFERS = {
    "one line": ([line(10_000)], 0, True, Totals((10_000,), 10_000, 0, None, None)),
    "nothing": ([], 0, True, Totals((), 0, 0, None, None)),
    "VAT inside": (
        [line(12_000, vat=2000)], 0, True, Totals((12_000,), 12_000, 2_000, None, None),
    ),
    "VAT on top": (
        [line(10_000, vat=2000)], 0, False, Totals((10_000,), 12_000, 2_000, None, None),
    ),
    "two rates and none": (
        [line(12_000, vat=2000), line(11_000, vat=1000), line(500)], 0, True,
        Totals((12_000, 11_000, 500), 23_500, 3_000, None, None),
    ),
    "both discounts, one after the other": (
        [line(10_000, discount=1000)], 1000, True, Totals((8_100,), 8_100, 0, None, None),
    ),
    "a part of a unit": ([line(333, quantity=500)], 0, True, Totals((166,), 166, 0, None, None)),
    "the same, to the even side": (
        [line(335, quantity=500)], 0, True, Totals((168,), 168, 0, None, None),
    ),
    "margin": (
        [line(10_000, quantity=2000, cost=7_500)], 0, True,
        Totals((20_000,), 20_000, 0, 15_000, 2_500),
    ),
    "margin counts without VAT": (
        [line(12_000, vat=2000, cost=8_000)], 0, True,
        Totals((12_000,), 12_000, 2_000, 8_000, 2_000),
    ),
    "one unknown cost hides the margin": (
        [line(10_000, cost=1), line(10_000)], 0, True,
        Totals((10_000, 10_000), 20_000, 0, None, None),
    ),
    "given away": (
        [line(10_000, cost=5_000)], 10_000, True, Totals((0,), 0, 0, 5_000, None),
    ),
    "below cost": (
        [line(10_000, cost=15_000)], 0, True, Totals((10_000,), 10_000, 0, 15_000, -5_000),
    ),
    "next to nothing": (
        [line(1, cost=10**12)], 0, True, Totals((1,), 1, 0, 10**12, LOWEST_MARGIN),
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("lines", "discount", "inside", "sums"), OFFERS.values(), ids=OFFERS.keys()
)
def test_sums_of_offers(lines: list[OfferLine], discount: int, inside: bool, sums: Totals) -> None:
    assert totals(tuple(lines), discount, inside) == sums


percents = st.integers(0, 10_000)
lines = st.lists(
    st.builds(
        OfferLine,
        price=st.integers(0, 10**9),
        quantity=st.integers(1, 10**6),
        discount_percent=percents,
        vat_rate=st.none() | percents,
        cost=st.none() | st.integers(0, 10**9),
    ),
    max_size=6,
)


@given(lines, percents, st.booleans())
def test_an_offers_sums_hang_together(found: list[OfferLine], discount: int, inside: bool) -> None:
    sums = totals(tuple(found), discount, inside)
    assert sums.total == sum(sums.lines) + (0 if inside else sums.vat_total)
    assert 0 <= sums.vat_total <= sums.total
    assert all(value >= 0 for value in sums.lines)
    known = bool(found) and all(one.cost is not None for one in found)
    assert (sums.cost is not None) == known
    assert (sums.margin_percent is not None) == (known and sums.total > sums.vat_total)


@given(lines, percents)
def test_more_discount_never_costs_more(found: list[OfferLine], discount: int) -> None:
    assume(discount < 10_000)
    dear, cheap = (totals(tuple(found), part, True) for part in (discount, discount + 1))
    assert cheap.total <= dear.total
