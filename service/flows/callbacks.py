"""The site is told: a decision becomes a callback job, the job a signed request, its outcome the job's next state.

Whoever receives it tells an older message from a newer by `data.number`, which only grows.
"""

import json
import random
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from service.domain.comment import REFUSED, Status
from service.domain.events import Event
from service.domain.wording import N_
from service.flows import events
from service.flows.events import ReplayRefused, stamp
from service.outgoing import Message, Outcome
from service.store import endpoints, jobs
from service.store.tables import CommentRow, DecisionRow, EndpointRow, JobRow, JobStatus, Origin, Protocol

SCHEDULE = (5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600)
"""Seconds to wait after the first, second, … failed attempt: what Standard Webhooks recommends, over three days."""

MOST_NUMBERS = 100
"""Under so many of its last numbers a plugin is told of a comment."""

JITTER = 0.1
"""Each wait is up to this share longer, so that a site that comes back is not met by everything at once."""


def announce(session: Session, comment: CommentRow, decision: DecisionRow, now: datetime, wait: float) -> None:
    """Write the callbacks that tell of a decision, one for each address that there is anything new to tell.

    Callbacks of earlier decisions that have not left yet are cancelled: the site only needs to know where it stands.
    """
    earlier = cancel(session, comment, now) if decision.number > 1 else ()
    if _is_for_a_plugin(comment) and _stands_in_the_answer(comment, decision):
        return
    for target in targets_of(comment):
        told = [job for job in earlier if job.endpoint_id == (target.id if target else None)]
        if _is_news(told, comment, decision):
            _write(session, comment, decision, target, now + timedelta(seconds=wait), now)


def cancel(session: Session, comment: CommentRow, now: datetime) -> Sequence[JobRow]:
    """Cancel what tells of a comment's decisions and has not left yet; return all that ever did, the newest first."""
    return events.cancel(session, comment, now, Event.COMMENT_DECIDED)


def is_told(session: Session, decision: DecisionRow) -> bool:
    """Whether anybody is told of a decision, or was to be."""
    told = jobs.callbacks_of(session, decision.comment, Event.COMMENT_DECIDED)
    return any(each.decision is decision for each in told)


def targets_of(comment: CommentRow) -> Sequence[EndpointRow | None]:
    """Return who hears of a comment's decisions: its own address, which is none of ours, else the site's endpoints.

    Nobody where it came from Coral, which can be told nothing.
    """
    if not events.can_be_named(comment):
        return []
    return [None] if comment.callback_url else endpoints.wanting(comment.site, Event.COMMENT_DECIDED)


def address_of(job: JobRow) -> str | None:
    """Return where a callback goes: where its endpoint is by now, else the comment's own address."""
    if job.endpoint:
        return job.endpoint.url
    return job.comment.callback_url if job.comment and events.can_be_named(job.comment) else None


def message_of(job: JobRow, now: datetime) -> Message:
    """Return the request that tells of an event: a signed one, or as a blog's Akismet plugin expects it."""
    if job.event is None:
        raise ValueError(f"job {job.id} is no callback: it tells of nothing")
    if job.comment and job.decision and job.endpoint_id is None and _is_for_a_plugin(job.comment):
        return _plugin_message(job.comment, job.decision)
    if job.comment and job.decision:
        moment, data = job.decision.decided_at, _data(job.comment, job.decision)
    elif job.payload is None:
        raise ValueError(f"what job {job.id} had to tell was erased")
    else:
        moment, data = job.created_at, job.payload
    return events.message(job.site, address_of(job) or "", job.message_id, job.event, data, moment, now)


def _is_for_a_plugin(comment: CommentRow) -> bool:
    """Whether a comment's site is told through its Akismet plugin, which gave an address of its own for it."""
    return comment.protocol is Protocol.AKISMET and comment.callback_url is not None


def _stands_in_the_answer(comment: CommentRow, decision: DecisionRow) -> bool:
    """Whether a plugin hears of a decision by the answer to its question: of the policy's first about a text."""
    first = next(each for each in comment.decisions if each.revision_id == decision.revision_id)
    return decision is first and decision.origin is Origin.POLICY


def _plugin_message(comment: CommentRow, decision: DecisionRow) -> Message:
    """Return what tells an Akismet plugin of a decision, under all the numbers by which it may know the comment.

    Akismet knows spam and not spam and nothing else: what is not to be seen is spam there.
    """
    result = "false" if decision.status is Status.APPROVED else "true"
    told = [{"guid": each.guid, "result": result} for each in comment.checks[-MOST_NUMBERS:]]
    body = {"key": comment.site.akismet_key or "", "endpoint": "comment-check", "comments": told}
    headers = {"content-type": "application/json", "x-akismet-webhook": "1"}
    return Message(comment.callback_url or "", json.dumps(body).encode(), headers, _plugins_refusal)


def _plugins_refusal(answer: bytes) -> str | None:
    """Return what an Akismet plugin says is wrong; None where it knew the comment by one of the numbers.

    The others are of times when the blog asked and then did not keep the comment.
    """
    try:
        told = json.loads(answer)["comments"]
        results = [(each.get("status"), each.get("message")) for each in told.values()]
    except (ValueError, RecursionError, LookupError, TypeError, AttributeError):
        return "answered 200 with something that is no answer of an Akismet plugin"
    if any(status == "success" for status, _ in results):
        return None
    said = next((str(message)[:200] for _, message in results if message), "the plugin took none of it")
    return f"answered 200: {said}"


def record(job: JobRow, outcome: Outcome, now: datetime, message: Message | None = None) -> None:
    """Write down how an attempt ended, what was sent, and when the next one is due."""
    job.leased_until, job.attempted_at, job.answered = None, now, outcome.status
    job.last_error, job.sent = outcome.error, _kept(message)
    if job.status is JobStatus.CANCELLED and job.comment and job.comment.status is Status.WITHDRAWN:
        job.last_error = job.sent = None  # the comment was erased while this was under way
    if outcome.error is None:
        # Also where it was cancelled meanwhile: what the site has seen, it has seen.
        job.status, job.finished_at = JobStatus.DONE, now
    elif job.status is JobStatus.WAITING:
        _try_later(job, outcome, now)


def replay(session: Session, job: JobRow, now: datetime) -> JobRow:
    """Tell an address once more, at once, because a person asks for it.

    Of a decision, it is a new message of where the comment stands now: what the old one said may be out of date, so it
    is not said again; where it was given up, this settles it. Anything else is said again as it was.
    """
    if job.endpoint and job.endpoint.disabled_at:
        raise ReplayRefused(N_("This endpoint is switched off. Switch it on first, then send again."))
    if job.comment and job.decision:
        for each in jobs.callbacks_of(session, job.comment, Event.COMMENT_DECIDED):
            if each.endpoint_id == job.endpoint_id:
                events.settle(each, now)
        return _write(session, job.comment, job.comment.decision, job.endpoint, now, now)
    return events.again(session, job, now)


def _write(
    session: Session,
    comment: CommentRow,
    decision: DecisionRow,
    endpoint: EndpointRow | None,
    run_after: datetime,
    now: datetime,
) -> JobRow:
    event = Event.COMMENT_DECIDED
    return events.write(session, event, comment, endpoint, run_after=run_after, now=now, decision_id=decision.id)


def _kept(message: Message | None) -> dict[str, object] | None:
    """Return what is kept of what was sent: not what shows a plugin its key."""
    if message is None or message.check is _plugins_refusal:
        return None
    return {"url": message.url, "headers": message.headers, "body": message.body.decode()}


def _try_later(job: JobRow, outcome: Outcome, now: datetime) -> None:
    if outcome.is_permanent or job.attempts > len(SCHEDULE):
        job.status, job.finished_at = JobStatus.GAVE_UP, now
        return
    planned = SCHEDULE[job.attempts - 1] * (1 + JITTER * random.random())  # noqa: S311  # spreads load, hides nothing
    asked = min(outcome.retry_after or 0.0, SCHEDULE[-1])
    job.run_after = now + timedelta(seconds=max(planned, asked))


def _is_news(earlier: Sequence[JobRow], comment: CommentRow, decision: DecisionRow) -> bool:
    """Whether the site may believe something else, or has not surely heard of a final decision."""
    believed, is_sure = set(), False
    own = _own_act(comment)
    if own and own is not decision:
        believed.add(_said(own))
        is_sure = True
    for job in earlier:
        if own and job.status is JobStatus.DONE and job.decision and job.decision.number < own.number:
            break  # what the site was told before it decided itself
        if job.attempts and job.decision:
            believed.add(_said(job.decision))  # also of one that failed: it may have arrived, and its answer not
        if job.status is JobStatus.DONE:
            is_sure = True
            break
    if is_sure:
        return believed != {_said(decision)}
    # Nothing surely arrived, but what the policy decides stands in the answers to the site's own requests.
    believed |= {_said(each) for each in comment.decisions if each.origin is Origin.POLICY}
    return decision.status.is_final or believed != {_said(decision)}


def _own_act(comment: CommentRow) -> DecisionRow | None:
    """Return what the site itself did with a comment last, but for withdrawing it."""
    acts = (each for each in reversed(comment.decisions) if each.origin is Origin.SITE)
    return next((each for each in acts if each.status is not Status.WITHDRAWN), None)


def _said(decision: DecisionRow) -> tuple[object, ...]:
    """Return what a site learns from a decision: where the comment stands and why, and which redacted text it has."""
    redacted = decision.revision_id if decision.revision.redacts_id else None
    return decision.status, _reason(decision), _author_message(decision), redacted


def _reason(decision: DecisionRow) -> str | None:
    """Return why it was decided, where that is for the site: why something waits is for colleagues alone."""
    by_person = decision.origin is Origin.PERSON  # with the site's own acts, the name of its moderator is kept
    return decision.reason if by_person and decision.status.is_final and decision.held_for is None else None


def _author_message(decision: DecisionRow) -> str | None:
    """Return what the author is to be sent: nothing before the refusal is one."""
    return decision.author_message if decision.status in REFUSED else None


def _data(comment: CommentRow, decision: DecisionRow) -> dict[str, object]:
    """Return what is told of a decision: that a person made it, never who, for moderators are not for the public."""
    return {
        "id": str(comment.id),
        "outside_id": comment.outside_id,
        "thread": comment.thread.url,
        "status": decision.status,
        "number": decision.number,
        "decided_by": decision.origin,
        "decided_at": stamp(decision.decided_at),
        "reason": _reason(decision),
        "author_message": _author_message(decision),
        **_text(comment),
    }


def _text(comment: CommentRow) -> dict[str, str]:
    """Return what the site is to publish, where that is, or was, something else than it sent itself."""
    if any(each.redacts_id for each in comment.revisions):
        return {"text": comment.revision.text}
    return {}
