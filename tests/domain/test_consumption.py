"""How long a quantity lasts: worked literals, by hand and by what was learned."""

from datetime import date
from fractions import Fraction

import pytest

from backend.domain.calendar import Period
from backend.domain.consumption import Habit, Purchase, Rate, RunOut, lasting, period_of
from backend.errors import NotAcceptable

KILO = 1000  # thousandths


def day(text: str) -> date:
    return date.fromisoformat(text)


def rate(quantity: int, per: str = "P1M") -> Rate:
    return Rate(quantity * KILO, Period.parse(per))


def stated(quantity: int, per: Rate, start: str) -> RunOut:
    found = lasting(Habit(per, "client"), quantity * KILO, day(start), day(start))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("bought", "used", "start", "run_out", "period"),
    [
        (100, rate(50), "2026-04-09", "2026-06-09", "P2M"),
        (120, rate(50), "2026-01-01", "2026-03-13", "P71D"),  # 2 months and 12.4 of 31 days
        (100, rate(50), "2025-12-31", "2026-02-28", "P2M"),
        (49, rate(50), "2026-02-01", "2026-02-28", "P27D"),
        (1, rate(5000), "2026-02-01", "2026-02-02", "P1D"),  # a day at least
        (600, rate(50), "2024-02-29", "2025-02-28", "P12M"),
        (30, rate(10, "P1W"), "2026-03-01", "2026-03-22", "P21D"),
        (3, rate(2, "P1Y"), "2026-01-01", "2027-07-02", "P547D"),
    ],
)
def test_a_quantity_lasts_whole_periods_and_the_days_that_remain(
    bought: int, used: Rate, start: str, run_out: str, period: str
) -> None:
    found = stated(bought, used, start)
    assert (str(found.run_out), period_of(found)) == (run_out, period)
    assert (found.learned, found.source, found.purchases, found.spread_days) == (
        False, "client", 1, 0,
    )  # fmt: skip


def learned(days: list[str], quantities: list[int], bought: str, quantity: int) -> RunOut | None:
    past = [Purchase(day(on), many * KILO) for on, many in zip(days, quantities, strict=True)]
    habit = Habit(rate(50), "product", tuple(past))
    return lasting(habit, quantity * KILO, day(bought), day(bought))


def test_from_the_third_purchase_on_the_real_interval_counts() -> None:
    second = learned(["2026-01-01"], [100], "2026-03-02", 100)
    assert second is not None
    assert (str(second.run_out), second.learned, second.purchases) == ("2026-05-02", False, 2)
    third = learned(["2026-01-01", "2026-03-02"], [100, 100], "2026-05-21", 100)  # 60 and 80 days
    assert third is not None
    assert (str(third.run_out), third.learned, third.source) == ("2026-07-30", True, "purchases")
    assert (third.purchases, third.spread_days) == (3, 10)


def test_the_median_forgets_an_outlier_and_the_spread_tells_how_far_the_rest_lies() -> None:
    bought = ["2026-01-01", "2026-02-10", "2026-03-24", "2026-05-01"]  # 40, 42, 38
    found = learned(bought, [100] * 4, "2026-10-28", 100)  # and 180 days
    assert found is not None
    assert (str(found.run_out), found.spread_days, found.purchases) == ("2026-12-08", 2, 5)


def test_twice_as_much_lasts_twice_as_long() -> None:
    found = learned(["2026-01-01", "2026-03-02"], [100, 100], "2026-05-01", 200)
    assert found is not None
    assert (found.run_out - day("2026-05-01")).days == 120
    assert Fraction(found.quantity) == 200


def test_what_was_bought_on_one_day_is_one_purchase() -> None:
    found = learned(["2026-01-01", "2026-01-01"], [60, 40], "2026-03-02", 100)
    assert found is not None
    assert (found.purchases, found.learned) == (2, False)


def test_nothing_is_guessed() -> None:
    assert lasting(Habit(), KILO, day("2026-01-01"), day("2026-01-01")) is None


def test_centuries_are_for_a_person_to_say() -> None:
    found = stated(50 * 12 * 27, rate(50), "2026-01-01")
    assert period_of(found) == "P324M"
    with pytest.raises(NotAcceptable, match="would last"):
        period_of(stated(50 * 12 * 40 + 30, rate(50), "2026-01-01"))
