"""Comments that are drawn at random to be checked: of which, when, and which of them wait."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "draws",
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("thread_id", sa.Integer(), nullable=True),
        sa.Column("author_group", sa.Text(), nullable=True),
        sa.Column("since", sa.DateTime(), nullable=False),
        sa.Column("until", sa.DateTime(), nullable=False),
        sa.Column("zone", sa.String(length=60), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("drawn_at", sa.DateTime(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("called_off_at", sa.DateTime(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint("since < until", name=op.f("ck_draws_stretch")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_draws_site_id_sites"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["thread_id"], ["threads.id"], name=op.f("fk_draws_thread_id_threads"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_draws_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draws")),
    )
    op.create_index("ix_draws_site", "draws", ["site_id", "id"])
    op.create_table(
        "drawn_comments",
        sa.Column("draw_id", sa.Integer(), nullable=False),
        sa.Column("comment_id", sa.Integer(), nullable=False),
        sa.Column("after", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["draw_id"], ["draws.id"], name=op.f("fk_drawn_comments_draw_id_draws"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comments.id"], name=op.f("fk_drawn_comments_comment_id_comments"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drawn_comments")),
        sa.UniqueConstraint("draw_id", "comment_id", name=op.f("uq_drawn_comments_draw_id_comment_id")),
    )
    op.create_index("ix_drawn_comments_comment", "drawn_comments", ["comment_id"])
    op.add_column("comments", sa.Column("check_place", sa.Float(), nullable=True))
    waits = sa.text("check_place IS NOT NULL")
    op.create_index("ix_comments_check", "comments", ["check_place", "id"], sqlite_where=waits, postgresql_where=waits)


def downgrade() -> None:
    op.drop_index("ix_comments_check", "comments")
    op.drop_column("comments", "check_place")
    op.drop_table("drawn_comments")
    op.drop_table("draws")
