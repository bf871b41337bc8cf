"""A site's endpoints are told what happened: each event becomes a job for each endpoint that wants to hear of it.

Messages follow Standard Webhooks (https://github.com/standard-webhooks/standard-webhooks): a stable id, a timestamp and
a signature over both and the body. Delivery is at least once; the receiver tells a repetition by the id.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy.orm import Session
from standardwebhooks.webhooks import Webhook

from service.domain.comment import Scores
from service.domain.events import Event
from service.domain.wording import N_, Refusal
from service.outgoing import Message
from service.store import endpoints, jobs, sites
from service.store.tables import CommentRow, EndpointRow, JobKind, JobRow, JobStatus, Protocol, SiteRow


class ReplayRefused(Refusal):
    """What cannot be sent again; the text says why."""


SWITCHED_OFF = "not sent: the endpoint is switched off"


def tell(session: Session, site: SiteRow, event: Event, data: Mapping[str, Any], now: datetime) -> list[JobRow]:
    """Write a message for each of a site's endpoints that wants to hear of an event; return what was written."""
    wanting = endpoints.wanting(site, event)
    return [write(session, event, site, each, run_after=now, now=now, payload=data) for each in wanting]


def rescored(session: Session, comment: CommentRow, scores: Scores, now: datetime) -> list[JobRow]:
    """Tell a site's endpoints the scores of a comment that it was not answered: those made later, or anew.

    What they were to be told of earlier scores and has not left yet is cancelled.
    """
    if not can_be_named(comment):
        return []
    cancel(session, comment, now, Event.COMMENT_RESCORED)
    wanting = endpoints.wanting(comment.site, Event.COMMENT_RESCORED)
    data = _scored(comment, scores, now)
    return [
        write(session, Event.COMMENT_RESCORED, comment, each, run_after=now, now=now, payload=data) for each in wanting
    ]


def report_ready(
    session: Session, site: SiteRow, report_id: int, first_day: date, last_day: date, url: str, now: datetime
) -> list[JobRow]:
    """Tell a site's endpoints that a report can be read, which days it is about, and where it is."""
    data = {"id": str(report_id), "from": first_day.isoformat(), "to": last_day.isoformat(), "url": url}
    return tell(session, site, Event.REPORT_READY, data, now)


def write(
    session: Session,
    event: Event,
    about: CommentRow | SiteRow,
    endpoint: EndpointRow | None,
    *,
    run_after: datetime,
    now: datetime,
    decision_id: int | None = None,
    payload: Mapping[str, Any] | None = None,
) -> JobRow:
    """Write what tells an endpoint of an event; without an endpoint, the address that the comment brought with it.

    For an endpoint that is switched off it is given up at once: nothing is lost, and a person may send it later.
    """
    job = jobs.add(
        session,
        JobKind.CALLBACK,
        about,
        run_after=run_after,
        now=now,
        decision_id=decision_id,
        event=event,
        endpoint=endpoint,
        payload=payload,
    )
    if endpoint and endpoint.disabled_at:
        job.status, job.finished_at, job.last_error = JobStatus.GAVE_UP, now, SWITCHED_OFF
        session.flush()
    return job


def cancel(session: Session, comment: CommentRow, now: datetime, event: Event | None = None) -> Sequence[JobRow]:
    """Cancel a comment's callbacks, all or of one event, that have not left; return all there ever were.

    The newest comes first.
    """
    earlier = jobs.callbacks_of(session, comment, event)
    for job in earlier:
        settle(job, now)
    session.flush()
    return earlier


def settle(job: JobRow, now: datetime) -> None:
    """Cancel a callback that waits or was given up, since something else is told instead."""
    if job.status in (JobStatus.WAITING, JobStatus.GAVE_UP):
        job.status, job.finished_at = JobStatus.CANCELLED, now


def again(session: Session, job: JobRow, now: datetime) -> JobRow:
    """Write once more what a callback says that is about no decision; where that was given up, this settles it."""
    about = job.comment or job.site
    if job.payload is None or job.event is None:
        raise ReplayRefused(N_("What it said was erased, so there is nothing to send again."))
    settle(job, now)
    return write(session, job.event, about, job.endpoint, run_after=now, now=now, payload=job.payload)


def can_be_named(comment: CommentRow) -> bool:
    """Whether its site would know which comment is meant: not one that came from Coral, which gives no number of it."""
    return comment.protocol is not Protocol.CORAL


def message(
    site: SiteRow, url: str, message_id: str, event: str, data: Mapping[str, Any], moment: datetime, now: datetime
) -> Message:
    """Return the signed request that tells an address what happened at a moment."""
    said = {"type": event, "timestamp": stamp(moment), "data": data}
    body = json.dumps(said, separators=(",", ":"))
    # By both secrets while one is changed, so that it is all the same which the site knows.
    signatures = [Webhook(each).sign(message_id, now, body) for each in sites.webhook_secrets(site)]
    headers = {
        "content-type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
    return Message(url, body.encode(), headers)


def stamp(moment: datetime) -> str:
    """Return a moment as messages write it."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _scored(comment: CommentRow, scores: Scores, now: datetime) -> dict[str, Any]:
    return {
        "id": str(comment.id),
        "outside_id": comment.outside_id,
        "thread": comment.thread.url,
        "model": scores.model,
        "scores": dict(scores.probabilities),
        "labels": list(scores.labels),
        "language": scores.language,
        "scored_at": stamp(now),
    }
