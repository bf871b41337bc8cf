"""What is known of an author on one site: what became of their comments, and how often the model was wrong on them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.domain.comment import Status
from service.domain.labels import LABELS
from service.store import decisions
from service.store.comments import scores_of, whole
from service.store.tables import CommentRow, NoteRow, Origin

MOST_SHOWN = 50


@dataclass(frozen=True)
class AuthorRecord:
    """An author's comments on a site, the latest first, and what people made of them."""

    rows: Sequence[CommentRow]
    """At most MOST_SHOWN; the figures on the model are of these."""
    counts: Mapping[Status, int]
    """Of all of them: how many stand where."""
    notes: Sequence[NoteRow]
    decided: int
    """How many of `rows` a person decided."""
    overturned: int
    """On how many of those the person decided otherwise than the rules had: approved what was held for a label, or
    refused what was approved."""
    corrected: int
    """On how many of those the person changed the labels."""


def record_of(session: Session, row: CommentRow) -> AuthorRecord:
    """Return the record of a comment's author; that of somebody without a name is of this one comment alone."""
    theirs = [CommentRow.site_id == row.site_id, CommentRow.author_key == row.author_key]
    if row.author_key is None:
        theirs = [CommentRow.id == row.id]
    rows = session.scalars(whole(select(CommentRow).where(*theirs).order_by(CommentRow.id.desc()).limit(MOST_SHOWN)))
    found = rows.all()
    notes = select(NoteRow).join(CommentRow, CommentRow.id == NoteRow.comment_id).where(*theirs)
    by_people = [each for each in found if _last_by_a_person(each)]
    return AuthorRecord(
        rows=found,
        # Counted here: asked to, SQLite reads the whole site in the order of where its comments stand.
        counts=Counter(session.scalars(select(CommentRow.status).where(*theirs))),
        notes=session.scalars(notes.order_by(NoteRow.id.desc()).limit(MOST_SHOWN)).all(),
        decided=len(by_people),
        overturned=sum(map(_is_overturned, by_people)),
        corrected=sum(map(_is_corrected, by_people)),
    )


def _last_by_a_person(row: CommentRow) -> bool:
    in_force = decisions.in_force(row)
    return bool(in_force) and in_force[-1].origin is Origin.PERSON and in_force[-1].status is not Status.HELD


def _is_overturned(row: CommentRow) -> bool:
    verdict, status = row.judged, decisions.in_force(row)[-1].status
    if status is Status.APPROVED:
        return verdict.status is not Status.APPROVED and (verdict.held_for is None or verdict.held_for in LABELS)
    return verdict.status is Status.APPROVED


def _is_corrected(row: CommentRow) -> bool:
    labels = next((each.labels for each in reversed(decisions.in_force(row)) if each.labels is not None), None)
    scores = scores_of(row.revision)
    return labels is not None and (scores is None or set(labels) != set(scores.labels))
