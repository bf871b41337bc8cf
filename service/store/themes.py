"""Themes: what a site's comments are about in a stretch of days, and which comment belongs to which."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session, joinedload, selectinload

from service.domain.comment import Status
from service.store.discussions import SiteDays
from service.store.tables import CommentRow, JobStatus, ThemeCommentRow, ThemeRow, ThemeRunRow, find

_AT_ONCE = 1_000


class Belonging(NamedTuple):
    """A comment that belongs to a theme, by their numbers."""

    theme_id: int
    comment_id: int
    likeness: float


def run_of(session: Session, stretch: SiteDays) -> ThemeRunRow | None:
    """Return the themes of a stretch of days, asked for or found."""
    rows = select(ThemeRunRow).where(
        ThemeRunRow.site_id == stretch.site_id, ThemeRunRow.start == stretch.start, ThemeRunRow.end == stretch.end
    )
    return session.scalar(rows.options(selectinload(ThemeRunRow.themes), joinedload(ThemeRunRow.site)))


def runs(session: Session, site_id: int, limit: int) -> Sequence[ThemeRunRow]:
    """Return what was asked for of a site, the latest stretch of days first."""
    rows = select(ThemeRunRow).where(ThemeRunRow.site_id == site_id)
    return session.scalars(rows.order_by(ThemeRunRow.end.desc(), ThemeRunRow.start).limit(limit)).all()


def get_run(session: Session, run_id: int) -> ThemeRunRow | None:
    """Return what was asked for."""
    return find(session, ThemeRunRow, run_id)


def get(session: Session, theme_id: int) -> ThemeRow | None:
    """Return a theme."""
    return find(session, ThemeRow, theme_id)


def ask(session: Session, stretch: SiteDays, now: datetime) -> ThemeRunRow:
    """Ask for the themes of a stretch of days, or for them anew; one that is being worked on is left alone."""
    row = run_of(session, stretch)
    if row is None:
        row = ThemeRunRow(site_id=stretch.site_id, start=stretch.start, end=stretch.end, asked_at=now, lost=[])
        session.add(row)
    elif row.status is JobStatus.WAITING and row.leased_until is not None and row.leased_until > now:
        return row
    row.status, row.progress, row.attempts = JobStatus.WAITING, 0.0, 0
    row.asked_at, row.leased_until, row.last_error = now, None, None
    session.flush()
    return row


def earlier(session: Session, run: ThemeRunRow) -> Sequence[ThemeRow]:
    """Return the themes of a site's last run before this one, for names that people gave."""
    last = (
        select(ThemeRunRow.id)
        .where(ThemeRunRow.site_id == run.site_id, ThemeRunRow.id != run.id, ThemeRunRow.status == JobStatus.DONE)
        .order_by(ThemeRunRow.end.desc(), ThemeRunRow.id.desc())
        .limit(1)
    )
    return session.scalars(select(ThemeRow).where(ThemeRow.run_id.in_(last)).order_by(ThemeRow.place)).all()


def keep_belonging(session: Session, run: ThemeRunRow, belonging: Iterable[Belonging]) -> None:
    """Keep which comments belong to a run's themes, instead of those that did."""
    of_run = select(ThemeRow.id).where(ThemeRow.run_id == run.id)
    session.execute(delete(ThemeCommentRow).where(ThemeCommentRow.theme_id.in_(of_run)))
    rows: list[dict[str, Any]] = [each._asdict() for each in belonging]
    for begin in range(0, len(rows), _AT_ONCE):
        session.execute(insert(ThemeCommentRow), rows[begin : begin + _AT_ONCE])


def counts(session: Session, run: ThemeRunRow) -> Mapping[int, int]:
    """Return how many comments that still stand published belong to each theme."""
    rows = (
        select(ThemeCommentRow.theme_id, func.count())
        .join(ThemeRow, ThemeRow.id == ThemeCommentRow.theme_id)
        .join(CommentRow, CommentRow.id == ThemeCommentRow.comment_id)
        .where(ThemeRow.run_id == run.id, CommentRow.status == Status.APPROVED)
        .group_by(ThemeCommentRow.theme_id)
    )
    return {row[0]: row[1] for row in session.execute(rows)}


def typical(session: Session, theme_ids: Sequence[int], limit: int) -> Sequence[int]:
    """Return the comments most like a theme, or like those merged into it, that still stand published."""
    rows = (
        select(ThemeCommentRow.comment_id)
        .join(CommentRow, CommentRow.id == ThemeCommentRow.comment_id)
        .where(ThemeCommentRow.theme_id.in_(theme_ids), CommentRow.status == Status.APPROVED)
        .order_by(ThemeCommentRow.likeness.desc(), ThemeCommentRow.comment_id)
    )
    return session.scalars(rows.limit(limit)).all()


def belonging(session: Session, run: ThemeRunRow) -> Sequence[Belonging]:
    """Return which comment belongs to which of a run's themes."""
    columns = (ThemeCommentRow.theme_id, ThemeCommentRow.comment_id, ThemeCommentRow.likeness)
    rows = select(*columns).join(ThemeRow, ThemeRow.id == ThemeCommentRow.theme_id).where(ThemeRow.run_id == run.id)
    return [Belonging(*row) for row in session.execute(rows.order_by(ThemeCommentRow.comment_id))]
