"""A tone report: how a site's readers spoke in a stretch of time, with how sure that is.

Plain values, so that a report can be computed, kept, shown and sent by parts that do not know each other. A share is a
probability from 0 to 1. Days are those of the site's own time zone.
"""

import enum
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from service.domain.significance import holm, is_more_than_chance


class Step(enum.StrEnum):
    """How long one period of a report is."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True)
class Period:
    """A stretch of days, the last one not included."""

    start: date
    end: date


class Basis(enum.StrEnum):
    """What a share was worked out from; docs/tone-numbers.md says how."""

    NOTHING = "not enough data"
    CARRIED = "carried over"
    """The model errs in this period as in the others, as far as the checked comments tell."""
    BOTH = "both"
    """The model's errors change from period to period: what is carried over, put right by the period's own."""
    MEASURED = "measured here"
    """Almost only the period's own checked comments."""


@dataclass(frozen=True)
class Share:
    """How large a part of some comments a label truly has, as well as can be known.

    `value`, `low` and `high` (95 %) are None where there is not enough data to say.
    """

    counted: int
    """How many comments the model calls it: what a plain count would say."""
    of: int
    """How many comments there are that a model scored."""
    checked: int
    """How many of them are in the sample, with their labels confirmed by a person."""
    value: float | None = None
    low: float | None = None
    high: float | None = None
    basis: Basis = Basis.NOTHING


@dataclass(frozen=True)
class Handling:
    """What became of a period's comments."""

    held: int
    decided: int
    """By a person."""
    overturned: int
    """Decided by a person otherwise than the policy or an earlier person had."""
    median_hours: float | None
    """From arrival to a person's first decision."""


@dataclass(frozen=True)
class Slice:
    """One period of one line of a report."""

    period: Period
    volume: int
    shares: Mapping[str, Share]
    """By label."""
    handling: Handling
    models: tuple[str, ...]
    """The models that scored its comments; two where a change of model falls into it."""
    unscored: int = 0
    """Comments that no model gave scores, for want of a model or for their language; no share counts them."""


@dataclass(frozen=True)
class Change:
    """How a label's share differs between two stretches of time."""

    label: str
    before: Share
    after: Share
    difference: float | None
    low: float | None
    high: float | None
    p_value: float | None
    """Already corrected for the many comparisons of the report."""
    is_found: bool
    """Whether it is more than chance, with all the comparisons of the report allowed for (5 %)."""


class Speaker(enum.StrEnum):
    """Whose comments a line is about."""

    READERS = "readers"
    STAFF = "staff"


@dataclass(frozen=True)
class Line:
    """The comments of one group over the whole report: its slices, the whole, and how that differs from before."""

    speaker: Speaker
    slices: tuple[Slice, ...]
    whole: Slice
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Scope:
    """Which comments a report is about: a site's, or fewer."""

    site: str
    """The site's address; nothing for all sites together."""
    thread: str | None = None
    """The address of the one thread it is about."""
    author_group: str | None = None


@dataclass(frozen=True)
class ModelChange:
    """From this day on another model scored what came in."""

    day: date
    model: str


@dataclass(frozen=True)
class ToneReport:
    """All that a tone report says."""

    scope: Scope
    period: Period
    before: Period
    """What the whole is compared with: as long, just before."""
    step: Step
    zone: str
    made_at: datetime
    lines: tuple[Line, ...]
    model_changes: tuple[ModelChange, ...] = ()
    remarks: tuple[str, ...] = ()
    """What a reader has to know to believe it: what was left out, and why."""


def corrected(lines: Sequence[Line]) -> Iterator[Line]:
    """Yield lines with every change's p-value corrected for all the comparisons of the report, by Holm's method (1979).

    Holm's, because a report has few comparisons and one false alarm in it is one too many: in 19 of 20 reports in which
    nothing changed, none is found. Benjamini and Hochberg's would promise that only a twentieth of what is found is
    false, and not even that where labels go together as ours do.
    """
    raw = [each.p_value for line in lines for each in line.changes]
    among_all = iter(holm(raw))
    for line in lines:
        changes = [replace(each, p_value=p) for each, p in zip(line.changes, among_all, strict=False)]
        yield replace(
            line, changes=tuple(replace(each, is_found=is_more_than_chance(each.p_value)) for each in changes)
        )
