"""Sending the letters that wait in the outbox."""

import logging
import time
from functools import partial
from typing import Any

from backend.db.session import Unit, unit
from backend.domain.letters import actions
from backend.domain.letters.rules import Failure, Letter
from backend.domain.users.queries import as_system
from backend.mailer import NotSent
from backend.resources import Resources

log = logging.getLogger(__name__)

LONGEST = 30.0  # seconds of one run; the next one goes on where it ended
NO_SERVER = Failure("no mail server is set (VORONKA_SMTP_URL, VORONKA_MAIL_FROM)", for_good=True)


async def send_letters(ctx: dict[str, Any]) -> None:
    """Send what waits, one letter after the other.

    Each is taken, sent while no transaction is open, and noted: a letter goes out at least once,
    and twice only where the worker dies between the server's yes and its own note of it.
    """
    resources: Resources = ctx["resources"]
    until = time.monotonic() + LONGEST
    while time.monotonic() < until:
        letter = await unit(resources.database, resources.now, actions.claim)
        if letter is None:
            return
        failure = await _send(resources, letter)
        await unit(
            resources.database,
            resources.now,
            partial(_note, letter=letter, failure=failure),
            resources.deliver,
        )


async def _send(resources: Resources, letter: Letter) -> Failure | None:
    if resources.mailer is None:
        return NO_SERVER
    try:
        await resources.mailer.send(letter)
    except NotSent as error:
        log.warning("letter %s was not sent: %s", letter.id, error.why)
        return Failure(error.why, error.for_good)
    return None


async def _note(tx: Unit, letter: Letter, failure: Failure | None) -> None:
    viewer = await as_system(tx, "worker")
    if failure is None:
        await actions.note_sent(tx, viewer, letter.id)
    else:
        await actions.note_failure(tx, viewer, letter.id, failure)
