"""Every GET has an ETag, and whoever has its answer already is sent 304 without a body."""

import pytest

from backend.routes.policy import POLICY, Who
from tests.access.company import Company
from tests.access.test_matrix import address

pytestmark = pytest.mark.anyio


async def test_whoever_has_the_answer_is_not_sent_it_again(company: Company) -> None:
    wrong, tried = [], 0
    for key, rule in POLICY.items():
        if not key.startswith("GET ") or rule.who is Who.PUBLIC or key.endswith(".pdf"):
            continue
        path, _ = address(company, key, "admin")
        first = await company.call("GET", path)
        if first.status == 400:  # needs parameters of its own
            continue
        tried += 1
        tag = first.headers.get("etag", "")
        same = await company.call("GET", path, **{"if-none-match": f'"x", W/{tag}'})
        other = await company.call("GET", path, **{"if-none-match": '"x"'})
        if (first.status, same.status, same.body, same.headers.get("etag")) != (200, 304, b"", tag):
            wrong.append(f"{key}: {first.status} {tag}, then {same.status} {same.body[:80]!r}")
        if (other.status, other.body) != (200, first.body):
            wrong.append(f"{key}: {other.status} to who has something else")
    assert not wrong, "\n".join(wrong)
    assert tried > 50
