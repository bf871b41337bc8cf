"""The decision log: rows are added, and that is all."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.domain.comment import Status
from service.domain.policy import place_in_sample
from service.store.plain import append, change, put
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
    held_for: str | None = None,
    author_message: str | None = None,
    labels: Sequence[str] | None = None,
    undoes: DecisionRow | None = None,
    bulk_id: str | None = None,
) -> DecisionRow:
    """Add the next decision on a comment and put the comment where it says."""
    row = DecisionRow(
        comment_id=comment.id,
        revision_id=comment.revision.id,
        number=comment.decision.number + 1 if comment.decisions else 1,
        status=status,
        origin=origin,
        user_id=user.id if user else None,
        reason=reason,
        reasons=list(reasons),
        held_for=held_for,
        author_message=author_message,
        labels=None if labels is None else list(labels),
        undoes_id=undoes.id if undoes else None,
        bulk_id=bulk_id,
        decided_at=now,
    )
    put(session, row, comment=comment, revision=comment.revision, user=user)
    append(comment, "decisions", row)
    change(session, comment, status=status, held_for=_held_for(comment))
    if origin is Origin.PERSON:
        at = _decided_before(comment) if undoes else now
        change(session, comment, decided_at=at, check_place=check_place(comment))
    session.flush()
    return row


def get(session: Session, decision_id: int) -> DecisionRow | None:
    """Return a decision."""
    return find(session, DecisionRow, decision_id)


def of_bulk(session: Session, bulk_id: str) -> Sequence[DecisionRow]:
    """Return what was decided in one go, in the order of the comments."""
    if not bulk_id.isalnum():
        return []  # none of ours, and PostgreSQL would refuse to look for some of it
    rows = select(DecisionRow).where(DecisionRow.bulk_id == bulk_id, DecisionRow.undoes_id.is_(None))
    return session.scalars(rows.order_by(DecisionRow.comment_id)).all()


def in_force(comment: CommentRow, without: DecisionRow | None = None) -> list[DecisionRow]:
    """Return a comment's decisions without those that were undone, and without the undoing.

    With `without`, as they would be if that one were undone too.
    """
    return standing(comment.decisions, without)


def standing(decisions: Sequence[DecisionRow], without: DecisionRow | None = None) -> list[DecisionRow]:
    """Return of some decisions on one comment, in their order, those in force."""
    undone = {without.id} if without else set()
    found = []
    for each in reversed(decisions):
        if each.id in undone:
            continue  # nor does it undo anything any more
        if each.undoes_id:
            undone.add(each.undoes_id)
        else:
            found.append(each)
    return found[::-1]


def check_of(decisions: Sequence[DecisionRow]) -> DecisionRow | None:
    """Return of some decisions on one text, in their order, that by which a person confirmed its labels last."""
    return next((each for each in reversed(standing(decisions)) if _checks(each)), None)


def check_place(comment: CommentRow) -> float | None:
    """Return a comment's place among those that wait to be checked; None where it was not drawn, or is checked."""
    if not comment.drawn:
        return None
    check = check_of([each for each in comment.decisions if each.revision_id == comment.revision.id])
    is_checked = check is not None and all(check.number > each.after for each in comment.drawn)
    return None if is_checked else place_in_sample(f"{comment.site_id}:{comment.id}")


def _checks(decision: DecisionRow) -> bool:
    return decision.origin is Origin.PERSON and decision.labels is not None and decision.status.is_final


def _held_for(comment: CommentRow) -> str | None:
    """Return why a comment was last held; it stays known when it is held no more."""
    return next((each.held_for for each in reversed(in_force(comment)) if each.held_for), None)


def _decided_before(comment: CommentRow) -> datetime | None:
    """Return when a person decided last of what still is in force after an undo."""
    by_people = (each.decided_at for each in reversed(in_force(comment)) if each.origin is Origin.PERSON)
    return next(by_people, None)
