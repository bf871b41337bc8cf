"""Tone reports, as they were made."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, undefer

from service.domain.tone import Period, Scope, Step
from service.store.tables import Maker, ReportRow, SiteRow, UserRow, as_id

PAGE = 50


def add(
    session: Session,
    site: SiteRow,
    scope: Scope,
    period: Period,
    step: Step,
    *,
    zone: str,
    models: Sequence[str],
    report: dict[str, Any],
    quoted: dict[str, list[int]],
    made_at: datetime,
    made_by: Maker,
    user: UserRow | None = None,
) -> ReportRow:
    """Add a report."""
    row = ReportRow(
        site=site,
        thread=scope.thread,
        author_group=scope.author_group,
        starts_on=period.start,
        ends_on=period.end,
        step=step,
        zone=zone,
        models=list(models),
        made_at=made_at,
        made_by=made_by,
        user=user,
        report=report,
        quoted=quoted,
    )
    session.add(row)
    session.flush()
    return row


def get(session: Session, report_id: int) -> ReportRow | None:
    """Return a report with all that it says."""
    rows = select(ReportRow).where(ReportRow.id == as_id(report_id))
    return session.scalar(rows.options(*_SHOWN, undefer(ReportRow.report)))


def page(
    session: Session, site_id: int | None = None, before: int | None = None, limit: int = PAGE
) -> Sequence[ReportRow]:
    """Return reports, newest first, that were made before the report `before`, without what they say."""
    rows = select(ReportRow).options(*_SHOWN)
    if site_id is not None:
        rows = rows.where(ReportRow.site_id == site_id)
    if before is not None:
        rows = rows.where(ReportRow.id < as_id(before))
    return session.scalars(rows.order_by(ReportRow.id.desc()).limit(limit)).all()


def latest(session: Session, site_id: int) -> ReportRow | None:
    """Return the report of a site that was made last."""
    return next(iter(page(session, site_id, limit=1)), None)


_SHOWN = (joinedload(ReportRow.site), joinedload(ReportRow.user))
