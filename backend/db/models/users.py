"""Teams, roles, users and API tokens."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    String,
    Table,
    false,
    true,
)

from backend.db.base import (
    SQLITE,
    BigId,
    Exact,
    Instant,
    Json,
    metadata,
    one_of,
    pk,
    ref,
    times,
    unique_while,
    version,
)

REACHES = ("none", "own", "team", "all")

team = Table(
    "team",
    metadata,
    pk(),
    Column("external_id", String(128)),
    Column("name", String(128), nullable=False, unique=True),
    version(),
    *times(),
    CheckConstraint("length(name) > 0", name="name_given"),
    unique_while("external_id", "team", ("external_id",), "external_id IS NOT NULL"),
    **SQLITE,
)

role = Table(
    "role",
    metadata,
    Column("key", String(16), primary_key=True),
    Column("name_ru", String(64), nullable=False),
    Column("name_en", String(64), nullable=False),
    Column("reads", String(8), nullable=False),
    Column("writes", String(8), nullable=False),
    Column("settings", Boolean, nullable=False, server_default=false()),
    one_of("reads", REACHES),
    one_of("writes", REACHES),
)

app_user = Table(
    "app_user",
    metadata,
    pk(),
    Column("external_id", String(128)),
    Column("email", String(254), nullable=False),
    Column("email_key", Exact, nullable=False),
    Column("name", String(128), nullable=False),
    Column("role", String(16), ForeignKey("role.key"), nullable=False),
    ref("team_id", "team.id", nullable=True),
    Column("active", Boolean, nullable=False, server_default=true()),
    Column("locale", String(8), nullable=False, server_default="ru"),
    Column("password_hash", String(255)),
    version(),
    *times(),
    CheckConstraint("length(name) > 0", name="name_given"),
    one_of("locale", ("ru", "en")),
    unique_while("email", "app_user", ("email_key",), "email_key IS NOT NULL"),
    unique_while("external_id", "app_user", ("external_id",), "external_id IS NOT NULL"),
    Index("ix_app_user_team_id", "team_id"),
    **SQLITE,
)

# Further teams that a head leads besides his own.
team_head = Table(
    "team_head",
    metadata,
    Column("team_id", BigId, ForeignKey("team.id"), primary_key=True, autoincrement=False),
    Column("user_id", BigId, ForeignKey("app_user.id"), primary_key=True, autoincrement=False),
)

api_token = Table(
    "api_token",
    metadata,
    pk(),
    ref("user_id", "app_user.id"),
    ref("made_by_id", "app_user.id", nullable=True),
    Column("name", String(128), nullable=False),
    Column("prefix", String(16), nullable=False),
    Column("hash", String(64), nullable=False, unique=True),
    Column("scopes", Json, nullable=False),
    Column("expires_at", Instant),
    Column("revoked_at", Instant),
    Column("last_used_at", Instant),
    version(),
    *times(),
    CheckConstraint("length(hash) = 64", name="hash_is_sha256"),
    **SQLITE,
)

# Who is signed in in a browser; the browser alone has what was hashed.
user_session = Table(
    "user_session",
    metadata,
    Column("hash", String(64), primary_key=True),
    ref("user_id", "app_user.id"),
    Column("created_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    CheckConstraint("length(hash) = 64", name="hash_is_sha256"),
    CheckConstraint("expires_at > created_at", name="expires_later"),
    Index("ix_user_session_user_id", "user_id"),
)
