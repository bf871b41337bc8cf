"""Reports that are asked for on a page: made once, one at a time, called off, and what becomes of one that breaks."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from service.domain.tone import Period, Step
from service.flows import asked_reports as flow
from service.flows.intake import Intake
from service.flows.jobs import Bench, Reporting
from service.flows.reports import ReportRefused, Wanted
from service.outgoing import Outgoing
from service.store import asked_reports, leases, tallies
from service.store.engine import Database
from service.store.tables import AskedReportRow, JobStatus, Maker, ReportRow, ReportRunRow, Role, SiteRow, UserRow
from tests import cast, reports
from tests.work import make_report

LAST_WEEKS = Wanted(Period(reports.EIGHT_WEEKS.end - timedelta(days=14), reports.EIGHT_WEEKS.end), Step.WEEK)

Ask = Callable[..., int]


def write(session: Session, run: ReportRunRow, address: str) -> EmailMessage:
    raise AssertionError(f"nobody is sent the report of {run.id} in {session}: {address}")


@pytest.fixture
def bench(database: Database, intake: Intake) -> Bench:
    reporting = Reporting("https://undertone.example.org", write, Outgoing().post)
    return Bench(database.reading, database.writing, intake, Outgoing().send, reporting)


@pytest.fixture
def ask(database: Database) -> Ask:
    """Return a function by which Ada asks for a report of a filled site."""
    with database.writing() as session:
        site, _ = cast.add_site(session)
        reports.fill(session, site, cast.add_user(session, "Ada", Role.ADMIN))

    def ask(wanted: Wanted = LAST_WEEKS) -> int:
        with database.writing() as session:
            site, user = session.scalars(select(SiteRow)).one(), session.scalars(select(UserRow)).one()
            return flow.ask(session, site, wanted, user, cast.NOW).id

    return ask


def standing(database: Database, asked_id: int) -> AskedReportRow:
    with database.reading() as session:
        row = asked_reports.get(session, asked_id)
        assert row
        return row


def kept(database: Database) -> list[ReportRow]:
    with database.reading() as session:
        return list(session.scalars(select(ReportRow).order_by(ReportRow.id)))


def test_what_was_asked_for_is_made_once(bench: Bench, database: Database, ask: Ask) -> None:
    number = ask()
    assert [make_report(bench, lambda: cast.NOW) for _ in range(2)] == [True, False]
    row, [report] = standing(database, number), kept(database)
    assert (row.status, row.progress, row.report_id, row.leased_until) == (JobStatus.DONE, 1.0, report.id, None)
    assert (report.made_by, report.user_id, report.starts_on) == (Maker.PERSON, row.user_id, LAST_WEEKS.period.start)


def test_one_is_made_at_a_time_and_whoever_dies_loses_it(bench: Bench, database: Database, ask: Ask) -> None:
    first, second = ask(), ask()
    assert flow.take_next(bench, lambda: cast.NOW)  # and dies
    assert flow.take_next(bench, lambda: cast.NOW) is None
    later = cast.NOW + timedelta(seconds=flow.LEASE_SECONDS + 1)
    assert [make_report(bench, lambda: later) for _ in range(3)] == [True, True, False]
    assert [standing(database, each).report_id for each in (first, second)] == [1, 2]


def test_two_who_are_at_it_keep_one(bench: Bench, database: Database, ask: Ask) -> None:
    ask()
    slow = flow.take_next(bench, lambda: cast.NOW)
    later = cast.NOW + timedelta(seconds=flow.LEASE_SECONDS + 1)
    assert slow
    assert make_report(bench, lambda: later)
    slow()
    assert len(kept(database)) == 1


def test_what_is_called_off_is_not_made(bench: Bench, database: Database, ask: Ask) -> None:
    number = ask()
    begun = flow.take_next(bench, lambda: cast.NOW)
    assert begun
    with bench.writing() as session:
        row = asked_reports.get(session, number)
        assert row
        flow.call_off(row, cast.NOW)
    begun()
    assert (standing(database, number).status, kept(database)) == (JobStatus.CANCELLED, [])


def test_whoever_calls_off_too_late_has_a_report(bench: Bench, database: Database, ask: Ask) -> None:
    number = ask()
    make_report(bench, lambda: cast.NOW)
    with bench.writing() as session:
        row = asked_reports.get(session, number)
        assert row
        flow.call_off(row, cast.NOW)
    assert standing(database, number).status is JobStatus.DONE


def test_how_far_it_is_is_told_and_calling_it_off_ends_it(
    bench: Bench, database: Database, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    number, seen = ask(), []

    @contextmanager
    def writing() -> Iterator[Session]:
        with bench.writing() as session:
            yield session
        seen.append(standing(database, number).progress)
        if len(seen) == 4:
            with bench.writing() as session:
                flow.call_off(session.get_one(AskedReportRow, number), cast.NOW)

    monkeypatch.setattr(flow, "_TOLD_EVERY_SECONDS", 0.0)
    monkeypatch.setattr(tallies, "AT_ONCE", 100)
    assert make_report(replace(bench, writing=writing), lambda: cast.NOW)
    leased, first, second, third = seen
    assert leased == 0.0 < first < second < third < 0.9
    assert (standing(database, number).status, kept(database)) == (JobStatus.CANCELLED, [])


def test_a_refusal_is_shown_where_the_report_would_be(bench: Bench, database: Database, ask: Ask) -> None:
    number = ask()
    with bench.writing() as session:
        session.get_one(AskedReportRow, number).zone = "Mars/Olympus"  # which this machine knew once
    assert make_report(bench, lambda: cast.NOW)
    row = standing(database, number)
    assert (row.status, "There is no time zone" in (row.last_error or "")) == (JobStatus.GAVE_UP, True)


def test_a_mistake_is_shown_where_the_report_would_be(bench: Bench, database: Database, ask: Ask) -> None:
    number = ask()
    assert make_report(replace(bench, reporting=None), lambda: cast.NOW)
    row = standing(database, number)
    assert (row.status, row.last_error) == (JobStatus.GAVE_UP, "ValueError: this bench makes no reports")
    assert not make_report(bench, lambda: cast.NOW)


def test_a_database_that_was_away_for_a_moment_ends_nothing(
    bench: Bench, database: Database, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    number, opened = ask(), 0

    @contextmanager
    def writing() -> Iterator[Session]:
        nonlocal opened
        opened += 1
        if opened > 1:
            raise OperationalError("BEGIN IMMEDIATE", None, TimeoutError("others are writing"))
        with bench.writing() as session:
            yield session

    monkeypatch.setattr(flow, "_TOLD_EVERY_SECONDS", 0.0)
    with pytest.raises(OperationalError):  # for the worker, which rests
        make_report(replace(bench, writing=writing), lambda: cast.NOW)
    assert opened > 2
    assert standing(database, number).status is JobStatus.WAITING
    assert make_report(bench, lambda: cast.NOW + timedelta(seconds=flow.LEASE_SECONDS + 1))
    assert standing(database, number).status is JobStatus.DONE


def test_a_group_may_be_called_anything(bench: Bench, database: Database, ask: Ask) -> None:
    number = ask(Wanted(LAST_WEEKS.period, Step.WEEK, author_group="a\0b"))
    make_report(bench, lambda: cast.NOW)
    row = standing(database, number)
    assert (row.status, row.author_group) == (JobStatus.DONE, "a\0b")


def test_what_ends_three_times_without_a_word_is_given_up(bench: Bench, database: Database, ask: Ask) -> None:
    number, moment = ask(), cast.NOW
    for _ in range(leases.MOST_ATTEMPTS):
        assert flow.take_next(bench, lambda moment=moment: moment)  # type: ignore[misc]
        moment += timedelta(seconds=flow.LEASE_SECONDS + 1)
    assert flow.take_next(bench, lambda: moment) is None
    row = standing(database, number)
    assert (row.status, row.last_error) == (JobStatus.GAVE_UP, "it ended without a word 3 times")


def test_what_cannot_be_is_refused_when_it_is_asked_for(database: Database, ask: Ask) -> None:
    with pytest.raises(ReportRefused, match="No comment under"):
        ask(Wanted(LAST_WEEKS.period, Step.WEEK, thread="https://relay.example.org/nowhere"))
    with database.reading() as session:
        assert asked_reports.waiting(session) == []
