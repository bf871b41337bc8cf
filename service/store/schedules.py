"""When sites' reports are made by themselves, and what was made so far."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload, selectinload

from service.domain.stretches import Stretch
from service.domain.tone import Period
from service.store.tables import JobKind, JobRow, JobStatus, ReportRow, ReportRunRow, ScheduleRow, SiteRow, find

SHOWN = 12
"""So many runs stand on a page."""


def of_site(session: Session, site: SiteRow) -> ScheduleRow | None:
    """Return a site's schedule."""
    return session.scalar(select(ScheduleRow).where(ScheduleRow.site_id == site.id))


def all_of_them(session: Session) -> Sequence[ScheduleRow]:
    """Return every site's schedule."""
    return session.scalars(select(ScheduleRow).options(joinedload(ScheduleRow.site)).order_by(ScheduleRow.id)).all()


def is_due(session: Session, now: datetime) -> bool:
    """Whether a schedule has to be looked at; asked before `due`, so that whoever is idle takes no write lock."""
    return session.scalar(select(_due(now).exists())) or False


def due(session: Session, now: datetime) -> ScheduleRow | None:
    """Return a schedule that has to be looked at, which nobody else looks at until this transaction ends."""
    return session.scalar(_due(now).order_by(ScheduleRow.next_at).limit(1).with_for_update(skip_locked=True))


def add_run(
    session: Session, site: SiteRow, stretch: Stretch, period: Period, zone: str, passed_over: int, now: datetime
) -> ReportRunRow:
    """Add the one run of a stretch of time; the database refuses another."""
    run = ReportRunRow(
        site_id=site.id,
        stretch=stretch,
        starts_on=period.start,
        ends_on=period.end,
        zone=zone,
        passed_over=passed_over,
        begun_at=now,
    )
    session.add(run)
    session.flush()
    return run


def get_run(session: Session, run_id: int) -> ReportRunRow | None:
    """Return a run."""
    return find(session, ReportRunRow, run_id)


def locked_run(session: Session, run_id: int) -> ReportRunRow | None:
    """Return a run as it is now, which nobody else can change until this transaction ends."""
    rows = select(ReportRunRow).where(ReportRunRow.id == run_id).with_for_update()
    return session.scalar(rows, execution_options={"populate_existing": True})


def begun(session: Session, site: SiteRow, stretch: Stretch) -> list[date]:
    """Return the first days of the stretches of time that have a run."""
    rows = select(ReportRunRow.starts_on).where(ReportRunRow.site_id == site.id, ReportRunRow.stretch == stretch)
    return list(session.scalars(rows))


def runs(session: Session, site: SiteRow) -> Sequence[ReportRunRow]:
    """Return a site's latest runs with their jobs, the latest first."""
    rows = select(ReportRunRow).where(ReportRunRow.site_id == site.id)
    rows = rows.options(selectinload(ReportRunRow.jobs), joinedload(ReportRunRow.report).load_only(ReportRow.made_at))
    return session.scalars(rows.order_by(ReportRunRow.id.desc()).limit(SHOWN)).all()


def waiting_mails(session: Session, site: SiteRow) -> Sequence[JobRow]:
    """Return the mails of a site that have not left and are not given up; no worker takes one meanwhile."""
    waiting = (JobRow.site_id == site.id, JobRow.kind == JobKind.MAIL, JobRow.status == JobStatus.WAITING)
    fresh = {"populate_existing": True}
    return session.scalars(select(JobRow).where(*waiting).with_for_update(), execution_options=fresh).all()


def _due(now: datetime) -> Select[ScheduleRow]:
    return select(ScheduleRow).where(ScheduleRow.next_at <= now, ScheduleRow.is_paused.is_(False))
