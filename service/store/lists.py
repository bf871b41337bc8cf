"""The desk's and the API's lists of comments: which, in what order, how many, and page by page.

A page begins where a cursor says, by the values of the last comment before it, so that what comes in or is decided
meanwhile neither repeats a comment nor loses one, and the thousandth page costs no more than the first.
"""

import base64
import enum
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import ColumnElement, CompoundSelect, Row, Select, and_, case, func, or_, select, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session

from service.domain.comment import Status
from service.domain.policy import ESCALATED, UNSCORED
from service.domain.tone import Speaker
from service.domain.wording import N_, Refusal, typed
from service.store import comments, counted, search
from service.store.tables import LARGEST_ID, CommentRow, LabelRow, ThreadRow, UtcDateTime

PAGE = 25
"""What one reads before the next cup of tea; more would make the page slow, above all on a telephone."""
MOST_COUNTED = 10_000
"""A longer list is said to be longer; to count it all would take longer than to read a page of it."""

_Where: TypeAlias = ColumnElement[bool]
_Column: TypeAlias = InstrumentedAttribute[Any]


class View(enum.StrEnum):
    """What a list is of."""

    HELD = "held"
    ESCALATED = "escalated"
    UNSCORED = "unscored"
    REPORTED = "reported"
    DECIDED = "decided"
    SAMPLE = "sample"
    ALL = "all"


class Became(enum.StrEnum):
    """What became of a comment, as a report counts it."""

    HELD = "held"
    """Once, whatever it is now."""
    DECIDED = "decided"
    """By a person."""
    OVERTURNED = "overturned"
    """Put by a person where the policy, or a person before, would not have."""
    CHECKED = "checked"
    """In the sample, with its labels confirmed by a person."""
    SCORED = "scored"
    """By a model that reads its language."""


@dataclass(frozen=True)
class Filter:
    """Which comments of a list are wanted; None asks for any."""

    site_id: int | None = None
    status: Status | None = None
    label: str | None = None
    """Called this; with `at_least` or `at_most`, of such a probability instead."""
    at_least: float | None = None
    at_most: float | None = None
    thread: str | None = None
    """A post's address."""
    thread_id: int | None = None
    author_key: str | None = None
    author_of: int | None = None
    """By the author of this comment, on the same site: an address can be passed on without naming anybody."""
    held_for: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    speaker: Speaker | None = None
    """Who wrote it, as far as is known: of what was withdrawn nobody knows any more."""
    author_group: str | None = None
    """The role of its author, as the blog calls it."""
    became: Became | None = None
    words: str | None = None


class Page(NamedTuple):
    """A stretch of a list, and where the next one begins; None at the end."""

    rows: Sequence[CommentRow]
    cursor: str | None


class CursorRefused(Refusal):
    """A cursor that is none of ours; the text says what to send instead."""


class _Part(NamedTuple):
    """A part of a list, read along an index: which rows, and in what order."""

    where: Sequence[_Where]
    order: Sequence[tuple[_Column, bool]]
    """Columns, and whether the highest comes first; the last one is unique."""


class _Place(NamedTuple):
    """Where a page begins: after a row of these values in a part of the list as it was at a moment."""

    moment: datetime
    part: int
    after: Sequence[Any]


def page(
    session: Session, view: View, wanted: Filter, now: datetime, cursor: str | None = None, limit: int = PAGE
) -> Page:
    """Return the next comments of a list; raise CursorRefused for a cursor that is none."""
    place = _place(view, cursor) if cursor else _Place(now, 0, ())
    parts = _PARTS[view](place.moment)
    found: list[Row[Any]] = []
    for number in range(place.part, len(parts)):
        after = place.after if number == place.part else ()
        rows = _read(session, parts[number], wanted, after, limit - len(found) + 1)
        found += rows
        if len(found) > limit:
            cursor = _cursor(place.moment, parts, found[limit - 1], number, len(rows))
            return Page(_whole(session, found[:limit]), cursor)
    return Page(_whole(session, found), None)


def count(session: Session, view: View, wanted: Filter, now: datetime) -> int:
    """Return how many comments a list has, MOST_COUNTED + 1 where there are more than can be counted in passing."""
    parts = [_narrowed(select(CommentRow.id).where(*part.where), wanted) for part in _PARTS[view](now)]
    ids: Select[int] | CompoundSelect[int] = union_all(*parts) if len(parts) > 1 else parts[0]
    for found in _found(session, wanted):
        [comment_id] = found.selected_columns
        # Wrapped, or SQLite would look up each comment of the list among what was found, which takes far longer.
        ids = found.where((comment_id + 0).in_(ids))
    return session.scalar(select(func.count()).select_from(ids.limit(MOST_COUNTED + 1).subquery())) or 0


def spread(session: Session, label: str, wanted: Filter, bins: int) -> list[int]:
    """Return how many comments of the queue that are held have each probability of a label: `bins` counts, 0 to 1."""
    edges = [number / bins for number in range(bins)]
    above = [func.sum(case((LabelRow.probability >= edge, 1), else_=0)) for edge in edges]
    # Looked up once. Joined, every comment that ever had a probability of the label would be, to ask where it stands.
    held = select(CommentRow.id).where(CommentRow.status == Status.HELD, _IS_NOT_ESCALATED)
    rows = select(*above).where(LabelRow.label == label, LabelRow.comment_id.in_(_filtered(session, held, wanted)))
    counts = [int(each or 0) for each in session.execute(rows).one()]
    return [here - beyond for here, beyond in zip(counts, [*counts[1:], 0], strict=True)]


def _queue(*where: _Where) -> Callable[[datetime], list[_Part]]:
    """Return the parts of the queue: who may be in danger, what has waited too long, and the rest by priority.

    Of the first also what is on the blog already, as long as no person has seen it.
    """
    is_held = (CommentRow.status == Status.HELD, *where)
    is_seen = CommentRow.decided_at.is_not(None)
    may_be_in_danger = (
        CommentRow.is_pinned.is_(True),
        or_(CommentRow.status == Status.HELD, and_(CommentRow.status == Status.APPROVED, ~is_seen)),
        *where,
    )

    def parts(moment: datetime) -> list[_Part]:
        by_priority = ((CommentRow.priority, True), (CommentRow.id, True))
        by_due = ((CommentRow.due_at, False), (CommentRow.id, False))
        unpinned = (*is_held, CommentRow.is_pinned.is_(False))
        return [
            _Part(may_be_in_danger, by_priority),
            _Part((*unpinned, CommentRow.due_at <= moment), by_due),
            # Wrapped, or SQLite would read along the wrong index: by when they are due, and sort what it finds.
            _Part((*unpinned, func.coalesce(CommentRow.due_at, CommentRow.due_at) > moment), by_priority),
        ]

    return parts


def _latest(column: _Column, *where: _Where) -> Callable[[datetime], list[_Part]]:
    order = [(column, True)] if column is CommentRow.id else [(column, True), (CommentRow.id, True)]
    return lambda moment: [_Part(where, order)]


_IS_NOT_ESCALATED = func.coalesce(CommentRow.held_for, "") != ESCALATED

_PARTS: dict[View, Callable[[datetime], list[_Part]]] = {
    View.HELD: _queue(_IS_NOT_ESCALATED),
    View.ESCALATED: _queue(CommentRow.held_for == ESCALATED),
    View.UNSCORED: _queue(CommentRow.held_for == UNSCORED),
    View.REPORTED: _latest(
        CommentRow.reported_at,
        # Ever, and said so that an index is entered: SQLite reads the whole table to count what IS NOT NULL.
        CommentRow.reported_at >= datetime(1970, 1, 1, tzinfo=UTC),
        or_(CommentRow.decided_at.is_(None), CommentRow.decided_at <= CommentRow.reported_at),
    ),
    View.SAMPLE: lambda _: [
        # The lowest places are those that a smaller sample would have had: half of it done, it is one still.
        _Part(
            (CommentRow.check_place >= 0, CommentRow.status != Status.WITHDRAWN),
            ((CommentRow.check_place, False), (CommentRow.id, False)),
        )
    ],
    View.DECIDED: _latest(CommentRow.decided_at, CommentRow.decided_at.is_not(None)),
    View.ALL: _latest(CommentRow.id),
}


def _read(session: Session, part: _Part, wanted: Filter, after: Sequence[Any], limit: int) -> Sequence[Row[Any]]:
    """Read no more of the next comments than what orders them, which the index holds."""
    rows = _filtered(session, select(*(column for column, _ in part.order)).where(*part.where), wanted)
    if after:
        rows = rows.where(_comes_after(part.order, after))
    order = [column.desc() if is_falling else column.asc() for column, is_falling in part.order]
    return session.execute(rows.order_by(*order).limit(limit)).all()


def _whole(session: Session, found: Sequence[Row[Any]]) -> list[CommentRow]:
    """Read the comments of a page, of all its parts at once."""
    rows = comments.of_numbers(session, [row.id for row in found]) if found else {}
    return [rows[row.id] for row in found if row.id in rows]


def _filtered(session: Session, rows: Select[Any], wanted: Filter) -> Select[Any]:
    return _narrowed(rows, wanted).where(*(CommentRow.id.in_(found) for found in _found(session, wanted)))


def _narrowed(rows: Select[Any], wanted: Filter) -> Select[Any]:
    """Keep what is wanted as far as the comments themselves tell, their authors and their posts."""
    simple: Sequence[tuple[_Column, Any]] = (
        (CommentRow.site_id, wanted.site_id),
        (CommentRow.status, wanted.status),
        (CommentRow.thread_id, wanted.thread_id),
        (CommentRow.author_key, wanted.author_key),
        (CommentRow.held_for, wanted.held_for),
    )
    rows = rows.where(*(column == value for column, value in simple if value is not None))
    if wanted.author_of is not None:
        one = select(CommentRow.site_id, CommentRow.author_key).where(CommentRow.id == wanted.author_of).subquery()
        rows = rows.join(one, and_(CommentRow.site_id == one.c.site_id, CommentRow.author_key == one.c.author_key))
    if wanted.thread is not None:
        rows = rows.join(CommentRow.thread).where(ThreadRow.url == wanted.thread)
    rows = rows.where(*_reported(wanted))
    if wanted.since is not None:
        rows = rows.where(CommentRow.created_at >= wanted.since)
    if wanted.until is not None:
        rows = rows.where(CommentRow.created_at < wanted.until)
    return rows


def _reported(wanted: Filter) -> Iterator[_Where]:
    """Yield what a report counts its comments by."""
    if wanted.speaker is not None:
        yield CommentRow.status != Status.WITHDRAWN
        yield counted.is_staff() if wanted.speaker is Speaker.STAFF else ~counted.is_staff()
    if wanted.author_group is not None:
        yield counted.is_of_group(wanted.author_group)
    if wanted.became is not None:
        yield _BECAME[wanted.became](wanted)


_BECAME: dict[Became, Callable[[Filter], _Where]] = {
    Became.HELD: lambda _: CommentRow.held_for.is_not(None),
    Became.DECIDED: lambda _: CommentRow.decided_at.is_not(None),
    Became.OVERTURNED: lambda _: counted.is_overturned(),
    Became.CHECKED: lambda wanted: counted.is_checked(counted.covers(wanted.thread_id, wanted.author_group)),
    Became.SCORED: lambda _: counted.is_scored(),
}


def _found(session: Session, wanted: Filter) -> Iterator[Select[int]]:
    """Give, for each kind of thing that is looked up elsewhere, the numbers of the comments that are wanted.

    Looked up once for a whole page. Joined, they would be for each comment, or all that is found would be sorted.
    """
    if wanted.label is not None:
        yield select(LabelRow.comment_id).where(*_labelled(wanted)).correlate(None)
    if wanted.words is not None:
        yield search.found(session, wanted.words)


def _labelled(wanted: Filter) -> list[_Where]:
    conditions = [LabelRow.label == wanted.label]
    if wanted.at_least is None and wanted.at_most is None:
        conditions.append(LabelRow.is_called.is_(True))
    if wanted.at_least is not None:
        conditions.append(LabelRow.probability >= wanted.at_least)
    if wanted.at_most is not None:
        conditions.append(LabelRow.probability <= wanted.at_most)
    return conditions


def _comes_after(order: Sequence[tuple[_Column, bool]], after: Sequence[Any]) -> _Where:
    """Say of a row that it comes after one of these values."""
    (first, is_falling), *rest = order
    value, *others = after
    beyond: _Where = first < value if is_falling else first > value
    if not rest:
        return beyond
    # Said once more without the `or`, so that an index is entered at the right place.
    return and_(first <= value if is_falling else first >= value, or_(beyond, _comes_after(rest, others)))


def _cursor(moment: datetime, parts: Sequence[_Part], last: Row[Any], number: int, read: int) -> str:
    """Write down where the next page begins: after the last row of this one, or at the beginning of a part."""
    # Of the part that was read last, one row too many was asked for: was it the only one, the page ended just before.
    after = [getattr(last, column.key) for column, _ in parts[number].order] if read > 1 else []
    plain = [each.timestamp() if isinstance(each, datetime) else each for each in (moment, number, *after)]
    return base64.urlsafe_b64encode(json.dumps(plain).encode()).decode().rstrip("=")


def _place(view: View, cursor: str) -> _Place:
    """Read what `_cursor` wrote; raise CursorRefused for anything else."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        told = json.loads(base64.b64decode(padded.encode("ascii"), b"-_", validate=True))
        moment, number, *after = map(_number, told)
        then = datetime.fromtimestamp(moment, UTC)
        order = _PARTS[view](then)[int(number)].order
        values = [_value(column, each) for (column, _), each in zip(order, after, strict=True)] if after else []
    except (ValueError, TypeError, IndexError, OverflowError, OSError) as error:
        raise CursorRefused(
            N_("'%(cursor)s' is no cursor of this list. Send one that its last page gave."), cursor=typed(cursor)
        ) from error
    return _Place(then, int(number), values)


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < LARGEST_ID * 2:
        raise ValueError(f"{value!r} is no number of a cursor")
    return value


def _value(column: _Column, number: float) -> Any:  # noqa: ANN401  # what the column holds
    return datetime.fromtimestamp(number, UTC) if isinstance(column.type, UtcDateTime) else number
