"""What a report counts comments by, as conditions: a list narrowed by them has as many comments as the figure says.

`tallies.py` counts by the same; tests/web/test_reports_behind.py holds the two together.
"""

from typing import Any

from sqlalchemy import ColumnElement, Text, and_, cast, func, or_, select
from sqlalchemy.orm import aliased

from service.domain.comment import Status
from service.domain.conflicts import STAFF
from service.domain.policy import AUDIT
from service.store.tables import CommentRow, DecisionRow, LabelRow, Origin, RevisionRow

_REFUSED = (Status.REJECTED, Status.SPAM)


def is_staff() -> ColumnElement[bool]:
    """Whether somebody wrote a comment who speaks for the blog, by the role that it gave them."""
    return func.lower(func.coalesce(CommentRow.author_role, "")).in_(sorted(STAFF))


def is_of_group(group: str) -> ColumnElement[bool]:
    """Whether a comment's author has this role."""
    return func.lower(CommentRow.author_role) == group.lower()


def is_scored() -> ColumnElement[bool]:
    """Whether a model gave a comment scores."""
    return select(LabelRow.id).where(LabelRow.comment_id == CommentRow.id).correlate(CommentRow).exists()


def is_overturned() -> ColumnElement[bool]:
    """Whether a person put a comment where the policy, or a person before, would not have."""
    mine, earlier = aliased(DecisionRow), aliased(DecisionRow)
    was_approved = or_(earlier.status == Status.APPROVED, earlier.held_for == AUDIT)
    turned = or_(
        and_(mine.status == Status.APPROVED, earlier.status.in_(_REFUSED)),
        and_(mine.status.in_(_REFUSED), was_approved),
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


def is_checked() -> ColumnElement[bool]:
    """Whether a scored comment is in the sample, and a person has confirmed or corrected its present text's labels."""
    judged, mine = aliased(DecisionRow), aliased(DecisionRow)
    present = (
        select(func.max(RevisionRow.id))
        .where(RevisionRow.comment_id == CommentRow.id)
        .correlate(CommentRow)
        .scalar_subquery()
    )
    last = (
        select(func.max(judged.number))
        .where(judged.comment_id == CommentRow.id, judged.origin == Origin.POLICY, judged.revision_id == present)
        .correlate(CommentRow)
        .scalar_subquery()
    )
    of_sample = aliased(DecisionRow)
    is_sampled = select(of_sample.id).where(
        of_sample.comment_id == CommentRow.id,
        of_sample.number == last,
        # The reasons are JSON, which each database searches in its own way; as text both say the same.
        cast(of_sample.reasons, Text).contains(f'"rule": "{AUDIT}"'),
    )
    settled = select(mine.id).where(
        mine.comment_id == CommentRow.id,
        mine.revision_id == present,
        mine.origin == Origin.PERSON,
        mine.labels.is_not(None),
        mine.status != Status.HELD,
        _stands(mine),
    )
    return and_(is_scored(), is_sampled.correlate(CommentRow).exists(), settled.correlate(CommentRow).exists())


def _stands(decision: Any) -> ColumnElement[bool]:  # noqa: ANN401  # an alias is of no type that has a name
    """Whether a decision was not undone, and undoes none."""
    undoing = aliased(DecisionRow)
    undone = select(undoing.id).where(undoing.comment_id == decision.comment_id, undoing.undoes_id == decision.id)
    return and_(decision.undoes_id.is_(None), ~undone.exists())
