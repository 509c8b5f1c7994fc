"""Writing the company's settings: every process reads them anew, so they hold at once."""

from decimal import Decimal
from typing import Any

from msgspec import to_builtins
from sqlalchemy import update

from backend.db.models import company
from backend.db.session import Row, Unit
from backend.domain import access, consumption, money
from backend.domain.access import Viewer
from backend.domain.calendar import demand_span
from backend.domain.company import queries, rules
from backend.domain.company.schemas import SettingsFields
from backend.domain.consumption import ConsumptionFields
from backend.domain.feed.actions import announce
from backend.domain.feed.rules import differences
from backend.domain.texts import given, written_over
from backend.domain.versions import demand_version
from backend.errors import pointed

WHOLE = 10_000  # a hundred per cent


async def edit(tx: Unit, viewer: Viewer, fields: SettingsFields, if_match: int | None) -> None:
    """Write the given settings; nothing where they say what holds already."""
    access.demand_settings(viewer)
    row = await queries.locked(tx)
    demand_version(row["version"], if_match)
    values = _ready(fields, row)
    changed = {name: value for name, value in values.items() if row[name] != value}
    if not changed:
        return
    version = row["version"] + 1
    changed |= {"version": version, "updated_at": tx.written_at}
    await tx.run(update(company).where(company.c.id == row["id"]).values(**changed))
    await announce(tx, viewer, "updated", "settings", row["id"], version, differences(row, changed))


def _ready(fields: SettingsFields, row: Row) -> dict[str, Any]:
    """Given settings as columns; BadRequest names the one that cannot be."""
    values = given(fields)
    if "name" in values:
        values["name"] = values["name"] or ""
    if "time_zone" in values:
        rules.demand_zone(values["time_zone"] or "")
    if "currency" in values:
        money.digits(values["currency"])
    demand_span(values.get("offer_validity"), "/offer_validity")
    for name in queries.PERCENT:
        if isinstance(values.get(name), Decimal):
            values[name] = money.scaled(values[name], 2, f"/{name}")
            if not 0 <= values[name] <= WHOLE:
                raise pointed("a share of 0 to 100 per cent", f"/{name}")
    _calendar(values, row)
    if "details" in values:
        values["details"] = written_over(row["details"], given(values["details"]))
    return values | _consumption(values, row)


def _calendar(values: dict[str, Any], row: Row) -> None:
    """Days off and working days as they are stored: each once, in order."""
    if "working_days" in values:
        values["working_days"] = [day.isoformat() for day in values["working_days"]]
    whole = {**row, **values}
    rules.demand_calendar(whole["days_off"], whole["working_days"])
    for name in ("days_off", "working_days"):
        if name in values:
            values[name] = sorted(set(values[name]))


def _consumption(values: dict[str, Any], row: Row) -> dict[str, Any]:
    """The consumption of categories as it is stored, with what is given written over it."""
    given: dict[str, ConsumptionFields | None] = values.get("consumption", {})
    found = dict(row["consumption"])
    for category, one in given.items():
        stored = consumption.columns(one, f"/consumption/{category}")
        shown = consumption.shown(stored["consumption"], stored["consumption_per"])
        found.pop(category, None)
        if shown is not None:
            found[category] = to_builtins(shown)
    return {"consumption": found}
