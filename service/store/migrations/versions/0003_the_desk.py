"""What the desk's lists are ordered, filtered and searched by."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

PATIENCE_SECONDS = 4 * 86_400
"""What it was in the policy when this was written."""


_NUMBERED_FOR_GOOD = {"sqlite_autoincrement": True}
"""SQLite's tables are made anew by a batch; this one gives no number twice."""


def upgrade() -> None:
    highest = _highest_number()
    with op.batch_alter_table("sites") as batch_op:
        batch_op.add_column(sa.Column("longest_wait_hours", sa.Integer(), nullable=False, server_default="72"))
        batch_op.add_column(sa.Column("help_text", sa.Text(), nullable=True))
        batch_op.create_check_constraint(op.f("ck_sites_longest_wait"), "longest_wait_hours > 0")
    with op.batch_alter_table("comments", table_kwargs=_NUMBERED_FOR_GOOD) as batch_op:
        batch_op.add_column(sa.Column("priority", sa.Double(), nullable=True))
        batch_op.add_column(sa.Column("due_at", sa.DateTime(), nullable=True))
        batch_op.add_column(sa.Column("is_pinned", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("held_for", sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column("decided_at", sa.DateTime(), nullable=True))
        batch_op.add_column(sa.Column("reported_at", sa.DateTime(), nullable=True))
    _fill_comments()
    with op.batch_alter_table("comments", table_kwargs=_NUMBERED_FOR_GOOD) as batch_op:
        batch_op.alter_column("priority", existing_type=sa.Double(), nullable=False)
        batch_op.alter_column("due_at", existing_type=sa.DateTime(), nullable=False)
        batch_op.drop_index("ix_comments_queue")
        batch_op.create_index("ix_comments_queue", ["status", "is_pinned", "priority", "id"])
        batch_op.create_index("ix_comments_due", ["status", "is_pinned", "due_at", "id"])
        batch_op.create_index("ix_comments_status", ["status", "id"])
        batch_op.create_index("ix_comments_decided", ["decided_at", "id"])
        batch_op.create_index("ix_comments_reported", ["reported_at", "id"])
        batch_op.create_index("ix_comments_pinned", ["is_pinned", "priority", "id"])
    if highest:
        op.execute(f"UPDATE sqlite_sequence SET seq = {highest} WHERE name = 'comments'")
    _add_probabilities()
    _make_searchable()


def downgrade() -> None:
    op.execute("DROP TABLE comment_search")
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER comments_leave_search")
    else:
        op.execute("DROP TEXT SEARCH CONFIGURATION undertone")
        op.execute("DROP TEXT SEARCH DICTIONARY undertone_endings")
    op.execute(sa.text("DELETE FROM comment_labels WHERE NOT is_called"))
    with op.batch_alter_table("comment_labels") as batch_op:
        batch_op.drop_index("ix_comment_labels_probability")
        batch_op.drop_index("ix_comment_labels_label")
        batch_op.drop_column("is_called")
        batch_op.drop_column("probability")
        batch_op.create_index("ix_comment_labels_label", ["label", "comment_id"])
    with op.batch_alter_table("comments", table_kwargs=_NUMBERED_FOR_GOOD) as batch_op:
        for name in ("pinned", "reported", "decided", "status", "due", "queue"):
            batch_op.drop_index(f"ix_comments_{name}")
        for name in ("reported_at", "decided_at", "held_for", "is_pinned", "due_at", "priority"):
            batch_op.drop_column(name)
        batch_op.create_index("ix_comments_queue", ["status", "urgency", "id"])
    with op.batch_alter_table("sites") as batch_op:
        batch_op.drop_constraint(op.f("ck_sites_longest_wait"), type_="check")
        batch_op.drop_column("help_text")
        batch_op.drop_column("longest_wait_hours")


def _highest_number() -> int:
    """Return the highest number that a comment was ever given, which SQLite would forget; 0 elsewhere."""
    if op.get_bind().dialect.name != "sqlite":
        return 0
    return int(op.get_bind().scalar(sa.text("SELECT seq FROM sqlite_sequence WHERE name = 'comments'")) or 0)


def _fill_comments() -> None:
    """Give the comments that are there what new ones are given when they come in."""
    if op.get_bind().dialect.name == "sqlite":
        since = "(julianday(received_at) - 2440587.5) * 86400"
        due = "strftime('%Y-%m-%d %H:%M:%f000', received_at, '+72 hours')"
    else:
        since, due = "extract(epoch from received_at)", "received_at + interval '72 hours'"
    op.execute(f"UPDATE comments SET priority = urgency - {since} / {PATIENCE_SECONDS}, due_at = {due}")
    op.execute(
        "UPDATE comments SET decided_at = (SELECT d.decided_at FROM decisions d WHERE d.comment_id = comments.id "
        "AND d.origin = 'person' AND d.undoes_id IS NULL ORDER BY d.number DESC LIMIT 1)"
    )
    comments = sa.table("comments", sa.column("id"), sa.column("held_for"))
    judged = sa.text(
        "SELECT d.comment_id, d.reasons FROM decisions d JOIN comments c ON c.id = d.comment_id "
        "WHERE d.origin = 'policy' AND d.status = 'held' ORDER BY d.comment_id, d.number"
    ).columns(sa.column("comment_id", sa.Integer()), sa.column("reasons", sa.JSON()))
    for comment_id, reasons in op.get_bind().execute(judged).all():
        why = next((each for each in reasons if each["action"] == "hold"), None)
        held_for = (why["label"] or why["rule"]) if why else "otherwise"
        op.execute(comments.update().where(comments.c.id == comment_id).values(held_for=held_for))


def _add_probabilities() -> None:
    """Keep every label's probability in a column, where only the called labels' names were."""
    with op.batch_alter_table("comment_labels") as batch_op:
        batch_op.add_column(sa.Column("probability", sa.Double(), nullable=True))
        batch_op.add_column(sa.Column("is_called", sa.Boolean(), nullable=False, server_default=sa.true()))
    labels = sa.table(
        "comment_labels", *(sa.column(name) for name in ("comment_id", "label", "probability", "is_called"))
    )
    latest = sa.text(
        "SELECT r.comment_id, s.probabilities, s.labels FROM scores s JOIN revisions r ON r.id = s.revision_id "
        "WHERE s.id = (SELECT max(t.id) FROM scores t WHERE t.revision_id = r.id) "
        "AND r.number = (SELECT max(q.number) FROM revisions q WHERE q.comment_id = r.comment_id)"
    ).columns(
        sa.column("comment_id", sa.Integer()), sa.column("probabilities", sa.JSON()), sa.column("labels", sa.JSON())
    )
    kinds = {"insult", "threat", "identity_attack", "profanity", "severe"}
    found = op.get_bind().execute(latest).all()
    op.execute(labels.delete())
    for comment_id, probabilities, called in found:
        for label, p in probabilities.items():
            if label not in kinds:
                row = {"comment_id": comment_id, "label": label, "probability": p, "is_called": label in called}
                op.execute(labels.insert().values(**row))
    with op.batch_alter_table("comment_labels") as batch_op:
        batch_op.alter_column("probability", existing_type=sa.Double(), nullable=False)
        batch_op.alter_column("is_called", existing_type=sa.Boolean(), server_default=None)
        batch_op.drop_index("ix_comment_labels_label")
        batch_op.create_index("ix_comment_labels_label", ["label", "is_called", "comment_id"])
        batch_op.create_index("ix_comment_labels_probability", ["label", "probability", "comment_id"])


def _make_searchable() -> None:
    """Make the index of all words, each kind of database its own way; it is asked by `store/search.py` alone."""
    words = (
        "(SELECT coalesce(c.author_name, '') || ' ' || r.text FROM revisions r "
        "WHERE r.comment_id = c.id ORDER BY r.number DESC LIMIT 1)"
    )
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE VIRTUAL TABLE comment_search USING fts5(words, tokenize='porter unicode61 remove_diacritics 2')"
        )
        op.execute(f"INSERT INTO comment_search (rowid, words) SELECT c.id, {words} FROM comments c")
        op.execute(
            "CREATE TRIGGER comments_leave_search AFTER DELETE ON comments "
            "BEGIN DELETE FROM comment_search WHERE rowid = OLD.id; END"
        )
        return
    # English endings as PostgreSQL knows them, but every word kept: its own configuration drops "not" and "don't".
    op.execute("CREATE TEXT SEARCH DICTIONARY undertone_endings (TEMPLATE = snowball, Language = english)")
    op.execute("CREATE TEXT SEARCH CONFIGURATION undertone (COPY = english)")
    op.execute(
        "ALTER TEXT SEARCH CONFIGURATION undertone ALTER MAPPING FOR "
        "asciiword, word, asciihword, hword, hword_asciipart, hword_part WITH undertone_endings"
    )
    op.execute(
        "CREATE TABLE comment_search (rowid integer PRIMARY KEY REFERENCES comments (id) ON DELETE CASCADE, "
        "words tsvector NOT NULL)"
    )
    op.execute("CREATE INDEX ix_comment_search_words ON comment_search USING gin (words)")
    op.execute(f"INSERT INTO comment_search SELECT c.id, to_tsvector('undertone', {words}) FROM comments c")
