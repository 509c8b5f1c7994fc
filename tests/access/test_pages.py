"""Every page about a record × who opens it × whose it is: what the policy of pages says."""

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from typing import Any, NamedTuple

import pytest
from sqlalchemy import select

from backend.db.models import pipeline, reason
from backend.routes.policy import OK, Reach, Who
from backend.routes.web.policy import PAGES
from tests.access.browsers import at, open_browser
from tests.access.company import ABSENT, OWNERS, Company
from tests.access.recipes import CARDS
from tests.access.test_matrix import NORTH, due

pytestmark = pytest.mark.anyio

CALLERS = ("viewer", "anna", "head", "admin")
TRIED = ("vera", "boris")  # of the first two's team, and of another
STAGES = dict(zip(CARDS, ("contacted", "request", "offer", "invoice_required"), strict=True))
Form = Callable[[Company, str, str, dict[str, Any]], dict[str, Any]]


def version(company: Company, kind: str, owner: str, record: dict[str, Any]) -> dict[str, Any]:
    return {"version": record["version"]}


def always(**form: Any) -> Form:
    return lambda company, kind, owner, record: form


def move(company: Company, kind: str, owner: str, record: dict[str, Any]) -> dict[str, Any]:
    return {"to": STAGES[kind], "ids": record["id"], "vers": record["version"]}


def double(company: Company, kind: str, owner: str, record: dict[str, Any]) -> dict[str, Any]:
    known = company.records["clients:double"].get(owner, {"id": ABSENT + 1})
    return {**version(company, kind, owner, record), "other_id": known["id"]}


def gift(company: Company, kind: str, owner: str, record: dict[str, Any]) -> dict[str, Any]:
    return {**version(company, kind, owner, record), "owner_id": company.people["vera"]}


def later(company: Company, kind: str, owner: str, record: dict[str, Any]) -> dict[str, Any]:
    given = {"renewal_date": "2026-10-10", "reason": company.common["client_asked"]}
    return {**version(company, kind, owner, record), **given}


def line(company: Company, kind: str, owner: str, record: dict[str, Any]) -> dict[str, Any]:
    given = {"description": "Seat", "price": "1"}
    given = given if kind == "offers" else {"product_id": company.common["products"]["id"]}
    return {**version(company, kind, owner, record), **given, "quantity": "1"}


# What succeeds where it may, by the end of the address.
FORMS: dict[str, Form] = {
    "/today/tasks/{record_id}": lambda *told: {**version(*told), "does": "done"},
    "/today/notifications/{record_id}": always(),
    "/today/orphans/{record_id}": always(renewal_date="2026-12-12"),
    "/agreements/{record_id}/next": always(renewal_date="2026-12-12"),
    "/runs/parked/{record_id}": always(),
    "/move": move,
    "/opened": always(),
    "/fields/{name}": lambda *told: {**version(*told), "value": "Written"},
    "/lines/{place}": line,
    "/contacts": always(name="Somebody"),
    "POST /contacts/{record_id}": lambda *told: {**version(*told), "name": "Written"},
    "/notes": always(what="note", text="Said"),
    "/next": always(days=1),
    "/tasks/{task_id}": lambda *told: {"version": 1},
    "/transfer": gift,
    "/merge": double,
    "/reschedule": later,
    "/win-back": always(title="Back", pipeline="sales"),
    "/agreements/{record_id}/file": lambda *told: {**version(*told), "file": b"k"},
    "/file/remove": version,
    "/restore": always(),
    **dict.fromkeys(("/delete", "/activate", "/revoke"), version),
}
# A rule, and not the policy, is in the way: something is under way.
PENDING = {
    "POST /renewals/{record_id}/delete", "POST /clients/{record_id}/delete",
    "POST /renewals/{record_id}/win-back",
}  # fmt: skip


class Cell(NamedTuple):
    """A page, who opens it, whose record it is about, what is due."""

    key: str
    caller: str
    owner: str
    due: int


def about(key: str) -> str:
    """The kind of record that a page is about."""
    path = key.split(" ")[1]
    for start, kind in (
        ("/today/tasks", "tasks"), ("/today/notifications", "notifications"),
        ("/today/orphans", "agreements:bare"),
        ("/settings/tokens", "tokens"), ("/agreements/{record_id}/next", "agreements:bare"),
    ):  # fmt: skip
        if path.startswith(start):
            return kind
    return path.split("/")[1]


def cells(company: Company) -> Iterator[Cell]:
    """One record of each relation to the caller, a deleted one, and none."""
    for key, rule in PAGES.items():
        if "{record_id}" not in key or rule.record.reach is Reach.COMMON:
            continue
        for name in CALLERS:
            caller, told = company.callers[name], set[str]()
            own = [name] if name in OWNERS else []
            gone = ["deleted"] if about(key) in company.deleted else []
            owned = name in NORTH and rule.record.reach is Reach.OWNERS
            seen = ["shown"] if owned and "shown" in company.records[about(key)] else []
            for owner in (*own, *TRIED, *seen, *gone, "absent"):
                relation, status = due(rule, caller, owner)
                if relation not in told and not (relation == "guard" and told):
                    told.add(relation)
                    yield Cell(key, name, owner, status)


async def with_tasks(company: Company) -> None:
    """A task of each owner about each of his cards; the reason of a reschedule."""
    for kind in CARDS:
        for owner in (*OWNERS, "shown") if kind != "renewals" else OWNERS:
            card, whose = company.records[kind][owner]["id"], {"shown": "ilya"}.get(owner, owner)
            made = await company.made("/tasks", whose, {"title": "Call", "card_id": card})
            company.records.setdefault(f"tasks:{kind}", {})[owner] = made
    company.records["tasks:clients"] = company.records["tasks"]
    asked = select(reason.c.id).join(pipeline, pipeline.c.id == reason.c.pipeline_id)
    asked = asked.where(pipeline.c.key == "renewals", reason.c.key == "client_asked")
    found = await company.store.connection.execute(asked)
    company.common["client_asked"] = found.scalars().first()


def asked(company: Company, cell: Cell) -> tuple[str, str, dict[str, Any]]:
    """The method, the address and the form of a call."""
    method, path = cell.key.split(" ")
    kind = about(cell.key)
    record = company.records[kind].get(cell.owner, {"id": ABSENT, "version": 1})
    if cell.owner == "deleted":
        record = company.deleted[kind]
    task = company.records.get(f"tasks:{kind}", {}).get(cell.owner, {"id": ABSENT})
    form: dict[str, Any] = {}
    if method == "POST":
        end = next((end for end in FORMS if cell.key.endswith(end)), None)
        assert end is not None, f"say in FORMS what {cell.key} is sent"
        form = FORMS[end](company, kind, cell.owner, record)
    for name, value in (
        ("record_id", record["id"]), ("task_id", task["id"]), ("place", 1),
        ("name", "phone" if kind == "clients" else "title"),
    ):  # fmt: skip
        path = path.replace("{" + name + "}", str(value))
    return method, path, form


def fits(cell: Cell, status: int) -> bool:
    if cell.due != OK:
        return status == cell.due
    if cell.key in PENDING:
        return status == 409
    return 200 <= status < 400


async def test_every_page_is_for_whom_the_policy_says(company: Company) -> None:
    """What is refused changes no table. Half of the cells, shared out; `make matrix` takes all."""
    store = company.store
    await with_tasks(company)
    browsers = {name: await open_browser(company, name) for name in CALLERS}
    before = await store.sums()
    wrong, refused = [], 0
    for number, cell in enumerate(cells(company)):
        if not company.takes(number, 4):
            continue
        refused += cell.due != OK
        store.keeps = cell.due != OK
        async with store.undone() if cell.due == OK else nullcontext():
            reply = await at(company, browsers[cell.caller], *asked(company, cell))
        if not fits(cell, reply.status):
            wrong.append(f"{cell}: {reply.status} {reply.body[:300]!r}")
    assert not wrong, f"{len(wrong)} cells:\n" + "\n".join(wrong[:40])
    assert refused > 120
    after = await store.sums()
    assert [name for name in after if after[name] != before[name]] == []


def test_every_page_about_a_record_is_tried() -> None:
    named = {key for key, rule in PAGES.items() if "{" in key and rule.who is not Who.PUBLIC}
    common = {key for key in named if PAGES[key].record.reach is Reach.COMMON}
    records = {key for key in named if "{record_id}" in key}
    assert named - records == {key for key in named if key.endswith("/columns/{key}")}
    assert {key for key in records - common if PAGES[key].record.reach is Reach.NOTHING} == set()
    assert all(PAGES[key].who is Who.ADMINS for key in common)
