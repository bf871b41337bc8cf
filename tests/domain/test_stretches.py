"""The last week, month and quarter: over, whole, and right at the turn of a year."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.stretches import STEP_OF, Stretch, following, last
from service.domain.tone import Period


@pytest.mark.parametrize(
    ("stretch", "today", "expected"),
    [
        (Stretch.WEEK, date(2026, 11, 21), Period(date(2026, 11, 9), date(2026, 11, 16))),
        (Stretch.WEEK, date(2026, 11, 16), Period(date(2026, 11, 9), date(2026, 11, 16))),
        (Stretch.WEEK, date(2026, 11, 15), Period(date(2026, 11, 2), date(2026, 11, 9))),
        (Stretch.MONTH, date(2026, 11, 1), Period(date(2026, 10, 1), date(2026, 11, 1))),
        (Stretch.MONTH, date(2026, 1, 31), Period(date(2025, 12, 1), date(2026, 1, 1))),
        (Stretch.QUARTER, date(2026, 11, 21), Period(date(2026, 7, 1), date(2026, 10, 1))),
        (Stretch.QUARTER, date(2026, 3, 31), Period(date(2025, 10, 1), date(2026, 1, 1))),
        (Stretch.QUARTER, date(2026, 4, 1), Period(date(2026, 1, 1), date(2026, 4, 1))),
    ],
)
def test_it_is_the_last_that_is_over(stretch: Stretch, today: date, expected: Period) -> None:
    assert last(stretch, today) == expected


@given(st.sampled_from(Stretch), st.dates(date(1990, 1, 1), date(2200, 1, 1)))
def test_it_ends_where_the_present_one_begins(stretch: Stretch, today: date) -> None:
    found = last(stretch, today)
    assert found.start < found.end <= today
    # The day after the present one is over, what was present is the last.
    longest = timedelta(days=93)
    later = next(
        later for days in range(longest.days) if (later := last(stretch, today + timedelta(days=days))) != found
    )
    assert later.start == found.end
    assert following(stretch, found) == later


def test_each_has_its_steps() -> None:
    assert set(STEP_OF) == set(Stretch)
