"""When the reports of a site are made by themselves: of every week or month, at an hour of its own time zone."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from service.domain import periods, stretches
from service.domain.stretches import Stretch
from service.domain.tone import Period
from service.domain.wording import N_, Refusal

MOST_DAYS_AFTER = {Stretch.WEEK: 6, Stretch.MONTH: 27}
"""How long after its end a report of each can be made: before the next one ends, so that two are never due at once."""

USUAL_HOUR = 6
_HOURS = 24


class CalendarRefused(Refusal):
    """A time that no report can be made at; the text says what to choose instead."""


@dataclass(frozen=True)
class Rhythm:
    """Of what stretches reports are made, how many days after each is over, and at what hour there."""

    stretch: Stretch
    zone: str
    days_after: int = 0
    hour: int = USUAL_HOUR

    def __post_init__(self) -> None:
        periods.zone_of(self.zone)
        most = MOST_DAYS_AFTER.get(self.stretch)
        if most is None:
            raise CalendarRefused(N_("Reports are made by themselves of weeks or of months. Choose one of them."))
        if not 0 <= self.days_after <= most:
            raise CalendarRefused(
                N_("Such a report is made at most %(most)s days after the first day on which it can be."), most=most
            )
        if not 0 <= self.hour < _HOURS:
            raise CalendarRefused(N_("An hour is a number from 0 to 23."))


def due_at(rhythm: Rhythm, period: Period) -> datetime:
    """Return when the report of a period is to be made.

    An hour that the clocks leave out is as much later; of one that comes twice, it is the first.
    """
    day = period.end + timedelta(days=rhythm.days_after)
    return datetime.combine(day, time(rhythm.hour), periods.zone_of(rhythm.zone)).astimezone(UTC)


def last_due(rhythm: Rhythm, now: datetime) -> Period:
    """Return the latest period whose report was to be made by now."""
    period = stretches.last(rhythm.stretch, now.astimezone(periods.zone_of(rhythm.zone)).date())
    return period if due_at(rhythm, period) <= now else stretches.last(rhythm.stretch, period.start)


def upcoming(rhythm: Rhythm, now: datetime, count: int) -> list[tuple[Period, datetime]]:
    """Return the next periods whose reports are to be made, and when."""
    found, period = [], last_due(rhythm, now)
    for _ in range(count):
        period = stretches.following(rhythm.stretch, period)
        found.append((period, due_at(rhythm, period)))
    return found


def owed(rhythm: Rhythm, first: date, made: Collection[date], now: datetime) -> Period | None:
    """Return the one period whose report is to be made now: the latest that is due, if it is not made.

    None begins before the day `first`, or before one of which there is a report: `made` are the days they begin on.
    """
    latest = last_due(rhythm, now)
    return latest if latest.start >= first and all(latest.start > each for each in made) else None


def passed_over(rhythm: Rhythm, first: date, made: Collection[date], period: Period) -> int:
    """Return how many periods just before one have no report though they were due: nothing ran then."""
    count, each = 0, stretches.last(rhythm.stretch, period.start)
    while each.start >= first and each.start not in made:
        count, each = count + 1, stretches.last(rhythm.stretch, each.start)
    return count
