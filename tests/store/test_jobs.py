"""The jobs table: who gets which job, and for how long."""

from datetime import datetime, timedelta
from itertools import chain

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.domain.comment import Status
from service.domain.events import Event
from service.store import comments, decisions, jobs, sites
from service.store.engine import Database
from service.store.tables import CommentRow, JobKind, JobRow, JobStatus, Origin
from tests import cast
from tests.store.processes import lease_all, side_by_side

SOON = cast.NOW + timedelta(seconds=30)
LATER = cast.NOW + timedelta(seconds=61)


def add_comment(session: Session) -> CommentRow:
    site, _ = cast.add_site(session)
    thread = sites.thread_of(session, site, cast.POST, cast.TITLE)
    row = comments.add(session, site, thread, cast.comment(), cast.NOW)
    decisions.add(session, row, Status.APPROVED, Origin.POLICY, cast.NOW)
    return row


@pytest.fixture
def comment(session: Session) -> CommentRow:
    return add_comment(session)


def add(session: Session, comment: CommentRow, run_after: datetime = cast.NOW) -> JobRow:
    return jobs.add(
        session,
        JobKind.CALLBACK,
        comment,
        run_after=run_after,
        now=cast.NOW,
        decision_id=comment.decision.id,
        event=Event.COMMENT_DECIDED,
    )


def test_a_job_that_is_due_can_be_had(session: Session, comment: CommentRow) -> None:
    job = add(session, comment)
    assert (jobs.is_due(session, cast.NOW), jobs.lease(session, cast.NOW, 60)) == (True, job)


def test_no_job_is_had_where_there_is_none(session: Session) -> None:
    assert (jobs.is_due(session, cast.NOW), jobs.lease(session, cast.NOW, 60)) == (False, None)


def test_a_job_is_not_had_before_its_time(session: Session, comment: CommentRow) -> None:
    add(session, comment, SOON)
    assert (jobs.is_due(session, cast.NOW), jobs.lease(session, cast.NOW, 60)) == (False, None)


def test_the_job_that_has_waited_longest_comes_first(session: Session, comment: CommentRow) -> None:
    added = [add(session, comment, cast.NOW - timedelta(seconds=ago)) for ago in (1, 3, 2, 3)]
    leased = []
    for _ in added:
        job = jobs.lease(session, cast.NOW, 60)
        assert job
        job.status = JobStatus.DONE
        session.flush()
        leased.append(job)
    assert leased == [added[1], added[3], added[2], added[0]]


def test_a_site_is_told_one_thing_at_a_time(session: Session, comment: CommentRow) -> None:
    add(session, comment)
    add(session, comment)
    jobs.lease(session, cast.NOW, 60)
    assert jobs.lease(session, cast.NOW, 60) is None


def test_a_leased_job_is_nobody_else_s(session: Session, comment: CommentRow) -> None:
    add(session, comment)
    jobs.lease(session, cast.NOW, 60)
    assert (jobs.is_due(session, SOON), jobs.lease(session, SOON, 60)) == (False, None)


def test_a_lease_that_ended_frees_the_job(session: Session, comment: CommentRow) -> None:
    job = add(session, comment)
    jobs.lease(session, cast.NOW, 60)
    assert jobs.lease(session, LATER, 60) is job


def test_every_lease_counts_as_an_attempt(session: Session, comment: CommentRow) -> None:
    job = add(session, comment)
    jobs.lease(session, cast.NOW, 60)
    jobs.lease(session, LATER, 60)
    assert job.attempts == 2


@pytest.mark.parametrize("status", [each for each in JobStatus if each is not JobStatus.WAITING])
def test_only_a_waiting_job_is_had(status: JobStatus, session: Session, comment: CommentRow) -> None:
    add(session, comment).status = status
    session.flush()
    assert jobs.lease(session, cast.NOW, 60) is None


def test_every_job_has_a_message_id_of_its_own(session: Session, comment: CommentRow) -> None:
    assert len({add(session, comment).message_id for _ in range(5)}) == 5


def test_two_processes_never_get_the_same_job(database: Database) -> None:
    with database.writing() as session:
        row = add_comment(session)
        added = [add(session, row).id for _ in range(60)]
    url = database.url.render_as_string(hide_password=False)
    leased = side_by_side(lease_all, [(url, cast.NOW)] * 2)
    assert sorted(chain.from_iterable(leased)) == added


def test_callbacks_are_the_comment_s_own_and_the_newest_comes_first(session: Session, comment: CommentRow) -> None:
    older = add(session, comment)
    newer = add(session, comment)
    jobs.add(session, JobKind.SCORE, comment, run_after=cast.NOW, now=cast.NOW)
    other = comments.add(session, comment.site, comment.thread, cast.comment(id="2"), cast.NOW)
    decisions.add(session, other, Status.APPROVED, Origin.POLICY, cast.NOW)
    add(session, other)
    assert jobs.callbacks_of(session, comment) == [newer, older]


def test_a_page_of_jobs_begins_with_the_newest(session: Session, comment: CommentRow) -> None:
    added = [add(session, comment) for _ in range(3)]
    assert list(jobs.page(session, limit=2)) == [added[2], added[1]]


def test_a_page_of_jobs_may_ask_where_they_stand(session: Session, comment: CommentRow) -> None:
    add(session, comment)
    given_up = add(session, comment)
    given_up.status = JobStatus.GAVE_UP
    session.flush()
    assert (list(jobs.page(session, JobStatus.GAVE_UP)), jobs.count(session, JobStatus.GAVE_UP)) == ([given_up], 1)


def test_jobs_go_with_their_comment(session: Session, comment: CommentRow) -> None:
    add(session, comment)
    session.delete(comment)
    session.flush()
    assert jobs.count(session, JobStatus.WAITING) == 0


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)  # SQLite has one writer, who waits for the other
def test_no_worker_takes_a_callback_while_a_decision_looks_at_it(database: Database) -> None:
    with database.writing() as session:
        add(session, add_comment(session))
    with database.writing() as deciding, database.writing() as working:
        [job] = jobs.callbacks_of(deciding, deciding.scalars(select(CommentRow)).one())
        assert (job.attempts, jobs.lease(working, cast.NOW, 60)) == (0, None)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_decision_sees_that_a_worker_has_just_taken_a_callback(database: Database) -> None:
    with database.writing() as session:
        add(session, add_comment(session))
    with database.writing() as deciding:
        seen = deciding.scalars(select(JobRow)).one()
        with database.writing() as working:
            jobs.lease(working, cast.NOW, 60)
        jobs.callbacks_of(deciding, deciding.scalars(select(CommentRow)).one())
        assert seen.attempts == 1
