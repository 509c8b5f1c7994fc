"""A head's consent to an offer, with terms of his own where he changes some."""

from msgspec import UNSET

from backend.db.session import Unit
from backend.domain.access import Viewer
from backend.domain.moves import editing
from backend.domain.offers import actions as offers
from backend.domain.offers import queries
from backend.domain.offers.schemas import ApproveRequest
from backend.domain.tasks.rules import make
from backend.domain.tasks.steps import actions as tasks


async def approve(
    tx: Unit, viewer: Viewer, offer_id: int, given: ApproveRequest, if_match: int | None
) -> int:
    """Approve an offer; its new version.

    Where the head changes terms, those before are kept as a revision, and the number rises. The
    owner's next step is to discuss it with the client.
    """
    row = await offers.decidable(tx, viewer, offer_id, if_match)
    raised = {}
    if given.fields is not UNSET:
        before = await queries.content(tx, offer_id)
        version = await editing.edit(tx, viewer, "offer", offer_id, given.fields, None)
        if version != row["version"]:
            await offers.keep_revision(tx, viewer, offer_id, given.comment, before)
            raised = {"revision": row["revision"] + 1}
    told = given.comment
    version = await offers.decide(tx, viewer, offer_id, "approved", told, None, **raised)
    await tasks.make(tx, viewer, row["owner_id"], make("o_approved", offer_id))
    return version
