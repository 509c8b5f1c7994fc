"""The history of a card can be added to, never rewritten; whoever tries is told so.

A later migration that rebuilds card_event on SQLite (batch mode) drops these triggers with the
old table and has to make them again.
"""

from alembic import op

revision = "2026_11_22_1000"
down_revision = "2026_11_22_0950"
branch_labels = None
depends_on = None

SQLITE = {
    "card_event_no_update": """
        CREATE TRIGGER card_event_no_update BEFORE UPDATE ON card_event
        BEGIN SELECT RAISE(ABORT, 'card_event is append-only'); END""",
    "card_event_no_delete": """
        CREATE TRIGGER card_event_no_delete BEFORE DELETE ON card_event
        BEGIN SELECT RAISE(ABORT, 'card_event is append-only'); END""",
    # INSERT OR REPLACE deletes the rows it collides with and asks no DELETE trigger.
    "card_event_no_replace": """
        CREATE TRIGGER card_event_no_replace BEFORE INSERT ON card_event
        WHEN EXISTS (SELECT 1 FROM card_event WHERE id = NEW.id)
          OR EXISTS (SELECT 1 FROM card_event WHERE card_id = NEW.card_id AND seq = NEW.seq)
          OR EXISTS (SELECT 1 FROM card_event WHERE voids_id = NEW.voids_id)
        BEGIN SELECT RAISE(ABORT, 'card_event is append-only'); END""",
}

POSTGRESQL = (
    """
        CREATE FUNCTION card_event_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'card_event is append-only' USING ERRCODE = 'restrict_violation';
        END $$""",
    """
        CREATE TRIGGER card_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON card_event
        FOR EACH STATEMENT EXECUTE FUNCTION card_event_is_append_only()""",
)


def upgrade() -> None:
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in SQLITE.values() if on_sqlite else POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for name in SQLITE:
            op.execute(f"DROP TRIGGER {name}")
        return
    op.execute("DROP TRIGGER card_event_append_only ON card_event")
    op.execute("DROP FUNCTION card_event_is_append_only()")
