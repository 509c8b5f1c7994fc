"""The product behind the model: what is done to it, and what it holds, in the model's terms."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any, cast

from sqlalchemy import NullPool, insert, select

from backend import security
from backend.db.engines import open_database
from backend.db.models import api_token, churn_interval
from backend.db.session import Unit
from backend.domain.access import Viewer
from backend.domain.funnels import queries as funnels
from backend.domain.funnels.schemas import FunnelFilters, FunnelReport
from backend.errors import DomainError
from tests.faults import chains
from tests.faults.chains import Seen
from tests.held import held
from tests.office import NOON, Office, Person
from tests.stateful.state import Model

PIPELINES = {"lead": "leads", "offer": "offers", "deal": "sales", "renewal": "renewals"}
Work = Callable[[Unit], Awaitable[Any]]


class Company(Office):
    """Without an API: here everything is done in the domain."""

    def __post_init__(self) -> None:
        return None

    async def signed_in(self, user_id: int, scopes: tuple[str, ...] = ("*",)) -> Person:
        token = security.new_token()
        row = {
            "user_id": user_id, "name": "test", "prefix": token[:8], "scopes": list(scopes),
            "hash": security.token_hash(token), "created_at": self.now, "updated_at": self.now,
        }  # fmt: skip
        await self.do(lambda tx: tx.run(insert(api_token), row))
        return Person(user_id, token, cast(Any, None))


@dataclass
class World:
    """A company in a database; whatever happens to it is rolled back at the end."""

    url: str
    runner: asyncio.Runner
    people: dict[str, int] = field(default_factory=dict)
    viewers: dict[str, Viewer] = field(default_factory=dict)
    clients: list[int] = field(default_factory=list)
    reasons: dict[str, int] = field(default_factory=dict)
    ids: list[int] = field(default_factory=list)

    def enter(self) -> None:
        self.runner.run(self._enter())

    async def _enter(self) -> None:
        self._stack = AsyncExitStack()
        database = open_database(self.url, poolclass=NullPool)
        self.office = Company(await self._stack.enter_async_context(held(database, self.url)), NOON)
        anna = await self.office.person("anna", "admin")
        boris = await self.office.person("boris")
        for name, person in (("anna", anna), ("boris", boris)):
            self.people[name] = person.id
            self.viewers[name] = await self.office.viewer(person)
        self.clients = [await self.office.client(anna, name) for name in ("Acme", "Umbra")]
        for kind, pipeline in PIPELINES.items():
            self.reasons[kind] = await self.office.reason("too_expensive", pipeline)
        self.reasons["end"] = await self.office.reason("last_term", "renewals", "end")

    def leave(self) -> None:
        self.runner.run(self._stack.aclose())

    def do(self, work: Work) -> str | None:
        """Do something in a transaction; the name of the refusal, if it was refused."""
        try:
            self.runner.run(self.office.do(work))
        except DomainError as refusal:
            return type(refusal).__name__
        return None

    def counts(self) -> dict[str, int]:
        """How many rows each table has."""
        return self.runner.run(self.office.counts())

    def look(self) -> Seen:
        """Everything about cards; their ids are remembered in the order of making."""
        seen = self.runner.run(chains.look(self.office.database))
        self.ids = [row["id"] for row in seen.cards]
        return seen

    def report(self, pipeline: str) -> FunnelReport:
        filters = FunnelFilters(pipeline=pipeline)
        work = lambda tx: funnels.funnel(tx, self.viewers["anna"], filters)  # noqa: E731
        found: FunnelReport = self.runner.run(self.office.do(work))
        return found

    def churns(self) -> list[tuple[Any, ...]]:
        """The intervals of churn: whose, from when, until when, and whether void."""

        async def read(tx: Unit) -> list[tuple[Any, ...]]:
            rows = await tx.rows(select(churn_interval).order_by(churn_interval.c.id))
            place = self.clients.index
            return [
                (place(r["client_id"]), r["opened_on"], r["closed_on"], r["voided_at"] is not None)
                for r in rows
            ]

        return self.runner.run(self.office.do(read))


def held_by(world: World, seen: Seen) -> dict[str, Any]:
    """What the database holds, in the model's terms."""
    names = {number: name for name, number in world.people.items()}
    numbers = {row["id"]: number for number, row in enumerate(seen.agreements)}
    terms = {term["card_id"]: term for own in seen.terms.values() for term in own}
    cards = []
    for row in seen.cards:
        told: tuple[Any, ...] = (
            row["kind"], seen.stages[row["stage_id"]]["key"], row["state"], names[row["owner_id"]],
            world.clients.index(row["client_id"]), row["title"], row["amount"], row["version"],
            row["deleted_at"] is not None,
        )  # fmt: skip
        if (t := terms.get(row["id"])) is not None:
            told += (
                numbers[t["agreement_id"]], t["cycle"], t["renewal_date"], t["activates_on"],
                t["slips"], t["withdrawn_at"] is not None,
            )  # fmt: skip
        cards.append(told)
    agreements = [
        (
            world.clients.index(a["client_id"]), names[a["owner_id"]], a["anchor_date"],
            a["anchor_cycle"], a["period"], a["status"] == "running", a["version"],
            a["deleted_at"] is not None,
        )
        for a in seen.agreements
    ]  # fmt: skip
    return {"cards": cards, "agreements": agreements, "churns": world.churns()}


def wanted(model: Model) -> dict[str, Any]:
    """The same as the model has it."""
    cards = []
    for c in model.cards:
        told: tuple[Any, ...] = (
            c.kind, c.stage, c.state, c.owner, c.client, c.title, c.amount, c.version, c.deleted,
        )  # fmt: skip
        if c.kind == "renewal":
            told += (c.agreement, c.cycle, c.due, c.active, c.slips, c.withdrawn)
        cards.append(told)
    agreements = [
        (a.client, a.owner, a.anchor, a.cycle, a.period, a.runs, a.version, a.deleted)
        for a in model.agreements
    ]
    churns = [(c.client, c.opened, c.closed, c.void) for c in model.churns]
    return {"cards": cards, "agreements": agreements, "churns": churns}


def columns(seen: Seen) -> dict[int, list[int]]:
    """The cards of each stage in their order."""
    found: dict[int, list[int]] = {}
    for row in sorted(seen.cards, key=lambda row: row["position"]):
        found.setdefault(row["stage_id"], []).append(row["id"])
    return found
