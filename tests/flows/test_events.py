"""A site's endpoints are told what happened: each what it wants, signed, and once for each."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from standardwebhooks.webhooks import Webhook

from service.domain.comment import Scores, Status
from service.domain.events import Event
from service.flows import callbacks, endpoints, events
from service.flows import intake as flow
from service.flows.events import SWITCHED_OFF, ReplayRefused
from service.flows.intake import Intake
from service.flows.jobs import Bench
from service.ml.artefacts import Shelf
from service.outgoing import Message, Outcome
from service.store import decisions
from service.store import jobs as leases
from service.store.engine import Database
from service.store.tables import CommentRow, EndpointRow, JobKind, JobRow, JobStatus, Origin, Protocol, SiteRow
from tests import cast
from tests.flows.conftest import HOOK, Receive
from tests.work import run_next

REPORTS = "https://reports.example.org/hook"
SCORES = "https://scores.example.org/hook"
RESCORED = Scores("comments-en-2", {"abusive": 0.9, "critical": 0.2}, ("abusive",), language="en")
LATER = cast.NOW + timedelta(minutes=1)


@pytest.fixture
def for_reports(session: Session, site: SiteRow) -> EndpointRow:
    return endpoints.add(session, site, REPORTS, [Event.REPORT_READY], cast.NOW)


@pytest.fixture
def for_scores(session: Session, site: SiteRow) -> EndpointRow:
    return endpoints.add(session, site, SCORES, [Event.COMMENT_RESCORED, Event.REPORT_READY], cast.NOW)


def written(session: Session) -> list[tuple[str, str, JobStatus]]:
    """Return what is to be told: where, of what, and whether it still is."""
    rows = session.scalars(select(JobRow).where(JobRow.kind == JobKind.CALLBACK).order_by(JobRow.id))
    return [(callbacks.address_of(job) or "", str(job.event), job.status) for job in rows]


def last(session: Session) -> JobRow:
    return session.scalars(select(JobRow).order_by(JobRow.id.desc())).all()[0]


def body_of(job: JobRow) -> Any:  # noqa: ANN401
    return json.loads(callbacks.message_of(job, datetime.now(UTC)).body)


def report(session: Session, site: SiteRow) -> list[JobRow]:
    """Let a report be ready."""
    return events.report_ready(
        session, site, 12, date(2026, 11, 16), date(2026, 11, 22), "https://desk.example.org/reports/12", cast.NOW
    )


def test_an_event_is_told_to_whoever_wants_it_and_to_nobody_else(
    session: Session, site: SiteRow, for_reports: EndpointRow, for_scores: EndpointRow
) -> None:
    report(session, site)
    assert written(session) == [
        (REPORTS, "report.ready", JobStatus.WAITING),
        (SCORES, "report.ready", JobStatus.WAITING),
    ]


def test_another_site_s_endpoints_hear_nothing(session: Session, site: SiteRow, for_reports: EndpointRow) -> None:
    other, _ = cast.add_site(session, "https://other.example.org")
    report(session, other)
    assert written(session) == []


def test_a_report_is_told_with_its_days_and_its_address(
    session: Session, site: SiteRow, for_reports: EndpointRow
) -> None:
    [job] = report(session, site)
    assert body_of(job) == {
        "type": "report.ready",
        "timestamp": "2026-11-21T09:00:00.000Z",
        "data": {
            "id": "12",
            "from": "2026-11-16",
            "to": "2026-11-22",
            "url": "https://desk.example.org/reports/12",
        },
    }


def test_what_is_about_no_comment_is_signed_too(session: Session, site: SiteRow, for_reports: EndpointRow) -> None:
    [job] = report(session, site)
    message = callbacks.message_of(job, datetime.now(UTC))
    assert Webhook(site.webhook_secret).verify(message.body, message.headers)["type"] == "report.ready"


def test_every_endpoint_gets_a_message_with_an_id_of_its_own(
    session: Session, site: SiteRow, for_reports: EndpointRow, for_scores: EndpointRow
) -> None:
    assert len({job.message_id for job in report(session, site)}) == 2


def test_scores_that_changed_are_told_as_the_api_writes_them(
    session: Session, receive: Receive, for_scores: EndpointRow
) -> None:
    row = receive(cast.comment(cast.UNKIND, id="41"))
    [job] = events.rescored(session, row, RESCORED, cast.NOW)
    assert body_of(job) == {
        "type": "comment.rescored",
        "timestamp": "2026-11-21T09:00:00.000Z",
        "data": {
            "id": str(row.id),
            "outside_id": "41",
            "thread": cast.POST,
            "model": "comments-en-2",
            "scores": {"abusive": 0.9, "critical": 0.2},
            "labels": ["abusive"],
            "language": "en",
            "scored_at": "2026-11-21T09:00:00.000Z",
        },
    }


def test_of_scores_that_changed_twice_only_the_last_are_told(
    session: Session, receive: Receive, for_scores: EndpointRow
) -> None:
    row = receive(cast.comment(cast.UNKIND))
    for _ in range(2):
        events.rescored(session, row, RESCORED, cast.NOW)
    assert [status for *_, status in written(session)] == [JobStatus.CANCELLED, JobStatus.WAITING]


def test_new_scores_cancel_no_decision(session: Session, receive: Receive, for_scores: EndpointRow) -> None:
    row = receive(cast.comment(cast.KIND))
    events.rescored(session, row, RESCORED, cast.NOW)
    assert written(session)[0] == (HOOK, "comment.decided", JobStatus.WAITING)


def test_a_decision_cancels_no_new_scores(session: Session, receive: Receive, for_scores: EndpointRow) -> None:
    row = receive(cast.comment(cast.KIND))
    events.rescored(session, row, RESCORED, cast.NOW)
    callbacks.announce(session, row, row.decision, LATER, 0)
    assert (SCORES, "comment.rescored", JobStatus.WAITING) in written(session)


def test_a_comment_that_coral_sent_is_told_of_to_nobody(
    session: Session, site: SiteRow, intake: Intake, for_scores: EndpointRow
) -> None:
    row = flow.receive(session, intake, site, cast.comment(), cast.NOW, protocol=Protocol.CORAL).comment
    assert (events.rescored(session, row, RESCORED, cast.NOW), written(session)) == ([], [])


def test_a_comment_s_own_address_hears_of_decisions_and_of_nothing_else(
    session: Session, receive: Receive, for_scores: EndpointRow
) -> None:
    own = "https://relay.example.org/own"
    row = receive(cast.comment(cast.KIND, callback=own))
    events.rescored(session, row, RESCORED, cast.NOW)
    assert [told[:2] for told in written(session)] == [(own, "comment.decided"), (SCORES, "comment.rescored")]


def test_what_the_model_says_late_is_told_once_it_was_said(database: Database, intake: Intake, tmp_path: Path) -> None:
    with database.writing() as session:
        site, _ = cast.add_site(session)
        endpoints.add(session, site, SCORES, [Event.COMMENT_RESCORED], cast.NOW)
        flow.receive(session, Intake(Shelf(tmp_path), undo_seconds=0), site, cast.comment(cast.UNKIND), cast.NOW)
        assert written(session) == []
    sent: list[Message] = []

    def send(message: Message) -> Outcome:
        sent.append(message)
        return Outcome(status=200)

    bench = Bench(database.reading, database.writing, intake, send)
    while run_next(bench, lambda: LATER):
        pass
    [message] = sent
    told = json.loads(message.body)
    assert (message.url, told["type"], told["data"]["labels"]) == (SCORES, "comment.rescored", ["abusive"])


def test_what_is_scored_as_it_comes_is_no_news(session: Session, receive: Receive, for_scores: EndpointRow) -> None:
    receive(cast.comment(cast.UNKIND))
    assert written(session) == []


def test_what_was_told_of_a_comment_is_erased_with_it(
    session: Session, receive: Receive, for_scores: EndpointRow
) -> None:
    row = receive(cast.comment(cast.UNKIND))
    [job] = events.rescored(session, row, RESCORED, cast.NOW)
    callbacks.record(job, Outcome("answered 500", status=500), LATER, callbacks.message_of(job, LATER))
    assert (job.sent or {})["url"] == SCORES
    flow.withdraw(session, row, LATER)
    session.refresh(job)
    assert (job.status, job.sent, job.payload, job.last_error) == (JobStatus.CANCELLED, None, None, None)


def test_what_was_erased_while_it_was_under_way_is_not_kept(
    session: Session, receive: Receive, for_scores: EndpointRow
) -> None:
    row = receive(cast.comment(cast.UNKIND))
    [job] = events.rescored(session, row, RESCORED, cast.NOW)
    message = callbacks.message_of(job, LATER)
    flow.withdraw(session, row, LATER)
    callbacks.record(job, Outcome(status=200), LATER, message)
    assert (job.status, job.sent) == (JobStatus.DONE, None)


def test_forgetting_an_original_leaves_what_there_is_to_tell(
    session: Session, receive: Receive, for_scores: EndpointRow
) -> None:
    row = receive(cast.comment(cast.UNKIND))
    [job] = events.rescored(session, row, RESCORED, cast.NOW)
    callbacks.record(job, Outcome("answered 500: " + cast.UNKIND, status=500), LATER, callbacks.message_of(job, LATER))
    session.flush()
    leases.forget_words(session, row)
    session.refresh(job)
    assert (job.sent, job.last_error, body_of(job)["data"]["labels"]) == (None, None, ["abusive"])


def test_what_a_site_said_of_a_comment_that_was_erased_meanwhile_is_not_kept(
    session: Session, receive: Receive
) -> None:
    row = receive(cast.comment(cast.KIND))
    job = last(session)
    message = callbacks.message_of(job, LATER)
    flow.withdraw(session, row, LATER)
    callbacks.record(job, Outcome("answered 500: " + cast.KIND, status=500), LATER, message)
    assert (job.status, job.sent, job.last_error) == (JobStatus.CANCELLED, None, None)


def test_what_was_erased_cannot_be_sent_again(session: Session, receive: Receive, for_scores: EndpointRow) -> None:
    row = receive(cast.comment(cast.UNKIND))
    [job] = events.rescored(session, row, RESCORED, cast.NOW)
    flow.withdraw(session, row, LATER)
    session.refresh(job)
    with pytest.raises(ReplayRefused, match="was erased"):
        callbacks.replay(session, job, LATER)


def test_a_message_is_kept_as_it_was_sent(session: Session, receive: Receive) -> None:
    receive(cast.comment(cast.KIND))
    job = last(session)
    message = callbacks.message_of(job, LATER)
    callbacks.record(job, Outcome("answered 503: later", status=503), LATER, message)
    session.flush()
    session.refresh(job)
    assert job.sent == {"url": HOOK, "headers": message.headers, "body": message.body.decode()}
    assert (job.answered, job.attempted_at) == (503, LATER)


def test_a_report_that_was_given_up_is_told_again_as_it_was(
    session: Session, site: SiteRow, for_reports: EndpointRow
) -> None:
    [job] = report(session, site)
    callbacks.record(job, Outcome("answered 404", is_permanent=True, status=404), LATER)
    again = callbacks.replay(session, job, LATER)
    assert (job.status, again.run_after, again.message_id != job.message_id) == (JobStatus.CANCELLED, LATER, True)
    assert body_of(again)["data"] == body_of(job)["data"]


def test_nothing_is_lost_that_happens_while_an_endpoint_is_switched_off(
    session: Session, receive: Receive, site: SiteRow
) -> None:
    site.endpoints[0].disabled_at = cast.NOW
    receive(cast.comment(cast.KIND))
    assert (last(session).status, last(session).last_error) == (JobStatus.GAVE_UP, SWITCHED_OFF)


def test_a_decision_is_told_to_every_endpoint_that_wants_decisions(
    session: Session, site: SiteRow, receive: Receive
) -> None:
    endpoints.add(session, site, SCORES, [Event.COMMENT_DECIDED], cast.NOW)
    row = receive(cast.comment(cast.KIND))
    assert [where for where, *_ in written(session)] == [HOOK, SCORES]
    assert row.status is Status.APPROVED


def decided_again(session: Session, row: CommentRow) -> list[str]:
    """Decide the same once more; return where that is told."""
    before = len(written(session))
    decision = decisions.add(session, row, row.status, Origin.POLICY, LATER)
    callbacks.announce(session, row, decision, LATER, 0)
    return [where for where, *_ in written(session)[before:]]


def test_whether_a_decision_is_news_is_asked_of_each_endpoint(
    session: Session, site: SiteRow, receive: Receive
) -> None:
    endpoints.add(session, site, SCORES, [Event.COMMENT_DECIDED], cast.NOW)
    row = receive(cast.comment(cast.KIND))
    first = leases.lease(session, LATER, 60)
    assert first
    callbacks.record(first, Outcome(status=200), LATER)
    session.flush()
    assert decided_again(session, row) == [SCORES]


def test_sending_again_to_one_endpoint_leaves_the_others_alone(
    session: Session, site: SiteRow, receive: Receive
) -> None:
    endpoints.add(session, site, SCORES, [Event.COMMENT_DECIDED], cast.NOW)
    receive(cast.comment(cast.KIND))
    callbacks.replay(session, last(session), LATER)
    assert [(where, status) for where, _, status in written(session)] == [
        (HOOK, JobStatus.WAITING),
        (SCORES, JobStatus.CANCELLED),
        (SCORES, JobStatus.WAITING),
    ]
