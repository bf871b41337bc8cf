"""A person decides: once, with a reason, undone with one more decision, and never over somebody else's head."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from service.domain.comment import Status
from service.domain.labels import LABELS
from service.flows import callbacks
from service.store import comments, decisions
from service.store.tables import CommentRow, DecisionRow, Origin, UserRow

RULINGS = {
    "approve": Status.APPROVED,
    "reject": Status.REJECTED,
    "spam": Status.SPAM,
    "hold": Status.HELD,
}
"""What a person may decide, and where it puts the comment."""

LONGEST_REASON = 2000


class DecisionRefused(ValueError):
    """A decision that cannot be; the text says what to send instead."""


class CommentGone(LookupError):
    """There is no such comment, or it was withdrawn."""


class SomebodyWasFirst(Exception):
    """Another decision was made since this one was prepared; its number is carried along so that it can be shown."""

    def __init__(self, decision: DecisionRow) -> None:
        super().__init__("somebody else decided first")
        # Not the row itself: it is of no use after the transaction, which this ends.
        self.decision_id = decision.id
        self.comment_id = decision.comment_id


@dataclass(frozen=True)
class Ruling:
    """What a person decides about a comment."""

    decision: str
    reason: str | None = None
    labels: Sequence[str] | None = None
    seen: int | None = None
    """The number of the last decision that the person saw; None asks only that no other person decided before."""

    def __post_init__(self) -> None:
        if self.decision not in RULINGS:
            raise DecisionRefused(f"There is no decision {self.decision!r}. Send one of: {', '.join(RULINGS)}.")
        unknown = [label for label in self.labels or () if label not in LABELS]
        if unknown:
            raise DecisionRefused(f"There is no label {unknown[0]!r}. Send some of: {', '.join(LABELS)}.")
        if self.reason and len(self.reason) > LONGEST_REASON:
            raise DecisionRefused(f"The reason has {len(self.reason)} characters. Send at most {LONGEST_REASON}.")


def decide(
    session: Session, comment_id: int, user: UserRow, ruling: Ruling, *, now: datetime, undo_seconds: float
) -> DecisionRow:
    """Decide about a comment and tell the site after the seconds in which it can be undone unseen.

    Raises CommentGone, and SomebodyWasFirst where the person has not seen the last decision.
    """
    comment = _present(session, comment_id)
    _refuse_stale(comment, ruling)
    status, reason = RULINGS[ruling.decision], (ruling.reason or "").strip() or None
    decision = decisions.add(
        session, comment, status, Origin.PERSON, now, user=user, reason=reason, labels=ruling.labels
    )
    callbacks.announce(session, comment, decision, now, undo_seconds)
    return decision


def undo(session: Session, decision_id: int, user: UserRow, *, now: datetime, undo_seconds: float) -> DecisionRow:
    """Take back a person's decision: one more decision that puts the comment where it was before.

    Raises CommentGone, and SomebodyWasFirst where it is no longer the last decision.
    """
    undone = decisions.get(session, decision_id)
    if undone is None or undone.origin is not Origin.PERSON:
        raise CommentGone(f"There is no decision {decision_id} to undo.")
    comment = _present(session, undone.comment_id)
    if comment.decision.id != undone.id:
        raise SomebodyWasFirst(comment.decision)
    before = comment.decisions[-2].status
    decision = decisions.add(session, comment, before, Origin.PERSON, now, user=user, undoes=undone)
    callbacks.announce(session, comment, decision, now, undo_seconds)
    return decision


def _present(session: Session, comment_id: int) -> CommentRow:
    comment = comments.locked(session, comment_id)
    if comment is None or comment.status is Status.WITHDRAWN:
        raise CommentGone(f"There is no comment {comment_id}, or its site has withdrawn it.")
    return comment


def _refuse_stale(comment: CommentRow, ruling: Ruling) -> None:
    last = comment.decision
    if ruling.seen is not None:
        is_stale = last.number != ruling.seen
    else:
        is_stale = last.origin is Origin.PERSON and last.status is not Status.HELD
    if is_stale:
        raise SomebodyWasFirst(last)
