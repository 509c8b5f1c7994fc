"""The renewals that came from a file long past their dates, decided about one by one or at once."""

from typing import Any

import pytest
from sqlalchemy import update

from backend.db.models import renewal
from tests.factories.cards import new_renewal
from tests.office import NOON, Office
from tests.routes.web.sellers import Seller, sitting, toast
from tests.routes.web.sheets import tables
from tests.routes.web.test_card_page import text_of

pytestmark = pytest.mark.anyio
PAGE = "/renewals/review"


async def imported(office: Office, owner: Seller, count: int) -> list[int]:
    """Renewals as an import leaves them whose dates are long past."""
    made = []
    for day in range(count):
        made.append(
            await new_renewal(
                owner.person, client_id=await office.client(owner.person, f"Acme {day}"),
                renewal_date=f"2025-12-0{day + 1}",
            )
        )  # fmt: skip
    ids = [one["id"] for one in made]
    query = update(renewal).where(renewal.c.card_id.in_(ids)).values(review_since=NOON)
    await office.do(lambda tx: tx.run(query))
    return ids


async def named(seller: Seller) -> list[str]:
    """Whose renewals the page lists."""
    found = tables(await seller.look(PAGE))
    return [row[1].split()[0] + " " + row[1].split()[1] for table in found for row in table[1:]]


async def test_a_person_decides_about_each_or_many(office: Office) -> None:
    anna, boris = await sitting(office, "anna"), await sitting(office, "boris")
    one, two, three, four = await imported(office, anna, 4)
    assert "Renewals to decide about 4" in text_of(await anna.look("/today"))
    assert await named(anna) == ["Acme 0", "Acme 1", "Acme 2", "Acme 3"]
    assert await named(boris) == []
    assert "Renewals to decide about" not in await boris.look("/today")

    async def decide(who: Seller, ids: list[int], does: str, **more: Any) -> Any:
        return await who.send(PAGE, does=does, chosen=[f"{n}:1" for n in ids], **more)

    async def state(number: int) -> tuple[str, str, str | None]:
        found = (await anna.person.get(f"/renewals/{number}")).json()
        return found["state"], found["renewal_date"], found["review_since"]

    before = await office.counts()
    for who, ids, status in ((boris, [one], 404), (anna, [], 400)):
        assert (await decide(who, ids, "start")).status_code == status
    assert (await decide(anna, [one], "close")).status_code == 400
    assert (await decide(anna, [one], "plan")).status_code == 400
    lost = await office.reason("no_answer", "renewals")
    amiss = await anna.send(PAGE, does="close", chosen=[f"{one}:1", f"{two}:9"], reason_id=lost)
    assert amiss.status_code == 412
    assert toast(amiss)["text"].startswith(f"R-{two}: This record was changed meanwhile")
    assert await office.counts() == before

    moved = await office.reason("client_asked", "renewals", "reschedule")
    done = await decide(anna, [one, two], "close", reason_id=lost, comment="Nobody there")
    assert toast(done)["text"] == "Decided about 2 renewals"
    await decide(anna, [three], "plan", renewal_date="2026-12-01", moved_for=moved)
    await decide(anna, [four], "start")
    assert [await state(number) for number in (one, three, four)] == [
        ("lost", "2025-12-01", None), ("waiting", "2026-12-01", None), ("open", "2025-12-04", None),
    ]  # fmt: skip
    assert await named(anna) == []
    assert "Nothing waits for a decision" in await anna.look(PAGE)
    assert "Renewals to decide about" not in await anna.look("/today")
