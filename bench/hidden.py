"""`make bench ARGS=--hidden`: what is not yours takes as long to refuse as what is not there."""

import itertools
import statistics
import sys
import time
from typing import Any

import httpx
from sqlalchemy import text

from backend.app import asgi_app
from backend.db.engines import open_database
from backend.effects import Effect
from backend.resources import Resources
from backend.security import token_hash
from bench import data

TIMES = 1000
STRANGER = "vk_the-token-of-a-stranger"
ADMITTED = text(
    "INSERT INTO api_token (user_id, name, prefix, hash, scopes, created_at, updated_at, version)"
    " VALUES (:user, 'stranger', :prefix, :hash, '[\"*\"]', :at, :at, 1)"
)
FOREIGN = {
    "card": "SELECT card.id FROM card JOIN client ON client.id = card.client_id"
    " WHERE card.owner_id <> :user AND client.owner_id <> :user ORDER BY card.id LIMIT 500",
    "client": "SELECT id FROM client WHERE owner_id <> :user AND NOT EXISTS (SELECT 1 FROM card"
    " WHERE client_id = client.id AND card.owner_id = :user) ORDER BY id LIMIT 500",
}
ASKED = (
    ("card", "GET", "/deals/{}", None),
    ("card", "PATCH", "/deals/{}", {"title": "Mine"}),
    ("card", "POST", "/deals/{}/move", {"stage": "s3"}),
    ("client", "GET", "/clients/{}", None),
    ("client", "PATCH", "/clients/{}", {"name": "Mine"}),
)


async def nobody(_: list[Effect]) -> None:
    """Where effects go."""


async def measured(url: str, deals: int) -> None:
    """The medians of both refusals, asked in turn by somebody who sees his own alone."""
    database = open_database(url)
    user = data.ADMIN + 1
    given = {"user": user, "prefix": STRANGER[:11], "hash": token_hash(STRANGER), "at": data.TODAY}
    async with database.write() as conn:
        await conn.execute(ADMITTED, given)
        foreign = {
            kind: list((await conn.execute(text(query), {"user": user})).scalars())
            for kind, query in FOREIGN.items()
        }
    app: Any = asgi_app(Resources(database, nobody))
    headers = {"Authorization": f"Bearer {STRANGER}", "If-Match": '"1"'}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://bench/api/v1", headers=headers
    ) as http:
        for kind, *asked in ASKED:
            mine, none = await medians(http, foreign[kind], deals + 1_000_000, *asked)
            sys.stdout.write(
                f"{asked[0]:6}{asked[1]:18} not yours {mine:.2f} ms,"
                f" not there {none:.2f} ms: {mine / none:.2f}\n"
            )
    await database.dispose()


async def medians(
    http: httpx.AsyncClient, foreign: list[int], beyond: int, method: str, path: str, body: Any
) -> tuple[float, float]:
    """Milliseconds to refuse what is somebody else's and what nobody has."""
    spent: dict[str, list[float]] = {"foreign": [], "absent": []}
    numbers = {"foreign": itertools.cycle(foreign), "absent": itertools.count(beyond)}
    for turn in range(TIMES):
        for whose in sorted(spent, reverse=bool(turn % 2)):
            address = path.format(next(numbers[whose]))
            began = time.perf_counter()
            reply = await http.request(method, address, json=body)
            spent[whose].append(1000 * (time.perf_counter() - began))
            assert reply.status_code == 404, reply.text
    return statistics.median(spent["foreign"]), statistics.median(spent["absent"])
