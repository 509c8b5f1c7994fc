"""The figures in the heads of a board: the funnel report's own, whoever is chosen."""

from decimal import Decimal

from backend.db.session import Unit
from backend.domain.boards.figures.queries import figures
from backend.domain.boards.schemas import BoardFilters, Figures
from tests.domain.boards.conftest import PIPELINE, move, shown
from tests.factories.cards import new_deal
from tests.office import Office, Person


async def told(office: Office, person: Person, *owners: int) -> Figures:
    board, viewer = await shown(office, person), await office.viewer(person)
    filters = BoardFilters(pipeline=PIPELINE, owners=owners)
    async with office.database.read() as conn:
        return await figures(Unit(conn, office.now), viewer, board.pipeline, filters)


async def test_figures_are_the_funnel_reports(office: Office, anna: Person) -> None:
    acme = await office.client(anna)
    made = [await new_deal(anna, pipeline=PIPELINE, client_id=acme) for _ in range(4)]
    office.later(days=1)
    for one in made[:3]:
        one |= await move(anna, one, "talks")
    office.later(days=2)
    await move(anna, made[0], "won")
    board = await shown(office, anna)
    found = await told(office, anna)
    report = (
        await anna.get(
            "/reports/funnel", pipeline=PIPELINE, **{"from": found.first, "to": found.last}
        )
    ).json()
    line = [one for one in found.stages if one.conversion is not None]
    assert [(int(one.key), one.conversion, one.drop_off, one.median_days) for one in line] == [
        (row["stage_id"], row["conversion"], row["drop_off"], row["median_days"])
        for row in report["stages"]
    ]
    assert [one.conversion for one in line] == [0.75, 0.3333]
    assert [one.is_low for one in line] == [False, True]
    assert report["low_stage_id"] == int(line[1].key)
    boss = await office.person("boss", "admin")
    path = f"/pipelines/{board.pipeline.id}"
    assert (await boss.get(path)).json()["conversion_warning"] == 50
    lower = await boss.patch(path, {"conversion_warning": 33}, version=board.pipeline.version)
    assert lower.json()["conversion_warning"] == 33
    assert (await boss.patch(path, {"conversion_warning": 0}, version=9)).status_code == 400
    assert (await anna.get("/reports/funnel", pipeline=PIPELINE)).json()["low_stage_id"] is None
    won = next(one for one in found.stages if one.kind == "won")
    assert (won.win_rate, report["win_rate"]) == (1.0, 1.0)
    assert (found.without_task, found.stale) == (3, 0)
    office.later(days=1)
    await move(anna, made[1], "won")
    found = await told(office, anna)
    cycles = (await anna.get("/reports/cycle-time", pipeline=PIPELINE)).json()
    assert (found.days_to_win, cycles["median_days"]) == (Decimal("3.5"), 3.5)


async def test_figures_of_several_managers_leave_out_the_others(
    office: Office, anna: Person
) -> None:
    boss, boris = await office.person("boss", "admin"), await office.person("boris")
    acme, reason = await office.client(boss), await office.reason("too_expensive", PIPELINE)
    for person, goals in ((anna, ("talks", "lost")), (boris, ("talks",)), (boss, (None, None))):
        for goal in goals:
            made = await new_deal(boss, pipeline=PIPELINE, client_id=acme, owner_id=person.id)
            more = {"reason_id": reason, "comment": "dear"} if goal == "lost" else {}
            if goal is not None:
                await move(boss, made, goal, **more)

    async def three(*owners: int) -> tuple[float | None, str | None, int]:
        found = await told(office, boss, *owners)
        (lost,) = (one.top_reason for one in found.stages if one.kind == "lost")
        return found.stages[0].conversion, lost, found.without_task

    assert await three(anna.id, boris.id) == (0.6667, "Дорого", 2)
    assert await three(boris.id, boss.id) == (0.3333, None, 3)
    assert await three() == (0.4, "Дорого", 4)
