"""The Maven sample for tests: whole or a slice of it, counted straight from its CSV files."""

import csv
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from backend.db.engines import Database
from backend.db.models import (
    app_user,
    card,
    card_event,
    card_funnel,
    card_stage_visit,
    change,
    client,
    deal_line,
    pipeline,
    product,
    reason,
    stage,
    team,
)
from backend.domain.flows.imports.mapping import Mapping
from backend.domain.flows.imports.reading import parse
from backend.domain.flows.imports.report import Remark, Report
from backend.domain.flows.imports.run import Job, run

MAVEN = Path(__file__).resolve().parents[3] / "examples" / "maven-crm"
NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
LATER = datetime(2026, 3, 11, 9, 0, tzinfo=UTC)
TABLES = (
    app_user, card, card_event, card_funnel, card_stage_visit, client, deal_line, change,
    pipeline, product, reason, stage, team,
)  # fmt: skip


def noon(year: int, month: int, day: int) -> datetime:
    """Noon at the company, in Moscow."""
    return datetime(year, month, day, 9, 0, tzinfo=UTC)


def mapping() -> Mapping:
    return parse((MAVEN / "mapping.toml").read_text(encoding="utf-8"))


def opportunities(folder: Path = MAVEN) -> list[dict[str, str]]:
    """The rows of the pipeline as the file has them."""
    return read(folder / "sales_pipeline.csv")


def counted(rows: list[dict[str, str]], column: str) -> Counter[str]:
    return Counter(row[column] for row in rows)


def slice_of(folder: Path, rows: list[dict[str, str]]) -> Path:
    """A folder with these opportunities, the agents and accounts they name, and a few more."""
    agents = {row["sales_agent"] for row in rows} | {"Mei-Mei Johns", "Carl Lin"}
    accounts = {row["account"] for row in rows} | {"Acme Corporation"}
    shutil.copy(MAVEN / "products.csv", folder)
    shutil.copy(MAVEN / "data_dictionary.csv", folder)
    write(folder, rows)
    for name, column, kept in (
        ("sales_teams.csv", "sales_agent", agents),
        ("accounts.csv", "account", accounts),
    ):
        write(folder, [row for row in read(MAVEN / name) if row[column] in kept], name)
    return folder


def read(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def write(folder: Path, rows: list[dict[str, str]], name: str = "sales_pipeline.csv") -> None:
    with (folder / name).open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def some(every: dict[str, int]) -> list[dict[str, str]]:
    """The first rows of each stage, as many as asked for, in the file's order."""
    left = Counter(every)
    found = []
    for row in opportunities():
        if left[row["deal_stage"]] > 0:
            left[row["deal_stage"]] -= 1
            found.append(row)
    return found


@dataclass
class Importing:
    """Imports into one database, and what they told."""

    database: Database
    now: datetime = NOW
    refused: list[Remark] = field(default_factory=list)
    kept: list[Remark] = field(default_factory=list)

    def _note(self, remark: Remark) -> None:
        (self.refused if remark.outcome == "refused" else self.kept).append(remark)

    async def run(self, place: Path, plan: Mapping | None = None, dry_run: bool = False) -> Report:
        self.refused.clear()
        self.kept.clear()
        job = Job(self.database, lambda: self.now, plan or mapping(), dry_run, remark=self._note)
        report = await run(job, place)
        for tally in report.tallies:
            assert sum(tally.outcomes.values()) == tally.rows
        assert report.total.outcomes["refused"] == len(self.refused)
        return report

    def told(self) -> list[tuple[int, str | None, str]]:
        return [(refusal.line, refusal.column, refusal.reason) for refusal in self.refused]

    async def rows(self, query: Any) -> list[Any]:
        async with self.database.read() as conn:
            return [tuple(row) for row in await conn.execute(query)]

    async def deal(self, external_id: str) -> dict[str, Any]:
        async with self.database.read() as conn:
            found = await conn.execute(select(card).where(card.c.external_id == external_id))
            return dict(found.mappings().one())

    async def history(self, external_id: str) -> list[Any]:
        """A deal's events: what, where to, when, by whom."""
        query = (
            select(card_event.c.event, stage.c.key, card_event.c.at, card_event.c.actor_kind)
            .join(card, card.c.id == card_event.c.card_id)
            .outerjoin(stage, stage.c.id == card_event.c.to_stage_id)
            .where(card.c.external_id == external_id)
            .order_by(card_event.c.seq)
        )
        return await self.rows(query)

    async def everything(self) -> dict[str, tuple[Any, ...]]:
        """How many rows there are, all versions together, and the last time one was written."""
        return {table.name: (await self.rows(_measure(table)))[0] for table in TABLES}


def _measure(table: Any) -> Any:
    measures: dict[str, Callable[[Any], Any]] = {
        "version": func.sum, "updated_at": func.max, "at": func.max, "seconds": func.sum,
    }  # fmt: skip
    columns = [measure(table.c[name]) for name, measure in measures.items() if name in table.c]
    return select(func.count(), *columns).select_from(table)
