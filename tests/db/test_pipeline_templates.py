"""Pipelines to be loaded by choice: each is whole and fits into the tables."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from backend.db.models import pipeline, reason, stage
from tests.db.makers import AT
from tests.held import HeldDatabase

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "backend" / "domain" / "pipelines" / "templates"
STAGES = {
    "renewals_long": "scheduled contact terms invoice_required invoice_sent payment_received"
    " not_renewed",
    "winback": "left contacted interest offer returned not_returned",
    "warmup": "cold interested warm hot cooled",
    "outbound": "to_call reached decision_maker interested passed closed",
}


def template(name: str) -> dict[str, Any]:
    return tomllib.loads((TEMPLATES / f"{name}.toml").read_text(encoding="utf-8"))


def test_each_template_is_known() -> None:
    assert {file.stem for file in TEMPLATES.glob("*.toml")} == set(STAGES)


@pytest.mark.parametrize("name", STAGES)
async def test_a_template_can_be_loaded(database: HeldDatabase, name: str) -> None:
    content = template(name)
    assert set(content) == {"pipeline", "stage", "reason"}
    head = content["pipeline"] | {"position": 9, "updated_at": AT}
    async with database.write() as connection:
        made = await connection.execute(sa.insert(pipeline).values(head).returning(pipeline.c.id))
        number = made.scalar_one()
        for table in (stage, reason):
            for row in content[table.name]:
                await connection.execute(sa.insert(table).values({**row, "pipeline_id": number}))


@pytest.mark.parametrize("name", STAGES)
def test_a_template_is_a_whole_pipeline(name: str) -> None:
    content = template(name)
    stages = content["stage"]
    assert content["pipeline"]["key"] == name
    assert [row["key"] for row in stages] == STAGES[name].split()
    places = [row["position"] for row in stages]
    assert places == sorted(set(places))
    kinds = [row["kind"] for row in stages]
    assert (kinds.count("won"), kinds.count("lost"), kinds[-2:]) == (1, 1, ["won", "lost"])
    assert [row["kind"] == "holding" for row in stages] == [
        row["key"] == "scheduled" for row in stages
    ]
    assert [row for row in content["reason"] if row["use"] == "lost"]
    assert all(len(row["name_ru"]) <= 26 for row in stages)


def test_renewals_with_talks_are_renewals_with_two_stages_more() -> None:
    longer = template("renewals_long")
    seeds = ROOT / "alembic" / "seeds" / "2026_11_22_renewals.toml"
    plain = tomllib.loads(seeds.read_text(encoding="utf-8"))
    assert longer["reason"] == plain["reason"]
    added = {"contact", "terms"}
    same = [row | {"position": 0} for row in longer["stage"] if row["key"] not in added]
    assert same == [row | {"position": 0} for row in plain["stage"]]
