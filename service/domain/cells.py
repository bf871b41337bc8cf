"""Rows as CSV that no spreadsheet runs as a formula."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

_FORMULA = ("=", "+", "-", "@", "\N{FULLWIDTH EQUALS SIGN}", "\N{FULLWIDTH PLUS SIGN}")
BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"
"""Without it Excel takes UTF-8 for something else."""


def written(rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Give rows as lines of CSV (RFC 4180), the first one after a byte order mark."""
    yield BYTE_ORDER_MARK
    for row in rows:
        line = io.StringIO()
        csv.writer(line).writerow([guarded(each) for each in row])
        yield line.getvalue()


def guarded(value: object) -> object:
    """Return a cell's value; text that a spreadsheet would take for a formula gets an apostrophe before it."""
    if not isinstance(value, str):
        return "" if value is None else value
    shown = value.replace("\0", "").encode("utf-8", "replace").decode()
    is_formula = shown.startswith(("\t", "\r", "\n")) or shown.lstrip().startswith(_FORMULA)
    return f"'{shown}" if is_formula else shown
