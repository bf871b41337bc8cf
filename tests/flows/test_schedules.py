"""Reports by schedule: each stretch of time is made once and mailed once, whoever else is at it, whatever fails."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from sqlalchemy import func, select

from service import settings as known
from service.app import build_bench, create_app
from service.domain.calendar import Rhythm
from service.domain.events import Event
from service.domain.mail import AddressRefused
from service.domain.stretches import Stretch
from service.flows import endpoints, jobs, reports, schedules
from service.flows.jobs import LEASE_SECONDS, Bench, begin_due
from service.flows.schedules import ScheduleRefused
from service.outgoing import Outcome, Outgoing
from service.store import schedules as store
from service.store.engine import Database
from service.store.tables import JobKind, JobRow, JobStatus, Maker, ReportRow, ReportRunRow, ScheduleRow, SiteRow
from tests import cast
from tests.mailbox import SENDER, Mailbox
from tests.work import run_next

ANA, BEN = "ana@example.org", "ben@example.org"
MONDAYS = Rhythm(Stretch.WEEK, "Europe/Berlin")
BEGUN = datetime(2026, 11, 18, 9, 0, tzinfo=UTC)
DUE = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
"""Six o'clock in Berlin, on the first Monday after."""
WEEK = timedelta(weeks=1)


class Clock:
    """Says what time it is."""

    def __init__(self, now: datetime = DUE) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def bench(database: Database, box: Mailbox, tmp_path: Path) -> Iterator[Bench]:
    """Return what a worker works with."""
    set_ = {
        "DATABASE_URL": database.url.render_as_string(hide_password=False),
        "PUBLIC_URL": "https://desk.example.org",
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": str(box.port),
        "SMTP_SECURITY": "none",
        "SMTP_FROM": SENDER,
    }
    settings = known.load({f"UNDERTONE_{name}": value for name, value in set_.items()}, tmp_path / "secret")
    app = create_app(settings)
    yield build_bench(settings, app)
    app.extensions["undertone"].database.dispose()


@pytest.fixture
def site_id(database: Database) -> int:
    """Add a blog whose weeks are mailed to Ana and Ben."""
    with database.writing() as session:
        site, _keys = cast.add_site(session)
        schedules.save(session, site, MONDAYS, "en", BEGUN, [ANA, BEN])
        return site.id


def work(bench: Bench, clock: Callable[[], datetime]) -> None:
    """Do all there is to do now."""
    while begin_due(bench, clock) or run_next(bench, clock):
        pass


def runs(database: Database) -> list[date]:
    with database.reading() as session:
        return list(session.scalars(select(ReportRunRow.starts_on).order_by(ReportRunRow.id)))


def count(database: Database, table: type[ReportRow] | type[ReportRunRow] | type[JobRow]) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def jobs_of(database: Database, kind: JobKind) -> list[JobRow]:
    with database.reading() as session:
        return list(session.scalars(select(JobRow).where(JobRow.kind == kind).order_by(JobRow.id)))


def change(database: Database, act: Callable[[ScheduleRow], object]) -> None:
    with database.writing() as session:
        act(session.scalars(select(ScheduleRow)).one())


@pytest.mark.usefixtures("site_id")
def test_what_is_due_is_made_and_mailed_to_everybody_once(
    bench: Bench, clock: Clock, box: Mailbox, database: Database
) -> None:
    work(bench, clock)
    work(bench, clock)
    assert box.sent_to() == [ANA, BEN]
    with database.reading() as session:
        [report] = session.scalars(select(ReportRow))
        assert (report.starts_on, report.ends_on) == (date(2026, 11, 16), date(2026, 11, 23))
        assert (report.made_by, report.zone, report.step) == (Maker.SCHEDULE, "Europe/Berlin", "day")


@pytest.mark.usefixtures("site_id")
def test_before_its_hour_nothing_is_made(bench: Bench, box: Mailbox, database: Database) -> None:
    work(bench, Clock(DUE - timedelta(seconds=1)))
    assert (count(database, ReportRunRow), box.sent_to()) == (0, [])


@pytest.mark.usefixtures("site_id")
def test_each_week_has_its_own(bench: Bench, clock: Clock, box: Mailbox, database: Database) -> None:
    for _ in range(3):
        work(bench, clock)
        clock.now += WEEK
    assert runs(database) == [date(2026, 11, 16), date(2026, 11, 23), date(2026, 11, 30)]
    assert len(box.came) == 6
    assert len({came.mail["Message-ID"] for came in box.came}) == 6


@pytest.mark.usefixtures("site_id")
def test_after_a_stop_only_the_latest_is_made_up_for(
    bench: Bench, clock: Clock, box: Mailbox, database: Database
) -> None:
    work(bench, clock)
    clock.now += 4 * WEEK + timedelta(days=2)
    work(bench, clock)
    assert runs(database) == [date(2026, 11, 16), date(2026, 12, 14)]
    with database.reading() as session:
        passed_over = session.scalars(select(ReportRunRow.passed_over).order_by(ReportRunRow.id)).all()
    assert passed_over == [0, 3]
    assert len(box.came) == 4


@pytest.mark.usefixtures("site_id")
def test_an_endpoint_is_told_that_it_can_be_read(bench: Bench, clock: Clock, database: Database) -> None:
    with database.writing() as session:
        site = session.scalars(select(SiteRow)).one()
        endpoints.add(session, site, "https://relay.example.org/hook", [Event.REPORT_READY], BEGUN)
    bench = replace(bench, send=lambda message: Outcome())
    work(bench, clock)
    [told] = jobs_of(database, JobKind.CALLBACK)
    assert (told.event, told.status) == (Event.REPORT_READY, JobStatus.DONE)


@pytest.mark.usefixtures("site_id")
def test_who_was_slower_keeps_nothing(
    bench: Bench, clock: Clock, box: Mailbox, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin_due(bench, clock)
    draft = reports.draft

    def slow(*given: object, **more: object) -> object:
        """Take longer than the lease: somebody else does all of it meanwhile."""
        monkeypatch.setattr(jobs.reports, "draft", draft)
        clock.now += timedelta(seconds=LEASE_SECONDS + 1)
        work(bench, clock)
        return draft(*given, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(jobs.reports, "draft", slow)
    assert run_next(bench, clock)
    work(bench, clock)
    assert box.sent_to() == [ANA, BEN]
    assert count(database, ReportRow) == 1


@pytest.mark.usefixtures("site_id")
def test_a_long_report_keeps_hold_of_its_job(
    bench: Bench, clock: Clock, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin_due(bench, clock)
    draft, seen = reports.draft, []

    def long(session: object, site: object, wanted: object, now: object, progress: reports.Progress) -> object:
        for step in range(8):
            clock.now += timedelta(seconds=LEASE_SECONDS / 3)
            progress(step, 8)
            seen.append(run_next(bench, clock))
        return draft(session, site, wanted, now)  # type: ignore[arg-type]

    monkeypatch.setattr(jobs.reports, "draft", long)
    assert run_next(bench, clock)
    assert seen == [False] * 8
    assert count(database, ReportRow) == 1


@pytest.mark.usefixtures("site_id")
def test_the_jobs_of_a_site_do_not_wait_for_its_report(
    bench: Bench, clock: Clock, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[bool] = []
    with database.writing() as session:
        site = session.scalars(select(SiteRow)).one()
        endpoints.add(session, site, "https://relay.example.org/hook", [Event.REPORT_READY], BEGUN)
    begin_due(bench, clock)
    bench = replace(bench, send=lambda message: Outcome())
    draft = reports.draft

    def meanwhile(*given: object, **more: object) -> object:
        with database.writing() as session:
            site = session.scalars(select(SiteRow)).one()
            reports.events.report_ready(session, site, 1, date(2026, 1, 1), date(2026, 1, 2), "u", clock())
        told.append(run_next(bench, clock))
        return draft(*given, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(jobs.reports, "draft", meanwhile)
    run_next(bench, clock)
    assert told == [True]


@pytest.mark.usefixtures("site_id")
def test_a_mail_server_that_is_down_is_tried_again_until_it_takes_each_once(
    bench: Bench, clock: Clock, box: Mailbox, database: Database
) -> None:
    assert bench.reporting
    reporting = replace(bench.reporting, post=Outgoing(mail_server=None).post)
    down = replace(bench, reporting=replace(reporting, post=lambda mail: Outcome("no answer: refused")))
    work(down, clock)
    assert [job.status for job in jobs_of(database, JobKind.MAIL)] == [JobStatus.WAITING] * 2
    clock.now += timedelta(hours=1)
    work(bench, clock)
    clock.now += timedelta(days=3)
    work(bench, clock)
    assert box.sent_to() == [ANA, BEN]
    assert [(job.status, job.attempts) for job in jobs_of(database, JobKind.MAIL)] == [(JobStatus.DONE, 2)] * 2


@pytest.mark.usefixtures("site_id")
def test_a_mail_that_is_refused_for_good_is_given_up_and_sent_again_when_somebody_asks(
    bench: Bench, clock: Clock, box: Mailbox, database: Database
) -> None:
    box.to_recipient = "550 Nobody here"
    work(bench, clock)
    given_up = jobs_of(database, JobKind.MAIL)
    assert [(job.status, job.last_error) for job in given_up] == [(JobStatus.GAVE_UP, "answered 550: Nobody here")] * 2
    box.to_recipient = "250 OK"
    with database.writing() as session:
        schedules.again(session, session.get_one(JobRow, given_up[0].id), clock())
    work(bench, clock)
    assert box.sent_to() == [ANA]


@pytest.mark.usefixtures("site_id")
def test_only_what_was_given_up_is_sent_again(bench: Bench, clock: Clock, database: Database) -> None:
    work(bench, clock)
    with database.writing() as session, pytest.raises(ScheduleRefused):
        schedules.again(session, session.get_one(JobRow, jobs_of(database, JobKind.MAIL)[0].id), clock())


@pytest.mark.usefixtures("site_id")
def test_what_is_sent_again_after_a_crash_can_be_told_by_its_number(
    bench: Bench, clock: Clock, box: Mailbox, database: Database
) -> None:
    class Crash(BaseException):
        """The power goes when the mail server has just taken a mail."""

    assert bench.reporting
    post = bench.reporting.post

    def die(mail: EmailMessage) -> Outcome:
        post(mail)
        raise Crash

    begin_due(bench, clock)
    run_next(bench, clock)
    dying = replace(bench, reporting=replace(bench.reporting, post=die))
    with pytest.raises(Crash):
        run_next(dying, clock)
    clock.now += timedelta(seconds=LEASE_SECONDS + 1)
    work(bench, clock)
    numbers = [came.mail["Message-ID"] for came in box.came if came.to == [ANA]]
    assert len(numbers) == 2
    assert len(set(numbers)) == 1
    assert box.sent_to() == [ANA, ANA, BEN]


@pytest.mark.usefixtures("site_id")
def test_who_is_taken_off_the_list_is_not_sent_what_still_waits(
    bench: Bench, clock: Clock, box: Mailbox, database: Database
) -> None:
    begin_due(bench, clock)
    run_next(bench, clock)
    with database.writing() as session:
        schedules.save(session, session.scalars(select(SiteRow)).one(), MONDAYS, "en", clock(), [BEN])
    work(bench, clock)
    assert box.sent_to() == [BEN]


@pytest.mark.usefixtures("site_id")
def test_a_report_that_was_removed_is_mailed_to_nobody(
    bench: Bench, clock: Clock, box: Mailbox, database: Database
) -> None:
    begin_due(bench, clock)
    run_next(bench, clock)
    with database.writing() as session:
        session.delete(session.scalars(select(ReportRow)).one())
    work(bench, clock)
    assert box.sent_to() == []
    assert {job.last_error for job in jobs_of(database, JobKind.MAIL)} == {jobs.REPORT_REMOVED}


@pytest.mark.usefixtures("site_id")
def test_a_report_that_breaks_is_shown_and_tried_again(
    bench: Bench, clock: Clock, box: Mailbox, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(jobs.reports, "draft", lambda *given: 1 / 0)
        work(bench, clock)
    [job] = jobs_of(database, JobKind.REPORT)
    assert (job.status, job.last_error) == (JobStatus.WAITING, "ZeroDivisionError: division by zero")
    clock.now += timedelta(minutes=1)
    work(bench, clock)
    assert box.sent_to() == [ANA, BEN]


def test_a_paused_schedule_makes_nothing_and_then_not_what_fell_due_meanwhile(
    bench: Bench, clock: Clock, database: Database, site_id: int
) -> None:
    change(database, schedules.pause)
    work(bench, clock)
    assert runs(database) == []
    clock.now += timedelta(days=1)
    change(database, lambda row: schedules.resume(row, clock()))
    work(bench, clock)
    assert runs(database) == []
    clock.now = DUE + WEEK
    work(bench, clock)
    assert runs(database) == [date(2026, 11, 23)]


@pytest.mark.usefixtures("site_id")
def test_a_zone_that_is_known_no_more_stops_its_schedule_and_nothing_else(
    bench: Bench, clock: Clock, database: Database
) -> None:
    change(database, lambda row: setattr(row, "zone", "Mars/Olympus"))
    work(bench, clock)
    assert runs(database) == []
    with database.reading() as session:
        assert session.scalars(select(ScheduleRow)).one().is_paused


def test_what_is_asked_for_at_once_is_not_made_again_when_it_falls_due(
    bench: Bench, clock: Clock, box: Mailbox, database: Database, site_id: int
) -> None:
    with database.writing() as session:
        later = replace(MONDAYS, days_after=3)
        schedule = schedules.save(session, session.get_one(SiteRow, site_id), later, "en", clock())
        schedules.begin_now(session, schedule, clock())
    work(bench, clock)
    with database.writing() as session, pytest.raises(ScheduleRefused):
        schedules.begin_now(session, session.scalars(select(ScheduleRow)).one(), clock())
    clock.now += timedelta(days=4)
    work(bench, clock)
    assert runs(database) == [date(2026, 11, 16)]
    assert box.sent_to() == [ANA, BEN]


def test_an_earlier_day_of_the_week_lets_no_week_out(
    bench: Bench, clock: Clock, database: Database, site_id: int
) -> None:
    with database.writing() as session:
        schedules.save(session, session.get_one(SiteRow, site_id), replace(MONDAYS, days_after=4), "en", BEGUN)
    clock.now += timedelta(days=1)
    work(bench, clock)
    assert runs(database) == []
    with database.writing() as session:
        schedules.save(session, session.get_one(SiteRow, site_id), MONDAYS, "en", clock())
    work(bench, clock)
    assert runs(database) == [date(2026, 11, 16)]


def test_a_new_rhythm_makes_nothing_of_the_past(bench: Bench, clock: Clock, database: Database, site_id: int) -> None:
    with database.writing() as session:
        site = session.get_one(SiteRow, site_id)
        schedules.save(session, site, Rhythm(Stretch.MONTH, "UTC"), "en", clock())
    work(bench, clock)
    assert runs(database) == []
    clock.now = datetime(2026, 12, 1, 6, 0, tzinfo=UTC)
    work(bench, clock)
    assert runs(database) == [date(2026, 11, 1)]


def test_a_schedule_that_is_removed_and_given_again_does_not_make_the_same_twice(
    bench: Bench, clock: Clock, box: Mailbox, database: Database, site_id: int
) -> None:
    work(bench, clock)
    with database.writing() as session:
        schedules.remove(session, session.scalars(select(ScheduleRow)).one(), clock())
    with database.writing() as session:
        site = session.get_one(SiteRow, site_id)
        again = schedules.save(session, site, MONDAYS, "en", BEGUN, [ANA])
        with pytest.raises(ScheduleRefused):
            schedules.begin_now(session, again, clock())
    work(bench, clock)
    assert box.sent_to() == [ANA, BEN]
    assert store.SHOWN >= len(runs(database)) == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("ana@example.org\nben@example.org", [ANA, BEN]),
        (" ana@example.org, ben@example.org; ana@EXAMPLE.org ", [ANA, BEN]),
    ],
)
def test_recipients_are_read_each_once(text: str, expected: list[str]) -> None:
    assert schedules.recipients_in(text) == expected


def test_what_is_no_recipient_is_refused() -> None:
    with pytest.raises(AddressRefused):
        schedules.recipients_in("ana@example.org ben")
    with pytest.raises(ScheduleRefused):
        schedules.recipients_in(" ".join(f"reader{number}@example.org" for number in range(51)))
