"""One transaction of an import: some rows, each whole or not at all."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.exc import DBAPIError, IntegrityError

from backend.db.session import Unit, passing
from backend.domain.access import Viewer
from backend.domain.flows.imports import deals, queries, records
from backend.domain.flows.imports.files import SourceRow
from backend.domain.flows.imports.mapping import Mapping, Section
from backend.domain.flows.imports.report import Refusal, Tally
from backend.domain.flows.imports.rows import Draft, Recipe, RowRefused, column_of, draft
from backend.domain.users.queries import as_system
from backend.errors import Conflict, DomainError

Promises = dict[tuple[str, str], tuple[Section, Draft]]


@dataclass(slots=True)
class Batch:
    """What one transaction did."""

    tally: Tally
    refused: list[Refusal] = field(default_factory=list)


@dataclass(slots=True)
class Desk:
    """What the rows of a batch are looked up in: ids of what they name, and what is here."""

    ids: dict[str, dict[str, int]]
    here: dict[str, Any]
    home: deals.Home | None


async def put_rows(
    tx: Unit, mapping: Mapping, recipe: Recipe, rows: Iterable[SourceRow], promises: Promises | None
) -> Batch:
    """Put some rows; a bad one is refused alone.

    `promises` is given in a rehearsal: it holds the records that earlier batches would have left
    and is added to. Those that these rows need are put again first.
    """
    viewer = await as_system(tx, "import")
    section = recipe.section
    batch = Batch(Tally(section.name, section.record))
    drafts = _drafts(batch, recipe, rows)
    if promises is not None:
        needed: list[tuple[str, str]] = [(section.record, one.external_id) for one in drafts]
        needed += [named for one in drafts for named in records.references(one)]
        await _keep(tx, viewer, mapping, promises, needed, set())
    desk = await _desk(tx, viewer, mapping, section, drafts)
    times = Counter(one.external_id for one in drafts)
    for one in drafts:
        done = await _alone(tx, batch, section, one, viewer, desk)
        if done and times[one.external_id] > 1:
            desk.here |= await _here(tx, viewer, section, [one])
        if done and promises is not None:
            promises[section.record, one.external_id] = (section, one)
    return batch


def _drafts(batch: Batch, recipe: Recipe, rows: Iterable[SourceRow]) -> list[Draft]:
    found = []
    for row in rows:
        batch.tally.rows += 1
        try:
            found.append(draft(recipe, row))
        except RowRefused as refused:
            _refuse(batch, row.line, refused.column, refused.reason)
    return found


def _refuse(batch: Batch, line: int, column: str | None, reason: str) -> None:
    batch.tally.outcomes["refused"] += 1
    source, record = batch.tally.source, batch.tally.record
    batch.refused.append(Refusal(source, record, line, column, reason))


async def _desk(
    tx: Unit, viewer: Viewer, mapping: Mapping, section: Section, drafts: list[Draft]
) -> Desk:
    named: dict[str, set[str]] = {record: set() for record in records.REFERENCES.values()}
    for one in drafts:
        for record, external_id in records.references(one):
            named[record].add(external_id)
    ids = {
        record: {
            name: found.id
            for name, found in (await queries.known(tx, viewer, record, names)).items()
            if not found.deleted
        }
        for record, names in named.items()
        if names
    }
    home = None
    if section.record == "deal" and mapping.pipeline is not None:
        home = await deals.home(tx, viewer, mapping.pipeline)
    return Desk(ids, await _here(tx, viewer, section, drafts), home)


async def _here(tx: Unit, viewer: Viewer, section: Section, drafts: list[Draft]) -> dict[str, Any]:
    names = {one.external_id for one in drafts}
    if section.record == "deal":
        return dict(await queries.known_deals(tx, viewer, names))
    return dict(await queries.known(tx, viewer, section.record, names))


async def _alone(
    tx: Unit, batch: Batch, section: Section, one: Draft, viewer: Viewer, desk: Desk
) -> bool:
    """Put one row, whole or not at all; whether it stayed."""
    kept = len(tx.effects)
    try:
        outcome = await _twice(tx, section, one, viewer, desk)
    except RowRefused as refused:
        _refuse(batch, one.line, refused.column, refused.reason)
    except DomainError as error:
        _refuse(batch, one.line, column_of(section, _pointer(error)), error.message)
    except DBAPIError as error:
        if passing(error):
            raise  # a rival got in the way: the whole batch is tried again
        _refuse(batch, one.line, None, _told(error))
    else:
        batch.tally.outcomes[outcome] += 1
        batch.tally.rules += one.rules
        return True
    del tx.effects[kept:]
    return False


async def _twice(tx: Unit, section: Section, one: Draft, viewer: Viewer, desk: Desk) -> str:
    """Put one row in a savepoint; a second time where a rival has made the record meanwhile."""
    try:
        async with tx.apart():
            return await _put(tx, viewer, section, desk, one)
    except (IntegrityError, Conflict):
        found = await _here(tx, viewer, section, [one])
        if desk.here.get(one.external_id) == found.get(one.external_id):
            raise
        desk.here |= found
    async with tx.apart():
        return await _put(tx, viewer, section, desk, one)


async def _put(tx: Unit, viewer: Viewer, section: Section, desk: Desk, one: Draft) -> str:
    values = records.resolved(section, one, desk.ids)
    here = desk.here.get(one.external_id)
    if section.record == "deal":
        assert desk.home is not None
        return await deals.put(tx, viewer, section, desk.home, one, values, here)
    return await records.put(tx, viewer, section, one, values, here)


def _pointer(error: DomainError) -> str:
    """The field that a refusal of the domain is about."""
    match error.extra:
        case {"errors": [{"pointer": str(pointer)}, *_]}:
            return pointer
        case {"missing_fields": [str(name), *_]}:
            return name.partition("|")[0]
    return ""


def _told(error: DBAPIError) -> str:
    first = str(error.orig).splitlines()[0]
    clash = isinstance(error, IntegrityError)
    return f"it clashes with a record that is here ({first})" if clash else f"the database: {first}"


async def _keep(
    tx: Unit,
    viewer: Viewer,
    mapping: Mapping,
    promises: Promises,
    needed: Iterable[tuple[str, str]],
    done: set[tuple[str, str]],
) -> None:
    """Put again what earlier batches of a rehearsal had put, as far as these rows need it."""
    for name in needed:
        if name in done or name not in promises:
            continue
        done.add(name)
        section, one = promises[name]
        await _keep(tx, viewer, mapping, promises, records.references(one), done)
        await _put(tx, viewer, section, await _desk(tx, viewer, mapping, section, [one]), one)
