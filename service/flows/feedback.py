"""What a blog says that a text should have scored: kept, so that it can teach the next model."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from service.domain.comment import text_hash
from service.store.tables import FeedbackRow, SiteRow


def suggest(
    session: Session,
    site: SiteRow,
    text: str,
    scores: Mapping[str, float],
    context: Mapping[str, Any],
    now: datetime,
) -> FeedbackRow:
    """Keep what somebody outside says a text should have scored; the same said again is kept once."""
    hashed = text_hash(text)
    same_text = select(FeedbackRow).where(FeedbackRow.site_id == site.id, FeedbackRow.text_hash == hashed)
    for row in session.scalars(same_text):
        if row.scores == dict(scores) and row.context == dict(context):
            return row
    row = FeedbackRow(
        site_id=site.id, text=text, text_hash=hashed, scores=dict(scores), context=dict(context), given_at=now
    )
    session.add(row)
    session.flush()
    return row


def forget(session: Session, site: SiteRow, hashes: Iterable[str]) -> None:
    """Erase what a site said of texts with these hashes: one of their authors has the text erased."""
    session.execute(delete(FeedbackRow).where(FeedbackRow.site_id == site.id, FeedbackRow.text_hash.in_(set(hashes))))
