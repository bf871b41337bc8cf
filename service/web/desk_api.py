"""What the desk's own pages ask for without leaving the page, and what a program may that signs in as a moderator."""

from datetime import datetime

from flask import Response, g, jsonify, make_response

from service.flows import claims
from service.flows.review import Bulk, Pick, Ruling, SomebodyWasFirst
from service.store import comments, decisions
from service.store.tables import ClaimRow, DecisionRow
from service.web import acts, cards
from service.web.api import stamp
from service.web.auth import user_in
from service.web.desk import desk
from service.web.errors import error_body
from service.web.language import gettext as _
from service.web.openapi import operation, read
from service.web.parts import now, parts
from service.web.shapes import (
    BulkAnswer,
    BulkShape,
    ClaimAnswer,
    DecisionAnswer,
    DecisionShape,
    NoteAnswer,
    NoteShape,
    RedactionShape,
)


@desk.post("/api/v1/comments/<int:comment_id>/decisions")
@operation(takes=DecisionShape, gives={201: DecisionAnswer}, fails=(409,), auth="moderator")
def decide_by_api(comment_id: int) -> tuple[Response, int]:
    """Decide about a comment, as the signed-in moderator."""
    asked = read(DecisionShape)
    ruling = Ruling(asked.decision, asked.reason, asked.labels, asked.seen, asked.canned)
    try:
        return _answer(acts.decide(comment_id, ruling)), 201
    except SomebodyWasFirst as first:
        return _conflict_answer(first), 409


@desk.post("/api/v1/decisions/<int:decision_id>/undo")
@operation(gives={201: DecisionAnswer}, fails=(409,), auth="moderator")
def undo_by_api(decision_id: int) -> tuple[Response, int]:
    """Take back a decision, as the signed-in moderator: one more decision, which puts the comment where it was."""
    try:
        return _answer(acts.undo(decision_id)), 201
    except SomebodyWasFirst as first:
        return _conflict_answer(first), 409


@desk.post("/api/v1/bulks")
@operation(takes=BulkShape, gives={201: BulkAnswer}, auth="moderator")
def decide_many_by_api() -> tuple[Response, int]:
    """Decide about many comments in one go, which is undone in one go; those that changed meanwhile are passed over."""
    asked = read(BulkShape)
    ruling = Ruling(asked.decision, asked.reason, canned=asked.canned)
    bulk = acts.decide_all([Pick(each.id, each.seen) for each in asked.comments], ruling)
    return _bulk_answer(bulk), 201


@desk.post("/api/v1/bulks/<bulk_id>/undo")
@operation(gives={201: BulkAnswer}, auth="moderator")
def undo_many_by_api(bulk_id: str) -> tuple[Response, int]:
    """Take back what was decided in one go, but for the comments that somebody decided anew since."""
    return _bulk_answer(acts.undo_all(bulk_id)), 201


@desk.post("/api/v1/comments/<int:comment_id>/redaction")
@operation(takes=RedactionShape, gives={201: DecisionAnswer}, fails=(409,), auth="moderator")
def redact_by_api(comment_id: int) -> tuple[Response, int]:
    """Take personal data out of what the blog is to publish; undone as any decision, while the original is kept."""
    try:
        return _answer(acts.redact(comment_id, read(RedactionShape).seen)), 201
    except SomebodyWasFirst as first:
        return _conflict_answer(first), 409


@desk.post("/api/v1/comments/<int:comment_id>/notes")
@operation(takes=NoteShape, gives={201: NoteAnswer}, auth="moderator")
def note_by_api(comment_id: int) -> tuple[Response, int]:
    """Write a note on a comment for the other moderators."""
    note = acts.write_note(comment_id, read(NoteShape).text)
    answer = NoteAnswer(id=note.id, text=note.text, by=note.user.name, written_at=stamp(note.written_at))
    return jsonify(answer.model_dump()), 201


@desk.delete("/api/v1/notes/<int:note_id>")
@operation(gives={204: None}, auth="moderator")
def remove_note_by_api(note_id: int) -> tuple[str, int]:
    """Remove one's own note."""
    acts.remove_note(note_id)
    return "", 204


@desk.put("/api/v1/comments/<int:comment_id>/claim")
@operation(gives={200: ClaimAnswer}, auth="moderator")
def claim_by_api(comment_id: int) -> Response:
    """Say that one is at a comment, for some minutes; a colleague's claim that is in force stays, and is shown."""
    moment = now()
    found = parts().database.write(lambda session: claims.claim(session, comment_id, user_in(session), moment))
    return jsonify(claim_answer(found, moment).model_dump())


@desk.delete("/api/v1/comments/<int:comment_id>/claim")
@operation(gives={204: None}, auth="moderator")
def release_by_api(comment_id: int) -> tuple[str, int]:
    """Say that one is no longer at a comment."""
    with parts().database.writing() as session:
        claims.release(session, comment_id, user_in(session))
    return "", 204


def claim_answer(claim: ClaimRow, moment: datetime) -> ClaimAnswer:
    """Return who is at a comment, and for how many seconds yet."""
    return ClaimAnswer(
        comment_id=str(claim.comment_id),
        by=claim.user.name,
        is_mine=claim.user_id == g.user.id,
        seconds=max(0.0, (claim.expires_at - moment).total_seconds()),
    )


def decision_answer(decision: DecisionRow) -> DecisionAnswer:
    """Return a decision as it is told to the desk's pages."""
    return DecisionAnswer.model_construct(
        id=str(decision.id),
        comment_id=str(decision.comment_id),
        number=decision.number,
        status=decision.status.value,
        held_for=decision.held_for,
        what=cards.entry_of(decision).what,
        by=decision.user.name if decision.user else None,
        reason=decision.reason,
        undoes=str(decision.undoes_id) if decision.undoes_id else None,
        decided_at=stamp(decision.decided_at),
    )


def _conflict_answer(first: SomebodyWasFirst) -> Response:
    with parts().database.reading() as session:
        theirs = decisions.get(session, first.decision_id)
        row = comments.get(session, first.comment_id)
        details = [decision_answer(theirs).model_dump()] if theirs and row else []
    return make_response(jsonify(error_body("conflict", _("Somebody else decided first."), details)))


def _bulk_answer(bulk: Bulk) -> Response:
    made = [decision_answer(each) for each in bulk.made]
    passed_over = [str(each) for each in bulk.passed_over]
    answer = BulkAnswer(id=bulk.id if made else None, decisions=made, passed_over=passed_over)
    return jsonify(answer.model_dump())


def _answer(decision: DecisionRow) -> Response:
    return jsonify(decision_answer(decision).model_dump())
