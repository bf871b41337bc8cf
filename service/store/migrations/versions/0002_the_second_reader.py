"""Whether a site wants the second reader to read everything, and whether it has read a comment."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("sites") as batch_op:
        batch_op.add_column(sa.Column("reads_twice", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("scores") as batch_op:
        batch_op.add_column(sa.Column("second_reader", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    with op.batch_alter_table("scores") as batch_op:
        batch_op.drop_column("second_reader")
    with op.batch_alter_table("sites") as batch_op:
        batch_op.drop_column("reads_twice")
