"""Every route × every kind of caller × whose the record is: what the policy says, and no trace."""

from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any, NamedTuple

import pytest

from backend.routes.policy import OK, POLICY, Reach, Rule, Who
from tests.access.company import ABSENT, Caller, Company
from tests.access.recipes import APART, OTHERWISE, QUERIES, RECIPES, Recipe
from tests.access.wire import Reply

pytestmark = pytest.mark.anyio

CALLERS = (
    "nobody", "expired", "gone", "narrow", "reader", "viewer", "anna", "boris", "head", "admin",
)  # fmt: skip
# How far roles reach, said a second time: reading and writing.
REACHES = {"manager": ("own", "own"), "head": ("team", "team"), "admin": ("all", "all")}
REACHES |= {"viewer": ("all", "none")}
NORTH = ("anna", "vera", "head")
SAME = {"reader": "anna", "narrow": "anna"}


class Cell(NamedTuple):
    """A call: the route, who, whose record (`deleted` and `absent` are states), what is due."""

    key: str
    caller: str
    owner: str
    relation: str
    due: int


def covers(reach: str, name: str, owner: str) -> bool:
    if reach == "team":
        return owner in NORTH
    return reach == "all" or (reach == "own" and owner == name)


def relation(rule: Rule, caller: Caller, owner: str) -> str:
    """Whose a record is to a caller, in the words of the policy."""
    name = SAME.get(caller.name, caller.name)
    if owner in (name, "shown"):
        return "own" if owner == name else "shown"
    assert caller.viewer is not None
    reads, writes = REACHES[caller.viewer.role]
    if rule.record.reach is Reach.PERSONAL:
        return "covered" if caller.viewer.role == "admin" else "hidden"
    if covers(writes, name, owner):
        return "covered"
    return "shown" if covers(reads, name, owner) else "hidden"


def due(rule: Rule, caller: Caller, owner: str) -> tuple[str, int]:
    """The relation, and the status that the policy gives it."""
    viewer = caller.viewer
    if rule.who is Who.PUBLIC:
        return "own", OK
    if viewer is None:
        return "guard", 401
    if rule.scope is None and viewer.scopes == ("leads:intake",):
        return "guard", 403
    lacks = rule.scope is not None and not {rule.scope, "*"} & set(viewer.scopes)
    barred = (rule.who is Who.ADMINS and viewer.role != "admin") or (
        rule.who is Who.WRITERS and viewer.role == "viewer"
    )
    if lacks or barred:
        return "guard", 403
    record = rule.record
    if record.reach is Reach.NOTHING:
        return "own", OK
    if owner == "absent":
        return owner, record.absent
    whose = relation(rule, caller, "anna" if owner == "deleted" else owner)
    if owner == "deleted" and record.deleted != OK:
        return owner, record.deleted
    return whose, getattr(record, whose)


def cells(company: Company) -> Iterator[Cell]:
    for key, rule in POLICY.items():
        for name in CALLERS:
            for owner in owners(company, key, rule, name):
                yield Cell(key, name, owner, *due(rule, company.callers[name], owner))


def owners(company: Company, key: str, rule: Rule, name: str) -> list[str]:
    """Whose records a caller tries: his own, the team's, another's, a deleted one, none."""
    if rule.record.reach is Reach.NOTHING:
        return ["-"]
    kind = key.split("/")[1]
    if rule.record.reach is Reach.COMMON:
        return ["-", "absent", *(["deleted"] if f"{kind}:deleted" in company.common else [])]
    own = SAME.get(name, name)
    tried = [own if own in ("anna", "boris", "head", "admin") else "anna", "vera"]
    tried.append("anna" if name == "boris" else "boris")
    if name in NORTH and "shown" in company.records.get(about(key), {}):
        tried.append("shown")
    return [*tried, *(["deleted"] if kind in company.deleted else []), "absent"]


def about(key: str) -> str:
    """The kind of record that a route is tried with."""
    return RECIPES.get(key, Recipe()).kind or _last_kind(key)


def found(company: Company, key: str, owner: str) -> dict[str, Any]:
    """The record that a call is about."""
    kind = about(key)
    if owner == "absent":
        return {"id": ABSENT, "version": 1, "external_id": "nobody-has-this"}
    if owner == "deleted":
        kind = key.split("/")[1]
        record = company.deleted.get(kind) or company.common[f"{kind}:deleted"]
    elif kind in company.common:
        record = company.common[kind]
    else:
        known = company.records.get(kind)
        assert known, f"{key}: the company has no record of this kind, see tests/access/company.py"
        record = known[owner]
    return dict(record)


def _last_kind(key: str) -> str:
    """The kind of record that an address names last: /pipelines/{record_id}/stages/{stage_id}."""
    parts = key.split("/")
    named = [place for place, part in enumerate(parts) if part.startswith("{")]
    if not named or parts[named[-1] - 1] == "by-external-id":
        return parts[1]
    return parts[named[-1] - 1]


def address(company: Company, key: str, owner: str) -> tuple[str, dict[str, Any]]:
    path = key.split(" ")[1]
    if "{" not in path:
        return path, company.common.get(path, {"version": 1})
    record = found(company, key, owner)
    inner = path.count("{") > 1
    outer = company.common["pipelines"]["id"] if inner else record["id"]
    path = path.replace("{record_id}", str(outer))
    path = path.replace("{external_id}", str(record.get("external_id")))
    for name in ("{stage_id}", "{reason_id}"):
        path = path.replace(name, str(record["id"]))
    query = QUERIES.get(key, "").format(**company.common)
    return path + query, record


async def ask(company: Company, cell: Cell, number: int = 0) -> Reply:
    recipe = RECIPES.get(cell.key, Recipe())
    method = cell.key.split(" ")[0]
    path, record = address(company, cell.key, cell.owner)
    caller = SAME.get(cell.caller, cell.caller)
    whose = caller if caller in company.records["clients"] else "anna"
    # Who does not see the record tries with what is his own.
    owner = cell.owner if cell.relation in ("own", "covered", "shown") else "absent"
    owner = "anna" if owner == "deleted" else owner
    body = None if recipe.body is None else recipe.body(company, whose, owner)
    version = record.get("version") if method in ("PATCH", "DELETE", "POST") else None
    headers = {"idempotency_key": f"{number}"} if method == "POST" else {}
    # Work in several transactions finds what the earlier ones wrote.
    several = cell.key in APART and cell.due == OK
    async with company.store.undone() if several else nullcontext():
        return await company.call(method, path, cell.caller, body, version, **headers)


def fits(cell: Cell, status: int) -> bool:
    if cell.due != OK:
        return status == cell.due
    expected = OTHERWISE.get((cell.key, cell.relation))
    return 200 <= status < 300 if expected is None else status == expected


async def test_every_cell_is_as_the_policy_says(company: Company) -> None:
    """What is refused leaves every table as it was, and no trace of what is there.

    The two databases share the cells; `make matrix` has both take all of them.
    """
    store = company.store
    before = await store.sums()
    wrong: list[str] = []
    refused: list[Cell] = []
    absent: dict[tuple[str, str], dict[str, Any]] = {}
    for number, cell in enumerate(cells(company)):
        if not company.takes(number):
            continue
        store.keeps = cell.due != OK
        reply = await ask(company, cell, number)
        if not fits(cell, reply.status):
            wrong.append(f"{cell}: {reply.status} {reply.body[:200]!r}")
        if cell.due != OK:
            refused.append(cell)
        if reply.status == 404:
            told = {**reply.json, "instance": ""}
            if absent.setdefault((cell.key, cell.caller), told) != told:
                wrong.append(f"{cell}: told apart from what is not there: {told}")
    assert not wrong, f"{len(wrong)} cells:\n" + "\n".join(wrong[:40])
    assert len(refused) > 1200
    after = await store.sums()
    changed = [name for name in after if after[name] != before[name]]
    assert not changed, f"{changed} by {await culprits(company, refused)}"


async def culprits(company: Company, refused: list[Cell]) -> list[str]:
    """Which of the refused calls leave a trace."""
    found = []
    company.store.keeps = True
    for number, cell in enumerate(refused):
        async with company.store.undone():
            before = await company.store.sums()
            await ask(company, cell, number)
            if await company.store.sums() != before:
                found.append(str(cell))
        if len(found) == 3:
            break
    return found
