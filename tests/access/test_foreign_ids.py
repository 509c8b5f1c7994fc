"""Every field that names a record: somebody else's is refused as one that is not there."""

from typing import Any

import pytest

from backend.routes.policy import POLICY, Who
from tests.access.company import ABSENT, Company
from tests.access.fields import Place, body_of, holds_id, places, query_of
from tests.access.recipes import RECIPES, Recipe
from tests.access.test_matrix import address

pytestmark = pytest.mark.anyio

# What is the company's, the same for everybody.
COMMON = {
    "product_id",
    "pipeline",
    "pipeline_id",
    "rule_id",
    "stage",
    "activation_stage_id",
    "reason_id",
    "reason",
    "move_to",
    "team_id",
    "heads",
}
# Users are known to everybody; whether one may name them is a matter of reach.
PEOPLE = {"owner_id", "assignee_id", "user_id", "author_id", "hand_over_to"}
# A place in the feed of events, and what an admin asks the log for: neither names a record to
# a route that more than admins may call.
OF_THE_LOG = {"GET /events": {"after"}, "GET /audit": {"after", "actor", "id"}}
# The kind of record that a field names.
KINDS = {
    "client_id": "clients", "contact_id": "contacts", "other_card_id": "deals", "card_id": "deals",
    "other_agreement_id": "agreements", "agreement_id": "agreements:bare", "lead_id": "leads",
    "deal_id": "deals", "renewal_id": "renewals", "other_id": "clients:double", "after_id": "",
    "win_back_of": "renewals",
}  # fmt: skip
# A body in which the field makes sense, beside the one that always succeeds.
BESIDE: dict[tuple[str, str], dict[str, Any]] = {
    ("POST /tasks", "card_id"): {"client_id": None},
    ("POST /activities", "card_id"): {"client_id": None},
    **{("POST /renewals", "agreement_id"): {"client_id": None, "renewal_date": None}},
}
# Fields that are refused whatever they name: the record has it already, or has no such thing.
NEVER = {
    ("POST /leads/{record_id}/convert", "offer/client_id"),
    ("POST /leads/{record_id}/convert", "offer/lead_id"),
    ("POST /leads/{record_id}/convert", "offer/deal_id"),
    ("POST /leads/{record_id}/convert", "offer/renewal_id"),
    # Nobody's renewal here was lost.
    ("POST /deals", "win_back_of"),
    ("PATCH /deals/{record_id}", "win_back_of"),
    ("POST /deals/{record_id}/move", "fields/win_back_of"),
    ("PUT /deals/by-external-id/{external_id}", "win_back_of"),
    ("POST /leads/{record_id}/convert", "deal/win_back_of"),
}


def writes() -> list[tuple[str, Place]]:
    """Every id in a body of a route that more than admins may call."""
    return [
        (key, place)
        for key, rule in POLICY.items()
        if rule.who is not Who.ADMINS and (kind := body_of(key)) is not None
        for place in places(kind)
        if holds_id(place)
    ]


def inside_a_move() -> list[tuple[str, Place]]:
    """`fields` of a move takes what PATCH of the same kind takes."""
    return [
        (f"POST {path}/move", place._replace(path=f"fields/{place.path}"))
        for key in POLICY
        if key.startswith("PATCH ") and f"POST {(path := key.split()[1])}/move" in POLICY
        for place in places(body_of(key) or object)
        if holds_id(place)
    ]


WRITES = [*writes(), *inside_a_move()]


def test_every_field_that_names_a_record_is_known() -> None:
    """A new one is added to what is the company's, to people, or to kinds of records."""
    everywhere = {
        place.name
        for key in POLICY
        for kind in (body_of(key), query_of(key))
        if kind is not None
        for place in places(kind)
        if holds_id(place) and place.name not in OF_THE_LOG.get(key, ())
    }
    assert everywhere == COMMON | PEOPLE | set(KINDS)
    named = {
        place.name
        for key in POLICY
        for kind in (body_of(key), query_of(key))
        if kind is not None
        for place in places(kind)
        if place.name.endswith("_id") and not holds_id(place)
    }
    assert named == {"external_id", "tax_id"}
    assert len(WRITES) > 60


def with_value(body: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A body with the field set, and with what the place of the field needs beside it."""
    first, _, rest = path.partition("/")
    if not rest:
        return {**body, first: value}
    if rest.startswith("0/"):
        line = {"product_id": 1, "quantity": "1", "price": "1", "description": "Seat"}
        known = body.get(first) or [line]
        return {**body, first: [with_value(known[0], rest[2:], value)]}
    inner = body.get(first) or {}
    if first == "offer":
        body = {**body, "deal": {}}
    return {**body, first: with_value(inner, rest, value)}


async def sent(company: Company, key: str, place: Place, value: int, caller: str) -> Any:
    recipe = RECIPES.get(key, Recipe())
    whose = "anna"
    path, record = address(company, key, whose)
    body = {} if recipe.body is None else dict(recipe.body(company, whose, whose))
    beside = BESIDE.get((key, place.path), {})
    body = {name: v for name, v in {**body, **beside}.items() if v is not None}
    if key == "POST /renewals" and place.path == "agreement_id":
        body = {"renewal_date": "2026-09-09", "amount": "1"}
    if key.startswith("PUT "):
        path = path.rpartition("/")[0] + "/nobody-has-this"
    if place.path.startswith("client/"):
        body.pop("client_id", None)
    body = with_value(body, place.path, value)
    version = record.get("version") if "{record_id}" in key else None
    return await company.call(key.split()[0], path, caller, body, version)


def kind_of(key: str, place: Place) -> str:
    """The kind of record to name; a neighbour stands in the stage that the card is moved to."""
    return KINDS[place.name] or f"{key.split('/')[1]}:moved"


def heard(reply: Any, value: int) -> dict[str, Any]:
    """An answer without what the caller knew before: the number that he gave."""
    detail = reply.json.get("detail", "").replace(f"R-{value}: ", "R-…: ")
    return {**reply.json, "instance": ""} | ({"detail": detail} if detail else {})


def allowed(key: str, place: Place, status: int) -> bool:
    return status < 300 or (key, place.path) in NEVER


async def test_what_is_somebody_elses_is_refused_as_what_is_not_there(company: Company) -> None:
    store = company.store
    store.keeps = False
    before = await store.sums()
    wrong, tried = [], 0
    for number, (key, place) in enumerate(WRITES):
        if place.name not in KINDS or not company.takes(number):
            continue
        known = company.records.get(kind_of(key, place), {})
        mine, theirs = known.get("anna"), known.get("boris")
        if mine is None or theirs is None:
            continue
        tried += 1
        caller = "head" if key.endswith("/approve") else "anna"
        values = (mine["id"], theirs["id"], ABSENT)
        replies = [await sent(company, key, place, value, caller) for value in values]
        own, foreign, absent = replies
        told = [heard(reply, value) for reply, value in zip(replies[1:], values[1:], strict=True)]
        if place.name == "after_id":  # counts as not given: the end of the column
            if {own.status, foreign.status, absent.status} != {200} or told[0] != told[1]:
                wrong.append(f"{key} {place.path}: {foreign.status} {foreign.body[:150]!r}")
            continue
        if not allowed(key, place, own.status):
            wrong.append(f"{key} {place.path}: one's own is refused: {own.status} {own.body!r}")
        if not 400 <= foreign.status < 500 or told[0] != told[1]:
            wrong.append(f"{key} {place.path}: {foreign.status} {foreign.body[:200]!r} {told[1]}")
    assert not wrong, f"{len(wrong)} of {tried}:\n" + "\n".join(w[:500] for w in wrong[:30])
    assert tried > 25
    assert await store.sums() == before


async def test_whom_one_may_name_is_a_matter_of_reach(company: Company) -> None:
    """Nobody makes a record for somebody beyond his reach, and a head gives within his teams."""
    company.store.keeps = False
    boris, wrong = company.people["boris"], []
    for key, place in WRITES:
        if place.name not in PEOPLE:
            continue
        for caller in ("anna", "head"):
            reply = await sent(company, key, place, boris, caller)
            # A manager gives away what is his own; with it, its tasks.
            gift = key.endswith("/transfer") and caller == "anna"
            if reply.status != (200 if gift else 403) and place.name != "assignee_id":
                wrong.append(f"{caller} {key} {place.path}: {reply.status} {reply.body[:150]!r}")
    assert not wrong, "\n".join(wrong)


async def test_a_filter_by_somebody_elses_record_finds_nothing(company: Company) -> None:
    wrong, tried = [], 0
    for key in POLICY:
        kind = query_of(key)
        if kind is None or not key.startswith("GET ") or POLICY[key].who is Who.ADMINS:
            continue
        path, _ = address(company, key, "anna")
        for place in places(kind):
            if not holds_id(place) or place.name not in {*KINDS, "owner_id", "assignee_id"}:
                continue
            known = company.records.get(KINDS.get(place.name, "-"), {})
            theirs = known["boris"]["id"] if known else company.people["boris"]
            replies = [
                await company.call("GET", f"{path}?{place.path}={value}", "anna")
                for value in (theirs, ABSENT)
            ]
            bodies = [{**reply.json, "owner_id": 0, "instance": ""} for reply in replies]
            tried += 1
            if replies[0].status != 200 or bodies[0] != bodies[1]:
                wrong.append(f"{key}?{place.path}: {replies[0].status} {replies[0].body[:200]!r}")
    assert not wrong, "\n".join(wrong)
    assert tried > 18
