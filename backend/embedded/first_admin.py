"""The first administrator, made when nobody could sign in otherwise."""

from backend.embedded.handover import FirstAdmin


async def ensure(url: str) -> FirstAdmin | None:
    """Make an administrator unless there is an active one; gives what is shown once."""
    return None
