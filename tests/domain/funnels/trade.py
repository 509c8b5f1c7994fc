"""What the company that plays at random does besides deals: offers, renewals, notes, tasks.

Who answers changes his mind with the seasons, so that shares lie on either side of their limits,
and streaks begin and end.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select, update

from backend.db.models import card, pipeline, reason, stage, task
from backend.db.session import Unit
from backend.domain.access import Viewer
from backend.domain.activities import actions as activities
from backend.domain.activities.schemas import ActivityCreate
from backend.domain.cards.schemas import MoveRequest
from backend.domain.clients import actions as clients
from backend.domain.clients.schemas import ClientCreate
from backend.domain.deals.schemas import DealFields
from backend.domain.flows import merge
from backend.domain.leads.schemas import LeadCreate
from backend.domain.moves import creating, editing, renewing, rescheduling
from backend.domain.offers.schemas import OfferCreate, OfferLineFields
from backend.domain.renewals.schemas import RenewalCreate, RescheduleRequest
from backend.domain.tasks import actions as tasks
from backend.domain.tasks.schemas import TaskCreate, TaskFields
from tests.domain.funnels.player import BEGIN, MINUTE, Player
from tests.factories.pipelines import new_pipeline

# How often of what.
MORE = {
    "make": 10, "offer": 10, "renewal": 5, "move_other": 14, "undo_other": 6, "close": 12,
    "put_off": 5, "date": 2, "chance": 1, "note": 2, "task": 1, "done": 1, "drop": 1, "merge": 1,
    "lead": 1, "haggle": 7,
}  # fmt: skip
SEASON = timedelta(days=9)
DEAR = (0.9, 0.3, 0.1)  # how much is too expensive, by season
LIMITS = {"too_expensive": (3000, 3), "other": (2000, 2)}  # in hundredths of a per cent; a streak
LATELY = 12  # cards that are worked on, so that most come to an end
# Where offers go, so that most of their moves are allowed.
ONWARDS = {
    "draft": ("request", "declined"), "request": ("sent", "sent", "declined"),
    "sent": ("accepted", "declined", "declined", "rework"), "rework": ("sent", "declined"),
    "accepted": ("sent",), "declined": ("draft", "sent"),
}  # fmt: skip


@dataclass
class Trader(Player):
    """Plays in offers and renewals too."""

    leads: list[int] = field(default_factory=list)
    others: list[tuple[str, int]] = field(default_factory=list)

    async def set_up(self) -> None:
        await super().set_up()
        aside = [("store", "holding")]
        for key in ("again", "still"):
            opens = ("R1", "R2", "R3")
            self.homes.append(await new_pipeline(self.office, key, opens, "renewal", before=aside))
        never = update(pipeline).where(pipeline.c.kind == "offer").values(approval_mode="never")
        asks = update(stage).values(required_fields=[])

        async def work(tx: Unit) -> None:
            await tx.run(never)
            await tx.run(asks)
            for key, (limit, streak) in LIMITS.items():
                watched = update(reason).where(reason.c.key == key, reason.c.use == "lost")
                await tx.run(watched.values(limit_percent=limit, streak=streak))
            for _ in range(4):
                await self._lead(tx)

        await self.office.do(work)

    async def _step(self, tx: Unit, what: str) -> None:
        if self.chance.random() < 0.25:
            await super()._step(tx, what)
            return
        (what,) = self.chance.choices([*MORE], [*MORE.values()])
        if what == "make":
            await self._make(tx)
        elif what in ("offer", "renewal", "lead", "haggle"):
            await getattr(self, f"_{what}")(tx)
        elif what in ("move_other", "undo_other"):
            await self._move_other(tx, what == "undo_other")
        elif what == "merge":
            await self._merge(tx)
        elif what == "put_off":
            await self._put_off(tx)
        elif self.deals:
            await self._about(tx, what, self.chance.choice(self.deals[-LATELY:]))

    async def _lead(self, tx: Unit) -> None:
        viewer = self.viewers[len(self.leads) % 2]
        fields = LeadCreate(title=f"Lead {len(self.leads)}")
        self.leads.append(await creating.create(tx, viewer, "lead", fields))

    async def _haggle(self, tx: Unit) -> None:
        """Offers that are sent to one and the same at once, each answered within minutes."""
        whose = self._whose()
        numbers = [await self._offered(tx, *whose) for _ in range(3)]
        for number in numbers:
            for key in ("request", "sent", None):
                self.now = tx.now = self.now + MINUTE
                said = await self._answer(tx, number) if key is None else MoveRequest(stage=key)
                await self._go(tx, "offer", number, said)
        self.others += [("offer", number) for number in numbers]

    async def _offer(self, tx: Unit) -> None:
        self.others.append(("offer", await self._offered(tx, *self._whose())))

    def _whose(self) -> tuple[Viewer, dict[str, Any]]:
        """Who makes an offer, to a lead or to a client of his."""
        viewer = self.chance.choice(self.viewers)
        to_lead = {"lead_id": self.chance.choice(self.leads[-LATELY:])}
        return viewer, self.chance.choice((to_lead, {"client_id": self._client(viewer)}))

    async def _offered(self, tx: Unit, viewer: Viewer, tie: dict[str, Any]) -> int:
        line = OfferLineFields(description="Work", price=Decimal(self.chance.randint(1, 99)))
        fields = OfferCreate(title="Offered", valid_until=self._day(), lines=[line], **tie)
        return await creating.create(tx, viewer, "offer", fields)

    async def _renewal(self, tx: Unit) -> None:
        viewer = self.chance.choice(self.viewers)
        fields = RenewalCreate(
            client_id=self._client(viewer), renewal_date=self._day(), pipeline="again",
            amount=Decimal(self.chance.randint(1, 99)), period="P1Y",
        )  # fmt: skip
        self.others.append(("renewal", await renewing.create(tx, viewer, fields)))

    def _day(self) -> date:
        return self.now.date() + timedelta(days=self.chance.randrange(-5, 120))

    async def _move_other(self, tx: Unit, undone: bool) -> None:
        if not self.others:
            return
        kind, number = self.chance.choice(self.others[-LATELY:])
        row = await tx.first(
            select(stage.c.key, stage.c.kind, stage.c.pipeline_id)
            .join(card, card.c.stage_id == stage.c.id)
            .where(card.c.id == number)
        )
        assert row is not None
        if row["kind"] in ("won", "lost") and self.chance.random() < 0.8:
            return
        here = [stage.c.pipeline_id == row["pipeline_id"]]
        if kind == "renewal" and self.chance.random() < 0.15:
            here = [stage.c.pipeline_id == self.chance.choice(self.homes[2:])]
        if kind == "offer":
            here.append(stage.c.key.in_(ONWARDS[row["key"]]))
        rows = await tx.rows(select(stage.c.id, stage.c.kind).where(*here).order_by(stage.c.id))
        target = self.chance.choice(rows)
        given = MoveRequest(
            stage=target["id"], comment="So it is",
            reason_id=await self._why(tx, row["pipeline_id"]) if target["kind"] == "lost" else None,
        )  # fmt: skip
        await self._go(tx, kind, number, given)
        if undone:
            await self._back(tx, kind, number)

    async def _put_off(self, tx: Unit) -> None:
        """Give a renewal another date; one far ahead puts it back to wait."""
        number = self.chance.choice([one for kind, one in self.others if kind == "renewal"] or [0])
        far = self._day() + timedelta(days=self.chance.choice((0, 400)))
        given = RescheduleRequest(renewal_date=far, reason="client_asked")
        await rescheduling.reschedule(tx, self.viewers[1], number, given, None)

    async def _why(self, tx: Unit, home: int) -> int:
        query = select(reason.c.id, reason.c.key, reason.c.group).where(
            reason.c.pipeline_id == home, reason.c.use == "lost"
        )
        rows = await tx.rows(query.order_by(reason.c.id))
        usual = [row for row in rows if row["key"] == "too_expensive"]
        never = [row for row in rows if row["group"] == "void"]
        return int(self.chance.choice(usual if self._dear() else [*rows, *never * 4])["id"])

    def _dear(self) -> bool:
        """Whether all is too expensive just now."""
        return self.chance.random() < DEAR[(self.now - BEGIN) // SEASON % len(DEAR)]

    async def _answer(self, tx: Unit, number: int) -> MoveRequest:
        """What a client says in the end."""
        kind = "lost" if self._dear() else self.chance.choice(("won", "lost"))
        query = select(card.c.pipeline_id, stage.c.id).join(
            stage, stage.c.pipeline_id == card.c.pipeline_id
        )
        (row,) = await tx.rows(query.where(card.c.id == number, stage.c.kind == kind))
        why = await self._why(tx, row["pipeline_id"]) if kind == "lost" else None
        return MoveRequest(stage=row["id"], reason_id=why, comment="So it is")

    async def _merge(self, tx: Unit) -> None:
        """Two cards go over to a double, which is then found to be one."""
        boss = self.viewers[1]
        double = await clients.create(tx, boss, ClientCreate(name="Double", kind="company"))
        for number in self.deals[-2:]:
            await editing.edit(tx, boss, "deal", number, DealFields(client_id=double), None)
        await merge.merge_clients(tx, boss, self.chance.choice([*self.clients]), double, None)

    async def _about(self, tx: Unit, what: str, deal: int) -> None:
        boss, anyone = self.viewers[1], self.chance.choice(self.viewers)
        if what == "date":
            fields = DealFields(expected_close_on=self.chance.choice((self._day(), None)))
            await editing.edit(tx, boss, "deal", deal, fields, None)
        elif what == "chance":
            fields = DealFields(probability=self.chance.randrange(101))
            await editing.edit(tx, boss, "deal", deal, fields, None)
        elif what == "close":
            await self._go(tx, "deal", deal, await self._answer(tx, deal))
        elif what == "note":
            at = self.now - timedelta(hours=self.chance.randrange(30))
            note = ActivityCreate(kind="note", body="Heard", card_id=deal, at=at)
            await activities.create(tx, anyone, note)
        elif what == "task":
            due = self.now + timedelta(hours=self.chance.randrange(1, 60))
            await tasks.create(tx, anyone, TaskCreate(title="Ask", card_id=deal, due_at=due))
        else:
            query = select(task.c.id).where(task.c.card_id == deal, task.c.done_at.is_(None))
            for number in (await tx.run(query.where(task.c.deleted_at.is_(None)))).scalars().all():
                if what == "drop":
                    await tasks.delete(tx, boss, number, None)
                else:
                    await tasks.edit(tx, boss, number, TaskFields(done=True), None)
