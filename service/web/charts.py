"""The pictures of a report: small SVGs, drawn here, that say the same light, dark, in print and in a mail.

Each draws with plain attributes, so that it can stand alone; a page's style sheet recolours it by class. What differs
differs in shape as well as in colour. A picture is one image to a screen reader: its name, what it shows in a sentence.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from markupsafe import Markup, escape

from service.domain.labels import LABELS
from service.domain.tone import Change, Line, ModelChange, Period, Share, Slice, Speaker
from service.web import figures
from service.web.language import gettext as _
from service.web.language import ngettext

WIDTH = 360
"""As wide as a telephone, so that the letters are large enough there; a wide page has several side by side."""
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 8, 14, 22
_SHARE_HEIGHT, _VOLUME_HEIGHT = 150, 130
_ROW, _NAMES = 34, 128
"""Of the comparison: the height of a label's row, and the room for its name."""
_ROOM_FOR_A_SIGN = 10
_FEW = 20
"""So many points of a line do not touch each other."""

_TOPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0)
"""Where a scale of shares may end."""

_INK, _SOFT, _GRID, _QUIET, _ACCENT = "#1d2629", "#4f5b5f", "#d9d5cc", "#ece8e0", "#1f5568"
_FONT = 'font-family="system-ui, sans-serif" font-size="11"'

_Point = tuple[Period, Share]


@dataclass(frozen=True)
class Scale:
    """Turns a value into a place in the picture."""

    low: float
    high: float
    begin: float
    end: float

    def __call__(self, value: float) -> float:
        """Return where a value lies."""
        part = (value - self.low) / (self.high - self.low)
        return self.begin + part * (self.end - self.begin)


def share_chart(line: Line, label: str, period: Period, changes: Sequence[ModelChange] = ()) -> Markup:
    """Draw how a label's share went: a line with its 95 % band, open where there is not enough data."""
    runs = list(_runs(line, label))
    x, y = _days(period), Scale(0, _top_of(runs), _SHARE_HEIGHT - _BOTTOM, _TOP)
    drawn = [
        *_ground(y, figures.percent),
        *_gaps(line, label, x, y),
        *_marks(changes, x, _SHARE_HEIGHT),
        *(part for run in runs for part in _run(run, x, y)),
        *(_said_last(runs[-1][-1], x, y) if runs else ()),
        *_dates(line, x, _SHARE_HEIGHT),
    ]
    name = _("%(label)s: share over time", label=_(LABELS[label].name))
    return _picture(f"{line.speaker}-{label}", _SHARE_HEIGHT, name, _told_of_share(runs, line), drawn)


def volume_chart(line: Line, period: Period, changes: Sequence[ModelChange] = ()) -> Markup:
    """Draw how many comments there were: a bar for each stretch of time, the part that was held hatched in it."""
    most = max([1, *(each.volume for each in line.slices)])
    x, y = _days(period), Scale(0, _round_up(most), _VOLUME_HEIGHT - _BOTTOM, _TOP)
    drawn = [
        _hatching(line.speaker),
        *_ground(y, figures.count),
        *(part for each in line.slices for part in _bar(each, line.speaker, x, y)),
        *_marks(changes, x, _VOLUME_HEIGHT),
        *_dates(line, x, _VOLUME_HEIGHT),
    ]
    return _picture(f"{line.speaker}-volume", _VOLUME_HEIGHT, _("Comments over time"), _told_of_volume(line), drawn)


def change_chart(speaker: Speaker, changes: Sequence[Change]) -> Markup:
    """Draw each label's share before and now, with its interval: before open and dashed, now filled."""
    highest = [share.high for each in changes for share in (each.before, each.after) if share.high is not None]
    height = _TOP + _ROW * len(changes) + _BOTTOM
    x = Scale(0, _top(highest), _NAMES, WIDTH - 16)
    drawn = [
        *(part for at in (0, x.high / 2, x.high) for part in _upright(x(at), figures.percent(at), height)),
        *(part for row, each in enumerate(changes) for part in _compared(each, x, _TOP + _ROW * row)),
    ]
    return _picture(f"{speaker}-changes", height, _("Shares before and now"), _told_of_changes(changes), drawn)


def _picture(key: str, height: int, name: str, told: str, drawn: Iterable[str]) -> Markup:
    # Everything in `drawn` is made here and escaped where it holds a text.
    return Markup(  # noqa: S704
        f'<svg class="chart" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-labelledby="{key}-name" aria-describedby="{key}-told" {_FONT}>'
        f'<title id="{key}-name">{escape(name)}</title>'
        f'<desc id="{key}-told">{escape(told)}</desc>{"".join(drawn)}</svg>'
    )


# The ground: scales and marks


def _days(period: Period) -> Scale:
    return Scale(period.start.toordinal(), period.end.toordinal(), _LEFT, WIDTH - _RIGHT)


def _middle(period: Period) -> float:
    return (period.start.toordinal() + period.end.toordinal()) / 2


def _ground(y: Scale, said: Callable[[float], str]) -> Iterator[str]:
    """Draw the lines that values are read by, and what they stand for."""
    for value in (0, y.high / 2, y.high) if y.high != 1 or said is figures.percent else (0, 1):
        yield _line(_LEFT, y(value), WIDTH - _RIGHT, y(value), "grid", _GRID)
        yield _text(_LEFT - 5, y(value) + 4, said(value), "end")


def _dates(line: Line, x: Scale, height: int) -> Iterator[str]:
    """Write below the picture when its first, middle and last stretch begin; no two over each other."""
    last = len(line.slices) - 1
    for at in sorted({0, last // 2, last}) if last > 0 else ():
        here = line.slices[at].period
        if at in (0, last):
            place, anchor = (x(here.start.toordinal()), "start") if at == 0 else (x(here.end.toordinal()), "end")
        else:
            place, anchor = x(_middle(here)), "middle"
        yield _text(place, height - 6, figures.short_day(here.start, line.whole.period), anchor)
    if last == 0:
        yield _text(x(_middle(line.slices[0].period)), height - 6, figures.stretch(line.slices[0].period), "middle")


def _marks(changes: Iterable[ModelChange], x: Scale, height: int) -> Iterator[str]:
    """Mark the days from which another model scored: a dotted upright with a triangle on top."""
    for each in changes:
        at = x(each.day.toordinal())
        yield _line(at, _TOP - 4, at, height - _BOTTOM, "model", _INK, "1 3", 1.5)
        yield f'<path class="model-mark" d="M{at - 5:.1f} {_TOP - 11} h10 l-5 8 z" fill="{_INK}"/>'


def _upright(at: float, said: str, height: int) -> Iterator[str]:
    yield _line(at, _TOP - 6, at, height - _BOTTOM, "grid", _GRID)
    yield _text(at, height - 6, said, "middle")


def _top_of(runs: Sequence[Sequence[_Point]]) -> float:
    return _top([share.high or 0.0 for run in runs for _period, share in run])


def _top(highest: Sequence[float]) -> float:
    most = max(highest, default=0.0)
    return next((top for top in _TOPS if top >= most), 1.0)


def _round_up(most: int) -> int:
    """Return the next round number, whose half is whole too where it is more than one."""
    size = 1
    while True:
        for step in (1, 2, 4, 6, 8):
            if step * size >= most:
                return step * size
        size *= 10


# Shares over time


def _is_known(each: Slice, label: str) -> bool:
    share = each.shares.get(label)
    return share is not None and share.value is not None


def _runs(line: Line, label: str) -> Iterator[list[_Point]]:
    """Return the stretches of time, without a gap in them, in which the share is known."""
    for is_known, run in groupby(line.slices, lambda each: _is_known(each, label)):
        if is_known:
            yield [(each.period, each.shares[label]) for each in run]


def _run(run: list[_Point], x: Scale, y: Scale) -> Iterator[str]:
    """Draw a line with its band; where it is one point only, its interval as an upright stroke."""
    places = [(x(_middle(period)), share.value or 0.0, share.low or 0.0, share.high or 0.0) for period, share in run]
    if len(places) == 1:
        [(at, _value, low, high)] = places
        yield _line(at, y(low), at, y(high), "whisker", _ACCENT, width=2)
    else:
        upper = [f"{at:.1f},{y(high):.1f}" for at, _value, _low, high in places]
        lower = [f"{at:.1f},{y(low):.1f}" for at, _value, low, _high in reversed(places)]
        yield f'<polygon class="band" points="{" ".join(upper + lower)}" fill="{_ACCENT}" fill-opacity="0.18"/>'
        points = " ".join(f"{at:.1f},{y(value):.1f}" for at, value, *_rest in places)
        yield f'<polyline class="share" points="{points}" fill="none" stroke="{_ACCENT}" stroke-width="2"/>'
    radius = 3 if len(places) <= _FEW else 1.5
    yield from (_dot(at, y(value), radius) for at, value, *_rest in places)


def _said_last(last: _Point, x: Scale, y: Scale) -> Iterator[str]:
    """Write the last share that is known above its band."""
    period, share = last
    at, above = min(x(_middle(period)), WIDTH - _RIGHT - 16), max(y(share.high or 0.0) - 5, _TOP + 8)
    yield _text(at, above, figures.share(share), "middle", is_bold=True)


def _gaps(line: Line, label: str, x: Scale, y: Scale) -> Iterator[str]:
    """Mark where there is not enough data: an empty, dashed field, which nobody takes for a share of nothing."""
    unknown = [each.period for each in line.slices if not _is_known(each, label)]
    if len(unknown) == len(line.slices):
        yield _field(_LEFT, WIDTH - _RIGHT, y, _("not enough data"))
        return
    for each in unknown:
        begin, end = x(each.start.toordinal()) + 1, x(each.end.toordinal()) - 1
        yield _field(begin, max(end, begin + 1), y, "?" if end - begin >= _ROOM_FOR_A_SIGN else "")


def _field(left: float, right: float, y: Scale, said: str) -> str:
    field = (
        f'<rect class="gap" x="{left:.1f}" y="{y.end}" width="{right - left:.1f}" height="{y.begin - y.end}" '
        f'fill="{_QUIET}" stroke="{_SOFT}" stroke-width="0.7" stroke-dasharray="2 3"/>'
    )
    return field + (_text((left + right) / 2, (y.begin + y.end) / 2 + 4, said, "middle") if said else "")


# Volume


def _bar(each: Slice, speaker: Speaker, x: Scale, y: Scale) -> Iterator[str]:
    begin, end = x(each.period.start.toordinal()), x(each.period.end.toordinal())
    gap = min(2.0, (end - begin) / 4)
    for kind, count, look in (
        ("volume", each.volume, f'fill="{_ACCENT}" fill-opacity="0.55"'),
        ("held", each.handling.held, f'fill="url(#{speaker}-hatching)"'),
    ):
        if count:
            place = f'x="{begin + gap / 2:.1f}" y="{y(count):.1f}" width="{end - begin - gap:.1f}"'
            yield f'<rect class="{kind}" {place} height="{y.begin - y(count):.1f}" {look}/>'


def _hatching(speaker: Speaker) -> str:
    return (
        f'<defs><pattern id="{speaker}-hatching" width="4" height="4" patternUnits="userSpaceOnUse" '
        'patternTransform="rotate(45)">'
        f'<path class="hatch" d="M0 0 V4" stroke="{_INK}" stroke-width="2"/></pattern></defs>'
    )


# Before and now


def _compared(each: Change, x: Scale, top: float) -> Iterator[str]:
    """Draw a label's row of the comparison; a lozenge stands before what is more than chance."""
    name = _(LABELS[each.label].name)
    yield _text(0, top + 17, f"◆ {name}" if each.is_found else name, "start", is_bold=each.is_found)
    for share, offset, is_now in ((each.before, 8, False), (each.after, 19, True)):
        if share.value is None:
            yield _text(x(0) + 4, top + offset + 4, _("not enough data"), "start", is_soft=True)
            continue
        kind, colour, dashes = ("now", _ACCENT, "") if is_now else ("before", _SOFT, "3 2")
        y = top + offset
        yield _line(x(share.low or 0.0), y, x(share.high or 0.0), y, kind, colour, dashes, 2)
        yield _dot(x(share.value), y, 4) if is_now else _ring(x(share.value), y)


# What all are drawn of


def _dot(x: float, y: float, radius: float) -> str:
    return f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="{radius}" fill="{_ACCENT}"/>'


def _ring(x: float, y: float) -> str:
    return f'<circle class="ring" cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="#fff" stroke="{_SOFT}" stroke-width="1.5"/>'


def _line(
    x1: float, y1: float, x2: float, y2: float, kind: str, colour: str, dashes: str = "", width: float = 1
) -> str:
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return (
        f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" '
        f'stroke-width="{width}"{dashed}/>'
    )


def _text(x: float, y: float, said: str, anchor: str, *, is_bold: bool = False, is_soft: bool = False) -> str:
    weight = ' font-weight="600"' if is_bold else ""
    kind, colour = (' class="soft"', _SOFT) if is_soft else ("", _INK)
    return f'<text{kind} x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}"{weight}>{escape(said)}</text>'


# What a screen reader says of them


def _told_of_share(runs: Sequence[Sequence[_Point]], line: Line) -> str:
    known = [one for run in runs for one in run]
    told = [*_told_of_known(known), *_told_of_gaps(len(line.slices) - len(known))]
    return " ".join([*told, _("The table below it has every figure.")])


def _told_of_known(known: Sequence[_Point]) -> Iterator[str]:
    if not known:
        return
    (first, begin), (last, end) = known[0], known[-1]
    highest, most = max(known, key=lambda one: one[1].value or 0.0)
    yield _(
        "%(first)s in the stretch of time that begins on %(begin)s, %(last)s in that which begins on %(end)s.",
        first=figures.share(begin),
        begin=figures.day(first.start),
        last=figures.share(end),
        end=figures.day(last.start),
    )
    yield _(
        "At its highest %(share)s, in that which begins on %(day)s.",
        share=figures.share(most),
        day=figures.day(highest.start),
    )


def _told_of_gaps(count: int) -> Iterator[str]:
    if count:
        yield ngettext(
            "For %(num)d stretch of time there is not enough data.",
            "For %(num)d stretches of time there is not enough data.",
            count,
        )


def _told_of_volume(line: Line) -> str:
    counts = [each.volume for each in line.slices]
    told = _(
        "%(all)s comments in all, from %(least)s to %(most)s in a stretch of time.",
        all=figures.count(sum(counts)),
        least=figures.count(min(counts, default=0)),
        most=figures.count(max(counts, default=0)),
    )
    return " ".join([told, _("The table below it has every figure.")])


def _told_of_changes(changes: Sequence[Change]) -> str:
    return " ".join(
        _(
            "%(label)s: %(before)s before, %(after)s now.",
            label=_(LABELS[each.label].name),
            before=figures.share(each.before),
            after=figures.share(each.after),
        )
        for each in changes
    )
