"""What an Akismet plugin asked, and how that went, month by month."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import extract, func, select
from sqlalchemy.orm import Session

from service.domain.comment import REFUSED, Status
from service.store.plain import put
from service.store.tables import CheckRow, CommentRow, DecisionRow, Origin, Protocol, SiteRow

Month = tuple[int, int]
"""Year and month."""


@dataclass
class Tally:
    """How many comments of a month are spam and how many are not, and where the site saw that otherwise."""

    calls: int = 0
    spam: int = 0
    ham: int = 0
    missed_spam: int = 0
    false_positives: int = 0


def add(session: Session, comment: CommentRow, guid: str, now: datetime) -> CheckRow:
    """Remember by which number a plugin knows a comment."""
    return put(session, CheckRow(guid=guid, comment_id=comment.id, checked_at=now))


def tallies(session: Session, site: SiteRow, since: datetime) -> dict[Month, Tally]:
    """Count what a site's plugin asked since a moment, month by month; what waits for a person is neither."""
    found: dict[Month, Tally] = {}
    for month, count in _calls(session, site, since):
        found.setdefault(month, Tally()).calls += count
    for month, status, count in _standing(session, site, since):
        tally = found.setdefault(month, Tally())
        tally.spam += count if status in REFUSED else 0
        tally.ham += count if status is Status.APPROVED else 0
    for month, status, count in _corrected(session, site, since):
        tally = found.setdefault(month, Tally())
        tally.missed_spam += count if status is Status.SPAM else 0
        tally.false_positives += count if status is Status.APPROVED else 0
    return found


def _calls(session: Session, site: SiteRow, since: datetime) -> list[tuple[Month, int]]:
    year, month = extract("year", CheckRow.checked_at), extract("month", CheckRow.checked_at)
    rows = select(year, month, func.count()).join(CommentRow, CheckRow.comment_id == CommentRow.id)
    rows = rows.where(CommentRow.site_id == site.id, CheckRow.checked_at >= since).group_by(year, month)
    return [((int(y), int(m)), count) for y, m, count in session.execute(rows)]


def _standing(session: Session, site: SiteRow, since: datetime) -> list[tuple[Month, Status, int]]:
    year, month = extract("year", CommentRow.received_at), extract("month", CommentRow.received_at)
    rows = select(year, month, CommentRow.status, func.count()).where(
        CommentRow.site_id == site.id, CommentRow.protocol == Protocol.AKISMET, CommentRow.received_at >= since
    )
    rows = rows.group_by(year, month, CommentRow.status)
    return [((int(y), int(m)), status, count) for y, m, status, count in session.execute(rows)]


def _corrected(session: Session, site: SiteRow, since: datetime) -> list[tuple[Month, Status, int]]:
    """Count the site's own decisions; one with a reason is of another kind than a person's there."""
    year, month = extract("year", CommentRow.received_at), extract("month", CommentRow.received_at)
    rows = select(year, month, DecisionRow.status, func.count(CommentRow.id.distinct()))
    rows = rows.join(DecisionRow, DecisionRow.comment_id == CommentRow.id).where(
        CommentRow.site_id == site.id,
        CommentRow.protocol == Protocol.AKISMET,
        CommentRow.received_at >= since,
        DecisionRow.origin == Origin.SITE,
        DecisionRow.reason.is_(None),
    )
    rows = rows.group_by(year, month, DecisionRow.status)
    return [((int(y), int(m)), status, count) for y, m, status, count in session.execute(rows)]
