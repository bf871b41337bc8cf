"""What moderators write to each other about a comment; no site is told."""

from datetime import datetime

from sqlalchemy.orm import Session

from service.domain.wording import N_, Refusal
from service.flows import review
from service.store import notes
from service.store.tables import NoteRow, UserRow

LONGEST = 2000


class NoteRefused(Refusal):
    """A note that cannot be; the text says what to do instead."""


def write(session: Session, comment_id: int, user: UserRow, text: str, now: datetime) -> NoteRow:
    """Add a note to a comment."""
    comment = review.present(session, comment_id)
    text = text.strip()
    if not 0 < len(text) <= LONGEST:
        raise NoteRefused(
            N_("A note has 1 to %(longest)s characters; %(count)s came."), longest=LONGEST, count=len(text)
        )
    return notes.add(session, comment, user, text, now)


def remove(session: Session, note_id: int, user: UserRow) -> int:
    """Remove one's own note; return the number of the comment that it was on."""
    note = notes.get(session, note_id)
    if note is None or note.user_id != user.id:
        raise review.CommentGone(N_("There is no note %(number)s of yours."), number=note_id)
    session.delete(note)
    session.flush()
    return note.comment_id
