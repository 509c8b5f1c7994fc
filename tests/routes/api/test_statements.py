"""How often the three requests that come most ask the database: they may not come to ask more."""

from typing import Any

import pytest

from tests.office import Office, Person
from tests.statements import asked


@pytest.fixture
async def anna(office: Office) -> Person:
    return await office.person("anna")


async def deal(office: Office, anna: Person, client_id: int) -> dict[str, Any]:
    made = await anna.post("/deals", {"title": "Servers", "client_id": client_id, "amount": "10"})
    assert made.status_code == 201
    return dict(made.json())


async def test_a_list(office: Office, anna: Person) -> None:
    acme = await office.client(anna)
    first, *_ = [await deal(office, anna, acme) for _ in range(3)]
    for stage, statements in ((str(first["stage_id"]), 2), ("needs", 3)):
        with asked(office) as seen:
            found = await anna.get("/deals", stage=stage, owner_id=anna.id, sort="-amount")
        assert len(found.json()["items"]) == 3
        assert len(seen) == statements, "\n".join(seen)


async def test_a_new_deal(office: Office, anna: Person) -> None:
    acme = await office.client(anna)
    await deal(office, anna, acme)
    with asked(office) as seen:
        await deal(office, anna, acme)
    fewer = 2 if office.database.dialect == "postgresql" else 0  # facts and log are one there
    assert len(seen) == 11 - fewer, "\n".join(seen)


async def test_lines_are_asked_for_together(office: Office, anna: Person) -> None:
    """An offer of twelve products asks no oftener than an offer of two."""
    boss = await office.person("boss", "admin")
    made = [
        (await boss.post("/products", {"name": f"P{n}", "price": "1"})).json() for n in range(12)
    ]
    acme = await office.client(anna)
    times = []
    for some in (made[:2], made[:2], made):
        lines = [{"product_id": one["id"], "quantity": 1} for one in some]
        with asked(office) as seen:
            offer = await anna.post("/offers", {"title": "A", "client_id": acme, "lines": lines})
        assert offer.json()["total"] == f"{len(some)}.00"
        times.append(len(seen))
    assert times[1] == times[2]


async def test_a_move(office: Office, anna: Person) -> None:
    acme = await office.client(anna)
    first, second = [await deal(office, anna, acme) for _ in range(2)]
    fewer = 2 if office.database.dialect == "postgresql" else 0
    for one, statements in ((first, None), (second, 10 - fewer)):
        with asked(office) as seen:
            moved = await anna.post(f"/deals/{one['id']}/move", {"stage": "negotiation"}, version=1)
        assert moved.json()["stage_key"] == "negotiation"
        assert statements in (None, len(seen)), "\n".join(seen)


async def test_what_was_read_of_a_pipeline_is_good_for_its_version_alone(
    office: Office, anna: Person
) -> None:
    """A stage that demands a field from now on does so in the very next move."""
    boss = await office.person("boss", "admin")
    acme = await office.client(anna)
    first, second = [await deal(office, anna, acme) for _ in range(2)]
    moved = await anna.post(f"/deals/{first['id']}/move", {"stage": "negotiation"}, version=1)
    home, stage = moved.json()["pipeline_id"], moved.json()["stage_id"]
    path = f"/pipelines/{home}/stages/{stage}"
    shown = await boss.get(path)
    written = await boss.patch(path, {"required_fields": ["source"]}, shown.json()["version"])
    assert written.status_code == 200
    refused = await anna.post(f"/deals/{second['id']}/move", {"stage": "negotiation"}, version=1)
    assert (refused.status_code, refused.json()["missing_fields"]) == (422, ["source"])
