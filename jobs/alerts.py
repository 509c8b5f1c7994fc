"""Telling heads of the limits that reasons have broken, and of streaks."""

from typing import Any

from backend.domain.funnels.alerts.actions import tell_heads


async def alert_heads(ctx: dict[str, Any]) -> None:
    """Every few minutes: whatever holds now, each head once; what holds no longer is taken back."""
    resources = ctx["resources"]
    await tell_heads(resources.database, resources.now, resources.deliver)
