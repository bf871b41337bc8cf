"""The jobs table, which is also the outbox: a job is written in the transaction of the change that caused it."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, Update, case, func, or_, select, update
from sqlalchemy.orm import Session, aliased, joinedload

from service.domain.events import Event
from service.store.tables import (
    CommentRow,
    EndpointRow,
    JobKind,
    JobRow,
    JobStatus,
    ReportRunRow,
    SiteRow,
    as_id,
    find,
)

PAGE = 100

_ASIDE = (JobKind.REPORT, JobKind.MAIL)
"""What may take long and is nothing between us and one site: one of each kind at a time, whosever it is, and no site's
other jobs wait for it."""


def add(
    session: Session,
    kind: JobKind,
    about: CommentRow | SiteRow,
    *,
    run_after: datetime,
    now: datetime,
    decision_id: int | None = None,
    event: Event | None = None,
    endpoint: EndpointRow | None = None,
    run: ReportRunRow | None = None,
    payload: Mapping[str, Any] | None = None,
) -> JobRow:
    """Write a job about a comment or a whole site, to be run after a moment."""
    job = JobRow(
        kind=kind,
        site_id=about.id if isinstance(about, SiteRow) else about.site_id,
        comment_id=None if isinstance(about, SiteRow) else about.id,
        decision_id=decision_id,
        event=event,
        endpoint_id=endpoint.id if endpoint else None,
        run_id=run.id if run else None,
        payload=None if payload is None else dict(payload),
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


def forget_words(session: Session, comment: CommentRow) -> None:
    """Erase what was said about a comment: what was sent, and a site's refusal, which may quote what it refused."""
    session.execute(_of(comment).values(last_error=None, sent=None))


def erase(session: Session, comment: CommentRow) -> None:
    """Erase what jobs know of a comment that goes, and not only the words."""
    session.execute(_of(comment).values(last_error=None, sent=None, payload=None))


def callbacks_of(session: Session, comment: CommentRow, event: Event | None = None) -> Sequence[JobRow]:
    """Return a comment's callbacks, all or of one event, as they are now, the newest first.

    No worker takes one of them until this transaction ends.
    """
    rows = select(JobRow).where(JobRow.comment_id == comment.id, JobRow.kind == JobKind.CALLBACK)
    if event:
        rows = rows.where(JobRow.event == event)
    rows = rows.options(joinedload(JobRow.decision)).order_by(JobRow.id.desc())
    fresh = {"populate_existing": True}  # a worker may have taken one since this transaction first saw it
    return session.scalars(rows.with_for_update(of=JobRow), execution_options=fresh).all()


def page(
    session: Session, status: JobStatus | None = None, before: int | None = None, limit: int = PAGE
) -> Sequence[JobRow]:
    """Return jobs, newest first, that were written before the job `before`."""
    shown = (JobRow.comment, JobRow.decision, JobRow.endpoint)
    rows = select(JobRow).options(*map(joinedload, shown))
    if status:
        rows = rows.where(JobRow.status == status)
    if before is not None:
        rows = rows.where(JobRow.id < as_id(before))
    return session.scalars(rows.order_by(JobRow.id.desc()).limit(limit)).all()


def count(session: Session, status: JobStatus) -> int:
    """Return how many jobs stand there."""
    return session.scalar(select(func.count()).where(JobRow.status == status)) or 0


def _of(comment: CommentRow) -> Update:
    return update(JobRow).where(JobRow.comment_id == comment.id)


def _due(now: datetime) -> Select[JobRow]:
    """Select what may be run: one job of a site at a time, so that a site that does not answer holds up no other.

    What a paused endpoint is to be told waits until it is not paused any more.
    """
    taken = aliased(JobRow)
    held = (taken.status == JobStatus.WAITING, taken.leased_until >= now)
    busy_sites = select(taken.site_id).where(*held, taken.kind.not_in(_ASIDE))
    busy_kinds = select(taken.kind).where(*held, taken.kind.in_(_ASIDE))
    paused = select(EndpointRow.id).where(EndpointRow.is_paused)
    return select(JobRow).where(
        JobRow.status == JobStatus.WAITING,
        JobRow.run_after <= now,
        or_(JobRow.leased_until.is_(None), JobRow.leased_until < now),
        case((JobRow.kind.in_(_ASIDE), JobRow.kind.not_in(busy_kinds)), else_=JobRow.site_id.not_in(busy_sites)),
        or_(JobRow.endpoint_id.is_(None), JobRow.endpoint_id.not_in(paused)),
    )
