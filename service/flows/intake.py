"""A comment comes in: it is scored, the policy decides, and what is final becomes news for the site."""

import logging
import typing
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from service.domain.changes import shares_most_words
from service.domain.comment import REFUSED, Comment, Reading, Scores, Status
from service.domain.policy import REFUSED_BEFORE, held, urgency_of, verdict_on
from service.flows import callbacks, events, feedback
from service.ml.classifier import Classifier
from service.ml.crisis import crisis
from service.ml.errors import ModelUnavailable
from service.store import comments, decisions, jobs, sites
from service.store.tables import CommentRow, JobKind, Origin, Protocol, SiteRow

log = logging.getLogger(__name__)


class Shelf(typing.Protocol):
    """Where the model in use is had from."""

    def current(self) -> Classifier:
        """Return the model in use; raise ModelUnavailable where there is none."""


@dataclass(frozen=True)
class Receipt:
    """What became of a comment that came in."""

    comment: CommentRow
    is_new: bool


@dataclass(frozen=True)
class Intake:
    """The parts that every comment passes through."""

    shelf: Shelf
    undo_seconds: float


@dataclass(frozen=True)
class Assessment:
    """What was found in a text before the transaction that stores it; no scores where the model could say nothing."""

    text: str
    scores: Scores | None
    is_pinned: bool
    """Whether its words say that its writer may be in danger."""


def assess(session: Session, parts: Intake, site: SiteRow, comment: Comment) -> Assessment | None:
    """Score a comment before it is stored, since nobody else can write to SQLite while a transaction scores.

    Returns None for a comment that is known as it is, which needs no scoring.
    """
    row = comments.find(session, site, comment.key)
    if row and comments.is_known_text(row, comment.text):
        return None
    parent = comments.by_outside_id(session, site, comment.parent_id) if comment.parent_id else None
    above = parent.revision.text if parent else None
    title = comment.thread_title or (row.thread.title if row else None)
    return _assess(parts, Reading(comment.text, above, title), site)


def assess_edit(parts: Intake, row: CommentRow, text: str) -> Assessment | None:
    """Score a comment's new text before it is stored; None where it is the text that it has."""
    return None if comments.is_known_text(row, text) else assess_text(parts, row, text)


def assess_text(parts: Intake, row: CommentRow, text: str) -> Assessment:
    """Score a text in a comment's place, before it is stored."""
    return _assess(parts, replace(reading_of(row), text=text), row.site)


def receive(
    session: Session,
    parts: Intake,
    site: SiteRow,
    comment: Comment,
    now: datetime,
    assessment: Assessment | None = None,
    protocol: Protocol = Protocol.NATIVE,
) -> Receipt:
    """Take in a comment: a new one is added, a known one gets the same answer, a changed one is a new revision.

    It is scored here where the caller has not done so beforehand.
    """
    row = comments.by_key(session, site, comment.key)
    if row is None:
        thread = sites.thread_of(session, site, comment.thread_url, comment.thread_title, comment.thread_author)
        row = comments.add(session, site, thread, comment, now, protocol)
        judge(session, parts, row, now, assessment)
        return Receipt(row, is_new=True)
    if row.status is Status.WITHDRAWN:
        # The site sends what it had deleted: it was restored there, and is taken in anew.
        comments.describe(row, comment.author)
        edit(session, parts, row, comment.text, now, assessment)
    # Without the site's id the text is what makes a comment known: a repetition, never an edit.
    elif comment.id:
        edit(session, parts, row, comment.text, now, assessment)
    return Receipt(row, is_new=False)


def receive_edited(
    session: Session,
    parts: Intake,
    site: SiteRow,
    comment: Comment,
    now: datetime,
    assessment: Assessment | None = None,
    protocol: Protocol = Protocol.NATIVE,
) -> Receipt:
    """Take in an edited comment of which the site does not say which it was before.

    It is joined to the one comment that the author has in this place whose words it mostly has; where there is none
    such, or several, to none.
    """
    sites.thread_of(session, site, comment.thread_url, comment.thread_title)  # locks it: one at a time
    known = comments.by_key(session, site, comment.key)
    earlier = [] if known else comments.of_author_in(session, site, comment, protocol)
    alike = [row for row in earlier if shares_most_words(row.revision.text, comment.text)]
    if len(alike) != 1:
        return receive(session, parts, site, comment, now, assessment, protocol)
    [row] = alike
    # Known by its new text from here on: whoever sends the old one again has written another comment.
    row.key = comment.key
    edit(session, parts, row, comment.text, now, assessment)
    return Receipt(row, is_new=False)


def edit(
    session: Session,
    parts: Intake,
    row: CommentRow,
    text: str,
    now: datetime,
    assessment: Assessment | None = None,
) -> None:
    """Take in a comment's new text and judge it anew; the same text, or what was redacted here, changes nothing."""
    if comments.is_known_text(row, text):
        return
    comments.revise(session, row, text, now)
    judge(session, parts, row, now, assessment)


def withdraw(session: Session, row: CommentRow, now: datetime) -> None:
    """Erase what a comment said and who wrote it, since the site says it is deleted; doing so again changes nothing.

    What the site said beside that its text should have scored goes with it.
    """
    if row.status is Status.WITHDRAWN:
        return
    events.cancel(session, row, now)
    decisions.add(session, row, Status.WITHDRAWN, Origin.SITE, now)
    feedback.forget(session, row.site, [each.text_hash for each in row.revisions])
    comments.erase(session, row)


def report(row: CommentRow, now: datetime) -> None:
    """Ask for a comment to be looked at, since its readers or its site have a doubt; it stays where it stands."""
    row.reported_at = now


def judge(
    session: Session, parts: Intake, row: CommentRow, now: datetime, assessment: Assessment | None = None
) -> None:
    """Decide about a comment's latest text by its scores and the site's rules.

    What could not be scored is held and scored later.
    """
    if assessment is None or assessment.text != row.revision.text:
        assessment = _assess(parts, reading_of(row), row.site)
    scores = assessment.scores
    comments.pin(session, row, assessment.is_pinned)
    if scores is None:
        jobs.add(session, JobKind.SCORE, row, run_after=now, now=now)
    else:
        keep_scores(session, row, scores, now)
    settle(session, parts, row, scores, now)


def keep_scores(session: Session, row: CommentRow, scores: Scores, now: datetime) -> None:
    """Keep what the model says of a comment; why the second reader says so is looked for when nobody waits for it."""
    comments.keep_scores(session, row.revision, scores, now)
    if scores.unexplained:
        jobs.add(session, JobKind.EXPLAIN, row, run_after=now, now=now)


def settle(session: Session, parts: Intake, row: CommentRow, scores: Scores | None, now: datetime) -> None:
    """Let the policy decide about a comment, and write down what it says and the callback that goes with it."""
    key = f"{row.site_id}:{row.id}"
    verdict = verdict_on(key, scores, sites.rules_of(row.site), row.site.otherwise, row.site.audit_share)
    if _was_refused(row):
        verdict = held(verdict, REFUSED_BEFORE)  # whoever refused it has to see what it was edited to
    comments.rank(session, row, urgency_of(key, verdict, scores))
    reasons = [asdict(reason) for reason in verdict.reasons]
    decision = decisions.add(
        session, row, verdict.status, Origin.POLICY, now, reasons=reasons, held_for=verdict.held_for
    )
    callbacks.announce(session, row, decision, now, parts.undo_seconds)


def _was_refused(row: CommentRow) -> bool:
    """Whether the last person who decided about a comment, here or on the site, refused it."""
    people = (Origin.PERSON, Origin.SITE)
    by_people = [each.status for each in row.decisions if each.origin in people and each.status is not Status.WITHDRAWN]
    return bool(by_people) and by_people[-1] in REFUSED


def score(shelf: Shelf, site: SiteRow, readings: Sequence[Reading]) -> list[Scores]:
    """Score texts as a site's comments are, and store nothing; raise ModelUnavailable where there is no model."""
    return shelf.current().score(readings, twice=site.reads_twice)


def reading_of(row: CommentRow) -> Reading:
    """Return what the model is given to read of a comment: its latest text, its parent's, the post's title."""
    parent = row.parent.revision.text if row.parent else None
    return Reading(row.revision.text, parent, row.thread.title)


def _assess(parts: Intake, reading: Reading, site: SiteRow) -> Assessment:
    return Assessment(reading.text, _scores(parts, reading, site), bool(crisis(reading.text)))


def _scores(parts: Intake, reading: Reading, site: SiteRow) -> Scores | None:
    try:
        return parts.shelf.current().score([reading], evidence=True, twice=site.reads_twice)[0]
    except ModelUnavailable as error:
        log.warning("a comment is unscored: %s", error)
    except Exception:
        # Whatever breaks inside a model, the comment must not be lost: it waits for a person, and is tried again.
        log.exception("a comment is unscored: the model failed")
    return None
