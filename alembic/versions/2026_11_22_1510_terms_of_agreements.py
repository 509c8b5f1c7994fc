"""What an agreement says beside its period: consumption, notice, the contract; how a date came."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from alembic import op
from alembic.operations import BatchOperations

from backend.db.base import Instant, Json

revision = "2026_11_22_1510"
down_revision = "2026_11_22_1500"
branch_labels = None
depends_on = None

ZERO, EMPTY, NO = sa.text("0"), sa.text("'{}'"), sa.false()
WHOLE = "(consumption IS NULL) = (consumption_per IS NULL)"
CONSUMPTION = {"consumption_range": "consumption > 0", "consumption_has_period": WHOLE}
CHECKS = {
    "product": CONSUMPTION,
    "deal_line": CONSUMPTION,
    "agreement": {
        **CONSUMPTION,
        "signature_status_known": "signature_status IN ('draft', 'sent', 'signed', 'original')",
    },
    "renewal": {
        "date_source_known": "date_source IN ('manual', 'period', 'consumption')",
        "quantity_range": "quantity > 0",
        "spread_days_range": "spread_days >= 0",
        "reviewed_ones_wait": "review_since IS NULL OR waiting",
    },
}


def _consumption() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("consumption", sa.BigInteger, comment="thousandths of a unit"),
        sa.Column("consumption_per", sa.String(8)),
    )


def _columns() -> dict[str, tuple[sa.Column[Any], ...]]:
    return {
        "company": (
            sa.Column(
                "consumption", Json, nullable=False, server_default=EMPTY,
                comment="by category of products: thousandths of a unit, and the period",
            ),
        ),
        "product": _consumption(),
        "deal_line": _consumption(),
        "agreement": (
            sa.Column(
                "notice_period", sa.String(8),
                comment="it prolongs itself unless cancelled before",
            ),
            *_consumption(),
            sa.Column("framework", sa.Boolean, nullable=False, server_default=NO),
            sa.Column("contract_number", sa.String(64)),
            sa.Column("signed_on", sa.Date),
            sa.Column("signature_status", sa.String(16)),
            sa.Column("valid_until", sa.Date),
        ),
        "renewal": (
            sa.Column("date_source", sa.String(16), nullable=False, server_default="manual"),
            sa.Column(
                "quantity", sa.BigInteger, comment="what the term covers: thousandths of a unit"
            ),
            sa.Column("forecast", Json, comment="what a date by consumption rests on"),
            sa.Column("spread_days", sa.Integer, nullable=False, server_default=ZERO),
            sa.Column(
                "review_since", Instant, comment="a person decides whether it comes into work"
            ),
        ),
    }  # fmt: skip


@contextmanager
def _altered(name: str) -> Iterator[BatchOperations]:
    """A table to be altered: built anew on SQLite, so that its text reads as it is declared."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    counting = {} if name in ("company", "renewal") else {"sqlite_autoincrement": True}
    recreate = "always" if sqlite else "never"
    with op.batch_alter_table(name, recreate=recreate, table_kwargs=counting) as table:
        if name == "company":  # an empty text is read back with brackets
            table.alter_column("name", server_default="")
        yield table


def upgrade() -> None:
    for name, columns in _columns().items():
        with _altered(name) as table:
            for column in columns:
                table.add_column(column)
            for check, rule in CHECKS.get(name, {}).items():
                table.create_check_constraint(op.f(f"ck_{name}_{check}"), rule)
    op.execute(
        "UPDATE renewal SET date_source = 'period' WHERE cycle > 1 AND slips = 0"
        " AND renewal_date = original_renewal_date AND agreement_id IN"
        " (SELECT id FROM agreement WHERE period IS NOT NULL AND anchor_cycle <> renewal.cycle)"
    )


def downgrade() -> None:
    for name, columns in reversed(_columns().items()):
        with _altered(name) as table:
            for check in CHECKS.get(name, {}):
                table.drop_constraint(op.f(f"ck_{name}_{check}"), type_="check")
            for column in columns:
                table.drop_column(column.name)
