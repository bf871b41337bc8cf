"""Days, weeks and months of a site's own time zone, and the moments at which they begin."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from service.domain.tone import Period, Step
from service.domain.wording import N_, Refusal, typed

MOST_PERIODS = 400
"""More than a year of days; nobody can look at more in one report."""

_DAY = timedelta(days=1)


class PeriodRefused(Refusal):
    """A stretch of time that no report can be made of; the text says what to ask for instead."""


def zone_of(name: str) -> ZoneInfo:
    """Return a time zone by its name, as `Europe/London`; raise PeriodRefused where there is none such."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise PeriodRefused(
            N_("There is no time zone '%(zone)s'. Write one like Europe/London."), zone=typed(name)
        ) from error


def divided(period: Period, step: Step) -> list[Period]:
    """Return a stretch of days cut where days, weeks (on Mondays) or months begin; its ends may be cut short."""
    if period.end <= period.start:
        raise PeriodRefused(N_("The report ends before it begins. Write a first day, and a later one after the last."))
    edges = [period.start, *_beginnings(period, step), period.end]
    periods = [Period(*each) for each in pairwise(edges)]
    if len(periods) > MOST_PERIODS:
        raise PeriodRefused(
            N_("That is %(count)s periods, and at most %(most)s fit a report. Choose longer ones, or fewer days."),
            count=len(periods),
            most=MOST_PERIODS,
        )
    return periods


def before(period: Period) -> Period:
    """Return the stretch just before that is as long; of whole months, as many months."""
    if period.start.day == 1 and period.end.day == 1:
        months = (period.end.year - period.start.year) * 12 + period.end.month - period.start.month
        at = period.start.year * 12 + period.start.month - 1 - months
        if at >= 12:  # noqa: PLR2004  # the calendar begins with the year 1
            return Period(date(at // 12, at % 12 + 1, 1), period.start)
    earliest = min(period.end - period.start, period.start - date.min)
    return Period(period.start - earliest, period.start)


def moments(periods: Sequence[Period], zone: ZoneInfo) -> list[datetime]:
    """Return when each of the periods begins, and when the last one ends: one more than there are periods.

    A day begins at midnight there, or at the first moment after it where the clocks leave midnight out.
    """
    return [_midnight(each, zone) for each in (*(period.start for period in periods), periods[-1].end)]


def _beginnings(period: Period, step: Step) -> Iterator[date]:
    """Yield the days after the first on which a period begins."""
    day = period.start
    while (day := _next(day, step)) < period.end:
        yield day


def _next(day: date, step: Step) -> date:
    """Return the day on which the period after this day's begins, the last there is where the calendar ends."""
    try:
        if step is Step.DAY:
            return day + _DAY
        if step is Step.WEEK:
            return day + _DAY * (7 - day.weekday())
        return (day.replace(day=1) + 32 * _DAY).replace(day=1)
    except OverflowError:
        return date.max


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    try:
        return datetime.combine(day, time(), zone).astimezone(UTC)
    except OverflowError:  # the first day of all, where it has begun before
        return datetime.min.replace(tzinfo=UTC) if day.year == 1 else datetime.max.replace(tzinfo=UTC)
