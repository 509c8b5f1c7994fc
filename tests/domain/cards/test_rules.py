"""Order keys: whatever is put where, the order holds, no key comes twice, none grows for ever."""

import random
from bisect import bisect
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from backend.db.models import card
from backend.db.session import Unit
from backend.domain.cards import actions, rules
from backend.domain.cards.rules import HEAD, LONGEST, key_between, number, spread
from tests.office import Office, Person

INSERTS = 10_000


def fits(before: str | None, key: str, after: str | None) -> bool:
    held = (before is None or before < key) and (after is None or key < after)
    return held and not key.endswith("0") and set(key) <= set(rules.DIGITS)


def test_keys_sort_by_code_point() -> None:
    assert list(rules.DIGITS) == sorted(rules.DIGITS)
    assert len(set(rules.DIGITS)) == 62


def test_ten_thousand_cards_between_the_same_two_with_the_column_spread_anew() -> None:
    """Each new one goes right behind the first card: the worst there is for the keys' length."""
    column = spread(2)
    spreads = longest = 0
    for salt in range(1, INSERTS + 1):
        key = key_between(column[0], column[1], salt)
        if len(key) > LONGEST:
            column = spread(len(column))
            spreads += 1
            key = key_between(column[0], column[1], salt)
        assert fits(column[0], key, column[1])
        longest = max(longest, len(key))
        column.insert(1, key)
    assert len(set(column)) == INSERTS + 2
    assert column == sorted(column)
    assert longest <= LONGEST
    assert 0 < spreads < INSERTS / 300


def test_ten_thousand_cards_at_random_places() -> None:
    chance = random.Random(7)
    column: list[str] = []
    for salt in range(1, INSERTS + 1):
        place = chance.randint(0, len(column))
        before = column[place - 1] if place else None
        after = column[place] if place < len(column) else None
        key = key_between(before, after, salt)
        assert fits(before, key, after)
        assert bisect(column, key) == place
        column.insert(place, key)
    assert len(set(column)) == INSERTS
    assert max(map(len, column)) < 30


@pytest.mark.parametrize("at_top", [True, False], ids=["top", "end"])
def test_ten_thousand_cards_at_one_end_keep_short_keys(at_top: bool) -> None:
    last: str | None = None
    for salt in range(1, INSERTS + 1):
        key = key_between(None, last, salt) if at_top else key_between(last, None, salt)
        assert last is None or (key < last if at_top else key > last)
        assert len(key) <= HEAD + 4
        last = key


def test_a_column_spread_anew_has_room_everywhere() -> None:
    keys = spread(INSERTS)
    assert keys == sorted(set(keys))
    assert {len(key) for key in keys} == {HEAD + 1}
    for before, after in [(None, keys[0]), (keys[-1], None), *pairwise(keys)]:
        assert fits(before, key_between(before, after, 5), after)
    assert spread(0) == []


@given(st.integers(1, 2**53), st.integers(1, 2**53), st.integers(0, 40), st.booleans())
def test_two_writers_who_see_the_same_neighbours_make_different_keys(
    one: int, other: int, steps: int, above: bool
) -> None:
    low, high = spread(2)
    for salt in range(steps):
        middle = key_between(low, high, salt)
        low, high = (middle, high) if above else (low, middle)
    for before, after in ((low, high), (None, low), (high, None), (None, None)):
        first, second = (key_between(before, after, salt) for salt in (one, other))
        assert (first == second) == (one == other)
        assert fits(before, first, after)


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(1, 2**53)), max_size=60))
def test_any_sequence_of_places_is_kept(wanted: list[tuple[int, int]]) -> None:
    column: list[str] = []
    for at, salt in wanted:
        place = at % (len(column) + 1)
        before = column[place - 1] if place else None
        after = column[place] if place < len(column) else None
        column.insert(place, key_between(before, after, salt))
        assert column == sorted(column)


def test_neighbours_out_of_order_are_refused() -> None:
    low, high = spread(2)
    for pair in ((high, low), (low, low)):
        with pytest.raises(ValueError, match="out of order"):
            key_between(*pair, 1)


def test_numbers_for_people() -> None:
    assert [number(kind, 118) for kind in ("lead", "offer", "deal", "renewal")] == [
        "L-118", "O-118", "D-118", "R-118",
    ]  # fmt: skip


# Through the database.


async def column_of(office: Office, stage_id: int) -> list[tuple[str, int]]:
    query = select(card.c.position, card.c.id).where(card.c.stage_id == stage_id)

    async def work(tx: Unit) -> list[tuple[str, int]]:
        return [(row[0], row[1]) for row in await tx.run(query.order_by(card.c.position))]

    return await office.do(work)  # type: ignore[no-any-return]


async def set_keys(office: Office, keys: dict[int, str]) -> None:
    async def work(tx: Unit) -> None:
        for card_id, key in keys.items():
            await tx.run(update(card).where(card.c.id == card_id).values(position=key))

    await office.do(work)


async def five_deals(office: Office) -> tuple[Person, int, list[int]]:
    anna = await office.person("anna")
    acme = await office.client(anna)
    made = []
    for name in "abcde":
        reply = await anna.post("/deals", {"title": name, "client_id": acme})
        made.append(reply.json())
    return anna, made[0]["stage_id"], [one["id"] for one in made]


@pytest.mark.anyio
async def test_a_column_whose_keys_have_grown_long_is_spread_anew(office: Office) -> None:
    _, stage_id, (a, b, c, d, e) = await five_deals(office)
    # Two neighbours without room between them, and a deleted card that keeps its place.
    tight = "V" * LONGEST
    await set_keys(office, {a: "A1", b: tight + "1", c: tight + "2", d: "X1", e: "Z1"})

    async def work(tx: Unit) -> str:
        key = await actions.place(tx, stage_id, e, b)
        await tx.run(update(card).where(card.c.id == e).values(position=key))
        return key

    key = await office.do(work)
    found = await column_of(office, stage_id)
    assert [card_id for _, card_id in found] == [a, b, e, c, d]
    assert len({position for position, _ in found}) == 5
    assert found[2][0] == key
    assert max(len(position) for position, _ in found) <= HEAD + 5


@pytest.mark.anyio
async def test_places_over_rest_on_a_tight_column(office: Office) -> None:
    """Top, end, behind another card, behind nobody; the re-spread changes no card's version."""
    anna, stage_id, (a, b, c, d, e) = await five_deals(office)
    tight = "V" * LONGEST
    await set_keys(office, {a: "A1", b: tight + "1", c: tight + "2", d: "X1", e: "Z1"})
    order = [a, b, c, d, e]
    versions = dict.fromkeys(order, 1)
    for moved, where in ((d, b), (e, None), (a, "end"), (c, 10**9), (b, e), (e, b), (b, b)):
        body = {"stage": stage_id} if where == "end" else {"stage": stage_id, "after_id": where}
        reply = await anna.post(f"/deals/{moved}/move", body, version=versions[moved])
        assert reply.status_code == 200, reply.text
        versions[moved] += 1
        assert reply.json()["version"] == versions[moved]
        order.remove(moved)
        if where is None:
            order.insert(0, moved)
        elif where in order:
            order.insert(order.index(int(where)) + 1, moved)
        else:
            order.append(moved)
        assert [card_id for _, card_id in await column_of(office, stage_id)] == order
    listed = (await anna.get("/deals", stage=stage_id, sort="position")).json()["items"]
    assert [(row["id"], row["version"]) for row in listed] == [(n, versions[n]) for n in order]
    assert await office.events(b) == ["created"]


@pytest.mark.anyio
async def test_hundreds_of_cards_between_the_same_two_in_both_databases(office: Office) -> None:
    """Right behind the first card, until keys are too long and long after; then by the door."""
    anna, stage_id, (a, *others, e) = await five_deals(office)

    async def work(tx: Unit) -> int:
        longest = 0
        for turn in range(700):
            moved = others[turn % 3]
            key = await actions.place(tx, stage_id, moved, a)
            await tx.run(update(card).where(card.c.id == moved).values(position=key))
            longest = max(longest, len(key))
        return longest

    assert LONGEST - 5 < await office.do(work) <= LONGEST
    order = [a, *(others[turn % 3] for turn in (699, 698, 697)), e]
    versions = dict.fromkeys(order, 1)
    for turn in range(40):
        found = await column_of(office, stage_id)
        assert [card_id for _, card_id in found] == order
        assert len({key for key, _ in found}) == 5
        moved = order.pop(3) if turn % 2 else order.pop(2)
        order.insert(1, moved)
        body = {"stage": stage_id, "after_id": a}
        reply = await anna.post(f"/deals/{moved}/move", body, version=versions[moved])
        versions[moved] += 1
        assert (reply.status_code, reply.json()["version"]) == (200, versions[moved])
