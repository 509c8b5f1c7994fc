"""Strings made to break out of a statement, through every filter, sort and cursor."""

import ast
import time
from pathlib import Path
from urllib.parse import quote

import pytest

import backend
from backend.routes.policy import POLICY, Who
from tests.access.company import Company
from tests.access.fields import is_text, places, query_of
from tests.access.test_matrix import address

pytestmark = pytest.mark.anyio

CORPUS = [
    "'", '"', "`", "''", "';", "' OR '1'='1", "' OR 1=1--", "' OR 1=1#", "') OR ('1'='1",
    "1 OR 1=1", "1; DROP TABLE card", "1); DROP TABLE card;--", "x' AND 1=0 UNION SELECT 1--",
    "x' UNION SELECT hash FROM api_token--", "1 UNION ALL SELECT NULL,NULL,NULL", "admin'--",
    "id; SELECT pg_sleep(5)", "(SELECT pg_sleep(5))", "1' || pg_sleep(5)--", "id DESC, hash",
    "-(SELECT hash FROM api_token LIMIT 1)", "CASE WHEN 1=1 THEN id ELSE amount END",
    "id/**/DESC", "id--", "-id;", "card.id", "password_hash", "__class__", "c.owner_id",
    "id,amount", "%", "_", "%%%", "\\", "\\'", "\\x27", "%27", "%00", "$1", ":name", ":1", "?",
    "{0}", "{{7*7}}", "${7*7}", "$$", "0x31303235", "ＯＲ １＝１", "ʼ OR 1=1", "١", "\u2028",
    "NULL", "-1", "1e309",
]  # fmt: skip
LISTS = [key for key in POLICY if key.startswith("GET ") and query_of(key) is not None]


async def test_no_string_gets_into_a_statement(company: Company) -> None:
    """Each through all texts of a list at once, and apart as its sort and its cursor."""
    assert len(CORPUS) >= 50
    before = await company.store.sums()
    wrong, number = [], 0
    for key in LISTS:
        path, _ = address(company, key, "anna")
        kind, caller = query_of(key), "admin" if POLICY[key].who is Who.ADMINS else "anna"
        assert kind is not None
        names = [place.name for place in places(kind) if is_text(place)]
        words = [name for name in names if name not in ("sort", "cursor")]
        ways = [[name] for name in ("sort", "cursor") if name in names] + ([words] if words else [])
        for text in CORPUS:
            for way in ways:
                number += 1
                if not company.takes(number, 7):
                    continue
                asked = "&".join(f"{name}={quote(text)}" for name in way)
                began = time.thread_time()
                reply = await company.call("GET", f"{path}?{asked}", caller)
                if reply.status not in (200, 400, 404) or time.thread_time() - began > 1:
                    wrong.append(f"{key}?{asked}: {reply.status}")
    assert not wrong, "\n".join(wrong[:20])
    assert number > 2000
    assert await company.store.sums() == before


def test_statements_are_not_put_together_from_texts() -> None:
    """`text()` and what runs raw SQL take constants, or names that are constants."""
    wrong = []
    root = Path(backend.__file__).parent
    for file in root.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            name = node.func.id if isinstance(node.func, ast.Name) else name
            joined = isinstance(node.args[0], ast.JoinedStr)
            if name in ("text", "literal_column", "order_by", "getattr") and joined:
                wrong.append(f"{file.relative_to(root)}:{node.lineno}")
    assert wrong == []
