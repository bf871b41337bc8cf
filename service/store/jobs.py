"""The jobs table, which is also the outbox: a job is written in the transaction of the change that caused it."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Select, func, or_, select, update
from sqlalchemy.orm import Session, aliased, joinedload

from service.store.tables import LARGEST_ID, CommentRow, JobKind, JobRow, JobStatus, find

PAGE = 100


def add(
    session: Session,
    kind: JobKind,
    comment: CommentRow,
    *,
    run_after: datetime,
    now: datetime,
    decision_id: int | None = None,
) -> JobRow:
    """Write a job, to be run after a moment."""
    job = JobRow(
        kind=kind,
        comment_id=comment.id,
        decision_id=decision_id,
        message_id=f"msg_{uuid.uuid4().hex}",
        run_after=run_after,
        created_at=now,
    )
    session.add(job)
    session.flush()
    return job


def get(session: Session, job_id: int) -> JobRow | None:
    """Return a job."""
    return find(session, JobRow, job_id)


def is_due(session: Session, now: datetime) -> bool:
    """Whether a job can be had; asked before `lease`, so that an idle worker takes no write lock."""
    return session.scalar(select(_due(now).exists())) or False


def lease(session: Session, now: datetime, seconds: float) -> JobRow | None:
    """Take the job that has waited longest, for some seconds; whoever dies meanwhile loses it to the next."""
    due = _due(now).order_by(JobRow.run_after, JobRow.id).limit(1)
    job = session.scalar(due.with_for_update(of=JobRow, skip_locked=True))
    if job:
        job.leased_until = now + timedelta(seconds=seconds)
        job.attempts += 1
        session.flush()
    return job


def forget_errors(session: Session, comment: CommentRow) -> None:
    """Erase what went wrong with a comment's jobs: a site's refusal, kept to be shown, may quote what it refused."""
    session.execute(update(JobRow).where(JobRow.comment_id == comment.id).values(last_error=None))


def callbacks_of(session: Session, comment: CommentRow) -> Sequence[JobRow]:
    """Return the callbacks of a comment as they are now, the newest first; no worker takes one until this ends."""
    rows = select(JobRow).where(JobRow.comment_id == comment.id, JobRow.kind == JobKind.CALLBACK)
    rows = rows.options(joinedload(JobRow.decision)).order_by(JobRow.id.desc())
    fresh = {"populate_existing": True}  # a worker may have taken one since this transaction first saw it
    return session.scalars(rows.with_for_update(of=JobRow), execution_options=fresh).all()


def page(
    session: Session, status: JobStatus | None = None, before: int | None = None, limit: int = PAGE
) -> Sequence[JobRow]:
    """Return jobs, newest first, that were written before the job `before`."""
    rows = select(JobRow).options(joinedload(JobRow.comment), joinedload(JobRow.decision))
    if status:
        rows = rows.where(JobRow.status == status)
    if before is not None:
        rows = rows.where(JobRow.id < min(before, LARGEST_ID))
    return session.scalars(rows.order_by(JobRow.id.desc()).limit(limit)).all()


def count(session: Session, status: JobStatus) -> int:
    """Return how many jobs stand there."""
    return session.scalar(select(func.count()).where(JobRow.status == status)) or 0


def _due(now: datetime) -> Select[JobRow]:
    """Select what may be run: one job of a site at a time, so that a site that does not answer holds up no other."""
    taken, its_comment = aliased(JobRow), aliased(CommentRow)
    busy_sites = (
        select(its_comment.site_id)
        .join(taken, taken.comment_id == its_comment.id)
        .where(taken.status == JobStatus.WAITING, taken.leased_until >= now)
    )
    return (
        select(JobRow)
        .join(CommentRow, JobRow.comment_id == CommentRow.id)
        .where(
            JobRow.status == JobStatus.WAITING,
            JobRow.run_after <= now,
            or_(JobRow.leased_until.is_(None), JobRow.leased_until < now),
            CommentRow.site_id.not_in(busy_sites),
        )
    )
