"""Secrets stay out of what is kept, told and logged; a name is no second line of a log."""

import json
import logging

import pytest
from sqlalchemy import select

from backend import security
from backend.db.models import metadata
from tests.access.company import Caller, Company
from tests.logged import log_lines

pytestmark = pytest.mark.anyio

TEARING = 'Acme\r\n{"level": "error"}\x1b[31m\x07\u2028\u0085end'


async def test_no_secret_is_kept_told_or_logged(company: Company) -> None:
    office = company.office
    office.delivered.clear()
    with log_lines() as log:
        made = await company.call(
            "POST", "/tokens", "anna", {"name": "Till", "scopes": ["cards:read"]},
            idempotency_key="till",
        )  # fmt: skip
        again = await company.call(
            "POST", "/tokens", "anna", {"name": "Till", "scopes": ["cards:read"]},
            idempotency_key="till",
        )  # fmt: skip
        secret = made.json["token"]
        assert (made.status, again.status, again.json["token"]) == (201, 201, None)
        unknown = security.new_token()
        company.callers["till"] = Caller("till", secret, None)
        company.callers["lost"] = Caller("lost", unknown, None)
        for caller in ("till", "lost", "expired", "gone", "anna"):
            for method, path in (("GET", "/deals"), ("POST", "/deals"), ("GET", "/nothing")):
                await company.call(
                    method, path, caller, {"title": "x"} if method == "POST" else None
                )
        del company.callers["till"], company.callers["lost"]
    secrets = {secret, unknown, *(c.token for c in company.callers.values() if c.token)}
    hashes = {security.token_hash(one) for one in secrets}
    told = log.getvalue() + repr(office.delivered)
    kept = {name: await _dump(company, name) for name in metadata.tables}
    assert len(secrets) > 10
    assert [one for one in secrets | hashes if one in told] == []
    assert [(name, one) for name, dump in kept.items() for one in secrets if one in dump] == []
    beside = [name for name, dump in kept.items() if any(one in dump for one in hashes)]
    assert beside == ["api_token"]


async def _dump(company: Company, name: str) -> str:
    rows = (await company.store.connection.execute(select(metadata.tables[name]))).all()
    return repr(rows)


async def test_a_name_is_no_second_line_of_the_log(company: Company) -> None:
    """Whatever a name holds, one event is one line of JSON, and a terminal obeys none of it."""
    with log_lines() as log:
        logging.getLogger("backend.test").warning("no room for %s", TEARING)
        logging.getLogger("backend.test").error("failed", extra={"name_of": TEARING})
        await company.call("POST", "/clients", "anna", {"name": TEARING})
        await company.call("GET", "/clients?q=" + "%0D%0A%1B%5B31m", "anna")
    lines = log.getvalue().splitlines()
    assert len(lines) >= 2
    assert all(isinstance(json.loads(line), dict) for line in lines)
    assert not any(code in log.getvalue() for code in "\r\x1b\x07\u2028\u0085")
    assert json.loads(lines[0])["message"] == f"no room for {TEARING}"
