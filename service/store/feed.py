"""What happened since: decisions, new comments that wait, and who is where; what an open desk is told live."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from service.store import claims
from service.store.tables import ClaimRow, CommentRow, DecisionRow, Origin, as_id

MOST_TOLD = 200
"""Who was away for longer than this many decisions had better read the list anew."""

MOST_LOOKED_AT = 20_000
"""Among how many numbers what happened is looked for: an archive that comes in takes hundreds of thousands."""

_OVERLAP = 20
"""Numbers are given when a decision is written, not when it is committed: the last few may have appeared since."""


@dataclass(frozen=True)
class News:
    """What happened since a decision's number."""

    last: int
    """The number of the last decision there is: ask for what comes after it next."""
    decisions: Sequence[DecisionRow]
    """By people and sites, the oldest first; some may have been told before."""
    arrived: int
    """How many comments the policy has decided to hold since."""
    claims: Sequence[ClaimRow]
    is_complete: bool
    """Whether this is all; else so much happened that the list had better be read anew."""


def last_number(session: Session) -> int:
    """Return the number of the last decision there is."""
    return session.scalar(select(func.max(DecisionRow.id))) or 0


def since(session: Session, number: int, now: datetime) -> News:
    """Return what happened after the decision of that number."""
    last = last_number(session)
    number = as_id(number)
    later = DecisionRow.id > number - _OVERLAP
    if last - number > MOST_LOOKED_AT:
        return News(last, [], 0, claims.in_force(session, now), is_complete=False)
    by_others = select(DecisionRow).where(later, DecisionRow.origin != Origin.POLICY).order_by(DecisionRow.id)
    # What was decided before the comment came here came with an archive, and never stood in anybody's list.
    by_others = by_others.join(DecisionRow.comment).where(DecisionRow.decided_at >= CommentRow.received_at)
    found = session.scalars(
        by_others.options(joinedload(DecisionRow.user), joinedload(DecisionRow.revision)).limit(MOST_TOLD + 1)
    ).all()
    arrived = select(func.count()).where(
        DecisionRow.id > number, DecisionRow.origin == Origin.POLICY, DecisionRow.held_for.is_not(None)
    )
    return News(
        last=last,
        decisions=found[:MOST_TOLD],
        arrived=session.scalar(arrived) or 0 if last > number else 0,
        claims=claims.in_force(session, now),
        is_complete=len(found) <= MOST_TOLD,
    )
