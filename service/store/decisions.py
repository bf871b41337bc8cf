"""The decision log: rows are added, and that is all."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from service.domain.comment import Status
from service.store.tables import CommentRow, DecisionRow, Origin, UserRow, find


def add(
    session: Session,
    comment: CommentRow,
    status: Status,
    origin: Origin,
    now: datetime,
    *,
    user: UserRow | None = None,
    reason: str | None = None,
    reasons: Sequence[dict[str, object]] = (),
    labels: Sequence[str] | None = None,
    undoes: DecisionRow | None = None,
) -> DecisionRow:
    """Add the next decision on a comment and put the comment where it says."""
    row = DecisionRow(
        revision_id=comment.revision.id,
        number=comment.decision.number + 1 if comment.decisions else 1,
        status=status,
        origin=origin,
        user=user,
        user_id=user.id if user else None,
        reason=reason,
        reasons=list(reasons),
        labels=None if labels is None else list(labels),
        undoes_id=undoes.id if undoes else None,
        decided_at=now,
    )
    comment.decisions.append(row)
    comment.status = status
    if origin is Origin.PERSON:
        comment.decided_at = _decided_before(comment) if undoes else now
    session.flush()
    return row


def get(session: Session, decision_id: int) -> DecisionRow | None:
    """Return a decision."""
    return find(session, DecisionRow, decision_id)


def _decided_before(comment: CommentRow) -> datetime | None:
    """Return when a person had decided before the decision that is being undone."""
    *_, before, _undone, _undoing = comment.decisions
    return before.decided_at if before.origin is Origin.PERSON else None
