"""Personal data is taken out of what the blog publishes: a new text of the comment, the original kept for a time.

It is a decision like any other, so that it is told to the site after the seconds for changing one's mind, stands in the
history, and is undone with one key.
"""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from service.domain.comment import Scores, Status
from service.domain.wording import N_, Refusal
from service.flows import callbacks, feedback, intake
from service.flows.intake import Assessment, Intake, keep_scores
from service.ml.personal_data import personal_data, redacted
from service.store import comments, decisions, jobs
from service.store.tables import CommentRow, DecisionRow, JobKind, Origin, UserRow


class RedactionRefused(Refusal):
    """Nothing to take out, or nothing to put back; the text says so."""


def prepare(parts: Intake, comment: CommentRow) -> Assessment:
    """Score a comment as it reads without its personal data; raise RedactionRefused where there is none in it."""
    text = comment.revision.text
    found = personal_data(text)
    if not found:
        raise RedactionRefused(N_("There is no e-mail address, number or postal address in it to take out."))
    return intake.assess_text(parts, comment, redacted(text, found))


def redact(
    session: Session, comment: CommentRow, user: UserRow, assessment: Assessment, *, now: datetime, undo_seconds: float
) -> DecisionRow:
    """Let a comment read as assessed, where it stands, and keep its original for as long as its site says."""
    original, until = comment.revision, now + timedelta(days=comment.site.keeps_originals_days)
    for each in comment.revisions:
        # Earlier texts too: what was taken out of the last one often stands in those before it.
        if each is original or (each.keep_until is None and personal_data(each.text)):
            each.keep_until = until
    revision = comments.revise(session, comment, assessment.text, now)
    revision.redacts_id = original.id
    _keep_scores(session, comment, assessment.scores, now)
    jobs.add(session, JobKind.FORGET, comment, run_after=until, now=now)
    held_for = comment.held_for if comment.status is Status.HELD else None
    decision = decisions.add(session, comment, comment.status, Origin.PERSON, now, user=user, held_for=held_for)
    callbacks.announce(session, comment, decision, now, undo_seconds)
    return decision


def is_redaction(decision: DecisionRow) -> bool:
    """Whether a decision is the taking out of personal data: the first on a text that was made here."""
    if decision.revision.redacts_id is None:
        return False
    return decision is next(each for each in decision.comment.decisions if each.revision_id == decision.revision_id)


def is_restoration(decision: DecisionRow) -> bool:
    """Whether a decision is the putting back of personal data."""
    return any(each.id == decision.undoes_id and is_redaction(each) for each in decision.comment.decisions)


def restore(session: Session, comment: CommentRow, now: datetime) -> None:
    """Let a comment read as its original did; raise RedactionRefused where that was forgotten."""
    original = comments.original_of(comment)
    if original is None or not original.text:
        raise RedactionRefused(N_("The original is no longer kept, so this cannot be undone."))
    until = original.keep_until
    for each in comment.revisions:
        if each.keep_until == until:
            each.keep_until = None
    scores = comments.scores_of(original)
    comments.revise(session, comment, original.text, now)
    _keep_scores(session, comment, scores, now)


def forget_originals(session: Session, comment: CommentRow, now: datetime) -> None:
    """Erase the originals whose time is over; that they were there, and when, stays."""
    for revision in comment.revisions:
        if revision.keep_until and revision.keep_until <= now:
            comments.forget_text(session, revision)
            feedback.forget(session, comment.site, [revision.text_hash])
            revision.keep_until = None
            jobs.forget_words(session, comment)
    session.flush()


def _keep_scores(session: Session, comment: CommentRow, scores: Scores | None, now: datetime) -> None:
    if scores is None:
        jobs.add(session, JobKind.SCORE, comment, run_after=now, now=now)
    else:
        keep_scores(session, comment, scores, now)
