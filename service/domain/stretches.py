"""Stretches of time that are over and that people speak of: the last week, the last month, the last quarter."""

import enum
from datetime import date, timedelta

from service.domain.tone import Period, Step


class Stretch(enum.StrEnum):
    """One that is over, so that a report of it stays true."""

    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"


STEP_OF = {Stretch.WEEK: Step.DAY, Stretch.MONTH: Step.WEEK, Stretch.QUARTER: Step.WEEK}
"""Into what steps a report of each is divided."""

_LONGEST = {Stretch.WEEK: timedelta(days=7), Stretch.MONTH: timedelta(days=31), Stretch.QUARTER: timedelta(days=92)}


def last(stretch: Stretch, today: date) -> Period:
    """Return the last one that was over when this day began: weeks begin on Monday, quarters in January and so on."""
    if stretch is Stretch.WEEK:
        monday = today - timedelta(days=today.weekday())
        return Period(monday - timedelta(weeks=1), monday)
    months = 1 if stretch is Stretch.MONTH else 3
    end = today.replace(month=today.month - (today.month - 1) % months, day=1)
    return Period(_months_before(end, months), end)


def following(stretch: Stretch, period: Period) -> Period:
    """Return the one that begins where another ends."""
    return last(stretch, period.end + _LONGEST[stretch])


def _months_before(first: date, months: int) -> date:
    number = first.year * 12 + first.month - 1 - months
    return date(number // 12, number % 12 + 1, 1)
