"""A random walk over the product and the model at once; after every step both must agree."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from backend.domain.flows.sweep import sweep
from tests.faults import chains
from tests.office import NOON
from tests.stateful import back, balance, moving, writing
from tests.stateful.compare import deals, demand_same
from tests.stateful.requests import Requests
from tests.stateful.state import STAGES, Agreement, Card, Given, Model, demand
from tests.stateful.world import PIPELINES, Work, World, columns, held_by, wanted

WEIGHTS = {
    "make": 3, "move": 12, "undo": 4, "edit": 2, "transfer": 2, "delete": 1, "restore": 1,
    "activate": 1, "reschedule": 2, "wait": 1, "sweep": 2,
}  # fmt: skip
SELDOM = 0.1


@dataclass
class Walk:
    """One company and what is done to it, by chance."""

    world: World
    chance: random.Random
    model: Model
    done: Counter[tuple[str, str]]
    steps: list[str] = field(default_factory=list)  # what was done, for whoever reads a failure

    def __post_init__(self) -> None:
        self.requests = Requests(self.world)
        self.seen = self.world.look()

    def go(self, steps: int) -> None:
        """Some cards to begin with, and so many steps."""
        for kind in ("lead", "deal", "renewal", "offer"):
            self.make(kind)
        for what in self.chance.choices(list(WEIGHTS), list(WEIGHTS.values()), k=steps):
            getattr(self, what)()

    # -- one step --

    def step(self, what: str, expected: Callable[[Model], object], work: Work) -> bool:
        """Do the same to both; whether it was done and not refused."""
        self.steps.append(what)
        self.pass_time(minutes=1)
        after, refusal = self.model.attempt(expected)
        before, counts = self.seen, None if refusal is None else self.world.counts()
        told = self.world.do(work)
        assert told == refusal, f"the product says {told}, the model {refusal}"
        assert counts is None or counts == self.world.counts(), "what was refused left a trace"
        self.settle(after, what, refusal)
        if refusal is None:
            self.demand_order(before)
        return refusal is None

    def settle(self, after: Model, what: str, refusal: str | None = None) -> None:
        """Look at everything, and compare."""
        before = self.seen
        self.model, self.seen = after, self.world.look()
        self.done[what.split(" ")[0], refusal or "done"] += 1
        held, model = held_by(self.world, self.seen), wanted(self.model)
        for name in held:
            demand_same(name, held[name], model[name])
        demand_same("breaches", chains.breaches(self.seen), [])
        if deals(before) != deals(self.seen):
            self.demand_balance()

    def demand_balance(self) -> None:
        """The funnel of deals is what their events say."""
        sales = next(row for row in self.seen.stages.values() if row["key"] == "needs")
        report = self.world.report(PIPELINES["deal"])
        counted = balance.counted(self.seen, sales["pipeline_id"])
        demand_same("funnel", balance.told(report), counted)

    def demand_order(self, before: chains.Seen) -> None:
        """Cards that were not written keep their order in every column."""
        versions = {row["id"]: row["version"] for row in before.cards}
        still = {r["id"] for r in self.seen.cards if r["version"] == versions.get(r["id"])}
        old, new = columns(before), columns(self.seen)
        for stage_id, ids in old.items():
            kept = [number for number in ids if number in still]
            demand_same("order", [n for n in new.get(stage_id, []) if n in still], kept)

    def pass_time(self, **delta: int) -> None:
        self.model.now += timedelta(**delta)
        self.world.office.now = self.model.now

    def pick(self, *kinds: str) -> int:
        """One of the cards, or of those of some kinds."""
        found = [n for n, c in enumerate(self.model.cards) if not kinds or c.kind in kinds]
        return self.chance.choice(found)

    def seldom(self) -> bool:
        return self.chance.random() < SELDOM

    def who(self, number: int) -> str:
        """Mostly the card's owner; seldom somebody who may not exist for it."""
        owner = self.model.cards[number].owner
        return self.chance.choice(("anna", "boris")) if self.seldom() else owner

    # -- making --

    def make(self, kind: str = "") -> None:
        kind = kind or self.chance.choice(("lead", "deal", "deal", "offer", "offer", "renewal"))
        client = self.chance.randrange(2)
        if kind == "renewal":
            return self.make_renewal(client)
        card = Card(kind, STAGES[kind][0], "anna", client)
        if kind == "lead":
            card.complete, card.client = not self.seldom(), 0
            work = self.requests.lead(card.complete)
        elif kind == "deal":
            card.amount = None if self.seldom() else card.amount
            work = self.requests.deal(client, card.amount is not None)
        else:
            if self.chance.random() < 0.8:
                number = self.pick("lead", "deal", "renewal")
                card.ties[self.model.cards[number].kind] = number
            work = self.requests.offer(client, dict(card.ties))
        self.step(f"make {kind} {card.ties}", lambda m: moving.make(m, card), work)
        return None

    def make_renewal(self, client: int) -> None:
        due = self.model.today + timedelta(days=self.chance.randint(1, 120))
        period = self.chance.choice((None, "P1M", "P1M", "P2W", "P1Y", "P30D"))
        lead = self.chance.choice((None, None, "P0D", "P2W"))
        agreement = Agreement(client, "anna", due, 1, period, lead or "P1M")
        card = Card("renewal", "scheduled", "anna", client)
        work = self.requests.renewal(client, due, period, lead)
        self.step(f"make renewal {due}", lambda m: moving.agree(m, agreement, due, card), work)

    # -- moving --

    def move(self) -> None:
        number, stale = self.pick(), self.seldom()
        who = self.who(number)
        card = self.model.cards[number]
        stages = STAGES[card.kind]
        following = stages[min(card.place + 1, len(stages) - 1)]
        stage = self.chance.choice((following, self.chance.choice(stages)))
        given = self.given(card.kind, stage)

        def expected(m: Model) -> None:
            m.his(who, number)
            demand(not stale, "Stale")
            moving.move(m, who, number, stage, given)

        place = self.chance.choice(("end", "top", "behind"))
        after = self.world.ids[self.pick(card.kind)]
        work = self.requests.move(
            who, card.kind, number, card.version + 7 * stale, stage, given, place, after
        )
        if self.step(f"move {card.kind} {number} to {stage} by {who}, {given}", expected, work):
            self.demand_place(number, who, place, after)

    def given(self, kind: str, stage: str) -> Given:
        """What may have to come with a move."""
        given = Given(reason=not self.seldom(), comment=not self.seldom())
        answer = self.chance.choice(("", "one_off", "P1Y", "P1M", "date", "end"))
        if (kind, stage) in (("deal", "won"), ("renewal", "payment_received")):
            given.one_off = kind == "deal" and answer == "one_off"
            given.ends = kind == "renewal" and answer == "end"
            given.period = answer if answer in ("P1Y", "P1M") else None
            if answer == "date":
                given.when = self.model.today + timedelta(days=self.chance.randint(1, 90))
        return given

    def demand_place(self, number: int, who: str, place: str, after: int) -> None:
        """The card stands where it was put: a neighbour that is not seen there is none."""
        card_id = self.world.ids[number]
        row = next(row for row in self.seen.cards if row["id"] == card_id)
        column = columns(self.seen)[row["stage_id"]]
        other = self.model.cards[self.world.ids.index(after)]
        seen = not other.deleted and (who == "anna" or other.owner == who)
        if place == "behind" and after in column and after != card_id and seen:
            demand_same("place", column.index(card_id), column.index(after) + 1)
        else:
            at = 0 if place == "top" else len(column) - 1
            demand_same("place", column.index(card_id), at)

    def undo(self) -> None:
        moved = [(c.last.at, n) for n, c in enumerate(self.model.cards) if c.last is not None]
        number = self.pick() if self.seldom() or not moved else max(moved)[1]
        last = self.model.cards[number].last
        who = self.who(number) if last is None or self.seldom() else last.by
        self.by_version("undo", number, who, lambda m: back.undo(m, who, number))

    # -- the other writes --

    def edit(self) -> None:
        number = self.pick()
        who = self.who(number)
        values: dict[str, Any] = {"title": self.chance.choice(("Card", "Other"))}
        if self.model.cards[number].kind != "offer":
            values["amount"] = self.chance.choice((10_000, 10_000, None))
        self.by_version(
            "edit", number, who, lambda m: writing.edit(m, who, number, **values), **values
        )

    def transfer(self) -> None:
        number, owner = self.pick(), self.chance.choice(("anna", "boris"))
        who = self.who(number)
        self.by_version(
            "transfer", number, who, lambda m: writing.transfer(m, who, number, owner), owner=owner
        )

    def delete(self) -> None:
        number = self.pick()
        who = self.who(number)
        self.by_version("delete", number, who, lambda m: writing.delete(m, who, number))

    def restore(self) -> None:
        gone = [n for n, card in enumerate(self.model.cards) if card.deleted]
        number = self.chance.choice(gone) if gone else self.pick()
        who = self.who(number)
        work = self.requests.restore(who, self.model.cards[number].kind, number)
        self.step(f"restore {number}", lambda m: writing.restore(m, who, number), work)

    def activate(self) -> None:
        number = self.pick("renewal")
        who = self.who(number)
        self.by_version("activate", number, who, lambda m: writing.activate(m, who, number))

    def reschedule(self) -> None:
        number = self.pick("renewal")
        who = self.who(number)
        due = self.model.today + timedelta(days=self.chance.randint(-20, 150))
        reason = self.chance.choice(("client_asked", "align_dates", "wrong_date"))
        self.by_version(
            "reschedule", number, who,
            lambda m: writing.reschedule(m, who, number, due, reason), due=due, reason=reason,
        )  # fmt: skip

    def by_version(
        self, what: str, number: int, who: str, expected: Callable[[Model], object], **values: Any
    ) -> None:
        """A write under the version that the caller has read, or seldom under another one."""
        stale = self.seldom()

        def checked(m: Model) -> None:
            m.his(who, number)
            demand(not stale, "Stale")
            expected(m)

        card = self.model.cards[number]
        version = card.version + 7 * stale
        work = getattr(self.requests, what)(who, card.kind, number, version, **values)
        self.step(f"{what} {card.kind} {number} by {who} {values or ''}", checked, work)

    # -- time --

    def wait(self) -> None:
        self.pass_time(days=self.chance.randint(1, 45))
        self.steps.append(f"wait until {self.model.today}")

    def sweep(self) -> None:
        self.pass_time(days=self.chance.randint(0, 45))
        self.steps.append(f"sweep for {self.model.today}")
        model, office = self.model, self.world.office
        due = writing.sweep(model)
        swept = sweep(office.database, lambda: office.now, "manual", model.today)
        run = self.world.runner.run(swept)
        demand_same("sweep", (run.checked, run.activated, run.failed), (due, due, 0))
        self.settle(model, "sweep" if due else "idle")


def walks(url: str, count: int, steps: int, seed: int) -> Counter[tuple[str, str]]:
    """So many walks, each in a company of its own; what was done, and how often.

    A failure names the seed of its walk and what was done until then.
    """
    done: Counter[tuple[str, str]] = Counter()
    with asyncio.Runner() as runner:
        for number in range(count):
            world, chance = World(url, runner), random.Random(f"{seed}-{number}")
            world.enter()
            walk = Walk(world, chance, Model(NOON), done)
            try:
                walk.go(steps)
            except AssertionError as error:
                told = "\n".join(f"{n:3} {step}" for n, step in enumerate(walk.steps, start=1))
                raise AssertionError(f"walk {seed}-{number}:\n{told}\n{error}") from error
            finally:
                world.leave()
    return done
