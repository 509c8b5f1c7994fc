"""Contacts as their create requests."""

from typing import Any

from backend.domain.contacts.schemas import ContactCreate
from tests.factories.base import RequestFactory, made
from tests.office import Person


class ContactFactory(RequestFactory[ContactCreate]):
    """A person with a name; the client is to be given."""

    name = "Pyotr Ivanov"


async def new_contact(person: Person, **fields: Any) -> dict[str, Any]:
    return await made(person, "/contacts", ContactFactory, **fields)
