"""Every write to a record needs the version that was read: none is 428, an old one is 412."""

import pytest

from backend.routes.policy import POLICY
from tests.access.company import Company
from tests.access.fields import hints_of
from tests.access.recipes import RECIPES, Recipe
from tests.access.test_matrix import address

pytestmark = pytest.mark.anyio

# Writes that need no version: what is brought back, what is added beneath a record, and what has
# been read once and for all.
WITHOUT = {
    *(key for key in POLICY if key.endswith("/restore")),
    *(key for key in POLICY if key.startswith("PUT ")),
    "POST /pipelines/{record_id}/stages",
    "POST /pipelines/{record_id}/reasons",
    "POST /notifications/{record_id}/read",
}
WITH = sorted(key for key in POLICY if "if_match" in hints_of(key))


def test_every_write_to_a_record_needs_a_version() -> None:
    written = {
        key
        for key in POLICY
        if not key.startswith("GET ") and ("{" in key or key.startswith("PATCH "))
    }
    assert written - WITHOUT == set(WITH)
    assert len(WITH) > 35


async def test_none_is_428_and_an_old_one_is_412(company: Company) -> None:
    before = await company.store.sums()
    wrong = []
    for key in WITH:
        recipe = RECIPES.get(key, Recipe())
        path, _ = address(company, key, "anna")
        body = None if recipe.body is None else recipe.body(company, "anna", "anna")
        method = key.split()[0]
        none = await company.call(method, path, "admin", body)
        old = await company.call(method, path, "admin", body, version=2**40)
        if (none.status, old.status) != (428, 412):
            wrong.append(f"{key}: {none.status} {old.status} {old.body[:150]!r}")
    assert not wrong, "\n".join(wrong)
    assert await company.store.sums() == before
