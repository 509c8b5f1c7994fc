"""The people at a client: a dialog makes and changes them; the page behind it shows them anew."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath
from msgspec import Struct, structs

from backend.db.session import Unit
from backend.domain import access
from backend.domain.clients import queries as clients
from backend.domain.clients.schemas import Email, Name, Text, Word
from backend.domain.contacts import actions, queries
from backend.domain.contacts.schemas import ContactCreate, ContactFields, Line
from backend.routes.web import pages
from backend.routes.web.handing import VersionForm, done
from backend.routes.web.view import ViewDep

OF_CLIENT = "/clients/{record_id:int}/contacts"
ONE = "/contacts/{record_id:int}"


class PersonForm(Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody at a client."""

    name: Name
    job_title: Line | None = None
    phone: Word | None = None
    email: Email | None = None
    messenger: Line | None = None
    note: Text | None = None
    is_primary: bool = False

    @property
    def told(self) -> dict[str, Any]:
        """What was said of him."""
        return {name: value for name, value in structs.asdict(self).items() if name != "version"}


class KnownForm(PersonForm, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The same of somebody who is there already, in the version that was read."""

    version: int


@get(f"{OF_CLIENT}/new", include_in_schema=False)
async def blank(view: ViewDep, record_id: FromPath[int]) -> Response[Any]:
    async def work(tx: Unit) -> Response[Any]:
        client = await clients.one(tx, view.viewer, record_id)
        access.demand_edit(view.viewer, client.owner_id, "contact")
        return view.fragment(
            "clients/_contact.html", person=None, here=f"/clients/{client.id}/contacts"
        )

    return await view.read(work)


@post(OF_CLIENT, status_code=200, include_in_schema=False)
async def made(view: ViewDep, record_id: FromPath[int]) -> Response[Any]:
    form = await view.form(PersonForm)
    given = ContactCreate(client_id=record_id, **form.told)
    await view.change(lambda tx: actions.create(tx, view.viewer, given))
    return _shown_anew()


@get(ONE, include_in_schema=False)
async def one(view: ViewDep, record_id: FromPath[int]) -> Response[Any]:
    person = await view.read(lambda tx: queries.one(tx, view.viewer, record_id))
    return view.fragment("clients/_contact.html", person=person, here=f"/contacts/{record_id}")


@post(ONE, status_code=200, include_in_schema=False)
async def changed(view: ViewDep, record_id: FromPath[int]) -> Response[Any]:
    form = await view.form(KnownForm)
    given = ContactFields(**form.told)
    await view.change(lambda tx: actions.edit(tx, view.viewer, record_id, given, form.version))
    return _shown_anew()


@post(f"{ONE}/delete", status_code=200, include_in_schema=False)
async def removed(view: ViewDep, record_id: FromPath[int]) -> Response[Any]:
    form = await view.form(VersionForm)

    async def work(tx: Unit) -> str:
        person = await queries.one(tx, view.viewer, record_id)
        await actions.delete(tx, view.viewer, record_id, form.version)
        return person.name

    told = view.gettext("%(number)s was deleted") % {"number": await view.change(work)}
    return pages.toast(_shown_anew(), told, undo=f"/contacts/{record_id}/restore", version=0)


@post(f"{ONE}/restore", status_code=200, include_in_schema=False)
async def restored(view: ViewDep, record_id: FromPath[int]) -> Response[Any]:
    await view.change(lambda tx: actions.restore(tx, view.viewer, record_id))
    return _shown_anew()


def _shown_anew() -> Response[Any]:
    """The dialog closes, and whatever page is open asks for its people again."""
    return done(pages.empty(200, {"HX-Reswap": "none"}))


HANDLERS = [blank, made, one, changed, removed, restored]
