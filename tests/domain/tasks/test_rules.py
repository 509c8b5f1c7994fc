"""Which stage makes which task, what it says, and where it still makes sense."""

from datetime import date
from itertools import product

import pytest

from backend.domain.stages import Stage, StageKind
from backend.domain.tasks import rules
from backend.domain.tasks.rules import RULES, Subject

STAGES = {
    "lead": ("new", "contacted", "qualified", "presentation", "offering", "client", "closed"),
    "offer": ("draft", "request", "sent", "rework", "accepted", "declined"),
    "deal": ("needs", "offer", "negotiation", "invoice", "won", "lost"),
    "renewal": (
        "scheduled", "invoice_required", "invoice_sent", "payment_received", "not_renewed",
    ),
}  # fmt: skip

MADE = {
    ("lead", "presentation"): ("l_presentation", "contact", 2),
    ("offer", "sent"): ("o_feedback", "contact", 2),
    ("offer", "rework"): ("o_rework", "contact", 1),
    ("deal", "invoice"): ("d_invoice", "payment", 3),
}


@pytest.mark.parametrize(
    ("kind", "stage"), [(kind, stage) for kind, keys in STAGES.items() for stage in keys]
)
def test_what_a_stage_makes(kind: str, stage: str) -> None:
    made = rules.on_entering(kind, stage, 7)
    expected = MADE.get((kind, stage))
    assert [(task.key, task.family, task.working_days) for task in made] == (
        [] if expected is None else [expected]
    )
    assert all(task.card_id == 7 for task in made)


ACME = Subject(
    client="ООО «Ромашка»", number="КП-12", agreement="Лицензия", renewal_date=date(2026, 5, 9)
)
TITLES = {
    ("l_presentation", "ru"): "Получить отклик на презентацию",
    ("l_presentation", "en"): "Get feedback on the presentation",
    ("o_feedback", "ru"): "Получить обратную связь: ООО «Ромашка», КП-12",
    ("o_feedback", "en"): "Get feedback: ООО «Ромашка», КП-12",
    ("o_rework", "ru"): "Перезвонить с новыми условиями: ООО «Ромашка», КП-12",
    ("o_rework", "en"): "Call with the new terms: ООО «Ромашка», КП-12",
    ("o_approved", "ru"): "Обсудить с клиентом согласованные условия: КП-12",
    ("o_approved", "en"): "Discuss the approved terms: КП-12",
    ("d_invoice", "ru"): "Проверить оплату",
    ("d_invoice", "en"): "Check the payment",
    ("r_activated", "ru"): "Подтвердить продление: ООО «Ромашка», Лицензия, до 09.05.2026",
    ("r_activated", "en"): "Confirm the renewal: ООО «Ромашка», Лицензия, by 2026-05-09",
}


@pytest.mark.parametrize(("key", "locale"), list(product(RULES, ("ru", "en"))))
def test_titles(key: str, locale: str) -> None:
    title = rules.worded(RULES[key].titles[locale], ACME, locale)
    assert title == TITLES[key, locale]


def test_long_names_are_cut_and_nothing_in_them_is_read_as_a_place() -> None:
    endless = Subject(
        client="{number}" * 40, number="R-" + "9" * 15, agreement="Ы" * 255,
        renewal_date=date(2026, 5, 9),
    )  # fmt: skip
    for rule, locale in product(RULES.values(), ("ru", "en")):
        assert len(rules.worded(rule.titles[locale], endless, locale)) <= 255
    title = rules.worded("{client}", endless, "ru")
    assert (len(title), title[-2:]) == (100, "u…")


def stage(key: str, kind: StageKind = StageKind.OPEN) -> Stage:
    return Stage(id=1, pipeline_id=1, key=key, kind=kind, position=1, name=key)


HOLDS = [
    ("l_presentation", stage("presentation"), True),
    ("l_presentation", stage("offering"), False),
    ("o_feedback", stage("sent"), True),
    ("o_feedback", stage("rework", StageKind.DETOUR), False),
    ("o_rework", stage("rework", StageKind.DETOUR), True),
    ("o_rework", stage("sent"), False),
    ("o_approved", stage("request"), True),
    ("o_approved", stage("declined", StageKind.LOST), False),
    ("d_invoice", stage("invoice"), True),
    ("d_invoice", stage("invoice", StageKind.WON), False),
    ("r_activated", stage("invoice_sent"), True),
    ("r_activated", stage("scheduled", StageKind.HOLDING), False),
    ("r_activated", stage("payment_received", StageKind.WON), False),
    ("a_rule_of_later", stage("anywhere"), True),
    ("a_rule_of_later", stage("lost", StageKind.LOST), False),
]


@pytest.mark.parametrize(("key", "where", "expected"), HOLDS)
def test_where_a_task_makes_sense(key: str, where: Stage, expected: bool) -> None:
    assert rules.holds(key, where) is expected
