"""What a pipeline must keep, its texts in two languages, the order of its parts. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from backend.errors import Conflict, NotAcceptable, pointed

LANGUAGES = ("ru", "en")
# A text given alone, where it is given for a language, and whether it may be empty.
TEXTS = {
    "name": ("names", False),
    "meaning": ("meanings", True),
    "instructions": ("instructions_in", True),
}
OWN_SETTING = {"renewal_on_win": "deal", "lead_time": "renewal", "approval_mode": "offer"}
TIED_SETTING = {"activation_stage_id": "renewal"}
CONVERSION_WARNING = 50  # per cent, at the start
SETTING_AT_START = {"deal": "required", "renewal": "P1M", "offer": "over_limit"}

# What an offer must have before anybody is asked for a price, whatever else is demanded.
OFFERS_DEMAND = {"request": {"client_id", "lines"}}

# Stages of a pipeline for which none are given: key, kind, names.
STORE = ("scheduled", "holding", "Ждёт", "Scheduled")
FEWEST = (
    ("new", "open", "Новые", "New"),
    ("won", "won", "Успех", "Won"),
    ("lost", "lost", "Отказ", "Lost"),
)
PROBABILITY = {"holding": 0, "open": 50, "detour": 50, "won": 100, "lost": 0}


def in_both(values: Mapping[str, Any]) -> dict[str, Any]:
    """Given texts as columns: one given alone is both languages', one for a language its own."""
    columns = dict(values)
    for text, (by_language, _) in TEXTS.items():
        alone = columns.pop(text, None) if text in columns else None
        if text in values:
            columns |= {f"{text}_{language}": alone or "" for language in LANGUAGES}
        if (given := columns.pop(by_language, None)) is not None:
            for language in LANGUAGES:
                if isinstance(one := getattr(given, language), str):
                    columns[f"{text}_{language}"] = one.strip()
    return columns


def in_group(values: dict[str, Any]) -> dict[str, Any]:
    """A stage's group as columns: it has one text for both languages."""
    columns = dict(values)
    if "group" in columns:
        group = columns.pop("group")
        columns |= {f"group_{language}": group for language in LANGUAGES}
    return columns


def fewest(kind: str) -> list[dict[str, Any]]:
    """The stages of a pipeline for which none are given."""
    wanted = (STORE, *FEWEST) if kind == "renewal" else FEWEST
    return [
        {"key": key, "kind": sort, "name_ru": ru, "name_en": en, "position": place}
        for place, (key, sort, ru, en) in enumerate(wanted, 1)
    ]


def has_fixed_stages(kind: str) -> bool:
    """Whether stages are renamed and given texts alone, never added, removed or put elsewhere."""
    return kind == "offer"


def demand_free_stages(kind: str) -> None:
    """Conflict where stages are neither added nor removed."""
    if has_fixed_stages(kind):
        raise Conflict("The stages of offers are fixed: they may be renamed, not added or removed")


def uses(kind: str) -> tuple[str, ...]:
    """What the reasons of a pipeline may be for."""
    return ("lost", "end", "reschedule") if kind == "renewal" else ("lost",)


def demand_whole(kind: str, stage_kinds: Sequence[str]) -> None:
    """NotAcceptable where a pipeline of this kind cannot work with these stages."""
    for needed in ("open", "won", "lost"):
        if needed not in stage_kinds:
            raise NotAcceptable(f"A pipeline keeps at least one stage of the kind “{needed}”")
    stores = list(stage_kinds).count("holding")
    if kind == "renewal" and stores != 1:
        raise NotAcceptable("A renewal pipeline keeps exactly one stage of the kind “holding”")
    if kind != "renewal" and stores:
        raise NotAcceptable(
            "Only renewals wait: other pipelines have no stage of the kind “holding”"
        )


def demand_setting(kind: str, given: Mapping[str, Any]) -> None:
    """NotAcceptable where a setting is given that pipelines of another kind have."""
    for name, owner in (OWN_SETTING | TIED_SETTING).items():
        if name in given and owner != kind:
            raise pointed(
                f"only a pipeline of the kind “{owner}” has it", f"/{name}", NotAcceptable
            )


def demand_offers_kept(key: str, changed: Mapping[str, Any]) -> None:
    """Conflict where a stage of the offers' fixed pipeline would change what it is."""
    for name in ("from_stages", "position"):
        if name in changed:
            raise pointed(
                "the stages of offers keep their arrows and their order", f"/{name}", Conflict
            )
    kept = OFFERS_DEMAND.get(key, set())
    if "required_fields" in changed and not kept <= set(changed["required_fields"]):
        raise pointed(
            f"this stage always demands {', '.join(sorted(kept))}", "/required_fields", Conflict
        )


def arranged(order: Sequence[int], moved: int, place: int) -> list[int]:
    """An order in which `moved` stands at a place (the first is 1; beyond the end is the end)."""
    others = [one for one in order if one != moved]
    index = min(max(place, 1), len(others) + 1) - 1
    return [*others[:index], moved, *others[index:]]


def after_open(kinds: Sequence[str]) -> int:
    """The place of a stage for which none is named: behind the last open one or detour."""
    return max((i for i, kind in enumerate(kinds, 1) if kind in ("open", "detour")), default=0) + 1


def mapped(arrows: Sequence[str], gone: str, instead: str, own: str) -> list[str] | None:
    """A stage's arrows once another took over those of a deleted one; None is from anywhere."""
    names = [instead if name == gone else name for name in arrows]
    return [name for name in dict.fromkeys(names) if name != own] or None


def same_sort(one: str, other: str) -> bool:
    """Whether the cards of a stage may stand in another without opening or closing."""
    running = {"open", "detour"}
    return one == other or {one, other} <= running


def order_matters(before: Sequence[int], after: Sequence[int]) -> bool:
    """Whether the open stages tell another past now: any change but one behind the last of them."""
    both = min(len(before), len(after))
    return list(before[:both]) != list(after[:both])
