"""Reports that somebody asked for on a page and that are not made yet, or were just made."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from service.store.tables import AskedReportRow, JobStatus, find


def get(session: Session, asked_id: int) -> AskedReportRow | None:
    """Return what was asked for."""
    return find(session, AskedReportRow, asked_id)


def locked(session: Session, asked_id: int) -> AskedReportRow | None:
    """Return what was asked for as it is now; nobody else changes it until this transaction ends."""
    rows = select(AskedReportRow).where(AskedReportRow.id == asked_id).with_for_update(of=AskedReportRow)
    return session.scalar(rows, execution_options={"populate_existing": True})


def waiting(session: Session) -> Sequence[AskedReportRow]:
    """Return what is not made yet, what was asked for first at the front."""
    rows = select(AskedReportRow).where(AskedReportRow.status == JobStatus.WAITING)
    rows = rows.options(joinedload(AskedReportRow.site), joinedload(AskedReportRow.user))
    return session.scalars(rows.order_by(AskedReportRow.asked_at, AskedReportRow.id)).all()
