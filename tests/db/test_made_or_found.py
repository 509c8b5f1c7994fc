"""What a rival made is found; any other refusal of the database keeps its own name."""

import contextlib

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from backend.db.models import team
from backend.db.session import Unit, made_or_found
from backend.effects import Effect, RecordChanged
from backend.errors import Conflict
from tests.office import NOON, Office

pytestmark = pytest.mark.anyio


async def _made(tx: Unit, name: str) -> tuple[int | None, bool]:
    """The team North, made, or the one found under a name."""
    row = {"name": "North", "created_at": NOON, "updated_at": NOON}

    async def make() -> int | None:
        return await tx.scalar(insert(team).returning(team.c.id), row)  # type: ignore[no-any-return]

    async def find() -> int | None:
        return await tx.scalar(select(team.c.id).where(team.c.name == name))  # type: ignore[no-any-return]

    return await made_or_found(tx, make, find)


async def test_made_found_or_refused(office: Office) -> None:
    made, new = await office.do(lambda tx: _made(tx, "North"))
    assert new
    assert await office.do(lambda tx: _made(tx, "North")) == (made, False)
    with pytest.raises(IntegrityError, match="name"):
        await office.do(lambda tx: _made(tx, "South"))
    assert (await office.counts())["team"] == 1


async def test_a_rival_whom_the_rules_met_first_is_found_too(office: Office) -> None:
    """He committed between the look for the record and the rule about free names."""

    async def make() -> int:
        raise Conflict("This e-mail is taken by another user")

    async def rivals() -> int | None:
        return 7

    async def nobody() -> int | None:
        return None

    assert await office.do(lambda tx: made_or_found(tx, make, rivals)) == (7, False)
    with pytest.raises(Conflict, match="taken by another user"):
        await office.do(lambda tx: made_or_found(tx, make, nobody))


async def test_what_is_undone_has_no_effect_and_may_have_it_again(office: Office) -> None:
    first, second = RecordChanged("team", 1), RecordChanged("team", 2)

    async def work(tx: Unit) -> list[Effect]:
        tx.emit(first)
        with contextlib.suppress(Conflict):
            async with tx.apart():
                tx.emit(first)
                tx.emit(second)
                raise Conflict("somebody else was here")
        assert tx.effects == [first]
        async with tx.apart():
            tx.emit(second)
        return tx.effects

    assert await office.do(work) == [first, second]
