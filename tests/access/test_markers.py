"""A secret in what belongs to others shows nowhere, and what others have moves no sum and count."""

from collections.abc import Iterator
from typing import Any

import pytest
from msgspec import inspect
from sqlalchemy import func, select

from backend.db.models import change
from backend.routes.policy import POLICY, Who
from backend.routes.web.policy import PAGES
from tests.access.browsers import at, open_browser, shown
from tests.access.company import Company
from tests.access.fields import Place, body_of, is_text, places, query_of, variants
from tests.access.recipes import RECIPES
from tests.access.test_matrix import address

pytestmark = pytest.mark.anyio

MARKER = "Zq7vKx9-Wj3mPt5"
PART = "q7vKx9-Wj3mPt"  # what is asked for; an echo of it is no marker
PLANTED = (
    "clients",
    "contacts",
    "leads",
    "deals",
    "offers",
    "renewals",
    "agreements",
    "tasks",
    "activities",
)
# What tells of the company as a whole, and of no record.
OF_ALL = {"GET /metrics", "GET /health/ready", "GET /openapi.json"}
SORTS = (
    "id",
    "-id",
    "amount",
    "-amount",
    "name",
    "created_at",
    "-updated_at",
    "due_at",
    "position",
)

FLAGS = ("stale", "overdue", "done", "parked")


def marked(kind: type) -> dict[str, Any]:
    """Every text of a body set to the marker, where a text may be anything."""
    found: dict[str, Any] = {}
    for place in places(kind):
        if "/" not in place.path and is_text(place) and place.name not in ("stage", "pipeline"):
            found[place.name] = _value(place)
    return {name: value for name, value in found.items() if value is not None}


def _value(place: Place) -> Any:
    if place.name == "email":
        return f"{MARKER}@example.com"
    if place.name == "external_id":
        return None  # given to each record apart
    for one in variants(place.type):
        if isinstance(one, inspect.StrType):
            free = one.pattern in (None, r"\S") and (one.max_length or 99) >= len(MARKER)
            return MARKER if free else None
    return None


async def plant(company: Company, owner: str) -> int:
    """Three of each kind of record with the marker in all its texts, and in their histories."""
    told = 0
    for kind in PLANTED:
        key = f"POST /{kind}"
        if key not in POLICY or (struct := body_of(key)) is None:
            continue
        recipe = RECIPES[key].body
        assert recipe is not None
        for number in range(3):
            body = {**recipe(company, owner, owner), **marked(struct)}
            body = {
                name: v for name, v in body.items() if name not in ("status", "segment", "type")
            }
            if kind not in ("tasks", "activities", "renewals"):
                body["external_id"] = f"{MARKER}-{kind}-{number}"
            if number == 2 and kind in ("leads", "deals", "offers"):
                body["client_id"] = company.common["shared"]
            if kind in ("offers",):
                body["lines"] = [{"description": MARKER, "price": "1000000"}]
            made = await company.made(f"/{kind}", owner, body)
            told += 1
            path = f"/{kind}/{made['id']}"
            text = next(name for name in ("title", "name", "body") if name in made)
            again = {text: f"{MARKER} again"}
            edited = await company.call("PATCH", path, owner, again, 1)
            assert edited.status == 200, edited.body
            if kind in ("leads", "deals", "renewals", "offers"):
                note = {"owner_id": company.people["boris"], "note": MARKER}
                await company.call("POST", f"{path}/transfer", owner, note, 2)
    return told


async def share(company: Company) -> list[str]:
    """A client of Boris whom Anna knows by a deal of hers, and what tells of him and of news."""
    shared = (await company.made("/clients", "boris", {"name": "Shared"}))["id"]
    company.common["shared"] = shared
    deal = await company.made("/deals", "boris", {"title": "Handed over", "client_id": shared})
    gift = {"owner_id": company.people["anna"]}
    await company.call("POST", f"/deals/{deal['id']}/transfer", "boris", gift, 1)
    last = (await company.store.connection.execute(select(func.max(change.c.id)))).scalar_one()
    told = [f"/{kind}?client_id={shared}&count=true" for kind in ("leads", "deals", "offers")]
    client = f"/clients/{shared}"
    return [client, f"{client}/timeline", f"/events?after={last}&limit=200", *told]


def looks(company: Company) -> Iterator[str]:
    """Every way of reading that a manager has."""
    for key, rule in POLICY.items():
        if key.startswith("GET ") and key not in OF_ALL and rule.who is not Who.ADMINS:
            for owner in ("anna", "boris") if "{" in key else ("anna",):
                path, _ = address(company, key, owner)
                kind = query_of(key)
                yield path
                if kind is not None:
                    names = {place.name: is_text(place) for place in places(kind)}
                    yield from (f"{path}?{asked}" for asked in questions(names))


def questions(names: dict[str, bool]) -> Iterator[str]:
    """What a list is asked with, by the names of its parameters and whether they are texts."""
    if "count" in names:
        yield "count=true&limit=200"
    if "sort" in names:
        yield from (f"sort={sort}&limit=3" for sort in SORTS)
    for name, text in names.items():
        if name in FLAGS:
            yield f"{name}=false"
        elif name == "amount_min":
            yield f"{name}=100000"
        elif text and name not in ("sort", "cursor"):
            yield f"{name}={PART}"


def pages(shared: int) -> Iterator[str]:
    """Every page that names no record, and what it is asked with; the stream of changes aside."""
    yield from (f"/clients/{shared}{part}" for part in ("", "/line", "/sheet"))
    boards = ("leads", "offers", "deals", "renewals")
    for key, rule in PAGES.items():
        method, path = key.split(" ")
        if method == "GET" and "{" not in path and rule.who is Who.ANYBODY and path != "/events":
            yield path
    yield from (f"/{board}?{asked}" for board in boards for asked in (f"q={PART}", "view=list"))
    yield from (f"/clients?q={PART}", f"/leads/clients?q={PART}", f"/deals/clients?q={PART}")


async def test_a_managers_replies_do_not_know_of_others(company: Company) -> None:
    known = await share(company)
    paths = [path for number, path in enumerate(looks(company)) if company.takes(number)]
    assert len(paths) > 90
    paths += known
    anna = await open_browser(company, "anna")
    sites = list(pages(company.common["shared"]))
    sites = [path for number, path in enumerate(sites) if company.takes(number)]
    assert len(sites) > 20
    read = [await at(company, anna, "GET", path) for path in sites]
    assert {page.status for page in read} <= {200, 303, 400, 403}
    before = [await company.call("GET", path, "anna") for path in paths]
    assert await plant(company, "boris") >= 20
    leaks = []
    for path, was in zip(paths, before, strict=True):
        reply = await company.call("GET", path, "anna")
        text = reply.body.decode(errors="replace").casefold()
        if MARKER.casefold() in text:
            leaks.append(f"{path}: the marker")
        if (reply.status, _bare(reply.json)) != (was.status, _bare(was.json)):
            leaks.append(f"{path}: moved from {was.body[:200]!r} to {reply.body[:200]!r}")
    for path, page in zip(sites, read, strict=True):
        again = await at(company, anna, "GET", path)
        if (again.status, shown(again)) != (page.status, shown(page)):
            leaks.append(f"{path}: another page than before")
    assert not leaks, "\n".join(leaks[:20])
    # The one whose they are finds them: the marker is there to be found.
    for kind in ("leads", "deals", "clients"):
        found = await company.call("GET", f"/{kind}?q={PART}&count=true", "boris")
        assert found.json["total"] >= 2, kind
        assert MARKER.encode() in found.body, kind


def _bare(told: Any) -> Any:
    """A body without the request's own id, and without the place that the log has come to."""
    return {**told, "instance": "", "after": 0} if isinstance(told, dict) else told
