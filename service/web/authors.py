"""An author's earlier comments, for who has to judge the latest one."""

from flask import abort, g, render_template

from service.domain.comment import Status
from service.store import authors, comments
from service.web import cards
from service.web.desk import desk
from service.web.language import gettext as _
from service.web.parts import now, parts


@desk.get("/comments/<int:comment_id>/author")
def author(comment_id: int) -> str:
    """Show what a comment's author wrote on the same site, what became of it, and how often the model was wrong."""
    with parts().database.reading() as session:
        row = comments.get(session, comment_id) or abort(404, _("There is no such comment."))
        record = authors.record_of(session, row)
        return render_template(
            "author.html",
            row=row,
            name=cards.name_of(row),
            record=record,
            counts=[(_(cards.WORDS[each]), each, record.counts[each]) for each in Status if record.counts.get(each)],
            cards=[cards.card_of(each, g.user, now()) for each in record.rows],
            most_shown=authors.MOST_SHOWN,
        )
