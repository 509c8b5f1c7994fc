"""Pipelines, stages and reasons as the outside sees and changes them."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from backend.domain.calendar import PERIOD

Name = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"\S")]
LongName = Annotated[str, Meta(min_length=1, max_length=128, pattern=r"\S")]
Key = Annotated[str, Meta(pattern="^[a-z][a-z0-9_]{0,63}$")]
Text = Annotated[str, Meta(max_length=10_000)]
Field = Annotated[str, Meta(pattern=r"^[a-z_]+(\|[a-z_]+)*$", max_length=128)]
Id = Annotated[int, Meta(ge=1, le=2**53)]
Kind = Literal["lead", "offer", "deal", "renewal"]
StageKindName = Literal["holding", "open", "detour", "won", "lost"]
Group = Literal["unfit", "refused", "later", "void", "unknown"]
Decimal2 = Annotated[str, Meta(pattern=r"^\d{1,3}(\.\d{1,2})?$")]


class Names(Struct, frozen=True):
    """A text in both languages."""

    ru: str
    en: str


class CheckItem(Struct, frozen=True, forbid_unknown_fields=True):
    """One line of a stage's checklist."""

    ru: Annotated[str, Meta(max_length=255)]
    en: Annotated[str, Meta(max_length=255)]


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
    version: int


class ReasonOut(Struct, frozen=True, kw_only=True):
    """A reason for closing, for ending an agreement or for rescheduling."""

    id: int
    pipeline_id: int
    use: Literal["lost", "end", "reschedule"]
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
    stages: list[StageOut]
    version: int


class Pipelines(Struct, frozen=True):
    """All pipelines."""

    items: list[PipelineOut]
    next_cursor: str | None


class Stages(Struct, frozen=True):
    """The stages of a pipeline, in order."""

    items: list[StageOut]
    next_cursor: str | None


class Reasons(Struct, frozen=True):
    """The reasons of a pipeline, in order."""

    items: list[ReasonOut]
    next_cursor: str | None


class StageFields(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The writable fields of a stage; a text given without a language replaces it in both."""

    name: Name | UnsetType = UNSET
    names: dict[Literal["ru", "en"], Name] | UnsetType = UNSET
    meaning: Text | UnsetType = UNSET
    meanings: dict[Literal["ru", "en"], Text] | UnsetType = UNSET
    instructions: Text | UnsetType = UNSET
    instructions_in: dict[Literal["ru", "en"], Text] | UnsetType = UNSET
    group: Name | None | UnsetType = UNSET
    position: Annotated[int, Meta(ge=0, le=1000)] | UnsetType = UNSET
    probability: Annotated[int, Meta(ge=0, le=100)] | UnsetType = UNSET
    rot_days: Annotated[int, Meta(ge=1, le=60)] | None | UnsetType = UNSET
    wip_limit: Annotated[int, Meta(ge=1, le=1_000_000)] | None | UnsetType = UNSET
    required_fields: Annotated[list[Field], Meta(max_length=20)] | UnsetType = UNSET
    from_stages: Annotated[list[Key], Meta(max_length=100)] | None | UnsetType = UNSET
    checklist: Annotated[list[CheckItem], Meta(max_length=50)] | UnsetType = UNSET


class StageCreate(StageFields, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new stage; without a position it comes after the last open one."""

    key: Key
    kind: StageKindName
    name: Name


class PipelineFields(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The writable fields of a pipeline."""

    name: LongName | UnsetType = UNSET
    names: dict[Literal["ru", "en"], LongName] | UnsetType = UNSET
    position: Annotated[int, Meta(ge=0, le=1000)] | UnsetType = UNSET
    active: bool | UnsetType = UNSET
    renewal_on_win: Literal["required", "offer", "off"] | UnsetType = UNSET
    lead_time: Annotated[str, Meta(pattern=PERIOD)] | UnsetType = UNSET
    approval_mode: Literal["always", "over_limit", "never"] | UnsetType = UNSET


class PipelineCreate(PipelineFields, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new pipeline: from a template, or with the stages given."""

    kind: Kind
    key: Key
    name: LongName
    stages: Annotated[list[StageCreate], Meta(max_length=50)] | UnsetType = UNSET
    template: Key | UnsetType = UNSET


class ReasonFields(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The writable fields of a reason."""

    name: LongName | UnsetType = UNSET
    names: dict[Literal["ru", "en"], LongName] | UnsetType = UNSET
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
    limit_percent: Decimal2 | None | UnsetType = UNSET
    streak: Annotated[int, Meta(ge=1, le=1000)] | None | UnsetType = UNSET
    position: Annotated[int, Meta(ge=0, le=1000)] | UnsetType = UNSET
    archived: bool | UnsetType = UNSET


class ReasonCreate(ReasonFields, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new reason."""

    key: Key
    name: LongName
    use: Literal["lost", "end", "reschedule"] = "lost"


class PipelineFilters(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Filters of the list of pipelines."""

    kind: Kind | None = None
    active: bool | None = None
