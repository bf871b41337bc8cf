"""A person decides: once, with a reason, undone with one more decision, and never over somebody else's head."""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from service.domain.comment import REFUSED, Status
from service.domain.labels import LABELS
from service.domain.policy import COLLEAGUE, ESCALATED, SECOND_OPINION
from service.domain.reasons import CannedReason
from service.domain.wording import N_, Refusal, typed
from service.flows import callbacks, care, redaction
from service.store import comments, decisions, sites
from service.store.tables import CommentRow, DecisionRow, Origin, UserRow

RULINGS = {
    "approve": Status.APPROVED,
    "reject": Status.REJECTED,
    "spam": Status.SPAM,
    "hold": Status.HELD,
    "escalate": Status.HELD,
}
"""What a person may decide, and where it puts the comment."""

_HELD_FOR = {"hold": COLLEAGUE, "escalate": ESCALATED}

LONGEST_REASON = 2000
MOST_AT_ONCE = 500


class DecisionRefused(Refusal):
    """A decision that cannot be; the text says what to send instead."""


class CommentGone(Refusal):
    """There is no such comment, or it was withdrawn."""


class SomebodyWasFirst(Exception):
    """Another decision was made since this one was prepared; its number is carried along so that it can be shown."""

    def __init__(self, decision: DecisionRow) -> None:
        super().__init__("somebody else decided first")
        # Not the row itself: it is of no use after the transaction, which this ends.
        self.decision_id = decision.id
        self.comment_id = decision.comment_id


@dataclass(frozen=True)
class Ruling:
    """What a person decides about a comment."""

    decision: str
    reason: str | None = None
    labels: Sequence[str] | None = None
    seen: int | None = None
    """The number of the last decision that the person saw; None asks only that no other person decided before."""
    canned: int | None = None
    """Which of the site's reasons, counted from 1."""

    def __post_init__(self) -> None:
        if self.decision not in RULINGS:
            raise DecisionRefused(
                N_("There is no decision '%(decision)s'. Send one of: %(known)s."),
                decision=typed(self.decision),
                known=", ".join(RULINGS),
            )
        unknown = [label for label in self.labels or () if label not in LABELS]
        if unknown:
            raise DecisionRefused(
                N_("There is no label '%(label)s'. Send some of: %(known)s."),
                label=typed(unknown[0]),
                known=", ".join(LABELS),
            )
        if self.reason and len(self.reason) > LONGEST_REASON:
            raise DecisionRefused(
                N_("The reason has %(count)s characters. Send at most %(longest)s."),
                count=len(self.reason),
                longest=LONGEST_REASON,
            )

    @property
    def status(self) -> Status:
        """Where it puts the comment."""
        return RULINGS[self.decision]


@dataclass(frozen=True)
class Pick:
    """One of many comments to decide about, and the last decision on it that the person saw."""

    comment_id: int
    seen: int | None = None


@dataclass
class Bulk:
    """What became of many decisions in one go: those that were made, and the comments that had changed meanwhile."""

    id: str
    made: list[DecisionRow] = field(default_factory=list)
    passed_over: list[int] = field(default_factory=list)


def decide(
    session: Session, comment_id: int, user: UserRow, ruling: Ruling, *, now: datetime, undo_seconds: float
) -> DecisionRow:
    """Decide about a comment and tell the site after the seconds in which it can be undone unseen.

    Raises CommentGone, and SomebodyWasFirst where the person has not seen the last decision.
    """
    return _decide(session, present(session, comment_id), user, ruling, now=now, undo_seconds=undo_seconds)


def decide_all(
    session: Session, picks: Sequence[Pick], user: UserRow, ruling: Ruling, *, now: datetime, undo_seconds: float
) -> Bulk:
    """Decide about many comments in one go; those that changed since they were seen are passed over and named."""
    if not 0 < len(picks) <= MOST_AT_ONCE:
        raise DecisionRefused(
            N_("%(count)s comments were chosen. Choose 1 to %(most)s."), count=len(picks), most=MOST_AT_ONCE
        )
    bulk = Bulk(secrets.token_hex(8))
    rows = comments.locked_all(session, [pick.comment_id for pick in picks])
    if ruling.canned is not None and len({row.site_id for row in rows.values()}) > 1:
        raise DecisionRefused(N_("These comments are on several sites, each with its own reasons. Write the reason."))
    for pick in sorted(picks, key=lambda each: each.comment_id):
        row = rows.get(pick.comment_id)
        if row is None or row.status is Status.WITHDRAWN or _is_stale(row, pick.seen):
            bulk.passed_over.append(pick.comment_id)
            continue
        made = _decide(session, row, user, ruling, now=now, undo_seconds=undo_seconds, bulk_id=bulk.id, seen=pick.seen)
        bulk.made.append(made)
    return bulk


def undo(session: Session, decision_id: int, user: UserRow, *, now: datetime, undo_seconds: float) -> DecisionRow:
    """Take back a person's decision: one more decision that puts the comment where it was before.

    Raises CommentGone, and SomebodyWasFirst where it is no longer the last decision that is in force.
    """
    undone = decisions.get(session, decision_id)
    if undone is None or undone.origin is not Origin.PERSON:
        raise CommentGone(N_("There is no decision %(number)s to undo."), number=decision_id)
    comment = present(session, undone.comment_id)
    if not _stands_last(comment, undone):
        raise SomebodyWasFirst(comment.decision)
    return _undo(session, comment, undone, user, now, undo_seconds)


def undo_all(session: Session, bulk_id: str, user: UserRow, *, now: datetime, undo_seconds: float) -> Bulk:
    """Take back what was decided in one go, but for the comments that somebody decided anew since."""
    undone = decisions.of_bulk(session, bulk_id)
    if not undone:
        raise CommentGone(N_("There is nothing decided in one go under %(number)s."), number=bulk_id[:40])
    bulk = Bulk(secrets.token_hex(8))
    rows = comments.locked_all(session, [each.comment_id for each in undone])
    for each in undone:
        row = rows[each.comment_id]
        if _stands_last(row, each) and row.status is not Status.WITHDRAWN:
            bulk.made.append(_undo(session, row, each, user, now, undo_seconds, bulk.id))
        else:
            bulk.passed_over.append(row.id)
    return bulk


def decided_by_site(
    session: Session, comment: CommentRow, status: Status, now: datetime, moderator: str | None = None
) -> None:
    """Write down what a moderator of the blog did with a comment there; the site is not told of it.

    What it says once more changes nothing, but to agree with the rules is a decision too.
    """
    if comment.status is status and comment.decision.origin is not Origin.POLICY:
        return
    callbacks.cancel(session, comment, now)
    decisions.add(session, comment, status, Origin.SITE, now, reason=moderator)


def present(session: Session, comment_id: int) -> CommentRow:
    """Return a comment that nobody else can change until this transaction ends; raise CommentGone where it is gone."""
    comment = comments.locked(session, comment_id)
    if comment is None or comment.status is Status.WITHDRAWN:
        raise gone(comment_id)
    return comment


def gone(comment_id: int) -> CommentGone:
    """Return what is said of a comment that is not there any more."""
    return CommentGone(N_("There is no comment %(number)s, or its site has withdrawn it."), number=comment_id)


def needs_second(comment: CommentRow, user: UserRow, status: Status) -> bool:
    """Whether somebody else has to agree before a comment goes where this person wants it.

    So it is where criticism is refused, or taken off the blog, by those whom it concerns, unless another person has
    refused this text already. What could not be scored may be criticism, too.
    """
    is_seen = comment.status is Status.APPROVED
    hides = (status in REFUSED and status is not comment.status) or (status is Status.HELD and is_seen)
    if not hides or not comment.site.guards_conflicts or not care.conflicts_of(comment, user):
        return False
    scores = comments.scores_of(comment.revision)
    may_be_criticism = scores is None or scores.are_withheld or "critical" in scores.labels
    return may_be_criticism and not _is_refused_by_another(comment, user)


def _decide(
    session: Session,
    comment: CommentRow,
    user: UserRow,
    ruling: Ruling,
    *,
    now: datetime,
    undo_seconds: float,
    bulk_id: str | None = None,
    seen: int | None = None,
) -> DecisionRow:
    if _is_stale(comment, ruling.seen if seen is None else seen):
        raise SomebodyWasFirst(comment.decision)
    canned = _canned(comment, ruling)
    status, held_for = ruling.status, _HELD_FOR.get(ruling.decision)
    if needs_second(comment, user, status):
        held_for = SECOND_OPINION
        status = comment.status if comment.status is Status.APPROVED else Status.HELD
        comment.reported_at = now if status is Status.APPROVED else comment.reported_at  # where the others will see it
    only_checks = comment.check_place is not None and status is comment.status and status.is_final
    decision = decisions.add(
        session,
        comment,
        status,
        Origin.PERSON,
        now,
        user=user,
        reason=_reason(ruling, canned),
        author_message=canned.sentence or None if canned else None,
        held_for=held_for,
        labels=ruling.labels,
        bulk_id=bulk_id,
    )
    if not only_checks:  # else nothing became of it that its site would have to hear of
        callbacks.announce(session, comment, decision, now, undo_seconds)
    return decision


def _stands_last(comment: CommentRow, decision: DecisionRow) -> bool:
    """Whether a decision can be undone: it is the last of all, or all that came after it was undone."""
    return decision.id in (comment.decision.id, decisions.in_force(comment)[-1].id)


def _undo(
    session: Session,
    comment: CommentRow,
    undone: DecisionRow,
    user: UserRow,
    now: datetime,
    undo_seconds: float,
    bulk_id: str | None = None,
) -> DecisionRow:
    before = decisions.in_force(comment, undone)[-1]
    if undone.user_id != user.id and needs_second(comment, user, before.status):
        raise DecisionRefused(N_("This comment concerns you, and undoing would hide it. Ask somebody else to."))
    if undone.held_for == SECOND_OPINION and comment.reported_at == undone.decided_at:
        comment.reported_at = None
    if redaction.is_redaction(undone):
        redaction.restore(session, comment, now)
    elif redaction.is_restoration(undone):
        raise DecisionRefused(N_("Take the personal data out once more instead."))
    held_for = before.held_for if before.status is Status.HELD else None
    decision = decisions.add(
        session,
        comment,
        before.status,
        Origin.PERSON,
        now,
        user=user,
        held_for=held_for,
        undoes=undone,
        bulk_id=bulk_id,
    )
    only_checked = bool(comment.drawn) and undone.status is before.status and not callbacks.is_told(session, undone)
    if not only_checked:
        callbacks.announce(session, comment, decision, now, undo_seconds)
    return decision


def _is_stale(comment: CommentRow, seen: int | None) -> bool:
    last = comment.decision
    if seen is not None:
        return last.number != seen
    return last.origin is Origin.PERSON and last.status is not Status.HELD and last.held_for != SECOND_OPINION


def _is_refused_by_another(comment: CommentRow, user: UserRow) -> bool:
    """Whether another person would refuse this text: their last word on it, for holding it is none."""
    refuses: dict[int | None, bool] = {}
    for each in decisions.in_force(comment):
        if each.origin is not Origin.PERSON or each.revision_id != comment.revision.id or redaction.is_redaction(each):
            continue
        if each.status in REFUSED or each.held_for == SECOND_OPINION:
            refuses[each.user_id] = True
        elif each.status is Status.APPROVED:
            refuses[each.user_id] = False
    return any(is_refused for who, is_refused in refuses.items() if who != user.id)


def _canned(comment: CommentRow, ruling: Ruling) -> CannedReason | None:
    if ruling.canned is None or ruling.status not in REFUSED:
        return None  # they are reasons to refuse: one that was left chosen beside another button is not meant
    known = sites.reasons_of(comment.site)
    if not 0 < ruling.canned <= len(known):
        raise DecisionRefused(
            N_("There is no reason %(number)s on this site; it has %(count)s."), number=ruling.canned, count=len(known)
        )
    return known[ruling.canned - 1]


def _reason(ruling: Ruling, canned: CannedReason | None) -> str | None:
    """Return the reason in one line: the one that was chosen, what was typed beside it, or both."""
    parts: Iterable[str] = (canned.name if canned else "", (ruling.reason or "").strip())
    return ": ".join(each for each in parts if each) or None
