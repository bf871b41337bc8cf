"""A site may have any number of addresses, each told of the events that it wants; what is told need be no decision."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_KINDS = "kind IN ('callback', 'score', 'forget')"
_KINDS_SINCE_NOW = "kind IN ('callback', 'score', 'forget', 'explain')"
_EVENTS = "event IN ('comment.decided', 'comment.rescored', 'report.ready')"


def upgrade() -> None:
    op.create_table(
        "endpoints",
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("events", sa.JSON(), nullable=False),
        sa.Column("is_paused", sa.Boolean(), nullable=False),
        sa.Column("failing_since", sa.DateTime(), nullable=True),
        sa.Column("disabled_at", sa.DateTime(), nullable=True),
        sa.Column("is_gone", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_endpoints_site_id_sites"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_endpoints")),
    )
    op.create_index("ix_endpoints_site", "endpoints", ["site_id", "id"])
    _make_endpoints()
    op.drop_column("sites", "callback_url")
    with op.batch_alter_table("jobs") as batch_op:
        for name in ("site_id", "endpoint_id", "answered"):
            batch_op.add_column(sa.Column(name, sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("event", sa.String(length=40), nullable=True))
        for name in ("payload", "sent"):
            batch_op.add_column(sa.Column(name, sa.JSON(none_as_null=True), nullable=True))
        batch_op.add_column(sa.Column("attempted_at", sa.DateTime(), nullable=True))
    _fill_jobs()
    with op.batch_alter_table("jobs") as batch_op:
        batch_op.alter_column("site_id", existing_type=sa.Integer(), nullable=False)
        batch_op.alter_column("comment_id", existing_type=sa.Integer(), nullable=True)
        batch_op.create_foreign_key(op.f("fk_jobs_site_id_sites"), "sites", ["site_id"], ["id"], ondelete="CASCADE")
        batch_op.create_foreign_key(
            op.f("fk_jobs_endpoint_id_endpoints"), "endpoints", ["endpoint_id"], ["id"], ondelete="CASCADE"
        )
        batch_op.drop_constraint(op.f("ck_jobs_kind_word"), type_="check")
        batch_op.create_check_constraint(op.f("ck_jobs_kind_word"), _KINDS_SINCE_NOW)
        batch_op.create_check_constraint(op.f("ck_jobs_event_word"), _EVENTS)
        batch_op.create_check_constraint(
            op.f("ck_jobs_callback_says_what"), "(kind = 'callback') = (event IS NOT NULL)"
        )
        batch_op.create_index("ix_jobs_endpoint", ["endpoint_id", "id"])
        batch_op.create_index("ix_jobs_endpoint_status", ["endpoint_id", "status", "id"])


def downgrade() -> None:
    op.execute("DELETE FROM jobs WHERE comment_id IS NULL OR kind = 'explain' OR event <> 'comment.decided'")
    with op.batch_alter_table("jobs") as batch_op:
        batch_op.drop_index("ix_jobs_endpoint_status")
        batch_op.drop_index("ix_jobs_endpoint")
        for name in ("callback_says_what", "event_word", "kind_word"):
            batch_op.drop_constraint(op.f(f"ck_jobs_{name}"), type_="check")
        batch_op.create_check_constraint(op.f("ck_jobs_kind_word"), _KINDS)
        for name in ("fk_jobs_endpoint_id_endpoints", "fk_jobs_site_id_sites"):
            batch_op.drop_constraint(op.f(name), type_="foreignkey")
        batch_op.alter_column("comment_id", existing_type=sa.Integer(), nullable=False)
        for name in ("attempted_at", "sent", "payload", "event", "answered", "endpoint_id", "site_id"):
            batch_op.drop_column(name)
    op.add_column("sites", sa.Column("callback_url", sa.Text(), nullable=True))
    _give_addresses_back()
    op.drop_index("ix_endpoints_site", "endpoints")
    op.drop_table("endpoints")


_SITES = sa.table(
    "sites",
    sa.column("id", sa.Integer()),
    sa.column("callback_url", sa.Text()),
    sa.column("created_at", sa.DateTime()),
)
_ENDPOINTS = sa.table(
    "endpoints",
    sa.column("id", sa.Integer()),
    sa.column("site_id", sa.Integer()),
    sa.column("url", sa.Text()),
    sa.column("events", sa.JSON()),
    sa.column("is_paused", sa.Boolean()),
    sa.column("is_gone", sa.Boolean()),
    sa.column("created_at", sa.DateTime()),
)


def _make_endpoints() -> None:
    """Turn every site's one address into its first endpoint."""
    told = sa.select(_SITES.c.id, _SITES.c.callback_url, _SITES.c.created_at).where(_SITES.c.callback_url.is_not(None))
    same = {"events": ["comment.decided"], "is_paused": False, "is_gone": False}
    for site_id, url, created_at in op.get_bind().execute(told.order_by(_SITES.c.id)).all():
        op.execute(_ENDPOINTS.insert().values(site_id=site_id, url=url, created_at=created_at, **same))


def _fill_jobs() -> None:
    """Say of every job whose it is, and of every callback whom it tells: its comment's own address, or its site's."""
    op.execute("UPDATE jobs SET site_id = (SELECT site_id FROM comments WHERE comments.id = jobs.comment_id)")
    op.execute("UPDATE jobs SET event = 'comment.decided' WHERE kind = 'callback'")
    op.execute(
        "UPDATE jobs SET endpoint_id = (SELECT endpoints.id FROM endpoints WHERE endpoints.site_id = jobs.site_id) "
        "WHERE kind = 'callback' AND comment_id IN "
        "(SELECT id FROM comments WHERE callback_url IS NULL AND protocol <> 'coral')"
    )


def _give_addresses_back() -> None:
    """Keep of every site's endpoints the first that hears of decisions."""
    rows = op.get_bind().execute(sa.select(_ENDPOINTS).order_by(_ENDPOINTS.c.id.desc())).all()
    for row in rows:
        if "comment.decided" in row.events:
            op.execute(_SITES.update().where(_SITES.c.id == row.site_id).values(callback_url=row.url))
