"""The arithmetic of a deal's lines."""

import pytest

from backend.domain.deals.rules import total


@pytest.mark.parametrize(
    ("lines", "currency", "expected"),
    [
        ([("100.00", "3"), ("0.50", "1")], "RUB", "300.50"),
        ([("0.01", "0.5"), ("0.03", "0.5")], "RUB", "0.02"),  # 0.005 and 0.015, half-even each
        ([("150", "1.5")], "JPY", "225"),
        ([], "RUB", "0.00"),
    ],
)
def test_each_line_is_rounded_by_itself(
    lines: list[tuple[str, str]], currency: str, expected: str
) -> None:
    assert total(lines, currency) == expected
