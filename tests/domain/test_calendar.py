"""When reports are made by themselves: each period once, in time, whatever the clocks do there."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain import calendar, stretches
from service.domain.calendar import MOST_DAYS_AFTER, CalendarRefused, Rhythm
from service.domain.periods import PeriodRefused
from service.domain.stretches import Stretch
from service.domain.tone import Period

MONDAYS = Rhythm(Stretch.WEEK, "Europe/Berlin")
LAST_WEEK = Period(date(2026, 11, 9), date(2026, 11, 16))
MOMENTS = st.datetimes(datetime(1995, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))
ZONES = st.sampled_from(
    ["UTC", "Europe/Berlin", "America/St_Johns", "Asia/Kathmandu", "Pacific/Apia", "Australia/Lord_Howe"]
)


@st.composite
def rhythms(draw: st.DrawFn) -> Rhythm:
    """Return when reports could be made."""
    stretch = draw(st.sampled_from(sorted(MOST_DAYS_AFTER)))
    return Rhythm(stretch, draw(ZONES), draw(st.integers(0, MOST_DAYS_AFTER[stretch])), draw(st.integers(0, 23)))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("rhythm", "now", "start"),
    [
        (MONDAYS, "2026-11-16T04:59", date(2026, 11, 2)),
        (MONDAYS, "2026-11-16T05:00", date(2026, 11, 9)),
        (MONDAYS, "2026-11-22T23:00", date(2026, 11, 9)),
        (Rhythm(Stretch.WEEK, "UTC", 6, 23), "2026-11-22T22:59", date(2026, 11, 2)),
        (Rhythm(Stretch.WEEK, "UTC", 6, 23), "2026-11-22T23:00", date(2026, 11, 9)),
        (Rhythm(Stretch.MONTH, "UTC"), "2026-11-01T05:59", date(2026, 9, 1)),
        (Rhythm(Stretch.MONTH, "UTC"), "2026-11-01T06:00", date(2026, 10, 1)),
        (Rhythm(Stretch.MONTH, "UTC", 27, 0), "2027-01-27T23:59", date(2026, 11, 1)),
        (Rhythm(Stretch.MONTH, "UTC", 27, 0), "2027-01-28T00:00", date(2026, 12, 1)),
        (Rhythm(Stretch.MONTH, "Pacific/Auckland", 0, 0), "2026-10-31T11:00", date(2026, 10, 1)),
    ],
)
def test_the_last_that_was_due(rhythm: Rhythm, now: str, start: date) -> None:
    assert calendar.last_due(rhythm, at(now)).start == start


@pytest.mark.parametrize(
    ("zone", "end", "expected"),
    [
        # On the last Sunday of March the clocks of Berlin have no 02:00; on that of October they have two of them.
        ("Europe/Berlin", date(2026, 3, 23), "2026-03-29T01:00"),
        ("Europe/Berlin", date(2026, 10, 19), "2026-10-25T00:00"),
        ("UTC", date(2026, 3, 23), "2026-03-29T02:00"),
    ],
)
def test_an_hour_that_is_left_out_or_comes_twice_is_one_moment(zone: str, end: date, expected: str) -> None:
    rhythm = Rhythm(Stretch.WEEK, zone, days_after=6, hour=2)
    assert calendar.due_at(rhythm, Period(end - timedelta(days=7), end)) == at(expected)


@given(rhythms(), MOMENTS)
def test_what_is_due_is_over_and_what_comes_next_is_not_due_yet(rhythm: Rhythm, now: datetime) -> None:
    period = calendar.last_due(rhythm, now)
    [(following, moment)] = calendar.upcoming(rhythm, now, 1)
    assert calendar.due_at(rhythm, period) <= now < moment
    assert following.start == period.end
    assert period.end <= now.astimezone(ZoneInfo(rhythm.zone)).date()


@given(rhythms(), MOMENTS)
def test_what_comes_next_follows_one_on_the_other_in_place_and_time(rhythm: Rhythm, now: datetime) -> None:
    found = calendar.upcoming(rhythm, now, 14)
    assert all(one[0].end == other[0].start and one[1] < other[1] for one, other in pairwise(found))


@given(rhythms(), MOMENTS, st.lists(st.timedeltas(timedelta(0), timedelta(days=70)), max_size=12))
def test_whoever_looks_when_ever_each_period_is_owed_once_and_none_is_lost_from_sight(
    rhythm: Rhythm, since: datetime, waits: list[timedelta]
) -> None:
    made: list[date] = []
    [(first, _)] = calendar.upcoming(rhythm, since, 1)
    skipped, now = 0, since
    for wait in waits:
        now += wait
        period = calendar.owed(rhythm, first.start, made, now)
        if period:
            skipped += calendar.passed_over(rhythm, first.start, made, period)
            made.append(period.start)
        assert calendar.owed(rhythm, first.start, made, now) is None
    assert len(set(made)) == len(made)
    latest = calendar.last_due(rhythm, now)
    between, each = 0, calendar.last_due(rhythm, since)
    while each != latest:
        between, each = between + 1, stretches.following(rhythm.stretch, each)
    assert len(made) + skipped == between


def test_what_begins_before_the_first_day_is_not_owed() -> None:
    now = at("2026-11-16T05:00")
    assert calendar.owed(MONDAYS, LAST_WEEK.start + timedelta(days=1), [], now) is None
    assert calendar.owed(MONDAYS, LAST_WEEK.start, [], now) == LAST_WEEK


def test_nothing_older_is_owed_than_what_is_made() -> None:
    # Made at once on Monday, of the week before; on Thursdays, the one before that is the last that was due.
    rhythm, now = Rhythm(Stretch.WEEK, "UTC", days_after=3), at("2026-11-16T05:00")
    assert calendar.owed(rhythm, date(2026, 10, 1), [LAST_WEEK.start], now) is None


def test_after_a_stop_only_the_newest_is_owed_and_the_others_are_counted() -> None:
    now, first = at("2026-11-18T12:00"), date(2026, 9, 28)
    made = [date(2026, 9, 28), date(2026, 10, 12)]
    assert calendar.owed(MONDAYS, first, made, now) == LAST_WEEK
    assert calendar.passed_over(MONDAYS, first, made, LAST_WEEK) == 3


@pytest.mark.parametrize(
    "asked",
    [
        {"stretch": Stretch.QUARTER},
        {"days_after": 7},
        {"days_after": -1},
        {"stretch": Stretch.MONTH, "days_after": 28},
        {"hour": 24},
        {"hour": -1},
    ],
)
def test_a_time_that_cannot_be_is_refused(asked: dict[str, object]) -> None:
    with pytest.raises(CalendarRefused):
        Rhythm(**{"stretch": Stretch.WEEK, "zone": "UTC", **asked})  # type: ignore[arg-type]


def test_a_zone_that_nobody_knows_is_refused() -> None:
    with pytest.raises(PeriodRefused):
        Rhythm(Stretch.WEEK, "Mars/Olympus")
