"""What is done over each writing route of the API, so that it writes something."""

from collections.abc import Awaitable, Callable
from typing import Any

from tests.changes.agreeing import AGREEMENT, FILE, filed, left, lost
from tests.changes.company import LINES, NEXT, TERM, Asked, Record, World
from tests.changes.reminding import RULE, due, told

Doing = Callable[[World], Awaitable[Asked]]


def _new(path: str, **body: Any) -> Doing:
    async def doing(world: World) -> Asked:
        return Asked(path, body)

    return doing


def _with(
    path: str, make: Callable[[World], Awaitable[Record]], body: Any = None, *, read: bool = True
) -> Doing:
    """Something done to a record that is made for it; `{id}` and `{boris}` stand for numbers."""

    async def doing(world: World) -> Asked:
        made = await make(world)
        told = body
        if isinstance(body, dict) and body.get("owner_id") == "boris":
            told = {**body, "owner_id": world.boris.id}
        if isinstance(body, dict) and "client_id" in body:
            told = {**body, "client_id": world.client_id}
        return Asked(path.format(id=made["id"]), told, made["version"] if read else None)

    return doing


def _made(path: str, *, of_client: bool = False, **body: Any) -> Callable[[World], Any]:
    async def make(world: World) -> Record:
        whose = {"client_id": world.client_id} if of_client else {}
        return await world.new(path, **whose, **body)

    return make


def _gone(path: str, *, of_client: bool = False, **body: Any) -> Callable[[World], Any]:
    async def make(world: World) -> Record:
        whose = {"client_id": world.client_id} if of_client else {}
        return await world.gone(path, **whose, **body)

    return make


def _of_client(path: str, **body: Any) -> Doing:
    async def doing(world: World) -> Asked:
        return Asked(path, {"client_id": world.client_id, **body})

    return doing


def _put(path: str, body: Record, *, of_client: bool = False) -> Doing:
    async def doing(world: World) -> Asked:
        whose = {"client_id": world.client_id} if of_client else {}
        return Asked(f"{path}/by-external-id/{world.name()}", {**whose, **body})

    return doing


def _record(path: str, body: Record, edit: Record, *, of_client: bool = False) -> dict[str, Doing]:
    """What most records have in common."""
    one, made = f"{path}/{{id}}", _made(path, of_client=of_client, **body)
    gone = _gone(path, of_client=of_client, **body)
    return {
        f"POST {path}": (_of_client if of_client else _new)(path, **body),
        f"PATCH {path}/{{record_id}}": _with(one, made, edit),
        f"DELETE {path}/{{record_id}}": _with(one, made),
        f"POST {path}/{{record_id}}/restore": _with(f"{one}/restore", gone, read=False),
        f"PUT {path}/by-external-id/{{external_id}}": _put(path, body, of_client=of_client),
    }


def _card(kind: str, fields: Record, **creation: Any) -> dict[str, Doing]:
    one, route = f"/{kind}/{{id}}", f"/{kind}/{{record_id}}"

    async def card(world: World) -> Record:
        return await world.card(kind)

    async def moved(world: World) -> Record:
        return await world.moved(kind)

    return {
        f"POST /{kind}": _of_client(f"/{kind}", title="Servers", **creation),
        f"PATCH {route}": _with(one, card, fields),
        f"DELETE {route}": _with(one, card),
        f"POST {route}/restore": _with(
            f"{one}/restore", _gone(f"/{kind}", of_client=True, title="Gone"), read=False
        ),
        f"POST {route}/move": _with(f"{one}/move", card, {"stage": NEXT[kind], "fields": fields}),
        f"POST {route}/undo": _with(f"{one}/undo", moved),
        f"POST {route}/transfer": _with(f"{one}/transfer", card, {"owner_id": "boris"}),
        f"PUT /{kind}/by-external-id/{{external_id}}": _put(
            f"/{kind}", {"title": "Servers", **creation}, of_client=True
        ),
    }


async def _requested(world: World) -> Record:
    """An offer of the manager's that waits for a head."""
    reply = await world.boris.post(
        "/offers", {"title": "Offer", "client_id": await world.office.client(world.boris),
                    "lines": LINES, "discount_percent": "20"},
    )  # fmt: skip
    made = reply.json()
    asked = await world.boris.post(f"/offers/{made['id']}/request-approval", {}, version=1)
    assert asked.status_code == 200, asked.text
    return dict(asked.json())


async def _merge(world: World) -> Asked:
    kept, double = await world.new("/clients", name=world.name()), await world.busy_client()
    return Asked(f"/clients/{kept['id']}/merge", {"other_id": double["id"]}, kept["version"])


async def _delete_stage(world: World) -> Asked:
    home = await world.calls()
    first, second = home["stages"][0], home["stages"][1]
    for _ in range(3):
        await world.new("/leads", title="Servers", pipeline=home["key"], stage=first["key"])
    path = f"/pipelines/{home['id']}/stages/{first['id']}?move_to={second['id']}"
    return Asked(path, None, first["version"])


def _in_pipeline(part: str, body: Record, *, first: bool) -> Doing:
    async def doing(world: World) -> Asked:
        home = await world.calls()
        path = f"/pipelines/{home['id']}/{part}"
        if not first:
            return Asked(path, body)
        found = (await world.anna.get(path)).json()["items"][0]
        return Asked(f"{path}/{found['id']}", body, found["version"])

    return doing


async def _bulk(world: World) -> Asked:
    made = [await _card_of("renewals")(world) for _ in range(2)]
    items = [{"renewal_id": one["id"], "version": one["version"]} for one in made]
    return Asked("/renewals/bulk", {"items": items, "reschedule": _LATER})


async def _sweep(world: World) -> Asked:
    for _ in range(3):
        await world.new("/renewals", client_id=world.client_id, amount="1",
                        renewal_date="2026-03-12")  # fmt: skip
    return Asked("/renewals/sweeps", {})


async def _person(world: World) -> Record:
    return await world.new("/users", email=f"{world.name()}@example.com", role="manager")


async def _team(world: World) -> Record:
    head = await world.new("/users", email=f"{world.name()}@example.com", role="head")
    return await world.new("/teams", name=world.name(), heads=[head["id"]])


async def _settings(world: World) -> Asked:
    found = (await world.anna.get("/settings")).json()
    return Asked("/settings", {"discount_limit": "12.5", "name": "Acme"}, found["version"])


async def _me(world: World) -> Asked:
    found = (await world.anna.get("/me")).json()
    return Asked("/me", {"name": "Anna B."}, found["version"])


_PIPELINE = {"kind": "deal", "key": "more", "name": "More", "position": 1}
_STAGE = {"key": "extra", "name": "Extra", "kind": "open", "position": 1}
_REASON = {"key": "extra", "name": "Extra", "group": "later", "position": 1}
_USER = {"email": "new@example.com", "name": "New", "role": "manager"}
_TOKEN: Record = {"name": "New", "scopes": ["cards:read"]}
_ENQUIRY: Record = {"title": "Enquiry", "company_name": "Acme", "phone": "1"}
_ALL = {"client": {"name": "New"}, "deal": {"amount": "1"}, "offer": {"lines": LINES}}
_LATER = {"renewal_date": "2026-10-10", "reason": "align_dates"}
_TO_BORIS = {"owner_id": "boris"}


def _card_of(kind: str) -> Callable[[World], Awaitable[Record]]:
    return lambda world: world.card(kind)


_rule = _made("/reminder-rules", **RULE)

DOINGS: dict[str, Doing] = {
    **_card("leads", {"title": "Enquiry", "budget": "20000.50", "need": "Seats"}, phone="1"),
    "POST /leads/{record_id}/convert": _with(
        "/leads/{id}/convert", _made("/leads", **_ENQUIRY), _ALL
    ),
    "POST /leads/intake": _new("/leads/intake", contact_name="Somebody", phone="1"),
    **_card("offers", {"discount_percent": "12.5", "lines": LINES}, lines=LINES),
    "POST /offers/{record_id}/request-approval": _with(
        "/offers/{id}/request-approval", _card_of("offers"), {"comment": "Old"}
    ),
    "POST /offers/{record_id}/approve": _with(
        "/offers/{id}/approve", _requested, {"fields": {"discount_percent": "10"}}
    ),
    "POST /offers/{record_id}/reject": _with("/offers/{id}/reject", _requested, {"comment": "No"}),
    **_card("deals", {"title": "Servers too", "amount": "10.50"}, amount="1500.50"),
    **_card("renewals", {"amount": "99.50"}, **TERM),
    "POST /renewals/{record_id}/activate": _with("/renewals/{id}/activate", _card_of("renewals")),
    "POST /renewals/{record_id}/reschedule": _with(
        "/renewals/{id}/reschedule", _card_of("renewals"), _LATER
    ),
    "POST /renewals/bulk": _bulk,
    "POST /renewals/sweeps": _sweep,
    **_record(
        "/clients",
        {"name": "New", "credit_limit": "5.50", "discount_cap": "7.5"},
        {"currency": "JPY", "credit_limit": "3"},
    ),
    "POST /clients/{record_id}/transfer": _with(
        "/clients/{id}/transfer", World.busy_client, _TO_BORIS
    ),
    "POST /clients/{record_id}/merge": _merge,
    **_record("/contacts", {"name": "P", "email": "P@q.r"}, {"is_primary": True}, of_client=True),
    **_record("/agreements", AGREEMENT, {"lead_time": "P90D", "period": "P1Y"}, of_client=True),
    "DELETE /agreements/{record_id}": _with("/agreements/{id}", lost),
    "POST /agreements/{record_id}/file": _with(
        "/agreements/{id}/file", _made("/agreements", of_client=True, **AGREEMENT), FILE
    ),
    "DELETE /agreements/{record_id}/file": _with("/agreements/{id}/file", filed),
    "POST /agreements/{record_id}/restore": _with("/agreements/{id}/restore", left, read=False),
    **_record("/tasks", {"title": "Ask"}, {"done": True, "outcome": "Asked"}, of_client=True),
    **_record("/activities", {"body": "Said"}, {"kind": "call", "direction": "in"}, of_client=True),
    **_record(
        "/products",
        {"name": "Seat", "price": "100.50", "vat_rate": "20"},
        {"price": "1", "lead_time": "P5D"},
    ),
    "POST /reminder-rules": _new("/reminder-rules", **RULE),
    "PATCH /reminder-rules/{record_id}": _with(
        "/reminder-rules/{id}", _rule, {"offset": "P2D", "actions": [{"type": "webhook"}]}
    ),
    "DELETE /reminder-rules/{record_id}": _with("/reminder-rules/{id}", _rule),
    "POST /reminder-rules/{record_id}/restore": _with(
        "/reminder-rules/{id}/restore", _gone("/reminder-rules", **RULE), read=False
    ),
    "POST /reminder-rules/runs": due,
    "POST /notifications/{record_id}/read": _with("/notifications/{id}/read", told, read=False),
    "POST /pipelines": _new("/pipelines", **_PIPELINE),
    "PATCH /pipelines/{record_id}": _with(
        "/pipelines/{id}", World.calls, {"name": "Other", "position": 3}
    ),
    "POST /pipelines/{record_id}/stages": _in_pipeline("stages", _STAGE, first=False),
    "PATCH /pipelines/{record_id}/stages/{stage_id}": _in_pipeline(
        "stages", {"name": "Other", "position": 2}, first=True
    ),
    "DELETE /pipelines/{record_id}/stages/{stage_id}": _delete_stage,
    "POST /pipelines/{record_id}/reasons": _in_pipeline("reasons", _REASON, first=False),
    "PATCH /pipelines/{record_id}/reasons/{reason_id}": _in_pipeline(
        "reasons", {"limit_percent": "12.5", "position": 2}, first=True
    ),
    "PATCH /settings": _settings,
    "PATCH /me": _me,
    "POST /users": _new("/users", **_USER),
    "PATCH /users/{record_id}": _with("/users/{id}", _person, {"active": False, "name": "Other"}),
    "PUT /users/by-external-id/{external_id}": _put("/users", {**_USER, "email": "p@q.r"}),
    "POST /teams": _new("/teams", name="East"),
    "PATCH /teams/{record_id}": _with("/teams/{id}", _team, {"heads": [], "name": "West"}),
    "PUT /teams/by-external-id/{external_id}": _put("/teams", {"name": "South"}),
    "POST /tokens": _new("/tokens", **_TOKEN),
    "DELETE /tokens/{record_id}": _with("/tokens/{id}", _made("/tokens", **_TOKEN)),
}
# Renewals are not put by a name, nor deleted while they are pending, and tasks not by a name.
NONE = (
    "DELETE /renewals/{record_id}",
    "POST /renewals/{record_id}/restore",
    "PUT /renewals/by-external-id/{external_id}",
    "PUT /tasks/by-external-id/{external_id}",
    "PUT /activities/by-external-id/{external_id}",
)
for _key in NONE:
    del DOINGS[_key]
