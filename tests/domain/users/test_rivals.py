"""Rivals over users: whatever happens at once, what must hold holds."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import func, insert, select, update

from backend.db.models import app_user, card
from backend.db.session import Unit
from backend.domain.deals.schemas import DealCreate
from backend.domain.moves import creating
from backend.domain.users import actions
from backend.domain.users.queries import as_system
from backend.domain.users.schemas import UserFields
from backend.errors import Conflict, DomainError, Forbidden
from tests.conftest import FreshDatabase
from tests.office import Office

pytestmark = pytest.mark.anyio

Work = Callable[[Unit], Awaitable[Any]]


@pytest.fixture
async def office(fresh_database: FreshDatabase) -> Office:
    """A company whose transactions are really committed."""
    return Office(fresh_database.database)


async def at_once(office: Office, *works: Work) -> list[Any]:
    """Run pieces of work in transactions of their own; what they gave or why they were refused."""
    return await asyncio.gather(*map(office.do, works), return_exceptions=True)


async def test_two_admins_do_not_dismiss_each_other(office: Office) -> None:
    first, second = await office.person("first", "admin"), await office.person("second", "admin")
    one, other = await office.viewer(first), await office.viewer(second)
    off = UserFields(active=False)
    told = await at_once(
        office,
        lambda tx: actions.edit_user(tx, one, second.id, off, 1),
        lambda tx: actions.edit_user(tx, other, first.id, off, 1),
    )
    assert [type(answer) for answer in told if answer is not None] == [Conflict]
    query = select(func.count()).where(app_user.c.active)
    assert await office.do(lambda tx: tx.scalar(query)) == 1


@pytest.mark.parametrize("deactivated_first", [True, False])
async def test_nobody_is_given_a_card_while_he_leaves(
    office: Office, deactivated_first: bool
) -> None:
    chief = await office.viewer(await office.person("chief", "admin"))
    anna = await office.person("anna")
    acme = await office.client(await office.person("bob"))
    deal = DealCreate(title="Servers", client_id=acme, owner_id=anna.id)
    works: list[Work] = [
        lambda tx: actions.edit_user(tx, chief, anna.id, UserFields(active=False), 1),
        lambda tx: creating.create(tx, chief, "deal", deal),
    ]
    if not deactivated_first:
        works.reverse()
    told = await at_once(office, *works)
    refusals = [answer for answer in told if isinstance(answer, DomainError)]
    assert len(refusals) == 1, told
    assert isinstance(refusals[0], Conflict | Forbidden)
    query = select(func.count()).select_from(card.join(app_user, app_user.c.id == card.c.owner_id))
    assert await office.do(lambda tx: tx.scalar(query.where(~app_user.c.active))) == 0


async def test_twins_of_a_put_make_one_user(office: Office) -> None:
    chief = await office.viewer(await office.person("chief", "admin"))
    fields = UserFields(email="anna@firm.test", name="Anna")

    async def put(tx: Unit) -> Any:
        return await actions.upsert_user(tx, chief, "hr-1", fields)

    told = await at_once(office, put, put, put)
    assert sorted(created for _, created in told) == [False, False, True]
    assert len({user_id for user_id, _ in told}) == 1


async def first(tx: Unit) -> str | None:
    return await actions.first_admin(tx, await as_system(tx, "worker"), "a password")


async def test_the_first_admin_is_made_once(office: Office) -> None:
    told = await at_once(office, first, first)
    assert sorted(told, key=str) == [None, "admin@voronka.local"]
    made = await office.do(lambda tx: tx.first(select(app_user)))
    assert (made["role"], made["name"], made["version"]) == ("admin", "Администратор", 2)
    assert made["password_hash"].startswith("$argon2id$")
    assert await office.do(first) is None


async def test_a_new_first_admin_where_all_others_left(office: Office) -> None:
    await office.do(first)
    await office.do(lambda tx: tx.run(update(app_user).values(active=False)))
    assert await office.do(first) == "admin2@voronka.local"
    row = {"email_key": "x", "email": "x@y.z", "name": "x", "role": "viewer"}
    stamps = {"created_at": office.now, "updated_at": office.now}
    await office.do(lambda tx: tx.run(insert(app_user), {**row, **stamps}))
    assert await office.do(first) is None
