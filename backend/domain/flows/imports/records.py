"""Putting teams, users, products, clients, contacts and leads: made, brought on, or left."""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from decimal import Decimal
from functools import partial
from typing import Any, NamedTuple, TypeVar

import msgspec

from backend.db.session import Unit
from backend.domain import money
from backend.domain.access import Viewer
from backend.domain.catalog import actions as catalog
from backend.domain.catalog.schemas import ProductCreate, ProductFields
from backend.domain.clients import actions as clients
from backend.domain.clients.schemas import ClientCreate, ClientFields
from backend.domain.contacts import actions as contacts
from backend.domain.contacts.schemas import ContactCreate, ContactFields
from backend.domain.flows.imports import queries
from backend.domain.flows.imports.cells import short
from backend.domain.flows.imports.mapping import Section
from backend.domain.flows.imports.queries import Here
from backend.domain.flows.imports.rows import NUMBERS, Draft, RowRefused, column_of
from backend.domain.flows.imports.syncing import Done, Same, Verdict, agreed, flat, judge, nested
from backend.domain.leads.schemas import LeadCreate, LeadFields
from backend.domain.moves import creating, editing
from backend.domain.users import actions as users
from backend.domain.users.schemas import TeamCreate, TeamFields, UserCreate, UserFields
from backend.domain.users.teams import actions as teams

T = TypeVar("T")

REFERENCES = {"team": "team", "owner": "user", "client": "client", "product": "product"}
CREATED, UPDATED, UNCHANGED = "created", "updated", "unchanged"
PERCENT = {"discount_cap", "vat_rate"}
PATTERNS = {
    "currency": "a currency's code, such as RUB",
    "email": "an e-mail address",
    "lead_time": "a time such as P30D, P2W or P1M",
    "period": "a period such as P1M, P6M or P1Y",
}
# What a renewal is said to have, and its agreement holds.
OF_THE_AGREEMENT = {"lead_time": "agreed_lead"}


class Way(NamedTuple):
    """How the records of a kind are made and edited."""

    create: type
    fields: type
    make: Callable[..., Awaitable[int]]
    edit: Callable[..., Awaitable[Any]]


async def _make_lead(tx: Unit, viewer: Viewer, fields: LeadCreate) -> int:
    return await creating.create(tx, viewer, "lead", fields)


async def _edit_lead(
    tx: Unit, viewer: Viewer, lead_id: int, fields: LeadFields, if_match: int | None
) -> int:
    return await editing.edit(tx, viewer, "lead", lead_id, fields, if_match)


WAYS = {
    "team": Way(TeamCreate, TeamFields, teams.create_team, teams.edit_team),
    "user": Way(UserCreate, UserFields, users.create_user, users.edit_user),
    "product": Way(ProductCreate, ProductFields, catalog.create, catalog.edit),
    "client": Way(ClientCreate, ClientFields, clients.create, clients.edit),
    "contact": Way(ContactCreate, ContactFields, contacts.create, contacts.edit),
    "lead": Way(LeadCreate, LeadFields, _make_lead, _edit_lead),
}


async def put(
    tx: Unit,
    viewer: Viewer,
    section: Section,
    draft: Draft,
    values: dict[str, Any],
    here: Here | None,
) -> Done:
    """Make a record, or bring the one that is here to what the source has changed; what was done.

    Stale where somebody wrote it after it was read.
    """
    way = WAYS[section.record]
    if here is None:
        wanted = {**values, "external_id": draft.external_id}
        await way.make(tx, viewer, typed(section, way.create, wanted))
        return Done(CREATED, agreed(flat(values)))
    demand_present(here, section)
    keep_owner(draft, values, here)
    verdict = ruled(section, values, here)
    if not verdict.write:
        return Done(UNCHANGED, verdict)
    record_id, version = here.row["id"], here.row["version"]
    await way.edit(
        tx, viewer, record_id, typed(section, way.fields, nested(verdict.write)), version
    )
    same = await queries.version_of(tx, section.record, record_id) == version
    return Done(UNCHANGED if same else UPDATED, verdict)


def ruled(
    section: Section, values: Mapping[str, Any], here: Here, same: Same | None = None
) -> Verdict:
    """What of the source's fields is written over a record that is here."""
    said = flat(values)
    return judge(section, said, stands(here, said), here.memory, same or partial(alike, here.row))


def stands(here: Here, names: Iterable[str]) -> dict[str, Any]:
    """What stands in some fields of a record; the product of a deal is all its lines."""
    found: dict[str, Any] = {}
    for name in names:
        if name.startswith("custom."):
            found[name] = here.row["custom"].get(name.removeprefix("custom."))
        elif name == "product":
            shown = ("product_id", "quantity", "price")
            found[name] = [[line[column] for column in shown] for line in here.lines]
        else:
            found[name] = here.row[OF_THE_AGREEMENT.get(name, name)]
    return found


def alike(row: Mapping[str, Any], name: str, value: Any) -> bool:
    """Whether a record already has what the source says of a field."""
    if name.startswith("custom."):
        return bool(row["custom"].get(name.removeprefix("custom.")) == value)
    here = row[OF_THE_AGREEMENT.get(name, name)]
    if value is None or here is None:
        return value is None and here is None
    if name in NUMBERS:
        places = 2 if name in PERCENT else money.digits(row["currency"])
        return bool(Decimal(value).scaleb(places) == here)
    return bool((value.strip() if isinstance(value, str) else value) == here)


def keep_owner(draft: Draft, values: dict[str, Any], here: Here) -> None:
    """A record stays with whom it was handed to; whose it is in the source counts once."""
    owner_id = here.row.get("owner_id")
    if values.pop("owner_id", owner_id) != owner_id:
        draft.rules["owner: left with whom it was handed to here"] += 1


def demand_present(here: Here, section: Section) -> None:
    """RowRefused for a record that was deleted here: somebody wanted it gone."""
    if here.row.get("deleted_at") is not None:
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
        raise RowRefused(_plainly(what, pointer, values), column_of(section, pointer)) from None


def _plainly(what: str, pointer: str, values: dict[str, Any]) -> str:
    """A refusal by a pattern, in words."""
    name = pointer.strip("/")
    if "regex" not in what or name not in PATTERNS:
        return what
    return f"“{short(str(values[name]))}” is not {PATTERNS[name]}"
