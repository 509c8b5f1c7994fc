"""An import: files are read row by row and put in batches, each a transaction of its own.

A killed import leaves whole rows behind; the same import again finds the rest.
"""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TypeVar

from backend.db.engines import Database
from backend.db.session import Deliver, Unit, rehearsed, unit
from backend.domain.access import Company
from backend.domain.flows.imports import deals, files, sniffing
from backend.domain.flows.imports.batches import Batch, Promises, put_rows, tonight
from backend.domain.flows.imports.files import SourceRow
from backend.domain.flows.imports.mapping import Mapping, MappingError, Section
from backend.domain.flows.imports.records import REFERENCES
from backend.domain.flows.imports.report import Remark, Report, Tally
from backend.domain.flows.imports.rows import Recipe, id_of
from backend.domain.users.queries import as_system

T = TypeVar("T")
Chosen = tuple[Section, Path | None]
BATCH = 100


def _quiet(told: object) -> None:
    """Nobody is listening."""


@dataclass(frozen=True, slots=True)
class Job:
    """One import: where to, by which mapping, and who is told as it goes on."""

    database: Database
    now: Callable[[], datetime]
    mapping: Mapping
    dry_run: bool = False
    remark: Callable[[Remark], None] = _quiet
    progress: Callable[[Tally], None] = _quiet
    deliver: Deliver | None = None


async def run(job: Job, place: Path) -> Report:
    """Import a folder, or one file of it.

    A dry run does all the work and takes every batch back. MappingError, before anything is
    written, where the mapping and the files do not fit together.
    """
    chosen, left_aside = _chosen(job.mapping, place)
    for section, file in chosen:
        if file is not None:
            sniffing.layout_of(file, job.mapping.source, section.named_columns())
    company = await _in_unit(job, lambda tx: _begin(tx, job.mapping))
    recipes = [Recipe.of(s, job.mapping.source, company, job.now()) for s, _ in chosen]
    promises = _promises(job.mapping, recipes, chosen) if job.dry_run else None
    tallies = []
    for recipe, (section, file) in zip(recipes, chosen, strict=True):
        tallies.append(await _section(job, recipe, _rows(job.mapping, section, file), promises))
    return Report(tallies, left_aside)


def _promises(mapping: Mapping, recipes: list[Recipe], chosen: list[Chosen]) -> Promises:
    """What a rehearsal has to keep: records that others name, and those that come twice.

    Of the many that are neither it keeps nothing but a number each while it looks for the others.
    """
    fields = {field for section, _ in chosen for field in section.fields}
    named = {record for field, record in REFERENCES.items() if field in fields}
    seen: set[int] = set()
    again: set[tuple[str, str]] = set()
    for recipe, (section, file) in zip(recipes, chosen, strict=True):
        if section.record in named:
            continue
        for row in _rows(mapping, section, file):
            name = (section.record, id_of(recipe, row))
            if hash(name) in seen:
                again.add(name)
            seen.add(hash(name))
    return Promises(named, again)


async def _section(
    job: Job, recipe: Recipe, rows: Iterator[SourceRow], promises: Promises | None
) -> Tally:
    tally = Tally(recipe.section.name, recipe.section.record)
    tally.due_by = tonight(recipe) if tally.record == "renewal" else None
    while found := list(islice(rows, BATCH)):
        batch = await _in_unit(job, _work(job.mapping, recipe, found, promises))
        tally.add(batch.tally)
        for remark in batch.remarks:
            job.remark(remark)
        job.progress(tally)
    return tally


def _work(
    mapping: Mapping, recipe: Recipe, found: list[SourceRow], promises: Promises | None
) -> Callable[[Unit], Awaitable[Batch]]:
    return lambda tx: put_rows(tx, mapping, recipe, found, promises)


async def _begin(tx: Unit, mapping: Mapping) -> Company:
    viewer = await as_system(tx, "import")
    if mapping.pipeline is not None:
        await deals.home(tx, viewer, mapping.pipeline)
    return viewer.company


async def _in_unit(job: Job, work: Callable[[Unit], Awaitable[T]]) -> T:
    """One transaction; in a dry run it is taken back and its outcome kept."""
    if not job.dry_run:
        return await unit(job.database, job.now, work, job.deliver)
    return await rehearsed(job.database, job.now, work)


def _chosen(mapping: Mapping, place: Path) -> tuple[list[Chosen], list[str]]:
    """The sections with their files, and the files of the folder that no section names."""
    named = {section.file for section in mapping.sections if section.file is not None}
    if place.is_dir():
        if missing := sorted(name for name in named if not (place / name).is_file()):
            what = "is not a file" if (place / missing[0]).exists() else "is not there"
            raise MappingError(f"{place}: {missing[0]}, which the mapping names, {what}")
        there = {file.name for file in place.iterdir() if file.suffix.lower() in (".csv", ".tsv")}
        everything = [(s, place / s.file if s.file else None) for s in mapping.sections]
        return everything, sorted(there - named)
    if not place.is_file():
        raise MappingError(f"there is no file or folder {place}")
    if place.name not in named:
        known = ", ".join(sorted(named))
        raise MappingError(f"the mapping names no file {place.name}; it names {known}")
    return [(s, place) for s in mapping.sections if s.file == place.name], []


def _rows(mapping: Mapping, section: Section, file: Path | None) -> Iterator[SourceRow]:
    if file is not None:
        return files.rows(sniffing.layout_of(file, mapping.source, section.named_columns()))
    return (SourceRow(number, cells) for number, cells in enumerate(section.rows, 1))
