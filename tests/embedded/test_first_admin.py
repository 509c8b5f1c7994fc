"""The first administrator: made once, with a password that works, on both databases."""

from argon2 import PasswordHasher
from sqlalchemy import select

from backend.db.models import app_user
from backend.embedded import first_admin
from tests.conftest import FreshDatabase


async def test_made_once(fresh_database: FreshDatabase) -> None:
    made = await first_admin.ensure(fresh_database.url)
    assert made is not None
    assert await first_admin.ensure(fresh_database.url) is None
    async with fresh_database.database.read() as connection:
        rows = (await connection.execute(select(app_user))).mappings().all()
    assert [(row["email"], row["role"], row["active"]) for row in rows] == [
        (made.email, "admin", True)
    ]
    assert made.password not in str(rows)
    assert PasswordHasher().verify(rows[0]["password_hash"], made.password)


async def test_made_again_when_nobody_active_is_left(fresh_database: FreshDatabase) -> None:
    first = await first_admin.ensure(fresh_database.url)
    async with fresh_database.database.write() as connection:
        await connection.execute(app_user.update().values(active=False))
    second = await first_admin.ensure(fresh_database.url)
    assert first is not None
    assert second is not None
    assert first.email != second.email
