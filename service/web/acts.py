"""What a moderator does, each act in its own transaction, whether a form or a program asked for it."""

from collections.abc import Sequence

from flask import request

from service.domain.comment import Status
from service.flows import notes, redaction, review
from service.flows.review import RULINGS, Bulk, Pick, Ruling, SomebodyWasFirst
from service.store import comments
from service.store.tables import DecisionRow, NoteRow
from service.web.auth import user_in
from service.web.parts import now, parts


def decide(comment_id: int, ruling: Ruling) -> DecisionRow:
    """Decide about a comment."""
    with parts().database.writing() as session:
        made = review.decide(session, comment_id, user_in(session), ruling, now=now(), undo_seconds=_undo_seconds())
    parts().wake()
    return made


def decide_all(picks: Sequence[Pick], ruling: Ruling) -> Bulk:
    """Decide about many comments in one go."""
    with parts().database.writing() as session:
        bulk = review.decide_all(session, picks, user_in(session), ruling, now=now(), undo_seconds=_undo_seconds())
    parts().wake()
    return bulk


def undo(decision_id: int) -> DecisionRow:
    """Take a decision back."""
    with parts().database.writing() as session:
        undone = review.undo(session, decision_id, user_in(session), now=now(), undo_seconds=_undo_seconds())
    parts().wake()
    return undone


def undo_all(bulk_id: str) -> Bulk:
    """Take back what was decided in one go."""
    with parts().database.writing() as session:
        bulk = review.undo_all(session, bulk_id, user_in(session), now=now(), undo_seconds=_undo_seconds())
    parts().wake()
    return bulk


def redact(comment_id: int, seen: int | None) -> DecisionRow:
    """Take personal data out of what the blog is told to publish."""
    with parts().database.reading() as session:
        found = comments.get(session, comment_id)
        if found is None or not found.revision.text:
            raise review.gone(comment_id)
        revision_id, assessment = found.revision.id, redaction.prepare(parts().intake, found)
    with parts().database.writing() as session:
        row = review.present(session, comment_id)
        if row.revision.id != revision_id or (seen is not None and row.decision.number != seen):
            raise SomebodyWasFirst(row.decision)
        user = user_in(session)
        made = redaction.redact(session, row, user, assessment, now=now(), undo_seconds=_undo_seconds())
    parts().wake()
    return made


def write_note(comment_id: int, text: str) -> NoteRow:
    """Write a note on a comment."""
    with parts().database.writing() as session:
        return notes.write(session, comment_id, user_in(session), text, now())


def remove_note(note_id: int) -> int:
    """Remove one's own note; return the number of the comment that it was on."""
    with parts().database.writing() as session:
        return notes.remove(session, note_id, user_in(session))


def ruling_of_form() -> Ruling:
    """Read from a form what a person decides."""
    decision = request.form.get("decision", "")
    return Ruling(
        decision=decision,
        reason=request.form.get("reason"),
        labels=_labels_of_form(decision),
        seen=request.form.get("seen", type=int),
        canned=request.form.get("canned", type=int),
    )


def picks_of_form() -> list[Pick]:
    """Read from a form which comments were ticked: each as its number and that of the last decision seen."""
    found = []
    for each in request.form.getlist("comments"):
        number, _, seen = each.partition(":")
        if number.isascii() and number.isdigit() and seen.isascii() and seen.isdigit():
            found.append(Pick(int(number[:20]), int(seen[:20])))
    return found


def _labels_of_form(decision: str) -> list[str] | None:
    """Return the labels where they count: not as the form came, or confirmed because the comment is in the sample.

    Whoever leaves a comment to a colleague confirms nothing.
    """
    labels, called = request.form.getlist("labels"), request.form.get("called", "").split()
    confirms = "confirms" in request.form and RULINGS.get(decision, Status.HELD).is_final
    is_corrected = "called" in request.form and set(labels) != set(called)
    return labels if is_corrected or confirms else None


def _undo_seconds() -> float:
    return parts().intake.undo_seconds
