"""A tone report is made: comments are counted, shares estimated from what people checked, and compared with before."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from statistics import median
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.domain.labels import LABELS
from service.domain.periods import before, divided, moments, zone_of
from service.domain.tally import Arrived
from service.domain.tone import (
    Handling,
    Line,
    ModelChange,
    Period,
    Scope,
    Share,
    Slice,
    Speaker,
    Step,
    ToneReport,
    corrected,
)
from service.domain.wording import N_, Refusal, typed
from service.flows.estimates import change_of, shares_of
from service.ml.shares import Counts
from service.store import draws, sites, tallies
from service.store.counted import Among
from service.store.tables import SiteRow, ThreadRow
from service.store.tallies import Tallies

_WIDE = 0.1
_UNSCORED = (
    "{count} comments of {speaker} have no scores, for want of a model or for their language. They count in the volume "
    "and in no share."
)
_MISSING = (
    "Of {speaker}, too few comments of the sample are checked to say how many are: {labels}. What the model calls is "
    "counted, but its errors are not known."
)
_LATE = (
    "{count} comments came in after others of their time were drawn to be checked, so that none of them could be. "
    "Where they read otherwise, the shares are off: have more drawn."
)
_WEAK = "Of {speaker}, these shares are known only roughly: the model reads them badly, or few are checked: {labels}."


class ScopeRefused(Refusal):
    """There is no such site, thread or group of authors."""


def report_of(
    session: Session,
    scope: Scope,
    period: Period,
    step: Step,
    zone: str,
    *,
    now: datetime,
    progress: Callable[[int, int], None] = lambda _done, _of: None,
) -> ToneReport:
    """Make a tone report. It reads only; `progress` is told how many of how many comments have been looked at.

    Raises ScopeRefused, and PeriodRefused where no report can be made of the time asked for.
    """
    earlier, own, place = divided(before(period), step), divided(period, step), zone_of(zone)
    among = _among(session, scope, moments([*earlier, *own], place))
    times = _Times(earlier, own, place, draws.stretches(session, among))
    counted = tallies.tallied(session, replace(among, moments=times.moments), progress)
    lines = [_line(speaker, counted, times) for speaker in Speaker if _speaks(speaker, counted, times)]
    return ToneReport(
        scope=scope,
        period=period,
        before=before(period),
        step=step,
        zone=zone,
        made_at=now,
        lines=tuple(corrected(lines)),
        model_changes=tuple(_model_changes(counted, times)),
        remarks=tuple(_remarks(lines, draws.count_late(session, among))),
    )


@dataclass(frozen=True)
class _Times:
    """The periods of a report, those before it and its own, and the pieces of them in which all is sampled alike."""

    earlier: Sequence[Period]
    own: Sequence[Period]
    zone: ZoneInfo
    drawn: Sequence[tuple[datetime, datetime]]
    """From when until when more was drawn to be checked."""

    @property
    def all(self) -> list[Period]:
        """All periods in their order."""
        return [*self.earlier, *self.own]

    @cached_property
    def moments(self) -> list[datetime]:
        """When each piece begins, and when the last one ends."""
        begins = moments(self.all, self.zone)
        return sorted({*begins, *(each for both in self.drawn for each in both if begins[0] < each < begins[-1])})

    @cached_property
    def periods(self) -> list[int]:
        """For each piece, of which period it is."""
        begins = moments(self.all, self.zone)[:-1]
        return [bisect_right(begins, each) - 1 for each in self.moments[:-1]]

    @cached_property
    def halves(self) -> list[int]:
        """For each piece 0 where it is before the report's own periods, else 1."""
        return [int(each >= len(self.earlier)) for each in self.periods]

    @cached_property
    def sampling(self) -> list[int]:
        """For each piece a number, the same where the same draws were made."""
        drawn = [tuple(since <= each < until for since, until in self.drawn) for each in self.moments[:-1]]
        return [sorted({*drawn}).index(each) for each in drawn]

    def pieces(self, period: int) -> list[int]:
        """Return the pieces of a period."""
        return [piece for piece, each in enumerate(self.periods) if each == period]


def _among(session: Session, scope: Scope, begins: Sequence[datetime]) -> Among:
    site = _site(session, scope)
    return Among(
        begins,
        site.id if site else None,
        _thread(session, site, scope.thread).id if scope.thread else None,
        scope.author_group,
    )


def _site(session: Session, scope: Scope) -> SiteRow | None:
    if not scope.site:
        return None
    site = sites.by_url(session, scope.site)
    if site is None:
        raise ScopeRefused(N_("There is no site %(url)s."), url=typed(scope.site))
    return site


def _thread(session: Session, site: SiteRow | None, url: str) -> ThreadRow:
    rows = select(ThreadRow).where(ThreadRow.url == url)
    thread = session.scalars(rows.where(ThreadRow.site_id == site.id) if site else rows.limit(1)).first()
    if thread is None:
        raise ScopeRefused(N_("There is no thread %(url)s."), url=typed(url))
    return thread


def _speaks(speaker: Speaker, counted: Tallies, times: _Times) -> bool:
    """Whether a line is worth its place: the readers' always, the staff's where they wrote something."""
    is_staff = speaker is Speaker.STAFF
    return not is_staff or any(each.is_staff and times.halves[each.period] for each in counted.arrived)


def _line(speaker: Speaker, counted: Tallies, times: _Times) -> Line:
    """Return one group's line; which changes are more than chance is said when those of all lines are known."""
    theirs = _Theirs.of(counted, speaker is Speaker.STAFF, times.sampling)
    by_period = {key: shares_of(theirs.counts[key], times.periods) for key in LABELS}
    by_half = {key: shares_of(theirs.counts[key], times.halves) for key in LABELS}
    first, last = len(times.earlier), len(times.all)
    slices = [
        theirs.slice(times.pieces(at), times.all[at], {key: by_period[key].shares[at] for key in LABELS})
        for at in range(first, last)
    ]
    span = Period(times.own[0].start, times.own[-1].end)
    own = [piece for piece, half in enumerate(times.halves) if half]
    whole = theirs.slice(own, span, {key: by_half[key].shares[1] for key in LABELS})
    return Line(speaker, tuple(slices), whole, tuple(change_of(key, by_half[key]) for key in LABELS))


def _model_changes(counted: Tallies, times: _Times) -> Iterator[ModelChange]:
    """Yield the days on which another model began; the first one's beginning is no change."""
    for model, moment in counted.first_scored[1:]:
        yield ModelChange(moment.astimezone(times.zone).date(), model)


def _remarks(lines: Sequence[Line], late: int) -> Iterator[str]:
    """Yield what a reader has to know to believe the figures."""
    if late:
        yield _LATE.format(count=late)
    for line in lines:
        if line.whole.unscored:
            yield _UNSCORED.format(count=line.whole.unscored, speaker=line.speaker)
        missing = [key for key, share in line.whole.shares.items() if share.value is None]
        if missing:
            yield _MISSING.format(labels=", ".join(missing), speaker=line.speaker)
        weak = [
            f"{key} {share.low:.0%} to {share.high:.0%}"
            for key, share in line.whole.shares.items()
            if share.low is not None and share.high is not None and share.high - share.low > _WIDE
        ]
        if weak:
            yield _WEAK.format(labels=", ".join(weak), speaker=line.speaker)


@dataclass(frozen=True)
class _Theirs:
    """What was counted of one group of writers: by label and model, and by piece."""

    counts: Mapping[str, Mapping[str, Counts]]
    arrived: Mapping[int, Arrived]
    hours: Mapping[int, Sequence[float]]

    @classmethod
    def of(cls, counted: Tallies, is_staff: bool, sampling: Sequence[int]) -> "_Theirs":
        """Return what was counted of the staff, or of everybody else."""
        counts: dict[str, dict[str, Counts]] = {
            key: defaultdict(lambda: Counts.of(len(sampling), sampling)) for key in LABELS
        }
        for scored in counted.scored:
            if scored.is_staff == is_staff and scored.label in counts:
                counts[scored.label][scored.model].add(scored)
        for checked in counted.checked:
            if checked.is_staff == is_staff and checked.model in counts.get(checked.label, ()):
                counts[checked.label][checked.model].check(checked)
        hours: dict[int, list[float]] = defaultdict(list)
        for waited in counted.waited:
            if waited.is_staff == is_staff:
                hours[waited.period].append(waited.hours)
        return cls(counts, {each.period: each for each in counted.arrived if each.is_staff == is_staff}, hours)

    def slice(self, pieces: Sequence[int], period: Period, shown: Mapping[str, Share]) -> Slice:
        """Return what is said of some of the pieces, taken together."""
        there = [self.arrived[each] for each in pieces if each in self.arrived]
        hours = [each for at in pieces for each in self.hours.get(at, ())]
        handling = Handling(
            held=sum(each.held for each in there),
            decided=sum(each.decided for each in there),
            overturned=sum(each.overturned for each in there),
            median_hours=median(hours) if hours else None,
        )
        return Slice(
            period,
            sum(each.comments for each in there),
            shown,
            handling,
            self._models(pieces),
            sum(each.unscored for each in there),
        )

    def _models(self, pieces: Sequence[int]) -> tuple[str, ...]:
        by_model = [each for of_label in self.counts.values() for each in of_label.items()]
        return tuple(sorted({model for model, counts in by_model if counts.volume[list(pieces)].any()}))
