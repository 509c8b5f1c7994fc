"""All tables; importing this package fills the metadata."""

from backend.db.base import metadata
from backend.db.models.activities import activity
from backend.db.models.cards import card
from backend.db.models.catalog import product
from backend.db.models.changes import change, change_cursor, change_seal
from backend.db.models.clients import churn_interval, client, contact
from backend.db.models.company import choice, company
from backend.db.models.deals import deal, deal_line
from backend.db.models.events import (
    card_event,
    card_funnel,
    card_stage_visit,
    idempotency_key,
    worker_heartbeat,
)
from backend.db.models.imports import imported_record, loaded_card
from backend.db.models.leads import lead
from backend.db.models.letters import letter
from backend.db.models.offers import offer, offer_line, offer_revision
from backend.db.models.operations import admission, record_check, server_process
from backend.db.models.pipelines import activation_target, pipeline, pipeline_closed, reason, stage
from backend.db.models.reminders import (
    notification,
    reminder_failure,
    reminder_firing,
    reminder_rule,
)
from backend.db.models.renewals import (
    agreement,
    agreement_file,
    renewal,
    renewal_activation,
    sweep_run,
)
from backend.db.models.tasks import task
from backend.db.models.users import api_token, app_user, role, team, team_head, user_session

__all__ = [
    "activation_target", "activity", "admission", "agreement", "agreement_file", "api_token",
    "app_user", "card", "card_event", "card_funnel", "card_stage_visit", "change", "change_cursor",
    "change_seal", "choice", "churn_interval", "client", "company", "contact", "deal", "deal_line",
    "idempotency_key", "imported_record", "lead", "letter", "loaded_card", "metadata",
    "notification", "offer", "offer_line", "offer_revision", "pipeline", "pipeline_closed",
    "product", "reason", "record_check", "reminder_failure", "reminder_firing", "reminder_rule",
    "renewal", "renewal_activation", "role", "server_process", "stage", "sweep_run", "task", "team",
    "team_head", "user_session", "worker_heartbeat",
]  # fmt: skip
