"""What other people's protocols need: their numbers of a comment, feedback, messages seen, secrets being changed."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("previous_webhook_secret", "previous_coral_secret", "akismet_key"):
        op.add_column("sites", sa.Column(name, sa.Text(), nullable=True))
    op.add_column("comments", sa.Column("protocol", sa.String(length=16), nullable=False, server_default="native"))
    op.create_table(
        "checks",
        sa.Column("guid", sa.String(length=40), nullable=False),
        sa.Column("comment_id", sa.Integer(), nullable=False),
        sa.Column("checked_at", sa.DateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comments.id"], name=op.f("fk_checks_comment_id_comments"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checks")),
        sa.UniqueConstraint("guid", name=op.f("uq_checks_guid")),
    )
    op.create_index("ix_checks_comment", "checks", ["comment_id", "id"])
    op.create_table(
        "feedback",
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("text_hash", sa.String(length=64), nullable=False),
        sa.Column("scores", sa.JSON(), nullable=False),
        sa.Column("context", sa.JSON(), nullable=False),
        sa.Column("given_at", sa.DateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_feedback_site_id_sites"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback")),
    )
    op.create_index("ix_feedback_site", "feedback", ["site_id", "id"])
    op.create_index("ix_feedback_text", "feedback", ["site_id", "text_hash"])
    op.create_table(
        "messages",
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.String(length=255), nullable=False),
        sa.Column("received_at", sa.DateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_messages_site_id_sites"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
        sa.UniqueConstraint("site_id", "message_id", name=op.f("uq_messages_site_id_message_id")),
    )
    op.create_index("ix_messages_received", "messages", ["received_at"])


def downgrade() -> None:
    for name in ("messages", "feedback", "checks"):
        op.drop_table(name)
    op.drop_column("comments", "protocol")
    for name in ("akismet_key", "previous_coral_secret", "previous_webhook_secret"):
        op.drop_column("sites", name)
