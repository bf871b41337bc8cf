"""Who is at a comment says so to the others, for some minutes, so that two do not read the same one.

A claim keeps nobody from deciding: the other may have gone for a coffee.
"""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from service.flows import review
from service.store import claims, comments
from service.store.tables import ClaimRow, UserRow

LASTS = timedelta(minutes=3)
"""A desk that is open renews its claim in less than this."""


def claim(session: Session, comment_id: int, user: UserRow, now: datetime) -> ClaimRow:
    """Return the claim on a comment: a colleague's where one is in force, else this person's, who gives up others."""
    held = claims.of_comment(session, comment_id)
    if held and held.user_id != user.id and held.expires_at > now:
        return held
    if comments.find_number(session, comment_id) is None:
        raise review.gone(comment_id)
    if held and held.user_id == user.id:
        held.expires_at = now + LASTS
        session.flush()
        return held
    claims.remove(session, user)
    if held:
        session.delete(held)
        session.flush()
    return claims.add(session, comment_id, user, now + LASTS)


def release(session: Session, comment_id: int, user: UserRow) -> None:
    """Give up one's claim on a comment; doing so again changes nothing."""
    claims.remove(session, user, comment_id)
