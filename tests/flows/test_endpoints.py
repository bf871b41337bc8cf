"""Endpoints: what they may be, how they are paused and switched off, and how nothing is lost by it."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from standardwebhooks.webhooks import Webhook

from service.domain.events import Event
from service.flows import callbacks, endpoints
from service.flows import intake as flow
from service.flows.blogs import SiteRefused
from service.flows.endpoints import PATIENCE, EndpointRefused
from service.flows.events import SWITCHED_OFF, ReplayRefused
from service.flows.intake import Intake
from service.flows.jobs import Bench
from service.outgoing import AddressIsPrivate, Message, Outcome, Outgoing
from service.store import decisions, jobs
from service.store.engine import Database
from service.store.tables import EndpointRow, JobRow, JobStatus, Origin, SiteRow
from tests import cast
from tests.flows.conftest import HOOK, Receive
from tests.flows.test_blogs import NONSENSE
from tests.processes import Receiver
from tests.work import run_next

OTHER = "https://other.example.org/hook"
DECIDED = [Event.COMMENT_DECIDED]
TAKEN, DOWN, GONE = Outcome(status=200), Outcome("answered 500", status=500), Outcome("answered 410", True, status=410)
DAY = timedelta(days=1)


@pytest.fixture
def endpoint(site: SiteRow) -> EndpointRow:
    """Return the blog's one endpoint."""
    return site.endpoints[0]


def told(session: Session) -> list[JobRow]:
    return list(session.scalars(select(JobRow).order_by(JobRow.id)))


def attempt(session: Session, outcome: Outcome, now: datetime) -> JobRow:
    """Run the callback that is due, to an outcome."""
    job = jobs.lease(session, now, 60)
    assert job, "a callback is due"
    callbacks.record(job, outcome, now)
    endpoints.notice(session, job, outcome, now)
    session.flush()
    return job


def addresses(site: SiteRow) -> list[tuple[str, list[str]]]:
    return [(each.url, each.events) for each in site.endpoints]


# What may be


@pytest.mark.parametrize("url", NONSENSE, ids=lambda each: repr(each[:40]))
def test_an_address_that_is_none_is_refused(url: str, session: Session, site: SiteRow) -> None:
    with pytest.raises(SiteRefused, match="is no web address"):
        endpoints.add(session, site, url, DECIDED, cast.NOW)


def test_a_site_has_one_endpoint_at_an_address(session: Session, site: SiteRow) -> None:
    with pytest.raises(EndpointRefused, match="already"):
        endpoints.add(session, site, HOOK, [Event.REPORT_READY], cast.NOW)


@pytest.mark.parametrize("wanted", [[], ["nonsense"], ["endpoint.test"]])
def test_an_endpoint_wants_something(wanted: list[str], session: Session, site: SiteRow) -> None:
    with pytest.raises(EndpointRefused, match="at least one"):
        endpoints.add(session, site, OTHER, wanted, cast.NOW)


def test_what_is_refused_changes_nothing(session: Session, site: SiteRow, endpoint: EndpointRow) -> None:
    for url, wanted in ((OTHER, []), ("call me", DECIDED)):
        with pytest.raises((EndpointRefused, SiteRefused)):
            endpoints.change(endpoint, url, wanted)
    assert addresses(site) == [(HOOK, ["comment.decided"])]


def test_a_private_address_is_refused_as_far_as_it_is_known() -> None:
    with pytest.raises(EndpointRefused, match=r"UNDERTONE_CALLBACK_ALLOW=127\.0\.0\.1:80"):
        endpoints.check(Outgoing(), "http://127.0.0.1/hook")
    endpoints.check(Outgoing({"127.0.0.1:80"}), "http://127.0.0.1/hook")


class Unknown:
    """A door behind which one name is known, and private."""

    def send(self, message: Message) -> Outcome:
        raise AssertionError(f"nothing is sent: {message}")

    def private(self, url: str) -> AddressIsPrivate | None:
        return AddressIsPrivate("nas.example", ip_address("10.0.0.7"), "nas.example:443") if "nas" in url else None


def test_a_name_that_leads_inside_is_refused_with_what_an_operator_can_do() -> None:
    endpoints.check(Unknown(), OTHER)
    with pytest.raises(EndpointRefused) as refused:
        endpoints.check(Unknown(), "https://nas.example/hook")
    assert str(refused.value) == (
        "nas.example is 10.0.0.7, which is no public address. An operator can allow it: "
        "UNDERTONE_CALLBACK_ALLOW=nas.example:443"
    )


# The address given with `site add --callback`


def test_an_address_for_decisions_is_an_endpoint_for_decisions(site: SiteRow) -> None:
    assert addresses(site) == [(HOOK, ["comment.decided"])]


def test_another_address_for_decisions_takes_its_place(session: Session, site: SiteRow) -> None:
    endpoints.tell_decisions_to(session, site, OTHER, cast.NOW)
    assert addresses(site) == [(OTHER, ["comment.decided"])]


def test_no_address_for_decisions_is_no_endpoint(session: Session, site: SiteRow) -> None:
    endpoints.tell_decisions_to(session, site, None, cast.NOW)
    assert addresses(site) == []


def test_what_else_an_endpoint_hears_it_goes_on_hearing(session: Session, site: SiteRow, endpoint: EndpointRow) -> None:
    endpoints.change(endpoint, HOOK, [*DECIDED, Event.REPORT_READY])
    endpoints.tell_decisions_to(session, site, None, cast.NOW)
    assert addresses(site) == [(HOOK, ["report.ready"])]
    endpoints.tell_decisions_to(session, site, HOOK, cast.NOW)
    assert addresses(site) == [(HOOK, ["comment.decided", "report.ready"])]


@pytest.mark.parametrize("url", [None, HOOK, "https://third.example.org/hook"])
def test_where_several_hear_of_decisions_one_address_cannot_be_meant(
    url: str | None, session: Session, site: SiteRow
) -> None:
    endpoints.add(session, site, OTHER, DECIDED, cast.NOW)
    with pytest.raises(EndpointRefused, match=f"2 endpoints .* /sites/{site.id}/endpoints"):
        endpoints.tell_decisions_to(session, site, url, cast.NOW)


# Changing, pausing, removing


def test_what_waits_goes_to_the_new_address(session: Session, receive: Receive, endpoint: EndpointRow) -> None:
    receive(cast.comment(cast.KIND))
    endpoints.change(endpoint, OTHER, DECIDED)
    assert callbacks.message_of(told(session)[0], cast.NOW).url == OTHER


def test_a_new_address_begins_anew(session: Session, receive: Receive, endpoint: EndpointRow) -> None:
    receive(cast.comment(cast.KIND))
    attempt(session, GONE, cast.NOW + DAY)
    endpoints.change(endpoint, OTHER, DECIDED)
    assert (endpoint.disabled_at, endpoint.failing_since, endpoint.is_gone) == (None, None, False)


def test_the_same_address_saved_again_does_not(session: Session, receive: Receive, endpoint: EndpointRow) -> None:
    receive(cast.comment(cast.KIND))
    attempt(session, GONE, cast.NOW + DAY)
    endpoints.change(endpoint, HOOK, list(Event))
    assert (endpoint.disabled_at, endpoint.is_gone) == (cast.NOW + DAY, True)


def test_while_an_endpoint_is_paused_nothing_is_sent_and_nothing_is_lost(
    session: Session, receive: Receive, endpoint: EndpointRow
) -> None:
    endpoints.pause(endpoint)
    session.flush()
    receive(cast.comment(cast.KIND))
    assert (jobs.is_due(session, cast.NOW + DAY), told(session)[0].status) == (False, JobStatus.WAITING)
    endpoints.resume(endpoint)
    session.flush()
    assert attempt(session, TAKEN, cast.NOW + DAY).status is JobStatus.DONE


def test_a_pause_of_one_endpoint_keeps_no_other_waiting(
    session: Session, site: SiteRow, receive: Receive, endpoint: EndpointRow
) -> None:
    other = endpoints.add(session, site, OTHER, DECIDED, cast.NOW)
    endpoints.pause(endpoint)
    receive(cast.comment(cast.KIND))
    receive(cast.comment(cast.KIND, id="own", callback="https://relay.example.org/own"))
    reached = [attempt(session, TAKEN, cast.NOW + DAY) for _ in range(2)]
    assert [job.endpoint_id for job in reached] == [other.id, None]
    assert not jobs.is_due(session, cast.NOW + DAY)


def test_what_was_decided_and_undone_during_a_pause_is_told_once(
    session: Session, receive: Receive, endpoint: EndpointRow
) -> None:
    endpoints.pause(endpoint)
    row = receive(cast.comment(cast.KIND, id="41"))
    for minutes in (1, 2):
        decision = decisions.add(session, row, row.status, Origin.POLICY, cast.NOW)
        callbacks.announce(session, row, decision, cast.NOW + timedelta(minutes=minutes), 0)
    assert [job.status for job in told(session)] == [JobStatus.CANCELLED, JobStatus.CANCELLED, JobStatus.WAITING]


def test_the_days_of_a_pause_are_no_days_of_failure(session: Session, receive: Receive, endpoint: EndpointRow) -> None:
    receive(cast.comment(cast.KIND))
    attempt(session, DOWN, cast.NOW + timedelta(minutes=1))
    endpoints.pause(endpoint)
    endpoints.resume(endpoint)
    attempt(session, DOWN, cast.NOW + 7 * DAY)
    assert (endpoint.disabled_at, endpoint.failing_since) == (None, cast.NOW + 7 * DAY)


def test_an_endpoint_goes_with_what_it_was_told(session: Session, site: SiteRow, receive: Receive) -> None:
    receive(cast.comment(cast.KIND))
    endpoints.remove(session, site.endpoints[0])
    session.expire_all()
    assert (addresses(site), told(session)) == ([], [])


# Switching off


def test_an_endpoint_at_which_every_attempt_failed_for_days_is_switched_off(
    session: Session, receive: Receive, endpoint: EndpointRow
) -> None:
    began = cast.NOW + timedelta(minutes=1)
    receive(cast.comment(cast.KIND, id="1"))
    attempt(session, DOWN, began)
    session.execute(JobRow.__table__.update().values(run_after=cast.NOW))  # as if the next attempt came only then
    attempt(session, DOWN, began + PATIENCE - timedelta(seconds=1))
    assert (endpoint.failing_since, endpoint.disabled_at) == (began, None)
    receive(cast.comment(cast.KIND, id="2"))
    attempt(session, DOWN, began + PATIENCE)
    assert (endpoint.disabled_at, endpoint.is_gone) == (began + PATIENCE, False)


def test_one_success_begins_the_count_anew(session: Session, receive: Receive, endpoint: EndpointRow) -> None:
    for number, (outcome, days) in enumerate(((DOWN, 1), (TAKEN, 4), (DOWN, 7), (DOWN, 11))):
        session.execute(JobRow.__table__.update().values(status="cancelled"))
        receive(cast.comment(cast.KIND, id=str(number)))
        attempt(session, outcome, cast.NOW + days * DAY)
    assert (endpoint.failing_since, endpoint.disabled_at) == (cast.NOW + 7 * DAY, None)


def test_an_endpoint_that_says_it_is_gone_is_switched_off_at_once(
    session: Session, receive: Receive, endpoint: EndpointRow
) -> None:
    receive(cast.comment(cast.KIND))
    attempt(session, GONE, cast.NOW + DAY)
    assert (endpoint.disabled_at, endpoint.is_gone) == (cast.NOW + DAY, True)


def test_a_redirect_gives_up_one_message_and_not_the_endpoint(
    session: Session, receive: Receive, endpoint: EndpointRow
) -> None:
    receive(cast.comment(cast.KIND))
    attempt(session, Outcome("answered 301: …", True, status=301), cast.NOW + DAY)
    assert (told(session)[0].status, endpoint.disabled_at) == (JobStatus.GAVE_UP, None)


def test_a_comment_s_own_address_that_is_gone_switches_nothing_off(
    session: Session, receive: Receive, endpoint: EndpointRow
) -> None:
    receive(cast.comment(cast.KIND, callback=OTHER))
    assert attempt(session, GONE, cast.NOW + DAY).status is JobStatus.GAVE_UP
    assert (endpoint.disabled_at, endpoint.failing_since) == (None, None)


@pytest.fixture
def switched_off(session: Session, site: SiteRow, receive: Receive, endpoint: EndpointRow) -> EndpointRow:
    """Return the endpoint when it is gone, with three things that it was not told; another hears of one, too."""
    endpoints.add(session, site, OTHER, [Event.REPORT_READY], cast.NOW)
    for number in range(3):
        receive(cast.comment(cast.KIND, id=str(number)))
    attempt(session, GONE, cast.NOW + DAY)
    session.expire_all()
    return endpoint


def test_what_waited_for_it_is_given_up_and_says_why(session: Session, switched_off: EndpointRow) -> None:
    found = [(job.status, job.last_error) for job in told(session)]
    assert found == [(JobStatus.GAVE_UP, error) for error in ("answered 410", SWITCHED_OFF, SWITCHED_OFF)]


def test_what_waits_for_others_goes_on_waiting(
    session: Session, site: SiteRow, receive: Receive, endpoint: EndpointRow
) -> None:
    other = endpoints.add(session, site, OTHER, DECIDED, cast.NOW)
    receive(cast.comment(cast.KIND))
    attempt(session, GONE, cast.NOW + DAY)
    session.expire_all()
    assert [(job.endpoint_id, job.status) for job in told(session)] == [
        (endpoint.id, JobStatus.GAVE_UP),
        (other.id, JobStatus.WAITING),
    ]


def test_to_an_endpoint_that_is_switched_off_nothing_is_sent_again(session: Session, switched_off: EndpointRow) -> None:
    with pytest.raises(ReplayRefused, match="Switch it on first"):
        callbacks.replay(session, told(session)[0], cast.NOW + DAY)
    with pytest.raises(ReplayRefused, match="Switch it on first"):
        endpoints.replay_given_up(session, switched_off, None, cast.NOW + DAY)


def test_switched_on_again_it_is_told_what_happens_from_then_on(
    session: Session, receive: Receive, switched_off: EndpointRow
) -> None:
    endpoints.switch_on(switched_off)
    receive(cast.comment(cast.KIND, id="new"))
    job = attempt(session, TAKEN, cast.NOW + 2 * DAY)
    assert (job.comment and job.comment.outside_id, jobs.is_due(session, cast.NOW + 2 * DAY)) == ("new", False)


def test_all_that_was_given_up_is_sent_again_in_its_order(session: Session, switched_off: EndpointRow) -> None:
    endpoints.switch_on(switched_off)
    assert endpoints.replay_given_up(session, switched_off, None, cast.NOW + DAY) == 3
    reached = [attempt(session, TAKEN, cast.NOW + DAY) for _ in range(3)]
    assert [job.comment and job.comment.outside_id for job in reached] == ["0", "1", "2"]
    assert [job.status for job in told(session)][:3] == [JobStatus.CANCELLED] * 3


def test_only_what_was_given_up_since_a_time_is_sent_again(session: Session, switched_off: EndpointRow) -> None:
    endpoints.switch_on(switched_off)
    for job, minutes in zip(told(session), (0, 10, 20), strict=True):
        job.created_at = cast.NOW + timedelta(minutes=minutes)
    session.flush()
    since = cast.NOW + timedelta(minutes=10)
    assert endpoints.replay_given_up(session, switched_off, since, cast.NOW + DAY) == 2


def test_what_was_given_up_twice_of_a_comment_is_said_once(
    session: Session, receive: Receive, switched_off: EndpointRow
) -> None:
    endpoints.switch_on(switched_off)
    job = told(session)[0]
    again = callbacks.replay(session, job, cast.NOW + DAY)
    again.status, job.status = JobStatus.GAVE_UP, JobStatus.GAVE_UP
    session.flush()
    assert endpoints.replay_given_up(session, switched_off, None, cast.NOW + DAY) == 3


# The test


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    opened = Receiver()
    yield opened
    opened.close()


def test_a_test_is_signed_and_says_what_it_is(session: Session, site: SiteRow, receiver: Receiver) -> None:
    tried = endpoints.add(session, site, receiver.url, [Event.REPORT_READY], cast.NOW)
    message = endpoints.trial_message(tried, datetime.now(UTC))
    trial = endpoints.try_out(Outgoing({receiver.address}), message)
    [(headers, body)] = receiver.got
    event = Webhook(site.webhook_secret).verify(body, headers)
    assert (event["type"], event["data"]) == (
        "endpoint.test",
        {"endpoint": str(tried.id), "site": site.url, "events": ["report.ready"]},
    )
    assert (trial.outcome.status, trial.outcome.error, trial.milliseconds >= 0) == (200, None, True)


def test_a_test_of_an_address_inside_is_refused_and_not_sent(
    session: Session, site: SiteRow, receiver: Receiver
) -> None:
    tried = endpoints.add(session, site, receiver.url, DECIDED, cast.NOW)
    trial = endpoints.try_out(Outgoing(), endpoints.trial_message(tried, cast.NOW))
    assert ("no public address" in (trial.outcome.error or ""), receiver.got) == (True, [])


def test_a_test_leaves_no_trace(session: Session, site: SiteRow, receiver: Receiver) -> None:
    tried = endpoints.add(session, site, receiver.url, DECIDED, cast.NOW)
    receiver.status = 410
    endpoints.try_out(Outgoing({receiver.address}), endpoints.trial_message(tried, cast.NOW))
    assert (tried.failing_since, tried.disabled_at, told(session)) == (None, None, [])


# From end to end


def test_a_worker_switches_off_what_is_gone_and_tells_the_rest(
    database: Database, intake: Intake, receiver: Receiver
) -> None:
    with database.writing() as session:
        site, _ = cast.add_site(session, callback=receiver.url)
        endpoints.add(session, site, OTHER, DECIDED, cast.NOW)
        for number in range(2):
            flow.receive(session, intake, site, cast.comment(cast.KIND, id=str(number)), cast.NOW)
    outside = Outgoing({receiver.address})

    def send(message: Message) -> Outcome:
        return GONE if message.url == OTHER else outside.send(message)

    while run_next(Bench(database.reading, database.writing, intake, send), lambda: cast.NOW + DAY):
        pass
    with database.reading() as session:
        states = [(each.url, each.is_gone) for each in session.scalars(select(EndpointRow).order_by(EndpointRow.id))]
        kept = session.scalars(select(JobRow).where(JobRow.status == JobStatus.DONE).order_by(JobRow.id)).all()
        assert states == [(receiver.url, False), (OTHER, True)]
        assert [json.loads(job.sent["body"]) for job in kept if job.sent] == receiver.events()
        assert len(receiver.got) == 2
