"""Comments that a report may quote."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.domain.comment import Status
from service.store import comments, counted
from service.store.tables import CommentRow, LabelRow, SiteRow, ThreadRow

MOST_READ = 12
"""So many are looked at for one label; some of them cannot be quoted."""


def surest(
    session: Session,
    site: SiteRow,
    label: str,
    since: datetime,
    until: datetime,
    thread: str | None = None,
    author_group: str | None = None,
) -> Sequence[CommentRow]:
    """Return readers' approved comments that the model is surest to be something, the surest first."""
    rows = (
        select(CommentRow.id)
        .join(LabelRow, LabelRow.comment_id == CommentRow.id)
        .where(
            LabelRow.label == label,
            LabelRow.is_called.is_(True),
            CommentRow.site_id == site.id,
            CommentRow.status == Status.APPROVED,
            CommentRow.is_pinned.is_(False),
            ~counted.is_staff(),
            CommentRow.created_at >= since,
            CommentRow.created_at < until,
        )
    )
    if thread is not None:
        rows = rows.join(ThreadRow, ThreadRow.id == CommentRow.thread_id).where(ThreadRow.url == thread)
    if author_group is not None:
        rows = rows.where(counted.is_of_group(author_group))
    numbers = session.scalars(rows.order_by(LabelRow.probability.desc(), CommentRow.id).limit(MOST_READ)).all()
    found = comments.of_numbers(session, numbers) if numbers else {}
    return [found[number] for number in numbers if number in found]
