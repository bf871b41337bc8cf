"""What several moderators need who share a desk: notes, claims, reasons to choose from, many decisions undone as one."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_KEPT = ["id", "comment_id", "revision_id", "number", "status", "origin", "user_id", "reasons", "labels", "undoes_id"]
_KEPT += ["decided_at"]
_KEPT_SINCE_NOW = [*_KEPT, "held_for", "bulk_id"]
_REFUSED = "decisions are only ever added"


def upgrade() -> None:
    with op.batch_alter_table("sites") as batch_op:
        batch_op.add_column(sa.Column("canned_reasons", sa.JSON(none_as_null=True), nullable=True))
        batch_op.add_column(sa.Column("guards_conflicts", sa.Boolean(), nullable=False, server_default=sa.true()))
        batch_op.add_column(sa.Column("keeps_originals_days", sa.Integer(), nullable=False, server_default="30"))
        batch_op.create_check_constraint(op.f("ck_sites_keeps_originals"), "keeps_originals_days > 0")
    op.add_column("threads", sa.Column("author", sa.Text(), nullable=True))
    op.add_column("users", sa.Column("preferences", sa.JSON(), nullable=False, server_default="{}"))
    with op.batch_alter_table("revisions") as batch_op:
        batch_op.add_column(sa.Column("redacts_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("keep_until", sa.DateTime(), nullable=True))
        batch_op.create_foreign_key(
            op.f("fk_revisions_redacts_id_revisions"), "revisions", ["redacts_id"], ["id"], ondelete="SET NULL"
        )
    _let_decisions_change()
    op.add_column("decisions", sa.Column("held_for", sa.String(length=40), nullable=True))
    op.add_column("decisions", sa.Column("author_message", sa.Text(), nullable=True))
    op.add_column("decisions", sa.Column("bulk_id", sa.String(length=40), nullable=True))
    op.create_index("ix_decisions_bulk", "decisions", ["bulk_id"])
    _fill_held_for()
    _keep_decisions("NEW.reason IS NULL AND NEW.author_message IS NULL", _KEPT_SINCE_NOW)
    with op.batch_alter_table("jobs") as batch_op:
        batch_op.drop_constraint(op.f("ck_jobs_kind_word"), type_="check")
        batch_op.create_check_constraint(op.f("ck_jobs_kind_word"), "kind IN ('callback', 'score', 'forget')")
    op.create_table(
        "notes",
        sa.Column("comment_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("written_at", sa.DateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comments.id"], name=op.f("fk_notes_comment_id_comments"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_notes_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notes")),
    )
    op.create_index("ix_notes_comment", "notes", ["comment_id", "id"])
    op.create_table(
        "claims",
        sa.Column("comment_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comments.id"], name=op.f("fk_claims_comment_id_comments"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_claims_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claims")),
        sa.UniqueConstraint("comment_id", name=op.f("uq_claims_comment_id")),
    )
    op.create_index("ix_claims_expires", "claims", ["expires_at"])
    op.create_index("ix_claims_user", "claims", ["user_id"])


def downgrade() -> None:
    op.drop_table("claims")
    op.drop_table("notes")
    op.execute("DELETE FROM jobs WHERE kind = 'forget'")
    with op.batch_alter_table("jobs") as batch_op:
        batch_op.drop_constraint(op.f("ck_jobs_kind_word"), type_="check")
        batch_op.create_check_constraint(op.f("ck_jobs_kind_word"), "kind IN ('callback', 'score')")
    _let_decisions_change()
    op.drop_index("ix_decisions_bulk", "decisions")
    for name in ("bulk_id", "author_message", "held_for"):
        op.drop_column("decisions", name)
    _keep_decisions("NEW.reason IS NULL", _KEPT)
    with op.batch_alter_table("revisions") as batch_op:
        batch_op.drop_constraint(op.f("fk_revisions_redacts_id_revisions"), type_="foreignkey")
        batch_op.drop_column("keep_until")
        batch_op.drop_column("redacts_id")
    op.drop_column("users", "preferences")
    op.drop_column("threads", "author")
    with op.batch_alter_table("sites") as batch_op:
        batch_op.drop_constraint(op.f("ck_sites_keeps_originals"), type_="check")
        for name in ("keeps_originals_days", "guards_conflicts", "canned_reasons"):
            batch_op.drop_column(name)


def _fill_held_for() -> None:
    """Say of every decision to hold why it was, which stood only on the comment until now."""
    decisions = sa.table("decisions", sa.column("id"), sa.column("held_for"))
    judged = sa.text("SELECT id, reasons FROM decisions WHERE origin = 'policy' AND status = 'held'").columns(
        sa.column("id", sa.Integer()), sa.column("reasons", sa.JSON())
    )
    for decision_id, reasons in op.get_bind().execute(judged).all():
        why = next((each for each in reasons if each["action"] == "hold"), None)
        held_for = (why["label"] or why["rule"]) if why else "otherwise"
        op.execute(decisions.update().where(decisions.c.id == decision_id).values(held_for=held_for))


def _let_decisions_change() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER decisions_stay")
    else:
        op.execute("DROP TRIGGER decisions_stay ON decisions")


def _keep_decisions(erased: str, kept: list[str]) -> None:
    """Refuse whatever changes a decision but the erasing of its words."""
    if op.get_bind().dialect.name == "sqlite":
        same = " AND ".join(f"NEW.{column} IS OLD.{column}" for column in kept)
        op.execute(
            f"CREATE TRIGGER decisions_stay BEFORE UPDATE ON decisions WHEN NOT ({erased} AND {same}) "
            f"BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END"
        )
        return
    same = " AND ".join(f"NEW.{column}::text IS NOT DISTINCT FROM OLD.{column}::text" for column in kept)
    op.execute(
        "CREATE OR REPLACE FUNCTION refuse_to_change_decisions() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF TG_OP = 'UPDATE' AND {erased} AND {same} THEN RETURN NEW; END IF; "
        "IF TG_OP = 'DELETE' AND NOT EXISTS (SELECT 1 FROM comments WHERE comments.id = OLD.comment_id) THEN RETURN OLD; "
        f"END IF; RAISE EXCEPTION '{_REFUSED}'; END $$"
    )
    op.execute(
        "CREATE TRIGGER decisions_stay BEFORE UPDATE OR DELETE ON decisions "
        "FOR EACH ROW EXECUTE FUNCTION refuse_to_change_decisions()"
    )
