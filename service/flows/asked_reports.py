"""Reports that somebody asks for on a page: made by a worker, since they may take a minute, and watched meanwhile."""

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from service.domain.wording import Refusal
from service.flows import reports
from service.flows.jobs import Bench, reporting_of
from service.flows.reports import Draft, Wanted
from service.store import asked_reports, leases
from service.store.tables import AskedReportRow, JobStatus, Maker, SiteRow, UserRow

LEASE_SECONDS = 120.0

_TOLD_EVERY_SECONDS = 0.5
_COUNTED = 0.9
"""What counting is of the whole; the rest is estimating."""

log = logging.getLogger(__name__)


class _CalledOff(Exception):  # nothing went wrong
    """Nobody wants the report any more."""


def ask(session: Session, site: SiteRow, wanted: Wanted, user: UserRow, now: datetime) -> AskedReportRow:
    """Ask for a report; raise ReportRefused for what there can be none about."""
    reports.check(session, site, wanted, now)
    row = AskedReportRow(
        site_id=site.id,
        user_id=user.id,
        starts_on=wanted.period.start,
        ends_on=wanted.period.end,
        step=wanted.step,
        zone=wanted.zone,
        thread=wanted.thread,
        author_group=wanted.author_group,
        asked_at=now,
    )
    session.add(row)
    session.flush()
    return row


def call_off(row: AskedReportRow, now: datetime) -> None:
    """Make no report of what was asked for; one that is made already stays."""
    if row.status is JobStatus.WAITING:
        leases.finish(row, JobStatus.CANCELLED, now)


def take_next(bench: Bench, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Callable[[], None] | None:
    """Lease the report that was asked for first and return what makes it; None where none is to be made."""
    with bench.reading() as session:
        if not leases.is_due(session, AskedReportRow, now()):
            return None
    with bench.writing() as session:
        asked = leases.lease(session, AskedReportRow, now(), LEASE_SECONDS)
        return partial(_make, bench, asked.id, now) if asked else None


def wanted_of(asked: AskedReportRow) -> Wanted:
    """Return what a report is to be about."""
    return Wanted(reports.period_of(asked), asked.step, asked.zone, asked.thread, asked.author_group)


def _make(bench: Bench, asked_id: int, now: Callable[[], datetime]) -> None:
    try:
        with bench.reading() as session:
            asked = asked_reports.get(session, asked_id)
            if asked is None:
                return
            watched = _Watched(bench, asked_id, now)
            draft = reports.draft(session, asked.site, wanted_of(asked), now(), watched.tell)
        _keep(bench, asked_id, draft, now())
    except _CalledOff:
        return
    except DBAPIError:
        raise  # the database is away for a moment: it is tried again when the lease ends
    except Refusal as error:
        _fail(bench, asked_id, str(error), now())
    except Exception as error:
        # A mistake of ours is shown where the report would be, and keeps no job from running.
        log.exception("the report %s that was asked for broke", asked_id)
        _fail(bench, asked_id, f"{type(error).__name__}: {error}", now())


def _keep(bench: Bench, asked_id: int, draft: Draft, now: datetime) -> None:
    with bench.writing() as session:
        asked = asked_reports.locked(session, asked_id)
        if asked is None or asked.status is not JobStatus.WAITING:
            return  # called off, or somebody else was faster
        url = reporting_of(bench).public_url
        asked.report = reports.keep(session, asked.site, draft, now, Maker.PERSON, asked.user, public_url=url)
        asked.progress = 1.0
        leases.finish(asked, JobStatus.DONE, now)


def _fail(bench: Bench, asked_id: int, error: str, now: datetime) -> None:
    with bench.writing() as session:
        asked = asked_reports.locked(session, asked_id)
        if asked is not None and asked.status is JobStatus.WAITING:
            asked.last_error = error
            leases.finish(asked, JobStatus.GAVE_UP, now)


class _Watched:
    """Tells how far a report is, twice a second, and keeps hold of it meanwhile."""

    def __init__(self, bench: Bench, asked_id: int, now: Callable[[], datetime]) -> None:
        self._bench, self._asked_id, self._now = bench, asked_id, now
        self._told = time.monotonic()

    def tell(self, done: int, of: int) -> None:
        if time.monotonic() - self._told < _TOLD_EVERY_SECONDS:
            return
        self._told = time.monotonic()
        with suppress(DBAPIError), self._bench.writing() as session:  # to tell is not worth a report
            asked = asked_reports.locked(session, self._asked_id)
            if asked is None or asked.status is not JobStatus.WAITING:
                raise _CalledOff
            asked.progress = _COUNTED * done / of if of else 0.0
            asked.leased_until = self._now() + timedelta(seconds=LEASE_SECONDS)
