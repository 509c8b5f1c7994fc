"""Every mode of the funnel over histories played at random, beside a slow and plain oracle.

FUNNEL_MOVES says how many moves are played; `make reports` plays 30,000.
"""

import os
import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from msgspec import structs

from backend.db.session import Unit
from backend.domain import money
from backend.domain.access import Viewer
from backend.domain.funnels import queries
from backend.domain.funnels.schemas import (
    FunnelCardFilters,
    FunnelFilters,
    FunnelReport,
    ReportCard,
    ReportFilters,
)
from tests.domain.funnels import oracle
from tests.domain.funnels import oracle_figures as figures
from tests.domain.funnels.oracle import Period, Sets, Told, World, midnight
from tests.domain.funnels.player import HOUR, Player, companies, say
from tests.office import Office

pytestmark = pytest.mark.anyio
MOVES = int(os.environ.get("FUNNEL_MOVES", "75"))
STAGE = ("reached", "advanced", "lost", "open", "moved_out", "bypassed", "skipped", "returned",
         "touched")  # fmt: skip
WHOLE = ("entered", "won", "lost", "open", "moved_out", "bypassed", "void", "reopened",
         "entered_late", "returned")  # fmt: skip


def asked(player: Player, some: random.Random) -> Iterator[tuple[Viewer, FunnelFilters]]:
    """Every basis and every way of counting, each with days, owners and instants at random."""
    last = (player.now + 4 * HOUR).date()
    for basis in ("cohort", "snapshot", "flow"):
        for count in ("furthest", "touched", "strict") if basis == "cohort" else ("furthest",):
            for by in ("count", "amount"):
                for then in (False, True):
                    viewer = some.choice(player.viewers)
                    days = [last - timedelta(days=some.randrange(40)) for _ in range(3)]
                    filters = FunnelFilters(
                        pipeline=some.choice(("worked", "worked", "elsewhere")),
                        basis=basis, count=count, by=by,
                        start=some.choice((None, min(days[:2]))),
                        end=some.choice((None, max(days[:2]))),
                        as_of=days[2] if then else None,
                        source=some.choice((None, None, "web")),
                        owner_id=some.choice((None, None, player.viewers[1].user_id)),
                    )  # fmt: skip
                    if basis != "snapshot" and None not in (filters.start, filters.end):
                        filters = structs.replace(filters, compare="previous")
                    yield viewer, filters


def cards_of(player: Player, world: World, viewer: Viewer, filters: FunnelFilters) -> list[Told]:
    """The cards that the viewer sees and asks for, up to the instant he asks about."""

    def sees(card: oracle.Row) -> bool:
        own = viewer.user_id in (card["owner_id"], player.clients[card["client_id"]])
        owned = filters.owner_id in (None, card["owner_id"])
        return (
            (own or viewer.role == "admin") and owned and filters.source in (None, card["source"])
        )

    as_of = instant(player, filters)
    found = oracle.told(world, as_of, as_of >= player.office.now, sees)
    home = player.homes[filters.pipeline == "elsewhere"]
    return found if filters.reason_id is None else [
        one for one in found
        if one.state(home) == "lost" and one.stays[-1].reason_id == filters.reason_id
    ]  # fmt: skip


def instant(player: Player, filters: FunnelFilters) -> datetime:
    """The end of the day that is asked about, now at the latest."""
    day = filters.as_of or date.max - timedelta(days=1)
    return min(midnight(day + timedelta(days=1)), player.office.now)


def before(filters: FunnelFilters) -> FunnelFilters:
    """The same of as many days just before."""
    assert filters.start is not None
    assert filters.end is not None
    length = filters.end - filters.start + timedelta(days=1)
    return structs.replace(filters, start=filters.start - length, end=filters.end - length)


def expected(world: World, cards: list[Told], filters: FunnelFilters, home: int) -> Sets:
    days = Period(filters.start, filters.end)
    line = world.line(home)
    if filters.basis == "cohort":
        return oracle.cohort(cards, home, line, filters.count, days)
    if filters.basis == "flow":
        return oracle.flow(cards, home, line, days)
    return oracle.snapshot(cards, home, days)


async def compare(player: Player, some: random.Random) -> tuple[int, int]:
    """Ask everything and demand what the oracle says; how many questions, how many cards."""
    world, questions, counted = await player.world(), 0, 0
    for viewer, filters in asked(player, some):
        home = player.homes[filters.pipeline == "elsewhere"]
        if filters.basis != "snapshot" and some.random() < 0.25:
            whys = [r["id"] for r in world.reasons.values() if r["key"] == "too_expensive"
                    and r["pipeline_id"] == home and r["use"] == "lost"]  # fmt: skip
            filters = structs.replace(filters, reason_id=whys[0])
        cards = cards_of(player, world, viewer, filters)
        sets = expected(world, cards, filters, home)
        found = await read(player, queries.funnel, viewer, filters)
        demand_figures(found, sets, cards, filters)
        if found.previous is not None:
            former = before(filters)
            demand_figures(found.previous, expected(world, cards, former, home), cards, former)
        as_of = instant(player, filters)
        if filters.basis == "cohort":
            demand_times(found, cards, sets.get(("entered", None), set()), home, as_of)
        if filters.basis == "snapshot":
            demand_standing(found, sets, cards, filters, as_of)
        await demand_cards(player, viewer, filters, sets, cards, some)
        questions, counted = questions + 2, counted + len(sets.get(("entered", None), ()))
    return questions, counted


async def read(player: Player, work: Any, viewer: Viewer, asking: ReportFilters) -> Any:
    async with player.office.database.read() as conn:
        return await work(Unit(conn, player.office.now), viewer, asking)


def demand_figures(
    found: FunnelReport, sets: Sets, cards: list[Told], filters: FunnelFilters
) -> None:
    """Each number is as many cards, or as much money, as the oracle's set holds; and so are the
    shares that are made of them."""
    by_id = {one.card["id"]: one for one in cards}

    def weight(name: str, stage: int | None) -> int:
        own = sets.get((name, stage), set())
        if filters.by == "count":
            return len(own)
        return sum(by_id[number].amount("RUB") for number in own)

    def figure(name: str, stage: int | None) -> Any:
        held = weight(name, stage)
        return held if filters.by == "count" else money.text(held, "RUB")

    wanted: dict[tuple[str, int | None], Any] = {
        (name, None): getattr(found, name) for name in WHOLE
    }
    for row in found.stages:
        wanted |= {(name, row.stage_id): getattr(row, name) for name in STAGE}
    for aside in found.detours:
        wanted["touched", aside.stage_id] = aside.cards
        wanted["touched_won", aside.stage_id] = aside.won
    assert wanted == {role: figure(*role) for role in wanted}, filters
    first = found.stages[0].stage_id
    for row in found.stages:
        told = figures.shares(filters.basis, filters.count, row.stage_id, first, weight)
        assert {name: getattr(row, name) for name in told} == told, filters
    assert (found.win_rate, found.raw_win_rate) == figures.win_rates(weight), filters
    demand_others(found, [by_id[number] for number in sets.get(("entered", None), set())])


def demand_others(found: FunnelReport, cards: list[Told]) -> None:
    """What no sum holds: other currencies, and cards without an amount."""
    lasts = [one.events[-1] for one in cards]
    wanted: dict[str, tuple[int, int | None]] = {}
    for currency in {last["currency"] for last in lasts} if found.currency else ():
        amounts = [last["amount"] for last in lasts if last["currency"] == currency]
        known = [amount for amount in amounts if amount is not None]
        if currency != found.currency:
            wanted[currency] = len(amounts), sum(known) if known else None
        elif len(known) < len(amounts):
            wanted[currency] = len(amounts) - len(known), None
    assert {one.currency: (one.cards, one.amount) for one in found.others} == {
        currency: (many, money.text(amount, currency))
        for currency, (many, amount) in wanted.items()
    }


def demand_standing(
    found: FunnelReport, sets: Sets, cards: list[Told], filters: FunnelFilters, as_of: datetime
) -> None:
    """The cards of each stage, their sums in each currency, and how old they are there."""
    everybody = len(sets.get(("open", None), ()))
    places = {row.stage_id: row.standing for row in found.stages}
    places |= {row.stage_id: row.standing for row in found.detours}
    for stage_id, here in places.items():
        own = sets.get(("open", stage_id), set())
        assert here is not None
        many, part, sums, *ages = figures.standing(cards, own, everybody, as_of)
        assert (here.cards, here.share) == (many, part if many else None), filters
        assert {one.currency: (one.cards, one.amount, one.weighted) for one in here.sums} == {
            currency: (count, *(money.text(sum_, currency) for sum_ in both))
            for currency, (count, *both) in sums.items()
        }, filters
        assert [here.median_age_days, here.p80_age_days] == [near(one) for one in ages], filters


def demand_times(
    found: FunnelReport, cards: list[Told], among: set[int], home: int, as_of: datetime
) -> None:
    spent = figures.times(cards, among, home, as_of)
    none = dict.fromkeys(("median", "p80", "mean", "age"))
    for row in found.stages:
        own = spent.get(row.stage_id, none)
        assert (row.median_days, row.p80_days, row.mean_days, row.median_age_days) == tuple(
            near(own[name]) for name in none
        )
    for aside in found.detours:
        own = spent.get(aside.stage_id, {"visits": 0, "median": None})
        assert (aside.visits, aside.median_days) == (own["visits"], near(own["median"]))


def near(days: Any) -> Any:
    return None if days is None else pytest.approx(days, abs=2e-4)


async def demand_cards(
    player: Player, viewer: Viewer, filters: FunnelFilters, sets: Sets, cards: list[Told],
    some: random.Random,
) -> None:  # fmt: skip
    """A number opens to just its cards, each as it stood; a sum to those in its currency."""
    if not sets:
        return
    bucket, stage = some.choice(sorted(sets, key=str))
    told = {name: getattr(filters, name) for name in filters.__struct_fields__}
    limit: Any = some.choice((2, 200))
    kind: Any = bucket
    asking = FunnelCardFilters(**told, bucket=kind, stage=stage, limit=limit)
    by_id = {one.card["id"]: one for one in cards}
    ids: list[int] = []
    while True:
        page = await read(player, queries.cards, viewer, asking)
        ids += [one.id for one in page.items]
        for item in page.items:
            demand_as_it_stood(item, by_id[item.id])
        if page.next_cursor is None:
            break
        asking = structs.replace(asking, cursor=page.next_cursor)
    own = sorted(sets[bucket, stage])
    if filters.by == "amount":
        own = [number for number in own if by_id[number].events[-1]["currency"] == "RUB"]
    assert ids == own, asking
    assert await read(player, queries.counted, viewer, asking) == len(own), asking


def demand_as_it_stood(item: ReportCard, one: Told) -> None:
    last, event = one.stays[-1], one.events[-1]
    state = {"holding": "waiting", "detour": "open"}.get(last.stage["kind"], last.stage["kind"])
    assert (item.stage_id, item.state, item.amount, item.currency, item.reason_id) == (
        last.stage["id"], state, money.text(event["amount"], event["currency"]),
        event["currency"], last.reason_id if state == "lost" else None,
    )  # fmt: skip
    been = one.within(last.stage["pipeline_id"])
    assert item.entered_at == been[0].began
    assert item.closed_at == (last.began if state in ("won", "lost") else None)


@pytest.mark.parametrize(("seed", "moves"), companies(MOVES))
async def test_every_mode_says_what_the_oracle_says(
    office: Office, seed: int, moves: int, capsys: pytest.CaptureFixture[str]
) -> None:
    player, some = Player(office, random.Random(seed)), random.Random(7)
    await player.set_up()
    await player.play(moves * 2 // 3)
    asked, counted = await compare(player, some)
    assert counted > moves // 10
    await player.reshape()
    await player.play(moves // 3)
    again, counted = await compare(player, some)
    assert counted > moves // 10
    assert await player.verified() > moves // 10
    say(capsys, player, await player.world(), asked + again)
