"""Tone reports: made of what there is now, and kept as they were made."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from service.domain import periods
from service.domain.comment import Status
from service.domain.pseudonyms import Pseudonyms
from service.domain.tone import Period, Scope, Step, ToneReport
from service.domain.tone_json import from_json, to_json
from service.domain.wording import N_, Refusal, typed
from service.flows import analysis, care, events
from service.store import comments, quotes, reports, sites
from service.store.tables import AskedReportRow, CommentRow, Maker, ReportRow, SiteRow, UserRow

QUOTED = ("supportive", "critical", "hsct_risk", "cost", "fmt_tangent")
"""The labels that are quoted for. Abuse, mockery and spam are not: a report is passed on."""
MOST_QUOTED = 2
LONGEST_QUOTE = 600

Progress = Callable[[int, int], None]
"""Is told how many of how many comments have been looked at."""


def _unwatched(_done: int, _of: int) -> None:
    """Tell nobody."""


class ReportRefused(Refusal):
    """A report that cannot be made; the text says what to ask for instead."""


@dataclass(frozen=True)
class Wanted:
    """What a report is to be about, beside the site; raises PeriodRefused for days that cannot be."""

    period: Period
    step: Step
    zone: str = "UTC"
    thread: str | None = None
    author_group: str | None = None

    def __post_init__(self) -> None:
        periods.zone_of(self.zone)
        periods.divided(self.period, self.step)


@dataclass(frozen=True)
class Draft:
    """A report that is made but not kept yet: to make it takes its time, and nobody can write to SQLite meanwhile."""

    wanted: Wanted
    report: ToneReport
    quoted: Mapping[str, Sequence[int]]


@dataclass(frozen=True)
class Quote:
    """What somebody wrote, under another name."""

    comment_id: int
    text: str
    author: str


def of_days(first: str, last: str) -> Period:
    """Return a period from its first day to its last, both meant; raise ReportRefused for what is no day."""
    return from_to(_day(first), _day(last))


def from_to(first: date, last: date) -> Period:
    """Return a period from its first day to its last, both meant; raise ReportRefused where there is no such."""
    if last == date.max:
        raise ReportRefused(N_("These days are still to come. Choose some that are over."))
    return Period(first, last + timedelta(days=1))


def period_of(row: ReportRow | AskedReportRow) -> Period:
    """Return the days that a report is about, one that is kept or asked for."""
    return Period(row.starts_on, row.ends_on)


def today_in(zone: str, now: datetime) -> date:
    """Return which day it is in a time zone; raise PeriodRefused where there is no such zone."""
    return now.astimezone(periods.zone_of(zone)).date()


def zone_of(session: Session, site: SiteRow) -> str:
    """Return whose days a site's last report had: most likely the next one's too."""
    row = reports.latest(session, site.id)
    return row.zone if row else "UTC"


def draft(session: Session, site: SiteRow, wanted: Wanted, now: datetime, progress: Progress = _unwatched) -> Draft:
    """Make a report, changing nothing; raise ReportRefused for what there can be no report about."""
    check(session, site, wanted, now)
    scope = Scope(site.url, wanted.thread, wanted.author_group)
    report = analysis.report_of(session, scope, wanted.period, wanted.step, wanted.zone, now=now, progress=progress)
    return Draft(wanted, report, _quotable(session, site, wanted))


def check(session: Session, site: SiteRow, wanted: Wanted, now: datetime) -> None:
    """Raise ReportRefused for what there can be no report about."""
    if wanted.period.start > today_in(wanted.zone, now):
        raise ReportRefused(N_("These days are still to come. Choose some that are over."))
    if wanted.thread is not None and sites.find_thread(session, site, wanted.thread) is None:
        raise ReportRefused(
            N_("No comment under '%(thread)s' is known. Copy the address of a post of this site."),
            thread=typed(wanted.thread, 200),
        )


def keep(
    session: Session,
    site: SiteRow,
    made: Draft,
    now: datetime,
    made_by: Maker,
    user: UserRow | None = None,
    *,
    public_url: str,
) -> ReportRow:
    """Keep a report that was made, for good, and tell the site's endpoints where it can be read."""
    named = [model for line in made.report.lines for each in (*line.slices, line.whole) for model in each.models]
    row = reports.add(
        session,
        site,
        made.report.scope,
        made.report.period,
        made.report.step,
        zone=made.report.zone,
        models=list(dict.fromkeys(named)),
        report=to_json(made.report),
        quoted={label: list(numbers) for label, numbers in made.quoted.items()},
        made_at=now,
        made_by=made_by,
        user=user,
    )
    last_day = row.ends_on - timedelta(days=1)
    events.report_ready(session, site, row.id, row.starts_on, last_day, f"{public_url}/reports/{row.id}", now)
    return row


def report_in(row: ReportRow) -> ToneReport:
    """Return what a kept report says."""
    return from_json(row.report)


def quotes_in(session: Session, row: ReportRow, secret: str) -> dict[str, list[Quote]]:
    """Return what a report quotes, as far as it may still be quoted: approved, not withdrawn, nothing private in it."""
    names = Pseudonyms(secret, f"report {row.id}")
    found = comments.of_numbers(session, [number for numbers in row.quoted.values() for number in numbers])
    quoted = {
        label: [
            Quote(number, found[number].revision.text, names.of(found[number].author_key))
            for number in numbers
            if number in found and _may_be_quoted(found[number])
        ]
        for label, numbers in row.quoted.items()
    }
    return {label: each for label, each in quoted.items() if each}


def _quotable(session: Session, site: SiteRow, wanted: Wanted) -> dict[str, list[int]]:
    """Choose what to quote for each label: what the model is surest of, no author twice, the same words once."""
    taken: set[str] = set()
    chosen: dict[str, list[int]] = {}
    for label in QUOTED:
        authors: set[str | None] = set()
        for row in _surest(session, site, wanted, label):
            if row.revision.text_hash not in taken and row.author_key not in authors and _may_be_quoted(row):
                taken.add(row.revision.text_hash)
                authors.add(row.author_key)
                chosen.setdefault(label, []).append(row.id)
            if len(authors) == MOST_QUOTED:
                break
    return chosen


def _surest(session: Session, site: SiteRow, wanted: Wanted, label: str) -> Sequence[CommentRow]:
    since, until = periods.moments([wanted.period], periods.zone_of(wanted.zone))
    return quotes.surest(session, site, label, since, until, wanted.thread, wanted.author_group)


def _may_be_quoted(row: CommentRow) -> bool:
    text = row.revision.text
    is_fit = row.status is Status.APPROVED and not row.is_pinned and 0 < len(text.strip()) <= LONGEST_QUOTE
    return is_fit and not care.private_data_of(text)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise ReportRefused(N_("'%(value)s' is no day. Write one like 2026-11-21."), value=typed(text)) from None
