"""Personal data is taken out of what the blog publishes, put back with one key, and forgotten in time."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.domain.comment import Status
from service.flows import callbacks, feedback, redaction, review
from service.flows import intake as flow
from service.flows.intake import Intake
from service.flows.jobs import Bench
from service.flows.redaction import RedactionRefused
from service.flows.review import DecisionRefused, SomebodyWasFirst
from service.ml.errors import ModelUnavailable
from service.outgoing import Outcome
from service.store import comments, lists
from service.store import jobs as stored_jobs
from service.store.engine import Database
from service.store.lists import Filter, View
from service.store.tables import (
    CommentRow,
    DecisionRow,
    FeedbackRow,
    JobKind,
    JobRow,
    JobStatus,
    RevisionRow,
    SiteRow,
    UserRow,
)
from tests import cast
from tests.flows.conftest import Receive, decide, undo
from tests.work import run_next

PRIVATE = "You are a disgusting idiot. I said: write to maya@example.org or come to 14 High Street, Leeds LS1 4DY."
PUBLIC = "You are a disgusting idiot. I said: write to [e-mail address removed] or come to [postal address removed]."
WEEKS = timedelta(days=30)
Redact = Callable[[CommentRow], DecisionRow]


@pytest.fixture
def redact(session: Session, intake: Intake, moderator: UserRow) -> Redact:
    """Return a function by which Ana takes personal data out."""

    def work(row: CommentRow) -> DecisionRow:
        found = redaction.prepare(intake, row)
        return redaction.redact(session, row, moderator, found, now=cast.NOW, undo_seconds=8)

    return work


@pytest.fixture
def held(receive: Receive) -> CommentRow:
    row = receive(cast.comment(PRIVATE, id="41"))
    assert (row.status, row.held_for) == (Status.HELD, "abusive")
    return row


@pytest.fixture
def approved(session: Session, site: SiteRow, receive: Receive) -> CommentRow:
    site.rules.clear()
    session.flush()
    row = receive(cast.comment(f"{cast.KIND} I am at maya@example.org", id="42"))
    assert row.status is Status.APPROVED
    return row


def texts(row: CommentRow) -> list[str]:
    return [each.text for each in row.revisions]


def told(session: Session) -> list[tuple[str, str | None]]:
    """Return what the site is about to be told: where a comment stands, and its text where that is said."""
    rows = select(JobRow).where(JobRow.kind == JobKind.CALLBACK, JobRow.status == JobStatus.WAITING).order_by(JobRow.id)
    found = [json.loads(callbacks.message_of(job, cast.NOW).body)["data"] for job in session.scalars(rows)]
    return [(each["status"], each.get("text")) for each in found]


def tell(session: Session) -> None:
    """Let the site hear of all that it is to be told."""
    while job := stored_jobs.lease(session, cast.NOW + timedelta(minutes=1), 60):
        callbacks.record(job, Outcome(), cast.NOW)
        session.flush()


def forgotten(session: Session, row: CommentRow, after: timedelta = WEEKS) -> None:
    redaction.forget_originals(session, row, cast.NOW + after)


def test_the_comment_reads_without_its_personal_data(held: CommentRow, redact: Redact) -> None:
    redact(held)
    assert held.revision.text == PUBLIC


def test_it_stays_where_it_stands(held: CommentRow, redact: Redact) -> None:
    made = redact(held)
    assert (made.status, made.held_for, held.held_for) == (Status.HELD, "abusive", "abusive")


def test_what_is_escalated_stays_so(session: Session, held: CommentRow, moderator: UserRow, redact: Redact) -> None:
    decide(session, held, moderator, "escalate")
    redact(held)
    assert held.held_for == "escalated"


def test_what_has_none_in_it_is_refused(receive: Receive, redact: Redact) -> None:
    with pytest.raises(RedactionRefused, match="There is no e-mail address"):
        redact(receive())


def test_what_was_taken_out_is_not_taken_out_again(held: CommentRow, redact: Redact) -> None:
    redact(held)
    with pytest.raises(RedactionRefused):
        redact(held)


def test_it_is_scored_as_it_reads(held: CommentRow, redact: Redact) -> None:
    redact(held)
    scores = comments.scores_of(held.revision)
    assert scores
    assert "abusive" in scores.labels
    assert max(each.end for each in scores.evidence["abusive"]) <= len(PUBLIC)


def test_the_original_keeps_its_scores(held: CommentRow, redact: Redact) -> None:
    before = comments.scores_of(held.revision)
    redact(held)
    assert comments.scores_of(held.revisions[0]) == before


def test_it_is_found_by_its_label_and_by_no_word_that_was_taken_out(
    session: Session, held: CommentRow, redact: Redact
) -> None:
    redact(held)
    found = [
        len(lists.page(session, View.HELD, wanted, cast.NOW).rows)
        for wanted in (Filter(label="abusive"), Filter(words="idiot"), Filter(words="maya@example.org"))
    ]
    assert found == [1, 1, 0]


def test_without_a_model_it_is_scored_later(
    session: Session, held: CommentRow, intake: Intake, moderator: UserRow
) -> None:
    class Empty:
        def current(self) -> None:
            raise ModelUnavailable("no model")

    parts = Intake(Empty(), 8)  # type: ignore[arg-type]
    found = redaction.prepare(parts, held)
    redaction.redact(session, held, moderator, found, now=cast.NOW, undo_seconds=8)
    assert comments.scores_of(held.revision) is None
    assert session.scalars(select(JobRow.kind).where(JobRow.kind == JobKind.SCORE)).all() == [JobKind.SCORE]


# What the blog is told


def test_the_blog_is_told_the_text_that_is_left(session: Session, approved: CommentRow, redact: Redact) -> None:
    redact(approved)
    assert told(session) == [("approved", f"{cast.KIND} I am at [e-mail address removed]")]


def test_of_what_is_held_it_is_told_the_text_when_that_is_approved(
    session: Session, held: CommentRow, moderator: UserRow, redact: Redact
) -> None:
    redact(held)
    decide(session, held, moderator, "approve", seen=2)
    assert told(session) == [("approved", PUBLIC)]


def test_of_a_redaction_that_is_undone_in_time_it_never_hears(
    session: Session, approved: CommentRow, moderator: UserRow, redact: Redact
) -> None:
    tell(session)
    undo(session, redact(approved), moderator)
    assert told(session) == []


def test_of_one_that_is_undone_later_it_is_told_the_original_again(
    session: Session, approved: CommentRow, moderator: UserRow, redact: Redact
) -> None:
    made = redact(approved)
    tell(session)
    undo(session, made, moderator)
    assert told(session) == [("approved", f"{cast.KIND} I am at maya@example.org")]


def test_a_comment_that_nobody_redacted_is_told_without_its_text(
    session: Session, held: CommentRow, moderator: UserRow
) -> None:
    decide(session, held, moderator, "approve")
    assert told(session) == [("approved", None)]


# Undoing


def test_undoing_puts_the_original_back(session: Session, held: CommentRow, moderator: UserRow, redact: Redact) -> None:
    undone = undo(session, redact(held), moderator)
    assert (held.revision.text, held.revision.redacts_id, undone.held_for) == (PRIVATE, None, "abusive")
    assert comments.scores_of(held.revision) == comments.scores_of(held.revisions[0])


def test_what_was_put_back_is_not_forgotten(
    session: Session, held: CommentRow, moderator: UserRow, redact: Redact
) -> None:
    undo(session, redact(held), moderator)
    forgotten(session, held)
    assert texts(held) == [PRIVATE, PUBLIC, PRIVATE]


def test_what_was_put_back_is_taken_out_anew_and_not_by_undoing(
    session: Session, held: CommentRow, moderator: UserRow, redact: Redact
) -> None:
    undone = undo(session, redact(held), moderator)
    with pytest.raises(DecisionRefused, match="Take the personal data out once more"):
        undo(session, undone, moderator)
    redact(held)
    assert held.revision.text == PUBLIC


def test_a_decision_after_it_is_undone_without_touching_the_text(
    session: Session, held: CommentRow, moderator: UserRow, redact: Redact
) -> None:
    redact(held)
    undo(session, decide(session, held, moderator, "reject", seen=2), moderator)
    assert (held.status, held.revision.text) == (Status.HELD, PUBLIC)


def test_it_is_undone_after_what_came_after_it_was(
    session: Session, held: CommentRow, moderator: UserRow, redact: Redact
) -> None:
    before = held.revision.text
    made = redact(held)
    undo(session, decide(session, held, moderator, "approve", seen=made.number), moderator)
    undo(session, made, moderator)
    assert (held.revision.text, held.status) == (before, Status.HELD)


def test_who_has_not_seen_it_is_refused(session: Session, held: CommentRow, another: UserRow, redact: Redact) -> None:
    redact(held)
    with pytest.raises(SomebodyWasFirst):
        decide(session, held, another, "approve", seen=1)


# What the blog sends afterwards


@pytest.mark.parametrize("text", [PRIVATE, PUBLIC])
def test_the_blog_s_sending_either_text_again_changes_nothing(
    text: str, receive: Receive, held: CommentRow, redact: Redact
) -> None:
    redact(held)
    receive(cast.comment(text, id="41"))
    assert (len(held.revisions), len(held.decisions)) == (2, 2)


def test_nor_does_it_when_the_original_is_forgotten(
    session: Session, receive: Receive, held: CommentRow, redact: Redact
) -> None:
    redact(held)
    forgotten(session, held)
    receive(cast.comment(PRIVATE, id="41"))
    assert texts(held) == ["", PUBLIC]


def test_an_edit_by_the_author_is_a_new_text_and_judged_anew(
    session: Session, receive: Receive, held: CommentRow, redact: Redact
) -> None:
    redact(held)
    receive(cast.comment(cast.KIND, id="41"))
    assert (held.revision.text, held.revision.redacts_id, held.status) == (cast.KIND, None, Status.APPROVED)
    assert told(session)[-1] == ("approved", cast.KIND)


def test_after_an_edit_the_redaction_cannot_be_undone(
    session: Session, receive: Receive, held: CommentRow, moderator: UserRow, redact: Redact
) -> None:
    made = redact(held)
    receive(cast.comment(cast.KIND, id="41"))
    with pytest.raises(SomebodyWasFirst):
        undo(session, made, moderator)


def test_after_an_edit_the_original_is_forgotten_all_the_same(
    session: Session, receive: Receive, held: CommentRow, redact: Redact
) -> None:
    redact(held)
    receive(cast.comment(cast.KIND, id="41"))
    forgotten(session, held)
    assert texts(held) == ["", PUBLIC, cast.KIND]


# Forgetting


@pytest.mark.parametrize(("days", "kept"), [(1, 7), (30, 30), (3650, 3650)])
def test_the_original_is_kept_as_long_as_its_site_says(
    days: int, kept: int, session: Session, held: CommentRow, redact: Redact
) -> None:
    held.site.keeps_originals_days = kept
    redact(held)
    forgotten(session, held, timedelta(days=kept) - timedelta(seconds=1))
    assert texts(held)[0] == PRIVATE
    forgotten(session, held, timedelta(days=kept))
    assert texts(held) == ["", PUBLIC]


def test_what_is_forgotten_takes_what_the_model_quoted_with_it(
    session: Session, held: CommentRow, redact: Redact
) -> None:
    redact(held)
    forgotten(session, held)
    assert (held.revisions[0].scores, bool(held.revision.scores)) == ([], True)


def test_what_is_forgotten_is_forgotten_in_the_blog_s_feedback_too(
    session: Session, held: CommentRow, redact: Redact
) -> None:
    for said in (PRIVATE, PUBLIC):
        feedback.suggest(session, held.site, said, {"TOXICITY": 1.0}, {}, cast.NOW)
    redact(held)
    forgotten(session, held)
    assert [row.text for row in session.scalars(select(FeedbackRow))] == [PUBLIC]


def test_what_is_forgotten_cannot_be_put_back(
    session: Session, held: CommentRow, moderator: UserRow, redact: Redact
) -> None:
    made = redact(held)
    forgotten(session, held)
    with pytest.raises(RedactionRefused, match="no longer kept"):
        undo(session, made, moderator)


def test_an_earlier_text_with_the_same_personal_data_is_forgotten_too(
    session: Session, receive: Receive, held: CommentRow, redact: Redact
) -> None:
    receive(cast.comment(cast.UNKIND, id="41"))
    receive(cast.comment(PRIVATE + " Really.", id="41"))
    redact(held)
    forgotten(session, held)
    assert texts(held) == ["", cast.UNKIND, "", PUBLIC + " Really."]


def test_what_was_put_back_and_taken_out_once_more_is_forgotten_everywhere(
    session: Session, held: CommentRow, moderator: UserRow, redact: Redact
) -> None:
    undo(session, redact(held), moderator)
    redact(held)
    forgotten(session, held)
    assert texts(held) == ["", PUBLIC, "", PUBLIC]


def test_the_job_forgets_when_the_time_is_over_and_not_before(sqlite: Database, intake: Intake) -> None:
    with sqlite.writing() as session:
        site, _ = cast.add_site(session)
        row = flow.receive(session, intake, site, cast.comment(PRIVATE), cast.NOW).comment
        ana = cast.add_user(session)
        found = redaction.prepare(intake, row)
        redaction.redact(session, row, ana, found, now=cast.NOW, undo_seconds=8)
    bench = Bench(sqlite.reading, sqlite.writing, intake, lambda message: Outcome())
    before = cast.NOW + WEEKS - timedelta(seconds=1)
    while run_next(bench, lambda: before):  # why the second reader says so is looked for, and nothing forgotten
        pass
    with sqlite.reading() as session:
        assert session.scalars(select(JobRow.status).where(JobRow.kind == JobKind.FORGET)).all() == [JobStatus.WAITING]
    assert run_next(bench, lambda: cast.NOW + WEEKS)
    with sqlite.reading() as session:
        assert session.scalars(select(RevisionRow.text).order_by(RevisionRow.number)).all() == ["", PUBLIC]
        [job] = session.scalars(select(JobRow).where(JobRow.kind == JobKind.FORGET)).all()
        assert (job.status, job.last_error) == (JobStatus.DONE, None)


def test_a_comment_that_is_withdrawn_is_erased_original_and_all(
    session: Session, held: CommentRow, redact: Redact
) -> None:
    redact(held)
    flow.withdraw(session, held, cast.NOW)
    forgotten(session, held)
    assert texts(held) == ["", ""]


def test_a_withdrawn_comment_s_redaction_cannot_be_undone(
    session: Session, held: CommentRow, moderator: UserRow, redact: Redact
) -> None:
    made = redact(held)
    flow.withdraw(session, held, cast.NOW)
    with pytest.raises(review.CommentGone):
        undo(session, made, moderator)
