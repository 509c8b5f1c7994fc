"""Reading a mapping: its TOML is checked whole before the first row is touched. Pure."""

import re
from collections.abc import Iterator

import msgspec

from backend.domain.flows.imports.cells import Unreadable, day
from backend.domain.flows.imports.mapping import (
    FIELDS,
    NEEDED,
    PLACEHOLDER,
    WITHOUT_CUSTOM,
    Mapping,
    MappingError,
    PipelinePlan,
    Section,
    Source,
    Step,
    columns_of,
)

FORMATS = ("slug",)


def parse(text: str) -> Mapping:
    """A checked mapping; MappingError says what is wrong and where."""
    try:
        mapping = msgspec.toml.decode(text, type=Mapping)
    except msgspec.ValidationError as error:
        raise MappingError(_told(str(error))) from None
    except msgspec.DecodeError as error:
        raise MappingError(f"the mapping is not TOML: {error}") from None
    _check_source(mapping.source)
    if not mapping.sections:
        raise MappingError("the mapping has no [[import]] section")
    for number, section in enumerate(mapping.sections, 1):
        try:
            _check(section, mapping)
        except ValueError as error:
            raise MappingError(f"[[import]] {number} ({section.name}): {error}") from None
    return mapping


def _told(message: str) -> str:
    """What is wrong, with its place written as people count."""
    what, _, path = message.partition(" - at `$")
    place = re.sub(
        r"^\.import\[(\d+)\]", lambda m: f"[[import]] {int(m[1]) + 1} ", path.rstrip("`")
    )
    place = place.replace("[...]", "").replace(" .", " ").strip(" .")
    return f"{place}: {what}" if place else what


def _check_source(source: Source) -> None:
    if source.encoding is not None:
        try:
            "a".encode(source.encoding)
        except (LookupError, UnicodeError):
            raise MappingError(f"source.encoding: “{source.encoding}” is not known") from None
    if source.delimiter is not None and (len(source.delimiter) != 1 or source.delimiter in '"\r\n'):
        raise MappingError("source.delimiter: one character is needed, and no quote")
    try:
        _ = source.hour
    except ValueError:
        raise MappingError("source.time: write hours and minutes, such as 12:00") from None
    for written in source.formats or ("",):
        if not all(mark in written for mark in ("%d", "%m")):
            raise MappingError("source.dates: write a format such as %Y-%m-%d or %d.%m.%Y")


def _check(section: Section, mapping: Mapping) -> None:
    if (section.file is None) == (not section.rows):
        raise ValueError("give either `file` or `rows`")
    _check_fields(section)
    for template in section.templates():
        _check_template(template)
    for row in section.rows:
        if missing := section.named_columns() - set(row):
            raise ValueError(f"`{min(missing)}` is missing in one of `rows`")
    if section.record == "deal":
        _check_stages(section, mapping)
    elif section.stages or section.stage_by:
        raise ValueError(f"a {section.record} has no stages")


def _check_fields(section: Section) -> None:
    record = section.record
    if unknown := set(section.fields) - FIELDS[record]:
        there = ", ".join(sorted(FIELDS[record]))
        raise ValueError(f"a {record} has no field `{min(unknown)}`; it has {there}")
    for name in NEEDED[record]:
        if name not in section.fields:
            raise ValueError(f"a {record} needs the field `{name}`")
    if section.custom and record in WITHOUT_CUSTOM:
        raise ValueError(f"a {record} has no custom fields")
    wins = section.source_wins if isinstance(section.source_wins, list) else []
    known = {*section.fields, *(f"custom.{name}" for name in section.custom)}
    if unknown := set(wins) - known:
        raise ValueError(f"source_wins: there is no field `{min(unknown)}` in this section")
    if section.reschedule is not None and record != "renewal":
        raise ValueError(f"a {record} has no date that is rescheduled")


def _check_template(template: str) -> None:
    for match in PLACEHOLDER.finditer(template):
        if match[2] is not None and match[2] not in FORMATS:
            raise ValueError(f"`{match[0]}`: after the colon only `slug` is known")
    rest = PLACEHOLDER.sub("", template)
    if "{" in rest or "}" in rest:
        raise ValueError(f"`{template}`: a brace without its partner")


def _check_stages(section: Section, mapping: Mapping) -> None:
    plan = mapping.pipeline
    if plan is None or not isinstance(plan.stages, list):
        raise ValueError("deals need a [pipeline] with `stages`")
    if section.stage_by is None or not section.stages:
        raise ValueError("deals need `stage_by` (a column) and `stages` (where its values lead)")
    for value, steps in section.stages.items():
        for wrong in _wrong_steps(steps, plan, mapping.source):
            raise ValueError(f"“{value}”: {wrong}")


def _wrong_steps(steps: list[Step], plan: PipelinePlan, source: Source) -> Iterator[str]:
    assert isinstance(plan.stages, list)
    kinds = {stage.key: stage.kind for stage in plan.stages}
    reasons = {reason.key for reason in plan.reasons if reason.use == "lost"}
    if not steps or kinds.get(steps[0].stage) != "open":
        yield "a deal begins in an open stage"
    for step in steps:
        if step.stage not in kinds:
            yield f"the pipeline has no stage `{step.stage}`"
        elif (kinds[step.stage] == "lost") != (step.reason is not None):
            yield f"`{step.stage}`: a reason belongs to a lost stage, and to no other"
        elif step.reason is not None and step.reason not in reasons:
            yield f"the pipeline has no reason `{step.reason}`"
        elif not columns_of(step.on) and not _is_date(step.on, source):
            yield f"“{step.on}” is not a date written as {' or '.join(source.formats)}"


def _is_date(text: str, source: Source) -> bool:
    try:
        day(text, source.formats)
    except Unreadable:
        return False
    return True
