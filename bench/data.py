"""The company that is measured: 20 managers, 20,000 clients, deals with two years of history.

Always the same rows for the same size. They are written straight into the tables; what a card's
history says of funnels and visits is folded by the product's own rules.
"""

import math
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from backend.domain import stages
from backend.domain.cards import facts, rules
from backend.domain.cards.facts import Facts, StageEvent
from backend.domain.stages import Stage, StageKind, State
from backend.domain.texts import fold
from backend.security import token_hash

SEED = 20261121
TODAY = datetime(2026, 11, 1, tzinfo=UTC)
MANAGERS = 20
CLIENTS = 20_000
PER_BATCH = 20_000
TOKEN = "vk_the-token-of-the-bench"
ADMIN = 1000
PIPELINE, REASON = 900, 900
HOMES = ("bench", "second", "third", "fourth")
SHARES = {"s1": 0.15, "s2": 0.10, "s3": 0.10, "s4": 0.05, "won": 0.25, "lost": 0.35}
KINDS = {"won": StageKind.WON, "lost": StageKind.LOST}

APART = 10  # between the ids of two pipelines
HOUSED = {
    "pipeline_id", "stage_id", "from_stage_id", "to_stage_id", "furthest_stage_id",
    "strict_stage_id", "lost_from_stage_id", "reason_id",
}  # fmt: skip

Row = dict[str, Any]
STAGES = {
    key: Stage(PIPELINE + place, PIPELINE, key, KINDS.get(key, StageKind.OPEN), place, key.upper())
    for place, key in enumerate(SHARES, 1)
}
BY_ID = {stage.id: stage for stage in STAGES.values()}
OPEN = [stage for stage in STAGES.values() if stage.kind is StageKind.OPEN]


def tables(deals: int, homes: int = 1) -> Iterator[tuple[str, list[Row]]]:
    """Everything there is, in batches, each after what it refers to.

    Of several pipelines the deals go to each in turn; the first one gets the numbers they divide.
    """
    yield from _people()
    for home in range(homes):
        yield from _settings(home)
    chance = random.Random(SEED)
    yield "client", [_client(chance, number) for number in range(1, CLIENTS + 1)]
    keys = rules.spread(deals)
    filled = dict.fromkeys(STAGES, 0)
    for first in range(1, deals + 1, PER_BATCH):
        batch: dict[str, list[Row]] = {
            name: [] for name in ("card", "deal", "card_event", "card_funnel", "card_stage_visit")
        }
        for number in range(first, min(first + PER_BATCH, deals + 1)):
            _deal(chance, number, batch, keys, filled)
        for name, rows in batch.items():
            yield name, rows if homes == 1 else [_housed(row, homes) for row in rows]


def _housed(row: Row, homes: int) -> Row:
    """The same in the pipeline whose turn it is."""
    shift = APART * (int(row.get("card_id") or row["id"]) % homes)
    moved = {name: row[name] + shift for name in HOUSED & row.keys() if row[name] is not None}
    for name in {"touched", "returned"} & row.keys():
        moved[name] = " ".join(str(int(number) + shift) for number in row[name].split())
    return row | moved


def standing(deals: int, key: str) -> list[int]:
    """The deals that the data puts into a stage."""
    cards = (row for name, rows in tables(deals) if name == "card" for row in rows)
    return [row["id"] for row in cards if row["stage_id"] == STAGES[key].id]


def owner_of(client: int) -> int:
    return ADMIN + 1 + client % MANAGERS


def _stamps(at: datetime) -> Row:
    return {"version": 1, "created_at": at, "updated_at": at}


def _people() -> Iterator[tuple[str, list[Row]]]:
    named = {ADMIN: "admin"} | {ADMIN + n: f"manager{n:02}" for n in range(1, MANAGERS + 1)}
    yield "app_user", [
        {
            "id": number, "email": f"{name}@example.test", "email_key": f"{name}@example.test",
            "name": name.capitalize(), "role": "admin" if number == ADMIN else "manager",
            "active": True, "locale": "en", **_stamps(TODAY),
        }
        for number, name in named.items()
    ]  # fmt: skip
    yield "api_token", [
        {
            "user_id": ADMIN, "name": "bench", "prefix": TOKEN[:11], "hash": token_hash(TOKEN),
            "scopes": '["*"]', **_stamps(TODAY),
        }
    ]  # fmt: skip


def _settings(home: int) -> Iterator[tuple[str, list[Row]]]:
    shift = APART * home
    yield "pipeline", [
        {
            "id": PIPELINE + shift, "kind": "deal", "key": HOMES[home], "name_ru": "Bench",
            "name_en": "Bench", "position": 99 + home, "active": True, "renewal_on_win": "off",
            "version": 1, "updated_at": TODAY,
        }
    ]  # fmt: skip
    yield "stage", [
        {
            "id": stage.id + shift, "pipeline_id": PIPELINE + shift, "key": stage.key,
            "kind": stage.kind.value, "position": stage.position, "name_ru": stage.name,
            "name_en": stage.name,
            "probability": 50, "rot_days": 10, "required_fields": "[]", "checklist": "[]",
            "version": 1,
        }
        for stage in STAGES.values()
    ]  # fmt: skip
    yield "reason", [
        {
            "id": REASON + shift, "pipeline_id": PIPELINE + shift, "use": "lost", "key": "price",
            "position": 1, "name_ru": "Цена", "name_en": "Price", "group": "refused",
            "ask_required": False, "limit_percent": 3000, "streak": 5, "archived": False,
            "version": 1,
        }
    ]  # fmt: skip


def _client(chance: random.Random, number: int) -> Row:
    name = f"Client {number:05} Ltd"
    return {
        "id": number, "kind": "company", "name": name, "name_key": fold(name), "status": "presale",
        "owner_id": owner_of(number), "phone": f"+7900{number:07}",
        "email": f"client{number:05}@example.test", "currency": "RUB", "custom": "{}",
        **_stamps(_day(chance)),
    }  # fmt: skip


def _day(chance: random.Random) -> datetime:
    return TODAY - timedelta(seconds=chance.randrange(730 * 86_400))


def _path(chance: random.Random) -> list[Stage]:
    """The stages a deal has passed, by the share of deals that stand in its last one."""
    (key,) = chance.choices(list(SHARES), list(SHARES.values()))
    if key == "lost":
        return [*OPEN[: chance.randint(1, len(OPEN))], STAGES[key]]
    return [*OPEN[: STAGES[key].position], *([STAGES[key]] if key == "won" else [])]


def _deal(
    chance: random.Random,
    number: int,
    batch: dict[str, list[Row]],
    keys: list[str],
    filled: dict[str, int],
) -> None:
    client, path, at = number * 7919 % CLIENTS + 1, _path(chance), _day(chance)
    created, origin, told = at, None, Facts()
    amount = round(min(9e9, max(1e5, 100 * chance.lognormvariate(math.log(100_000), 1.0))))
    about = {"pipeline_id": PIPELINE, "amount": amount, "currency": "RUB"}
    for seq, target in enumerate(path, 1):
        at = created if origin is None else at + timedelta(seconds=chance.randrange(3600, 10**6))
        reason = REASON if target.state is State.LOST else None
        origin_id = None if origin is None else origin.id
        event = StageEvent(stages.event_of(origin, target), at, origin_id, target.id, reason)
        facts.step(told, event, BY_ID)
        batch["card_event"].append(_event(number, seq, event, about, owner_of(client)))
        origin = target
    last = path[-1]
    position = keys[filled[last.key]]
    filled[last.key] += 1
    batch["card"].append(
        {
            "id": number, "kind": "deal", "title": f"Deal {number:06}",
            "title_key": f"deal {number:06}", **about, "stage_id": last.id,
            "state": last.state.value, "position": position, "owner_id": owner_of(client),
            "client_id": client, "entered_at": created, "stage_entered_at": at, "touched_at": at,
            "custom": "{}", "last_seq": len(path), "version": 1, "created_at": created,
            "updated_at": at, **_closing(path, at),
        }
    )  # fmt: skip
    close = (created + timedelta(days=chance.randrange(20, 120))).date()
    batch["deal"].append({"card_id": number, "expected_close_on": close, "one_off": False})
    for table, known in (("card_funnel", told.funnels), ("card_stage_visit", told.visits)):
        batch[table] += [
            {"card_id": number, **{name: getattr(fact, name) for name in fact.__slots__}}
            for fact in known.values()
        ]


def _closing(path: list[Stage], at: datetime) -> Row:
    lost = path[-1].state is State.LOST
    return {
        "closed_at": at if path[-1].state in stages.CLOSED else None,
        "reason_id": REASON if lost else None,
        "lost_from_stage_id": path[-2].id if lost else None,
    }


def _event(number: int, seq: int, event: StageEvent, about: Row, owner: int) -> Row:
    return {
        "card_id": number, "seq": seq, "event": event.kind.value, "at": event.at, **about,
        "from_stage_id": event.origin_id, "to_stage_id": event.target_id,
        "reason_id": event.reason_id, "changes": "[]", "made": "[]",
        "actor_kind": "user", "actor_id": owner,
    }  # fmt: skip
