"""One small valid company, row by row, written without the product's own code.

`ROWS` stand in the order of the foreign keys. `FRESH` holds one more valid row of every table:
the constraint cases spoil it in one place.
"""

from datetime import UTC, date, datetime
from typing import Any

Row = dict[str, Any]

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY = date(2027, 1, 31)
NOWHERE = 999_999

_stamped: Row = {"created_at": AT, "updated_at": AT}


def _user(number: int) -> Row:
    email = f"user{number}@example.com"
    return {
        "id": number, "external_id": f"u-{number}", "email": email, "email_key": email,
        "name": "Anna", "role": "tester", "team_id": 901, **_stamped,
    }  # fmt: skip


def _token(number: int, letter: str) -> Row:
    return {
        "id": number, "user_id": 901, "made_by_id": 901, "name": "Shop", "prefix": "vk_1",
        "hash": letter * 64, "scopes": ["cards:read"], **_stamped,
    }  # fmt: skip


def _client(number: int) -> Row:
    return {
        "id": number, "external_id": f"c-{number}", "kind": "company", "name": "Ромашка",
        "name_key": "ромашка", "status": "client", "owner_id": 901, "currency": "RUB", **_stamped,
    }  # fmt: skip


def _contact(number: int) -> Row:
    return {
        "id": number, "external_id": f"p-{number}", "client_id": 901, "name": "Пётр",
        "name_key": "петр", **_stamped,
    }  # fmt: skip


def _product(number: int) -> Row:
    return {
        "id": number, "external_id": f"s-{number}", "name": "Licence", "name_key": "licence",
        "currency": "RUB", "price": 120_000, "cost": 1, "vat_rate": 2_200,
        "replenishment": "fixed_term", "period": "P1Y", **_stamped,
    }  # fmt: skip


def _pipeline(number: int, kind: str, key: str, **setting: str) -> Row:
    names = {"name_ru": "Воронка", "name_en": "Pipeline"}
    return {
        "id": number, "kind": kind, "key": key, "position": number, "updated_at": AT,
        **names, **setting,
    }  # fmt: skip


def _stage(number: int, pipeline: int, key: str, kind: str) -> Row:
    return {
        "id": number, "pipeline_id": pipeline, "key": key, "kind": kind, "position": number,
        "name_ru": "Этап", "name_en": "Stage", "probability": 50, "from_stages": ["new"],
    }  # fmt: skip


def _reason(number: int, pipeline: int, use: str, key: str) -> Row:
    return {
        "id": number, "pipeline_id": pipeline, "use": use, "key": key, "position": number,
        "name_ru": "Причина", "name_en": "Reason", "group": "refused",
    }  # fmt: skip


def _card(number: int, kind: str, pipeline: int, stage: int, **more: Any) -> Row:
    return {
        "id": number, "kind": kind, "external_id": f"k-{number}", "title": "Карточка",
        "title_key": "карточка", "pipeline_id": pipeline, "stage_id": stage, "state": "open",
        "position": f"a{number}", "amount": 12_345, "currency": "RUB", "owner_id": 901,
        "client_id": 901, "contact_id": 901, "entered_at": AT, "stage_entered_at": AT,
        "touched_at": AT, "last_seq": 3, **_stamped, **more,
    }  # fmt: skip


def _agreement(number: int) -> Row:
    return {
        "id": number, "external_id": f"a-{number}", "title": "Лицензия", "title_key": "лицензия",
        "client_id": 901, "product_id": 901, "owner_id": 901, "deal_id": 902, "pipeline_id": 904,
        "status": "running", "currency": "RUB", "anchor_date": DAY, "anchor_cycle": 0,
        "period": "P1Y", **_stamped,
    }  # fmt: skip


def _renewal(card: int, agreement: int) -> Row:
    return {
        "card_id": card, "agreement_id": agreement, "cycle": 1, "renewal_date": DAY,
        "original_renewal_date": DAY, "activates_on": date(2026, 12, 31), "waits": 1,
        "pending": True, "waiting": True,
    }  # fmt: skip


def _activation(number: int, wait: int) -> Row:
    return {
        "id": number, "renewal_id": 903, "wait": wait, "activates_on": DAY,
        "activated_at": AT, "run_id": 901,
    }  # fmt: skip


def _offer(card: int) -> Row:
    return {
        "card_id": card, "discount_percent": 0, "vat_total": 0, "revision": 1, "rework_count": 0,
        "approval_status": "none",
    }  # fmt: skip


def _offer_line(number: int, position: int) -> Row:
    return {
        "id": number, "offer_id": 904, "position": position, "description": "Licence",
        "quantity": 1_000, "price": 500, "discount_percent": 0, "total": 500,
    }  # fmt: skip


def _deal_line(number: int, position: int) -> Row:
    return {
        "id": number, "deal_id": 902, "position": position, "product_id": 901,
        "quantity": 1_000, "price": 500,
    }  # fmt: skip


def _event(number: int, seq: int, event: str, **more: Any) -> Row:
    return {
        "id": number, "card_id": 901, "seq": seq, "event": event, "at": AT, "pipeline_id": 901,
        "currency": "RUB", "changes": [{"field": "amount", "before": None, "after": 12_345}],
        "made": {}, "actor_kind": "user", "actor_id": 901, **more,
    }  # fmt: skip


def _visit(stage: int) -> Row:
    return {
        "card_id": 901, "stage_id": stage, "pipeline_id": 901, "cohort_at": AT,
        "first_entered_at": AT, "visits": 1, "returns": 0, "seconds": 60,
    }  # fmt: skip


def _change(number: int, version: int) -> Row:
    return {
        "id": number, "at": AT, "type": "lead.moved", "kind": "lead", "record_id": 901,
        "version": version, "actor_kind": "user", "actor_id": 901, "channel": "web",
        "request_id": "r-1", "changes": [{"field": "title", "before": "A", "after": "B"}],
    }  # fmt: skip


def _seal(number: int, from_seq: int, to_seq: int) -> Row:
    return {
        "id": number, "at": AT, "from_seq": from_seq, "to_seq": to_seq, "count": 1,
        "hash": "e" * 64, "marks": b"12345678abcdefgh",
    }  # fmt: skip


def _idempotency(number: int) -> Row:
    return {
        "id": number, "scope": "901", "route": "POST /api/v1/leads", "key": f"key-{number}",
        "request_hash": "f" * 64, "body": b"{}", "created_at": AT,
    }  # fmt: skip


def _imported(number: int) -> Row:
    fields = {"name": ["0a1b2c3d4e5f", "0a1b2c3d4e5f"]}
    return {"kind": "client", "record_id": number, "fields": fields, "imported_at": AT}


def _role(key: str) -> Row:
    return {"key": key, "name_ru": "Роль", "name_en": "Role", "reads": "own", "writes": "none"}


def _company() -> Row:
    return {
        "id": 1, "name": "ООО «Пример»", "time_zone": "Asia/Omsk", "currency": "RUB",
        "locale": "ru", "week_start": 1, "sweep_hour": 5, "grace_days": 3,
        "offer_validity": "P7D", "discount_limit": 0, "margin_floor": 0, "updated_at": AT,
    }  # fmt: skip


def _choice(number: int, key: str) -> Row:
    return {
        "id": number, "list": "source", "key": key, "position": 90, "name_ru": "Газета",
        "name_en": "Newspaper", "details": {"cadence": "P1M"},
    }  # fmt: skip


def _task(number: int, **more: Any) -> Row:
    return {
        "id": number, "title": "Позвонить", "kind": "call", "family": "contact", "due_at": AT,
        "assignee_id": 901, "card_id": 901, "made_by": "o_feedback", **_stamped, **more,
    }  # fmt: skip


_waiting: Row = {"state": "waiting", "entered_at": None}
_lost: Row = {"state": "lost", "closed_at": AT, "reason_id": 901, "lost_from_stage_id": 901}

ROWS: dict[str, list[Row]] = {
    "role": [_role("tester")],
    "team": [{"id": 901, "external_id": "t-1", "name": "North", **_stamped}],
    "app_user": [_user(901), _user(902)],
    "team_head": [{"team_id": 901, "user_id": 901}],
    "api_token": [_token(901, "a")],
    "company": [_company()],
    "choice": [_choice(901, "newspaper")],
    "client": [_client(901)],
    "contact": [_contact(901) | {"is_primary": True}],
    "product": [_product(901)],
    "pipeline": [
        _pipeline(901, "lead", "leads"),
        _pipeline(902, "offer", "offers", approval_mode="never"),
        _pipeline(903, "deal", "sales", renewal_on_win="off"),
        _pipeline(904, "renewal", "renewals", lead_time="P1W"),
    ],
    "stage": [
        _stage(901, 901, "new", "open"),
        _stage(902, 901, "closed", "lost"),
        _stage(903, 902, "draft", "open"),
        _stage(904, 903, "needs", "open"),
        _stage(905, 904, "scheduled", "holding"),
        _stage(906, 904, "invoice_required", "open"),
    ],
    "reason": [
        _reason(901, 901, "lost", "too_expensive"),
        _reason(902, 904, "end", "one_off"),
    ],
    "activation_target": [{"pipeline_id": 904, "stage_id": 906}],
    "card": [
        _card(901, "lead", 901, 901),
        _card(902, "deal", 903, 904),
        _card(903, "renewal", 904, 905, **_waiting),
        _card(904, "offer", 902, 903),
        _card(905, "lead", 901, 902, **_lost),
        # These four have no row of their own kind yet: the fresh ones below are theirs.
        _card(906, "lead", 901, 901),
        _card(907, "deal", 903, 904),
        _card(908, "renewal", 904, 905, **_waiting),
        _card(909, "offer", 902, 903),
    ],
    "lead": [{"card_id": 901, "need": "Лицензии", "temperature": "hot"}, {"card_id": 905}],
    "deal": [{"card_id": 902, "renewal_period": "P1Y", "renewal_date": DAY}],
    "deal_line": [_deal_line(901, 1)],
    "agreement": [_agreement(901), _agreement(902)],
    "renewal": [_renewal(903, 901)],
    "sweep_run": [{"id": 901, "started_at": AT, "today": DAY, "trigger": "cron"}],
    "renewal_activation": [_activation(901, 1)],
    "churn_interval": [{"id": 901, "client_id": 901, "renewal_id": 903, "opened_on": DAY}],
    "offer": [_offer(904) | {"lead_id": 901}],
    "offer_line": [_offer_line(901, 1)],
    "offer_revision": [{"id": 901, "offer_id": 904, "revision": 1, "at": AT, "content": {}}],
    "task": [_task(901)],
    "card_event": [
        _event(901, 1, "created", to_stage_id=901),
        _event(902, 2, "moved", from_stage_id=901, to_stage_id=902, before={"amount": None}),
        _event(903, 3, "voided", voids_id=902),
    ],
    "card_funnel": [
        {
            "card_id": 901, "pipeline_id": 901, "entered_at": AT, "furthest_stage_id": 901,
            "state": "open", "entered_late": False,
        }
    ],
    "card_stage_visit": [_visit(901)],
    "change": [_change(901, 2)],
    "change_seal": [_seal(901, 1, 901)],
    "change_cursor": [{"name": "relay", "seq": 901}],
    "idempotency_key": [_idempotency(901)],
    "imported_record": [_imported(901)],
    "worker_heartbeat": [{"name": "w-1", "queue": "q", "started_at": AT, "seen_at": AT}],
    "server_process": [{"name": "s-1", "started_at": AT, "seen_at": AT, "figures": {}}],
    "intake_visitor": [{"address": "a", "began_at": AT, "taken": 1}],
    "record_check": [{"name": "histories"}],
}  # fmt: skip

FRESH: dict[str, Row] = {
    "role": _role("second"),
    "team": {"id": 911, "external_id": "t-2", "name": "South", **_stamped},
    "app_user": _user(911),
    "team_head": {"team_id": 901, "user_id": 902},
    "api_token": _token(911, "b"),
    "company": _company(),
    "choice": _choice(911, "radio"),
    "client": _client(911),
    "contact": _contact(911),
    "product": _product(911),
    "pipeline": _pipeline(911, "deal", "more_sales", renewal_on_win="off"),
    "stage": _stage(911, 901, "contacted", "open"),
    "reason": _reason(911, 901, "lost", "other"),
    "activation_target": {"pipeline_id": 901, "stage_id": 901},
    "card": _card(911, "lead", 901, 901),
    "lead": {"card_id": 906},
    "deal": {"card_id": 907},
    "deal_line": _deal_line(911, 2),
    "agreement": _agreement(911),
    "renewal": _renewal(908, 902),
    "sweep_run": {"id": 911, "started_at": AT, "today": DAY, "trigger": "manual"},
    "renewal_activation": _activation(911, 2),
    "churn_interval": {"id": 911, "client_id": 901, "renewal_id": 908, "opened_on": DAY},
    "offer": _offer(909),
    "offer_line": _offer_line(911, 2),
    "offer_revision": {"id": 911, "offer_id": 904, "revision": 2, "at": AT, "content": {}},
    "task": _task(911, family="payment"),
    "card_event": _event(911, 4, "edited"),
    "card_funnel": {
        "card_id": 905, "pipeline_id": 901, "entered_at": AT, "state": "lost",
        "entered_late": True,
    },
    "card_stage_visit": _visit(902),
    "change": _change(911, 3),
    "change_seal": _seal(911, 902, 911),
    "change_cursor": {"name": "mirror", "seq": 1},
    "idempotency_key": _idempotency(911),
    "imported_record": _imported(911),
    "worker_heartbeat": {"name": "w-2", "queue": "q", "started_at": AT, "seen_at": AT},
    "server_process": {"name": "s-2", "started_at": AT, "seen_at": AT, "figures": {}},
    "intake_visitor": {"address": "b", "began_at": AT, "taken": 1},
    "record_check": {"name": "places"},
}  # fmt: skip
