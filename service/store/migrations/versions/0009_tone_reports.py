"""Tone reports, kept as they were made."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reports",
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("thread", sa.Text(), nullable=True),
        sa.Column("author_group", sa.Text(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("step", sa.String(length=16), nullable=False),
        sa.Column("zone", sa.String(length=60), nullable=False),
        sa.Column("models", sa.JSON(), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.Column("made_by", sa.String(length=16), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("report", sa.JSON(), nullable=False),
        sa.Column("quoted", sa.JSON(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint("starts_on < ends_on", name=op.f("ck_reports_period")),
        sa.CheckConstraint("(made_by = 'person') = (user_id IS NOT NULL)", name=op.f("ck_reports_person_is_named")),
        sa.CheckConstraint(
            "made_by IN ('person', 'site', 'command', 'schedule')", name=op.f("ck_reports_made_by_word")
        ),
        sa.CheckConstraint("step IN ('day', 'week', 'month')", name=op.f("ck_reports_step_word")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_reports_site_id_sites"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_reports_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_reports_site", "reports", ["site_id", "id"])


def downgrade() -> None:
    op.drop_table("reports")
