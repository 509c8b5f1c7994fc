"""The mapping of an import: which column becomes which field, and all that mends the source."""

import re
from collections.abc import Iterable
from datetime import time as time_of_day
from typing import Literal

from msgspec import Struct, field

from backend.domain.pipelines.schemas import Key, PipelineCreate, ReasonCreate
from backend.errors import DomainError

Record = Literal["team", "user", "product", "client", "contact", "lead", "deal", "renewal"]

# What may be written, by the names that the REST contract uses; references name an external id.
FIELDS: dict[str, set[str]] = {
    "team": {"name"},
    "user": {"name", "email", "role", "team", "locale"},
    "product": {
        "name", "sku", "category", "unit", "price", "cost", "currency", "vat_rate",
        "replenishment", "period", "lead_time",
    },
    "client": {
        "name", "kind", "status", "segment", "owner", "phone", "email", "tax_id", "source",
        "currency", "preferred_channel", "credit_limit", "credit_rating", "loyalty",
        "discount_cap", "special_terms",
    },
    "contact": {
        "name", "client", "job_title", "phone", "email", "messenger", "preferred_channel", "note",
    },
    "lead": {
        "title", "amount", "currency", "owner", "client", "source", "contact_name", "company_name",
        "phone", "email", "messenger", "need", "budget", "temperature", "grade",
    },
    "deal": {
        "title", "amount", "currency", "owner", "client", "product", "product_price", "source",
        "expected_close_on",
    },
    "renewal": {
        "title", "amount", "currency", "owner", "client", "product", "source", "renewal_date",
        "period", "lead_time",
    },
}  # fmt: skip
NEEDED = {
    "team": ("name",), "user": ("name", "email", "role"), "product": ("name",),
    "client": ("name", "owner"), "contact": ("name", "client"), "lead": ("title", "owner"),
    "deal": ("title", "owner"), "renewal": ("client", "owner", "amount", "renewal_date"),
}  # fmt: skip
WITHOUT_CUSTOM = ("team", "user")

PLACEHOLDER = re.compile(r"\{([^{}:]+)(?::([^{}:]*))?\}")


class MappingError(DomainError):
    """The mapping, or the source as a whole, cannot be used; nothing was imported."""

    status, code, title = 400, "bad_request", "The import cannot start"


class Source(Struct, frozen=True, forbid_unknown_fields=True):
    """How the files are written.

    Several formats of dates may be stated; a date that two of them read differently is refused.
    With a `decimal` mark numbers may have thousands in groups, without one they are as `1234.56`.
    """

    encoding: str | None = None
    delimiter: str | None = None
    dates: str | list[str] = "%Y-%m-%d"
    decimal: Literal[".", ","] | None = None
    time: str = "12:00"
    currency: str | None = None

    @property
    def hour(self) -> time_of_day:
        """The time of day, at the company, of a date that comes without one."""
        return time_of_day.fromisoformat(self.time)

    @property
    def formats(self) -> tuple[str, ...]:
        """The formats of its dates."""
        return (self.dates,) if isinstance(self.dates, str) else tuple(self.dates)


class Column(Struct, frozen=True, forbid_unknown_fields=True):
    """The stated rules for one column of the source.

    An empty cell is refused where a field needs it, unless the column is optional. `number` makes
    a custom field of it a number.
    """

    optional: bool = False
    replace: dict[str, str] = {}
    number: bool = False


class Step(Struct, frozen=True, forbid_unknown_fields=True):
    """A stage that a deal came to, on a day of the source or on one that the mapping states."""

    stage: str
    on: str
    reason: str | None = None
    comment: str | None = None


class Section(Struct, frozen=True, forbid_unknown_fields=True):
    """One kind of records made from the rows of one file, or from rows that the mapping states.

    `source_wins`, for all fields or for those named, lets a change of the source replace what was
    changed here by hand. `reschedule` is the reason for which a renewal gets another date.
    """

    record: Record
    id: str
    fields: dict[str, str] = {}
    file: str | None = None
    rows: list[dict[str, str]] = []
    custom: dict[str, str] = {}
    columns: dict[str, Column] = {}
    stage_by: str | None = None
    stages: dict[str, list[Step]] = {}
    source_wins: bool | list[str] = False
    reschedule: str | None = None

    @property
    def name(self) -> str:
        """How the report calls the source of these rows."""
        return self.file or "the mapping's own rows"

    def templates(self) -> Iterable[str]:
        """Everything that may name a column."""
        yield self.id
        yield from self.fields.values()
        yield from self.custom.values()
        yield from (step.on for steps in self.stages.values() for step in steps)

    def named_columns(self) -> set[str]:
        """The columns that the source must have."""
        found = {name for text in self.templates() for name in columns_of(text)}
        return found | set(self.columns) | ({self.stage_by} if self.stage_by else set())


class PipelinePlan(PipelineCreate, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The pipeline that the imported deals stand in; made where it is not there yet."""

    key: Key
    kind: Literal["deal"] = "deal"
    reasons: list[ReasonCreate] = field(default_factory=list)


class Mapping(Struct, frozen=True, forbid_unknown_fields=True):
    """A whole mapping, in the order in which its sections are imported."""

    sections: list[Section] = field(name="import")
    source: Source = Source()
    pipeline: PipelinePlan | None = None


def columns_of(template: str) -> list[str]:
    """The columns that a template names."""
    return [match[1] for match in PLACEHOLDER.finditer(template)]
