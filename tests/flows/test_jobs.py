"""Jobs are run: one at a time, at least once, whatever breaks."""

import multiprocessing
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NoReturn

import pytest
from sqlalchemy import func, select
from standardwebhooks.webhooks import Webhook

from service.domain.comment import Comment, Evidence, Reading, Status
from service.flows import intake as flow
from service.flows import review
from service.flows.intake import Intake
from service.flows.jobs import Bench
from service.flows.review import Ruling
from service.ml.artefacts import Shelf
from service.outgoing import Message, Outcome, Outgoing
from service.store import comments
from service.store.engine import Database
from service.store.tables import CommentRow, JobKind, JobRow, JobStatus, Origin, SiteRow
from tests import cast
from tests.flows import dying
from tests.flows.conftest import person
from tests.ml import small
from tests.processes import Receiver
from tests.work import run_next

DUE = cast.NOW + timedelta(seconds=10)

Add = Callable[..., int]


class Clock:
    """Says what time it is."""

    def __init__(self) -> None:
        self.now = DUE

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def listening() -> Iterator[Receiver]:
    """One receiver for all these tests: closing it takes half a second."""
    opened = Receiver()
    yield opened
    opened.close()


@pytest.fixture
def receiver(listening: Receiver) -> Receiver:
    """Return the receiver as if it were new."""
    listening.got.clear()
    listening.status = 200
    return listening


@pytest.fixture
def bench(database: Database, intake: Intake, receiver: Receiver) -> Bench:
    return Bench(database.reading, database.writing, intake, Outgoing({receiver.address}).send)


@pytest.fixture
def secret(database: Database, receiver: Receiver) -> str:
    """Add a blog that hears of decisions at the receiver; return its secret."""
    with database.writing() as session:
        return cast.add_site(session, callback=receiver.url)[1].webhook_secret


@pytest.fixture
def add(database: Database, intake: Intake, secret: str) -> Add:
    """Return a function by which a comment comes in."""

    def add(comment: Comment | None = None, parts: Intake = intake) -> int:
        with database.writing() as session:
            site = session.scalars(select(SiteRow)).one()
            return flow.receive(session, parts, site, comment or cast.comment(cast.KIND), cast.NOW).comment.id

    return add


@pytest.fixture
def unscored(add: Add, tmp_path: Path) -> Add:
    """Return a function by which a comment comes in while there is no model."""
    return lambda comment=None: add(comment, Intake(Shelf(tmp_path), undo_seconds=0))


def job_of(database: Database, kind: JobKind = JobKind.CALLBACK) -> JobRow:
    with database.reading() as session:
        return session.scalars(select(JobRow).where(JobRow.kind == kind).order_by(JobRow.id)).all()[-1]


def standing(database: Database, comment_id: int) -> CommentRow:
    with database.reading() as session:
        row = comments.get(session, comment_id)
        assert row
        return row


def test_where_nothing_waits_nothing_is_run(bench: Bench, clock: Clock) -> None:
    assert run_next(bench, clock) is False


def test_a_job_is_not_run_before_its_time(add: Add, bench: Bench, receiver: Receiver) -> None:
    add()
    assert (run_next(bench, lambda: cast.NOW), receiver.got) == (False, [])


def test_a_decision_reaches_the_site_signed(
    database: Database, intake: Intake, secret: str, bench: Bench, receiver: Receiver
) -> None:
    with database.writing() as session:  # just now, because a signature is only good for some minutes
        site = session.scalars(select(SiteRow)).one()
        flow.receive(session, replace(intake, undo_seconds=0), site, cast.comment(cast.KIND), datetime.now(UTC))
    run_next(bench)
    [(headers, body)] = receiver.got
    assert Webhook(secret).verify(body, headers)["data"]["status"] == "approved"


def test_a_job_that_is_done_is_not_run_again(add: Add, bench: Bench, clock: Clock, receiver: Receiver) -> None:
    add()
    ran = [run_next(bench, clock) for _ in range(2)]
    assert (ran, len(receiver.got)) == ([True, False], 1)


def test_every_job_is_run_in_its_turn(add: Add, bench: Bench, clock: Clock, receiver: Receiver) -> None:
    for number in range(3):
        add(cast.comment(cast.KIND, id=str(number)))
    while run_next(bench, clock):
        pass
    assert [event["data"]["outside_id"] for event in receiver.events()] == ["0", "1", "2"]


def test_a_site_that_fails_is_tried_again(
    add: Add, database: Database, bench: Bench, clock: Clock, receiver: Receiver
) -> None:
    add()
    receiver.status = 500
    run_next(bench, clock)
    failed = job_of(database)
    receiver.status = 200
    clock.now = failed.run_after
    run_next(bench, clock)
    assert (failed.status, failed.last_error, job_of(database).status) == (
        JobStatus.WAITING,
        "answered 500",
        JobStatus.DONE,
    )


def test_a_repetition_can_be_told_by_its_id(
    add: Add, database: Database, bench: Bench, clock: Clock, receiver: Receiver
) -> None:
    add()
    receiver.status = 500
    run_next(bench, clock)
    clock.now = job_of(database).run_after
    run_next(bench, clock)
    assert [headers["webhook-id"] for headers, _ in receiver.got] == [job_of(database).message_id] * 2


def test_an_address_that_is_not_allowed_is_given_up_at_once(
    add: Add, database: Database, bench: Bench, clock: Clock, receiver: Receiver
) -> None:
    add()
    run_next(replace(bench, send=Outgoing().send), clock)
    assert (job_of(database).status, receiver.got) == (JobStatus.GAVE_UP, [])


def test_a_mistake_of_ours_is_shown_and_tried_again(add: Add, database: Database, bench: Bench, clock: Clock) -> None:
    def broken(_message: Message) -> NoReturn:
        raise RuntimeError("we did not think of that")

    add()
    run_next(replace(bench, send=broken), clock)
    job = job_of(database)
    assert (job.status, job.last_error) == (JobStatus.WAITING, "RuntimeError: we did not think of that")


def test_nothing_is_sent_inside_a_transaction(sqlite: Database, clock: Clock, intake: Intake) -> None:
    with sqlite.writing() as session:
        site, _ = cast.add_site(session, callback="https://relay.example.org/undertone")
        flow.receive(session, intake, site, cast.comment(cast.KIND), cast.NOW)
    names: list[str] = []

    def send(_message: Message) -> Outcome:
        with sqlite.writing() as session:  # would wait in vain while another transaction writes
            names.append(session.scalars(select(SiteRow)).one().name)
        return Outcome()

    run_next(Bench(sqlite.reading, sqlite.writing, intake, send), clock)
    assert names == ["The Relay"]


def test_a_comment_that_goes_while_its_callback_is_under_way_does_no_harm(
    add: Add, database: Database, bench: Bench, clock: Clock
) -> None:
    comment_id = add()

    def send(_message: Message) -> Outcome:
        with database.writing() as session:
            session.delete(session.get_one(CommentRow, comment_id))
        return Outcome()

    run_next(replace(bench, send=send), clock)
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(JobRow)) == 0


def test_the_job_of_a_worker_that_was_killed_is_run_when_its_lease_ends(
    sqlite: Database, intake: Intake, receiver: Receiver
) -> None:
    with sqlite.writing() as session:
        site, _ = cast.add_site(session, callback=receiver.url)
        flow.receive(session, intake, site, cast.comment(cast.KIND), cast.NOW)
    victim = multiprocessing.get_context("spawn").Process(target=dying.run, args=(str(sqlite.url), DUE))
    victim.start()
    victim.join()
    bench = Bench(sqlite.reading, sqlite.writing, intake, Outgoing({receiver.address}).send)
    ran = [run_next(bench, lambda late=late: DUE + timedelta(seconds=late)) for late in (1, 119, 121)]
    assert (victim.exitcode, ran, len(receiver.got)) == (-signal.SIGKILL, [False, False, True], 1)


def test_an_unscored_comment_is_scored_when_the_model_is_back(
    unscored: Add, database: Database, bench: Bench, clock: Clock
) -> None:
    comment_id = unscored()
    run_next(bench, clock)
    row = standing(database, comment_id)
    assert (row.status, comments.scores_of(row.revision) is not None) == (Status.APPROVED, True)


def test_a_site_that_wants_everything_read_twice_gets_that_later_too(
    unscored: Add, database: Database, bench: Bench, clock: Clock
) -> None:
    comment_id = unscored()
    with database.writing() as session:
        for site in session.scalars(select(SiteRow)):
            site.reads_twice = True
    run_next(bench, clock)
    scores = comments.scores_of(standing(database, comment_id).revision)
    assert scores
    assert scores.second_reader


def test_what_the_model_says_later_is_told_to_the_site(
    unscored: Add, bench: Bench, clock: Clock, receiver: Receiver
) -> None:
    unscored()
    run_next(bench, clock)
    clock.now += timedelta(seconds=60)
    run_next(bench, clock)
    assert [event["data"]["status"] for event in receiver.events()] == ["approved"]


def test_an_unkind_comment_stays_held_for_another_reason(
    unscored: Add, database: Database, bench: Bench, clock: Clock
) -> None:
    comment_id = unscored(cast.comment(cast.UNKIND))
    run_next(bench, clock)
    row = standing(database, comment_id)
    assert (row.status, row.decision.reasons[0]["label"]) == (Status.HELD, "abusive")


def test_while_there_is_no_model_a_score_job_waits_longer_and_longer(
    unscored: Add, database: Database, bench: Bench, clock: Clock, tmp_path: Path
) -> None:
    unscored()
    without = replace(bench, intake=Intake(Shelf(tmp_path), undo_seconds=8))
    waits = []
    for _ in range(3):
        run_next(without, clock)
        job = job_of(database, JobKind.SCORE)
        waits.append((job.run_after - clock.now).total_seconds())
        clock.now = job.run_after
    assert (waits, "ModelMissing" in str(job.last_error)) == ([10, 20, 30], True)


def test_a_score_job_never_gives_up(
    unscored: Add, database: Database, bench: Bench, clock: Clock, tmp_path: Path
) -> None:
    unscored()
    with database.writing() as session:
        session.scalars(select(JobRow)).one().attempts = 1000
    run_next(replace(bench, intake=Intake(Shelf(tmp_path), undo_seconds=8)), clock)
    job = job_of(database, JobKind.SCORE)
    assert (job.status, (job.run_after - clock.now).total_seconds()) == (JobStatus.WAITING, 600)


def test_the_model_never_overrules_a_person(unscored: Add, database: Database, bench: Bench, clock: Clock) -> None:
    comment_id = unscored()
    with database.writing() as session:
        ana = person(session, cast.ANA)
        review.decide(session, comment_id, ana, Ruling("reject"), now=cast.NOW, undo_seconds=8)
    run_next(bench, clock)
    row = standing(database, comment_id)
    assert (row.status, row.decision.origin, len(row.revision.scores)) == (Status.REJECTED, Origin.PERSON, 1)


def test_a_comment_that_was_withdrawn_meanwhile_is_not_scored(
    unscored: Add, database: Database, bench: Bench, clock: Clock
) -> None:
    comment_id = unscored()
    with database.writing() as session:
        flow.withdraw(session, session.get_one(CommentRow, comment_id), cast.NOW)
    run_next(bench, clock)
    row = standing(database, comment_id)
    assert (row.status, row.revision.scores, job_of(database, JobKind.SCORE).status) == (
        Status.WITHDRAWN,
        [],
        JobStatus.DONE,
    )


@pytest.fixture
def tipped(intake: Intake) -> Comment:
    """Return a comment of which the second reader says something else than the first."""
    readings = [each.reading for each in small.ours()]
    scored = intake.shelf.current().score(readings, evidence=True)
    text = next(reading.text for reading, scores in zip(readings, scored, strict=True) if scores.unexplained)
    return cast.comment(text)


def shown(row: CommentRow) -> list[bool]:
    scores = comments.scores_of(row.revision)
    assert scores
    return [each.tipped for found in scores.evidence.values() for each in found]


def test_why_the_second_reader_says_so_is_found_after_the_answer(
    tipped: Comment, add: Add, database: Database, bench: Bench, clock: Clock
) -> None:
    comment_id = add(tipped)
    before = shown(standing(database, comment_id))
    while run_next(bench, clock):
        pass
    assert (any(before), any(shown(standing(database, comment_id)))) == (False, True)
    assert job_of(database, JobKind.EXPLAIN).status is JobStatus.DONE


def test_what_was_found_of_an_earlier_text_is_not_kept_for_a_later_one(
    tipped: Comment, add: Add, database: Database, intake: Intake, bench: Bench, clock: Clock
) -> None:
    comment_id = add(tipped)
    found = replace(intake.shelf.current().score([Reading(tipped.text)])[0], evidence={"spam": (Evidence(0, 1, 9.0),)})
    with database.writing() as session:
        row = session.get_one(CommentRow, comment_id)
        earlier = row.revision.id
        flow.edit(session, intake, row, cast.KIND, cast.NOW)
        comments.explain(row, earlier, found)
    scores = comments.scores_of(standing(database, comment_id).revision)
    assert scores
    assert (Evidence(0, 1, 9.0),) not in scores.evidence.values()


def test_two_edits_without_a_model_are_scored_once(
    unscored: Add, database: Database, bench: Bench, clock: Clock
) -> None:
    comment_id = unscored(cast.comment(cast.UNKIND, id="41"))
    unscored(cast.comment(cast.KIND, id="41"))
    while run_next(bench, clock):
        pass
    row = standing(database, comment_id)
    assert ([len(each.scores) for each in row.revisions], row.status) == ([0, 1], Status.APPROVED)
