"""The policy: every route has its row, every row its route, and the docs say what it says."""

import copy

import pytest
from litestar import Litestar, get
from litestar.datastructures import State

from backend.app import create_app
from backend.domain.access import ADMIN_SCOPES, SCOPES
from backend.domain.changes.queries import KINDS, READ_WITH
from backend.routes import guards
from backend.routes.policy import EDITED, POLICY, Reach, Rule, Who, named
from tests.house import access_page
from tests.office import routes

# Where any token will do.
NO_SCOPE = {"GET /me"}
PUBLIC = {
    "GET /health/live", "GET /health/ready", "GET /metrics", "GET /openapi.json", "GET /api/docs",
    "GET /api/docs.css",
}  # fmt: skip


@pytest.fixture(scope="module")
def app() -> Litestar:
    return routes()


def test_every_route_has_a_row_and_every_row_a_route(app: Litestar) -> None:
    keys = [key for key, _ in named(app)]
    assert len(keys) > 100
    assert sorted(keys) == sorted(POLICY)
    assert {handler.opt["rule"] for _, handler in named(app)} == set(POLICY.values())


def test_a_route_without_a_row_is_not_started(app: Litestar) -> None:
    """A stray route of the API, and one beside it."""
    for path in ("/api/v1/strays", "/strays"):

        @get(path, operation_id="listStrays", sync_to_thread=False)
        def strays() -> None: ...

        with pytest.raises(RuntimeError, match=r"GET /strays .* has no row in .*policy\.py"):
            guards.bind(Litestar([strays], openapi_config=None, logging_config=None))
    for key in POLICY:
        rest = {other: rule for other, rule in POLICY.items() if other != key}
        with pytest.raises(RuntimeError, match="has no row"):
            guards.bind(app, rest)
    guards.bind(app)


def test_a_row_without_a_route_is_not_started(app: Litestar) -> None:
    with pytest.raises(RuntimeError, match=r"no route for these rows.*GET /strays"):
        guards.bind(app, {**POLICY, "GET /strays": Rule(None)})
    guards.bind(app)


def test_what_is_not_public_stands_behind_the_guard() -> None:
    @get("/strays", operation_id="listStrays", sync_to_thread=False)
    def strays() -> None: ...

    with pytest.raises(RuntimeError, match="GET /strays is not for everybody and has no guard"):
        guards.bind(
            Litestar([strays], openapi_config=None, logging_config=None),
            {"GET /strays": Rule("cards:read")},
        )


def test_the_application_itself_checks_its_policy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(POLICY, "PATCH /deals/{record_id}")
    with pytest.raises(RuntimeError, match=r"PATCH /deals/\{record_id\} \(editDeal\) has no row"):
        create_app(copy.copy(State()))  # type: ignore[arg-type]


def test_the_rows_agree_with_what_scopes_are_for() -> None:
    wrong = []
    for key, rule in POLICY.items():
        method = key.split()[0]
        scope = str(rule.scope)
        wrong += [
            f"{key}: {why}"
            for why, holds in {
                "knows no such scope": rule.scope is None or scope in SCOPES,
                "takes any token": rule.scope is not None or key in NO_SCOPE | PUBLIC,
                "is public": rule.who is not Who.PUBLIC or key in PUBLIC,
                "writes with a scope that reads": method == "GET" or not scope.endswith(":read"),
                "reads with a scope that writes": method != "GET" or not scope.endswith(":write"),
                "has an admin's scope and is not for admins": scope not in ADMIN_SCOPES
                or rule.who is Who.ADMINS,
                "lets readers write": method == "GET"
                or rule.who in (Who.WRITERS, Who.ADMINS)
                or rule.scope == "*",
                # Whoever makes tokens may do everything himself.
                "asks for everything": rule.scope != "*" or key.split("/")[1] == "tokens",
                "names a record and says nothing of it": "{" not in key
                or rule.record.reach is not Reach.NOTHING,
                "changes what one may only read": method == "GET"
                or rule.record.reach is not Reach.OWNERS
                or rule.record.shown == EDITED.shown,
            }.items()
            if not holds
        ]
    assert wrong == []


def test_events_are_told_with_the_scope_that_reads_the_record() -> None:
    read = {plural(kind): READ_WITH.get(kind, "cards:read") for kind in KINDS}
    rows = {path: POLICY.get(f"GET /{path}/{{record_id}}") for path in read}
    alone = {"reasons", "reminders", "settings", "stages", "sweeps"}
    assert {path for path, row in rows.items() if row is None} == alone
    assert {path: row.scope for path, row in rows.items() if row} == {
        path: scope for path, scope in read.items() if rows[path]
    }


def plural(kind: str) -> str:
    kind = kind.replace("_", "-")
    return kind[:-1] + "ies" if kind.endswith("y") else kind.removesuffix("s") + "s"


def test_the_page_says_what_the_policy_says() -> None:
    same = access_page.PAGE.read_text() == access_page.text()
    assert same, "docs/access.md is not up to date: run `make access`"
