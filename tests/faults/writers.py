"""Many writers at random at a few cards, over REST: moves, edits, hand-overs, undo."""

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.faults import wire
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

    cards: Sequence[Target]
    reasons: dict[str, int]
    owners: Sequence[int]
    answered: Counter[tuple[str, int]] = field(default_factory=Counter)
    versions: Counter[tuple[int, str]] = field(default_factory=Counter)
    unexpected: list[str] = field(default_factory=list)

    async def write(self, line: Line, times: int, chance: random.Random) -> None:
        """One writer's work: it knows of each card what its last answer said."""
        known = {card.id: '"1"' for card in self.cards}
        for _ in range(times):
            target = chance.choice(self.cards)
            what, method, path, body = self._wish(target, chance)
            for _ in range(2):  # who comes too late tries once more with what he was told
                match = "*" if chance.random() < 0.1 else known[target.id]
                answer = await line.ask(method, target.path + path, body, If_Match=match)
                self._note(target, what, answer)
                known[target.id] = answer.headers.get("etag", known[target.id])
                if answer.status != 412:
                    break

    def _wish(self, target: Target, chance: random.Random) -> tuple[str, str, str, Any]:
        what = chance.choices(("move", "edit", "transfer", "undo"), (6, 2, 1, 2))[0]
        if what == "edit":
            return what, "PATCH", "", {"title": f"Title {chance.random()}"}
        if what == "transfer":
            return what, "POST", "/transfer", {"owner_id": chance.choice(self.owners)}
        if what == "undo":
            return what, "POST", "/undo", None
        return what, "POST", "/move", self._move(target, chance)

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
        if answer.status == 200 and what != "transfer":  # to its owner it changes nothing
            self.versions[target.id, answer.headers["etag"].strip('"').partition("-")[0]] += 1

    @property
    def lost(self) -> list[tuple[int, str]]:
        """Versions that more than one writer was told to have written."""
        return [version for version, times in self.versions.items() if times > 1]


async def crowd(office: Office, anna: Person, boris: Person) -> Crowd:
    """20 cards of all kinds, with all that their stages demand."""
    acme = await office.client(anna)
    renews = {"renewal_date": "2027-01-31", "period": "P1M"}
    line = {"description": "Work", "quantity": "2", "price": "100.00"}
    bodies: list[tuple[str, dict[str, Any]]] = [
        *[("deals", {"client_id": acme, "amount": "10.00"})] * 7,
        *[("leads", {"phone": "1", "need": "x", "price_level_agreed": True})] * 4,
        *[("renewals", {"client_id": acme, "amount": "5.00", **renews})] * 4,
    ]  # fmt: skip
    cards = [await _made(anna, plural, body) for plural, body in bodies]
    for number in range(5):  # some of them take deals along
        tie = {"deal_id": cards[number].id} if number < 3 else {}
        body = {"client_id": acme, "lines": [line], "valid_until": "2027-12-31", **tie}
        cards.append(await _made(anna, "offers", body))
    reasons = {
        plural: await office.reason("no_answer", pipeline) for plural, pipeline in PIPELINE.items()
    }
    return Crowd(cards, reasons, (anna.id, boris.id))


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
