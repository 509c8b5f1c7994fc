"""Who may open and do what in the browser: one row for each method and path, as REST has them.

A scope is not asked for: whoever signs in may do what his role may.
"""

from backend.routes.policy import COMMON, EDITED, OWN, PERSONAL, RESTORED, SEEN, Record, Rule, Who

__all__ = ["PAGES", "Who", "page"]


def page(who: Who = Who.ANYBODY, record: Record | None = None) -> Rule:
    """The row of a page: whose roles may call it, and what becomes of it by whose the record is."""
    return Rule(None, who) if record is None else Rule(None, who, record)


DONE = OWN._replace(told="does it, or puts it off")
BOARDS = ("leads", "offers", "deals", "renewals")
# What a report has besides its page.
REPORTS = {
    **dict.fromkeys(
        (
            "funnel", "reasons", "cycle-time", "velocity", "forecast", "renewals", "churn",
            "managers", "changes",
        ),
        ("", ".csv", "/cards"),
    ),
}  # fmt: skip
CARD = (
    ("GET", "/{record_id}", page(record=SEEN)),
    ("GET", "/{record_id}/sheet", page(record=SEEN)),
    ("GET", "/{record_id}/line", page(record=SEEN)),
    ("GET", "/{record_id}/fields/{name}", page(Who.WRITERS, SEEN)),
    ("POST", "/{record_id}/fields/{name}", page(Who.WRITERS, EDITED)),
    ("POST", "/{record_id}/notes", page(Who.WRITERS, SEEN)),
    ("POST", "/{record_id}/next", page(Who.WRITERS, SEEN)),
    ("POST", "/{record_id}/tasks/{task_id}", page(Who.WRITERS, EDITED)),
    ("GET", "/{record_id}/transfer", page(Who.WRITERS, SEEN)),
    ("POST", "/{record_id}/transfer", page(Who.WRITERS, EDITED)),
    ("POST", "/{record_id}/delete", page(Who.WRITERS, EDITED)),
    ("POST", "/{record_id}/restore", page(Who.WRITERS, RESTORED)),
)


def _settings(*paths: str, record: Record | None = None) -> dict[str, Rule]:
    """What an admin reads and writes at the same address."""
    return {
        f"{method} {path}": page(Who.ADMINS, record) for path in paths for method in ("GET", "POST")
    }


PAGES: dict[str, Rule] = {
    "GET /s/{version}/{name}": page(Who.PUBLIC),
    "GET /sign-in": page(Who.PUBLIC),
    "POST /sign-in": page(Who.PUBLIC),
    "POST /sign-out": page(),
    "GET /": page(),
    "GET /today": page(),
    "GET /today/more": page(),
    "POST /today/tasks/{record_id}": page(Who.WRITERS, DONE),
    "POST /today/tasks/{record_id}/next": page(Who.WRITERS, DONE),
    "POST /today/notifications/{record_id}": page(Who.WRITERS, OWN),
    "POST /today/orphans/{record_id}": page(Who.WRITERS, EDITED),
    "GET /settings/me": page(),
    "POST /settings/me": page(Who.WRITERS),
    "POST /settings/me/look": page(),
    "POST /settings/me/password": page(),
    "GET /events": page(),
    **{
        f"{method} /{board}{path}": rule
        for board in BOARDS
        for method, path, rule in (
            ("GET", "", page()),
            ("GET", "/columns/{key}", page()),
            ("GET", "/figures", page()),
            ("GET", "/patch", page()),
            ("POST", "/{record_id}/move", page(Who.WRITERS, EDITED)),
            ("POST", "/bulk", page(Who.WRITERS)),
            ("GET", "/load", page(Who.WRITERS)),
            ("GET", "/load.csv", page(Who.WRITERS)),
            ("POST", "/load", page(Who.WRITERS)),
            ("GET", "/bulk/transfer", page(Who.WRITERS)),
            ("POST", "/bulk/transfer", page(Who.WRITERS)),
            ("POST", "/bulk/transfer/undo", page(Who.WRITERS)),
            ("GET", "/bulk/task", page(Who.WRITERS)),
            ("POST", "/bulk/task", page(Who.WRITERS)),
            ("POST", "/undo", page(Who.WRITERS)),
            ("POST", "/{record_id}/opened", page(Who.ANYBODY, SEEN)),
            *CARD,
        )
    },
    **{
        f"{method} /{board}/{{record_id}}/lines/{{place}}": page(Who.WRITERS, EDITED)
        for board in ("offers", "deals")
        for method in ("GET", "POST")
    },
    **{
        f"{row} /{board}{path}": rule
        for board in BOARDS[:3]
        for row, path, rule in (
            ("POST", "/new", page(Who.WRITERS)),
            ("GET", "/clients", page()),
        )
    },
    "GET /settings": page(),
    "GET /settings/tokens": page(),
    "POST /settings/tokens": page(),
    "POST /settings/tokens/{record_id}/revoke": page(record=PERSONAL),
    "GET /settings/people": page(Who.ADMINS),
    "GET /settings/rules/new": page(Who.ADMINS),
    "GET /settings/rules/hits": page(Who.ADMINS),
    "POST /settings/rules/{record_id}/switch": page(Who.ADMINS, COMMON),
    "POST /settings/rules/{record_id}/delete": page(Who.ADMINS, COMMON),
    **_settings("/settings/pipelines", "/settings/company", "/settings/rules"),
    **_settings(
        "/settings/pipelines/{record_id}", "/settings/pipelines/{record_id}/stages/{stage_id}",
        "/settings/pipelines/{record_id}/stages/{stage_id}/delete",
        "/settings/pipelines/{record_id}/reasons/{reason_id}",
        "/settings/people/users/{record_id}", "/settings/people/teams/{record_id}",
        "/settings/rules/{record_id}",
        record=COMMON,
    ),
    "GET /settings/pipelines/{record_id}/stages/new": page(Who.ADMINS, COMMON),
    "POST /settings/pipelines/{record_id}/stages": page(Who.ADMINS, COMMON),
    "POST /settings/pipelines/{record_id}/stages/{stage_id}/place": page(Who.ADMINS, COMMON),
    "GET /settings/pipelines/{record_id}/reasons/new": page(Who.ADMINS, COMMON),
    "POST /settings/pipelines/{record_id}/reasons": page(Who.ADMINS, COMMON),
    "GET /settings/people/users/new": page(Who.ADMINS),
    "POST /settings/people/users": page(Who.ADMINS),
    "POST /settings/people/users/{record_id}/password": page(Who.ADMINS, COMMON),
    "GET /settings/people/teams/new": page(Who.ADMINS),
    "POST /settings/people/teams": page(Who.ADMINS),
    "GET /reports": page(),
    **{f"GET /reports/{name}{end}": page() for name, ends in REPORTS.items() for end in ends},
    "GET /clients": page(),
    "GET /clients/new": page(Who.WRITERS),
    "POST /clients": page(Who.WRITERS),
    "GET /clients/{record_id}": page(record=SEEN),
    "GET /clients/{record_id}/fields/{name}": page(Who.WRITERS, SEEN),
    "POST /clients/{record_id}/fields/{name}": page(Who.WRITERS, EDITED),
    "POST /clients/{record_id}/delete": page(Who.WRITERS, EDITED),
    "POST /clients/{record_id}/restore": page(Who.WRITERS, RESTORED),
    "GET /clients/{record_id}/contacts/new": page(Who.WRITERS, EDITED),
    "POST /clients/{record_id}/contacts": page(Who.WRITERS, EDITED),
    "GET /contacts/{record_id}": page(Who.WRITERS, SEEN),
    "POST /contacts/{record_id}": page(Who.WRITERS, EDITED),
    "POST /contacts/{record_id}/delete": page(Who.WRITERS, EDITED),
    "POST /contacts/{record_id}/restore": page(Who.WRITERS, RESTORED),
    "GET /clients/{record_id}/sheet": page(record=SEEN),
    "GET /clients/{record_id}/line": page(record=SEEN),
    "POST /clients/{record_id}/notes": page(Who.WRITERS, SEEN),
    "POST /clients/{record_id}/next": page(Who.WRITERS, SEEN),
    "POST /clients/{record_id}/tasks/{task_id}": page(Who.WRITERS, EDITED),
    "GET /clients/{record_id}/transfer": page(Who.WRITERS, SEEN),
    "POST /clients/{record_id}/transfer": page(Who.WRITERS, EDITED),
    "POST /clients/transfer/undo": page(Who.WRITERS),
    "GET /clients/{record_id}/merge": page(Who.WRITERS, SEEN),
    "POST /clients/{record_id}/merge": page(Who.WRITERS, EDITED),
    "GET /renewals/calendar": page(),
    "GET /renewals/runs": page(),
    "GET /renewals/review": page(),
    "POST /renewals/review": page(Who.WRITERS),
    "POST /renewals/runs/parked/{record_id}": page(Who.WRITERS, EDITED),
    "GET /agreements/{record_id}": page(record=SEEN),
    "POST /agreements/{record_id}/next": page(Who.WRITERS, EDITED),
    "GET /agreements/{record_id}/file": page(record=SEEN),
    "POST /agreements/{record_id}/file": page(Who.WRITERS, EDITED),
    "POST /agreements/{record_id}/file/remove": page(Who.WRITERS, EDITED),
    "POST /renewals/{record_id}/activate": page(Who.WRITERS, EDITED),
    "GET /renewals/{record_id}/win-back": page(Who.WRITERS, SEEN),
    "POST /renewals/{record_id}/win-back": page(Who.WRITERS, SEEN),
    "GET /renewals/{record_id}/reschedule": page(Who.WRITERS, SEEN),
    "POST /renewals/{record_id}/reschedule": page(Who.WRITERS, EDITED),
}  # fmt: skip
