"""A small company in the database and its API: people with tokens, clients, a clock to set."""

import copy
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any, cast
from zoneinfo import ZoneInfo

import httpx
from litestar import Litestar
from litestar.datastructures import State
from litestar.types import ASGIApp
from sqlalchemy import func, insert, literal, select, union_all

from backend import security
from backend.app import around, create_app
from backend.commands.shared import importing
from backend.db.engines import Database, open_database
from backend.db.models import (
    api_token,
    app_user,
    card_event,
    client,
    company,
    metadata,
    reason,
    team,
)
from backend.db.session import Unit, unit
from backend.domain.access import Viewer
from backend.domain.texts import fold
from backend.domain.users.queries import as_system, viewer_by_token
from backend.effects import Effect
from backend.resources import Resources
from backend.routes import openapi
from tests.promises import demand_kept_tags
from tests.refusals import demand_problem

MOSCOW = ZoneInfo("Europe/Moscow")
NOON = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)  # noon in Moscow
COUNTS = union_all(
    *(
        select(literal(name).label("name"), func.count().label("rows")).select_from(table)
        for name, table in sorted(metadata.tables.items())
    )
)


async def nobody(_: list[Effect]) -> None:
    """Where effects go that no test looks at."""


@cache
def routes() -> Litestar:
    """The application, whose some hundred routes are worth building once per test process."""
    with importing():
        return create_app(Resources(open_database("sqlite+aiosqlite:///nowhere.db"), nobody))


@cache
def written_contract() -> bytes:
    """The REST contract that the application is described by, written once per test process."""
    return openapi.document(routes())


def over(resources: Resources) -> ASGIApp:
    """The application over the resources of one test."""
    app = copy.copy(routes())
    app.state = State({"resources": resources})
    return around(app, resources)


@dataclass
class Person:
    """A user with a token of all scopes, and his way to the API."""

    id: int
    token: str
    http: httpx.AsyncClient

    async def post(
        self, path: str, json: Any = None, version: int | None = None, **headers: str
    ) -> httpx.Response:
        """POST a body, with If-Match where a version is given."""
        return await self.http.post(path, json=json, headers=_headers(version, headers))

    async def patch(self, path: str, json: Any, version: int | None = None) -> httpx.Response:
        return await self.http.patch(path, json=json, headers=_headers(version, {}))

    async def put(self, path: str, json: Any, version: int | None = None) -> httpx.Response:
        return await self.http.put(path, json=json, headers=_headers(version, {}))

    async def get(self, path: str, **params: Any) -> httpx.Response:
        return await self.http.get(path, params=params)

    async def delete(self, path: str, version: int | None = None) -> httpx.Response:
        return await self.http.delete(path, headers=_headers(version, {}))


def _headers(version: int | None, more: dict[str, str]) -> dict[str, str]:
    found = {name.replace("_", "-"): value for name, value in more.items()}
    return found if version is None else {"If-Match": f'"{version}"', **found}


@dataclass
class Office:
    """The company of one test."""

    database: Database
    now: datetime = NOON
    delivered: list[Effect] = field(default_factory=list)

    def __post_init__(self) -> None:
        async def deliver(effects: list[Effect]) -> None:
            self.delivered += effects

        self.resources = Resources(self.database, deliver, now=lambda: self.now)
        self.app = over(self.resources)

    @property
    def today(self) -> date:
        """The day at the company, which lies in Moscow: it begins before that of UTC."""
        return self.now.astimezone(MOSCOW).date()

    def later(self, **delta: int) -> None:
        """Let time pass."""
        self.now += timedelta(**delta)

    async def do(self, work: Any) -> Any:
        """Run a piece of work of the domain in a transaction of its own."""
        return await unit(self.database, lambda: self.now, work)

    async def system(self, actor: str = "worker") -> Viewer:
        async def work(tx: Unit) -> Viewer:
            return await as_system(tx, actor)

        return await self.do(work)  # type: ignore[no-any-return]

    async def team(self, name: str) -> int:
        stamps = {"created_at": self.now, "updated_at": self.now}
        query = insert(team).returning(team.c.id)
        return int(await self.do(lambda tx: tx.scalar(query, {"name": name, **stamps})))

    async def person(
        self,
        name: str,
        role: str = "manager",
        team_id: int | None = None,
        scopes: tuple[str, ...] = ("*",),
    ) -> Person:
        stamps = {"created_at": self.now, "updated_at": self.now}
        row = {
            "email": f"{name}@example.com", "email_key": f"{name}@example.com", "name": name,
            "role": role, "team_id": team_id, "locale": "en", **stamps,
        }  # fmt: skip
        user_id = await self.do(
            lambda tx: tx.scalar(insert(app_user).returning(app_user.c.id), row)
        )
        return await self.signed_in(user_id, scopes)

    async def signed_in(self, user_id: int, scopes: tuple[str, ...] = ("*",)) -> Person:
        token = security.new_token()
        row = {
            "user_id": user_id, "name": "test", "prefix": token[:8], "scopes": list(scopes),
            "hash": security.token_hash(token), "created_at": self.now, "updated_at": self.now,
        }  # fmt: skip
        await self.do(lambda tx: tx.run(insert(api_token), row))
        http = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=cast(Any, self.app)), base_url="http://voronka.test/api/v1",
            headers={"Authorization": f"Bearer {token}"}, follow_redirects=False,
            event_hooks={"response": [demand_problem, demand_kept_tags()]},
        )  # fmt: skip
        return Person(user_id, token, http)

    async def viewer(self, person: Person) -> Viewer:
        """The person as the domain sees him."""
        async with self.database.read() as conn:
            found = await viewer_by_token(conn, security.token_hash(person.token), self.now)
        assert found is not None
        return found

    async def client(self, owner: Person, name: str = "Acme") -> int:
        row = {
            "kind": "company", "name": name, "name_key": fold(name), "status": "presale",
            "owner_id": owner.id, "currency": "RUB", "created_at": self.now, "updated_at": self.now,
        }  # fmt: skip
        return int(await self.do(lambda tx: tx.scalar(insert(client).returning(client.c.id), row)))

    async def reason(self, key: str, pipeline: str = "sales", use: str = "lost") -> int:
        """The id of a seeded reason."""
        pipelines = metadata.tables["pipeline"]
        query = (
            select(reason.c.id)
            .join(pipelines, pipelines.c.id == reason.c.pipeline_id)
            .where(pipelines.c.key == pipeline, reason.c.use == use, reason.c.key == key)
        )
        return int(await self.do(lambda tx: tx.scalar(query)))

    async def set_company(self, **values: Any) -> None:
        await self.do(lambda tx: tx.run(company.update().values(**values)))

    async def counts(self) -> dict[str, int]:
        """How many rows each table has: a refused call changes none."""

        async def work(tx: Unit) -> dict[str, int]:
            return {row.name: row.rows for row in await tx.run(COUNTS)}

        return await self.do(work)  # type: ignore[no-any-return]

    async def events(self, card_id: int) -> list[str]:
        """The names of a card's events in order."""
        query = (
            select(card_event.c.event)
            .where(card_event.c.card_id == card_id)
            .order_by(card_event.c.seq)
        )
        return await self.do(lambda tx: _column(tx, query))  # type: ignore[no-any-return]


async def _column(tx: Unit, query: Any) -> list[Any]:
    return list((await tx.run(query)).scalars())
