"""How a report's figures are written: shares in per cent with no more digits than they deserve, days, intervals."""

from datetime import date, datetime, timedelta

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal

from service.domain.periods import zone_of
from service.domain.tone import Change, Period, Share
from service.ml.shares import Interval
from service.web.language import gettext as _
from service.web.language import language

_FINE = 0.0995
"""Below about a tenth, one more digit."""
_LEAST = 0.0005
_SPACE = "\N{NO-BREAK SPACE}"
_DASH = "\N{EN DASH}"
_MINUS = "\N{MINUS SIGN}"


def percent(share: float | None) -> str:
    """Return a share in per cent, as people write it; one that rounds to nothing but is more is said to be."""
    if share is None:
        return _("not enough data")
    if 0 < share < _LEAST:
        return _("under %(least)s", least=f"{_decimal(0.1)}{_SPACE}%")
    return f"{_hundredths(share)}{_SPACE}%"


def share(found: Share) -> str:
    """Return a share alone, without how sure it is."""
    return percent(found.value)


def interval(found: Share | Change) -> str:
    """Return between what a share, or a difference in points, truly lies: 95 % of such intervals hold it."""
    if found.low is None or found.high is None:
        return ""
    if isinstance(found, Change):
        return _("%(low)s to %(high)s", low=points(found.low), high=points(found.high))
    return f"{_hundredths(found.low)}{_DASH}{_hundredths(found.high)}{_SPACE}%"


def between(found: Interval) -> str:
    """Return between which two shares a true one lies."""
    return f"{_hundredths(found.low)}{_DASH}{_hundredths(found.high)}{_SPACE}%"


def points(difference: float) -> str:
    """Return a difference of shares in percentage points, with its sign."""
    said = _hundredths(abs(difference))
    sign = "" if said == "0" else "+" if difference > 0 else _MINUS
    return sign + said


def count(number: float) -> str:
    """Return a number of comments."""
    return _decimal(number)


def hours(median: float | None) -> str:
    """Return how long something took."""
    if median is None:
        return _DASH
    if median < 1:
        return _("%(count)s min", count=max(1, round(median * 60)))
    if median < 48:  # noqa: PLR2004  # two days are easier to grasp in hours
        return _("%(count)s h", count=_decimal(round(median, 1)))
    return _("%(count)s days", count=_decimal(round(median / 24, 1)))


def day(when: date) -> str:
    """Return a day in full: 9 November 2026."""
    return format_date(when, "long", locale=_locale())


def short_day(when: date, among: Period) -> str:
    """Return a day in as little room as it takes: 9 Nov, or 9 Nov 2026 among days of several years."""
    pattern = "d. MMM" if language() == "de" else "d MMM"
    return format_date(when, f"{pattern} y" if _spans_years(among) else pattern, locale=_locale())


def moment(when: datetime, zone: str) -> str:
    """Return a moment as clocks there show it: Monday 23 November 2026, 06:00."""
    pattern = "EEEE, d. MMMM y, HH:mm" if language() == "de" else "EEEE d MMMM y, HH:mm"
    return format_datetime(when, pattern, tzinfo=zone_of(zone), locale=_locale())


def last_day(period: Period) -> date:
    """Return the last day of a stretch of time."""
    return period.end - timedelta(days=1)


def day_after(when: date) -> date:
    """Return the day after a day."""
    return when + timedelta(days=1)


def stretch(period: Period) -> str:
    """Return a stretch of days, both ends meant: 9 to 15 November 2026."""
    last = last_day(period)
    if last == period.start:
        return day(last)
    return _("%(first)s to %(last)s", first=_without_what_is_the_same(period.start, last), last=day(last))


def short_stretch(period: Period, among: Period) -> str:
    """Return a stretch of days in a table: 9 Nov – 15 Nov; its year stands once, among days of several years."""
    last = last_day(period)
    if last == period.start:
        return short_day(last, among)
    first = short_day(period.start, among if _spans_years(period) else period)
    return f"{first} {_DASH} {short_day(last, among)}"


def _spans_years(period: Period) -> bool:
    return period.start.year != last_day(period).year


def _without_what_is_the_same(first: date, last: date) -> str:
    if first.year != last.year:
        return day(first)
    if language() == "de":
        return format_date(first, "d." if first.month == last.month else "d. MMMM", locale=_locale())
    return format_date(first, "d" if first.month == last.month else "d MMMM", locale=_locale())


def _locale() -> str:
    # Babel's plain "en" is American, and would put the month first.
    return {"en": "en_GB"}.get(language(), language())


def _hundredths(share: float) -> str:
    return _decimal(round(100 * share, 1) if abs(share) < _FINE else round(100 * share))


def _decimal(number: float) -> str:
    return format_decimal(number, locale=_locale())
