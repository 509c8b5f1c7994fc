"""What the moments, conditions and actions of reminder rules are called."""

import re
from typing import NamedTuple

from backend.routes.web.words import N_


class Shift(NamedTuple):
    """An offset in its parts; working time has a unit that begins with T."""

    number: int
    unit: str
    side: str


def shift_of(offset: str) -> Shift:
    """The parts of -P7D, or of PT60M."""
    found = re.fullmatch(r"(-?)P(T?)(\d+)([A-Z])", offset)
    assert found is not None
    return Shift(int(found[3]), found[2] + found[4], "before" if found[1] else "after")


def offset_of(shift: Shift) -> str:
    """The same as it is stored."""
    sign = "-" if shift.side == "before" and shift.number else ""
    time, unit = shift.unit[:-1], shift.unit[-1]
    return f"{sign}P{time}{shift.number}{unit}"


KINDS = {
    "renewal": N_("Renewals"), "deal": N_("Deals"), "offer": N_("Offers"), "lead": N_("Leads"),
    "client": N_("Clients"),
}  # fmt: skip
ANCHORS = {
    "renewal_date": N_("the renewal date"), "end_date": N_("the end of the term"),
    "activation": N_("coming into work"), "stage_entered": N_("entering the stage"),
    "created": N_("being made"), "closed": N_("being closed"), "approval": N_("the approval"),
    "valid_until": N_("the last day of the offer"), "last_purchase": N_("the last purchase"),
    "last_meeting": N_("the last meeting"), "last_touch": N_("the last contact"),
    "next_contact": N_("the next contact"), "churned_on": N_("the day of leaving"),
}  # fmt: skip
UNITS = {
    "D": N_("days"), "W": N_("weeks"), "M": N_("months"), "Y": N_("years"),
    "TM": N_("working minutes"), "TH": N_("working hours"),
}  # fmt: skip
FAMILIES = {
    "contact": N_("getting in touch"), "invoice": N_("the invoice"), "payment": N_("paying"),
    "decision": N_("the decision"),
}  # fmt: skip
STATES = {
    "waiting": N_("waits for its day"), "open": N_("is in work"), "won": N_("is won"),
    "lost": N_("is lost"),
}  # fmt: skip
CONDITIONS = {
    "untouched": N_("nobody has touched it"),
    "consumption": N_("its date comes from consumption"),
    "no_newer_purchase": N_("nothing was bought since"),
    "no_newer_offer": N_("no offer was made since"),
    "no_open_card": N_("the client has no card in work"),
    "new_to_client": N_("the product is new to the client"),
}  # fmt: skip
TYPES = {
    "notify": N_("notify"), "task": N_("give a task"), "create_deal": N_("bring into work"),
    "create_offer": N_("draft an offer"), "email": N_("write to the client"),
    "webhook": N_("tell other systems"),
}  # fmt: skip
TO = {
    "owner": N_("the owner"), "head": N_("the head"),
    "owner_and_head": N_("the owner and the head"),
}  # fmt: skip
TASKS = {
    "call": N_("Call"), "email": N_("Letter"), "meeting": N_("Meeting"), "message": N_("Message"),
    "todo": N_("To do"),
}  # fmt: skip
