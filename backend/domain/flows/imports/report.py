"""What an import tells: outcomes that add up to the rows, refused rows, rules that were used."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date

OUTCOMES = ("created", "updated", "unchanged", "refused")


@dataclass(frozen=True, slots=True)
class Remark:
    """What is said of a row that was refused, or of what was kept here in spite of it.

    Without a column it is about the whole row.
    """

    outcome: str
    source: str
    record: str
    line: int
    column: str | None
    reason: str


@dataclass(slots=True)
class Tally:
    """What became of the rows of one section; `rules` counts the stated rules that mended some.

    Of renewals that were made or given another date: `due` come into work by the sweep of the day
    `due_by`, the next one at the sweep hour; `late` are past the grace days already and wait for
    somebody to look at them.
    """

    source: str
    record: str
    rows: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    rules: Counter[str] = field(default_factory=Counter)
    due: int = 0
    late: int = 0
    due_by: date | None = None

    def add(self, other: "Tally") -> None:
        self.rows += other.rows
        self.outcomes += other.outcomes
        self.rules += other.rules
        self.due += other.due
        self.late += other.late

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


# What a table program may take for a formula; the full-width signs are read as the plain ones.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def harmless(cell: str) -> str:
    """A cell that no table program reads as a formula; the text stands behind an apostrophe."""
    risky = cell.lstrip(" '\"").startswith(FORMULA) or cell.startswith(FORMULA)
    return f"'{cell}" if risky else cell
