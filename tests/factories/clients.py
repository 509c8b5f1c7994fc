"""Clients as their create requests."""

from typing import Any

from backend.domain.clients.schemas import ClientCreate
from tests.factories.base import RequestFactory, made
from tests.office import Person


class ClientFactory(RequestFactory[ClientCreate]):
    """A client with a name."""

    name = "Acme"


async def new_client(person: Person, **fields: Any) -> dict[str, Any]:
    return await made(person, "/clients", ClientFactory, **fields)
