"""How it is told whom a rule hits, and why. Pure."""

from backend.domain.reminders.rules import Hit
from backend.domain.reminders.schemas import ReminderHit
from backend.domain.tasks.rules import day_text

MOMENTS = {
    "ru": {
        "renewal_date": "дата продления", "end_date": "дата окончания",
        "activation": "пришло в работу", "stage_entered": "вошло в этап", "created": "создано",
        "closed": "закрыто", "approval": "согласовано", "valid_until": "действует до",
        "last_purchase": "последняя покупка", "last_meeting": "последняя встреча",
        "last_touch": "последний контакт", "next_contact": "следующий контакт",
        "churned_on": "ушёл",
    },
    "en": {
        "renewal_date": "renewal date", "end_date": "end date", "activation": "came into work",
        "stage_entered": "entered its stage", "created": "made", "closed": "closed",
        "approval": "approved", "valid_until": "valid until", "last_purchase": "last purchase",
        "last_meeting": "last meeting", "last_touch": "last contact",
        "next_contact": "next contact", "churned_on": "left",
    },
}  # fmt: skip
RESTS = {
    "ru": "; действует более позднее правило семейства",
    "en": "; a later rule of its family acts",
}


def why(hit: Hit, locale: str, *, acts: bool) -> str:
    """The formula of a reminder: `A week to go: renewal date 2026-04-16, -P7D = 2026-04-09`."""
    formula = (
        f"{hit.rule.name}: {MOMENTS[locale][hit.rule.anchor]} {day_text(hit.anchor_on, locale)},"
        f" {hit.rule.offset} = {day_text(hit.due_on, locale)}"
    )
    return formula if acts else formula + RESTS[locale]


def told_hit(hit: Hit, locale: str, *, acts: bool) -> ReminderHit:
    """A hit as the outside sees it."""
    rule = hit.rule
    return ReminderHit(
        rule_id=rule.id, rule_version=rule.version, key=rule.key, name=rule.name,
        card_id=hit.card_id, client_id=hit.client_id, title=hit.facts["title"] or "",
        owner_id=hit.owner_id, anchor=rule.anchor, anchor_on=hit.anchor_on,  # type: ignore[arg-type]
        offset=str(rule.offset), due_on=hit.due_on, acts=acts,
        actions=[action["type"] for action in rule.actions], why=why(hit, locale, acts=acts),
    )  # fmt: skip
