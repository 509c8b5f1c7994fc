"""Teams over REST, and what leading one opens."""

import pytest

from tests.office import Office

pytestmark = pytest.mark.anyio


async def test_a_team_is_made_renamed_and_led(office: Office) -> None:
    chief = await office.person("chief", "admin")
    head = await office.person("head", "head")
    made = await chief.post("/teams", {"name": " North ", "heads": [head.id, head.id]})
    assert made.status_code == 201, made.text
    north = made.json()
    assert made.headers["location"] == f"/api/v1/teams/{north['id']}"
    assert (north["name"], north["heads"], north["version"]) == ("North", [head.id], 1)
    path = f"/teams/{north['id']}"
    assert (await head.get(path)).json() == north
    assert (await head.get("/teams", count="true")).json()["total"] == 1
    same = await chief.patch(path, {"heads": [head.id]}, version=1)
    assert same.json() == north
    renamed = await chief.patch(path, {"name": "South", "heads": []}, version=1)
    assert (renamed.json()["name"], renamed.json()["heads"]) == ("South", [])
    assert renamed.json()["version"] == 2
    assert (await chief.patch(path, {"name": "West"})).status_code == 428
    assert (await chief.patch("/teams/999999", {"name": "West"}, version=1)).status_code == 404


async def test_a_head_sees_the_teams_he_leads_and_no_one_without_a_team(office: Office) -> None:
    chief = await office.person("chief", "admin")
    head = await office.person("head", "head")
    north = (await chief.post("/teams", {"name": "North"})).json()
    anna = await office.person("anna", team_id=north["id"])
    alone = await office.person("alone")
    hers = (
        await anna.post("/deals", {"title": "A", "client_id": await office.client(anna)})
    ).json()
    await alone.post("/deals", {"title": "B", "client_id": await office.client(alone)})
    assert (await head.get("/deals")).json()["items"] == []
    await chief.patch(f"/teams/{north['id']}", {"heads": [head.id]}, version=1)
    assert [row["id"] for row in (await head.get("/deals")).json()["items"]] == [hers["id"]]


async def test_who_cannot_lead_a_team(office: Office) -> None:
    chief = await office.person("chief", "admin")
    anna = await office.person("anna")
    before = await office.counts()
    refused = await chief.post("/teams", {"name": "North", "heads": [chief.id, anna.id]})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/heads/1"
    assert await office.counts() == before


async def test_a_teams_name_is_its_own(office: Office) -> None:
    chief = await office.person("chief", "admin")
    await office.team("North")
    refused = await chief.post("/teams", {"name": "North"})
    assert (refused.status_code, refused.json()["detail"]) == (
        409,
        "There is a team of this name already",
    )


async def test_put_makes_then_merges(office: Office) -> None:
    chief = await office.person("chief", "admin")
    path = "/teams/by-external-id/t-1"
    made = await chief.http.put(path, json={"name": "North"})
    assert made.status_code == 201, made.text
    again = await chief.http.put(path, json={"name": "North"})
    assert (again.status_code, again.json()) == (200, made.json())
    stale = await chief.http.put(path, json={"name": "South"}, headers={"If-Match": '"9"'})
    assert stale.status_code == 412
    assert (await chief.http.put("/teams/by-external-id/t-2", json={})).status_code == 400
