"""Notes that a token is in use: after the answer has gone out, and seldom."""

import logging
from datetime import datetime
from typing import Any

from litestar import Request

from backend.db.session import unit
from backend.domain.access import Viewer
from backend.domain.users.tokens.actions import NOTED_EVERY, note_use

log = logging.getLogger(__name__)


async def note_token_use(request: Request[Any, Any, Any]) -> None:
    """Write the hour of a token's use; a database that is away costs the note alone."""
    viewer: Viewer | None = request.state.get("viewer")
    if viewer is None or viewer.token_id is None:
        return
    token_id, resources = viewer.token_id, request.app.state.resources
    noted: dict[int, datetime] = request.app.state.setdefault("token_use", {})
    now = resources.now()
    if token_id in noted and now - noted[token_id] < NOTED_EVERY:
        return
    noted[token_id] = now
    try:
        await unit(resources.database, resources.now, lambda tx: note_use(tx, token_id))
    except Exception as error:  # nobody waits for it and nothing depends on it
        log.warning("the use of token %s was not noted: %s", token_id, type(error).__name__)
