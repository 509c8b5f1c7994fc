"""What a lead's moves demand and bring about. Pure."""

from collections.abc import Mapping
from typing import Any

from msgspec import structs

from backend.domain.cards.plans import Plan, Situation, common
from backend.domain.tasks.rules import on_entering


def plan(situation: Situation) -> Plan:
    """A lead moves by the common rules: its stages and reasons say what is due, then the task."""
    steps = on_entering("lead", situation.target.key, situation.values["id"])
    return structs.replace(common(situation), follow_ups=steps)


def is_complete(values: Mapping[str, Any]) -> bool:
    """A lead is complete with contact data, a need and a budget."""
    contact = any(values.get(name) for name in ("phone", "email", "messenger"))
    return bool(contact and values.get("need") and values.get("budget") is not None)
