"""What somebody asked for and a worker makes: taken for a while, one of a kind at a time, and given up one day."""

from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session, aliased

from service.store.tables import AskedReportRow, JobStatus, ThemeRunRow

Row = TypeVar("Row", AskedReportRow, ThemeRunRow)

MOST_ATTEMPTS = 3


def is_due(session: Session, table: type[Row], now: datetime) -> bool:
    """Whether something can be made now; asked before `lease`, so that nothing is locked for nothing."""
    return session.scalar(select(_due(table, now).exists())) or False


def lease(session: Session, table: type[Row], now: datetime, seconds: float) -> Row | None:
    """Take what was asked for first, for some seconds; what nobody could finish is given up."""
    due = _due(table, now).order_by(table.asked_at, table.id).limit(1)
    row = session.scalar(due.with_for_update(of=table, skip_locked=True))
    if row is None:
        return None
    if row.attempts >= MOST_ATTEMPTS:
        row.last_error = row.last_error or f"it ended without a word {MOST_ATTEMPTS} times"
        finish(row, JobStatus.GAVE_UP, now)
        session.flush()
        return None
    row.attempts += 1
    row.leased_until = now + timedelta(seconds=seconds)
    session.flush()
    return row


def finish(row: AskedReportRow | ThemeRunRow, status: JobStatus, now: datetime) -> None:
    """Write down how it ended."""
    row.status, row.finished_at, row.leased_until = status, now, None


def _due(table: type[Row], now: datetime) -> Select[Row]:
    # One at a time: each takes a core, and memory, and other jobs must find a thread that is free.
    other = aliased(table)
    is_at_one = select(other.id).where(other.status == JobStatus.WAITING, other.leased_until >= now).exists()
    is_free = or_(table.leased_until.is_(None), table.leased_until < now)
    return select(table).where(table.status == JobStatus.WAITING, is_free, ~is_at_one)
