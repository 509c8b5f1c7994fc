"""`voronka import`: brings in a folder of CSV files by a mapping that states every rule."""

import asyncio
import csv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from backend import clock
from backend.commands import database, shared
from backend.db.engines import open_database
from backend.domain.flows.imports.mapping import Mapping, MappingError
from backend.domain.flows.imports.reading import parse
from backend.domain.flows.imports.report import Remark, Report, Tally, harmless
from backend.domain.flows.imports.run import Job, run

Listener = Callable[[Remark], None]


@click.command("import")
@click.argument("source", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--mapping",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The TOML file that says which column becomes which field (docs/import.md).",
)
@click.option(
    "--report",
    "kept_in",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Write every refused row, and every field kept as it was changed by hand, to this CSV.",
)
@click.option("--dry-run", is_flag=True, help="Do all the work and take it back: a report alone.")
def command(source: Path, mapping: Path, kept_in: Path | None, dry_run: bool) -> None:
    """Import a folder of CSV files, or one of them; what is here already is brought up to date.

    A row that cannot be imported is named and stops nothing. The same import again changes
    nothing, and one that was interrupted is finished by running it again. A field that somebody
    has changed here is kept and named.
    """
    with _told_to(kept_in) as tell:
        report = asyncio.run(_import(database.current(), source, mapping, dry_run, tell))
    for line in _summary(report):
        shared.say(line)
    click.echo(f"{'dry run, nothing kept: ' if dry_run else ''}{report.total}")


async def _import(url: str, source: Path, mapping: Path, dry_run: bool, tell: Listener) -> Report:
    plan = _plan(mapping)
    database = open_database(url, alone=True)
    try:
        return await run(Job(database, clock.now, plan, dry_run, tell, _progress), source)
    finally:
        await database.dispose()


def _plan(mapping: Path) -> Mapping:
    try:
        text = mapping.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeError) as error:
        raise MappingError(f"{mapping} cannot be read: {error}") from None
    try:
        return parse(text)
    except MappingError as error:
        told = "docs/import.md shows how a mapping is written"
        raise MappingError(f"{mapping}: {error}; {told}") from None


@contextmanager
def _told_to(file: Path | None) -> Iterator[Listener]:
    """What is remarked goes to the operator, and into a CSV file where he wants one."""
    if file is None:
        yield _say
        return
    try:
        stream = file.open("w", encoding="utf-8-sig", newline="")
    except OSError as error:
        raise MappingError(f"{file} cannot be written: {error.strerror}") from None
    with stream:
        table = csv.writer(stream)
        table.writerow(Remark.__slots__)

        def tell(remark: Remark) -> None:
            _say(remark)
            cells = (getattr(remark, name) for name in Remark.__slots__)
            table.writerow(["" if cell is None else harmless(str(cell)) for cell in cells])

        yield tell


def _say(remark: Remark) -> None:
    place = f"{remark.source}, line {remark.line}"
    column = f", {remark.column}" if remark.column else ""
    told = f"{remark.outcome}: {place}{column} ({remark.record}): {remark.reason}"
    # A terminal obeys some characters that a file may hold.
    shared.say("".join(letter if letter.isprintable() else "·" for letter in told))


def _progress(tally: Tally) -> None:
    shared.say(f"{tally.source} → {tally.record}: {tally.rows} rows")


def _summary(report: Report) -> list[str]:
    """The report: each section's outcomes, then the stated rules that its rows needed."""
    lines = [""]
    for tally in report.tallies:
        lines.append(f"{tally.source} → {tally.record}: {tally}")
        lines += [f"    {count} × {rule}" for rule, count in sorted(tally.rules.items())]
        if tally.due_by is not None:
            lines.append(f"    {tally.due} come into work with the sweeps up to {tally.due_by}")
            lines.append(
                f"    {tally.late} are past the grace days: decide about them at /renewals/review"
            )
    if report.left_aside:
        lines.append(f"not named by the mapping: {', '.join(report.left_aside)}")
    return lines
