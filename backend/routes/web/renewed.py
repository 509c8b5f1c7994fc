"""What a win is asked in the browser: of a renewal the next one, of a sale whether it renews."""

from typing import Any

from litestar import Response

from backend.db.session import Unit
from backend.domain.boards.dialogs import queries as dialogs
from backend.errors import DomainError, NextDateNeeded
from backend.routes.web import stage_form
from backend.routes.web.fields import PERIODS
from backend.routes.web.stage_form import Sent, in_dialog
from backend.routes.web.view import View

DATES = {"next_renewal_date", "next_period"}
OWN = {*DATES, "end_reason_id"}


async def first(view: View, kind: Any, given: Sent, post: str) -> Response[Any] | None:
    """What is asked before one card is moved and nothing is refused; None for most moves."""
    asks = {"deal": _whether, "renewal": dialog}.get(kind.name)
    if asks is None or len(given.versions) > 1:
        return None
    return await view.read(lambda tx: asks(tx, view, kind, given, post))


async def _whether(tx: Unit, view: View, kind: Any, given: Sent, post: str) -> Response[Any] | None:
    (card_id,) = given.versions
    if not await dialogs.leaves_unsaid(tx, view.viewer, card_id, given.form.to):
        return None
    need = NextDateNeeded(
        "Left empty, no renewal is planned", missing_fields=["renewal_period|renewal_date|one_off"]
    )
    return await stage_form.dialog(tx, view, kind, given, need, post)


async def dialog(
    tx: Unit, view: View, kind: Any, given: Sent, post: str, need: DomainError | None = None
) -> Response[Any] | None:
    """The dialog where one renewal is to be won; None for any other move.

    `need` is what was refused after it had been seen.
    """
    ids = list(given.versions)
    if kind.name != "renewal" or len(ids) > 1:
        return None
    found = await dialogs.renewed(tx, view.viewer, ids[0], given.form.to)
    if found is None:
        return None
    known = given.known
    kept = {name: value for name, value in known.items() if name not in OWN}
    changed = found.following is None or bool(known.keys() & DATES)
    return in_dialog(view.fragment(
        "board/_renewed.html", 422, post=post, found=found, known=known, changed=changed,
        about=await dialogs.about(tx, view.viewer, kind.name, ids), periods=PERIODS,
        kept=kept | {"asked": "true"}, need=None if need is None else view.refusal(need),
    ))  # fmt: skip
