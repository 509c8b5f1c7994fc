"""A company that plays at random: deals are made, moved every way, undone, given, deleted."""

import os
import random
import sys
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from backend.db.models import (
    activity,
    card,
    card_event,
    client,
    deal,
    lead,
    offer,
    reason,
    renewal,
    stage,
    task,
)
from backend.db.session import Unit
from backend.domain.access import Viewer
from backend.domain.cards.schemas import MoveRequest
from backend.domain.deals.schemas import DealCreate, DealFields
from backend.domain.flows import stages
from backend.domain.funnels.facts.actions import Checked, check
from backend.domain.moves import creating, editing, moving, undoing
from backend.domain.pipelines.schemas import StageCreate, StageFields
from backend.errors import DomainError
from tests.domain.funnels.oracle import MOSCOW, World
from tests.factories.pipelines import new_pipeline
from tests.office import Office

BEGIN = datetime(2026, 1, 12, 9, 0, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
AT_ONCE = 200  # steps of one transaction
LONG = "FUNNEL_MOVES" in os.environ
A_COMPANY = 3000  # moves; more of them are played in several companies
BESIDE = (activity, client, deal, lead, offer, renewal, task)
WHATS = (
    ("make",) * 4 + ("move",) * 14 + ("undo",) * 3 + ("edit",) * 5 + ("give", "delete", "restore")
)


def companies(moves: int) -> list[tuple[int, int]]:
    """The companies that so many moves are played in: (a seed, how many of them)."""
    shares = [min(A_COMPANY, moves - at) for at in range(0, moves, A_COMPANY)]
    return list(enumerate(shares, start=1))


@dataclass
class Player:
    """Plays in two pipelines, one with a detour; time goes on by itself."""

    office: Office
    chance: random.Random
    now: datetime = BEGIN
    viewers: list[Viewer] = field(default_factory=list)
    clients: dict[int, int] = field(default_factory=dict)
    homes: list[int] = field(default_factory=list)
    deals: list[int] = field(default_factory=list)
    moved: int = 0

    @property
    def today(self) -> date:
        """The day at the company when reports are asked."""
        return self.office.now.astimezone(MOSCOW).date()

    async def set_up(self) -> None:
        self.office.now = BEGIN
        people = [await self.office.person("anna"), await self.office.person("boss", "admin")]
        for person in people:
            self.viewers.append(await self.office.viewer(person))
            for name in ("One", "Another", "Third"):
                made = await self.office.client(person, f"{name} of {person.id}")
                self.clients[made] = person.id
        opens = ("S1", "S2", "S3", "S4")
        aside = [("aside", "detour")]
        self.homes = [
            await new_pipeline(self.office, "worked", opens, before=aside),
            await new_pipeline(self.office, "elsewhere", ("T1", "T2")),
        ]

    async def play(self, moves: int) -> None:
        """So many moves more; what else is done, and what is refused, comes on top."""
        last = self.moved + moves

        async def some(tx: Unit) -> None:
            for _ in range(AT_ONCE):
                if self.moved >= last:
                    break
                self.now += self.chance.choice((MINUTE, HOUR, 7 * HOUR)) * self.chance.randint(1, 5)
                tx.now, before = self.now, self.moved
                try:
                    async with tx.apart():
                        await self._step(tx, self.chance.choice(WHATS))
                except DomainError:
                    self.moved = before

        while self.moved < last:
            await self.office.do(some)
        self.office.now = self.now + HOUR

    async def _go(self, tx: Unit, kind: str, number: int, given: MoveRequest) -> None:
        """A move; all of them are counted."""
        await moving.move(tx, self.viewers[1], kind, number, given, None)
        self.moved += 1

    async def _back(self, tx: Unit, kind: str, number: int) -> None:
        """It is taken back while it can be."""
        self.now = tx.now = self.now + 5 * MINUTE
        await undoing.undo(tx, self.viewers[1], kind, number, None)

    async def _step(self, tx: Unit, what: str) -> None:
        boss = self.viewers[1]
        if what == "make" or not self.deals:
            await self._make(tx)
            return
        deal_id = self.chance.choice(self.deals)
        if what in ("move", "undo"):
            if what == "undo" and self.chance.random() < 0.5:
                # Moved on one day, and taken back on the next.
                evening = self.now.replace(hour=20, minute=57, second=0)
                self.now = tx.now = evening if evening > self.now else evening + 24 * HOUR
            await self._go(tx, "deal", deal_id, await self._whereto(tx))
            if what == "undo":
                await self._back(tx, "deal", deal_id)
        elif what == "edit":
            amount = Decimal(self.chance.randint(0, 5000)) / 4
            edited = self.chance.choice((
                DealFields(amount=amount), DealFields(amount=None),
                DealFields(probability=self.chance.randrange(101)), DealFields(currency="EUR"),
            ))  # fmt: skip
            await editing.edit(tx, boss, "deal", deal_id, edited, None)
        elif what == "give":
            owner = self.chance.choice(self.viewers).user_id
            assert owner is not None
            await editing.transfer(tx, boss, "deal", deal_id, owner, None, None)
        elif what == "delete":
            await editing.delete(tx, boss, "deal", deal_id, None)
        else:
            await editing.restore(tx, boss, "deal", deal_id)

    async def _make(self, tx: Unit) -> None:
        viewer = self.chance.choice(self.viewers)
        first = self.chance.choice(("S1", "S1", "S1", "S3", "aside"))
        fields = DealCreate(
            title="Played", client_id=self._client(viewer), pipeline="worked", stage=first,
            amount=Decimal(self.chance.randint(1, 900)), source=self.chance.choice(("web", "call")),
            currency=self.chance.choice(("RUB", "EUR")),
        )  # fmt: skip
        self.deals.append(await creating.create(tx, viewer, "deal", fields))

    def _client(self, viewer: Viewer) -> int:
        own = [key for key, owner in self.clients.items() if owner == viewer.user_id]
        return self.chance.choice(own)

    async def _whereto(self, tx: Unit) -> MoveRequest:
        home = self.homes[self.chance.random() < 0.1]
        open_ones = (stage.c.pipeline_id == home, stage.c.deleted_at.is_(None))
        rows = await tx.rows(
            select(stage.c.id, stage.c.kind).where(*open_ones).order_by(stage.c.id)
        )
        chosen = self.chance.choice(rows)
        why = None
        if chosen["kind"] == "lost":
            keys = ("too_expensive", "created_by_mistake", "competitor")
            query = select(reason.c.id).where(
                reason.c.pipeline_id == home, reason.c.use == "lost", reason.c.key.in_(keys)
            )
            why = self.chance.choice(sorted((await tx.run(query)).scalars()))
        return MoveRequest(stage=chosen["id"], reason_id=why)

    async def reshape(self) -> None:
        """Another order of the first pipeline, a new stage in between, and one stage less."""
        boss, home = self.viewers[1], self.homes[0]

        async def work(tx: Unit) -> None:
            found = await tx.rows(select(stage).where(stage.c.pipeline_id == home))
            rows = {row["key"]: row for row in found}
            third, gone = rows["S3"], rows["S2"]
            swap = StageFields(position=third["position"] - 1)
            await stages.edit_stage(tx, boss, home, third["id"], swap, third["version"])
            new = StageCreate(key="new", name="New", kind="open", position=3)
            await stages.add_stage(tx, boss, home, new)
            version = await tx.scalar(select(stage.c.version).where(stage.c.id == gone["id"]))
            await stages.delete_stage(tx, boss, home, gone["id"], "S4", version)

        await self.office.do(work)

    async def world(self) -> World:
        """Everything that happened, as rows."""

        async def read(tx: Unit) -> World:
            if LONG and tx.conn.dialect.name == "postgresql":
                # Nobody else counts rows that are never committed, and plans for none take hours.
                await tx.conn.exec_driver_sql("ANALYZE")
            order = card_event.select().order_by(card_event.c.card_id, card_event.c.seq)
            return World(
                stages=await tx.rows(stage.select()),
                reasons={row["id"]: row for row in await tx.rows(reason.select())},
                cards=await tx.rows(card.select()),
                events=await tx.rows(order),
                beside={table.name: await tx.rows(table.select()) for table in BESIDE},
            )

        return await self.office.do(read)  # type: ignore[no-any-return]

    async def verified(self) -> int:
        """How many cards were folded anew from their events; no stored fact may differ."""
        last = cards = 0
        while True:
            found: Checked = await self.office.do(lambda tx, last=last: check(tx, last))
            assert (found.rows, found.differing) == (0, 0)
            last, cards = found.last, cards + found.cards
            if not last:
                return cards


def say(capsys: pytest.CaptureFixture[str], player: Player, world: World, asked: int) -> None:
    """Tell what the long form did."""
    if LONG:
        with capsys.disabled():
            sys.stdout.write(
                f"\n{player.office.database.dialect}: {player.moved:,} moves,"
                f" {len(world.cards):,} cards, {len(world.events):,} events,"
                f" {asked} reports as the oracle has them, no fact differs\n"
            )
