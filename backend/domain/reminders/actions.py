"""Writing reminder rules."""

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import insert, update

from backend.db.models import reminder_rule
from backend.db.session import Row, Unit
from backend.domain import access
from backend.domain.access import Viewer
from backend.domain.feed.actions import announce, write
from backend.domain.feed.rules import differences
from backend.domain.reminders import checks, queries
from backend.domain.reminders.schemas import ReminderRuleCreate, ReminderRuleFields
from backend.domain.tasks.rules import RULES as AT_ONCE
from backend.domain.texts import given
from backend.domain.versions import demand_version
from backend.errors import Conflict

SCOPE = ("pipeline_id", "product_id", "segment")
BLANK: dict[str, Any] = {
    "active": True, "family": None, "pipeline_id": None, "product_id": None,
    "segment": None,
}  # fmt: skip


async def create(tx: Unit, viewer: Viewer, fields: ReminderRuleCreate) -> int:
    """Make a rule, or another variant of one; its id."""
    access.demand_settings(viewer)
    blank = {**BLANK, "while": [] if fields.kind == "client" else ["open"]}
    values = {**blank, **await _ready(tx, viewer, fields, blank)}
    own_key = values.setdefault("key", "own")
    stamps = {"version": 1, "created_at": tx.now, "updated_at": tx.written_at}
    await _demand_room(tx, values, None)
    row = {**values, **stamps}
    rule_id: int = await tx.scalar(insert(reminder_rule).returning(reminder_rule.c.id), row)
    if own_key == "own":  # a rule of its own is called by its number
        row["key"] = f"own_{rule_id}"
        where = reminder_rule.c.id == rule_id
        await tx.run(update(reminder_rule).where(where).values(key=row["key"]))
    await announce(tx, viewer, "created", "reminder_rule", rule_id, 1, differences({}, row))
    return rule_id


async def edit(
    tx: Unit, viewer: Viewer, rule_id: int, fields: ReminderRuleFields, if_match: int | None
) -> None:
    """Write the given fields of a rule; what it did stays done."""
    access.demand_settings(viewer)
    row = await queries.locked(tx, rule_id)
    demand_version(row["version"], if_match)
    values = await _ready(tx, viewer, fields, row)
    await _demand_room(tx, {**row, **values}, rule_id)
    await _write(tx, viewer, row, values, "updated")


async def delete(tx: Unit, viewer: Viewer, rule_id: int, if_match: int | None) -> None:
    """Delete a rule softly: it fires no more."""
    access.demand_settings(viewer)
    row = await queries.locked(tx, rule_id)
    demand_version(row["version"], if_match)
    await _write(tx, viewer, row, {"deleted_at": tx.now}, "deleted")


async def restore(tx: Unit, viewer: Viewer, rule_id: int) -> None:
    """Bring a deleted rule back as it was."""
    access.demand_settings(viewer)
    row = await queries.locked(tx, rule_id, deleted=True)
    await _demand_room(tx, row, rule_id)
    await _write(tx, viewer, row, {"deleted_at": None}, "restored")


async def _write(tx: Unit, viewer: Viewer, row: Row, values: dict[str, Any], what: str) -> None:
    changed = {name: value for name, value in values.items() if row[name] != value}
    if not changed:
        return
    await write(tx, viewer, what, reminder_rule, row, changed)


async def _demand_room(tx: Unit, values: Mapping[str, Any], rule_id: int | None) -> None:
    """Conflict where a rule has this variant already, or can have none."""
    if values["key"] in AT_ONCE and " " in values["scope"]:
        raise Conflict(
            f"“{values['key']}” makes its task in the very move, for all records alike; write a"
            " rule with a key of its own for a part of them"
        )
    for other in await queries.variants(tx, values["key"]):
        if other["id"] != rule_id and other["scope"] == values["scope"]:
            raise Conflict(
                "This rule has a variant for the same pipeline, product and segment already",
                record={"kind": "reminder_rule", "id": other["id"]},
            )


async def _ready(
    tx: Unit,
    viewer: Viewer,
    fields: ReminderRuleCreate | ReminderRuleFields,
    row: Mapping[str, Any],
) -> dict[str, Any]:
    """Given fields as columns, looked at together with those that stay.

    What is given in one language as it was does not take the place of the other's.
    """
    values = given(fields)
    if "during" in values:
        values["while"] = values.pop("during")
    locale = viewer.company.locale
    name = values.pop("name", None)
    if name is not None and name != row.get(f"name_{locale}"):
        values |= {"name_ru": name, "name_en": name}
    if "actions" in values:
        asked = [msgspec.structs.asdict(action) for action in values["actions"]]
        ready = [checks.stored(place, one) for place, one in enumerate(asked)]
        values["actions"] = [checks.kept(one, row.get("actions", []), locale) for one in ready]
    whole = {**row, **values}
    checks.demand_moment(whole)
    checks.demand_words(whole, await queries.stage_keys(tx, whole["kind"]))
    checks.demand_actions(whole, await queries.deal_pipelines(tx))
    if "actions" in values:
        for where, product_id in checks.offered(whole):
            await queries.demand_product(tx, product_id, where)
    values["scope"] = await _scope(tx, whole, values)
    return values


async def _scope(tx: Unit, whole: Mapping[str, Any], values: Mapping[str, Any]) -> str:
    """The scope in one text, by which two variants of a rule are told apart."""
    if whole["pipeline_id"] is not None and {"pipeline_id", "kind"} & values.keys():
        await queries.demand_pipeline(tx, whole["pipeline_id"], whole["kind"])
    if values.get("product_id") is not None:
        await queries.demand_product(tx, values["product_id"])
    parts = [f"{name.removesuffix('_id')}:{whole[name]}" for name in SCOPE if whole[name]]
    return " ".join([whole["kind"], *parts])
