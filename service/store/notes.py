"""Moderators' notes on comments."""

from datetime import datetime

from sqlalchemy.orm import Session

from service.store.tables import CommentRow, NoteRow, UserRow, find


def add(session: Session, comment: CommentRow, user: UserRow, text: str, now: datetime) -> NoteRow:
    """Add a note."""
    note = NoteRow(comment_id=comment.id, user=user, user_id=user.id, text=text, written_at=now)
    session.add(note)
    session.flush()
    return note


def get(session: Session, note_id: int) -> NoteRow | None:
    """Return a note."""
    return find(session, NoteRow, note_id)
