"""What is asked of many comments at once: how hot they are, who answers whom, what waits for an answer."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import Session, aliased

from service.domain.comment import Status
from service.domain.conflicts import is_staff
from service.domain.replies import Said
from service.store import counted
from service.store.tables import CommentRow, LabelRow, RevisionRow, ScoresRow, ThreadRow

_AT_ONCE = 500
_GONE = (Status.SPAM, Status.WITHDRAWN)
"""What stands there is no part of a discussion."""


@dataclass(frozen=True)
class SiteDays:
    """A site's comments in a stretch of days (UTC), the last day not included."""

    site_id: int
    start: date
    end: date

    @property
    def conditions(self) -> list[ColumnElement[bool]]:
        """What is to be so of a comment."""
        midnights = [datetime.combine(day, time(), UTC) for day in (self.start, self.end)]
        is_then = (CommentRow.created_at >= midnights[0], CommentRow.created_at < midnights[1])
        return [CommentRow.site_id == self.site_id, *is_then]


class Heat(NamedTuple):
    """A comment's place in its discussion, and how hot it is."""

    thread_id: int
    comment_id: int
    created_at: datetime
    heat: float


class Quotable(NamedTuple):
    """A published comment, and where it stands."""

    id: int
    thread_id: int
    parent_id: int | None
    author_key: str | None
    author_role: str | None
    author_name: str | None
    text: str
    created_at: datetime
    url: str
    title: str | None
    to: str | None
    """The key of the author whom it answers."""


def heats(session: Session, stretch: SiteDays, weights: Mapping[str, float]) -> Sequence[Heat]:
    """Return how hot the comments are of every discussion that somebody wrote in then, each whole and in its order.

    What has no scores has no heat either, and is left out; so is spam.
    """
    threads = select(CommentRow.thread_id).where(*stretch.conditions).distinct()
    return _heats(session, weights, CommentRow.thread_id.in_(threads))


def heats_of(session: Session, thread_id: int, weights: Mapping[str, float]) -> Sequence[Heat]:
    """Return how hot the comments of one discussion are."""
    return _heats(session, weights, CommentRow.thread_id == thread_id)


def said_in(session: Session, thread_ids: Sequence[int]) -> Mapping[int, list[Said]]:
    """Return what was said in discussions, each in its order; what was withdrawn or is spam leaves no word."""
    found: dict[int, list[Said]] = {each: [] for each in thread_ids}
    for begin in range(0, len(thread_ids), _AT_ONCE):
        is_there = (CommentRow.thread_id.in_(thread_ids[begin : begin + _AT_ONCE]), CommentRow.status.not_in(_GONE))
        for row in session.execute(_said().where(*is_there).order_by(CommentRow.created_at, CommentRow.id)):
            said = Said(row.id, row.parent_id, row.author_key, is_staff(row.author_role), row.text, row.author_name)
            found[row.thread_id].append(said)
    return found


def threads_with_questions(session: Session, stretch: SiteDays, limit: int) -> Sequence[int]:
    """Return the discussions in which a reader wrote a question mark then, and no staff replied to it: the latest."""
    reply = aliased(CommentRow)
    has_staff_below = select(reply.id).where(reply.parent_id == CommentRow.id, counted.is_staff(reply)).exists()
    rows = (
        select(CommentRow.thread_id)
        .join(RevisionRow, RevisionRow.comment_id == CommentRow.id)
        .where(*stretch.conditions, CommentRow.status == Status.APPROVED, ~counted.is_staff())
        .where(_is_latest(), RevisionRow.text.contains("?", autoescape=True), ~has_staff_below)
        .group_by(CommentRow.thread_id)
        .order_by(func.max(CommentRow.id).desc())
    )
    return session.scalars(rows.limit(limit)).all()


def kind_and_unanswered(session: Session, stretch: SiteDays, limit: int) -> Sequence[int]:
    """Return readers' kind comments to the blog that nobody speaking for it has answered.

    Those to one of its own comments come first, then those to the post; kinder ones come before others.
    """
    parent, reply = aliased(CommentRow), aliased(CommentRow)
    has_staff_below = select(reply.id).where(reply.parent_id == CommentRow.id, counted.is_staff(reply)).exists()
    is_to_staff = counted.is_staff(parent)
    rows = (
        select(CommentRow.id)
        .join(LabelRow, and_(LabelRow.comment_id == CommentRow.id, LabelRow.label == "supportive"))
        .outerjoin(parent, parent.id == CommentRow.parent_id)
        .where(*stretch.conditions, CommentRow.status == Status.APPROVED, ~counted.is_staff())
        .where(LabelRow.is_called.is_(True), ~has_staff_below, or_(CommentRow.parent_id.is_(None), is_to_staff))
        .order_by(case((is_to_staff, 0), else_=1), LabelRow.probability.desc(), CommentRow.id.desc())
    )
    return session.scalars(rows.limit(limit)).all()


def count_scored(session: Session, stretch: SiteDays) -> int:
    """Return how many comments have been scored, spam left out."""
    rows = select(func.count(CommentRow.id)).where(*stretch.conditions, CommentRow.status.not_in(_GONE))
    return session.scalar(rows.where(counted.is_scored())) or 0


def count_called(session: Session, stretch: SiteDays, labels: Sequence[str]) -> Mapping[str, int]:
    """Return how many comments are called each label."""
    rows = (
        select(LabelRow.label, func.count())
        .join(CommentRow, CommentRow.id == LabelRow.comment_id)
        .where(*stretch.conditions, CommentRow.status.not_in(_GONE))
        .where(LabelRow.label.in_(labels), LabelRow.is_called.is_(True))
        .group_by(LabelRow.label)
    )
    return {row[0]: row[1] for row in session.execute(rows)}


def count_called_both(
    session: Session, stretch: SiteDays, first: Sequence[str], second: Sequence[str]
) -> Mapping[tuple[str, str], int]:
    """Return how many comments are called one label of the first kind and one of the second."""
    other = aliased(LabelRow)
    rows = (
        select(LabelRow.label, other.label, func.count())
        .join(CommentRow, CommentRow.id == LabelRow.comment_id)
        .join(other, and_(other.comment_id == LabelRow.comment_id, other.label.in_(second)))
        .where(*stretch.conditions, CommentRow.status.not_in(_GONE))
        .where(LabelRow.label.in_(first), LabelRow.is_called.is_(True), other.is_called.is_(True))
        .group_by(LabelRow.label, other.label)
    )
    return {(one, two): count for one, two, count in session.execute(rows)}


def published(session: Session, stretch: SiteDays) -> Sequence[int]:
    """Return the comments that stand published and are in a language that the model reads."""
    rows = select(CommentRow.id).where(*stretch.conditions, CommentRow.status == Status.APPROVED, counted.is_scored())
    return session.scalars(rows.order_by(CommentRow.id)).all()


def published_among(session: Session, stretch: SiteDays, numbers: Sequence[int]) -> Sequence[int]:
    """Return which of these comments are of a stretch of days and stand published."""
    found: list[int] = []
    for begin in range(0, len(numbers), _AT_ONCE):
        is_one = CommentRow.id.in_(numbers[begin : begin + _AT_ONCE])
        rows = select(CommentRow.id).where(is_one, *stretch.conditions, CommentRow.status == Status.APPROVED)
        found += session.scalars(rows)
    return found


def texts(session: Session, numbers: Sequence[int]) -> Iterator[tuple[int, str]]:
    """Give comments' texts as they now stand, some hundreds at a time, so that few are in memory."""
    rows = select(RevisionRow.comment_id, RevisionRow.text).where(_is_latest())
    for begin in range(0, len(numbers), _AT_ONCE):
        some = rows.where(RevisionRow.comment_id.in_(numbers[begin : begin + _AT_ONCE]))
        yield from ((row[0], row[1]) for row in session.execute(some.order_by(RevisionRow.comment_id)))


def quotable(session: Session, stretch: SiteDays) -> Iterator[list[Quotable]]:
    """Give the comments that may be quoted outside the desk, since they stand published, one discussion after another.

    Some hundreds are in memory at a time, and those of one discussion.
    """
    parent = aliased(CommentRow)
    is_answered = parent.id == CommentRow.parent_id
    rows = _said().add_columns(CommentRow.created_at, ThreadRow.url, ThreadRow.title, parent.author_key.label("to"))
    rows = rows.join(ThreadRow, ThreadRow.id == CommentRow.thread_id).outerjoin(parent, is_answered)
    rows = rows.where(*stretch.conditions, CommentRow.status == Status.APPROVED)
    rows = rows.order_by(CommentRow.thread_id, CommentRow.created_at, CommentRow.id)
    found = (Quotable(**row._mapping) for row in session.execute(rows.execution_options(yield_per=_AT_ONCE)))
    for _, discussion in groupby(found, key=lambda each: each.thread_id):
        yield list(discussion)


def called(session: Session, numbers: Sequence[int]) -> Mapping[int, list[str]]:
    """Return the labels that comments are called."""
    found: dict[int, list[str]] = {number: [] for number in numbers}
    for begin in range(0, len(numbers), _AT_ONCE):
        some = numbers[begin : begin + _AT_ONCE]
        rows = select(LabelRow.comment_id, LabelRow.label).where(LabelRow.comment_id.in_(some))
        for number, label in session.execute(rows.where(LabelRow.is_called.is_(True)).order_by(LabelRow.id)):
            found[number].append(label)
    return found


def models(session: Session, stretch: SiteDays) -> Sequence[str]:
    """Return the models that scored a stretch's comments."""
    rows = select(ScoresRow.model).join(RevisionRow, RevisionRow.id == ScoresRow.revision_id)
    rows = rows.join(CommentRow, CommentRow.id == RevisionRow.comment_id).where(*stretch.conditions)
    return session.scalars(rows.distinct().order_by(ScoresRow.model)).all()


def threads(session: Session, thread_ids: Sequence[int]) -> Mapping[int, ThreadRow]:
    """Return discussions by their numbers."""
    found = session.scalars(select(ThreadRow).where(ThreadRow.id.in_(thread_ids))).all()
    return {row.id: row for row in found}


def _heats(session: Session, weights: Mapping[str, float], which: ColumnElement[bool]) -> Sequence[Heat]:
    weight = case(weights, value=LabelRow.label, else_=0.0)
    # Asked for each comment: joined, SQLite would begin with all comments that there are.
    its_labels = (LabelRow.comment_id == CommentRow.id, LabelRow.label.in_(list(weights)))
    heat = select(func.sum(LabelRow.probability * weight)).where(*its_labels).correlate(CommentRow).scalar_subquery()
    rows = (
        select(CommentRow.thread_id, CommentRow.id, CommentRow.created_at, heat)
        .where(which, CommentRow.status.not_in(_GONE))
        .order_by(CommentRow.thread_id, CommentRow.created_at, CommentRow.id)
    )
    return [Heat(*row) for row in session.execute(rows) if row[3] is not None]


def _said() -> Select[Any]:
    columns: tuple[Any, ...] = (
        CommentRow.id,
        CommentRow.thread_id,
        CommentRow.parent_id,
        CommentRow.author_key,
        CommentRow.author_role,
        CommentRow.author_name,
        RevisionRow.text,
    )
    return select(*columns).join(RevisionRow, RevisionRow.comment_id == CommentRow.id).where(_is_latest())


def _is_latest() -> ColumnElement[bool]:
    later = aliased(RevisionRow)
    is_later = (later.comment_id == RevisionRow.comment_id, later.number > RevisionRow.number)
    return ~select(later.id).where(*is_later).exists()
