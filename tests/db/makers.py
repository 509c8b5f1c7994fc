"""Valid rows of the tables, each made from what tells it from the next."""

from datetime import UTC, date, datetime
from typing import Any

Row = dict[str, Any]

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY = date(2027, 1, 31)
NOWHERE = 999_999
# What the two columns of a consumption may not hold.
CONSUMPTION: dict[str, Row] = {
    "consumption_range": {"consumption": 0, "consumption_per": "P1M"},
    "consumption_has_period": {"consumption": 1},
}

stamped: Row = {"created_at": AT, "updated_at": AT}


def user(number: int) -> Row:
    email = f"user{number}@example.com"
    return {
        "id": number, "external_id": f"u-{number}", "email": email, "email_key": email,
        "name": "Anna", "role": "tester", "team_id": 901, **stamped,
    }  # fmt: skip


def token(number: int, letter: str) -> Row:
    return {
        "id": number, "user_id": 901, "made_by_id": 901, "name": "Shop", "prefix": "vk_1",
        "hash": letter * 64, "scopes": ["cards:read"], **stamped,
    }  # fmt: skip


def session(letter: str) -> Row:
    return {
        "hash": letter * 64, "user_id": 901, "created_at": AT, "seen_at": AT,
        "expires_at": AT.replace(year=2027),
    }  # fmt: skip


def client(number: int) -> Row:
    return {
        "id": number, "external_id": f"c-{number}", "kind": "company", "name": "Ромашка",
        "name_key": "ромашка", "status": "client", "owner_id": 901, "currency": "RUB", **stamped,
    }  # fmt: skip


def contact(number: int) -> Row:
    return {
        "id": number, "external_id": f"p-{number}", "client_id": 901, "name": "Пётр",
        "name_key": "петр", **stamped,
    }  # fmt: skip


def product(number: int) -> Row:
    return {
        "id": number, "external_id": f"s-{number}", "name": "Licence", "name_key": "licence",
        "currency": "RUB", "price": 120_000, "cost": 1, "vat_rate": 2_200,
        "replenishment": "fixed_term", "period": "P1Y", **stamped,
    }  # fmt: skip


def pipeline(number: int, kind: str, key: str, **setting: str) -> Row:
    names = {"name_ru": "Воронка", "name_en": "Pipeline"}
    return {
        "id": number, "kind": kind, "key": key, "position": number, "updated_at": AT,
        **names, **setting,
    }  # fmt: skip


def stage(number: int, pipeline: int, key: str, kind: str) -> Row:
    return {
        "id": number, "pipeline_id": pipeline, "key": key, "kind": kind, "position": number,
        "name_ru": "Этап", "name_en": "Stage", "probability": 50, "from_stages": ["new"],
    }  # fmt: skip


def reason(number: int, pipeline: int, use: str, key: str) -> Row:
    return {
        "id": number, "pipeline_id": pipeline, "use": use, "key": key, "position": number,
        "name_ru": "Причина", "name_en": "Reason", "group": "refused",
    }  # fmt: skip


def card(number: int, kind: str, pipeline: int, stage: int, **more: Any) -> Row:
    return {
        "id": number, "kind": kind, "external_id": f"k-{number}", "title": "Карточка",
        "title_key": "карточка", "pipeline_id": pipeline, "stage_id": stage, "state": "open",
        "position": f"a{number}", "amount": 12_345, "currency": "RUB", "owner_id": 901,
        "client_id": 901, "contact_id": 901, "entered_at": AT, "stage_entered_at": AT,
        "touched_at": AT, "last_seq": 3, **stamped, **more,
    }  # fmt: skip


def agreement(number: int) -> Row:
    return {
        "id": number, "external_id": f"a-{number}", "title": "Лицензия", "title_key": "лицензия",
        "client_id": 901, "product_id": 901, "owner_id": 901, "deal_id": 902, "pipeline_id": 904,
        "status": "running", "currency": "RUB", "anchor_date": DAY, "anchor_cycle": 0,
        "period": "P1Y", **stamped,
    }  # fmt: skip


def agreement_file(agreement: int) -> Row:
    return {
        "agreement_id": agreement, "name": "contract.pdf", "size": 3, "content": b"%PD",
        "added_at": AT,
    }  # fmt: skip


def renewal(card: int, agreement: int) -> Row:
    return {
        "card_id": card, "agreement_id": agreement, "cycle": 1, "renewal_date": DAY,
        "original_renewal_date": DAY, "activates_on": date(2026, 12, 31), "waits": 1,
        "pending": True, "waiting": True,
    }  # fmt: skip


def activation(number: int, wait: int) -> Row:
    return {
        "id": number, "renewal_id": 903, "wait": wait, "activates_on": DAY,
        "activated_at": AT, "run_id": 901,
    }  # fmt: skip


def offer(card: int) -> Row:
    return {
        "card_id": card, "discount_percent": 0, "vat_total": 0, "revision": 1, "rework_count": 0,
        "approval_status": "none",
    }  # fmt: skip


def offer_line(number: int, position: int) -> Row:
    return {
        "id": number, "offer_id": 904, "position": position, "description": "Licence",
        "quantity": 1_000, "price": 500, "discount_percent": 0, "total": 500,
    }  # fmt: skip


def deal_line(number: int, position: int) -> Row:
    return {
        "id": number, "deal_id": 902, "position": position, "product_id": 901,
        "quantity": 1_000, "price": 500,
    }  # fmt: skip


def event(number: int, seq: int, event: str, **more: Any) -> Row:
    return {
        "id": number, "card_id": 901, "seq": seq, "event": event, "at": AT, "pipeline_id": 901,
        "currency": "RUB", "changes": [{"field": "amount", "before": None, "after": 12_345}],
        "made": {}, "actor_kind": "user", "actor_id": 901, **more,
    }  # fmt: skip


def visit(stage: int) -> Row:
    return {
        "card_id": 901, "stage_id": stage, "pipeline_id": 901, "cohort_at": AT,
        "first_entered_at": AT, "visits": 1, "returns": 0, "seconds": 60,
    }  # fmt: skip


def logged(number: int, version: int) -> Row:
    return {
        "id": number, "at": AT, "type": "lead.moved", "kind": "lead", "record_id": 901,
        "version": version, "actor_kind": "user", "actor_id": 901, "channel": "web",
        "request_id": "r-1", "changes": [{"field": "title", "before": "A", "after": "B"}],
    }  # fmt: skip


def seal(number: int, from_seq: int, to_seq: int) -> Row:
    return {
        "id": number, "at": AT, "from_seq": from_seq, "to_seq": to_seq, "count": 1,
        "hash": "e" * 64, "marks": b"12345678abcdefgh",
    }  # fmt: skip


def idempotency(number: int) -> Row:
    return {
        "id": number, "scope": "901", "route": "POST /api/v1/leads", "key": f"key-{number}",
        "request_hash": "f" * 64, "body": b"{}", "created_at": AT,
    }  # fmt: skip


def imported(number: int) -> Row:
    fields = {"name": ["0a1b2c3d4e5f", "0a1b2c3d4e5f"]}
    return {"kind": "client", "record_id": number, "fields": fields, "imported_at": AT}


def loaded_card(card: int) -> Row:
    return {"card_id": card, "digest": "0a1b2c3d4e5f"}


def role(key: str) -> Row:
    return {"key": key, "name_ru": "Роль", "name_en": "Role", "reads": "own", "writes": "none"}


def company() -> Row:
    return {
        "id": 1, "name": "ООО «Пример»", "time_zone": "Asia/Omsk", "currency": "RUB",
        "locale": "ru", "week_start": 1, "sweep_hour": 5, "grace_days": 3,
        "offer_validity": "P7D", "discount_limit": 0, "margin_floor": 0, "updated_at": AT,
    }  # fmt: skip


def choice(number: int, key: str) -> Row:
    return {
        "id": number, "list": "source", "key": key, "position": 90, "name_ru": "Газета",
        "name_en": "Newspaper", "details": {"cadence": "P1M"},
    }  # fmt: skip


def task(number: int, **more: Any) -> Row:
    return {
        "id": number, "title": "Позвонить", "kind": "call", "family": "contact", "due_at": AT,
        "assignee_id": 901, "card_id": 901, "made_by": "o_feedback", **stamped, **more,
    }  # fmt: skip


def activity(number: int, **more: Any) -> Row:
    return {
        "id": number, "kind": "call", "at": AT, "direction": "out", "author_id": 901,
        "card_id": 901, **stamped, **more,
    }  # fmt: skip


def rule(number: int, scope: str) -> Row:
    return {
        "id": number, "key": "own_7", "scope": scope, "name_ru": "Неделя", "name_en": "A week",
        "kind": "renewal", "anchor": "renewal_date", "offset": "-P7D", "while": ["open"],
        "family": "contact", "pipeline_id": 904, "product_id": 901, "segment": "golden",
        "actions": [{"type": "webhook"}], **stamped,
    }  # fmt: skip


def firing(number: int, wait: int, **more: Any) -> Row:
    return {
        "id": number, "rule_id": 901, "rule_version": 1, "key": "own_7", "card_id": 901,
        "wait": wait, "anchor_on": DAY, "due_on": DAY, "fired_at": AT, "run_id": 901,
        "acted": True, "effects": [{"what": "task", "id": 901}], **more,
    }  # fmt: skip


def failure(number: int, **about: int) -> Row:
    return {
        "id": number, "failures": 1, "retry_at": AT, "last_error": "ValueError", **about,
    }  # fmt: skip


def letter(number: int) -> Row:
    return {
        "id": number, "rule_id": 901, "rule_version": 1, "card_id": 901, "owner_id": 901,
        "recipient": "ivan@example.com", "subject": "Неделя", "body": "Через неделю",
        "written_at": AT, "retry_at": AT, "failures": 0,
    }  # fmt: skip


def notice(number: int) -> Row:
    return {
        "id": number, "user_id": 901, "text": "Неделя", "card_id": 901, "rule_id": 901,
        "rule_version": 1, **stamped,
    }  # fmt: skip


waiting: Row = {"state": "waiting", "entered_at": None}
lost: Row = {"state": "lost", "closed_at": AT, "reason_id": 901, "lost_from_stage_id": 901}
