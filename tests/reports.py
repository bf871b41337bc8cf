"""A report as it could be of a small blog: eight weeks, with a change of model, a week too thin, and staff."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

from service.domain.labels import LABELS
from service.domain.tone import (
    Basis,
    Change,
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
)

SITE = "https://relay.example.org"
EIGHT_WEEKS = Period(date(2026, 9, 28), date(2026, 11, 23))
BEFORE = Period(date(2026, 8, 3), EIGHT_WEEKS.start)
MODEL, LATER_MODEL = "comments-en-1", "comments-en-2"

VOLUMES = (212, 187, 240, 24, 198, 305, 264, 221)
TRUTH: Mapping[str, tuple[float, float]] = {
    "sarcastic": (0.06, 0.065),
    "supportive": (0.31, 0.29),
    "abusive": (0.03, 0.062),
    "critical": (0.22, 0.24),
    "hsct_risk": (0.11, 0.1),
    "cost": (0.08, 0.13),
    "fmt_tangent": (0.004, 0.006),
    "spam": (0.02, 0.015),
}
"""Label to its share at the beginning and at the end."""
ENOUGH = 30


def share(value: float, of: int) -> Share:
    """Return a share as an estimate of so many comments could be."""
    if of < ENOUGH:
        return Share(counted=round(value * of), of=of, checked=of // 20)
    wide = 2.2 * (value * (1 - value) / of) ** 0.5
    low, high = max(0.0, value - wide), min(1.0, value + wide)
    return Share(round(value * of * 1.2), of, of // 12, value, low, high, Basis.BOTH)


def slice_of(period: Period, volume: int, part: float, models: tuple[str, ...] = (MODEL,)) -> Slice:
    """Return a stretch of time at some part of the way from the first share to the last."""
    shares = {key: share(first + part * (last - first), volume) for key, (first, last) in TRUTH.items()}
    held = volume // 9
    handling = Handling(held, held - 3 if held > 3 else 0, held // 6, 5.4 if held > 3 else None)
    return Slice(period, volume, shares, handling, models, unscored=volume // 80)


def change_of(label: str, after: Share, volume: int) -> Change:
    """Return how a label's share differs from before."""
    before = share(TRUTH[label][0], volume)
    if before.value is None or after.value is None:
        return Change(label, before, after, None, None, None, None, False)
    difference = after.value - before.value
    is_found = abs(difference) > 0.014
    return Change(
        label, before, after, difference, difference - 0.011, difference + 0.011, 0.003 if is_found else 0.6, is_found
    )


def line(speaker: Speaker, volumes: tuple[int, ...]) -> Line:
    """Return the weeks of one group."""
    weeks = [EIGHT_WEEKS.start + timedelta(weeks=number) for number in range(len(volumes))]
    slices = tuple(
        slice_of(
            Period(start, start + timedelta(weeks=1)),
            volume,
            number / (len(volumes) - 1),
            (MODEL,) if number < 5 else (MODEL, LATER_MODEL) if number == 5 else (LATER_MODEL,),
        )
        for number, (start, volume) in enumerate(zip(weeks, volumes, strict=True))
    )
    whole = slice_of(EIGHT_WEEKS, sum(volumes), 0.5, (MODEL, LATER_MODEL))
    changes = tuple(change_of(label, whole.shares[label], sum(volumes) * 9 // 10) for label in LABELS)
    return Line(speaker, slices, whole, changes)


def report(site: str = SITE) -> ToneReport:
    """Return the whole report."""
    return ToneReport(
        scope=Scope(site),
        period=EIGHT_WEEKS,
        before=BEFORE,
        step=Step.WEEK,
        zone="Europe/London",
        made_at=datetime(2026, 11, 23, 6, 0, tzinfo=UTC),
        lines=(line(Speaker.READERS, VOLUMES), line(Speaker.STAFF, tuple(each // 12 for each in VOLUMES))),
        model_changes=(ModelChange(date(2026, 11, 4), LATER_MODEL),),
        remarks=("12 comments in other languages were left out: the model does not read them.",),
    )
