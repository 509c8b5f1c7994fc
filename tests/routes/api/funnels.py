"""An office with the pipeline of the worked example, deals that go along it, and its report."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tests.domain.cards.histories import WORKED
from tests.factories.cards import new_deal
from tests.factories.pipelines import new_pipeline
from tests.office import Office, Person

MAIN = ("S1", "S2", "S3", "S4")
JANUARY = datetime(2026, 1, 12, 9, 0, tzinfo=UTC)


async def walk(
    office: Office, person: Person, path: str, reason: int, **fields: Any
) -> dict[str, Any]:
    """A deal that goes along stages, an hour in each; `+` lets a day pass."""
    first, *others = path.split()
    deal = await new_deal(person, pipeline="worked", stage=first, **fields)
    for key in others:
        if key == "+":
            office.later(days=1)
            continue
        office.later(hours=1)
        deal = await move(person, deal, key, reason)
    return deal


async def move(person: Person, deal: dict[str, Any], key: str, reason: int) -> dict[str, Any]:
    body = {"stage": key, "reason_id": reason if key == "lost" else None}
    reply = await person.post(f"/deals/{deal['id']}/move", body, version=deal["version"])
    assert reply.status_code == 200, reply.text
    return reply.json()  # type: ignore[no-any-return]


async def report(person: Person, **params: Any) -> dict[str, Any]:
    reply = await person.get("/reports/funnel", pipeline="worked", **params)
    assert reply.status_code == 200, reply.text
    return reply.json()  # type: ignore[no-any-return]


def table(found: dict[str, Any]) -> dict[str, tuple[int, ...]]:
    for row in found["stages"]:
        assert row["reached"] == row["advanced"] + row["lost"] + row["open"] + row["moved_out"]
    return {
        row["key"]: tuple(
            row[name] for name in ("reached", "advanced", "lost", "open", "moved_out")
        )
        for row in found["stages"]
    }


@dataclass
class Scene:
    """One seller in January."""

    office: Office
    anna: Person
    lost: int
    void: int
    fields: dict[str, Any]


async def set_up(office: Office) -> Scene:
    office.now = JANUARY
    await new_pipeline(office, "worked", MAIN)
    anna = await office.person("anna")
    lost = await office.reason("too_expensive", "worked")
    void = await office.reason("created_by_mistake", "worked")
    return Scene(office, anna, lost, void, {"client_id": await office.client(anna)})


async def worked(scene: Scene) -> dict[str, dict[str, Any]]:
    """The ten deals of the worked example; a day later."""
    made = {}
    for name, path in WORKED.items():
        made[name] = await walk(scene.office, scene.anna, path, scene.lost, **scene.fields)
        scene.office.now = JANUARY
    scene.office.later(days=1)
    return made
