"""What colleagues do and what comes in, told to an open desk: as it happens, or whenever the desk asks.

Server-sent events (the WHATWG HTML standard, section 9.2). Each open stream takes one of the server's threads, so there
are only so many, each lasts a while, and a desk that gets none asks every now and then instead.
"""

import threading
import time
from collections.abc import Iterator

from flask import Response, jsonify, request, stream_with_context

from service.store import claims, feed, lists
from service.web.desk import desk
from service.web.desk_api import claim_answer, decision_answer
from service.web.openapi import operation, read_query
from service.web.parts import now, parts
from service.web.shapes import NewsAnswer, NewsQuery

STREAMS = 8
"""How many desks one process tells live; the server has so many threads more than it needs for all else."""

LOOK_EVERY_SECONDS = 1.0
STREAM_SECONDS = 20.0
"""The browser opens the next stream by itself; one that is open keeps the server from stopping so long."""

_free = threading.BoundedSemaphore(STREAMS)


@desk.get("/api/v1/news")
@operation(gives={200: NewsAnswer}, query=NewsQuery, auth="moderator")
def news() -> Response:
    """Tell what happened at the desk since a decision: what was decided, how much came in, who is where."""
    return jsonify(_news(read_query(NewsQuery).since).model_dump())


@desk.get("/news")
def stream() -> Response:
    """Tell the same as it happens, as server-sent events; 204, which says not to ask again, where no stream is free."""
    since = request.headers.get("Last-Event-ID") or request.args.get("since", "0")
    place = int(since[:12]) if since.isascii() and since.isdigit() else 0
    if not _free.acquire(blocking=False):
        return Response(status=204)
    answer = Response(stream_with_context(_events(place)), mimetype="text/event-stream")
    answer.call_on_close(_free.release)
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["X-Accel-Buffering"] = "no"  # else nginx keeps events until there are enough of them
    return answer


def _events(place: int) -> Iterator[str]:
    end, told = time.monotonic() + STREAM_SECONDS, None
    yield "retry: 1000\n\n"
    while time.monotonic() < end:
        found = _seen()
        if found != told:
            told, answer = found, _news(place)
            place = answer.last
            yield f"id: {place}\ndata: {answer.model_dump_json()}\n\n"
        else:
            yield ":\n\n"  # fails where nobody listens any more
        time.sleep(LOOK_EVERY_SECONDS)


def _seen() -> object:
    """Return what changes whenever there is something to tell, at the least cost."""
    with parts().database.reading() as session:
        return feed.last_number(session), [(each.comment_id, each.user_id) for each in claims.in_force(session, now())]


def _news(since: int) -> NewsAnswer:
    moment = now()
    with parts().database.reading() as session:
        found = feed.since(session, since, moment)
        return NewsAnswer.model_construct(
            last=found.last,
            decisions=[decision_answer(each) for each in found.decisions],
            claims=[claim_answer(each, moment) for each in found.claims],
            arrived=found.arrived,
            held=lists.count(session, lists.View.HELD, lists.Filter(), moment),
            is_complete=found.is_complete,
        )
