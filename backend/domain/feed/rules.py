"""What a write changed, as the log tells it: money and percentages as the API writes them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from msgspec import to_builtins

from backend.domain import consumption, money

MONEY = {
    "amount", "budget", "competitor_price", "vat_total", "cost", "price", "total", "credit_limit",
}  # fmt: skip
PERCENT = {
    "discount_percent", "margin_percent", "vat_rate", "discount_cap", "limit_percent",
    "discount_limit", "margin_floor",
}  # fmt: skip
THOUSANDTHS = {"quantity", "stock", "consumption"}
LINES = {"lines", "product_lines"}
FOLDED = {"position", "consumption", "consumption_per"}
CHANNELS = {"user": "web"}  # every other actor comes on the way that bears his name

# Kept beside a record for the product's own use, or told by the entry itself.
INNER = {
    "id", "card_id", "version", "created_at", "updated_at", "title_key", "name_key", "email_key",
    "touched_at", "entered_at", "stage_entered_at", "last_seq", "handed_over_at",
    "handed_over_by_id", "pending", "waiting", "waits", "failures", "retry_at",
    "parked_at", "last_error", "hash",
}  # fmt: skip
SECRET = {"password_hash": "password"}

Change = dict[str, Any]


def api_value(name: str, value: Any, currency: str | None) -> Any:
    """A stored value as the API writes it."""
    if isinstance(value, int) and not isinstance(value, bool):
        if name in MONEY and currency is not None:
            return money.text(value, currency)
        if name in PERCENT:
            return money.unscaled(value, 2)
        if name in THOUSANDTHS:
            return money.unscaled(value, 3)
    elif isinstance(value, datetime):
        return value.astimezone(UTC)
    elif isinstance(value, list) and name in LINES:
        return [_line(line, currency) for line in value]
    return value


def _line(line: Mapping[str, Any], currency: str | None) -> dict[str, Any]:
    """A line as the card shows it; its place is its place in the list."""
    shown = {name: api_value(name, line[name], currency) for name in line if name not in FOLDED}
    if "consumption" in line:
        used = consumption.shown(line["consumption"], line["consumption_per"])
        shown["consumption"] = to_builtins(used)
    return shown


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """What the values written change: of a row as it was read, or of nothing (`{}`)."""
    former = before.get("currency", after.get("currency"))
    latter = after.get("currency", former)
    found = []
    for name, value in after.items():
        was = before.get(name)
        if was == value or name in INNER:
            continue
        if name in SECRET:
            found.append({"field": SECRET[name], "before": None, "after": None})
        else:
            found.append(
                {
                    "field": name,
                    "before": api_value(name, was, former),
                    "after": api_value(name, value, latter),
                }
            )
    return found
