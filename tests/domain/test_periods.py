"""Days, weeks and months of a site's own time zone."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.periods import MOST_PERIODS, PeriodRefused, before, divided, moments, zone_of
from service.domain.tone import Period, Step

OCTOBER = Period(date(2026, 10, 1), date(2026, 11, 1))
DAYS = st.dates(date(1990, 1, 1), date(2100, 1, 1))
ZONES = st.sampled_from(["UTC", "Europe/London", "America/St_Johns", "Asia/Kathmandu", "Pacific/Apia"])


def test_a_week_begins_on_monday() -> None:
    weeks = divided(OCTOBER, Step.WEEK)
    assert [each.start.isoformat() for each in weeks] == [
        "2026-10-01",
        "2026-10-05",
        "2026-10-12",
        "2026-10-19",
        "2026-10-26",
    ]


def test_a_month_is_as_long_as_it_is() -> None:
    months = divided(Period(date(2026, 1, 31), date(2026, 4, 1)), Step.MONTH)
    assert [(each.end - each.start).days for each in months] == [1, 28, 31]


@given(DAYS, st.integers(1, MOST_PERIODS), st.sampled_from(Step))
def test_periods_leave_no_day_out_and_count_none_twice(start: date, days: int, step: Step) -> None:
    period = Period(start, start + timedelta(days=days))
    periods = divided(period, step)
    assert periods[0].start == period.start
    assert periods[-1].end == period.end
    assert all(one.end == other.start for one, other in pairwise(periods))


@pytest.mark.parametrize(
    "period",
    [
        Period(date(2026, 10, 1), date(2026, 10, 1)),
        Period(date(2026, 10, 2), date(2026, 10, 1)),
        Period(date(2020, 1, 1), date(2026, 1, 1)),
    ],
)
def test_a_stretch_that_no_report_can_be_made_of_is_refused(period: Period) -> None:
    with pytest.raises(PeriodRefused):
        divided(period, Step.DAY)


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../etc/passwd", "Europe/London\0"])
def test_a_zone_that_nobody_knows_is_refused(name: str) -> None:
    with pytest.raises(PeriodRefused):
        zone_of(name)


def test_what_a_month_is_compared_with_is_the_month_before() -> None:
    assert before(Period(date(2026, 3, 1), date(2026, 4, 1))) == Period(date(2026, 2, 1), date(2026, 3, 1))


def test_what_ten_days_are_compared_with_are_the_ten_before() -> None:
    assert before(Period(date(2026, 3, 2), date(2026, 3, 12))) == Period(date(2026, 2, 20), date(2026, 3, 2))


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 7, 1), 24)])
def test_a_day_is_as_long_as_the_clocks_make_it(day: date, hours: int) -> None:
    begin, end = moments([Period(day, day + timedelta(days=1))], ZoneInfo("Europe/London"))
    assert end - begin == timedelta(hours=hours)


@given(DAYS, ZONES)
def test_a_day_begins_at_its_own_midnight_or_just_after(day: date, zone: str) -> None:
    begin, _ = moments([Period(day, day + timedelta(days=1))], ZoneInfo(zone))
    there = begin.astimezone(ZoneInfo(zone))
    # In Apia the 30th of December 2011 was left out whole.
    assert there.date() - day in (timedelta(0), timedelta(days=1))
    assert begin.tzinfo is UTC


def test_the_first_day_of_all_has_a_beginning() -> None:
    begin, _ = moments([Period(date.min, date(1, 1, 2))], ZoneInfo("Asia/Kathmandu"))
    assert begin == datetime.min.replace(tzinfo=UTC)
