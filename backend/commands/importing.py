"""`voronka import`: brings in a folder of CSV files by a mapping that states every rule."""

import asyncio
from pathlib import Path

import click

from backend import clock
from backend.commands import database, shared
from backend.db.engines import open_database
from backend.domain.flows.imports.mapping import MappingError
from backend.domain.flows.imports.reading import parse
from backend.domain.flows.imports.report import Refusal, Report, Tally
from backend.domain.flows.imports.run import Job, run


@click.command("import")
@click.argument("source", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--mapping",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The TOML file that says which column becomes which field.",
)
@click.option("--dry-run", is_flag=True, help="Do all the work and take it back: a report alone.")
def command(source: Path, mapping: Path, dry_run: bool) -> None:
    """Import a folder of CSV files, or one of them; what is here already is brought up to date.

    A row that cannot be imported is named and stops nothing. The same import again changes
    nothing.
    """
    report = asyncio.run(_import(database.current(), source, mapping, dry_run))
    for line in _told(report):
        shared.say(line)
    click.echo(f"{'dry run, nothing kept: ' if dry_run else ''}{report.total}")


async def _import(url: str, source: Path, mapping: Path, dry_run: bool) -> Report:
    plan = parse(_text(mapping))
    database = open_database(url, alone=True)
    try:
        job = Job(database, clock.now, plan, dry_run, refused=_refused, progress=_progress)
        return await run(job, source)
    finally:
        await database.dispose()


def _text(mapping: Path) -> str:
    try:
        return mapping.read_text(encoding="utf-8")
    except (OSError, UnicodeError) as error:
        raise MappingError(f"{mapping} cannot be read: {error}") from None


def _progress(tally: Tally) -> None:
    shared.say(f"{tally.source} → {tally.record}: {tally.rows} rows")


def _refused(refusal: Refusal) -> None:
    place = f"{refusal.source}, line {refusal.line}"
    column = f", {refusal.column}" if refusal.column else ""
    shared.say(f"refused: {place}{column} ({refusal.record}): {refusal.reason}")


def _told(report: Report) -> list[str]:
    """The report: each section's outcomes, then the stated rules that its rows needed."""
    lines = [""]
    for tally in report.tallies:
        lines.append(f"{tally.source} → {tally.record}: {tally}")
        lines += [f"    {count} × {rule}" for rule, count in sorted(tally.rules.items())]
    if report.left_aside:
        lines.append(f"not named by the mapping: {', '.join(report.left_aside)}")
    return lines
