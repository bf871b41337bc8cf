"""A whole discussion on one page: every comment in its place, with its tone and where it stands."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from flask import abort, g, render_template

from service.store import comments
from service.store.tables import CommentRow, ThreadRow, find
from service.web import cards, thermometers
from service.web.desk import desk
from service.web.language import gettext as _
from service.web.parts import now, parts

MOST_SHOWN = 1_000
DEEPEST = 6
"""Replies below this are no further indented: a telephone has no room for them."""


@dataclass(frozen=True)
class Place:
    """A comment in a discussion, and how deep below the post it stands."""

    card: cards.Card
    depth: int


@desk.get("/threads/<int:thread_id>")
def thread(thread_id: int) -> str:
    """Show a discussion from its beginning, replies below what they answer."""
    moment = now()
    with parts().database.reading() as session:
        row = find(session, ThreadRow, thread_id) or abort(404, _("There is no such discussion."))
        found = comments.of_thread(session, thread_id, MOST_SHOWN + 1)
        places = [Place(cards.card_of(each, g.user, moment), depth) for each, depth in in_order(found[:MOST_SHOWN])]
        is_longer = len(found) > MOST_SHOWN
        return render_template(
            "thread.html",
            thread=row,
            site=row.site,
            places=places,
            is_longer=is_longer,
            picture=thermometers.picture_of(session, thread_id),
            shape=thermometers.shape_of(session, thread_id),
        )


def in_order(rows: Sequence[CommentRow]) -> list[tuple[CommentRow, int]]:
    """Return comments as one reads them, each with its depth: replies after what they answer, in their order."""
    known = {row.id for row in rows}
    below: dict[int | None, list[CommentRow]] = defaultdict(list)
    for row in rows:
        below[row.parent_id if row.parent_id in known else None].append(row)
    found: list[tuple[CommentRow, int]] = []
    waiting = [(row, 0) for row in reversed(below[None])]
    while waiting:
        row, depth = waiting.pop()
        found.append((row, min(depth, DEEPEST)))
        waiting += [(reply, depth + 1) for reply in reversed(below[row.id])]
    # Two comments that answer each other are below nothing; they are not to be lost.
    seen = {row.id for row, _ in found}
    return found + [(row, 0) for row in rows if row.id not in seen]
