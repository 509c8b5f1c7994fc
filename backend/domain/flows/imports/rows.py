"""From a row of the source to the fields of a record, by the mapping's rules. Pure."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from backend.domain.access import Company
from backend.domain.flows.imports import cells as reads
from backend.domain.flows.imports.cells import Unreadable
from backend.domain.flows.imports.files import SourceRow
from backend.domain.flows.imports.mapping import PLACEHOLDER, Column, Section, Source, columns_of

DAYS = {"expected_close_on", "renewal_date"}
NUMBERS = {
    "amount", "budget", "cost", "credit_limit", "discount_cap", "price", "product_price",
    "vat_rate",
}  # fmt: skip
WITH_CURRENCY = {"product", "client", "lead", "deal", "renewal"}
PLAIN = Column()


class RowRefused(Exception):
    """This row cannot be imported; the rest can."""

    def __init__(self, reason: str, column: str | None = None) -> None:
        super().__init__(reason)
        self.reason, self.column = reason, column


@dataclass(frozen=True, slots=True)
class Came:
    """A stage that a deal came to, and when; `column` is where the source says so."""

    stage: str
    at: datetime
    day: date
    reason: str | None
    comment: str | None
    column: str | None


@dataclass(slots=True)
class Draft:
    """A record as the source has it; references are external ids still.

    `rules` counts the stated rules that mended this row.
    """

    line: int
    external_id: str
    fields: dict[str, Any]
    steps: list[Came] = field(default_factory=list)
    rules: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Recipe:
    """A section made ready for many rows: how it reads, whose days and which present it means."""

    section: Section
    source: Source
    company: Company
    now: datetime
    columns: tuple[str, ...]

    @classmethod
    def of(cls, section: Section, source: Source, company: Company, now: datetime) -> "Recipe":
        return cls(section, source, company, now, tuple(sorted(section.named_columns())))


def draft(recipe: Recipe, row: SourceRow) -> Draft:
    """What a row says; RowRefused names the column that is wrong."""
    if row.broken is not None:
        raise RowRefused(row.broken, row.column)
    section = recipe.section
    rules: Counter[str] = Counter()
    cells = _cleaned(recipe, row.cells, rules)
    external_id = _filled(recipe, section.id, cells)
    if external_id is None:
        raise RowRefused("the id is empty", _first(columns_of(section.id)))
    fields: dict[str, Any] = {
        name: _field(recipe, name, template, cells, rules)
        for name, template in section.fields.items()
    }
    if section.record in WITH_CURRENCY and recipe.source.currency is not None:
        fields.setdefault("currency", recipe.source.currency)
    if section.custom:
        fields["custom"] = {
            name: _custom(recipe, template, cells) for name, template in section.custom.items()
        }
    steps = _steps(recipe, cells, rules) if section.stages else []
    return Draft(row.line, external_id, fields, steps, rules)


def id_of(recipe: Recipe, row: SourceRow) -> str:
    """The external id of a row; nothing where it has none, or cannot be read."""
    if row.broken is not None:
        return ""
    try:
        return _filled(recipe, recipe.section.id, _cleaned(recipe, row.cells, Counter())) or ""
    except RowRefused:
        return ""


def column_of(section: Section, pointer: str) -> str | None:
    """The column behind a field that was refused, such as `/product_lines/0/price`."""
    parts = pointer.strip("/").split("/")
    name = parts[0].removesuffix("_id")
    if name == "product_lines":
        name = "product_price" if parts[-1] == "price" else "product"
    template = section.fields.get(name, "")
    if name == "external":
        template = section.id
    elif name == "custom":
        template = section.custom.get(parts[-1], "")
    return _first(columns_of(template))


def _first(names: Iterable[str]) -> str | None:
    return next(iter(names), None)


def _cleaned(recipe: Recipe, cells: dict[str, str], rules: Counter[str]) -> dict[str, str | None]:
    """The cells that the section uses, blanks around them gone, replaced as stated."""
    found: dict[str, str | None] = {}
    for name in recipe.columns:
        value = cells[name].strip()
        replaced = recipe.section.columns.get(name, PLAIN).replace
        if value in replaced:
            rules[f"{name}: “{value}” is read as “{replaced[value]}”"] += 1
            value = replaced[value]
        found[name] = value or None
    return found


def _filled(recipe: Recipe, template: str, cells: dict[str, str | None]) -> str | None:
    """A template with its columns put in; None where it is one column that is empty."""
    names = columns_of(template)
    for name in names:
        if cells[name] is None and not recipe.section.columns.get(name, PLAIN).optional:
            raise RowRefused("it is empty, and the mapping does not say what then", name)

    def put(match: re.Match[str]) -> str:
        value = cells[match[1]] or ""
        return _slug(value, match[1]) if match[2] == "slug" else value

    return PLACEHOLDER.sub(put, template).strip() or None


def _slug(value: str, column: str) -> str:
    """A text as a part of an e-mail address: `Mei-Mei Johns` → `mei-mei-johns`."""
    plain = unicodedata.normalize("NFKC", value).casefold()
    slug = re.sub(r"[\W_]+", "-", plain).strip("-")
    if not slug:
        raise RowRefused("it has no letter that an address could be made of", column)
    return slug


def _field(
    recipe: Recipe,
    name: str,
    template: str,
    cells: dict[str, str | None],
    rules: Counter[str],
) -> Any:
    value = _filled(recipe, template, cells)
    if value is None:
        rules[f"{_first(columns_of(template)) or name}: empty, so there is no {name}"] += 1
        return None
    column = _first(columns_of(template))
    try:
        if name in DAYS:
            return reads.day(value, recipe.source.formats)[0].date()
        return reads.number(value, recipe.source.decimal) if name in NUMBERS else value
    except Unreadable as wrong:
        raise RowRefused(str(wrong), column) from None


def _custom(
    recipe: Recipe, template: str, cells: dict[str, str | None]
) -> str | int | float | None:
    value = _filled(recipe, template, cells)
    column = _first(columns_of(template))
    if value is None or column is None or not recipe.section.columns.get(column, PLAIN).number:
        return value
    try:
        return reads.exact(value, recipe.source.decimal)
    except Unreadable as wrong:
        raise RowRefused(str(wrong), column) from None


def _steps(recipe: Recipe, cells: dict[str, str | None], rules: Counter[str]) -> list[Came]:
    """The stages that the row says the deal went through, in order."""
    by = recipe.section.stage_by
    assert by is not None
    value = cells[by]
    if value is None:
        raise RowRefused("it is empty, and it says the stage", by)
    if value not in recipe.section.stages:
        raise RowRefused(f"“{reads.short(value)}” is not among the stages of the mapping", by)
    found: list[Came] = []
    for step in recipe.section.stages[value]:
        column = _first(columns_of(step.on))
        when = _filled(recipe, step.on, cells)
        if when is None:
            raise RowRefused(f"it is empty, and “{value}” needs a day", column)
        at, day = _instant(recipe, when, column)
        if found and at < found[-1].at:
            raise RowRefused(
                f"{day} lies before {found[-1].day}, the day of the step before", column
            )
        found.append(Came(step.stage, at, day, step.reason, step.comment, column))
        if column is None:
            rules[f"“{value}” has no day: {when} is taken"] += 1
        if step.reason is not None:
            rules[f"“{value}” has no reason: `{step.reason}` is taken"] += 1
    return found


def _instant(recipe: Recipe, value: str, column: str | None) -> tuple[datetime, date]:
    """The instant that a date of the source means at the company; never one that lies ahead."""
    try:
        found, exact = reads.day(value, recipe.source.formats)
    except Unreadable as wrong:
        raise RowRefused(str(wrong), column) from None
    zone = ZoneInfo(recipe.company.time_zone)
    at = found if exact else datetime.combine(found.date(), recipe.source.hour)
    day = at.date()
    if day > recipe.company.today(recipe.now):
        raise RowRefused(f"{day} lies ahead; history cannot", column)
    return min(at.replace(tzinfo=zone), recipe.now), day
