"""The JSON API of a site: comments in, and where they stand out."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, jsonify
from pydantic import BaseModel
from sqlalchemy.orm import Session

from service.domain.comment import Scores, Status
from service.domain.policy import STATUS_OF
from service.flows import intake
from service.store import comments, lists
from service.store.tables import CommentRow
from service.web.auth import admitted, require_site, site_in
from service.web.errors import Refused
from service.web.openapi import operation, read, read_query
from service.web.parts import now, parts
from service.web.shapes import (
    CommentAnswer,
    CommentDetail,
    CommentList,
    Edit,
    EvidenceShape,
    ListQuery,
    NewComment,
    ReasonShape,
    ScoreAnswer,
    ScoreList,
    ScoreRequest,
)

VERDICT_OF = {status: action.value for action, status in STATUS_OF.items()}

api = Blueprint("api", __name__, url_prefix="/api/v1")
api.before_request(require_site)


@api.post("/comments")
@operation(takes=NewComment, gives={201: CommentAnswer, 200: CommentAnswer})
def receive_comment() -> tuple[Response, int]:
    """Take in a comment: it is scored, the site's rules decide, and what waits for a person waits.

    A new comment is answered with 201; one that is known already, or whose text has changed, with 200.
    """
    comment = read(NewComment).to_comment()
    with parts().database.reading() as session:
        assessment = intake.assess(session, parts().intake, admitted(), comment)

    def work(session: Session) -> tuple[Response, int]:
        receipt = intake.receive(session, parts().intake, site_in(session), comment, now(), assessment)
        return shown(answer_of(receipt.comment)), 201 if receipt.is_new else 200

    return parts().database.write(work)


@api.get("/comments/<int:comment_id>")
@operation(gives={200: CommentDetail})
def one_comment(comment_id: int) -> Response:
    """Show a comment and where it stands."""
    with parts().database.reading() as session:
        return shown(detail_of(_own(session, comment_id)))


@api.get("/comments")
@operation(
    gives={200: CommentList},
    query=ListQuery,
)
def list_comments() -> Response:
    """List the site's comments, newest first."""
    query = read_query(ListQuery)
    with parts().database.reading() as session:
        wanted = query.to_filter(site_in(session).id)
        listed = lists.page(session, lists.View.ALL, wanted, now(), query.cursor, query.limit)
        found = [detail_of(row) for row in listed.rows]
        return shown(CommentList.model_construct(comments=found, next_cursor=listed.cursor))


@api.patch("/comments/<int:comment_id>")
@operation(takes=Edit, gives={200: CommentAnswer})
def edit_comment(comment_id: int) -> tuple[Response, int]:
    """Take in a comment's new text, which is scored and decided anew."""
    text = read(Edit).text
    with parts().database.reading() as session:
        assessment = intake.assess_edit(parts().intake, _own(session, comment_id), text)

    def work(session: Session) -> tuple[Response, int]:
        row = _own(session, comment_id, comments.locked)
        intake.edit(session, parts().intake, row, text, now(), assessment)
        return shown(answer_of(row)), 200

    return parts().database.write(work)


@api.delete("/comments/<int:comment_id>")
@operation(gives={204: None})
def withdraw_comment(comment_id: int) -> tuple[str, int]:
    """Erase a comment's text and author; its place in the thread and its decisions stay."""

    def work(session: Session) -> tuple[str, int]:
        intake.withdraw(session, _own(session, comment_id, comments.locked, also_withdrawn=True), now())
        return "", 204

    return parts().database.write(work)


@api.post("/comments/<int:comment_id>/report")
@operation(gives={204: None})
def report_comment(comment_id: int) -> tuple[str, int]:
    """Ask a person to look at a comment, say because readers complained; it stays where it stands until then."""

    def work(session: Session) -> tuple[str, int]:
        intake.report(_own(session, comment_id, comments.locked), now())
        return "", 204

    return parts().database.write(work)


@api.post("/score")
@operation(takes=ScoreRequest, gives={200: ScoreList})
def score_texts() -> Response:
    """Score texts and store nothing."""
    asked = read(ScoreRequest).comments
    with parts().database.reading() as session:
        site = site_in(session)
    found = intake.score(parts().intake.shelf, site, [each.to_reading() for each in asked])
    return shown(ScoreList(comments=[_scored(one.id, scores) for one, scores in zip(asked, found, strict=True)]))


def shown(answer: BaseModel) -> Response:
    """Return an answer as JSON, lone surrogates and all (as escapes)."""
    return jsonify(answer.model_dump())


def answer_of(row: CommentRow) -> CommentAnswer:
    """Return where a comment stands, and why."""
    return CommentAnswer(**_standing(row))


def detail_of(row: CommentRow) -> CommentDetail:
    """Return a comment with what was sent of it."""
    author = {name: getattr(row, f"author_{name}") for name in ("id", "name", "email", "url", "ip", "role")}
    return CommentDetail.model_construct(
        **_standing(row),
        outside_id=row.outside_id,
        text=row.revision.text,
        revision=row.revision.number,
        parent_id=row.parent_outside_id,
        thread={"url": row.thread.url, "title": row.thread.title},
        author=author,
        created_at=stamp(row.created_at),
        received_at=stamp(row.received_at),
        decided_at=stamp(row.decision.decided_at),
    )


def stamp(moment: datetime) -> str:
    """Return a moment as RFC 3339 in UTC."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _standing(row: CommentRow) -> dict[str, Any]:
    scores = comments.scores_of(row.revision)
    return {
        "id": str(row.id),
        "status": row.status,
        "verdict": VERDICT_OF[row.judged.status],
        "scores": dict(scores.probabilities) if scores else None,
        "labels": list(scores.labels) if scores else [],
        "reasons": [_reason(each, scores) for each in row.judged.reasons],
        "model": scores.model if scores else None,
        "notes": _notes(row, scores),
    }


def _reason(reason: dict[str, Any], scores: Scores | None) -> ReasonShape:
    found = scores.evidence.get(str(reason["label"]), ()) if scores else ()
    evidence = [EvidenceShape(**asdict(each)) for each in found]
    return ReasonShape(rule=reason["rule"], label=reason["label"], score=reason["score"], evidence=evidence)


def _notes(row: CommentRow, scores: Scores | None) -> list[str]:
    notes = []
    if scores and scores.are_withheld:
        notes.append(f"The model does not read this language ({scores.language}): it gives no scores, a person looks.")
    if row.parent_outside_id is not None and row.parent_id is None:
        notes.append("parent_id names a comment that is not known here; it is joined when that comment comes.")
    return notes


def _scored(asked_id: str | None, scores: Scores) -> ScoreAnswer:
    return ScoreAnswer.model_construct(
        id=asked_id,
        model=scores.model,
        scores=dict(scores.probabilities),
        labels=list(scores.labels),
        language=scores.language,
        kinds=dict(scores.kinds),
    )


def _own(
    session: Session,
    comment_id: int,
    get: Callable[[Session, int], CommentRow | None] = comments.get,
    *,
    also_withdrawn: bool = False,
) -> CommentRow:
    """Return a comment of the site that asks; raise Refused for any other."""
    row = get(session, comment_id)
    is_gone = row is None or (row.status is Status.WITHDRAWN and not also_withdrawn)
    if row is None or is_gone or row.site_id != site_in(session).id:
        raise Refused(404, "not_found", f"This site has no comment {comment_id}, or has withdrawn it.")
    return row
