"""What an import writes into a record that is here: the source's changes, and nobody else's. Pure.

Of every field an import remembers two digests: of what the source said, and of what stood here
after it. They tell who has changed the field since: nobody, the source, somebody here, or both.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from backend.domain.flows.imports.mapping import Section

Memory = dict[str, list[str]]
Same = Callable[[str, Any], bool]


@dataclass(slots=True)
class Verdict:
    """Which fields are written, and which are kept as they were changed here.

    `settled` holds the marks of those of which the source and the record agree after the import.
    """

    write: dict[str, Any] = field(default_factory=dict)
    kept: list[str] = field(default_factory=list)
    contested: list[str] = field(default_factory=list)
    settled: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Done:
    """What an import did with one row: what is remembered of it, and what is said about it."""

    outcome: str
    verdict: Verdict

    @property
    def notes(self) -> list[str]:
        """What is said of the fields that were kept."""
        kept, contested = ", ".join(self.verdict.kept), ", ".join(self.verdict.contested)
        told = [f"kept by hand: {kept}"] if kept else []
        if contested:
            told.append(f"kept by hand, though the source says otherwise: {contested}")
        return told


def digest(value: Any) -> str:
    """Twelve characters by which a value is known again."""
    return hashlib.blake2b(msgspec.json.encode(value, order="sorted"), digest_size=6).hexdigest()


def flat(values: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a record, each custom one for itself."""
    found = {name: value for name, value in values.items() if name != "custom"}
    for name, value in (values.get("custom") or {}).items():
        found[f"custom.{name}"] = value
    return found


def nested(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a record as the domain takes them."""
    found: dict[str, Any] = {}
    for name, value in fields.items():
        if name.startswith("custom."):
            found.setdefault("custom", {})[name.removeprefix("custom.")] = value
        else:
            found[name] = value
    return found


def judge(
    section: Section, said: Mapping[str, Any], stands: Mapping[str, Any], memory: Memory, same: Same
) -> Verdict:
    """What is to be written of what the source says; both by field, custom ones for themselves.

    A field that no import has brought counts as filled in here, where there is something in it.
    """
    verdict = Verdict()
    for name, value in said.items():
        mark = digest(value)
        before = memory.get(name)
        here = stands.get(name)
        touched = here not in (None, "", []) if before is None else digest(here) != before[1]
        if before is not None and mark == before[0]:
            if touched:
                verdict.kept.append(name)
        elif not touched or same(name, value) or _wins(section, name):
            verdict.settled[name] = mark
            if not same(name, value):
                verdict.write[name] = value
        else:
            verdict.contested.append(name)
    return verdict


def _wins(section: Section, name: str) -> bool:
    wins = section.source_wins
    return wins if isinstance(wins, bool) else name.removesuffix("_id") in wins


def agreed(said: Mapping[str, Any]) -> Verdict:
    """The verdict on a record that the import has made."""
    return Verdict(settled={name: digest(value) for name, value in said.items()})


def remembered(memory: Memory, verdict: Verdict, stands: Mapping[str, Any]) -> Memory:
    """The memory of a record after an import has written it, or agreed with it.

    What the import's own writing brought along, such as another currency's digits, is nobody's
    change.
    """
    found = dict(memory)
    for name, value in stands.items():
        if name in verdict.settled:
            found[name] = [verdict.settled[name], digest(value)]
        elif name in memory and name not in (*verdict.kept, *verdict.contested):
            found[name] = [memory[name][0], digest(value)]
    return found
