"""Deactivating a user: nothing of what he was to look after is left behind."""

from msgspec import UNSET

from backend.db.session import Unit
from backend.domain import access
from backend.domain.access import Viewer
from backend.domain.agreements import actions as agreements
from backend.domain.flows.transfer import transfer_client
from backend.domain.moves import editing
from backend.domain.tasks.steps import actions as tasks
from backend.domain.users import actions, queries
from backend.domain.users.belongings import queries as belongings
from backend.domain.users.schemas import UserEdit, UserFields
from backend.domain.versions import demand_version
from backend.errors import pointed


async def edit_user(
    tx: Unit, viewer: Viewer, user_id: int, given: UserEdit, if_match: int | None
) -> None:
    """Write the given fields of a user, who may hand over all that is his and go."""
    if given.hand_over_to is not UNSET:
        access.demand_settings(viewer)
        row = await queries.locked_user(tx, user_id)
        demand_version(row["version"], if_match)
        if given.active is not False and not await _will_only_read(tx, given):
            raise pointed(
                "this is for a user who is deactivated, or reads only from now on", "/hand_over_to"
            )
        if given.hand_over_to == user_id:
            raise pointed("this is the one who goes", "/hand_over_to")
        await queries.demand_writing(tx, given.hand_over_to, "/hand_over_to")
        await _hand_over(tx, viewer, user_id, given.hand_over_to, given.hand_over_note)
    names = UserFields.__struct_fields__
    fields = UserFields(**{name: getattr(given, name) for name in names})
    await actions.edit_user(tx, viewer, user_id, fields, if_match)


async def _will_only_read(tx: Unit, given: UserEdit) -> bool:
    return given.role is not UNSET and await queries.only_reads(tx, given.role)


async def _hand_over(tx: Unit, viewer: Viewer, old: int, new: int, note: str | None) -> None:
    """Clients go with what is under way for them; then what hangs on somebody else's client."""
    for client_id in await belongings.clients(tx, old):
        await transfer_client(tx, viewer, client_id, new, note, None)
    for found in await belongings.cards(tx, old):
        await editing.transfer(tx, viewer, found["kind"], found["id"], new, note, None)
    for agreement_id in await belongings.agreements(tx, old):
        await agreements.change(tx, viewer, agreement_id, owner_id=new)
    await tasks.hand_over(tx, viewer, old, new)
