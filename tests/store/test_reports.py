"""Tone reports in the database: kept whole, found again, the newest first."""

from datetime import date

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from service.domain.tone import Period, Scope, Step
from service.store import reports
from service.store.tables import LARGEST_ID, Maker, ReportRow, SiteRow, UserRow
from tests import cast

WEEK = Period(date(2026, 11, 9), date(2026, 11, 16))


def add(session: Session, site: SiteRow, made_by: Maker = Maker.SCHEDULE, user: UserRow | None = None) -> ReportRow:
    """Keep a report that says little."""
    scope = Scope(site.url, thread=cast.POST)
    return reports.add(
        session,
        site,
        scope,
        WEEK,
        Step.DAY,
        zone="Europe/Berlin",
        models=["comments-en-1"],
        report={"says": ["much", 0.25, None]},
        quoted={"critical": [1, 2]},
        made_at=cast.NOW,
        made_by=made_by,
        user=user,
    )


@pytest.fixture
def site(session: Session) -> SiteRow:
    """Return the blog."""
    return cast.add_site(session)[0]


def test_a_report_comes_back_as_it_was_kept(session: Session, site: SiteRow) -> None:
    row = add(session, site, Maker.PERSON, cast.add_user(session))
    session.expire_all()
    found = reports.get(session, row.id)
    assert found is not None
    assert (found.report, found.quoted) == ({"says": ["much", 0.25, None]}, {"critical": [1, 2]})
    assert (found.starts_on, found.ends_on, found.step, found.zone) == (*vars(WEEK).values(), Step.DAY, "Europe/Berlin")
    assert (found.user and found.user.name, found.site.name, found.thread) == (cast.ANA, "The Relay", cast.POST)


def test_the_newest_comes_first_and_a_page_ends(session: Session, site: SiteRow) -> None:
    one, two, three = (add(session, site).id for _ in range(3))
    assert [row.id for row in reports.page(session, limit=2)] == [three, two]
    assert [row.id for row in reports.page(session, before=two)] == [one]


def test_a_site_sees_its_own_alone(session: Session, site: SiteRow) -> None:
    other, _ = cast.add_site(session, "https://other.example.org")
    add(session, other)
    own = add(session, site)
    assert [row.id for row in reports.page(session, site.id)] == [own.id]
    assert reports.latest(session, site.id) is own


@pytest.mark.parametrize("number", [0, 2, LARGEST_ID, LARGEST_ID + 1, 10**30])
def test_a_report_that_is_not_there_is_none(session: Session, site: SiteRow, number: int) -> None:
    assert reports.get(session, number) is None


def test_the_number_of_a_removed_report_is_given_to_no_other(session: Session, site: SiteRow) -> None:
    first = add(session, site)
    number = first.id
    session.delete(first)
    session.flush()
    assert add(session, site).id > number


@pytest.mark.parametrize("wrong", ["step = 'year'", "made_by = 'nobody'", "ends_on = starts_on", "made_by = 'person'"])
def test_the_database_refuses_what_cannot_be(session: Session, site: SiteRow, wrong: str) -> None:
    add(session, site)
    with pytest.raises(IntegrityError):
        session.execute(text(f"UPDATE reports SET {wrong}"))
