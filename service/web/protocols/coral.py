"""Coral's external moderation phase: Coral asks about every new and edited comment before it shows it.

Coral knows no errors: whatever is not 2xx makes it go on without us, so the shape of ours is for whoever tries by hand.
An answer with anything in it that Coral does not expect is dropped whole.
"""

import hashlib
import hmac
from typing import Any, Literal

from flask import Blueprint, Response, jsonify, request
from pydantic import BaseModel
from sqlalchemy.orm import Session

from service.domain.comment import Author, Comment, Status
from service.domain.labels import Action
from service.flows import intake
from service.store import sites
from service.store.tables import CommentRow, Protocol
from service.web.auth import admit_signed, admitted, site_in
from service.web.openapi import raw_body, read
from service.web.parts import now, parts
from service.web.shapes import LONGEST_TEXT, OutsideId, Short, WebAddress

FLAGS = {"abusive": "COMMENT_DETECTED_TOXIC", "spam": "COMMENT_DETECTED_SPAM"}
"""Label to the flag that Coral's moderators see; Coral takes these two and no others."""

REJECTION_CODES = {"abusive": "ABUSIVE", "spam": "SPAM"}
"""Label to the reason that Coral writes down under the Digital Services Act; for what no label did, OTHER."""

STATUSES = {Status.HELD: "SYSTEM_WITHHELD", Status.REJECTED: "REJECTED", Status.SPAM: "REJECTED"}
"""Where a comment stands to what Coral makes of it; of an approved one we have nothing to say."""

SIGNATURE = "X-Coral-Signature"
WITHHELD = {"status": STATUSES[Status.HELD]}

door = Blueprint("coral", __name__)


class CoralComment(BaseModel):
    """What was written."""

    body: str
    parentID: OutsideId | None = None  # noqa: N815  # Coral's spelling


class CoralAuthor(BaseModel):
    """Who wrote it."""

    id: OutsideId
    role: Short | None = None


class CoralStory(BaseModel):
    """Under what."""

    url: WebAddress


class CoralRequest(BaseModel):
    """What of Coral's question is read; the rest is passed over, and nothing else is stored."""

    action: Literal["NEW", "EDIT"]
    comment: CoralComment
    author: CoralAuthor
    story: CoralStory


def read_comment(asked: CoralRequest) -> Comment:
    """Return the comment that Coral asks about. It has no number of its own: its text is what makes it known."""
    return Comment(
        text=asked.comment.body,
        thread_url=asked.story.url,
        parent_id=asked.comment.parentID,
        author=Author(id=asked.author.id, role=asked.author.role),
    )


def write_answer(row: CommentRow) -> Response:
    """Say where a comment stands."""
    if row.revision.redacts_id and row.status is Status.APPROVED:
        return jsonify(WITHHELD)  # published was to be the text without the personal data, which Coral does not have
    if row.status not in STATUSES:
        return no_opinion()
    answer: dict[str, Any] = {"status": STATUSES[row.status]}
    labels = [str(each["label"]) for each in row.judged.reasons if each["action"] != Action.MARK]
    flags = list(dict.fromkeys(FLAGS[label] for label in labels if label in FLAGS))
    if flags:
        answer["actions"] = [{"actionType": "FLAG", "reason": flag} for flag in flags]
    if row.status is not Status.HELD:
        answer["moderationAction"] = {"status": "REJECTED", "rejectionReason": {"code": _code(row, labels)}}
    return jsonify(answer)


def no_opinion() -> Response:
    """Let Coral go on as if it had not asked."""
    return Response(status=204)


@door.post("/v1/coral/<int:site>")
def coral_phase(site: int) -> Response:
    """Tell Coral what becomes of a comment, which is stored like any other."""
    admit_signed(site, SIGNATURE, sites.coral_secrets, _is_signed_by)
    asked = read(CoralRequest)
    if not asked.comment.body.strip():
        return no_opinion()  # a picture alone: there is nothing to read
    if len(asked.comment.body) > LONGEST_TEXT:
        return jsonify(WITHHELD)  # to refuse it would publish it: Coral goes on without us
    comment = read_comment(asked)
    receive = intake.receive_edited if asked.action == "EDIT" else intake.receive
    with parts().database.reading() as session:
        assessment = intake.assess(session, parts().intake, admitted(), comment)

    def work(session: Session) -> Response:
        own = site_in(session)
        receipt = receive(session, parts().intake, own, comment, now(), assessment, Protocol.CORAL)
        return write_answer(receipt.comment)

    return parts().database.write(work)


def _is_signed_by(secret: str) -> bool:
    """Whether one of the signatures in the header, one for each secret that Coral has, was made with this secret."""
    wanted = b"sha256=" + hmac.new(secret.encode(), raw_body(), hashlib.sha256).hexdigest().encode()
    sent = request.headers.get(SIGNATURE, "").encode("utf-8", "replace").split(b",")
    return any(hmac.compare_digest(each.strip(), wanted) for each in sent)


def _code(row: CommentRow, labels: list[str]) -> str:
    if row.status is Status.SPAM:
        return REJECTION_CODES["spam"]
    return next((REJECTION_CODES[label] for label in labels if label in REJECTION_CODES), "OTHER")
