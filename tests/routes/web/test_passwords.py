"""Passwords: none of the common ones, and kept at the costs of today."""

import hashlib
import tomllib

import pytest
from argon2 import PasswordHasher, extract_parameters
from sqlalchemy import select

from backend import security
from backend.db.models import app_user, user_session
from backend.domain.users.passwords import rules
from backend.errors import NotAcceptable
from tests.office import Office
from tests.passwords import PASSWORD, QUICK
from tests.routes.web.person import Browser, at_browser, give_password

pytestmark = pytest.mark.anyio

SAID = "This password is among the first that are tried; choose another one, say, four words"


def test_the_list_is_as_its_makers_published_it() -> None:
    folder = rules.COMMON.parent
    told = tomllib.loads((folder / "common.toml").read_text())["common.txt"]
    assert hashlib.sha256(rules.COMMON.read_bytes()).hexdigest() == told["sha256"]
    assert (folder / told["licence_text"]).read_text().startswith("MIT License")
    known = rules.COMMON.read_text().splitlines()
    assert (len(known), len(set(known)), min(map(len, known))) == (3000, 3000, rules.SHORTEST)


@pytest.mark.parametrize(
    "password", ["password", "Password", "12345678", " iloveyou ", "ＳＵＮＳＨＩＮＥ"]
)
def test_the_most_common_ones_are_refused(password: str) -> None:
    with pytest.raises(NotAcceptable) as refused:
        rules.demand_good(password)
    assert refused.value.extra["errors"] == [{"pointer": "/password", "detail": SAID}]


@pytest.mark.parametrize("password", ["password of mine", "passwort-7", "а" * 64, "x" * 1024])
def test_all_others_are_taken(password: str) -> None:
    rules.demand_good(password)


def test_what_a_hash_costs() -> None:
    own = security.HASHER
    assert (own.type.name, own.memory_cost >= 19_456, own.time_cost >= 2) == ("ID", True, True)


async def stored(office: Office) -> str:
    query = select(app_user.c.password_hash, app_user.c.version)
    found, version = (await office.do(lambda tx: tx.run(query))).one()
    assert version == 1
    return str(found)


async def test_a_hash_of_other_costs_is_replaced_at_sign_in_and_nothing_else(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = await office.person("anna")
    await give_password(office, anna.id)
    old = await stored(office)
    dearer = PasswordHasher(time_cost=1, memory_cost=16, parallelism=1)
    monkeypatch.setattr(security, "_hasher", dearer)
    first, second = Browser(office), Browser(office)
    assert (await first.sign_in("anna@example.com", "wrong")).status_code == 422
    assert await stored(office) == old
    assert (await first.sign_in("anna@example.com")).status_code == 303
    new = await stored(office)
    assert extract_parameters(new).memory_cost == 16
    assert (await second.sign_in("anna@example.com")).status_code == 303
    assert await stored(office) == new
    assert QUICK.verify(new, PASSWORD)
    assert (await first.get("/settings/me")).status_code == 200
    open_ones = await office.do(lambda tx: tx.run(select(user_session.c.user_id)))
    assert open_ones.scalars().all() == [anna.id, anna.id]


async def test_a_person_is_told_in_his_language(office: Office) -> None:
    browser = await at_browser(office, "anna")
    form = {"old": PASSWORD, "new": "password1"}
    headers = {"HX-Request": "true", "X-CSRF-Token": browser.csrf}
    reply = await browser.http.post("/settings/me/password", data=form, headers=headers)
    assert reply.status_code == 422
    assert SAID in reply.headers["hx-trigger"]
    assert (await Browser(office).sign_in("anna@example.com")).status_code == 303
