"""What an import tells: outcomes that add up to the rows, refused rows, rules that were used."""

from collections import Counter
from dataclasses import dataclass, field

OUTCOMES = ("created", "updated", "unchanged", "refused")


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that was not imported, and why; without a column it is about the whole row."""

    source: str
    record: str
    line: int
    column: str | None
    reason: str


@dataclass(slots=True)
class Tally:
    """What became of the rows of one section; `rules` counts the stated rules that mended some."""

    source: str
    record: str
    rows: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    rules: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Tally") -> None:
        self.rows += other.rows
        self.outcomes += other.outcomes
        self.rules += other.rules

    def __str__(self) -> str:
        told = ", ".join(f"{self.outcomes[name]} {name}" for name in OUTCOMES)
        return f"{self.rows} rows: {told}"


@dataclass(frozen=True, slots=True)
class Report:
    """What an import did, section by section, and the files that its mapping does not name."""

    tallies: list[Tally]
    left_aside: list[str]

    @property
    def total(self) -> Tally:
        total = Tally("", "")
        for tally in self.tallies:
            total.add(tally)
        return total
