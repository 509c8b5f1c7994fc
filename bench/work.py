"""The requests of the three kinds of work, for the product and for the bare routes alike."""

import itertools
import json
from collections.abc import Iterator
from typing import Any

from bench.data import ADMIN, CLIENTS, MANAGERS, SHARES, TOKEN
from bench.drive import Shot, request

CONNECTIONS = {"A list": 32, "B create": 16, "C move": 16}
NEXT = {"s2": "s3", "s3": "s4", "s4": "s2"}


class Work:
    """What one side is asked; `cards` are the deals in s2 that this side alone may move."""

    def __init__(self, prefix: str, cards: list[int]) -> None:
        self._prefix = prefix
        self._stands = dict.fromkeys(cards, ("s2", 1))
        self._lists = itertools.cycle(self._every_list())
        self._numbers = itertools.count(1)

    def shots(self, kind: str) -> Iterator[Shot]:
        """The requests of one run."""
        made = {"A list": self._listed, "B create": self._created, "C move": self._moved}
        return made[kind]()

    def path(self, kind: str) -> str:
        """One request of a kind for a look at the answer."""
        return next(self.shots(kind)).raw.split(b" ", 2)[1].decode()

    def _every_list(self) -> list[Shot]:
        return [
            Shot(self._ask("GET", f"?stage={stage}&owner_id={owner}&sort=-amount&limit=50"), b"200")
            for owner in range(ADMIN + 1, ADMIN + 1 + MANAGERS)
            for stage in SHARES
        ]

    def _listed(self) -> Iterator[Shot]:
        yield from self._lists

    def _created(self) -> Iterator[Shot]:
        for number in self._numbers:
            body = {
                "title": f"Bench deal {number}", "client_id": number * 7919 % CLIENTS + 1,
                "pipeline": "bench", "stage": "s1", "amount": "125000.50",
                "expected_close_on": "2027-03-01",
            }  # fmt: skip
            yield Shot(self._ask("POST", "", body), b"201")

    def _moved(self) -> Iterator[Shot]:
        for card, (stage, version) in list(self._stands.items()):
            target = NEXT[stage]
            raw = self._ask("POST", f"/{card}/move", {"stage": target}, If_Match=f'"{version}"')

            def hit(card: int = card, target: str = target, version: int = version) -> None:
                self._stands[card] = (target, version + 1)

            yield Shot(raw, b"200", hit)

    def _ask(self, method: str, rest: str, body: Any = None, **headers: str) -> bytes:
        content = b"" if body is None else json.dumps(body).encode()
        return request(method, f"{self._prefix}/deals{rest}", TOKEN, content, **headers)
