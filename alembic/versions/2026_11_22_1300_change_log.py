"""One log of what was written: who, how, what was there before; sealed, never rewritten.

A later migration that rebuilds `change` or `change_seal` on SQLite (batch mode) drops their
triggers with the old table and has to make them again.
"""

import sqlalchemy as sa
from alembic import op

from backend.db.base import BigId, Instant, Json

revision = "2026_11_22_1300"
down_revision = "2026_11_22_1230"
branch_labels = None
depends_on = None

SEALED = ("change", "change_seal")
SQLITE = {
    "change": "id = NEW.id OR (kind = NEW.kind AND record_id = NEW.record_id"
    " AND version = NEW.version)",
    "change_seal": "id = NEW.id OR from_seq = NEW.from_seq OR to_seq = NEW.to_seq",
}

# Whoever adds to the log holds a lock that names a number below all of his: what lies under the
# lowest of these is complete. The first insert of a transaction takes it, before any number.
HOLD = """
    CREATE FUNCTION change_holds_the_horizon() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF coalesce(current_setting('voronka.logging', true), '') = '' THEN
            PERFORM set_config('voronka.logging', 'on', true);
            PERFORM pg_advisory_xact_lock_shared(
                (22098::bigint << 48) + coalesce(pg_sequence_last_value('change_id_seq'), 0) + 1);
        END IF;
        RETURN NULL;
    END $$"""

OLD = """
    INSERT INTO change (id, at, type, kind, record_id, version, actor_kind, actor_id, channel,
        changes)
    SELECT id, at, type, kind, record_id, version, actor_kind, actor_id,
        CASE actor_kind WHEN 'user' THEN 'web' ELSE actor_kind END, '[]'
    FROM outbox_event
    WHERE id IN (SELECT min(id) FROM outbox_event GROUP BY kind, record_id, version)
    ORDER BY id"""
READ = """
    INSERT INTO change_cursor (name, seq)
    SELECT 'relay', min(id) - 1 FROM outbox_event WHERE sent_at IS NULL HAVING count(*) > 0
    UNION ALL
    SELECT 'relay', max(id) FROM outbox_event HAVING count(*) > 0 AND count(sent_at) = count(*)"""
# An older version knows no log; it relays what is still to be relayed.
BACK = """
    INSERT INTO outbox_event (id, at, type, kind, record_id, version, actor_kind, actor_id)
    SELECT id, at, type, kind, record_id, version, actor_kind, actor_id
    FROM change
    WHERE id > coalesce((SELECT seq FROM change_cursor WHERE name = 'relay'), 0)
    ORDER BY id"""
COUNTED = "SELECT setval('{0}_id_seq', max(id)) FROM {0} HAVING count(*) > 0"


def upgrade() -> None:
    _tables()
    op.execute(OLD)
    op.execute(READ)
    op.drop_table("outbox_event")
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    for table in SEALED:
        for statement in _guards(table) if on_sqlite else _guard(table):
            op.execute(statement)
    if not on_sqlite:
        op.execute(COUNTED.format("change"))
        op.execute(HOLD)
        op.execute(
            "CREATE TRIGGER change_holds_the_horizon BEFORE INSERT ON change"
            " FOR EACH STATEMENT EXECUTE FUNCTION change_holds_the_horizon()"
        )


def _tables() -> None:
    op.create_table(
        "change",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("type", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("record_id", BigId, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("actor_kind", sa.String(length=8), nullable=False),
        sa.Column("actor_id", BigId, nullable=True),
        sa.Column("token_id", BigId, nullable=True),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.Column("request_id", sa.String(length=128), nullable=True),
        sa.Column(
            "changes", Json, nullable=False, comment="[{field, before, after}] as the API tells it"
        ),
        sa.CheckConstraint(
            "actor_kind IN ('user', 'token', 'worker', 'import')",
            name=op.f("ck_change_actor_kind_known"),
        ),
        sa.CheckConstraint(
            "channel IN ('web', 'token', 'worker', 'import', 'command')",
            name=op.f("ck_change_channel_known"),
        ),
        sa.CheckConstraint("version >= 1", name=op.f("ck_change_version_range")),
        sa.ForeignKeyConstraint(["actor_id"], ["app_user.id"], name=op.f("fk_change_actor_id")),
        sa.ForeignKeyConstraint(["token_id"], ["api_token.id"], name=op.f("fk_change_token_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_change")),
        sa.UniqueConstraint(
            "kind", "record_id", "version", name=op.f("uq_change_kind_record_id_version")
        ),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "change_seal",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("from_seq", BigId, nullable=False),
        sa.Column("to_seq", BigId, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column(
            "marks",
            sa.LargeBinary(),
            nullable=False,
            comment="number and short hash of each row",
        ),
        sa.CheckConstraint(
            "from_seq >= 1 AND from_seq <= to_seq AND count >= 1",
            name=op.f("ck_change_seal_range_is_whole"),
        ),
        sa.CheckConstraint("length(hash) = 64", name=op.f("ck_change_seal_hash_is_sha256")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_change_seal")),
        sa.UniqueConstraint("from_seq", name=op.f("uq_change_seal_from_seq")),
        sa.UniqueConstraint("to_seq", name=op.f("uq_change_seal_to_seq")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "change_cursor",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("seq", BigId, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_change_cursor")),
    )


def _guards(table: str) -> list[str]:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    # INSERT OR REPLACE deletes the rows it collides with and asks no DELETE trigger.
    there = f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {SQLITE[table]})"  # noqa: S608 - constants
    return [
        f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {refuse}",
        f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {refuse}",
        f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} {there} {refuse}",
    ]


def _guard(table: str) -> list[str]:
    return [
        f"""
        CREATE FUNCTION {table}_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '{table} is append-only' USING ERRCODE = 'restrict_violation';
        END $$""",
        f"""
        CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
        FOR EACH STATEMENT EXECUTE FUNCTION {table}_is_append_only()""",
    ]


def downgrade() -> None:
    op.create_table(
        "outbox_event",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("type", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("record_id", BigId, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("actor_kind", sa.String(length=8), nullable=False),
        sa.Column("actor_id", BigId, nullable=True),
        sa.Column("sent_at", Instant(), nullable=True),
        sa.CheckConstraint(
            "actor_kind IN ('user', 'token', 'worker', 'import')",
            name=op.f("ck_outbox_event_actor_kind_known"),
        ),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["app_user.id"], name=op.f("fk_outbox_event_actor_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_event")),
        sqlite_autoincrement=True,
    )
    unsent = sa.text("sent_at IS NULL")
    op.create_index(
        "ix_outbox_event_unsent",
        "outbox_event",
        ["id"],
        sqlite_where=unsent,
        postgresql_where=unsent,
    )
    op.execute(BACK)
    for table in ("change_cursor", "change_seal", "change"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(COUNTED.format("outbox_event"))
        for table in SEALED:
            op.execute(f"DROP FUNCTION {table}_is_append_only()")
        op.execute("DROP FUNCTION change_holds_the_horizon()")
