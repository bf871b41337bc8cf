"""Why a comment is held stands in the indexes of the queue, so that it is asked for without reading every held comment."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_ORDERS = {"ix_comments_queue": "priority", "ix_comments_due": "due_at"}


def upgrade() -> None:
    for name, order in _ORDERS.items():
        op.drop_index(name, "comments")
        op.create_index(name, "comments", ["status", "is_pinned", order, "id", "held_for"])


def downgrade() -> None:
    for name, order in _ORDERS.items():
        op.drop_index(name, "comments")
        op.create_index(name, "comments", ["status", "is_pinned", order, "id"])
