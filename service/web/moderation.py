"""The queue, a comment's page, and what a moderator does there."""

from flask import Response as FlaskResponse
from flask import abort, jsonify, make_response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from service.domain.labels import LABELS
from service.flows import review
from service.flows.review import RULINGS, Ruling, SomebodyWasFirst
from service.store import comments, decisions, lists, sites
from service.store.tables import DecisionRow, Origin
from service.web import cards, filters
from service.web.api import stamp
from service.web.auth import user_in
from service.web.desk import desk
from service.web.errors import error_body
from service.web.openapi import operation, read
from service.web.parts import now, parts
from service.web.shapes import DecisionAnswer, DecisionShape


@desk.get("/queue")
def queue() -> str:
    """Show one of the desk's lists, by default the held comments, the most urgent first."""
    wanted, moment = filters.asked(request.args), now()
    with parts().database.reading() as session:
        listed = lists.page(session, wanted.view, wanted.filter, moment, request.args.get("cursor"))
        return render_template(
            "queue.html",
            asked=wanted,
            cards=[cards.card_of(row) for row in listed.rows],
            cursor=listed.cursor,
            total=lists.count(session, wanted.view, wanted.filter, moment),
            most_counted=lists.MOST_COUNTED,
            done=_just_done(session),
            sites=sites.all_of_them(session),
            views=filters.VIEW_NAMES,
            reasons=filters.HELD_FOR_NAMES,
            labels=LABELS,
        )


@desk.get("/comments/<int:comment_id>")
def comment(comment_id: int) -> str:
    """Show one comment with its history."""
    with parts().database.reading() as session:
        row = comments.get(session, comment_id) or abort(404, "There is no such comment.")
        can_undo = row.decision.id if row.decision.origin is Origin.PERSON else None
        return render_template(
            "comment.html", card=cards.card_of(row), history=cards.history_of(row), can_undo=can_undo
        )


@desk.post("/comments/<int:comment_id>/decide")
def decide(comment_id: int) -> Response | tuple[str, int]:
    """Decide about a comment from a form; somebody who was first is shown instead."""
    ruling = Ruling(
        decision=request.form.get("decision", ""),
        reason=request.form.get("reason"),
        seen=request.form.get("seen", type=int),
    )
    try:
        made = _decide(comment_id, ruling)
    except SomebodyWasFirst as first:
        return _conflict_page(first)
    return redirect(url_for("desk.queue", done=made.id), 303)


@desk.post("/decisions/<int:decision_id>/undo")
def undo(decision_id: int) -> Response | tuple[str, int]:
    """Take a decision back from a form."""
    try:
        undone = _undo(decision_id)
    except SomebodyWasFirst as first:
        return _conflict_page(first)
    return redirect(url_for("desk.comment", comment_id=undone.comment_id), 303)


@desk.post("/api/v1/comments/<int:comment_id>/decisions")
@operation(takes=DecisionShape, gives={201: DecisionAnswer}, fails=(403, 404, 409), auth="moderator")
def decide_by_api(comment_id: int) -> tuple[FlaskResponse, int]:
    """Decide about a comment, as the signed-in moderator."""
    asked = read(DecisionShape)
    ruling = Ruling(asked.decision, asked.reason, asked.labels, asked.seen)
    try:
        return _answer(_decide(comment_id, ruling)), 201
    except SomebodyWasFirst as first:
        return _conflict_answer(first), 409


@desk.post("/api/v1/decisions/<int:decision_id>/undo")
@operation(gives={201: DecisionAnswer}, fails=(403, 404, 409), auth="moderator")
def undo_by_api(decision_id: int) -> tuple[FlaskResponse, int]:
    """Take back a decision, as the signed-in moderator: one more decision, which puts the comment where it was."""
    try:
        return _answer(_undo(decision_id)), 201
    except SomebodyWasFirst as first:
        return _conflict_answer(first), 409


def _decide(comment_id: int, ruling: Ruling) -> DecisionRow:
    wait = parts().intake.undo_seconds
    with parts().database.writing() as session:
        made = review.decide(session, comment_id, user_in(session), ruling, now=now(), undo_seconds=wait)
    parts().wake()
    return made


def _undo(decision_id: int) -> DecisionRow:
    wait = parts().intake.undo_seconds
    with parts().database.writing() as session:
        made = review.undo(session, decision_id, user_in(session), now=now(), undo_seconds=wait)
    parts().wake()
    return made


def _just_done(session: Session) -> cards.Done | None:
    """Return what the address says was just decided, so that it can be undone there."""
    decision = decisions.get(session, request.args.get("done", 0, type=int))
    row = comments.get(session, decision.comment_id) if decision else None
    return cards.done_of(row, decision) if row and decision else None


def _conflict_page(first: SomebodyWasFirst) -> tuple[str, int]:
    with parts().database.reading() as session:
        row = comments.get(session, first.comment_id) or abort(404, "There is no such comment.")
        page = render_template(
            "conflict.html",
            card=cards.card_of(row),
            theirs=cards.entry_of(row.decision),
            mine=request.form if request.form.get("decision") in RULINGS else {},
        )
    return page, 409


def _conflict_answer(first: SomebodyWasFirst) -> FlaskResponse:
    with parts().database.reading() as session:
        theirs = decisions.get(session, first.decision_id)
        details = [_decision_answer(theirs).model_dump()] if theirs else []
    return make_response(jsonify(error_body("conflict", "Somebody else decided first.", details)))


def _answer(decision: DecisionRow) -> FlaskResponse:
    return jsonify(_decision_answer(decision).model_dump())


def _decision_answer(decision: DecisionRow) -> DecisionAnswer:
    return DecisionAnswer.model_construct(
        id=str(decision.id),
        comment_id=str(decision.comment_id),
        number=decision.number,
        status=decision.status.value,
        by=decision.user.name if decision.user else None,
        reason=decision.reason,
        decided_at=stamp(decision.decided_at),
    )
