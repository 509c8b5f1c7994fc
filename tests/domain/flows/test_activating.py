"""Renewals activated together leave, row by row, what each would have left alone."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, select, text, update

from backend.db.models import agreement, metadata
from backend.db.session import Unit
from backend.domain.flows import sweep
from backend.domain.moves import activating, renewing
from backend.errors import Conflict
from tests.office import Office
from tests.routes.api.chain import Chain, Record, set_up

pytestmark = pytest.mark.anyio
DUE = date(2026, 4, 10)
Rows = dict[str, list[dict[str, Any]]]


@pytest.fixture
async def chain(office: Office) -> Chain:
    return await set_up(office)


class Back(Exception):
    """Everything is taken back."""


async def one_by_one(*_: Any) -> None:
    raise Conflict("They go one by one")


async def never(*_: Any) -> None:
    raise AssertionError("They go together")


async def left(office: Office, counted: dict[str, int]) -> tuple[Rows, list[Any]]:
    """Every row of every table, and the effects, after a sweep that is then taken back."""
    found: list[Any] = []

    async def work(tx: Unit) -> None:
        if tx.conn.dialect.name == "postgresql":  # what is taken back leaves its numbers used
            for name, number in counted.items():
                sequence = f"pg_get_serial_sequence('{name}', 'id')"
                await tx.run(text(f"SELECT setval({sequence}, {number + 1}, false)"))
        run = await sweep.within(tx, "manual", DUE)
        rows: Rows = {"run": [{"checked": run.checked, "failed": run.failed}]}
        for name, table in metadata.tables.items():
            read = await tx.rows(select(table).order_by(*table.primary_key))
            rows[name] = [dict(row) for row in read]
        found.extend((rows, list(tx.effects)))
        raise Back

    with pytest.raises(Back):
        await office.do(work)
    return found[0], found[1]


async def last_numbers(office: Office) -> dict[str, int]:
    names = [
        name for name, table in metadata.tables.items() if table.autoincrement_column is not None
    ]

    async def work(tx: Unit) -> dict[str, int]:
        return {
            name: await tx.scalar(select(func.coalesce(func.max(metadata.tables[name].c.id), 0)))
            for name in names
        }

    return await office.do(work)  # type: ignore[no-any-return]


async def waiting(chain: Chain) -> list[Record]:
    """What differs between them: owner, client, title, period, amount, quantity, lead, a note."""
    boris = await chain.office.person("boris")
    other = await chain.office.client(boris, "Ёлка и Ко")
    made = []
    kinds: list[dict[str, Any]] = [
        {}, {"period": "P1M"}, {"title": "Лицензии {x}", "amount": None}, {"lead_time": "P2W"},
        {"currency": "EUR", "amount": "1.5"}, {"period": "P1Y"},
    ]  # fmt: skip
    for number, more in enumerate(kinds):
        day = f"2026-04-{12 - number:02}"
        made.append(await chain.renewal(renewal_date=day, **more))
    for day in ("2026-04-06", "2026-04-11"):
        body = {"client_id": other, "amount": "7", "renewal_date": day, "period": "P6M"}
        reply = await boris.post("/renewals", body)
        assert reply.status_code == 201, reply.text
        made.append(reply.json())
    back = await chain.moved(made[1], "invoice_required")
    made[1] = await chain.done(
        back, "reschedule", {"renewal_date": "2026-05-08", "reason": "client_asked"}
    )
    return made


@pytest.mark.parametrize("how", ["whole", "with a bad one"])
async def test_together_is_what_each_would_be_alone(
    chain: Chain, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await waiting(chain)
    if how != "whole":
        where = agreement.c.id == made[3]["agreement_id"]
        bad = update(agreement).where(where).values(period="X")
        await chain.office.do(lambda tx: tx.run(bad))
    chain.on("2026-04-10")
    counted = await last_numbers(chain.office)
    with monkeypatch.context() as patch:
        if how == "whole":
            patch.setattr(renewing, "activate", never)
        together, effects = await left(chain.office, counted)
    monkeypatch.setattr(activating, "activate_all", one_by_one)
    alone, alone_effects = await left(chain.office, counted)
    assert together["run"] == [{"checked": 8, "failed": int(how != "whole")}]
    assert len(together["task"]) == 8 - int(how != "whole") + 1
    for name, rows in alone.items():
        assert together[name] == rows, name
    assert effects == alone_effects
