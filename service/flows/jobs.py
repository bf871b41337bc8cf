"""Runs what waits in the jobs table, one job at a time.

A job is leased for a while before it runs. A worker that dies with it loses the lease, and the job runs again: at least
once is the promise, and every job bears being run twice.
"""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from functools import partial

from sqlalchemy.orm import Session

from service.domain.comment import Reading, Scores, Status
from service.flows import callbacks, endpoints, events, redaction, reports, schedules
from service.flows.intake import Intake, keep_scores, reading_of, settle
from service.ml.classifier import Classifier
from service.outgoing import Message, Outcome
from service.store import comments, jobs
from service.store import schedules as store
from service.store.tables import CommentRow, JobKind, JobRow, JobStatus, Origin, ReportRunRow

log = logging.getLogger(__name__)

LEASE_SECONDS = 120.0
"""Longer than a job takes: a callback may take 20 seconds, and finding its address some more before that."""

SCORE_AGAIN_SECONDS = 10.0
SCORE_AGAIN_AT_MOST = 600.0
"""Without a model, a score job waits ten seconds longer after every attempt, up to ten minutes."""

REPORT_REMOVED = "not sent: the report was removed"

Transaction = Callable[[], AbstractContextManager[Session]]


@dataclass(frozen=True)
class Reporting:
    """The parts that reports need which nobody waits for."""

    public_url: str
    write: Callable[[Session, ReportRunRow, str], EmailMessage]
    """Writes to one address of the report that a run made."""
    post: Callable[[EmailMessage], Outcome]


@dataclass(frozen=True)
class Bench:
    """The parts that jobs need."""

    reading: Transaction
    writing: Transaction
    intake: Intake
    send: Callable[[Message], Outcome]
    reporting: Reporting | None = None
    """None where no report is ever to be made."""


def take_next(bench: Bench, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Callable[[], None] | None:
    """Lease the job that has waited longest and return what runs it; None where none is due."""
    with bench.reading() as session:
        if not jobs.is_due(session, now()):
            return None
    with bench.writing() as session:
        job = jobs.lease(session, now(), LEASE_SECONDS)
        return partial(_RUN[job.kind], bench, job.id, now) if job else None


def _call_back(bench: Bench, job_id: int, now: Callable[[], datetime]) -> None:
    # Three steps, since nothing may be sent inside a transaction: read what to send, send it, write how it went.
    message: Message | None = None
    try:
        message = _message(bench, job_id, now())
        if message is None:
            return
        outcome = bench.send(message)
    except Exception as error:
        # A mistake of ours must be as visible as one of theirs, and must not keep the others from being sent.
        log.exception("callback job %s broke", job_id)
        outcome = Outcome(f"{type(error).__name__}: {error}")
    if outcome.error:
        log.warning("callback job %s failed: %s", job_id, outcome.error)
    with bench.writing() as session:
        job = jobs.get(session, job_id)
        if job is not None:
            callbacks.record(job, outcome, now(), message)
            endpoints.notice(session, job, outcome, now())


def _message(bench: Bench, job_id: int, now: datetime) -> Message | None:
    """Return what a callback sends; None where it was cancelled since it was taken."""
    with bench.reading() as session:
        job = jobs.get(session, job_id)
        return callbacks.message_of(job, now) if job and job.status is JobStatus.WAITING else None


def _score(bench: Bench, job_id: int, now: Callable[[], datetime]) -> None:
    found = _read(bench, job_id, now, lambda classifier, reading, scores: scores)
    if found:
        with bench.writing() as session:
            _keep(session, bench.intake, jobs.get(session, job_id), *found, now())


def _explain(bench: Bench, job_id: int, now: Callable[[], datetime]) -> None:
    found = _read(bench, job_id, now, Classifier.explained)
    if found:
        with bench.writing() as session:
            job = jobs.get(session, job_id)
            comment = _comment_of(session, job)
            if job and comment:
                comments.explain(comment, *found)
                _finish(job, now())


def _read(
    bench: Bench, job_id: int, now: Callable[[], datetime], more: Callable[[Classifier, Reading, Scores], Scores]
) -> tuple[int, Scores] | None:
    """Return the number of a comment's revision and what the model says of it; None where it can say nothing now."""
    # Outside of any transaction, since it takes its time, and nobody else can write to SQLite meanwhile.
    with bench.reading() as session:
        job = jobs.get(session, job_id)
        if job is None or job.comment is None:
            return None
        revision_id, reading, twice = job.comment.revision.id, reading_of(job.comment), job.comment.site.reads_twice
    try:
        classifier = bench.intake.shelf.current()
        [scores] = classifier.score([reading], evidence=True, twice=twice)
        return revision_id, more(classifier, reading, scores)
    except Exception as error:  # whatever is wrong with the model: the comment stays as it is, and we try again
        with bench.writing() as session:
            _try_again(jobs.get(session, job_id), error, now())
        return None


def _keep(
    session: Session, intake: Intake, job: JobRow | None, revision_id: int, scores: Scores, now: datetime
) -> None:
    """Keep late scores, and let the policy decide where nobody has; an edit since then has its own scores or job."""
    comment = _comment_of(session, job)
    if job is None or comment is None:
        return
    _finish(job, now)
    if comment.status is Status.WITHDRAWN or comment.revision.id != revision_id or comment.revision.scores:
        return
    keep_scores(session, comment, scores, now)
    events.rescored(session, comment, scores, now)
    if comment.decision.origin is Origin.POLICY:
        settle(session, intake, comment, scores, now)


def _comment_of(session: Session, job: JobRow | None) -> CommentRow | None:
    """Return a job's comment, which nobody else can change until this transaction ends."""
    return comments.locked(session, job.comment_id) if job and job.comment_id else None


def _try_again(job: JobRow | None, error: Exception, now: datetime) -> None:
    if job is None:
        return
    wait = min(SCORE_AGAIN_SECONDS * job.attempts, SCORE_AGAIN_AT_MOST)
    job.last_error, job.leased_until = f"{type(error).__name__}: {error}", None
    job.run_after = now + timedelta(seconds=wait)


def _finish(job: JobRow, now: datetime) -> None:
    job.status, job.finished_at = JobStatus.DONE, now
    job.leased_until = job.last_error = None


def _forget(bench: Bench, job_id: int, now: Callable[[], datetime]) -> None:
    with bench.writing() as session:
        job = jobs.get(session, job_id)
        comment = _comment_of(session, job)
        if job and comment:
            redaction.forget_originals(session, comment, now())
            _finish(job, now())


def begin_due(bench: Bench, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> bool:
    """Let a report be made whose time has come; return whether any schedule had to be looked at."""
    with bench.reading() as session:
        if not store.is_due(session, now()):
            return False
    with bench.writing() as session:
        return schedules.begin_due(session, now())


def _report(bench: Bench, job_id: int, now: Callable[[], datetime]) -> None:
    try:
        draft = _draft(bench, job_id, now)
        with bench.writing() as session:
            job = jobs.get(session, job_id)
            if job and draft:
                schedules.keep(session, job, draft, now(), reporting_of(bench).public_url)
    except Exception as error:  # likewise: it is shown where the report would be
        log.exception("report job %s broke", job_id)
        _record(bench, job_id, Outcome(f"{type(error).__name__}: {error}"), now())


def _draft(bench: Bench, job_id: int, now: Callable[[], datetime]) -> reports.Draft | None:
    """Make the report of a job, keeping hold of the job meanwhile; None where that is settled."""
    with bench.reading() as session:
        job = jobs.get(session, job_id)
        if job is None or job.run is None or job.status is not JobStatus.WAITING:
            return None
        held = _Hold(bench, job_id, now)
        return reports.draft(session, job.site, schedules.wanted_of(job.run), now(), held.renew)


class _Hold:
    """Renews the lease of a job that takes longer than one."""

    def __init__(self, bench: Bench, job_id: int, now: Callable[[], datetime]) -> None:
        self._bench, self._job_id, self._now = bench, job_id, now
        self._renewed = now()

    def renew(self, _done: int, _of: int) -> None:
        now = self._now()
        if now - self._renewed < timedelta(seconds=LEASE_SECONDS / 4):
            return
        self._renewed = now
        with self._bench.writing() as session:
            job = jobs.get(session, self._job_id)
            if job and job.status is JobStatus.WAITING:
                job.leased_until = now + timedelta(seconds=LEASE_SECONDS)


def _mail(bench: Bench, job_id: int, now: Callable[[], datetime]) -> None:
    # As with callbacks: nothing is sent inside a transaction.
    try:
        with bench.reading() as session:
            job = jobs.get(session, job_id)
            if job is None or job.status is not JobStatus.WAITING:
                return
            mail = _written(reporting_of(bench), session, job)
        outcome = reporting_of(bench).post(mail) if mail else Outcome(REPORT_REMOVED, is_permanent=True)
    except Exception as error:
        log.exception("mail job %s broke", job_id)
        outcome = Outcome(f"{type(error).__name__}: {error}")
    if outcome.error:
        log.warning("mail job %s failed: %s", job_id, outcome.error)
    _record(bench, job_id, outcome, now())


def reporting_of(bench: Bench) -> Reporting:
    """Return the parts that reports need."""
    if bench.reporting is None:
        raise ValueError("this bench makes no reports")
    return bench.reporting


def _written(reporting: Reporting, session: Session, job: JobRow) -> EmailMessage | None:
    if job.run is None or job.run.report_id is None or job.payload is None:
        return None
    return reporting.write(session, job.run, str(job.payload["to"]))


def _record(bench: Bench, job_id: int, outcome: Outcome, now: datetime) -> None:
    with bench.writing() as session:
        job = jobs.get(session, job_id)
        if job is not None:
            callbacks.record(job, outcome, now)


_RUN = {
    JobKind.CALLBACK: _call_back,
    JobKind.SCORE: _score,
    JobKind.EXPLAIN: _explain,
    JobKind.FORGET: _forget,
    JobKind.REPORT: _report,
    JobKind.MAIL: _mail,
}
