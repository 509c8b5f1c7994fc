"""Who may do what: one row for each method and path. The guard reads it, and nothing else says it.

A route without its row, or a row without its route, and the application does not start.
"""

from enum import Enum
from typing import NamedTuple

from litestar import Litestar
from litestar.handlers import HTTPRouteHandler

BASE = "/api/v1"
OK, FORBIDDEN, NOT_FOUND, CONFLICT = 200, 403, 404, 409


class Who(Enum):
    """Whose roles may call a route at all."""

    PUBLIC = "everybody, without a token"
    ANYBODY = "everybody signed in"
    WRITERS = "managers, heads, admins"
    ADMINS = "admins"


class Reach(Enum):
    """By what it is decided whose a record is."""

    NOTHING = "names no record"
    OWNERS = "its owner, his client's and his card's: own, the team's, all, as the role reaches"
    PERSONAL = "the one user whose it is; admins all"
    COMMON = "the company's: the same for everybody who may call"


class Record(NamedTuple):
    """What becomes of a call by the record that its address names; `OK` stands for any success.

    `covered` is a record of somebody else that the caller's role may change as if it were his,
    `shown` one that he may read and not change, `hidden` one that does not exist for him.
    """

    told: str
    reach: Reach = Reach.OWNERS
    own: int = OK
    covered: int = OK
    shown: int = FORBIDDEN
    hidden: int = NOT_FOUND
    deleted: int = NOT_FOUND
    absent: int = NOT_FOUND


NONE = Record("no record", Reach.NOTHING)
SEEN = Record("reads it", shown=OK)
EDITED = Record("writes it")
RESTORED = Record("brings it back", deleted=OK)
DECIDED = Record("decides about it, never about one's own", own=FORBIDDEN)
# Who may not see what has a name finds out that the name is taken, and nothing more.
NAMED = Record("makes it or writes it", hidden=CONFLICT, deleted=CONFLICT, absent=OK)
COMMON = Record("reads or writes it", Reach.COMMON, shown=OK, hidden=OK)
COMMON_RESTORED = COMMON._replace(told="brings it back", deleted=OK)
COMMON_NAMED = COMMON._replace(told="makes it, writes it or brings it back", deleted=OK, absent=OK)
PERSONAL = Record("reads or ends it", Reach.PERSONAL, shown=OK)
OWN = Record("reads it, or says that he has", Reach.PERSONAL, covered=NOT_FOUND)


class Rule(NamedTuple):
    """A row: the scope a token needs (None = any token will do), who, and on what."""

    scope: str | None
    who: Who = Who.ANYBODY
    record: Record = NONE


_ONE, _NAME = "/{record_id}", "/by-external-id/{external_id}"


def _owned(read: str, write: str) -> dict[str, Rule]:
    """What all records that have an owner have in common."""
    return {
        "GET ": Rule(read),
        "POST ": Rule(write, Who.WRITERS),
        f"GET {_ONE}": Rule(read, record=SEEN),
        f"PATCH {_ONE}": Rule(write, Who.WRITERS, EDITED),
        f"DELETE {_ONE}": Rule(write, Who.WRITERS, EDITED),
        f"POST {_ONE}/restore": Rule(write, Who.WRITERS, RESTORED),
    }


def _under(prefix: str, rules: dict[str, Rule]) -> dict[str, Rule]:
    return {key.replace(" ", f" {prefix}", 1): rule for key, rule in rules.items()}


_CARD_READ, _CARD_WRITE = "cards:read", "cards:write"
_CARD = {
    **_owned(_CARD_READ, _CARD_WRITE),
    f"GET {_ONE}/history": Rule(_CARD_READ, record=SEEN),
    f"POST {_ONE}/move": Rule(_CARD_WRITE, Who.WRITERS, EDITED),
    f"POST {_ONE}/undo": Rule(_CARD_WRITE, Who.WRITERS, EDITED),
    f"POST {_ONE}/transfer": Rule(_CARD_WRITE, Who.WRITERS, EDITED),
}
_PUT_CARD = {f"PUT {_NAME}": Rule(_CARD_WRITE, Who.WRITERS, NAMED)}
_ADMIN_CARE = {  # everybody reads, admins write
    "GET ": Rule("cards:read"),
    f"GET {_ONE}": Rule("cards:read", record=COMMON),
}


def _kept(scope: str) -> dict[str, Rule]:
    return {
        **_ADMIN_CARE,
        "POST ": Rule(scope, Who.ADMINS),
        f"PATCH {_ONE}": Rule(scope, Who.ADMINS, COMMON),
        f"PUT {_NAME}": Rule(scope, Who.ADMINS, COMMON_NAMED),
    }


def _parts(name: str, plural: str) -> dict[str, Rule]:
    """The stages or the reasons of a pipeline."""
    many, one = f"{_ONE}/{plural}", f"{_ONE}/{plural}/{{{name}_id}}"
    return {
        f"GET {many}": Rule("cards:read", record=COMMON),
        f"GET {one}": Rule("cards:read", record=COMMON),
        f"POST {many}": Rule("settings:write", Who.ADMINS, COMMON),
        f"PATCH {one}": Rule("settings:write", Who.ADMINS, COMMON),
    }


POLICY: dict[str, Rule] = {
    "GET /health/live": Rule(None, Who.PUBLIC),
    "GET /health/ready": Rule(None, Who.PUBLIC),
    "GET /openapi.json": Rule(None, Who.PUBLIC),
    "GET /api/docs": Rule(None, Who.PUBLIC),
    "GET /api/docs.css": Rule(None, Who.PUBLIC),
    # To whoever asks from the machine itself, else to a token: the handler looks.
    "GET /metrics": Rule(None, Who.PUBLIC),
    **_under("/clients", _owned("clients:read", "clients:write")),
    "GET /clients/{record_id}/timeline": Rule("clients:read", record=SEEN),
    "PUT /clients/by-external-id/{external_id}": Rule("clients:write", Who.WRITERS, NAMED),
    "POST /clients/{record_id}/transfer": Rule("clients:write", Who.WRITERS, EDITED),
    "POST /clients/{record_id}/merge": Rule("clients:write", Who.WRITERS, EDITED),
    **_under("/contacts", _owned("clients:read", "clients:write")),
    "PUT /contacts/by-external-id/{external_id}": Rule("clients:write", Who.WRITERS, NAMED),
    **_under("/leads", _CARD | _PUT_CARD),
    "POST /leads/{record_id}/convert": Rule("cards:write", Who.WRITERS, EDITED),
    "POST /leads/intake": Rule("leads:intake", Who.WRITERS),
    **_under("/offers", _CARD | _PUT_CARD),
    "POST /offers/{record_id}/request-approval": Rule("cards:write", Who.WRITERS, EDITED),
    "POST /offers/{record_id}/approve": Rule("cards:write", Who.WRITERS, DECIDED),
    "POST /offers/{record_id}/reject": Rule("cards:write", Who.WRITERS, DECIDED),
    "GET /offers/{record_id}/revisions": Rule("cards:read", record=SEEN),
    "GET /offers/{record_id}/document.pdf": Rule("cards:read", record=SEEN),
    "GET /offers/{record_id}/invoice.pdf": Rule("cards:read", record=SEEN),
    **_under("/deals", _CARD | _PUT_CARD),
    **_under("/renewals", _CARD),
    "POST /renewals/{record_id}/activate": Rule("cards:write", Who.WRITERS, EDITED),
    "POST /renewals/{record_id}/reschedule": Rule("cards:write", Who.WRITERS, EDITED),
    "GET /renewals/{record_id}/invoice.pdf": Rule("cards:read", record=SEEN),
    "POST /renewals/bulk": Rule("cards:write", Who.WRITERS),
    "GET /renewals/orphans": Rule("cards:read"),
    "GET /renewals/activation-preview": Rule("cards:read"),
    "GET /renewals/sweeps": Rule("cards:read"),
    "POST /renewals/sweeps": Rule("jobs:run", Who.ADMINS),
    **_under("/agreements", _owned("cards:read", "cards:write") | _PUT_CARD),
    "GET /agreements/{record_id}/terms": Rule("cards:read", record=SEEN),
    "GET /agreements/{record_id}/file": Rule("cards:read", record=SEEN),
    "POST /agreements/{record_id}/file": Rule("cards:write", Who.WRITERS, EDITED),
    "DELETE /agreements/{record_id}/file": Rule("cards:write", Who.WRITERS, EDITED),
    "GET /reports/funnel": Rule("reports:read"),
    "GET /reports/funnel/cards": Rule("reports:read"),
    "GET /reports/reasons": Rule("reports:read"),
    "GET /reports/cycle-time": Rule("reports:read"),
    "GET /reports/velocity": Rule("reports:read"),
    "GET /reports/forecast": Rule("reports:read"),
    "GET /reports/managers": Rule("reports:read"),
    "GET /reports/renewals": Rule("reports:read"),
    "GET /reports/churn": Rule("reports:read"),
    "GET /reports/changes": Rule("reports:read"),
    **_under("/tasks", _owned("tasks:read", "tasks:write")),
    **_under("/activities", _owned("tasks:read", "tasks:write")),
    **_under("/reminder-rules", _ADMIN_CARE),
    "POST /reminder-rules": Rule("settings:write", Who.ADMINS),
    "PATCH /reminder-rules/{record_id}": Rule("settings:write", Who.ADMINS, COMMON),
    "DELETE /reminder-rules/{record_id}": Rule("settings:write", Who.ADMINS, COMMON),
    "POST /reminder-rules/{record_id}/restore": Rule("settings:write", Who.ADMINS, COMMON_RESTORED),
    "GET /reminder-rules/dry-run": Rule("cards:read"),
    "GET /reminder-rules/runs": Rule("cards:read"),
    "POST /reminder-rules/runs": Rule("jobs:run", Who.ADMINS),
    "GET /notifications": Rule("tasks:read"),
    "GET /notifications/{record_id}": Rule("tasks:read", record=OWN),
    "POST /notifications/{record_id}/read": Rule("tasks:write", Who.WRITERS, OWN),
    **_under("/products", _kept("settings:write")),
    "DELETE /products/{record_id}": Rule("settings:write", Who.ADMINS, COMMON),
    "POST /products/{record_id}/restore": Rule("settings:write", Who.ADMINS, COMMON_RESTORED),
    **_under("/pipelines", _ADMIN_CARE | _parts("stage", "stages") | _parts("reason", "reasons")),
    "POST /pipelines": Rule("settings:write", Who.ADMINS),
    "PATCH /pipelines/{record_id}": Rule("settings:write", Who.ADMINS, COMMON),
    "DELETE /pipelines/{record_id}/stages/{stage_id}": Rule("settings:write", Who.ADMINS, COMMON),
    "GET /settings": Rule("cards:read"),
    "PATCH /settings": Rule("settings:write", Who.ADMINS),
    "GET /me": Rule(None),
    "PATCH /me": Rule("cards:write", Who.WRITERS),
    **_under("/users", _kept("users:write")),
    **_under("/teams", _kept("users:write")),
    "GET /roles": Rule("cards:read"),
    "GET /tokens": Rule("cards:read"),
    "GET /tokens/{record_id}": Rule("cards:read", record=PERSONAL),
    # Whoever makes tokens may do everything that his role may, and so could do it himself.
    "POST /tokens": Rule("*"),
    "DELETE /tokens/{record_id}": Rule("*", record=PERSONAL),
    # Each event is shown to whom its record is.
    "GET /events": Rule("events:read"),
    "GET /audit": Rule("audit:read", Who.ADMINS),
}  # fmt: skip


def named(app: Litestar, *, pages: bool = False) -> list[tuple[str, HTTPRouteHandler]]:
    """Every route of REST, or every page, under its row's name: `PATCH /deals/{record_id}`."""
    return [
        (f"{method} {route.path_format.removeprefix(BASE)}", handler)
        for route in app.routes
        for handler in getattr(route, "route_handlers", ())
        for method in sorted(handler.http_methods - {"OPTIONS", "HEAD"})
        if "OPTIONS" not in handler.http_methods and bool(handler.opt.get("page")) is pages
    ]
