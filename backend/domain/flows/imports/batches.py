"""One transaction of an import: some rows, each whole or not at all."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from operator import attrgetter

from sqlalchemy.exc import DBAPIError, IntegrityError

from backend.db.session import Unit, passing
from backend.domain.access import Viewer
from backend.domain.flows.imports import actions, deals, queries, records, renewals
from backend.domain.flows.imports.files import SourceRow
from backend.domain.flows.imports.mapping import Mapping, Section
from backend.domain.flows.imports.queries import Here
from backend.domain.flows.imports.report import Remark, Tally
from backend.domain.flows.imports.rows import Draft, Recipe, RowRefused, column_of, draft
from backend.domain.flows.imports.syncing import Done, remembered
from backend.domain.flows.runs import business_day
from backend.domain.users.queries import as_system
from backend.errors import Conflict, DomainError, Stale

Name = tuple[str, str]
WRITTEN = (records.CREATED, records.UPDATED)


@dataclass(slots=True)
class Promises:
    """What the earlier batches of a rehearsal would have left.

    Kept are the records that others name, and those that come again: `again` holds their names.
    """

    named: set[str]
    again: set[Name]
    drafts: dict[Name, list[tuple[Section, Draft]]] = field(default_factory=dict)

    def keep(self, section: Section, one: Draft) -> None:
        name = (section.record, one.external_id)
        if section.record in self.named or name in self.again:
            self.drafts.setdefault(name, []).append((section, one))


@dataclass(slots=True)
class Batch:
    """What one transaction did."""

    tally: Tally
    remarks: list[Remark] = field(default_factory=list)
    done: dict[str, Done] = field(default_factory=dict)


@dataclass(slots=True)
class Desk:
    """What the rows of a batch are looked up in: ids of what they name, and what is here."""

    ids: dict[str, dict[str, int]]
    here: dict[str, Here]
    home: deals.Home | None


async def put_rows(
    tx: Unit, mapping: Mapping, recipe: Recipe, rows: Iterable[SourceRow], promises: Promises | None
) -> Batch:
    """Put some rows; a bad one is refused alone.

    `promises` is given in a rehearsal and is added to. Those records of it that these rows need
    are put again first.
    """
    viewer = await as_system(tx, "import")
    section = recipe.section
    batch = Batch(Tally(section.name, section.record))
    drafts = _drafts(batch, recipe, rows)
    if promises is not None:
        needed: list[Name] = [(section.record, one.external_id) for one in drafts]
        needed += [named for one in drafts for named in records.references(one)]
        await _keep(tx, viewer, mapping, promises, needed, set())
    desk = await _desk(tx, viewer, mapping, section, drafts)
    times = Counter(one.external_id for one in drafts)
    for one in drafts:
        done = await _alone(tx, batch, section, one, viewer, desk)
        if done is None:
            continue
        if times[one.external_id] > 1:
            desk.here |= await _settle(tx, viewer, section, {one.external_id: done})
            _look_ahead(batch, recipe, desk.here, {one.external_id: done})
        else:
            batch.done[one.external_id] = done
        if promises is not None and done.outcome in WRITTEN:
            promises.keep(section, one)
    found = await _settle(tx, viewer, section, batch.done)
    _look_ahead(batch, recipe, found, batch.done)
    batch.remarks.sort(key=attrgetter("line"))
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
    batch.remarks.append(Remark("refused", source, record, line, column, reason))


async def _desk(
    tx: Unit, viewer: Viewer, mapping: Mapping, section: Section, drafts: list[Draft]
) -> Desk:
    named: dict[str, set[str]] = {record: set() for record in records.REFERENCES.values()}
    for one in drafts:
        for record, external_id in records.references(one):
            named[record].add(external_id)
    ids = {}
    for record, names in named.items():
        if names:
            # A contact takes its client for itself while it is made.
            hold = section.record != "contact"
            found = await queries.known(tx, viewer, record, names, hold=hold)
            ids[record] = {name: one.id for name, one in found.items() if not one.deleted}
    home = None
    if section.record == "deal" and mapping.pipeline is not None:
        home = await deals.home(tx, viewer, mapping.pipeline)
    return Desk(ids, await _here(tx, viewer, section, drafts), home)


async def _here(
    tx: Unit, viewer: Viewer, section: Section, drafts: Iterable[Draft]
) -> dict[str, Here]:
    return await queries.here(tx, viewer, section.record, {one.external_id for one in drafts})


async def _settle(
    tx: Unit, viewer: Viewer, section: Section, done: dict[str, Done]
) -> dict[str, Here]:
    """Remember what these records agree about with the source; how they stand now."""
    touched = [name for name, one in done.items() if one.verdict.settled or one.outcome in WRITTEN]
    if not touched:
        return {}
    found = await queries.here(tx, viewer, section.record, touched)
    memories = {}
    for name, here in found.items():
        verdict = done[name].verdict
        stands = records.stands(here, {*verdict.settled, *here.memory} & _said(section))
        memory = remembered(here.memory, verdict, stands)
        if memory != here.memory:
            memories[here.row["id"]] = here.memory = memory
    await actions.remember(tx, section.record, memories)
    return found


def _said(section: Section) -> set[str]:
    """The fields that the rows of a section speak of, as they are remembered."""
    found = {f"custom.{name}" for name in section.custom}
    for name in section.fields:
        whole = section.record == "deal" and name in ("product", "product_price")
        reference = name in records.REFERENCES and not whole
        found.add("product" if whole else f"{name}_id" if reference else name)
    return found | {"currency"}


def tonight(recipe: Recipe) -> date:
    """The business day that begins with the next sweep hour."""
    return business_day(recipe.now, recipe.company) + timedelta(days=1)


def _look_ahead(
    batch: Batch, recipe: Recipe, found: dict[str, Here], done: dict[str, Done]
) -> None:
    """Count the renewals that will come into work soon, and those that a person looks at first."""
    if recipe.section.record != "renewal":
        return
    company = recipe.company
    day = tonight(recipe)
    grace = company.today(recipe.now) - timedelta(days=company.grace_days)
    for name, one in done.items():
        if one.outcome in WRITTEN:
            row = found[name].row
            reviewed = row["review_since"] is not None
            batch.tally.due += row["waiting"] and row["activates_on"] <= day and not reviewed
            batch.tally.late += row["pending"] and row["renewal_date"] < grace


async def _alone(
    tx: Unit, batch: Batch, section: Section, one: Draft, viewer: Viewer, desk: Desk
) -> Done | None:
    """Put one row, whole or not at all; what was done, None where it was refused."""
    try:
        done = await _twice(tx, section, one, viewer, desk)
    except RowRefused as refused:
        _refuse(batch, one.line, refused.column, refused.reason)
    except DomainError as error:
        _refuse(batch, one.line, column_of(section, _pointer(error)), error.message)
    except DBAPIError as error:
        if passing(error):
            raise  # a rival got in the way: the whole batch is tried again
        _refuse(batch, one.line, None, _told(error))
    else:
        _count(batch, section, one, done)
        return done
    return None


def _count(batch: Batch, section: Section, one: Draft, done: Done) -> None:
    batch.tally.outcomes[done.outcome] += 1
    batch.tally.rules += one.rules
    for name in (*done.verdict.kept, *done.verdict.contested):
        batch.tally.rules[f"{name.removesuffix('_id')}: kept as it was changed here by hand"] += 1
    for told in done.notes:
        remark = Remark("kept", section.name, section.record, one.line, None, told)
        batch.remarks.append(remark)


async def _twice(tx: Unit, section: Section, one: Draft, viewer: Viewer, desk: Desk) -> Done:
    """Put one row in a savepoint; a second time where a rival has written the record meanwhile."""
    try:
        async with tx.apart():
            return await _put(tx, viewer, section, desk, one)
    except (IntegrityError, Conflict, Stale):
        found = await _here(tx, viewer, section, [one])
        if desk.here.get(one.external_id) == found.get(one.external_id):
            raise
        desk.here |= found
    async with tx.apart():
        return await _put(tx, viewer, section, desk, one)


async def _put(tx: Unit, viewer: Viewer, section: Section, desk: Desk, one: Draft) -> Done:
    values = records.resolved(section, one, desk.ids)
    here = desk.here.get(one.external_id)
    if section.record == "deal":
        assert desk.home is not None
        return await deals.put(tx, viewer, section, desk.home, one, values, here)
    if section.record == "renewal":
        return await renewals.put(tx, viewer, section, one, values, here)
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
    needed: Iterable[Name],
    put: set[Name],
) -> None:
    """Put again what earlier batches of a rehearsal had put, as far as these rows need it."""
    for name in needed:
        if name in put or name not in promises.drafts:
            continue
        put.add(name)
        for section, one in promises.drafts[name]:
            await _keep(tx, viewer, mapping, promises, records.references(one), put)
            desk = await _desk(tx, viewer, mapping, section, [one])
            done = await _put(tx, viewer, section, desk, one)
            await _settle(tx, viewer, section, {one.external_id: done})
