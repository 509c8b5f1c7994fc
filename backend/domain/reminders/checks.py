"""What a rule that somebody writes has to be. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from backend.db.models.reminders import CONDITIONS
from backend.domain.letters import wording
from backend.domain.reminders.rules import ANCHORS, DATES, STATES, Offset, unknown_names
from backend.errors import NotAcceptable, pointed

# What each type of action must have, and what it may have besides.
NEEDS = {
    "notify": {"text"}, "task": {"text"}, "create_deal": set[str](), "create_offer": set[str](),
    "email": {"subject", "text"}, "webhook": set[str](),
}  # fmt: skip
MAY = {
    "notify": {"to"}, "task": {"kind", "due_working_days", "due_offset", "product_id"},
    "create_deal": {"text", "pipeline"}, "create_offer": {"text", "product_id"},
    "email": set[str](), "webhook": set[str](),
}  # fmt: skip
BLANK: dict[str, dict[str, Any]] = {
    "notify": {"to": "owner"},
    "task": {"kind": "todo", "due_working_days": None, "due_offset": None},
}
WORDED = ("subject", "text")  # of an action, in each language
LONGEST = 255  # of whatever is no letter
# Conditions look at a card, or at all that a client has.
NEW = "new_to_client"  # what the actions offer is
OF_CARDS, OF_ALL = {"untouched", "no_newer_purchase", "consumption"}, {"no_newer_offer"}


def stored(place: int, action: Mapping[str, Any]) -> dict[str, Any]:
    """An action as it is stored, its text in both languages; BadRequest for what does not fit."""
    kind = action["type"]
    found = {name: value for name, value in action.items() if value is not None}
    for name in found.keys() - {"type"} - NEEDS[kind] - MAY[kind]:
        raise pointed(f"a {kind} has no `{name}`", f"/actions/{place}/{name}")
    for name in NEEDS[kind] - found.keys():
        raise pointed(f"a {kind} needs a `{name}`", f"/actions/{place}/{name}")
    for name in WORDED:
        if (text := found.pop(name, None)) is not None:
            _demand_worded(kind, text, f"/actions/{place}/{name}")
            found |= {f"{name}_ru": text.strip(), f"{name}_en": text.strip()}
    if {"due_working_days", "due_offset"} <= found.keys():
        raise pointed("a task is due by one of the two", f"/actions/{place}/due_offset")
    return {**BLANK.get(kind, {}), **found}


def kept(
    action: dict[str, Any], before: Iterable[Mapping[str, Any]], locale: str
) -> dict[str, Any]:
    """The same; a text that stays as it was in one language stays in the other too."""
    for name in WORDED:
        here = f"{name}_{locale}"
        for old in before:
            if here in action and old["type"] == action["type"] and old.get(here) == action[here]:
                action |= {told: old[told] for told in (f"{name}_ru", f"{name}_en") if told in old}
                break
    return action


def _demand_worded(kind: str, text: str, where: str) -> None:
    """BadRequest for a text that names what no record has; a letter's is a template."""
    if kind == "email":
        if (wrong := wording.fault(text)) is not None:
            raise pointed(wrong, where)
    elif len(text) > LONGEST:
        raise pointed(f"this has room for {LONGEST} characters", where)
    elif unknown := unknown_names(text):
        raise pointed(f"no record has “{unknown[0]}”", where)


def demand_moment(rule: Mapping[str, Any]) -> None:
    """BadRequest for a moment that such records do not have."""
    if rule["anchor"] not in ANCHORS[rule["kind"]]:
        known = ", ".join(sorted(ANCHORS[rule["kind"]]))
        raise pointed(f"{rule['kind']}s have no {rule['anchor']}; they have {known}", "/anchor")
    offset = Offset.parse(rule["offset"])
    if offset.minutes is not None and rule["anchor"] in DATES:
        raise pointed("minutes are counted from an instant, and this anchor is a day", "/offset")
    if offset.period.count > 3660:
        raise pointed("an offset is ten years at most", "/offset", NotAcceptable)


def conditions_of(kind: str) -> list[str]:
    """The conditions that look at records of a kind."""
    strange = OF_CARDS if kind == "client" else OF_ALL
    return [one for one in CONDITIONS if one not in strange]


def demand_words(rule: Mapping[str, Any], stages: set[str]) -> None:
    """BadRequest for a word of `while` that says nothing of such records."""
    known = set(conditions_of(rule["kind"]))
    if rule["kind"] != "client":
        known |= set(STATES) | stages
    for place, word in enumerate(rule["while"]):
        if word not in known:
            raise pointed(
                f"“{word}” is no state, stage or condition of {rule['kind']}s", f"/while/{place}"
            )


def demand_actions(rule: Mapping[str, Any], pipelines: set[str]) -> None:
    """What a rule does has to be possible for its records, from the day it is on."""
    if rule["active"] and NEW in rule["while"] and not offered(rule):
        raise pointed(
            f"“{NEW}” asks about the product that is offered; give an action its `product_id`,"
            " then switch the rule on",
            "/actions",
            NotAcceptable,
        )
    for place, action in enumerate(rule["actions"]):
        where = f"/actions/{place}"
        if action["type"] == "create_offer":
            _demand_offer(rule, action, where)
        if action["type"] != "create_deal":
            continue
        named = action.get("pipeline")
        if rule["kind"] != "renewal" and "text_ru" not in action:
            raise pointed("a new deal needs a `text` as its title", f"{where}/text")
        if rule["active"] and named is not None and named not in pipelines:
            raise pointed(
                f"There is no pipeline “{named}” for deals; add it, then switch the rule on",
                f"{where}/pipeline",
                NotAcceptable,
            )


def _demand_offer(rule: Mapping[str, Any], action: Mapping[str, Any], where: str) -> None:
    if rule["kind"] == "offer":
        raise pointed("an offer has no offer made for it", f"{where}/type")
    if (rule["kind"] == "client" or "product_id" in action) and "text_ru" not in action:
        raise pointed("an offer that hangs on no card needs a `text` as title", f"{where}/text")


def offered(rule: Mapping[str, Any]) -> list[tuple[str, int]]:
    """The products that the actions of a rule offer, with where each is named."""
    return [
        (f"/actions/{place}/product_id", action["product_id"])
        for place, action in enumerate(rule["actions"])
        if "product_id" in action
    ]
