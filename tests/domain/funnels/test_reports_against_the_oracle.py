"""Every other report over histories played at random, beside the same slow and plain oracle.

FUNNEL_MOVES says how many moves are played; `make reports` plays 30,000.
"""

import os
import random
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

import pytest

from backend.domain import money
from backend.domain.access import Viewer
from backend.domain.funnels.cycle import queries as cycle
from backend.domain.funnels.cycle.schemas import (
    CycleCardFilters,
    CycleFilters,
    VelocityCardFilters,
    VelocityFilters,
)
from backend.domain.funnels.outlook import queries as outlook
from backend.domain.funnels.outlook.schemas import ForecastFilters
from backend.domain.funnels.people import queries as people
from backend.domain.funnels.people.schemas import ManagerCardFilters, ManagerFilters
from backend.domain.funnels.reasons import queries as reasons
from backend.domain.funnels.reasons.schemas import (
    ReasonCardFilters,
    ReasonReport,
    ReasonReportFilters,
)
from backend.domain.funnels.since import queries as since
from backend.domain.funnels.since.schemas import SinceFilters
from tests.domain.funnels import oracle, oracle_reports
from tests.domain.funnels.oracle import Period, Told, World, midnight
from tests.domain.funnels.oracle_people import managers
from tests.domain.funnels.player import companies, say
from tests.domain.funnels.test_against_the_oracle import demand_as_it_stood, read
from tests.domain.funnels.trade import Trader
from tests.office import Office

pytestmark = pytest.mark.anyio
MOVES = int(os.environ.get("FUNNEL_MOVES", "90"))
ROUNDS = min(6, 1 + MOVES // 150)
PARTS = 4
HOMES = ("worked", "offers", "again", "still", "elsewhere")


def cents(amount: str) -> int:
    return round(Decimal(amount) * 100)


class Asked(NamedTuple):
    """Who asks about which pipeline and days, and the cards that he means."""

    viewer: Viewer
    home: int
    given: dict[str, Any]
    cards: list[Told]

    @property
    def days(self) -> Period:
        return Period(self.given["start"], self.given["end"])

    @property
    def now(self) -> bool:
        return self.given["as_of"] is None


def asked(
    player: Trader, world: World, homes: dict[str, int], some: random.Random
) -> Iterator[Asked]:
    """Every pipeline as of now or of an earlier day, with days, owners and sources at random."""
    last = (player.now + timedelta(hours=4)).date()
    length = (last - date(2026, 1, 12)).days + 1
    owners = {row["id"]: row["owner_id"] for row in world.beside["client"]}
    for home in HOMES * ROUNDS:
        then = some.random() < 0.5
        viewer = some.choice((*player.viewers, player.viewers[1]))
        days = [last - timedelta(days=some.randrange(length)) for _ in range(3)]
        given: dict[str, Any] = {
            "start": some.choice((None, None, min(days[:2]))),
            "end": some.choice((None, None, max(days[:2]))),
            "as_of": days[2] if then else None,
            "source": some.choice((None, None, None, None, "web")),
            "owner_id": some.choice((None, None, None, player.viewers[1].user_id)),
        }

        def sees(card: oracle.Row, viewer: Viewer = viewer, given: dict[str, Any] = given) -> bool:
            own = viewer.user_id in (card["owner_id"], owners.get(card["client_id"]))
            return (
                (own or viewer.role == "admin")
                and given["owner_id"] in (None, card["owner_id"])
                and given["source"] in (None, card["source"])
            )

        as_of = midnight((given["as_of"] or date(9000, 1, 1)) + timedelta(days=1))
        cards = oracle.told(world, as_of, as_of > player.office.now, sees)
        yield Asked(viewer, homes[home], {"pipeline": home, **given}, cards)


async def demand_reasons(player: Trader, world: World, one: Asked) -> None:
    sent = one.given["pipeline"] == "offers"
    for group_by in ("owner", "stage", "month"):
        for basis in ("closed", "sent") if sent else ("closed",):
            filters = ReasonReportFilters(**one.given, group_by=group_by, basis=basis)
            told = await read(player, reasons.reasons, one.viewer, filters)
            found = oracle_reports.closed(one.cards, one.home, one.days, basis == "sent")
            kept = oracle_reports.kept(world, found)
            assert (told.closed, told.won, told.lost, told.void) == (
                len(kept), sum(o.state == "won" for o in kept),
                sum(o.state == "lost" for o in kept), len(found) - len(kept),
            ), filters  # fmt: skip
            name = {"owner": "owner_id", "stage": "stage_id", "month": "month"}[group_by]
            assert {
                (getattr(item, name), item.reason_id):
                (item.count, item.closed, item.share, item.overall_share, item.over_limit)
                for item in told.items
            } == oracle_reports.reasons(world, kept, group_by), filters  # fmt: skip
            assert told.alerts == [item for item in told.items if item.over_limit]
            for item in told.items[:2]:
                group = {"owner_id": item.owner_id, "stage": item.stage_id, "month": item.month}
                which = {key: value for key, value in group.items() if value is not None}
                which |= {"outcome": "lost", "reason_id": item.reason_id}
                asking = ReasonCardFilters(**{**one.given, **which}, basis=basis)
                same = [o for o in kept if o.reason_id == item.reason_id]
                own = [
                    o for o in same if oracle_reports.group_of(o, group_by) == getattr(item, name)
                ]
                await demand_ids(player, reasons.card_ids, one.viewer, asking, own)
            if one.now:
                demand_streaks(player, world, one.cards, told)


async def demand_ids(
    player: Trader, work: Any, viewer: Viewer, asking: Any, own: list[oracle_reports.Closed]
) -> None:
    """A number opens to just its cards."""
    found = await read(player, work, viewer, asking)
    assert sorted(found) == sorted(o.one.card["id"] for o in own), asking


def demand_streaks(player: Trader, world: World, cards: list[Told], told: ReasonReport) -> None:
    assert {
        ("lead" if s.lead_id else "client", s.lead_id or s.client_id, s.reason_key, s.count)
        for s in told.streaks
    } == oracle_reports.streaks(cards, world, player.today)


async def demand_streaks_so_far(player: Trader) -> None:
    """Streaks are told as of now alone, so they are asked for while the company plays."""
    world, boss = await player.world(), player.viewers[1]
    told = await read(player, reasons.reasons, boss, ReasonReportFilters(pipeline="offers"))
    cards = oracle.told(world, midnight(date(9000, 1, 1)), True, lambda _: True)
    demand_streaks(player, world, cards, told)


async def demand_cycles(player: Trader, world: World, one: Asked) -> None:
    days = one.days
    if days.start is None and days.end is None:
        last = one.given["as_of"] or player.today
        days = Period(last - timedelta(days=179), last)
    found = oracle_reports.closed(one.cards, one.home, days)
    won = [o for o in found if o.state == "won"]
    for group_by in ("month", "owner"):
        filters = CycleFilters(**one.given, group_by=group_by)
        told = await read(player, cycle.cycle_time, one.viewer, filters)
        groups = [(told, won)]
        for item in told.items:
            own = [o for o in won if (item.month or item.owner_id) in (o.month, o.owner)]
            groups.append((item, own))
        assert sum(item.cards for item in told.items) == len(won), filters
        for item, own in groups:
            assert item.cards == len(own), filters
            for name, value in oracle_reports.lengths(own).items():
                assert getattr(item, name) == pytest.approx(value, abs=2e-4), filters
        asking = CycleCardFilters(**one.given, month=told.items[0].month if told.items else None)
        own = [o for o in won if asking.month in (None, o.month)]
        await demand_ids(player, cycle.cycle_card_ids, one.viewer, asking, own)
    standing = oracle.snapshot(one.cards, one.home, Period()).get(("open", None), set())
    here = sum(o.events[-1]["currency"] == "RUB" for o in one.cards if o.card["id"] in standing)
    asked = VelocityFilters(**one.given, currency="RUB")
    told = await read(player, cycle.velocity, one.viewer, asked)
    wanted = oracle_reports.velocity(oracle_reports.kept(world, found), here, "RUB")
    for name in ("average_won", "per_day"):
        wanted[name] = money.text(wanted[name], "RUB")
    assert {name: getattr(told, name) for name in wanted} == wanted, asked
    own = oracle_reports.in_currency(oracle_reports.kept(world, found), "RUB")
    for outcome in ("won", "lost", "closed"):
        factor = VelocityCardFilters(**one.given, currency="RUB", outcome=outcome)
        same = [o for o in own if outcome in (o.state, "closed")]
        await demand_ids(player, cycle.velocity_card_ids, one.viewer, factor, same)


async def demand_outlook(player: Trader, world: World, one: Asked) -> None:
    filters = ForecastFilters(**one.given)
    told = await read(player, outlook.forecast, one.viewer, filters)
    assert {
        (item.month, item.currency): (
            item.cards, cents(item.amount), cents(item.weighted),
            item.waiting_cards, cents(item.waiting_amount),
        )
        for item in told.items
    } == oracle_reports.forecast(world, one.cards, one.home, one.days), filters  # fmt: skip


async def demand_changes(player: Trader, one: Asked) -> None:
    filters = SinceFilters(**one.given)
    told = await read(player, since.changes, one.viewer, filters)
    last = one.given["as_of"] or player.today
    begin = midnight(one.given["start"] or last - timedelta(days=last.weekday()))
    wanted = oracle_reports.changed(one.cards, one.home, begin)
    assert [(item.what, item.card.id) for item in told.items] == wanted, filters
    by_id = {card.card["id"]: card for card in one.cards}
    for item in told.items:
        demand_as_it_stood(item.card, by_id[item.card.id])


async def demand_managers(player: Trader, world: World, one: Asked) -> None:
    days, last = one.days, one.given["as_of"] or player.today
    if days.start is None and days.end is None:
        days = Period(last.replace(day=1), last)
    found = oracle_reports.kept(world, oracle_reports.closed(one.cards, one.home, days))
    as_of = player.office.now if one.now else midnight(last + timedelta(days=1))
    wanted = managers(world, one.cards, one.home, found, days, min(as_of, player.office.now))
    filters = ManagerFilters(**one.given)
    told = await read(player, people.managers, one.viewer, filters)
    assert {
        item.owner_id: {name: getattr(item, name) for name in wanted[item.owner_id]}
        for item in told.items
    } == wanted, filters
    earned = {
        (item.owner_id, each.currency): cents(each.amount)
        for item in told.items
        for each in item.earned
    }
    assert earned == oracle_reports.earned(found), filters
    for state in ("won", "lost"):
        own = [o for o in found if o.state == state]
        asking = ManagerCardFilters(**one.given, which=state)
        await demand_ids(player, people.card_ids, one.viewer, asking, own)


async def compare(player: Trader, some: random.Random) -> tuple[int, int]:
    """Ask everything and demand what the oracle says; how many questions, how many closings."""
    world, questions, looked_at = await player.world(), 0, 0
    homes = dict(zip(("worked", "elsewhere", "again", "still"), player.homes, strict=True))
    homes["offers"] = next(
        r["pipeline_id"] for r in world.stages if r["key"] == "rework" and r["kind"] == "detour"
    )
    for one in asked(player, world, homes, some):
        looked_at += len(oracle_reports.closed(one.cards, one.home, Period()))
        await demand_reasons(player, world, one)
        await demand_cycles(player, world, one)
        await demand_changes(player, one)
        await demand_managers(player, world, one)
        questions += 11 if one.given["pipeline"] == "offers" else 8
        if one.now:
            questions += 1
            await demand_outlook(player, world, one)
    return questions, looked_at


@pytest.mark.parametrize(("seed", "moves"), companies(MOVES))
async def test_every_report_says_what_the_oracle_says(
    office: Office, seed: int, moves: int, capsys: pytest.CaptureFixture[str]
) -> None:
    player, some = Trader(office, random.Random(seed)), random.Random(7)
    await player.set_up()
    for part in range(PARTS):
        await player.play(moves // PARTS)
        await demand_streaks_so_far(player)
        if part == PARTS // 2:
            await player.reshape()
    asked, looked_at = await compare(player, some)
    assert looked_at > moves // 10
    assert await player.verified() > moves // 10
    say(capsys, player, await player.world(), asked)
