"""Teams, roles, users, tokens, the company and its lists."""

import sqlalchemy as sa
from alembic import op

from backend.db.base import BigId, Exact, Instant, Json

revision = "2026_11_22_0900"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "role",
        sa.Column("key", sa.String(length=16), nullable=False),
        sa.Column("name_ru", sa.String(length=64), nullable=False),
        sa.Column("name_en", sa.String(length=64), nullable=False),
        sa.Column("reads", sa.String(length=8), nullable=False),
        sa.Column("writes", sa.String(length=8), nullable=False),
        sa.Column("settings", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.CheckConstraint(
            "reads IN ('none', 'own', 'team', 'all')", name=op.f("ck_role_reads_known")
        ),
        sa.CheckConstraint(
            "writes IN ('none', 'own', 'team', 'all')", name=op.f("ck_role_writes_known")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_role")),
    )

    op.create_table(
        "team",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("external_id", sa.String(length=128), nullable=True),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.CheckConstraint("length(name) > 0", name=op.f("ck_team_name_given")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_team")),
        sa.UniqueConstraint("name", name=op.f("uq_team_name")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "uq_team_external_id",
        "team",
        ["external_id"],
        unique=True,
        sqlite_where=sa.text("external_id IS NOT NULL"),
        postgresql_where=sa.text("external_id IS NOT NULL"),
    )

    op.create_table(
        "app_user",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("external_id", sa.String(length=128), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("email_key", Exact, nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("team_id", BigId, nullable=True),
        sa.Column("active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("locale", sa.String(length=8), server_default="ru", nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.CheckConstraint("locale IN ('ru', 'en')", name=op.f("ck_app_user_locale_known")),
        sa.CheckConstraint("length(name) > 0", name=op.f("ck_app_user_name_given")),
        sa.ForeignKeyConstraint(["role"], ["role.key"], name=op.f("fk_app_user_role")),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_app_user_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_app_user")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_app_user_team_id", "app_user", ["team_id"])
    op.create_index(
        "uq_app_user_email",
        "app_user",
        ["email_key"],
        unique=True,
        sqlite_where=sa.text("email_key IS NOT NULL"),
        postgresql_where=sa.text("email_key IS NOT NULL"),
    )
    op.create_index(
        "uq_app_user_external_id",
        "app_user",
        ["external_id"],
        unique=True,
        sqlite_where=sa.text("external_id IS NOT NULL"),
        postgresql_where=sa.text("external_id IS NOT NULL"),
    )

    op.create_table(
        "team_head",
        sa.Column("team_id", BigId, autoincrement=False, nullable=False),
        sa.Column("user_id", BigId, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_team_head_team_id")),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_team_head_user_id")),
        sa.PrimaryKeyConstraint("team_id", "user_id", name=op.f("pk_team_head")),
    )

    op.create_table(
        "api_token",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("user_id", BigId, nullable=False),
        sa.Column("made_by_id", BigId, nullable=True),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("prefix", sa.String(length=16), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("scopes", Json, nullable=False),
        sa.Column("expires_at", Instant(), nullable=True),
        sa.Column("revoked_at", Instant(), nullable=True),
        sa.Column("last_used_at", Instant(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.CheckConstraint("length(hash) = 64", name=op.f("ck_api_token_hash_is_sha256")),
        sa.ForeignKeyConstraint(
            ["made_by_id"], ["app_user.id"], name=op.f("fk_api_token_made_by_id")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_api_token_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("hash", name=op.f("uq_api_token_hash")),
        sqlite_autoincrement=True,
    )

    op.create_table(
        "company",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=255), server_default="", nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("locale", sa.String(length=8), nullable=False),
        sa.Column("week_start", sa.Integer(), nullable=False),
        sa.Column("sweep_hour", sa.Integer(), nullable=False),
        sa.Column("grace_days", sa.Integer(), nullable=False),
        sa.Column("offer_validity", sa.String(length=8), nullable=False),
        sa.Column(
            "discount_limit", sa.Integer(), nullable=False, comment="hundredths of a per cent"
        ),
        sa.Column("margin_floor", sa.Integer(), nullable=False, comment="hundredths of a per cent"),
        sa.Column("details", Json, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.CheckConstraint("locale IN ('ru', 'en')", name=op.f("ck_company_locale_known")),
        sa.CheckConstraint(
            "discount_limit BETWEEN 0 AND 10000", name=op.f("ck_company_discount_limit_range")
        ),
        sa.CheckConstraint("grace_days >= 0", name=op.f("ck_company_grace_days_range")),
        sa.CheckConstraint("id = 1", name=op.f("ck_company_one_row")),
        sa.CheckConstraint("length(currency) = 3", name=op.f("ck_company_currency_is_iso")),
        sa.CheckConstraint(
            "margin_floor BETWEEN 0 AND 10000", name=op.f("ck_company_margin_floor_range")
        ),
        sa.CheckConstraint("sweep_hour BETWEEN 0 AND 23", name=op.f("ck_company_sweep_hour_range")),
        sa.CheckConstraint("week_start BETWEEN 1 AND 7", name=op.f("ck_company_week_start_range")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_company")),
    )

    op.create_table(
        "choice",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("list", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name_ru", sa.String(length=255), nullable=False),
        sa.Column("name_en", sa.String(length=255), nullable=False),
        sa.Column("details", Json, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("archived", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint(
            "list IN ('client_status', 'client_segment', 'client_delete_reason', "
            "'blacklist_reason', 'grade', 'temperature', 'contact_type', 'outcome', 'source', "
            "'waiting_on', 'relation')",
            name=op.f("ck_choice_list_known"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_choice")),
        sa.UniqueConstraint("list", "key", name=op.f("uq_choice_list_key")),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    op.drop_table("choice")
    op.drop_table("company")
    op.drop_table("api_token")
    op.drop_table("team_head")
    op.drop_table("app_user")
    op.drop_table("team")
    op.drop_table("role")
