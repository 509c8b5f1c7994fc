"""Contacts in REST: the people at a client."""

from litestar import Router

from backend.domain.contacts import actions, queries
from backend.domain.contacts.schemas import (
    Contact,
    ContactCreate,
    ContactFields,
    ContactFilters,
    Contacts,
)
from backend.domain.flows import upserts
from backend.routes.api.records import Reads, Resource, Shapes, Writes, routes

RESOURCE = Resource(
    "contact",
    "contacts",
    Shapes(Contact, Contacts, ContactFilters, ContactCreate, ContactFields, ContactFields),
    Reads(queries.page, queries.one, lambda tx, _, record_id: queries.written(tx, record_id)),
    Writes(actions.create, actions.edit, actions.delete, actions.restore, upserts.upsert_contact),
)

router = Router("/contacts", route_handlers=routes(RESOURCE), tags=["Contacts"])
