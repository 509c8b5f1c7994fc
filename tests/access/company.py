"""A company with two teams in which everybody has one of everything: what the matrix is over."""

import os
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import insert, select, update

from backend import security
from backend.db.models import (
    agreement,
    agreement_file,
    api_token,
    app_user,
    card,
    metadata,
    notification,
    product,
    reason,
    reminder_rule,
    renewal,
)
from backend.domain.access import Viewer
from backend.routes.policy import POLICY
from tests.access.store import Store
from tests.access.wire import Reply, call
from tests.office import NOON, Office

OWNERS = ("anna", "vera", "boris", "head", "admin")
ABSENT = 2**40
DETAILS = {
    "name": "ООО «Пример»", "inn": "7707083893", "bank": "АО «Банк»", "bik": "044525225",
    "account": "40702810900000000001", "director": "Иванов И. И.",
}  # fmt: skip
LINES = [{"description": "Seat", "quantity": "1", "price": "100"}]


@dataclass(frozen=True)
class Caller:
    """Somebody who calls: with a token of a kind, or without one."""

    name: str
    token: str | None
    viewer: Viewer | None


@dataclass
class Company:
    """The people, and what they own: `records[kind][owner]`, each as the API told it."""

    office: Office
    store: Store
    callers: dict[str, Caller] = field(default_factory=dict)
    people: dict[str, int] = field(default_factory=dict)
    records: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    deleted: dict[str, dict[str, Any]] = field(default_factory=dict)
    common: dict[str, Any] = field(default_factory=dict)

    def takes(self, number: int, of: int = 2) -> bool:
        """Whether this database takes a case: they share them, `make matrix` has both take all."""
        mine = self.store.dialect == "postgresql"
        return "MATRIX_WHOLE" in os.environ or number % of == mine

    async def call(
        self,
        method: str,
        path: str,
        caller: str = "admin",
        body: Any = None,
        version: int | str | None = None,
        **headers: str,
    ) -> Reply:
        more = {name.replace("_", "-"): value for name, value in headers.items()}
        if version is not None:
            more["if-match"] = f'"{version}"'
        token = self.callers[caller].token
        return await call(self.office.app, method, path, token, body, more)

    async def made(self, path: str, owner: str, body: dict[str, Any]) -> dict[str, Any]:
        reply = await self.call("POST", path, owner, body)
        assert reply.status == 201, (path, owner, reply.body)
        return dict(reply.json)


async def founded(store: Store) -> Company:
    """The company, in a database that holds nothing but the default data."""
    office = Office(store)
    office.resources.press = Paper()  # type: ignore[assignment]
    company = Company(office, store)
    await office.set_company(details=DETAILS)
    await _hire(company)
    await _stock(company)
    for owner in OWNERS:
        await _fill(company, owner)
    await _show(company)
    await _delete(company, "anna")
    for caller in company.callers:  # tokens are noted as used, once an hour
        await company.call("GET", "/me", caller)
    return company


class Paper:
    """Prints nothing, at once."""

    async def pdf(self, sheet: Any) -> bytes:
        return b"%PDF-"


async def _hire(company: Company) -> None:
    office = company.office
    north, south = await office.team("north"), await office.team("south")
    company.common["teams"] = {"id": north, "version": 1, "external_id": "team"}
    for name, role, team in (
        ("anna", "manager", north), ("vera", "manager", north), ("boris", "manager", south),
        ("head", "head", north), ("admin", "admin", None), ("viewer", "viewer", None),
        ("gone", "manager", north), ("ilya", "manager", south),
    ):  # fmt: skip
        person = await office.person(name, role, team)
        viewer = await office.viewer(person)
        company.people[name] = person.id
        company.callers[name] = Caller(name, person.token, viewer)
    anna = company.people["anna"]
    reader = await office.signed_in(
        anna, ("cards:read", "clients:read", "reports:read", "tasks:read")
    )
    narrow = await office.signed_in(anna, ("leads:intake",))
    expired = await office.signed_in(anna)
    company.callers["reader"] = Caller("reader", reader.token, await office.viewer(reader))
    company.callers["narrow"] = Caller("narrow", narrow.token, await office.viewer(narrow))
    company.callers["expired"] = Caller("expired", expired.token, None)
    company.callers["gone"] = Caller("gone", company.callers["gone"].token, None)
    company.callers["nobody"] = Caller("nobody", None, None)
    company.callers["stranger"] = Caller("stranger", security.new_token(), None)
    hashed = security.token_hash(expired.token)
    late = update(api_token).where(api_token.c.hash == hashed).values(expires_at=NOON)
    await office.do(lambda tx: tx.run(late))
    left = update(app_user).where(app_user.c.id == company.people["gone"]).values(active=False)
    await office.do(lambda tx: tx.run(left))


async def _stock(company: Company) -> None:
    """What is nobody's own."""
    common, store = company.common, company.store.connection
    common["products"] = await company.made(
        "/products", "admin", {"name": "Seat", "price": "100", "external_id": "product"}
    )
    rule = {"name": "R", "kind": "lead", "anchor": "created", "offset": "P1D",
            "actions": [{"type": "webhook"}]}  # fmt: skip
    common["reminder-rules"] = await company.made("/reminder-rules", "admin", rule)
    common["reminder-rules:deleted"] = await company.made("/reminder-rules", "admin", rule)
    gone = update(reminder_rule).where(reminder_rule.c.id == common["reminder-rules:deleted"]["id"])
    await store.execute(gone.values(deleted_at=NOON))
    common["products:deleted"] = await company.made(
        "/products", "admin", {"name": "Gone", "external_id": "gone"}
    )
    gone = update(product).where(product.c.id == common["products:deleted"]["id"])
    await store.execute(gone.values(deleted_at=NOON))
    listed = (await company.call("GET", "/pipelines")).json["items"]
    common["pipelines"] = next(one for one in listed if one["key"] == "sales")
    common["stages"] = common["pipelines"]["stages"][1]
    common["other_stage"] = common["pipelines"]["stages"][2]["id"]
    found = await store.execute(
        select(reason).where(reason.c.pipeline_id == common["pipelines"]["id"])
    )
    common["reasons"] = dict(found.mappings().first() or {})
    common["users"] = (await company.call("GET", f"/users/{company.people['gone']}")).json
    for name in ("users", "teams"):
        table = metadata.tables[{"users": "app_user", "teams": "team"}[name]]
        where = table.c.id == common[name]["id"]
        await store.execute(update(table).where(where).values(external_id=f"{name}-name"))
        common[name] = {**common[name], "external_id": f"{name}-name"}


async def _fill(company: Company, owner: str) -> None:
    """One of everything for somebody, of some kinds in several states."""

    async def new(kind: str, variant: str = "", **body: Any) -> dict[str, Any]:
        made = await company.made(f"/{kind}", owner, body)
        company.records.setdefault(kind + variant, {})[owner] = made
        return made

    name = {"external_id": owner}
    acme = await new("clients", name=f"Client of {owner}", **name)
    at = {"client_id": acme["id"]}
    await new("clients", ":double", name=f"Double of {owner}")
    await new("leads", title=f"Lead of {owner}", phone="1", **at, **name)
    await new("deals", title=f"Deal of {owner}", **at, **name)
    await new("offers", title=f"Offer of {owner}", lines=LINES, **at, **name)
    term = {"amount": "100", "renewal_date": "2026-09-09", **at}
    await new("renewals", title=f"Renewal of {owner}", **term)
    agreed = await new("agreements", title=f"Agreement of {owner}", **term, **name)
    file = {"agreement_id": agreed["id"], "name": "k.pdf", "size": 1, "content": b"k"}
    await company.store.connection.execute(insert(agreement_file), {**file, "added_at": NOON})
    await new("tasks", title=f"Task of {owner}", **at)
    await new("activities", body=f"Note of {owner}", **at)
    await new("tokens", name=f"Token of {owner}", scopes=["cards:read"])
    if "POST /contacts" in POLICY:
        await new("contacts", name=f"Contact of {owner}", **at, **name)
    await _told(company, owner)
    await _in_other_states(company, owner, at)


async def _told(company: Company, owner: str) -> None:
    """Something that somebody was told, about nothing in particular."""
    row = {
        "user_id": company.people[owner], "text": f"Told to {owner}", "created_at": NOON,
        "updated_at": NOON,
    }  # fmt: skip
    query = insert(notification).returning(notification.c.id)
    number = (await company.store.connection.execute(query, row)).scalar_one()
    company.records.setdefault("notifications", {})[owner] = {"id": number, "version": 1}


async def _in_other_states(company: Company, owner: str, at: dict[str, Any]) -> None:
    """Cards that their owner has just moved, and an agreement that nothing is pending for."""
    moves: dict[str, tuple[dict[str, Any], str]] = {
        "leads": ({"title": "Moved", "phone": "1"}, "contacted"),
        "deals": ({"title": "Moved"}, "offer"),
        "offers": ({"title": "Moved", "lines": LINES}, "request"),
        "renewals": ({"amount": "1", "renewal_date": "2026-09-09"}, "invoice_required"),
    }
    for kind, (body, stage) in moves.items():
        made = await company.made(f"/{kind}", owner, {**body, **at})
        path = f"/{kind}/{made['id']}/move"
        reply = await company.call("POST", path, owner, {"stage": stage}, made["version"])
        assert reply.status == 200, reply.body
        company.records.setdefault(f"{kind}:moved", {})[owner] = reply.json
    row = {
        "title": "Bare", "title_key": "bare", "status": "running", "currency": "RUB",
        "owner_id": company.people[owner], "anchor_date": NOON.date(), "anchor_cycle": 1,
        "pipeline_id": company.records["agreements"][owner]["pipeline_id"], "custom": {},
        "version": 1, "created_at": NOON, "updated_at": NOON, **at,
    }  # fmt: skip
    query = insert(agreement).returning(agreement.c.id)
    number = (await company.store.connection.execute(query, row)).scalar_one()
    company.records.setdefault("agreements:bare", {})[owner] = {"id": number, "version": 1}


async def _show(company: Company) -> None:
    """What Anna and her head may read and not change: Ilya's cards for her client, his clients."""
    hers = {"client_id": company.records["clients"]["anna"]["id"]}
    his = {**hers, "owner_id": company.people["ilya"], "external_id": "shown"}
    made = {
        "leads": {"title": "Shown", "phone": "1", **his},
        "deals": {"title": "Shown", **his},
        "offers": {"title": "Shown", "lines": LINES, **his},
    }
    for kind, body in made.items():
        company.records[kind]["shown"] = await company.made(f"/{kind}", "admin", body)
    at: dict[str, Any] = {}
    for kind, name in (("clients:double", {}), ("clients", {"external_id": "shown"})):
        made_client = await company.made("/clients", "ilya", {"name": "Shown", **name})
        company.records[kind]["shown"] = made_client
        at = {"client_id": made_client["id"]}
        deal = {"title": "Hers", "owner_id": company.people["anna"], **at}
        await company.made("/deals", "admin", deal)
    for kind, body in (
        ("contacts", {"name": "Shown", "external_id": "shown"}), ("tasks", {"title": "Shown"}),
        ("activities", {"body": "Shown"}),
    ):  # fmt: skip
        company.records[kind]["shown"] = await company.made(f"/{kind}", "ilya", {**body, **at})


async def _delete(company: Company, owner: str) -> None:
    """One more of everything, deleted."""
    at = {"client_id": company.records["clients"][owner]["id"]}
    name = {"external_id": f"{owner}-deleted"}
    term = {"amount": "100", "renewal_date": "2026-09-09", **at}
    gone: dict[str, dict[str, Any]] = {
        "clients": {"name": "Gone", **name},
        "leads": {"title": "Gone", **name},
        "deals": {"title": "Gone", **at, **name},
        "offers": {"title": "Gone", **at, **name},
        "tasks": {"title": "Gone", **at},
        "activities": {"body": "Gone", **at},
        "renewals": {"title": "Gone", **term},
        "agreements": {"title": "Gone", **term, **name},
    }
    if "POST /contacts" in POLICY:
        gone["contacts"] = {"name": "Gone", **at, **name}
    for kind, body in gone.items():
        made = await company.made(f"/{kind}", owner, body)
        company.deleted[kind] = made
        where = {"renewals": card, "agreements": agreement}.get(kind)
        if where is not None:  # nobody can, while something is pending
            mark = update(where).where(where.c.id == made["id"]).values(deleted_at=NOON)
            await company.store.connection.execute(mark)
            over = update(renewal).where(renewal.c.card_id == made["id"])
            if kind == "renewals":
                await company.store.connection.execute(over.values(pending=False, waiting=False))
            continue
        reply = await company.call("DELETE", f"/{kind}/{made['id']}", owner, version=1)
        assert reply.status == 204, reply.body
