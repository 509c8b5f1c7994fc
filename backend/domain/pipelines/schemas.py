"""Pipelines, stages and reasons as the outside sees and changes them."""

from decimal import Decimal
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from backend.domain.calendar import PERIOD
from backend.reading import sorted_by

Name = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"\S")]
LongName = Annotated[str, Meta(min_length=1, max_length=128, pattern=r"\S")]
Key = Annotated[str, Meta(pattern="^[a-z][a-z0-9_]{0,63}$")]
Text = Annotated[str, Meta(max_length=10_000)]
CheckText = Annotated[str, Meta(min_length=1, max_length=255, pattern=r"\S")]
Field = Annotated[str, Meta(pattern=r"^[a-z_]+(\|[a-z_]+)*$", max_length=128)]
Id = Annotated[int, Meta(ge=1, le=2**53)]
RoleKey = Annotated[str, Meta(min_length=1, max_length=16)]
Kind = Literal["lead", "offer", "deal", "renewal"]
StageKindName = Literal["holding", "open", "detour", "won", "lost"]
Use = Literal["lost", "end", "reschedule"]
Group = Literal["unfit", "refused", "later", "void", "unknown"]
Ref = Id | Annotated[str, Meta(min_length=1, max_length=64)]


class Names(Struct, frozen=True):
    """A text in both languages."""

    ru: str
    en: str


class StageNames(Struct, frozen=True, forbid_unknown_fields=True):
    """A stage's name in one language or both."""

    ru: Name | UnsetType = UNSET
    en: Name | UnsetType = UNSET


class LongNames(Struct, frozen=True, forbid_unknown_fields=True):
    """A name in one language or both."""

    ru: LongName | UnsetType = UNSET
    en: LongName | UnsetType = UNSET


class Texts(Struct, frozen=True, forbid_unknown_fields=True):
    """A text in one language or both."""

    ru: Text | UnsetType = UNSET
    en: Text | UnsetType = UNSET


class CheckItem(Struct, frozen=True, forbid_unknown_fields=True):
    """One line of a stage's checklist."""

    key: Key
    name_ru: CheckText
    name_en: CheckText


class StageOut(Struct, frozen=True, kw_only=True):
    """A stage: what it means, what to do in it, what it demands."""

    id: int
    pipeline_id: int
    key: str
    kind: StageKindName
    position: int
    group: str | None
    name: str
    names: Names
    meaning: str
    meanings: Names
    instructions: str
    instructions_in: Names
    probability: int
    rot_days: int | None
    wip_limit: int | None
    required_fields: list[str]
    from_stages: list[str] | None
    checklist: list[CheckItem]
    computes_renewal_date: bool
    version: int


class ReasonOut(Struct, frozen=True, kw_only=True):
    """A reason for closing, for ending an agreement or for rescheduling."""

    id: int
    pipeline_id: int
    use: Use
    key: str
    name: str
    names: Names
    group: Group
    churn: Literal["stopped", "competitor", "no"] | None
    ask: str | None
    ask_required: bool
    limit_percent: str | None
    streak: int | None
    position: int
    archived: bool
    version: int


class PipelineOut(Struct, frozen=True, kw_only=True):
    """A pipeline with its stages in order."""

    id: int
    kind: Kind
    key: str
    name: str
    names: Names
    position: int
    active: bool
    renewal_on_win: Literal["required", "offer", "off"] | None
    lead_time: str | None
    approval_mode: Literal["always", "over_limit", "never"] | None
    conversion_warning: int | None
    closed_to: list[str]
    activation_stage_id: int | None
    stages: list[StageOut]
    version: int


class Pipelines(Struct, frozen=True, kw_only=True):
    """All pipelines."""

    items: list[PipelineOut]
    next_cursor: str | None
    total: int | UnsetType = UNSET


class Stages(Struct, frozen=True, kw_only=True):
    """The stages of a pipeline, in order."""

    items: list[StageOut]
    next_cursor: str | None
    total: int | UnsetType = UNSET


class Reasons(Struct, frozen=True, kw_only=True):
    """The reasons of a pipeline, in order."""

    items: list[ReasonOut]
    next_cursor: str | None
    total: int | UnsetType = UNSET


class StageFields(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The writable fields of a stage; a text given without a language replaces it in both.

    A stage in work that `computes_renewal_date` gives a deal that enters it the day on which what
    is sold ends or runs out, unless a date stands there by hand.
    """

    name: Name | UnsetType = UNSET
    names: StageNames | UnsetType = UNSET
    meaning: Text | UnsetType = UNSET
    meanings: Texts | UnsetType = UNSET
    instructions: Text | UnsetType = UNSET
    instructions_in: Texts | UnsetType = UNSET
    group: Name | None | UnsetType = UNSET
    position: Annotated[int, Meta(ge=0, le=1000)] | UnsetType = UNSET
    probability: Annotated[int, Meta(ge=0, le=100)] | UnsetType = UNSET
    rot_days: Annotated[int, Meta(ge=1, le=60)] | None | UnsetType = UNSET
    wip_limit: Annotated[int, Meta(ge=1, le=1_000_000)] | None | UnsetType = UNSET
    required_fields: Annotated[list[Field], Meta(max_length=20)] | UnsetType = UNSET
    from_stages: Annotated[list[Key], Meta(max_length=100)] | None | UnsetType = UNSET
    checklist: Annotated[list[CheckItem], Meta(max_length=50)] | UnsetType = UNSET
    computes_renewal_date: bool | UnsetType = UNSET


class StageCreate(StageFields, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new stage; without a position it comes after the last open one."""

    key: Key
    kind: StageKindName
    name: Name


class PipelineFields(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The writable fields of a pipeline.

    The worst conversion of its funnel is shown as a warning below `conversion_warning` per cent.
    """

    name: LongName | UnsetType = UNSET
    names: LongNames | UnsetType = UNSET
    position: Annotated[int, Meta(ge=0, le=1000)] | UnsetType = UNSET
    active: bool | UnsetType = UNSET
    renewal_on_win: Literal["required", "offer", "off"] | UnsetType = UNSET
    lead_time: Annotated[str, Meta(pattern=PERIOD)] | UnsetType = UNSET
    approval_mode: Literal["always", "over_limit", "never"] | UnsetType = UNSET
    conversion_warning: Annotated[int, Meta(ge=1, le=100)] | None | UnsetType = UNSET
    closed_to: Annotated[list[RoleKey], Meta(max_length=20)] | UnsetType = UNSET
    activation_stage_id: Id | None | UnsetType = UNSET


class PipelineCreate(PipelineFields, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new pipeline: from a template, with the stages given, or with the fewest there can be.

    A template brings kind, key and name along; whatever is given replaces its own.
    """

    kind: Kind | UnsetType = UNSET
    key: Key | UnsetType = UNSET
    stages: Annotated[list[StageCreate], Meta(min_length=1, max_length=50)] | UnsetType = UNSET
    template: Key | UnsetType = UNSET


class ReasonFields(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The writable fields of a reason."""

    name: LongName | UnsetType = UNSET
    names: LongNames | UnsetType = UNSET
    group: Group | UnsetType = UNSET
    churn: Literal["stopped", "competitor", "no"] | None | UnsetType = UNSET
    ask: (
        Literal[
            "comment",
            "next_contact_at",
            "competitor",
            "competitor_price",
            "other_card_id",
            "other_agreement_id",
        ]
        | None
        | UnsetType
    ) = UNSET
    ask_required: bool | UnsetType = UNSET
    limit_percent: Decimal | None | UnsetType = UNSET
    streak: Annotated[int, Meta(ge=1, le=1000)] | None | UnsetType = UNSET
    position: Annotated[int, Meta(ge=0, le=1000)] | UnsetType = UNSET
    archived: bool | UnsetType = UNSET


class ReasonCreate(ReasonFields, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new reason."""

    key: Key
    name: LongName
    use: Use = "lost"


class PipelineFilters(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Filters, sort and paging of the list of pipelines."""

    kind: Kind | None = None
    key: Key | None = None
    active: bool | None = None
    sort: Annotated[str, sorted_by("id", "position")] = "position"
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: Annotated[str, Meta(max_length=1000)] | None = None
    count: bool = False


class StageFilters(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Filters, sort and paging of the stages of a pipeline."""

    kind: StageKindName | None = None
    sort: Annotated[str, sorted_by("id", "position")] = "position"
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: Annotated[str, Meta(max_length=1000)] | None = None
    count: bool = False


class ReasonFilters(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Filters, sort and paging of the reasons of a pipeline."""

    use: Use | None = None
    archived: bool | None = None
    sort: Annotated[str, sorted_by("id", "position")] = "position"
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: Annotated[str, Meta(max_length=1000)] | None = None
    count: bool = False


class StageRemoval(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which stage takes the cards of a deleted one over: its id or its key."""

    move_to: Ref
