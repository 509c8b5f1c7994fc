"""Which stage makes which task, for how long it makes sense, what it says. Pure."""

from collections.abc import Container, Mapping, Sequence
from datetime import date
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from backend.domain.cards.follow_ups import MakeTask
from backend.domain.stages import Stage, State

LONGEST_NAME = 100  # of a client or an agreement inside a title, which has room for 255


class Rule(Struct, frozen=True, kw_only=True):
    """A task that the product makes itself; `stages` are where it makes sense (None: any open)."""

    family: str
    kind: str
    working_days: int
    titles: dict[str, str]
    stages: tuple[str, ...] | None = None


RULES: dict[str, Rule] = {
    "l_presentation": Rule(
        family="contact", kind="call", working_days=2, stages=("presentation",),
        titles={
            "ru": "Получить отклик на презентацию",
            "en": "Get feedback on the presentation",
        },
    ),
    "o_feedback": Rule(
        family="contact", kind="call", working_days=2, stages=("sent",),
        titles={
            "ru": "Получить обратную связь: {client}, {number}",
            "en": "Get feedback: {client}, {number}",
        },
    ),
    "o_rework": Rule(
        family="contact", kind="call", working_days=1, stages=("rework",),
        titles={
            "ru": "Перезвонить с новыми условиями: {client}, {number}",
            "en": "Call with the new terms: {client}, {number}",
        },
    ),
    "o_approved": Rule(
        family="contact", kind="call", working_days=1,
        titles={
            "ru": "Обсудить с клиентом согласованные условия: {number}",
            "en": "Discuss the approved terms: {number}",
        },
    ),
    "d_invoice": Rule(
        family="payment", kind="todo", working_days=3, stages=("invoice",),
        titles={"ru": "Проверить оплату", "en": "Check the payment"},
    ),
    "r_activated": Rule(
        family="contact", kind="call", working_days=1,
        titles={
            "ru": "Подтвердить продление: {client}, {agreement}, до {renewal_date}",
            "en": "Confirm the renewal: {client}, {agreement}, by {renewal_date}",
        },
    ),
}  # fmt: skip

ENTERING = {
    ("lead", "presentation"): "l_presentation",
    ("offer", "sent"): "o_feedback",
    ("offer", "rework"): "o_rework",
    ("deal", "invoice"): "d_invoice",
}


class Subject(Struct, frozen=True, kw_only=True):
    """What a title may name of the card that it is about."""

    client: str
    number: str
    agreement: str
    renewal_date: date | None


def make(key: str, card_id: int) -> MakeTask:
    """The task of a rule, as a follow-up of a card."""
    rule = RULES[key]
    return MakeTask(
        card_id=card_id, family=rule.family, key=key, kind=rule.kind, titles=rule.titles,
        working_days=rule.working_days,
    )  # fmt: skip


def on_entering(kind: str, stage_key: str, card_id: int) -> tuple[MakeTask, ...]:
    """The task that a card's entering a stage makes, if any."""
    key = ENTERING.get((kind, stage_key))
    return () if key is None else (make(key, card_id),)


def as_written(step: MakeTask, actions: Sequence[Mapping[str, Any]]) -> MakeTask:
    """The task of a move as an admin has written its rule: its texts, its kind, when it is due."""
    for action in actions:
        if action["type"] == "task":
            return replace(
                step, titles={"ru": action["text_ru"], "en": action["text_en"]},
                kind=action["kind"], working_days=action.get("due_working_days") or 0,
            )  # fmt: skip
    return step


def holds(key: str, stage: Stage, during: Container[str] | None = None) -> bool:
    """Whether the task of a rule still makes sense for a card that stands in a stage.

    `during` are the states and stages of a rule that is not carried out in the move itself.
    """
    if key not in RULES and during:
        return stage.state in during or stage.key in during
    if stage.state is not State.OPEN:
        return False
    rule = RULES.get(key)
    return rule is None or rule.stages is None or stage.key in rule.stages


def worded(template: str, subject: Subject, locale: str) -> str:
    """A title with its names filled in; long ones are cut so that the whole has room."""
    when = "" if subject.renewal_date is None else day_text(subject.renewal_date, locale)
    return template.format(
        client=_short(subject.client), number=subject.number, agreement=_short(subject.agreement),
        renewal_date=when,
    )  # fmt: skip


def day_text(day: date, locale: str) -> str:
    """A day as a title writes it: 09.05.2026 in Russian, 2026-05-09 else."""
    return f"{day:%d.%m.%Y}" if locale == "ru" else day.isoformat()


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1].rstrip() + "…"
