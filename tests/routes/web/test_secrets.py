"""Passwords, their hashes and the secrets of sessions: kept where they belong, told nowhere."""

import pytest
from sqlalchemy import select

from backend.db.models import metadata
from backend.db.session import Unit
from tests.logged import log_lines
from tests.office import Office
from tests.passwords import PASSWORD
from tests.routes.web.person import Browser, at_browser

pytestmark = pytest.mark.anyio

WRONG, NEW = "a wrong guess entirely", "a new one altogether"


async def everything(office: Office) -> dict[str, str]:
    """What each table holds."""

    async def work(tx: Unit) -> dict[str, str]:
        tables = metadata.tables.items()
        return {name: repr((await tx.run(select(table))).all()) for name, table in tables}

    return await office.do(work)  # type: ignore[no-any-return]


async def test_no_password_is_kept_told_or_logged(office: Office) -> None:
    secrets, hashes = {PASSWORD, WRONG, NEW}, set[str]()
    with log_lines() as log:
        anna, admin = await at_browser(office, "anna"), await at_browser(office, "admin", "admin")
        hashes.add(await stored(office, "anna"))
        assert (await Browser(office).sign_in("anna@example.com", WRONG)).status_code == 422
        for old, status in ((WRONG, 422), (PASSWORD, 303)):
            form = {"old": old, "new": NEW}
            reply = await anna.post("/settings/me/password", form)
            assert reply.status_code == status, reply.text
        hashes.add(await stored(office, "anna"))
        secrets |= {browser.http.cookies["voronka"] for browser in (anna, admin)}
    assert len(hashes) == 2
    told = log.getvalue() + repr(office.delivered)
    kept = await everything(office)
    assert [one for one in secrets | hashes if one in told] == []
    assert [(name, one) for name, dump in kept.items() for one in secrets if one in dump] == []
    beside = [name for name, dump in kept.items() if any(one in dump for one in hashes)]
    assert beside == ["app_user"]


async def stored(office: Office, name: str) -> str:
    users = metadata.tables["app_user"]
    query = select(users.c.password_hash).where(users.c.email == f"{name}@example.com")
    return str(await office.do(lambda tx: tx.scalar(query)))
