"""What the blog's own people say of a comment: a decision by the site, or, of a comment we never saw, a note of it."""

from datetime import datetime

from sqlalchemy.orm import Session

from service.domain.comment import Status, text_hash
from service.flows import callbacks
from service.store import decisions
from service.store.tables import CommentRow, DecisionRow, FeedbackRow, Origin, SiteRow


def rule(
    session: Session, comment: CommentRow, status: Status, now: datetime, reason: str | None = None
) -> DecisionRow:
    """Write down that the site itself decided about a comment; it is not told back what it has said.

    A person's decision here is not changed: the site's is one more, with its own number.
    """
    last = comment.decision
    if last.origin is Origin.SITE and last.status is status:
        return last
    callbacks.cancel(session, comment, now)
    return decisions.add(session, comment, status, Origin.SITE, now, reason=reason)


def keep(session: Session, site: SiteRow, text: str, scores: dict[str, float], now: datetime) -> FeedbackRow:
    """Keep what a site says of a text that is no comment of ours: nothing but the text."""
    row = FeedbackRow(
        site_id=site.id, text=text, text_hash=text_hash(text), scores=dict(scores), context={}, given_at=now
    )
    session.add(row)
    session.flush()
    return row
