"""A card moved to a stage of another pipeline of its kind, and put back."""

from typing import Any

import pytest
from sqlalchemy import select

from backend.db.models import stage
from tests.factories.cards import new_deal, new_lead, new_renewal
from tests.factories.clients import new_client
from tests.factories.pipelines import new_pipeline
from tests.office import Office, Person

pytestmark = pytest.mark.anyio

FIRST = {"lead": "new", "deal": "needs", "renewal": "invoice_required"}


async def _card(anna: Person, kind: str) -> dict[str, Any]:
    client_id = (await new_client(anna))["id"]
    if kind == "lead":
        return await new_lead(anna)
    if kind == "deal":
        return await new_deal(anna, client_id=client_id)
    renewal = await new_renewal(anna, client_id=client_id)
    begun = await anna.post(f"/renewals/{renewal['id']}/activate", version=renewal["version"])
    return dict(begun.json())


async def _stage(office: Office, home: int, key: str) -> int:
    query = select(stage.c.id).where(stage.c.pipeline_id == home, stage.c.key == key)
    return int(await office.do(lambda tx: tx.scalar(query)))


@pytest.mark.parametrize("kind", FIRST)
async def test_a_card_changes_its_pipeline_and_comes_back(office: Office, kind: str) -> None:
    anna = await office.person("anna")
    before = (("store", "holding"),) if kind == "renewal" else ()
    home = await new_pipeline(office, "second", ("one", "two"), kind=kind, before=before)
    card = await _card(anna, kind)
    path = f"/{kind}s/{card['id']}"
    assert card["stage_key"] == FIRST[kind]
    order = {"stage": await _stage(office, home, "two")}
    moved = await anna.post(f"{path}/move", order, version=card["version"])
    assert moved.status_code == 200, moved.text
    told = moved.json()
    assert (told["pipeline_id"], told["stage_key"], told["state"]) == (home, "two", "open")
    assert (await office.events(card["id"]))[-1] == "pipeline_changed"
    by_key = await anna.post(f"{path}/move", {"stage": FIRST[kind]}, version=told["version"])
    assert by_key.status_code == 409  # a key is one of the card's own pipeline
    undone = await anna.post(f"{path}/undo", version=told["version"])
    assert undone.status_code == 200, undone.text
    back = undone.json()
    assert (back["pipeline_id"], back["stage_key"]) == (card["pipeline_id"], FIRST[kind])


@pytest.mark.parametrize("kind", FIRST)
async def test_a_pipeline_of_another_kind_is_none(office: Office, kind: str) -> None:
    anna = await office.person("anna")
    other = "deal" if kind == "lead" else "lead"
    home = await new_pipeline(office, "second", ("one",), kind=other)
    card = await _card(anna, kind)
    before = await office.counts()
    order = {"stage": await _stage(office, home, "one")}
    refused = await anna.post(f"/{kind}s/{card['id']}/move", order, version=card["version"])
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/move_refused")
    assert await office.counts() == before
