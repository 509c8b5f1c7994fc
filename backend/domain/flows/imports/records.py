"""Putting teams, users, products and clients: made, edited where the source differs, or left."""

import re
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple, TypeVar

import msgspec

from backend.db.session import Unit
from backend.domain.access import Viewer
from backend.domain.catalog import actions as catalog
from backend.domain.catalog.schemas import ProductCreate, ProductFields
from backend.domain.clients import actions as clients
from backend.domain.clients.schemas import ClientCreate, ClientFields
from backend.domain.flows.imports import queries
from backend.domain.flows.imports.mapping import Section
from backend.domain.flows.imports.queries import Known
from backend.domain.flows.imports.rows import Draft, RowRefused, column_of
from backend.domain.users import actions as users
from backend.domain.users.schemas import TeamCreate, TeamFields, UserCreate, UserFields
from backend.domain.users.teams import actions as teams

T = TypeVar("T")

REFERENCES = {"team": "team", "owner": "user", "client": "client", "product": "product"}
CREATED, UPDATED, UNCHANGED = "created", "updated", "unchanged"


class Way(NamedTuple):
    """How the records of a kind are made and edited."""

    create: type
    fields: type
    make: Callable[..., Awaitable[int]]
    edit: Callable[..., Awaitable[Any]]


WAYS = {
    "team": Way(TeamCreate, TeamFields, teams.create_team, teams.edit_team),
    "user": Way(UserCreate, UserFields, users.create_user, users.edit_user),
    "product": Way(ProductCreate, ProductFields, catalog.create, catalog.edit),
    "client": Way(ClientCreate, ClientFields, clients.create, clients.edit),
}


async def put(
    tx: Unit,
    viewer: Viewer,
    section: Section,
    draft: Draft,
    values: dict[str, Any],
    here: Known | None,
) -> str:
    """Make a record, or bring the one that is here to what the source says; what was done."""
    way = WAYS[section.record]
    if here is None:
        wanted = {**values, "external_id": draft.external_id}
        await way.make(tx, viewer, typed(section, way.create, wanted))
        return CREATED
    demand_present(here.deleted, section)
    keep_owner(draft, values, here.owner_id)
    await way.edit(tx, viewer, here.id, typed(section, way.fields, values), None)
    same = await queries.version(tx, section.record, here.id) == here.version
    return UNCHANGED if same else UPDATED


def keep_owner(draft: Draft, values: dict[str, Any], owner_id: int | None) -> None:
    """A record stays with whom it was handed to; whose it is in the source counts once."""
    if values.pop("owner_id", owner_id) != owner_id:
        draft.rules["owner: left with whom it was handed to here"] += 1


def demand_present(deleted: bool, section: Section) -> None:
    """RowRefused for a record that was deleted here: somebody wanted it gone."""
    if deleted:
        raise RowRefused(
            "it was deleted here; restore it, then import again", column_of(section, "external_id")
        )


def resolved(section: Section, draft: Draft, ids: dict[str, dict[str, int]]) -> dict[str, Any]:
    """The fields of a draft with the ids of what they name; RowRefused where there is none."""
    values = dict(draft.fields)
    for field, record in REFERENCES.items():
        if field not in values:
            continue
        name = values.pop(field)
        if name is None and field == "owner":
            raise RowRefused("it is empty, and an owner is needed", column_of(section, field))
        if name is not None and name not in ids[record]:
            raise RowRefused(f"there is no {record} “{name}”", column_of(section, field))
        values[f"{field}_id"] = None if name is None else ids[record][name]
    return values


def references(draft: Draft) -> list[tuple[str, str]]:
    """The records that a draft names: their kinds and external ids."""
    return [
        (record, draft.fields[field])
        for field, record in REFERENCES.items()
        if draft.fields.get(field) is not None
    ]


def typed(section: Section, kind: type[T], values: dict[str, Any]) -> T:
    """Fields as the domain takes them; RowRefused names the column of the one that is wrong."""
    try:
        return msgspec.convert(values, kind)
    except msgspec.ValidationError as error:
        what, _, path = str(error).partition(" - at `$")
        pointer = re.sub(r"[.\[]", "/", path.rstrip("`").replace("]", ""))
        raise RowRefused(what, column_of(section, pointer)) from None
