"""The queue, a comment's page, and the forms by which a moderator decides without JavaScript."""

from typing import Any

from flask import abort, g, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from service.domain.labels import LABELS
from service.flows.review import MOST_AT_ONCE, RULINGS, SomebodyWasFirst
from service.store import comments, decisions, feed, lists, sites
from service.store.tables import CommentRow, Origin
from service.web import acts, cards, filters
from service.web.desk import back_to_queue, count, desk
from service.web.language import gettext as _
from service.web.parts import now, parts


@desk.get("/queue")
def queue() -> str:
    """Show one of the desk's lists, by default the held comments, the most urgent first."""
    wanted, moment = filters.asked(request.args), now()
    with parts().database.reading() as session:
        listed = lists.page(session, wanted.view, wanted.filter, moment, request.args.get("cursor"))
        return render_template(
            "queue.html",
            asked=wanted,
            cards=[cards.card_of(row, g.user, moment) for row in listed.rows],
            cursor=listed.cursor,
            total=count(session, wanted.view, wanted.filter, moment),
            most_counted=lists.MOST_COUNTED,
            unchecked_count=count(session, lists.View.SAMPLE, lists.Filter(), moment),
            done=_just_done(session),
            sites=sites.all_of_them(session),
            views=filters.VIEW_NAMES,
            reasons=filters.HELD_FOR_NAMES,
            speakers=filters.SPEAKER_NAMES,
            became=filters.BECAME_NAMES,
            labels=LABELS,
            last_decision=feed.last_number(session),
        )


@desk.get("/comments/<int:comment_id>")
def comment(comment_id: int) -> str:
    """Show one comment with its history."""
    return _comment_page("comment.html", comment_id)


@desk.get("/comments/<int:comment_id>/card")
def card(comment_id: int) -> str:
    """Give one comment's card alone, for a page that has it already."""
    return _comment_page("card_alone.html", comment_id)


@desk.post("/comments/<int:comment_id>/decide")
def decide(comment_id: int) -> Response | tuple[str, int]:
    """Decide about a comment from a form; somebody who was first is shown instead."""
    try:
        made = acts.decide(comment_id, acts.ruling_of_form())
    except SomebodyWasFirst as first:
        return _conflict_page(first)
    return redirect(back_to_queue(done=made.id), 303)


@desk.post("/decisions/<int:decision_id>/undo")
def undo(decision_id: int) -> Response | tuple[str, int]:
    """Take a decision back from a form."""
    try:
        undone = acts.undo(decision_id)
    except SomebodyWasFirst as first:
        return _conflict_page(first)
    return redirect(url_for("desk.comment", comment_id=undone.comment_id), 303)


@desk.post("/comments/<int:comment_id>/redact")
def redact(comment_id: int) -> Response | tuple[str, int]:
    """Take personal data out from a form."""
    try:
        acts.redact(comment_id, request.form.get("seen", type=int))
    except SomebodyWasFirst as first:
        return _conflict_page(first)
    return redirect(url_for("desk.comment", comment_id=comment_id), 303)


@desk.post("/comments/<int:comment_id>/note")
def note(comment_id: int) -> Response:
    """Write a note from a form."""
    acts.write_note(comment_id, request.form.get("text", ""))
    return redirect(url_for("desk.comment", comment_id=comment_id) + "#notes", 303)


@desk.post("/notes/<int:note_id>/remove")
def remove_note(note_id: int) -> Response:
    """Remove one's own note from a form."""
    comment_id = acts.remove_note(note_id)
    return redirect(url_for("desk.comment", comment_id=comment_id) + "#notes", 303)


@desk.post("/decide")
def decide_many() -> Response:
    """Decide about all ticked comments from a form."""
    bulk = acts.decide_all(acts.picks_of_form(), acts.ruling_of_form())
    return redirect(url_for("desk.bulk", bulk_id=bulk.id, left=bulk.passed_over), 303)


@desk.get("/bulks/<bulk_id>")
def bulk(bulk_id: str) -> str:
    """Show what was decided in one go, so that it can be undone in one go, and what was left because it had changed."""
    left = request.args.getlist("left", type=int)[:MOST_AT_ONCE]
    with parts().database.reading() as session:
        made = decisions.of_bulk(session, bulk_id)
        rows = comments.of_numbers(session, [*(each.comment_id for each in made), *left])
        if not rows:
            abort(404, _("Nothing was decided in one go under this number."))
        in_force = [each for each in made if rows[each.comment_id].decision.id == each.id]
        return render_template(
            "bulk.html",
            bulk_id=bulk_id,
            what=cards.what_of(made[0]) if made else "",
            shown=[(rows[each.comment_id], cards.name_of(rows[each.comment_id]), each in in_force) for each in made],
            can_undo=bool(in_force),
            left=[(rows[number], cards.name_of(rows[number])) for number in left if number in rows],
        )


@desk.post("/bulks/<bulk_id>/undo")
def undo_many(bulk_id: str) -> Response:
    """Take back what was decided in one go, from a form."""
    acts.undo_all(bulk_id)
    return redirect(url_for("desk.bulk", bulk_id=bulk_id), 303)


def _comment_page(template: str, comment_id: int) -> str:
    with parts().database.reading() as session:
        row = comments.get(session, comment_id) or abort(404, _("There is no such comment."))
        return render_template(template, **_shown(row), last_decision=feed.last_number(session))


def _shown(row: CommentRow) -> dict[str, Any]:
    can_undo = row.decision.id if row.decision.origin is Origin.PERSON else None
    shown = cards.card_of(row, g.user, now())
    return {"card": shown, "history": cards.history_of(row), "can_undo": can_undo}


def _just_done(session: Session) -> cards.Done | None:
    """Return what the address says was just decided, so that it can be undone there."""
    decision = decisions.get(session, request.args.get("done", 0, type=int))
    row = comments.get(session, decision.comment_id) if decision else None
    return cards.done_of(row, decision) if row and decision else None


def _conflict_page(first: SomebodyWasFirst) -> tuple[str, int]:
    with parts().database.reading() as session:
        row = comments.get(session, first.comment_id) or abort(404, _("There is no such comment."))
        page = render_template(
            "conflict.html",
            card=cards.card_of(row, g.user, now()),
            theirs=cards.entry_of(row.decision),
            mine=request.form if request.form.get("decision") in RULINGS else {},
        )
    return page, 409
