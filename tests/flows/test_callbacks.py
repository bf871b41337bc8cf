"""The site is told: what, when, how often, and that it really was us."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from service.domain.comment import Status
from service.domain.events import Event
from service.domain.reasons import DEFAULT_REASONS
from service.flows import blogs, callbacks, endpoints, events, review
from service.flows import intake as flow
from service.flows.callbacks import SCHEDULE
from service.flows.intake import Intake
from service.flows.review import Ruling
from service.outgoing import Outcome
from service.store import jobs
from service.store.engine import Database
from service.store.tables import CommentRow, DecisionRow, JobKind, JobRow, JobStatus, UserRow
from tests import cast
from tests.flows.conftest import HOOK, Receive

FAILED = Outcome("no answer: timed out")
TAKEN = Outcome()
LATER = cast.NOW + timedelta(minutes=1)

Decide = Callable[[str], DecisionRow]


@pytest.fixture
def database(sqlite: Database) -> Database:
    """One database is enough here: what differs between the two is tested with the store and with review."""
    return sqlite


@pytest.fixture
def held(receive: Receive) -> CommentRow:
    return receive(cast.comment(cast.UNKIND, id="41"))


@pytest.fixture
def decide(session: Session, held: CommentRow, moderator: UserRow) -> Decide:
    """Return a function by which Ana decides about the held comment, having seen all that happened."""

    def decide(what: str) -> DecisionRow:
        ruling = Ruling(what, "the reason", None, held.decision.number)
        return review.decide(session, held.id, moderator, ruling, now=cast.NOW, undo_seconds=8)

    return decide


@pytest.fixture
def undo(session: Session, held: CommentRow, moderator: UserRow) -> Callable[[], DecisionRow]:
    """Return a function by which Ana undoes the last decision."""
    return lambda: review.undo(session, held.decision.id, moderator, now=cast.NOW, undo_seconds=8)


def all_callbacks(session: Session) -> Sequence[JobRow]:
    return session.scalars(select(JobRow).where(JobRow.kind == JobKind.CALLBACK).order_by(JobRow.id)).all()


def waiting(session: Session) -> list[Status]:
    """Return what the site is about to be told."""
    return [job.decision.status for job in all_callbacks(session) if job.status is JobStatus.WAITING and job.decision]


def attempt(session: Session, outcome: Outcome, now: datetime = LATER) -> JobRow:
    """Run the callback that is due, to an outcome."""
    job = jobs.lease(session, now, 60)
    assert job, "a callback is due"
    callbacks.record(job, outcome, now)
    session.flush()
    return job


def event_of(job: JobRow) -> Any:  # noqa: ANN401
    return json.loads(callbacks.message_of(job, datetime.now(UTC)).body)


def test_a_decision_is_told_when_it_can_no_longer_be_undone_unseen(session: Session, decide: Decide) -> None:
    decide("approve")
    assert [(job.run_after - cast.NOW).total_seconds() for job in all_callbacks(session)] == [8]


def test_the_signature_is_the_site_s(session: Session, held: CommentRow, decide: Decide) -> None:
    decide("approve")
    message = callbacks.message_of(all_callbacks(session)[0], datetime.now(UTC))
    verified = Webhook(held.site.webhook_secret).verify(message.body, message.headers)
    assert verified["data"]["id"] == str(held.id)


@pytest.mark.parametrize("changed", ["body", "webhook-id", "webhook-timestamp", "webhook-signature"])
def test_whatever_is_changed_on_the_way_is_noticed(
    changed: str, session: Session, held: CommentRow, decide: Decide
) -> None:
    decide("approve")
    message = callbacks.message_of(all_callbacks(session)[0], datetime.now(UTC))
    headers, body = dict(message.headers), message.body
    if changed == "body":
        body = body.replace(b"approved", b"rejected")
    else:
        headers[changed] = {"webhook-timestamp": str(int(headers["webhook-timestamp"]) + 1)}.get(changed, "v1,AAAA")
    with pytest.raises(WebhookVerificationError):
        Webhook(held.site.webhook_secret).verify(body, headers)


def test_another_site_s_secret_signs_nothing_of_ours(session: Session, decide: Decide) -> None:
    _, keys = cast.add_site(session, "https://other.example.org")
    decide("approve")
    message = callbacks.message_of(all_callbacks(session)[0], datetime.now(UTC))
    with pytest.raises(WebhookVerificationError):
        Webhook(keys.webhook_secret).verify(message.body, message.headers)


def test_an_event_says_where_the_comment_stands_and_why(session: Session, held: CommentRow, decide: Decide) -> None:
    decide("reject")
    assert event_of(all_callbacks(session)[0]) == {
        "type": "comment.decided",
        "timestamp": "2026-11-21T09:00:00.000Z",
        "data": {
            "id": str(held.id),
            "outside_id": "41",
            "thread": cast.POST,
            "status": "rejected",
            "number": 2,
            "decided_by": "person",
            "decided_at": "2026-11-21T09:00:00.000Z",
            "reason": "the reason",
            "author_message": None,
        },
    }


def test_an_event_carries_the_sentence_for_the_author(session: Session, held: CommentRow, moderator: UserRow) -> None:
    review.decide(session, held.id, moderator, Ruling("reject", canned=3), now=cast.NOW, undo_seconds=8)
    told = event_of(all_callbacks(session)[0])["data"]
    assert (told["reason"], told["author_message"]) == (DEFAULT_REASONS[2].name, DEFAULT_REASONS[2].sentence)


@pytest.mark.parametrize("what", ["hold", "escalate", "reject"])
def test_why_something_waits_is_for_colleagues_and_not_for_the_site(
    what: str, session: Session, receive: Receive, moderator: UserRow
) -> None:
    author = cast.ANA if what == "reject" else None  # whom it concerns is no second opinion by herself
    row = receive(cast.comment(cast.CRITICAL, id="42", thread_author=author))
    assert row.status is Status.APPROVED
    ruling = Ruling(what, "Is it he again?", canned=1)
    review.decide(session, row.id, moderator, ruling, now=cast.NOW, undo_seconds=8)
    told = event_of(all_callbacks(session)[-1])["data"]
    assert told["status"] == ("approved" if what == "reject" else "held")
    assert (told["reason"], told["author_message"]) == (None, None)


def test_a_better_reason_is_told_too(session: Session, held: CommentRow, moderator: UserRow) -> None:
    review.decide(session, held.id, moderator, Ruling("reject"), now=cast.NOW, undo_seconds=8)
    attempt(session, TAKEN)
    seen = held.decision.number
    review.decide(session, held.id, moderator, Ruling("reject", canned=1, seen=seen), now=cast.NOW, undo_seconds=8)
    assert event_of(all_callbacks(session)[-1])["data"]["author_message"] == DEFAULT_REASONS[0].sentence


def test_an_event_never_says_which_moderator_decided(session: Session, decide: Decide) -> None:
    decide("reject")
    assert cast.ANA not in json.dumps(event_of(all_callbacks(session)[0]))


def test_an_odd_id_can_be_told(session: Session, receive: Receive) -> None:
    receive(cast.comment(cast.KIND, id="\0\ud800"))
    assert event_of(all_callbacks(session)[0])["data"]["outside_id"] == "\0\ud800"


def test_a_site_without_an_address_is_told_nothing(session: Session, held: CommentRow, decide: Decide) -> None:
    endpoints.tell_decisions_to(session, held.site, None, cast.NOW)
    decide("approve")
    assert all_callbacks(session) == []


def test_a_message_goes_where_the_site_said(session: Session, decide: Decide) -> None:
    decide("approve")
    assert callbacks.message_of(all_callbacks(session)[0], cast.NOW).url == HOOK


def test_every_attempt_has_the_same_id(session: Session, decide: Decide) -> None:
    decide("approve")
    job = all_callbacks(session)[0]
    ids = [callbacks.message_of(job, now).headers["webhook-id"] for now in (cast.NOW, LATER)]
    assert ids == [job.message_id] * 2


def test_what_was_taken_is_done(session: Session, decide: Decide) -> None:
    decide("approve")
    job = attempt(session, TAKEN)
    assert (job.status, job.finished_at, job.last_error) == (JobStatus.DONE, LATER, None)


def test_what_failed_is_tried_again_on_the_schedule(session: Session, decide: Decide) -> None:
    decide("approve")
    now, waits = LATER, list[float]()
    for _ in SCHEDULE:
        job = attempt(session, FAILED, now)
        waits.append((job.run_after - now).total_seconds())
        now = job.run_after
    assert all(planned <= wait <= planned * 1.1 for planned, wait in zip(SCHEDULE, waits, strict=True))


def test_after_the_whole_schedule_it_gives_up(session: Session, decide: Decide) -> None:
    decide("approve")
    now = LATER
    for _ in range(len(SCHEDULE) + 1):
        job = attempt(session, FAILED, now)
        now = job.run_after
    assert (job.status, job.attempts, job.last_error) == (JobStatus.GAVE_UP, 10, FAILED.error)


def test_it_gives_up_at_once_where_trying_again_is_pointless(session: Session, decide: Decide) -> None:
    decide("approve")
    job = attempt(session, Outcome("answered 410", is_permanent=True))
    assert (job.status, job.last_error) == (JobStatus.GAVE_UP, "answered 410")


@pytest.mark.parametrize(
    ("asked", "least", "most"),
    [(120, 120, 120), (1, 5, 5.5), (-5, 5, 5.5), (10**9, 24 * 3600, 24 * 3600), (float("inf"), 24 * 3600, 24 * 3600)],
)
def test_it_waits_as_long_as_the_site_asks_within_reason(
    asked: float, least: float, most: float, session: Session, decide: Decide
) -> None:
    decide("approve")
    job = attempt(session, Outcome("answered 503", retry_after=asked))
    assert least <= (job.run_after - LATER).total_seconds() <= most


def test_a_failed_callback_can_be_leased_again(session: Session, decide: Decide) -> None:
    decide("approve")
    job = attempt(session, FAILED)
    assert jobs.lease(session, job.run_after, 60) is job


def test_replaying_begins_the_whole_schedule_again_at_once(session: Session, decide: Decide) -> None:
    decide("approve")
    job = attempt(session, Outcome("answered 410", is_permanent=True))
    again = callbacks.replay(session, job, LATER)
    assert attempt(session, TAKEN) is again


def test_replaying_while_an_attempt_is_under_way_does_not_wait_a_day(session: Session, decide: Decide) -> None:
    decide("approve")
    job = jobs.lease(session, LATER, 60)
    assert job
    again = callbacks.replay(session, job, LATER)
    callbacks.record(job, FAILED, LATER)
    assert (again.run_after - LATER).total_seconds() < 600


def test_a_decision_that_was_undone_in_time_is_not_told_by_replaying_it(
    session: Session, held: CommentRow, decide: Decide, undo: Callable[[], DecisionRow]
) -> None:
    decide("approve")
    undo()
    callbacks.replay(session, all_callbacks(session)[0], LATER)
    assert Status.APPROVED not in waiting(session)


def test_replaying_an_old_callback_tells_where_the_comment_stands_now(session: Session, decide: Decide) -> None:
    decide("approve")
    old = attempt(session, Outcome("answered 410", is_permanent=True))
    decide("reject")
    attempt(session, TAKEN)
    callbacks.replay(session, old, LATER)
    session.flush()
    assert waiting(session) in ([], [Status.REJECTED])


def test_an_undo_within_the_wait_is_never_told(
    session: Session, decide: Decide, undo: Callable[[], DecisionRow]
) -> None:
    decide("approve")
    undo()
    assert [job.status for job in all_callbacks(session)] == [JobStatus.CANCELLED]


def test_an_undo_of_an_undo_within_the_wait_is_told_as_the_decision(
    session: Session, decide: Decide, undo: Callable[[], DecisionRow]
) -> None:
    decide("approve")
    undo()
    undo()
    assert waiting(session) == [Status.APPROVED]


def test_an_undo_after_the_site_was_told_is_told_too(
    session: Session, decide: Decide, undo: Callable[[], DecisionRow]
) -> None:
    decide("approve")
    attempt(session, TAKEN)
    undo()
    assert waiting(session) == [Status.HELD]


def test_only_the_last_decision_is_told(session: Session, decide: Decide) -> None:
    for what in ("approve", "reject", "spam"):
        decide(what)
    assert waiting(session) == [Status.SPAM]


def test_the_same_again_is_no_news(session: Session, decide: Decide) -> None:
    decide("approve")
    attempt(session, TAKEN)
    decide("approve")
    assert waiting(session) == []


def test_a_change_and_back_again_within_the_wait_is_no_news(session: Session, decide: Decide) -> None:
    decide("approve")
    attempt(session, TAKEN)
    decide("reject")
    decide("approve")
    assert waiting(session) == []


def test_who_was_answered_that_a_comment_is_approved_is_told_that_it_is_held(
    session: Session, receive: Receive, moderator: UserRow
) -> None:
    row = receive(cast.comment(cast.KIND, id="42"))
    review.decide(session, row.id, moderator, Ruling("hold"), now=cast.NOW, undo_seconds=8)
    assert waiting(session) == [Status.HELD]


def test_an_edit_that_is_held_is_told_where_the_first_text_was_approved(session: Session, receive: Receive) -> None:
    receive(cast.comment(cast.KIND, id="42"))
    attempt(session, TAKEN)
    receive(cast.comment(cast.UNKIND, id="42"))
    assert waiting(session) == [Status.HELD]


@pytest.mark.parametrize(
    "tried", [FAILED, Outcome("no answer: timed out", is_permanent=True)], ids=["again", "gave up"]
)
def test_who_may_have_seen_a_decision_is_told_of_its_undoing(
    tried: Outcome, session: Session, decide: Decide, undo: Callable[[], DecisionRow]
) -> None:
    decide("approve")
    attempt(session, tried)
    undo()
    assert waiting(session) == [Status.HELD]


def test_who_may_have_seen_a_decision_is_told_of_its_undoing_after_a_replay_too(
    session: Session, decide: Decide, undo: Callable[[], DecisionRow]
) -> None:
    decide("approve")
    callbacks.replay(session, attempt(session, FAILED), LATER)
    session.flush()
    undo()
    assert waiting(session) == [Status.HELD]


def test_who_may_have_seen_a_decision_is_told_even_when_the_undoing_is_said_twice(
    session: Session, decide: Decide, undo: Callable[[], DecisionRow]
) -> None:
    decide("approve")
    attempt(session, FAILED)
    undo()
    decide("hold")
    assert waiting(session) == [Status.HELD]


def test_who_may_have_seen_another_decision_is_told_the_same_again(session: Session, decide: Decide) -> None:
    decide("approve")
    attempt(session, TAKEN)
    decide("reject")
    attempt(session, FAILED)
    decide("approve")
    decide("approve")
    assert waiting(session) == [Status.APPROVED]


def test_a_callback_that_arrives_although_it_was_cancelled_counts_as_told(
    session: Session, decide: Decide, undo: Callable[[], DecisionRow]
) -> None:
    decide("approve")
    under_way = jobs.lease(session, LATER, 60)
    assert under_way
    undo()
    callbacks.record(under_way, TAKEN, LATER)
    session.flush()
    assert (under_way.status, waiting(session)) == (JobStatus.DONE, [Status.HELD])


def test_a_callback_that_fails_after_it_was_cancelled_is_not_tried_again(
    session: Session, decide: Decide, undo: Callable[[], DecisionRow]
) -> None:
    decide("approve")
    under_way = jobs.lease(session, LATER, 60)
    assert under_way
    undo()
    callbacks.record(under_way, FAILED, LATER)
    assert under_way.status is JobStatus.CANCELLED


def test_withdrawing_cancels_what_was_not_told(session: Session, held: CommentRow, decide: Decide) -> None:
    decide("approve")
    flow.withdraw(session, held, cast.NOW)
    assert waiting(session) == []


def test_a_score_job_is_no_callback(session: Session, held: CommentRow) -> None:
    job = jobs.add(session, JobKind.SCORE, held, run_after=cast.NOW, now=cast.NOW)
    with pytest.raises(ValueError, match="no callback"):
        callbacks.message_of(job, cast.NOW)


def test_without_a_wait_a_decision_is_told_at_once(session: Session, intake: Intake, receive: Receive) -> None:
    receive(cast.comment(cast.KIND), replace(intake, undo_seconds=0))
    assert [job.run_after for job in all_callbacks(session)] == [cast.NOW]


def test_a_site_that_changes_its_secret_can_check_with_either(session: Session, decide: Decide) -> None:
    before = decide("reject").comment.site.webhook_secret
    _, made = blogs.renew_secrets(session, "https://relay.example.org")
    message = callbacks.message_of(all_callbacks(session)[-1], datetime.now(UTC))
    read = [Webhook(each).verify(message.body, message.headers) for each in (before, made.webhook_secret)]
    assert [each["data"]["status"] for each in read] == ["rejected", "rejected"]


def test_the_name_of_the_blog_s_moderator_is_not_told(session: Session, held: CommentRow) -> None:
    review.decided_by_site(session, held, Status.REJECTED, cast.NOW, "Rolf")
    [endpoint] = held.site.endpoints
    told = {"run_after": cast.NOW, "now": cast.NOW, "decision_id": held.decision.id}
    job = events.write(session, Event.COMMENT_DECIDED, held, endpoint, **told)
    callbacks.replay(session, job, cast.NOW)
    assert event_of(all_callbacks(session)[-1])["data"]["reason"] is None
