"""For every constraint of the tables: what spoils a valid row so that just this one refuses it."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, PrimaryKeyConstraint, Table

from backend.db.models import metadata
from tests.db import reminders
from tests.db.makers import AT, CONSUMPTION, NOWHERE, Row


@dataclass(frozen=True)
class Refusal:
    """One valid row made wrong, and the constraint that has to say so."""

    table: str
    constraint: str
    changes: Row
    # Constraints that any such row breaks as well; PostgreSQL would name them first.
    without: tuple[str, ...] = ()


LOST: Row = {"state": "lost", "closed_at": AT, "reason_id": 901}

CHECKS: dict[str, dict[str, Row]] = {
    "admission": {"taken_range": {"taken": 0}},
    "record_check": {"counters_range": {"found": -1}},
    "role": {"reads_known": {"reads": "some"}, "writes_known": {"writes": "some"}},
    "team": {"name_given": {"name": ""}},
    "app_user": {"name_given": {"name": ""}, "locale_known": {"locale": "de"}},
    "api_token": {"hash_is_sha256": {"hash": "b" * 63}},
    "user_session": {"hash_is_sha256": {"hash": "b" * 63}, "expires_later": {"expires_at": AT}},
    "company": {
        "one_row": {"id": 2},
        "sweep_hour_range": {"sweep_hour": 24},
        "week_start_range": {"week_start": 0},
        "grace_days_range": {"grace_days": -1},
        "discount_limit_range": {"discount_limit": 10_001},
        "margin_floor_range": {"margin_floor": -1},
        "currency_is_iso": {"currency": "RU"},
        "locale_known": {"locale": "de"},
    },
    "choice": {"list_known": {"list": "colour"}},
    "client": {
        "kind_known": {"kind": "robot"},
        "name_given": {"name": ""},
        "currency_is_iso": {"currency": ""},
        "credit_limit_range": {"credit_limit": -1},
        "discount_cap_range": {"discount_cap": 10_001},
    },
    "contact": {"name_given": {"name": ""}},
    "product": {
        "name_given": {"name": ""},
        "currency_is_iso": {"currency": "RU"},
        "price_range": {"price": -1},
        "cost_range": {"cost": -1},
        "vat_rate_range": {"vat_rate": 10_001},
        "replenishment_known": {"replenishment": "magic"},
        **CONSUMPTION,
    },
    "pipeline": {
        "kind_known": {"kind": "task", "renewal_on_win": None},
        "renewal_on_win_known": {"renewal_on_win": "maybe"},
        "approval_mode_known": {"kind": "offer", "renewal_on_win": None, "approval_mode": "often"},
        "renewal_on_win_for_deals": {"renewal_on_win": None},
        "lead_time_for_renewals": {"lead_time": "P1M"},
        "approval_mode_for_offers": {"approval_mode": "never"},
        "conversion_warning_range": {"conversion_warning": 0},
    },
    "stage": {
        "kind_known": {"kind": "limbo"},
        "probability_range": {"probability": 101},
        "rot_days_range": {"rot_days": 0},
        "wip_limit_range": {"wip_limit": 0},
    },
    "reason": {
        "use_known": {"use": "won"},
        "group_known": {"group": "bad"},
        "churn_known": {"churn": "yes"},
        "limit_percent_range": {"limit_percent": 10_001},
        "streak_range": {"streak": 0},
    },
    "card": {
        "kind_known": {"kind": "task"},
        "state_known": {"state": "gone"},
        "title_given": {"title": ""},
        "currency_is_iso": {"currency": "RU"},
        "position_length": {"position": ""},
        "probability_range": {"probability": -1},
        "closed_has_time": {"state": "won"},
        "lost_has_reason": {"state": "lost", "closed_at": AT},
        "lost_from_when_lost": {"lost_from_stage_id": 901},
        "only_renewals_wait": {"state": "waiting"},
        "entered_unless_waiting": {"entered_at": None},
        "counters_start_at_one": {"last_seq": 0},
    },
    "lead": {
        "temperature_known": {"temperature": "mild"},
        "grade_known": {"grade": "best"},
        "budget_range": {"budget": -1},
    },
    "deal": {
        "one_off_does_not_renew": {"one_off": True, "renewal_period": "P1Y"},
        "computed_is_a_date": {"renewal_date": None, "renewal_date_computed": True},
    },
    "deal_line": {"quantity_range": {"quantity": 0}, "price_range": {"price": -1}, **CONSUMPTION},
    "agreement": {
        "status_known": {"status": "asleep"},
        "ended_has_time": {"status": "ended"},
        "anchor_cycle_range": {"anchor_cycle": -1},
        "title_given": {"title": ""},
        "currency_is_iso": {"currency": "RU"},
        "withdrawn_is_deleted": {"withdrawn_at": AT},
        "signature_status_known": {"signature_status": "sealed"},
        **CONSUMPTION,
    },
    "agreement_file": {"name_given": {"name": ""}, "size_range": {"size": 0}},
    "renewal": {
        "cycle_range": {"cycle": 0},
        "slips_range": {"slips": -1},
        "waits_range": {"waits": 0},
        "quantity_range": {"quantity": 0},
        "spread_days_range": {"spread_days": -1},
        "date_source_known": {"date_source": "stars"},
        "reviewed_ones_wait": {"waiting": False, "review_since": AT},
        "activates_before_its_date": {"activates_on": date(2027, 2, 1)},
        "waiting_is_pending": {"pending": False},
        "withdrawn_is_not_pending": {"withdrawn_at": AT},
    },
    "sweep_run": {"trigger_known": {"trigger": "moon"}, "job_known": {"job": "cooking"}},
    "offer": {
        "discount_percent_range": {"discount_percent": 10_001},
        "delivery_days_range": {"delivery_days": -1},
        "counters_range": {"revision": 0},
        "approval_status_known": {"approval_status": "perhaps"},
        "hangs_on_one_card": {"deal_id": 902, "renewal_id": 903},
    },
    "offer_line": {
        "quantity_range": {"quantity": 0},
        "price_range": {"price": -1},
        "discount_percent_range": {"discount_percent": -1},
        "vat_rate_range": {"vat_rate": 10_001},
    },
    "task": {
        "kind_known": {"kind": "dream"},
        "family_known": {"family": "royal"},
        "closed_by_known": {"done_at": AT, "closed_by": "ghost"},
        "title_given": {"title": ""},
        "is_about_one_record": {"client_id": 901},
        "done_says_by_whom": {"done_at": AT},
        "deleted_is_closed": {"deleted_at": AT},
    },
    "activity": {
        "kind_known": {"kind": "dream", "direction": None},
        "direction_known": {"direction": "up"},
        "direction_where_there_is_one": {"kind": "meeting"},
        "note_says_something": {"kind": "note", "direction": None},
        "is_about_one_record": {"client_id": 901},
    },
    "card_event": {
        "event_known": {"event": "dreamt"},
        "actor_kind_known": {"actor_kind": "ghost"},
        "seq_range": {"seq": 0},
        "voided_names_its_event": {"event": "voided"},
    },
    "card_funnel": {"state_known": {"state": "odd"}},
    "card_stage_visit": {"counters_range": {"visits": 0}},
    "imported_record": {"kind_known": {"kind": "song"}},
    "change": {
        "actor_kind_known": {"actor_kind": "ghost"},
        "channel_known": {"channel": "seance"},
        "version_range": {"version": 0},
    },
    "change_seal": {
        "range_is_whole": {"from_seq": 912},
        "hash_is_sha256": {"hash": "e"},
    },
}

UNIQUE: dict[str, dict[str, Row]] = {
    "team": {"name": {"name": "North"}, "external_id": {"external_id": "t-1"}},
    "app_user": {
        "email": {"email_key": "user901@example.com"},
        "external_id": {"external_id": "u-901"},
    },
    "api_token": {"hash": {"hash": "a" * 64}},
    "choice": {"list_key": {"key": "newspaper"}},
    "client": {"external_id": {"external_id": "c-901"}},
    "contact": {"external_id": {"external_id": "p-901"}, "primary": {"is_primary": True}},
    "product": {"external_id": {"external_id": "s-901"}},
    "pipeline": {
        "key": {"key": "leads"},
        "id_kind": {"id": 903},
        "one_for_offers": {"kind": "offer", "renewal_on_win": None, "approval_mode": "never"},
    },
    "stage": {
        "key": {"key": "new"},
        "id_pipeline_id": {"id": 901},
        "one_holding": {"pipeline_id": 904, "kind": "holding"},
    },
    "reason": {"pipeline_id_use_key": {"key": "too_expensive"}, "id_pipeline_id": {"id": 901}},
    "card": {
        "external_id": {"external_id": "k-901"},
        "stage_position": {"position": "a901"},
    },
    "deal_line": {"deal_id_position": {"position": 1}},
    "agreement": {"external_id": {"external_id": "a-901"}},
    "renewal": {
        "cycle": {"agreement_id": 901, "pending": False, "waiting": False},
        "one_pending": {"agreement_id": 901, "cycle": 2},
    },
    "renewal_activation": {"renewal_id_wait": {"wait": 1}},
    "churn_interval": {"renewal": {"renewal_id": 903}},
    "offer_line": {"offer_id_position": {"position": 1}},
    "offer_revision": {"offer_id_revision": {"revision": 1}},
    "task": {"next_step": {"family": "contact"}},
    "card_event": {"card_id_seq": {"seq": 1}, "voids": {"event": "voided", "voids_id": 902}},
    "change": {"kind_record_id_version": {"version": 2}},
    "change_seal": {"from_seq": {"from_seq": 1}, "to_seq": {"to_seq": 901, "from_seq": 900}},
    "idempotency_key": {"scope_route_key": {"key": "key-901"}},
}

ABOUT_ONE_RECORD = ("task", "reminder_firing", "reminder_failure", "letter", "activity")
# What a foreign key's case needs besides a number that nothing has.
BESIDES: dict[str, Row] = {
    "fk_card_lost_from_stage_id": LOST,
    "fk_card_event_voids_id": {"event": "voided"},
    **{f"fk_{table}_client_id": {"card_id": None} for table in ABOUT_ONE_RECORD},
}

# Two columns together: each exists, but not as a pair.
PAIRS: dict[str, Row] = {
    "fk_card_pipeline_kind": {"kind": "deal"},
    "fk_card_stage_pipeline": {"stage_id": 904},
    "fk_card_reason_pipeline": {**LOST, "reason_id": 902},
}

# A row that breaks the first cannot but break the second.
IMPLIED: dict[str, tuple[str, ...]] = {
    "uq_pipeline_id_kind": ("pk_pipeline",),
    "uq_stage_id_pipeline_id": ("pk_stage",),
    "uq_reason_id_pipeline_id": ("pk_reason",),
}


def refusals() -> list[Refusal]:
    """Every case, in the order of the tables."""
    found = [
        Refusal(
            table, f"{prefix}_{table}_{name}", changes, IMPLIED.get(f"{prefix}_{table}_{name}", ())
        )
        for prefix, cases in (("ck", CHECKS | reminders.CHECKS), ("uq", UNIQUE | reminders.UNIQUE))
        for table, named in cases.items()
        for name, changes in named.items()
    ]
    for table in metadata.sorted_tables:
        found += [_dangling(table, key) for key in table.foreign_key_constraints]
    return found


def _dangling(table: Table, key: ForeignKeyConstraint) -> Refusal:
    name = str(key.name)
    if len(key.columns) > 1:
        return Refusal(table.name, name, PAIRS[name])
    column = key.columns[0]
    nothing: Any = "nobody" if column.type.python_type is str else NOWHERE
    changes = {**BESIDES.get(name, {}), column.name: nothing}
    return Refusal(table.name, name, changes, IMPLIED.get(name, ()))


def constraints() -> set[tuple[str, str]]:
    """Table and name of everything the metadata refuses by, but primary keys and NOT NULL."""
    found = {
        (table.name, str(constraint.name))
        for table in metadata.tables.values()
        for constraint in table.constraints
        if not isinstance(constraint, PrimaryKeyConstraint)
    }
    indexes = (index for table in metadata.tables.values() for index in table.indexes)
    return found | {
        (i.table.name, str(i.name)) for i in indexes if i.table is not None and i.unique
    }


def names_of(table: Table) -> list[str]:
    """The names of a table's constraints, primary key and indexes."""
    constraints: list[Any] = [*table.constraints, *table.indexes]
    return [str(one.name) for one in constraints]


def is_check(table: str, name: str) -> bool:
    found = (c for c in metadata.tables[table].constraints if c.name == name)
    return any(isinstance(c, CheckConstraint) for c in found)
