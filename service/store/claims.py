"""Who is at which comment just now."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, joinedload

from service.store.tables import ClaimRow, UserRow, as_id


def of_comment(session: Session, comment_id: int) -> ClaimRow | None:
    """Return the claim on a comment, which may have expired, and keep others from changing it meanwhile."""
    wanted = select(ClaimRow).where(ClaimRow.comment_id == as_id(comment_id))
    return session.scalar(wanted.options(joinedload(ClaimRow.user, innerjoin=True)).with_for_update(of=ClaimRow))


def add(session: Session, comment_id: int, user: UserRow, expires_at: datetime) -> ClaimRow:
    """Add a claim."""
    claim = ClaimRow(comment_id=comment_id, user=user, user_id=user.id, expires_at=expires_at)
    session.add(claim)
    session.flush()
    return claim


def remove(session: Session, user: UserRow, comment_id: int | None = None) -> None:
    """Remove a person's claim on a comment, or all of them."""
    wanted = delete(ClaimRow).where(ClaimRow.user_id == user.id)
    session.execute(wanted if comment_id is None else wanted.where(ClaimRow.comment_id == as_id(comment_id)))


def in_force(session: Session, now: datetime) -> Sequence[ClaimRow]:
    """Return the claims that have not expired."""
    wanted = select(ClaimRow).where(ClaimRow.expires_at > now).order_by(ClaimRow.comment_id)
    return session.scalars(wanted.options(joinedload(ClaimRow.user))).all()
