"""Reports that are made by themselves: when, for whom, each stretch of time once, and what became of it.

A run is the claim on a stretch of time, and the database lets there be one. Its report and the jobs that mail it are
written in one transaction, so that whoever else was at the same report finds it made. What a mail server has taken and
we could not write down any more is sent again, under the same Message-ID: nothing else goes twice.
"""

import hashlib
import logging
from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy.orm import Session

from service.domain import calendar, mail, stretches
from service.domain.calendar import Rhythm
from service.domain.stretches import STEP_OF
from service.domain.tone import Period
from service.domain.wording import N_, Refusal
from service.flows import events, reports
from service.flows.reports import Draft, Wanted
from service.store import jobs, schedules
from service.store.tables import JobKind, JobRow, JobStatus, Maker, ReportRunRow, ScheduleRow, SiteRow

MOST_RECIPIENTS = 50

log = logging.getLogger(__name__)


class ScheduleRefused(Refusal):
    """A schedule, or something asked of it, that cannot be; the text says what to do instead."""


def rhythm_of(schedule: ScheduleRow) -> Rhythm:
    """Return when a schedule's reports are made."""
    return Rhythm(schedule.stretch, schedule.zone, schedule.days_after, schedule.hour)


def period_of(run: ReportRunRow) -> Period:
    """Return the days that a run's report is about."""
    return Period(run.starts_on, run.ends_on)


def recipients_in(text: str) -> list[str]:
    """Return the addresses in a text, each once; raise where one is none, or there are too many."""
    found = list(dict.fromkeys(mail.address(each) for each in text.replace(",", " ").replace(";", " ").split()))
    if len(found) > MOST_RECIPIENTS:
        raise ScheduleRefused(
            N_("%(count)s addresses are more than the %(most)s that fit. Name a mailing list."),
            count=len(found),
            most=MOST_RECIPIENTS,
        )
    return found


def save(
    session: Session,
    site: SiteRow,
    rhythm: Rhythm,
    language: str,
    now: datetime,
    recipients: Sequence[str] | None = None,
) -> ScheduleRow:
    """Give a site a schedule, or change the one it has; without recipients those that it has stay.

    Nothing of what is over by now is made for it. Who is left out is not sent what still waits.
    """
    schedule = schedules.of_site(session, site)
    if schedule is None:
        schedule = ScheduleRow(site=site, recipients=[])
        session.add(schedule)
    if schedule.stretch is not rhythm.stretch:
        schedule.first_on = _first_on(rhythm, now)
    schedule.stretch, schedule.zone, schedule.language = rhythm.stretch, rhythm.zone, language
    schedule.days_after, schedule.hour = rhythm.days_after, rhythm.hour
    schedule.next_at = now
    if recipients is not None:
        schedule.recipients = list(recipients)
        _cancel_mails(session, site, recipients, now)
    session.flush()
    return schedule


def pause(schedule: ScheduleRow) -> None:
    """Make no more reports by themselves."""
    schedule.is_paused = True


def resume(schedule: ScheduleRow, now: datetime) -> None:
    """Make reports by themselves again, from now on: what fell due in the pause was not wanted."""
    schedule.is_paused, schedule.first_on, schedule.next_at = False, _first_on(rhythm_of(schedule), now), now


def remove(session: Session, schedule: ScheduleRow, now: datetime) -> None:
    """Forget a schedule and who was to be sent its reports. The reports stay, and what was made is not made again."""
    _cancel_mails(session, schedule.site, (), now)
    session.delete(schedule)
    session.flush()


def begin_due(session: Session, now: datetime) -> bool:
    """Look at the schedule that has waited longest to be looked at, and let its report be made where one is due.

    Returns whether there was such a schedule.
    """
    schedule = schedules.due(session, now)
    if schedule is None:
        return False
    try:
        rhythm = rhythm_of(schedule)
    except Refusal as error:
        # A time zone that this machine does not know any more must not keep every other job from running.
        log.warning("the schedule of %s is paused: %s", schedule.site.url, error)
        pause(schedule)
        session.flush()
        return True
    made = schedules.begun(session, schedule.site, schedule.stretch)
    period = calendar.owed(rhythm, schedule.first_on, made, now)
    if period:
        passed_over = calendar.passed_over(rhythm, schedule.first_on, made, period)
        _begin(session, schedule, period, passed_over, now)
    [(_, schedule.next_at)] = calendar.upcoming(rhythm, now, 1)
    session.flush()
    return True


def begin_now(session: Session, schedule: ScheduleRow, now: datetime) -> ReportRunRow:
    """Let the report of the last week or month be made at once, because a person asks for it.

    Raises ScheduleRefused where it was made already, or is being made.
    """
    period = stretches.last(schedule.stretch, reports.today_in(schedule.zone, now))
    if period.start in schedules.begun(session, schedule.site, schedule.stretch):
        raise ScheduleRefused(N_("The report of these days was made already, and is not made and mailed twice."))
    return _begin(session, schedule, period, 0, now)


def wanted_of(run: ReportRunRow) -> Wanted:
    """Return what a run's report is to be about."""
    return Wanted(period_of(run), STEP_OF[run.stretch], run.zone)


def keep(session: Session, job: JobRow, draft: Draft, now: datetime, public_url: str) -> None:
    """Keep the report of a run and write what mails it; where somebody else was faster, there is nothing to do."""
    run = schedules.locked_run(session, job.run_id or 0)
    session.refresh(job)
    if run is None or job.status is not JobStatus.WAITING:
        return
    run.report = reports.keep(session, job.site, draft, now, Maker.SCHEDULE, public_url=public_url)
    job.status, job.finished_at = JobStatus.DONE, now
    job.leased_until = job.last_error = None
    schedule = schedules.of_site(session, job.site)
    for address in schedule.recipients if schedule else ():
        _write_mail(session, run, address, now)


def again(session: Session, job: JobRow, now: datetime) -> JobRow:
    """Make a report, or mail it to somebody, once more where that was given up."""
    if job.run is None or job.status is not JobStatus.GAVE_UP:
        raise ScheduleRefused(N_("Only what was given up is tried again."))
    if job.kind is JobKind.MAIL and job.run.report_id is None:
        raise ScheduleRefused(N_("The report was removed, so there is nothing to send."))
    events.settle(job, now)
    return jobs.add(session, job.kind, job.site, run_after=now, now=now, run=job.run, payload=job.payload)


def message_id(run: ReportRunRow, address: str, host: str) -> str:
    """Return by what a mailbox knows the mail of a run: the same however often it is sent."""
    said = f"{run.site.url} {run.stretch} {run.starts_on} {address}"
    return f"report-{run.id}-{hashlib.sha256(said.encode('utf-8', 'replace')).hexdigest()[:24]}@{host}"


def _begin(session: Session, schedule: ScheduleRow, period: Period, passed_over: int, now: datetime) -> ReportRunRow:
    run = schedules.add_run(session, schedule.site, schedule.stretch, period, schedule.zone, passed_over, now)
    jobs.add(session, JobKind.REPORT, schedule.site, run_after=now, now=now, run=run)
    return run


def _first_on(rhythm: Rhythm, now: datetime) -> date:
    """Return on which day the first stretch begins that is not due yet."""
    [(period, _moment)] = calendar.upcoming(rhythm, now, 1)
    return period.start


def _write_mail(session: Session, run: ReportRunRow, address: str, now: datetime) -> None:
    jobs.add(session, JobKind.MAIL, run.site, run_after=now, now=now, run=run, payload={"to": address})


def _cancel_mails(session: Session, site: SiteRow, but_for: Collection[str], now: datetime) -> None:
    for job in schedules.waiting_mails(session, site):
        if (job.payload or {}).get("to") not in but_for:
            events.settle(job, now)
