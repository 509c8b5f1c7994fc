"""What spoils the rows of reminders: a part of the cases for every constraint."""

from tests.db.makers import AT, Row

CHECKS: dict[str, dict[str, Row]] = {
    "reminder_rule": {
        "kind_known": {"kind": "task"},
        "anchor_known": {"anchor": "full_moon"},
        "family_known": {"family": "royal"},
        "name_given": {"name_en": ""},
    },
    "reminder_firing": {
        "is_about_one_record": {"client_id": 901},
        "wait_range": {"wait": -1},
    },
    "reminder_failure": {
        "is_about_one_record": {"client_id": 901},
        "failures_range": {"failures": 0},
    },
    "notification": {
        "text_given": {"text": ""},
        "rule_has_its_version": {"rule_version": None},
        "alert_has_its_report": {"alert": "streak/late/lead/901/901"},
        "alerts_are_withdrawn": {"withdrawn_at": AT},
    },
    "letter": {
        "is_about_one_record": {"client_id": 901},
        "says_something": {"body": ""},
        "failures_range": {"failures": -1},
        "sent_or_parked": {"sent_at": AT, "parked_at": AT},
    },
}

UNIQUE: dict[str, dict[str, Row]] = {
    "reminder_rule": {"scope": {"scope": "renewal"}},
    "reminder_firing": {
        "term": {"wait": 1},
        "card": {"wait": 0},
        "client": {"wait": 0, "card_id": None, "client_id": 901},
    },
    "notification": {"alert": {"alert": "share/2026-03/901/901", "report": {"name": "reasons"}}},
    "reminder_failure": {
        "card": {"card_id": 901},
        "client": {"card_id": None, "client_id": 901},
    },
}
