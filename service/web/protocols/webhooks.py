"""Standard Webhooks in: a blog tells what happened to its comments, and reads in the answer what becomes of them."""

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from service.domain.comment import Comment, Status
from service.flows import intake, messages, review
from service.flows.intake import Assessment
from service.store import comments, sites
from service.store.tables import CommentRow, SiteRow
from service.web.api import answer_of, shown
from service.web.auth import admit_signed, admitted, site_in
from service.web.errors import Refused
from service.web.openapi import checked, operation, raw_body, read_json
from service.web.parts import now, parts
from service.web.shapes import (
    EVENTS,
    CommentAnswer,
    CreatedEvent,
    DeletedEvent,
    EditedEvent,
    Event,
    ModeratedEvent,
)

AnyEvent = CreatedEvent | EditedEvent | DeletedEvent | ModeratedEvent

SIGNATURE = "webhook-signature"
MOST_SIGNATURES = 10
LONGEST_ID = 255

door = Blueprint("webhooks", __name__)


def read_event() -> AnyEvent:
    """Return what happened; raise Refused with every problem in it."""
    sent = read_json()
    kind = sent.get("type") if isinstance(sent, dict) else None
    if kind not in EVENTS:
        came = repr(kind[:40]) if isinstance(kind, str) else "none"
        raise Refused(400, "unknown_event", f"One of the events {', '.join(EVENTS)} was expected, {came} came.")
    return checked(Event, sent).root


def read_comment(event: CreatedEvent | EditedEvent) -> Comment:
    """Return the comment that an event tells of; where it does not say when it was written, when it happened."""
    data = event.data
    if data.created_at is None and isinstance(event, CreatedEvent):
        data = data.model_copy(update={"created_at": event.timestamp})
    return data.to_comment()


def write_answer(row: CommentRow, *, is_new: bool = False) -> tuple[Response, int]:
    """Say where a comment stands, as the API does."""
    return shown(answer_of(row)), 201 if is_new else 200


@door.post("/api/v1/webhooks/<int:site>")
@operation(takes=Event, gives={201: CommentAnswer, 200: CommentAnswer, 204: None}, auth="signature")
def receive_event(site: int) -> tuple[Response, int]:
    """Take in what happened to a comment on the blog, told as Standard Webhooks says.

    A new comment is answered with 201, all else with 200. A message that was taken before is answered like it (204
    where its comment is no more) and has no effect. Signatures of either of the site's secrets are taken, for five
    minutes. A message about a comment that is not known is answered with 404: send it again later.
    """
    admit_signed(site, SIGNATURE, sites.webhook_secrets, _is_signed_by)
    message_id = request.headers["webhook-id"]
    event = read_event()
    assessment = _assess(event)

    def work(session: Session) -> tuple[Response, int]:
        own = site_in(session)
        if not messages.is_first(session, own, message_id, now()):
            row = _known(session, own, event)
            return write_answer(row) if row else (Response(), 204)
        if isinstance(event, DeletedEvent):
            return _delete(session, own, event)
        if isinstance(event, ModeratedEvent):
            return _moderate(session, own, event)
        return _take_in(session, own, event, assessment)

    return parts().database.write(work)


def _take_in(
    session: Session, site: SiteRow, event: CreatedEvent | EditedEvent, assessment: Assessment | None
) -> tuple[Response, int]:
    comment = read_comment(event)
    row = comments.by_key(session, site, comment.key)
    if row and _is_late(row, event):
        return write_answer(row)
    receipt = intake.receive(session, parts().intake, site, comment, now(), assessment)
    return write_answer(receipt.comment, is_new=receipt.is_new)


def _delete(session: Session, site: SiteRow, event: DeletedEvent) -> tuple[Response, int]:
    row = _named(session, site, event.data.id)
    intake.withdraw(session, row, now())
    return write_answer(row)


def _moderate(session: Session, site: SiteRow, event: ModeratedEvent) -> tuple[Response, int]:
    row = _named(session, site, event.data.id)
    if row.status is not Status.WITHDRAWN:
        review.decided_by_site(session, row, Status(event.data.to), now(), event.data.moderator)
    return write_answer(row)


def _assess(event: AnyEvent) -> Assessment | None:
    if not isinstance(event, CreatedEvent | EditedEvent):
        return None
    with parts().database.reading() as session:
        return intake.assess(session, parts().intake, admitted(), read_comment(event))


def _known(session: Session, site: SiteRow, event: AnyEvent) -> CommentRow | None:
    if isinstance(event, CreatedEvent | EditedEvent):
        return comments.find(session, site, read_comment(event).key)
    return comments.by_outside_id(session, site, event.data.id)


def _named(session: Session, site: SiteRow, outside_id: str) -> CommentRow:
    """Return the comment that the site calls so, which nobody else changes; raise Refused where there is none."""
    row = comments.by_key(session, site, Comment("", "", id=outside_id).key)
    if row is None:
        raise Refused(404, "not_found", "This comment is not known here. If it was sent just now, send this again.")
    return row


def _is_late(row: CommentRow, event: CreatedEvent | EditedEvent) -> bool:
    """Whether a message was overtaken: by a deletion, which stands, or that of a new comment by its edit."""
    if isinstance(event, EditedEvent):
        return row.status is Status.WITHDRAWN
    return event.timestamp is not None and event.timestamp < row.revision.received_at


def _is_signed_by(secret: str) -> bool:
    """Whether one of the signatures in the header was made with this secret over this very body, just now.

    Each is shown to the library by itself, since it gives up at the first that it cannot read.
    """
    headers = {name: request.headers.get(name, "") for name in ("webhook-id", "webhook-timestamp")}
    if not (headers["webhook-timestamp"].isascii() and headers["webhook-timestamp"].isdecimal()):
        return False  # the library would also take 1e9 and 1_000
    if len(headers["webhook-id"]) > LONGEST_ID:
        return False
    signatures = request.headers.get(SIGNATURE, "").split(" ")[:MOST_SIGNATURES]
    return any(_verifies(secret, {**headers, SIGNATURE: each}) for each in signatures)


def _verifies(secret: str, headers: dict[str, str]) -> bool:
    try:
        Webhook(secret).verify(raw_body(), headers, json_parse=False)
    except (WebhookVerificationError, ValueError):  # ValueError: no comma, no Base64, a body that is not UTF-8
        return False
    return True
