"""A report as CSV: one row for each stretch of time and label of each group, with all figures."""

import csv
import io
from collections.abc import Iterator

from service.domain import cells
from service.domain.tone import Change, Line, Period, Share, Slice
from service.web import figures
from service.web.reading import Read, changes_of

COLUMNS = (
    *("speaker", "part", "from", "to", "label", "comments", "unscored", "scored", "called", "checked"),
    *("share", "low", "high", "basis", "difference", "difference_low", "difference_high", "p_value", "found"),
    *("held", "decided", "overturned", "median_hours", "models", "site", "thread", "author_group"),
)


def as_csv(read: Read) -> str:
    """Return one row for each stretch of time and label of each group, the whole and the time before among them."""
    written = io.StringIO()
    writer = csv.DictWriter(written, COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    for row in _rows(read):
        writer.writerow({name: _cell(value) for name, value in row.items()})
    return written.getvalue()


def _rows(read: Read) -> Iterator[dict[str, object]]:
    scope = read.report.scope
    about = {"site": scope.site, "thread": scope.thread, "author_group": scope.author_group}
    for line in read.report.lines:
        for each in line.slices:
            yield from ({**about, **row} for row in _rows_of(line, "step", each))
        compared = changes_of(line)
        for row in _rows_of(line, "whole", line.whole):
            change = compared.get(str(row["label"]))
            yield {**about, **row, **(_difference(change) if change else {})}
        for change in line.changes:
            yield {**about, **_stretch(line, "before", read.report.before), **_share(change.label, change.before)}


def _rows_of(line: Line, part: str, each: Slice) -> Iterator[dict[str, object]]:
    handling = {
        "comments": each.volume,
        "unscored": each.unscored,
        "held": each.handling.held,
        "decided": each.handling.decided,
        "overturned": each.handling.overturned,
        "median_hours": each.handling.median_hours,
        "models": " ".join(each.models),
    }
    for label, share in each.shares.items():
        yield {**_stretch(line, part, each.period), **_share(label, share), **handling}


def _stretch(line: Line, part: str, period: Period) -> dict[str, object]:
    return {
        "speaker": line.speaker.value,
        "part": part,
        "from": period.start.isoformat(),
        "to": figures.last_day(period).isoformat(),
    }


def _share(label: str, share: Share) -> dict[str, object]:
    return {
        "label": label,
        "scored": share.of,
        "called": share.counted,
        "checked": share.checked,
        "share": share.value,
        "low": share.low,
        "high": share.high,
        "basis": share.basis.value,
    }


def _difference(change: Change) -> dict[str, object]:
    return {
        "difference": change.difference,
        "difference_low": change.low,
        "difference_high": change.high,
        "p_value": change.p_value,
        "found": int(change.is_found),
    }


def _cell(value: object) -> object:
    """Return what a cell holds: a number with as many digits as are meant, whatever else so that it is no formula."""
    return f"{value:.6g}" if isinstance(value, float) else cells.guarded(value)
