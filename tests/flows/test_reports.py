"""Reports: made in one transaction or in two, kept on both databases, and quoting no more than they may."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.domain.events import Event
from service.domain.periods import PeriodRefused
from service.domain.tone import Period, Step
from service.flows import endpoints, reports
from service.flows.reports import ReportRefused, Wanted
from service.store import comments
from service.store import reports as store
from service.store.tables import JobRow, Maker, ReportRow, RevisionRow, SiteRow, UserRow
from tests import cast
from tests import reports as sample

TWO_WEEKS = Period(date(2026, 11, 9), date(2026, 11, 23))
NOW = cast.NOW + timedelta(days=3)
HERE = "https://undertone.example.org"


@pytest.fixture
def ada(session: Session) -> UserRow:
    """Return somebody who checks comments."""
    return cast.add_user(session, "Ada")


@pytest.fixture
def site(session: Session, ada: UserRow) -> SiteRow:
    """Return a blog with four weeks of comments."""
    row, _ = cast.add_site(session)
    sample.fill(session, row, ada)
    return row


def make(
    session: Session,
    site: SiteRow,
    period: Period,
    step: Step,
    *,
    made_by: Maker,
    now: datetime = NOW,
    user: UserRow | None = None,
    zone: str = "UTC",
    thread: str | None = None,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> ReportRow:
    """Make a report and keep it, in one transaction."""
    draft = reports.draft(session, site, Wanted(period, step, zone, thread), now, progress)
    return reports.keep(session, site, draft, now, made_by, user, public_url=HERE)


def test_a_report_is_made_and_kept(session: Session, site: SiteRow) -> None:
    told: list[tuple[int, int]] = []
    row = make(
        session,
        site,
        TWO_WEEKS,
        Step.WEEK,
        now=NOW,
        made_by=Maker.SCHEDULE,
        zone="Europe/Berlin",
        progress=lambda done, of: told.append((done, of)),
    )
    session.expire_all()
    found = store.get(session, row.id)
    assert found
    report = reports.report_in(found)
    assert (report.period, report.zone, report.made_at, found.made_by) == (TWO_WEEKS, "Europe/Berlin", NOW, "schedule")
    assert sum(each.volume for each in report.lines[0].slices) == report.lines[0].whole.volume > 300
    assert told[-1][0] == told[-1][1] > 0


def test_it_says_the_same_made_in_two_steps(session: Session, site: SiteRow, ada: UserRow) -> None:
    once = make(session, site, TWO_WEEKS, Step.DAY, now=NOW, made_by=Maker.PERSON, user=ada)
    draft = reports.draft(session, site, Wanted(TWO_WEEKS, Step.DAY), NOW)
    twice = reports.keep(session, site, draft, NOW, Maker.PERSON, ada, public_url=HERE)
    assert (once.report, once.quoted) == (twice.report, twice.quoted)


def test_the_site_is_told_where_it_can_be_read(session: Session, site: SiteRow) -> None:
    endpoints.add(session, site, "https://blog.example.org/hook", [Event.REPORT_READY], NOW)
    row = make(session, site, TWO_WEEKS, Step.WEEK, made_by=Maker.SITE)
    [job] = session.scalars(select(JobRow).where(JobRow.event == Event.REPORT_READY)).all()
    address = f"{HERE}/reports/{row.id}"
    assert job.payload == {"id": str(row.id), "from": "2026-11-09", "to": "2026-11-22", "url": address}


def test_names_are_others_in_the_next_report_and_with_another_secret(session: Session, site: SiteRow) -> None:
    one, two = (make(session, site, TWO_WEEKS, Step.WEEK, now=NOW, made_by=Maker.SITE) for _ in range(2))

    def names(number: int, secret: str) -> list[str]:
        row = store.get(session, number)
        assert row
        return [quote.author for found in reports.quotes_in(session, row, secret).values() for quote in found]

    assert names(one.id, "secret") == names(one.id, "secret")
    assert names(one.id, "secret")
    assert not set(names(one.id, "secret")) & set(names(two.id, "secret"))
    assert not set(names(one.id, "secret")) & set(names(one.id, "another"))


def test_nobody_is_quoted_twice_for_one_label(session: Session, site: SiteRow) -> None:
    row = make(session, site, TWO_WEEKS, Step.WEEK, now=NOW, made_by=Maker.COMMAND)
    assert row.quoted
    for numbers in row.quoted.values():
        authors = [each.author_key for each in comments.of_numbers(session, numbers).values()]
        assert len(authors) == len(set(authors)) <= reports.MOST_QUOTED


def test_the_same_words_are_quoted_once(session: Session, site: SiteRow) -> None:
    row = make(session, site, TWO_WEEKS, Step.WEEK, now=NOW, made_by=Maker.COMMAND)
    first, *_ = [number for numbers in row.quoted.values() for number in numbers]
    said = comments.of_numbers(session, [first])[first].revision
    for each in session.scalars(select(RevisionRow)):
        each.text, each.text_hash = said.text, said.text_hash
    session.flush()

    again = make(session, site, TWO_WEEKS, Step.WEEK, now=NOW, made_by=Maker.COMMAND)

    assert sum(map(len, again.quoted.values())) == 1


def test_only_the_discussion_that_was_asked_for_is_quoted(session: Session, site: SiteRow) -> None:
    other = f"{cast.POST}-again"
    row = make(session, site, TWO_WEEKS, Step.WEEK, now=NOW, made_by=Maker.COMMAND, thread=other)
    numbers = [number for each in row.quoted.values() for number in each]
    assert {each.thread.url for each in comments.of_numbers(session, numbers).values()} == {other}


@pytest.mark.parametrize(
    ("period", "zone", "refused"),
    [
        (Period(date(2026, 11, 23), date(2026, 11, 9)), "UTC", PeriodRefused),
        (Period(date(2026, 11, 9), date(2026, 11, 9)), "UTC", PeriodRefused),
        (TWO_WEEKS, "Mars/Olympus", PeriodRefused),
        (Period(date(2027, 1, 1), date(2027, 1, 2)), "UTC", ReportRefused),
    ],
)
def test_what_there_can_be_no_report_of_is_refused_and_nothing_kept(
    session: Session, site: SiteRow, period: Period, zone: str, refused: type[Exception]
) -> None:
    with pytest.raises(refused):
        make(session, site, period, Step.WEEK, now=NOW, made_by=Maker.SITE, zone=zone)
    assert store.page(session) == []


def test_today_is_another_day_elsewhere() -> None:
    late = cast.NOW.replace(hour=23)
    assert [reports.today_in(zone, late).day for zone in ("UTC", "Pacific/Auckland")] == [21, 22]


def test_a_period_ends_with_the_day_after_its_last() -> None:
    assert reports.of_days("2026-11-09", " 2026-11-22 ") == TWO_WEEKS
