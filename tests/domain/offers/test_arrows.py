"""An offer's arrows, all 36, and what each demands: approval, a comment, a reason."""

from typing import Any

import pytest

from backend.domain.offers.rules import ARROWS, STATUS
from backend.domain.stages import StageKind
from tests.domain.offers.desk import COMMENT, WAYS, Desk, set_up
from tests.factories.cards import LineFactory
from tests.office import Office

pytestmark = pytest.mark.anyio

KEYS = ("draft", "request", "sent", "rework", "accepted", "declined")
# Rows: from; columns: to, in the order of KEYS. `y` = an arrow, `=` = the same stage.
GRID = """
draft    = y . . . y
request  . = y . . y
sent     . . = y y y
rework   . . y = . y
accepted . . . . = .
declined . . . . . =
"""
ROWS = {line.split()[0]: line.split()[1:] for line in GRID.strip().splitlines()}


@pytest.fixture
async def desk(office: Office) -> Desk:
    return await set_up(office)


def test_the_table_of_arrows_is_the_grid() -> None:
    assert set(ARROWS) == set(STATUS) == set(ROWS) == set(KEYS)
    arrows = {(a, b) for b, origins in ARROWS.items() for a in origins}
    assert arrows == {
        (a, b) for a in KEYS for b, cell in zip(KEYS, ROWS[a], strict=True) if cell == "y"
    }


async def test_the_stages_in_the_database_have_these_arrows_and_no_others(desk: Desk) -> None:
    seeded = await desk.seeded()
    assert {key: tuple(row["from_stages"]) for key, row in seeded.items()} == ARROWS
    assert {key: row["kind"] for key, row in seeded.items()} == {
        "draft": StageKind.OPEN, "request": StageKind.OPEN, "sent": StageKind.OPEN,
        "rework": StageKind.DETOUR, "accepted": StageKind.WON, "declined": StageKind.LOST,
    }  # fmt: skip


@pytest.mark.parametrize("origin", KEYS)
async def test_every_pair_of_stages(desk: Desk, origin: str) -> None:
    offer = await desk.offer(origin)
    assert (offer["stage_key"], offer["status"]) == (origin, STATUS[origin])
    outcome = origin if origin in ("accepted", "declined") else None
    assert offer["outcome"] == outcome
    ways = dict(zip(KEYS, ROWS[origin], strict=True))
    possible = [key for key in KEYS if ways[key] == "y"]
    for target in (key for key in KEYS if ways[key] == "."):
        refused = await desk.move(offer, target)
        assert refused.status_code == 409, (origin, target)
        problem = refused.json()
        assert problem["type"] == "/problems/move_refused"
        assert [one["key"] for one in problem["allowed_stages"]] == possible
    assert await desk.read("offers", offer["id"]) == offer
    stayed = await desk.moved(offer, origin)
    assert (stayed["stage_key"], stayed["version"]) == (origin, offer["version"] + 1)
    for place, target in enumerate(possible):
        again = stayed if place == 0 else await desk.offer(origin)
        assert (await desk.moved(again, target))["stage_key"] == target


async def test_a_request_needs_a_client_and_lines(desk: Desk) -> None:
    bare = await desk.offer(client_id=None, lines=[])
    refused = await desk.move(bare, "request")
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/field_needed")
    assert refused.json()["missing_fields"] == ["client_id", "lines"]
    half = await desk.edited(bare, client_id=desk.client_id)
    assert (await desk.move(half, "request")).json()["missing_fields"] == ["lines"]
    given = {"lines": [{"description": "Hour", "price": "10"}]}
    moved = await desk.moved(half, "request", fields=given)
    assert (moved["total"], moved["amount"]) == ("10.00", "10.00")


async def test_rework_says_what_changed_and_raises_the_revision(desk: Desk) -> None:
    sent = await desk.offer("sent")
    assert (sent["revision"], sent["rework_count"], sent["rework_note"]) == (1, 0, None)
    for nothing in (None, "", "  "):
        refused = await desk.move(sent, "rework", comment=nothing)
        assert refused.status_code == 422
        assert refused.json()["missing_fields"] == ["comment"]
    assert await desk.read("offers", sent["id"]) == sent
    rework = await desk.moved(sent, "rework")
    assert (rework["revision"], rework["rework_count"], rework["rework_note"]) == (2, 1, COMMENT)
    again = await desk.moved(await desk.moved(rework, "sent"), "rework", comment="And again")
    assert (again["revision"], again["rework_count"], again["rework_note"]) == (3, 2, "And again")
    history = (await desk.anna.get(f"/offers/{sent['id']}/history")).json()["items"]
    assert [(line["to_stage"], line["comment"]) for line in history if line["comment"]] == [
        ("rework", COMMENT), ("rework", "And again"),
    ]  # fmt: skip


async def test_what_the_client_has_is_locked_until_it_is_in_rework(desk: Desk) -> None:
    sent = await desk.offer("sent")
    dearer = {"lines": [{"description": "Service", "price": "110"}]}
    refused = await desk.anna.patch(f"/offers/{sent['id']}", dearer, version=sent["version"])
    assert refused.status_code == 409, refused.text
    assert await desk.read("offers", sent["id"]) == sent
    bonus = await desk.edited(sent, bonus="A mug")
    rework = await desk.moved(bonus, "rework")
    changed = await desk.edited(rework, **dearer)
    assert changed["total"] == "110.00"


async def test_declined_needs_a_reason_and_what_the_reason_asks(desk: Desk) -> None:
    offer = await desk.offer("sent")
    refused = await desk.move(offer, "declined", reason_id=None)
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/reason_needed")
    keys = [reason["key"] for reason in refused.json()["reasons"]]
    assert keys[0] == "too_expensive"
    assert len(keys) == 11
    foreign = await desk.office.reason("too_expensive", "sales")
    assert (await desk.move(offer, "declined", reason_id=foreign)).status_code == 422
    other = await desk.office.reason("other", "offers")
    asked = await desk.move(offer, "declined", reason_id=other)
    assert (asked.status_code, asked.json()["missing_fields"]) == (422, ["comment"])
    assert await desk.read("offers", offer["id"]) == offer
    told = await desk.moved(offer, "declined", reason_id=other, comment="Bought a farm")
    assert (told["reason_id"], told["close_comment"]) == (other, "Bought a farm")
    assert (told["state"], told["lost_from_stage_id"]) == ("lost", offer["stage_id"])


TOO_MUCH: dict[str, dict[str, Any]] = {
    "the offer's discount": {"discount_percent": "10.01"},
    "a line's discount": {"lines": [LineFactory.build(discount_percent="10.01")]},
}
WITHIN: dict[str, dict[str, Any]] = {
    "at the limit": {"discount_percent": "10"},
    "no cost, no margin": {"lines": [LineFactory.build(price="0.01")]},
}


@pytest.mark.parametrize("fields", WITHIN.values(), ids=WITHIN.keys())
async def test_within_the_limits_no_approval_is_needed(desk: Desk, fields: dict[str, Any]) -> None:
    offer = await desk.offer("request", **fields)
    assert offer["approval"]["status"] == "none"
    assert (await desk.moved(offer, "sent"))["sent_at"] == "2026-03-10T09:00:00Z"


@pytest.mark.parametrize("fields", TOO_MUCH.values(), ids=TOO_MUCH.keys())
async def test_over_the_limits_a_head_approves_before_it_is_sent(
    desk: Desk, fields: dict[str, Any]
) -> None:
    offer = await desk.offer("request", **fields)
    assert offer["approval"]["status"] == "requested"
    refused = await desk.move(offer, "sent")
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/move_refused")
    assert "request-approval" in refused.json()["suggested_action"]
    assert [one["key"] for one in refused.json()["allowed_stages"]] == ["declined"]
    rejected = await desk.decided(offer, "rejected")
    assert (await desk.move(rejected, "sent")).status_code == 409
    approved = await desk.decided(rejected, "approved")
    assert approved["approval"]["by"] == desk.head.id
    sent = await desk.moved(approved, "sent")
    # New terms need a new look.
    rework = await desk.moved(sent, "rework")
    assert rework["approval"] == {"status": "none", "by": None, "at": None, "comment": None}
    assert (await desk.move(rework, "sent")).status_code == 409


async def test_changed_terms_take_the_consent_back(desk: Desk) -> None:
    offer = await desk.decided(await desk.offer("request", discount_percent="20"), "approved")
    same = await desk.edited(offer, bonus="A mug")
    assert same["approval"]["status"] == "approved"
    changed = await desk.edited(same, discount_percent="21")
    assert changed["approval"]["status"] == "none"
    assert (await desk.move(changed, "sent")).status_code == 409
    both = await desk.move(same | {"version": changed["version"]}, "sent", fields={
        "discount_percent": "5"})  # fmt: skip
    assert both.status_code == 200, both.text


async def test_terms_given_with_the_move_are_the_ones_that_are_judged(desk: Desk) -> None:
    """An approved discount does not carry over to a bigger one sent along with the move."""
    offer = await desk.decided(await desk.offer("request", discount_percent="20"), "approved")
    refused = await desk.move(offer, "sent", fields={"discount_percent": "50"})
    assert refused.status_code == 409, refused.text
    assert await desk.read("offers", offer["id"]) == offer


@pytest.mark.parametrize(
    ("mode", "discount", "status"),
    [("always", "0", 409), ("over_limit", "0", 200), ("over_limit", "50", 409),
     ("never", "50", 200)],
)  # fmt: skip
async def test_modes_of_approval(desk: Desk, mode: str, discount: str, status: int) -> None:
    await desk.approval_mode(mode)
    offer = await desk.offer("request", discount_percent=discount)
    assert (await desk.move(offer, "sent")).status_code == status


@pytest.mark.parametrize("key", ["accepted", "declined"])
async def test_a_closed_offer_is_reopened_by_undo_alone(desk: Desk, key: str) -> None:
    offer = await desk.offer("sent")
    closed = await desk.moved(offer, key)
    undone = await desk.undo(closed)
    assert undone.status_code == 200, undone.text
    back = undone.json()
    assert (back["stage_key"], back["status"], back["outcome"]) == ("sent", "sent", None)
    assert (back["closed_at"], back["reason_id"], back["deal_id"]) == (None, None, None)
    assert back["version"] == closed["version"] + 1
    assert await desk.office.events(offer["id"]) == [
        "created", *["moved"] * (len(WAYS["sent"])), {"accepted": "won", "declined": "lost"}[key],
        "voided",
    ]  # fmt: skip
    assert (await desk.moved(back, key))["outcome"] == key
