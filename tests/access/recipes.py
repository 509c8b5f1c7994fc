"""What each route is sent so that it succeeds where it may: its body, and the record it is about.

A route that is not named here is sent nothing, to the record that its address names first.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from tests.access.company import ABSENT, Company

NAME = "/by-external-id/{external_id}"
Body = Callable[[Company, str, str], Any]


class Recipe(NamedTuple):
    """A body made for a company, a caller and the owner of the record; the kind of record."""

    body: Body | None = None
    kind: str | None = None


def _same(body: Any, kind: str | None = None) -> Recipe:
    return Recipe(lambda company, caller, owner: body, kind)


def at(company: Company, caller: str) -> dict[str, Any]:
    """The client of a caller."""
    return {"client_id": company.records["clients"][caller]["id"]}


CARDS = ("leads", "offers", "deals", "renewals")
TERM = {"amount": "100", "renewal_date": "2026-09-09"}
TO_A_MATE = Recipe(lambda company, caller, owner: {"owner_id": company.people["vera"]})
RULE = {
    "name": "New", "kind": "renewal", "anchor": "renewal_date", "offset": "-P2D",
    "actions": [{"type": "webhook"}],
}  # fmt: skip
USER = {"email": "new@example.com", "name": "New", "role": "manager"}


def _card(kind: str, stage: str) -> dict[str, Recipe]:
    one = f"/{kind}/{{record_id}}"
    return {
        f"POST /{kind}": Recipe(lambda company, caller, owner: _written(company, caller, "absent")),
        f"PUT /{kind}{NAME}": Recipe(_written),
        f"PATCH {one}": _same({"title": "Written"}),
        f"POST {one}/move": _same({"stage": stage}),
        f"POST {one}/undo": Recipe(kind=f"{kind}:moved"),
        f"POST {one}/transfer": TO_A_MATE,
    }  # fmt: skip


def _written(company: Company, caller: str, owner: str) -> dict[str, Any]:
    """A card of the client that it has; a new one is for the caller's."""
    return {"title": "Written", **at(company, caller if owner == "absent" else owner)}


def _term(company: Company, caller: str, owner: str) -> dict[str, Any]:
    return {**_written(company, caller, owner), **TERM}


def _bulk(company: Company, caller: str, owner: str) -> dict[str, Any]:
    """The caller's own renewal comes into work."""
    own = company.records["renewals"][caller]
    item = {"renewal_id": own["id"], "version": own["version"]}
    return {"items": [item], "start": True}


RECIPES: dict[str, Recipe] = {
    **_card("leads", "contacted"),
    "POST /leads/{record_id}/convert": _same({"deal": {}}),
    "POST /leads/intake": _same({"contact_name": "Somebody"}),
    **_card("offers", "request"),
    "POST /offers/{record_id}/request-approval": _same({}),
    "POST /offers/{record_id}/approve": _same({}),
    "POST /offers/{record_id}/reject": _same({"comment": "Too cheap"}),
    **_card("deals", "offer"),
    **_card("renewals", "invoice_required"),
    "POST /renewals": Recipe(lambda company, caller, owner: {**TERM, **at(company, caller)}),
    "POST /renewals/{record_id}/reschedule": _same(
        {"renewal_date": "2026-10-10", "reason": "client_asked"}
    ),
    "POST /renewals/bulk": Recipe(_bulk),
    "POST /renewals/sweeps": _same({}),
    "POST /clients": _same({"name": "New"}),
    "PATCH /clients/{record_id}": _same({"name": "Written"}),
    "PUT /clients/by-external-id/{external_id}": _same({"name": "Written"}),
    "DELETE /clients/{record_id}": Recipe(kind="clients:double"),
    "POST /clients/{record_id}/transfer": TO_A_MATE,
    "POST /clients/{record_id}/merge": Recipe(
        lambda company, caller, owner: {
            "other_id": company.records["clients:double"].get(owner, {"id": ABSENT + 1})["id"]
        }
    ),
    "POST /contacts": Recipe(lambda company, caller, owner: {"name": "New", **at(company, caller)}),
    "PATCH /contacts/{record_id}": _same({"name": "Written"}),
    "PUT /contacts/by-external-id/{external_id}": Recipe(
        lambda company, caller, owner: {
            "name": "Written",
            **({} if owner != "absent" else at(company, caller)),
        }
    ),
    "POST /agreements": Recipe(
        lambda company, caller, owner: {"title": "New", **TERM, **at(company, caller)}
    ),
    "PATCH /agreements/{record_id}": _same({"title": "Written"}),
    "PUT /agreements/by-external-id/{external_id}": Recipe(_term),
    "DELETE /agreements/{record_id}": Recipe(kind="agreements:bare"),
    "POST /agreements/{record_id}/file": _same({"name": "contract.pdf", "content": "JVBERg=="}),
    "POST /tasks": Recipe(lambda company, caller, owner: {"title": "New", **at(company, caller)}),
    "PATCH /tasks/{record_id}": _same({"title": "Written"}),
    "POST /activities": Recipe(
        lambda company, caller, owner: {"body": "New", **at(company, caller)}
    ),
    "PATCH /activities/{record_id}": _same({"body": "Written"}),
    "POST /reminder-rules": _same(RULE),
    "PATCH /reminder-rules/{record_id}": _same({"name": "Written"}),
    "POST /reminder-rules/runs": _same({}),
    "POST /products": _same({"name": "New"}),
    "PATCH /products/{record_id}": _same({"name": "Written"}),
    "PUT /products/by-external-id/{external_id}": _same({"name": "Written"}),
    "POST /pipelines": _same({"kind": "deal", "key": "new", "name": "New"}),
    "PATCH /pipelines/{record_id}": _same({"name": "Written"}),
    "POST /pipelines/{record_id}/stages": _same({"key": "new", "name": "New", "kind": "open"}),
    "PATCH /pipelines/{record_id}/stages/{stage_id}": _same({"name": "Written"}, "stages"),
    "POST /pipelines/{record_id}/reasons": _same({"key": "new", "name": "New", "group": "later"}),
    "PATCH /pipelines/{record_id}/reasons/{reason_id}": _same({"name": "Written"}, "reasons"),
    "PATCH /settings": _same({"name": "Written"}),
    "PATCH /me": _same({"name": "Written"}),
    "POST /users": _same(USER),
    "PATCH /users/{record_id}": _same({"name": "Written"}),
    "PUT /users/by-external-id/{external_id}": _same({"name": "Written", "email": "w@example.com"}),
    "POST /teams": _same({"name": "New"}),
    "PATCH /teams/{record_id}": _same({"name": "Written"}),
    "PUT /teams/by-external-id/{external_id}": _same({"name": "Written"}),
    "POST /tokens": _same({"name": "New", "scopes": ["cards:read"]}),
}
# Where a rule, and not the policy, stands in the way of a call that passes: the status it gives.
OTHERWISE = {
    # A renewal that is pending cannot be deleted.
    ("DELETE /renewals/{record_id}", "own"): 409,
    ("DELETE /renewals/{record_id}", "covered"): 409,
    # One voids one's own moves alone.
    **{(f"POST /{kind}/{{record_id}}/undo", "covered"): 409 for kind in CARDS},
}
# What does its work in transactions of its own.
APART = {"POST /renewals/sweeps", "POST /reminder-rules/runs"}
QUERIES = {"DELETE /pipelines/{record_id}/stages/{stage_id}": "?move_to={other_stage}"}
