"""Many writers at random at a few cards, over REST: moves, edits, hand-overs, undo, mass edits."""

import asyncio
import random
import time
from argparse import Namespace
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import text

from tests.faults import chains, kills, renewals, wire
from tests.faults.plant import Plant, say
from tests.faults.wire import Answer, Line
from tests.office import Office, Person

STAGES = {
    "leads": ("new", "contacted", "qualified", "presentation", "offering", "client", "closed"),
    "offers": ("draft", "request", "sent", "rework", "accepted", "declined"),
    "deals": ("needs", "offer", "negotiation", "invoice", "won", "lost"),
    "renewals": (
        "scheduled", "invoice_required", "invoice_sent", "payment_received", "not_renewed",
    ),
}  # fmt: skip
LOST = {"leads": "closed", "offers": "declined", "deals": "lost", "renewals": "not_renewed"}
PIPELINE = {"leads": "leads", "offers": "offers", "deals": "sales", "renewals": "renewals"}
WISHES = {
    "move": 6, "edit": 2, "transfer": 1, "undo": 2, "reschedule": 2, "hand over all": 0.2,
}  # fmt: skip
EXPECTED = {200, 409, 412, 422}


@dataclass(frozen=True)
class Target:
    """A card as a REST resource."""

    plural: str
    id: int

    @property
    def path(self) -> str:
        return f"/{self.plural}/{self.id}"


@dataclass
class Crowd:
    """Writers with what they share: the cards, the reasons for a loss, who may own a card."""

    client: int
    cards: Sequence[Target]
    reasons: dict[str, int]
    owners: Sequence[int]
    dates: Sequence[str]  # of renewals: one that is due for work, one that is not
    answered: Counter[tuple[str, int]] = field(default_factory=Counter)
    versions: Counter[tuple[int, str]] = field(default_factory=Counter)
    unexpected: list[str] = field(default_factory=list)

    async def write(self, line: Line, times: int, chance: random.Random) -> None:
        """One writer's work: it knows of each card what its last answer said."""
        known = {card.id: '"1"' for card in self.cards}
        for _ in range(times):
            target = chance.choice(self.cards)
            what, method, path, body = self._wish(target, chance)
            if what == "hand over all":
                answer = await line.ask(method, path, body, If_Match="*")
                self._note(target, what, answer)
                continue
            for _ in range(2):  # who comes too late tries once more with what he was told
                match = "*" if chance.random() < 0.1 else known[target.id]
                answer = await line.ask(method, target.path + path, body, If_Match=match)
                self._note(target, what, answer)
                known[target.id] = answer.headers.get("etag", known[target.id])
                if answer.status != 412:
                    break

    def _wish(self, target: Target, chance: random.Random) -> tuple[str, str, str, Any]:
        what = chance.choices(list(WISHES), list(WISHES.values()))[0]
        if what == "edit":
            return what, "PATCH", "", {"title": f"Title {chance.random()}"}
        if what == "transfer":
            return what, "POST", "/transfer", {"owner_id": chance.choice(self.owners)}
        if what == "hand over all":
            path = f"/clients/{self.client}/transfer"
            return what, "POST", path, {"owner_id": chance.choice(self.owners)}
        if what == "undo":
            return what, "POST", "/undo", None
        if what == "reschedule" and target.plural == "renewals":
            body = {"renewal_date": chance.choice(self.dates), "reason": "client_asked"}
            return what, "POST", "/reschedule", body
        return "move", "POST", "/move", self._move(target, chance)

    def _move(self, target: Target, chance: random.Random) -> dict[str, Any]:
        body: dict[str, Any] = {"stage": chance.choice(STAGES[target.plural])}
        place = chance.choice(("end", "top", "behind"))
        if place != "end":
            body["after_id"] = None if place == "top" else chance.choice(self.cards).id
        if body["stage"] == LOST[target.plural]:
            body["reason_id"] = self.reasons[target.plural]
        if body["stage"] == "rework":
            body["comment"] = "cheaper"
        if body["stage"] == "won":
            body["fields"] = chance.choice(({"one_off": True}, {"renewal_period": "P1Y"}))
        return body

    def _note(self, target: Target, what: str, answer: Answer) -> None:
        self.answered[what, answer.status] += 1
        if answer.status not in EXPECTED:
            self.unexpected.append(f"{what} {target.path}: {answer.status} {answer.body!r}")
        # A card handed over to its owner is not changed.
        if answer.status == 200 and what not in ("transfer", "hand over all"):
            self.versions[target.id, answer.headers["etag"].strip('"').partition("-")[0]] += 1

    @property
    def lost(self) -> list[tuple[int, str]]:
        """Versions that more than one writer was told to have written."""
        return [version for version, times in self.versions.items() if times > 1]


async def crowd(office: Office, anna: Person, boris: Person, sets: int = 2) -> Crowd:
    """Sets of ten cards of all kinds, with all that their stages demand."""
    acme = await office.client(anna)
    today = office.now.date()
    dates = [str(today + timedelta(days=days)) for days in (10, 200)]
    renews = {"renewal_date": dates[1], "period": "P1M"}
    line = {"description": "Work", "quantity": "2", "price": "100.00"}
    bodies: list[tuple[str, dict[str, Any]]] = [
        *[("deals", {"client_id": acme, "amount": "10.00"})] * 4 * sets,
        *[("leads", {"phone": "1", "need": "x", "price_level_agreed": True})] * 2 * sets,
        *[("renewals", {"client_id": acme, "amount": "5.00", **renews})] * 2 * sets,
    ]  # fmt: skip
    cards = [await _made(anna, plural, body) for plural, body in bodies]
    valid = str(today + timedelta(days=365))
    for number in range(2 * sets):  # every other one takes a deal along
        tie = {"deal_id": cards[number].id} if number % 2 else {}
        body = {"client_id": acme, "lines": [line], "valid_until": valid, **tie}
        cards.append(await _made(anna, "offers", body))
    reasons = {
        plural: await office.reason("no_answer", pipeline) for plural, pipeline in PIPELINE.items()
    }
    return Crowd(acme, cards, reasons, (anna.id, boris.id), dates)


async def _made(anna: Person, plural: str, body: dict[str, Any]) -> Target:
    made = await anna.post(f"/{plural}", {"title": "Servers", **body})
    assert made.status_code == 201, made.text
    return Target(plural, made.json()["id"])


async def run(
    crowd: Crowd, ports: Sequence[int], tokens: Sequence[str], times: int, seed: int
) -> None:
    """Writers at all servers at once, a bounded number of writes each."""
    lines = [await wire.Line.open(ports[n % len(ports)], token) for n, token in enumerate(tokens)]
    await asyncio.gather(
        *(crowd.write(line, times, random.Random(f"{seed}-{n}")) for n, line in enumerate(lines))
    )
    for line in lines:
        await line.close()
    total = Counter(status for _, status in crowd.answered.elements())
    print(f"seed {seed}: {sum(total.values())} writes, {dict(sorted(total.items()))}")  # noqa: T201


async def trial_mixed(given: Namespace, office: Office, place: Plant) -> list[str]:
    """Writers of all kinds of writes at fifty cards, with two workers and sweep after sweep."""
    anna, boris = await office.person("anna", "admin"), await office.person("boris", "admin")
    gathered = await crowd(office, anna, boris, sets=5)
    ports = [part.port for part in place.serve(2)]
    workers = [place.start("worker") for _ in range(2)]
    sweeping = asyncio.create_task(sweeps(place))
    begun = time.monotonic()
    await run(gathered, ports, [anna.token, boris.token] * 8, given.writes // 16, given.seed)
    sweeping.cancel()
    say(f"{given.writes} wishes of 16 writers in {time.monotonic() - begun:.0f} s")
    done = await renewals.runs(office.database)
    say(f"{len(done)} sweeps meanwhile, {sum(line['activated'] for line in done)} activated")
    if office.database.dialect == "postgresql":
        query = text("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        async with office.database.read() as conn:
            met = (await conn.execute(query)).scalar_one()
        say(f"{met} deadlocks inside, none may be seen outside")
    gone = [f"worker {number} died" for number, part in enumerate(workers) if not part.running()]
    twice = [
        f"version {version} of card {number} was given twice" for number, version in gathered.lost
    ]
    found = chains.breaches(await chains.look(office.database))
    return gone + gathered.unexpected + twice + found


async def sweeps(place: Plant) -> None:
    """One sweep after the other, each a process of its own."""
    while True:
        await kills.ended(place.start("sweep"))
