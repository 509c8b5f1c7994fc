"""Dates of terms beside the calendars of the databases, over 400 years of anchors."""

import json
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from sqlalchemy import text

from backend.domain.calendar import Period, activation_date, shift, term_date
from tests.held import HeldDatabase

pytestmark = pytest.mark.anyio

FIRST, DAYS = date(2000, 1, 1), 146_097  # 400 years: then the calendar begins anew
MONTHS = (1, 2, 3, 6, 12, 24, 36)
# The term so many months after an anchor, and the day so many months before it: each database
# by its own calendar, all rows at once.
ORACLES = {
    "postgresql": """
        SELECT count(*) FROM (
            SELECT CAST(value ->> 0 AS date) AS anchor, CAST(value ->> 1 AS int) AS months,
                CAST(value ->> 2 AS date) AS after, CAST(value ->> 3 AS date) AS before
            FROM jsonb_array_elements(CAST(:rows AS jsonb)) AS given(value)
        ) AS one
        WHERE CAST(anchor + make_interval(months => months) AS date) <> after
            OR CAST(anchor - make_interval(months => months) AS date) <> before""",
    "sqlite": """
        SELECT count(*) FROM (
            SELECT value ->> 0 AS anchor, value ->> 1 AS months, value ->> 2 AS after,
                value ->> 3 AS before, '+' || (strftime('%d', value ->> 0) - 1) || ' days' AS days
            FROM json_each(:rows)
        )
        WHERE after <> min(
                date(anchor, 'start of month', '+' || months || ' months', days),
                date(anchor, 'start of month', '+' || (months + 1) || ' months', '-1 day'))
            OR before <> min(
                date(anchor, 'start of month', '-' || months || ' months', days),
                date(anchor, 'start of month', '-' || (months - 1) || ' months', '-1 day'))""",
}


def by_the_product(anchor: date, months: int) -> date:
    return term_date(anchor, 1, Period(1, "M"), 1 + months)


def term_by_term(anchor: date, months: int) -> date:
    """The slip that an anchor prevents: the 31st has become the 28th for ever."""
    for _ in range(months):
        anchor = shift(anchor, Period(1, "M"))
    return anchor


@pytest.mark.parametrize(
    ("counted", "stride", "wrong"), [(by_the_product, 3, False), (term_by_term, 97, True)]
)
async def test_400_years_of_anchors(
    database: HeldDatabase, counted: Callable[[date, int], date], stride: int, wrong: bool
) -> None:
    """Every third day of them, with one of seven terms, and a lead time as long as the term."""
    rows = []
    for number in range(DAYS // stride):
        anchor, months = FIRST + timedelta(days=number * stride), MONTHS[number % len(MONTHS)]
        before = activation_date(anchor, Period(months, "M"))
        rows.append((str(anchor), months, str(counted(anchor, months)), str(before)))
    async with database.read() as conn:
        query = text(ORACLES[database.dialect])
        found = (await conn.execute(query, {"rows": json.dumps(rows)})).scalar_one()
    assert (found > 0) == wrong
