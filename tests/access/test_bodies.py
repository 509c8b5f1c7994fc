"""A body holds what is named and nothing else: no column is written that no route names."""

from typing import Any

import msgspec
import pytest

from backend.db.models import metadata
from backend.errors import BadRequest
from backend.routes.policy import POLICY
from backend.routes.strict import decode
from tests.access.company import Company
from tests.access.fields import body_of, places, query_of, structs
from tests.access.recipes import RECIPES, Recipe
from tests.access.test_matrix import address

pytestmark = pytest.mark.anyio

COLUMNS = sorted({column.name for table in metadata.tables.values() for column in table.c})
TRIED = (
    "role", "is_admin", "owner_id", "version", "created_at", "updated_at", "deleted_at", "tenant",
    "id",
)  # fmt: skip
BODIES = {key: kind for key in POLICY if (kind := body_of(key)) is not None}
# Where a body may name what decides about rights and time.
NAMED_AT = {
    "owner_id": ("POST ", "PUT "),
    "version": ("POST /renewals/bulk",),  # each renewal as it was read, in place of If-Match
    "role": ("POST /users", "PATCH /users/", "PUT /users/"),
}


def test_every_write_with_a_body_is_looked_at() -> None:
    assert len(BODIES) > 50
    assert all(not key.startswith(("GET ", "DELETE ")) for key in BODIES)
    assert {key for key in POLICY if key.startswith(("PATCH ", "PUT "))} <= set(BODIES)


def test_every_struct_that_is_read_forbids_what_it_does_not_name() -> None:
    kinds = {inner for kind in BODIES.values() for inner in structs(kind)}
    kinds |= {kind for key in POLICY if (kind := query_of(key)) is not None}
    loose = [kind.__name__ for kind in kinds if not kind.__struct_config__.forbid_unknown_fields]  # type: ignore[attr-defined]
    assert loose == []


def test_no_body_names_what_decides_about_rights_and_time() -> None:
    wrong = []
    for key, kind in BODIES.items():
        for place in places(kind):
            if place.name in TRIED and not key.startswith(NAMED_AT.get(place.name, ("-",))):
                wrong.append(f"{key}: {place.path}")
    assert wrong == []


def test_every_column_that_is_not_named_is_refused() -> None:
    told = 0
    for kind in BODIES.values():
        known = set(kind.__struct_encode_fields__)  # type: ignore[attr-defined]
        for name in {*COLUMNS, *TRIED} - known:
            body = msgspec.json.encode({name: 1})
            with pytest.raises(BadRequest):
                decode(body, kind)
            told += 1
    assert told > 5000


def body_for(company: Company, key: str) -> dict[str, Any]:
    recipe = RECIPES.get(key, Recipe())
    assert recipe.body is not None, f"{key} has no body in tests/access/recipes.py"
    return dict(recipe.body(company, "admin", "admin"))


async def test_what_is_not_named_is_400_and_changes_nothing(company: Company) -> None:
    """The body that succeeds, with one member more."""
    store, number = company.store, 0
    before = await store.sums()
    wrong = []
    for key, kind in BODIES.items():
        known = set(kind.__struct_encode_fields__)  # type: ignore[attr-defined]
        path, record = address(company, key, "admin")
        tried = [name for name in TRIED if name not in known]
        cases: list[dict[str, Any]] = [{name: 1} for name in tried]
        if "fields" in known:
            cases += [{"fields": {name: 1}} for name in tried if name != "owner_id"]
        for case in cases:
            number += 1
            if not company.takes(number, 3):
                continue
            body = {**body_for(company, key), **case}
            method = key.split()[0]
            reply = await company.call(method, path, "admin", body, record.get("version"))
            if reply.status != 400:
                wrong.append(f"{key} {case}: {reply.status}")
    assert not wrong, "\n".join(wrong)
    assert await store.sums() == before
