"""Reports that are made by themselves and sent by mail: a site's schedule, and what was made of it."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_KINDS = "kind IN ('callback', 'score', 'explain', 'forget')"
_KINDS_SINCE_NOW = "kind IN ('callback', 'score', 'explain', 'forget', 'report', 'mail')"


def upgrade() -> None:
    op.create_table(
        "report_schedules",
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("stretch", sa.String(length=16), nullable=False),
        sa.Column("zone", sa.String(length=60), nullable=False),
        sa.Column("days_after", sa.Integer(), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("recipients", sa.JSON(), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("is_paused", sa.Boolean(), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("next_at", sa.DateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint("stretch IN ('week', 'month')", name=op.f("ck_report_schedules_stretch_word")),
        sa.ForeignKeyConstraint(
            ["site_id"], ["sites.id"], name=op.f("fk_report_schedules_site_id_sites"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_schedules")),
        sa.UniqueConstraint("site_id", name=op.f("uq_report_schedules_site_id")),
    )
    op.create_table(
        "report_runs",
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("stretch", sa.String(length=16), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("zone", sa.String(length=60), nullable=False),
        sa.Column("passed_over", sa.Integer(), nullable=False),
        sa.Column("report_id", sa.Integer(), nullable=True),
        sa.Column("begun_at", sa.DateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint("stretch IN ('week', 'month')", name=op.f("ck_report_runs_stretch_word")),
        sa.CheckConstraint("starts_on < ends_on", name=op.f("ck_report_runs_period")),
        sa.ForeignKeyConstraint(
            ["site_id"], ["sites.id"], name=op.f("fk_report_runs_site_id_sites"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["report_id"], ["reports.id"], name=op.f("fk_report_runs_report_id_reports"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_runs")),
        sa.UniqueConstraint("site_id", "stretch", "starts_on", name=op.f("uq_report_runs_site_id_stretch_starts_on")),
    )
    op.create_index("ix_report_runs_report", "report_runs", ["report_id"])
    with op.batch_alter_table("jobs") as batch_op:
        batch_op.add_column(sa.Column("run_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(
            op.f("fk_jobs_run_id_report_runs"), "report_runs", ["run_id"], ["id"], ondelete="CASCADE"
        )
        batch_op.drop_constraint(op.f("ck_jobs_kind_word"), type_="check")
        batch_op.create_check_constraint(op.f("ck_jobs_kind_word"), _KINDS_SINCE_NOW)
        batch_op.create_check_constraint(
            op.f("ck_jobs_report_says_which"), "(kind IN ('report', 'mail')) = (run_id IS NOT NULL)"
        )
        batch_op.create_index("ix_jobs_run", ["run_id", "id"])


def downgrade() -> None:
    op.execute("DELETE FROM jobs WHERE run_id IS NOT NULL")
    with op.batch_alter_table("jobs") as batch_op:
        batch_op.drop_index("ix_jobs_run")
        for name in ("report_says_which", "kind_word"):
            batch_op.drop_constraint(op.f(f"ck_jobs_{name}"), type_="check")
        batch_op.create_check_constraint(op.f("ck_jobs_kind_word"), _KINDS)
        batch_op.drop_constraint(op.f("fk_jobs_run_id_report_runs"), type_="foreignkey")
        batch_op.drop_column("run_id")
    op.drop_table("report_runs")
    op.drop_table("report_schedules")
