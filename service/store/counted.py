"""What comments are counted by, as conditions: reports and lists share them, and so come to the same figures."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, Text, and_, cast, false, func, literal, or_, select
from sqlalchemy.orm import aliased

from service.domain.comment import REFUSED, Status
from service.domain.conflicts import STAFF
from service.domain.policy import AUDIT
from service.store.tables import AnyText, CommentRow, DecisionRow, DrawnRow, DrawRow, LabelRow, Origin, RevisionRow


@dataclass(frozen=True)
class Among:
    """Which comments are meant, and in which periods: `moments` are when each begins, and when the last ends."""

    moments: Sequence[datetime]
    site_id: int | None = None
    thread_id: int | None = None
    author_group: str | None = None

    def wanted(self) -> Iterator[ColumnElement[bool]]:
        """Yield what makes a comment one of them, whenever it was written."""
        yield CommentRow.status != Status.WITHDRAWN
        if self.site_id is not None:
            yield CommentRow.site_id == self.site_id
        if self.thread_id is not None:
            yield CommentRow.thread_id == self.thread_id
        if self.author_group is not None:
            yield is_of_group(self.author_group)

    def within(self) -> Iterator[ColumnElement[bool]]:
        """Yield what puts it into one of the periods."""
        yield CommentRow.created_at >= self.moments[0]
        yield CommentRow.created_at < self.moments[-1]

    def covered(self) -> ColumnElement[bool]:
        """Return what makes a draw one of which these comments are a fair part; none is of several sites."""
        return false() if self.site_id is None else covers(self.thread_id, self.author_group)


def is_staff(comment: Any = CommentRow) -> ColumnElement[bool]:  # noqa: ANN401  # the table or an alias of it
    """Whether somebody wrote a comment who speaks for the blog, by the role that it gave them."""
    return _role(comment.author_role).in_(sorted(STAFF))


def is_of_group(group: str) -> ColumnElement[bool]:
    """Whether a comment's author has this role."""
    return _is_role(CommentRow.author_role, group)


def is_scored(comment: Any = CommentRow) -> ColumnElement[bool]:  # noqa: ANN401  # the table or rows of it
    """Whether a model gave a comment scores."""
    return select(LabelRow.id).where(LabelRow.comment_id == comment.id).exists()


def is_overturned() -> ColumnElement[bool]:
    """Whether a person put a comment where the policy, or a person before, would not have."""
    mine, earlier = aliased(DecisionRow), aliased(DecisionRow)
    turned = or_(
        and_(mine.status == Status.APPROVED, earlier.status.in_(REFUSED)),
        and_(mine.status.in_(REFUSED), has_passed(earlier)),
    )
    rows = select(mine.id).join(earlier, and_(earlier.comment_id == mine.comment_id, earlier.number < mine.number))
    rows = rows.where(
        mine.comment_id == CommentRow.id,
        mine.origin == Origin.PERSON,
        earlier.origin != Origin.SITE,
        _stands(mine),
        _stands(earlier),
        turned,
    )
    return and_(CommentRow.decided_at.is_not(None), rows.correlate(CommentRow).exists())


def covers(thread_id: int | None, author_group: str | None) -> ColumnElement[bool]:
    """Whether a draw was among all comments of a discussion and a group, or of the whole site where none is named.

    What was drawn of one discussion alone says nothing of how much of something there is on the site.
    """
    is_of_thread = or_(DrawRow.thread_id.is_(None), DrawRow.thread_id == thread_id)
    is_same_group = false() if author_group is None else _is_role(DrawRow.author_group, author_group)
    return and_(is_of_thread, or_(DrawRow.author_group.is_(None), is_same_group))


def is_in_sample(covered: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether a comment, as it now reads, is in the audit sample or in a draw that is covered."""
    return or_(_is_audited(), _draw(covered).where(DrawnRow.comment_id == CommentRow.id).exists())


def is_checked(covered: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether a scored comment is in the sample, and a person has confirmed or corrected its present text's labels.

    Of what was drawn, since it was.
    """
    mine = aliased(DecisionRow)
    was_drawn = _draw(covered).where(DrawnRow.comment_id == mine.comment_id, DrawnRow.after < mine.number)
    check = select(mine.id).where(
        mine.comment_id == CommentRow.id,
        mine.revision_id == _present(),
        mine.origin == Origin.PERSON,
        mine.labels.is_not(None),
        mine.status != Status.HELD,
        _stands(mine),
        or_(_is_audited(), was_drawn.exists()),
    )
    return and_(is_scored(), check.correlate(CommentRow).exists())


def _draw(covered: ColumnElement[bool]) -> Select[int]:
    return select(DrawnRow.id).join(DrawRow, DrawRow.id == DrawnRow.draw_id).where(covered)


def _is_audited() -> ColumnElement[bool]:
    """Whether the policy, when it judged a comment's present text last, put it in the audit sample."""
    judged, of_sample = aliased(DecisionRow), aliased(DecisionRow)
    by_policy = (judged.origin == Origin.POLICY, judged.revision_id == _present())
    last = select(func.max(judged.number)).where(judged.comment_id == CommentRow.id, *by_policy)
    sampled = select(of_sample.id).where(
        of_sample.comment_id == CommentRow.id,
        of_sample.number == last.correlate(CommentRow).scalar_subquery(),
        # The reasons are JSON, which each database searches in its own way; as text both say the same.
        cast(of_sample.reasons, Text).contains(f'"rule": "{AUDIT}"'),
    )
    return sampled.correlate(CommentRow).exists()


def _present() -> ScalarSelect[int]:
    """Return the number of the text that a comment now has."""
    rows = select(func.max(RevisionRow.id)).where(RevisionRow.comment_id == CommentRow.id)
    return rows.correlate(CommentRow).scalar_subquery()


def has_passed(decision: Any) -> ColumnElement[bool]:  # noqa: ANN401  # an alias is of no type that has a name
    """Whether a decision let a comment pass, or would have but for the sample."""
    return or_(decision.status == Status.APPROVED, decision.held_for == AUDIT)


def _role(column: Any) -> ColumnElement[str]:  # noqa: ANN401
    return func.lower(func.trim(func.coalesce(column, "")))


def _is_role(column: Any, role: str) -> ColumnElement[bool]:  # noqa: ANN401
    # The database makes both small: SQLite leaves letters as they are that Python would not.
    return _role(column) == func.lower(literal(role.strip(), AnyText()))


def _stands(decision: Any) -> ColumnElement[bool]:  # noqa: ANN401
    """Whether a decision was not undone, and undoes none."""
    undoing = aliased(DecisionRow)
    undone = select(undoing.id).where(undoing.comment_id == decision.comment_id, undoing.undoes_id == decision.id)
    return and_(decision.undoes_id.is_(None), ~undone.exists())
