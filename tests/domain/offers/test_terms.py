"""An offer's terms when it moves: discounts put together, and terms changed by the very move."""

import pytest

from tests.domain.offers.desk import Desk, set_up
from tests.factories.cards import LineFactory
from tests.office import Office

pytestmark = pytest.mark.anyio


@pytest.fixture
async def desk(office: Office) -> Desk:
    return await set_up(office)


@pytest.mark.parametrize(
    ("line", "whole", "needed"),
    [("10", "0", False), ("0", "10", False), ("10", "10", True), ("5", "5.26", False),
     ("5", "5.27", True)],
)  # fmt: skip
async def test_both_discounts_together_are_held_against_the_limit(
    desk: Desk, line: str, whole: str, needed: bool
) -> None:
    await desk.office.set_company(discount_limit=1000)
    lines = [LineFactory.build(), LineFactory.build(discount_percent=line)]
    offer = await desk.offer("request", discount_percent=whole, lines=lines)
    assert offer["approval"]["status"] == ("requested" if needed else "none")
    assert (await desk.move(offer, "sent")).status_code == (409 if needed else 200)


async def test_new_terms_come_with_the_move_to_rework(desk: Desk) -> None:
    sent = await desk.offer("sent")
    dearer = {"lines": [LineFactory.body(price="110")], "discount_percent": "1"}
    before = await desk.office.counts()
    locked = await desk.move(sent, "accepted", fields=dearer)
    assert (locked.status_code, await desk.office.counts()) == (409, before)
    rework = await desk.moved(sent, "rework", fields=dearer)
    assert (rework["total"], rework["revision"], rework["stage_key"]) == ("108.90", 2, "rework")
    kept = (await desk.anna.get(f"/offers/{sent['id']}/revisions")).json()["items"]
    assert [item["revision"] for item in kept] == [1]
    assert (kept[0]["content"]["lines"], kept[0]["content"]["total"]) == (sent["lines"], "100.00")
    assert (kept[0]["content"]["discount_percent"], kept[0]["content"]["revision"]) == ("0.00", 1)
    undone = (await desk.undo(rework)).json()
    assert (undone["stage_key"], undone["lines"], undone["total"]) == (
        "sent", sent["lines"], sent["total"],
    )  # fmt: skip
