"""What a page shows of a comment, put together before any HTML is written."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache, cached_property
from itertools import pairwise
from urllib.parse import urlsplit

from service.domain.changes import Stretch, changes
from service.domain.comment import Evidence, Scores, Status
from service.domain.conflicts import Conflict, is_staff
from service.domain.labels import ACTION_NAMES, KINDS, LABELS, Action, Label
from service.domain.links import Link, host_of, links
from service.domain.policy import (
    AUDIT,
    COLLEAGUE,
    ESCALATED,
    OTHER_LANGUAGE,
    REFUSED_BEFORE,
    SECOND_OPINION,
    UNSCORED,
)
from service.domain.reasons import CannedReason
from service.domain.wording import N_
from service.flows import care, redaction, review
from service.store import comments, decisions, sites, users
from service.store.tables import CommentRow, DecisionRow, NoteRow, Origin, Role, UserRow
from service.web.display import percent
from service.web.language import gettext as _
from service.web.language import language

WORDS_SHOWN = 5
_AT_LEAST = re.compile(r" at ([0-9.]+) or more")
"""Where a rule, as it is written down with a decision, says from which probability on."""
LONG = 1500
"""Characters; a longer text is shut until it is asked for, so that one comment does not fill the desk."""

WORDS = {
    Status.HELD: N_("Held"),
    Status.APPROVED: N_("Approved"),
    Status.REJECTED: N_("Rejected"),
    Status.SPAM: N_("Marked as spam"),
    Status.WITHDRAWN: N_("Withdrawn by the site"),
}
_HELD = {
    COLLEAGUE: N_("Held for a colleague"),
    ESCALATED: N_("Escalated"),
    SECOND_OPINION: N_("Waits for a second person who agrees to reject it"),
}
_CONFLICTS = {
    Conflict.WROTE_THE_POST: N_("You wrote this post."),
    Conflict.IS_ANSWERED: N_("It answers a comment of yours."),
    Conflict.IS_NAMED: N_("It names you."),
}
_WHY = {
    UNSCORED: N_("Held because it could not be scored; the model will try again."),
    OTHER_LANGUAGE: N_("Held because it is in a language that the model does not read."),
    AUDIT: N_("Held as part of the audit sample: it would have been approved."),
    REFUSED_BEFORE: N_("Held because it was edited after a moderator had refused it."),
}


@dataclass(frozen=True)
class Piece:
    """A stretch of the text; what moved a score says which label and how strongly."""

    text: str
    label: Label | None = None
    weight: float = 0.0
    is_tipped: bool = False
    """Whether the second reader tipped the scale, and would not have without this stretch."""
    is_private: bool = False
    """Whether it is likely somebody's personal data."""

    @property
    def strength(self) -> int:
        """1 to 3, for the eye."""
        return 1 + (abs(self.weight) >= 0.5) + (abs(self.weight) >= 1.5)  # noqa: PLR2004  # log-odds: odds times 1.6, 4.5

    @property
    def why(self) -> str:
        """What the mark means, in words."""
        if self.label is None:
            return ""
        label, weight = _(self.label.name), f"{self.weight:+.1f}"
        if self.is_tipped:
            return _("speaks for “%(label)s” (%(weight)s; seen by leaving it out)", label=label, weight=weight)
        return _("speaks for “%(label)s” (%(weight)s)", label=label, weight=weight)


@dataclass(frozen=True)
class LabelScore:
    """A label of a comment: how likely the model finds it, and whether the comment is called it."""

    label: Label
    digit: int
    """The key that corrects it, always the same."""
    probability: float | None
    is_called: bool
    """By the model, or as a person corrected it."""

    @property
    def name(self) -> str:
        """The label's name, in the reader's language."""
        return _texts(language())[self.label.name]

    @property
    def meaning(self) -> str:
        """What the label means, in the reader's language."""
        return _texts(language())[self.label.meaning]

    @property
    def percent(self) -> str:
        """The probability as people write it, empty where there is none."""
        return "" if self.probability is None else percent(self.probability)

    @property
    def word(self) -> str:
        """The probability as a word, in English."""
        if self.probability is None:
            return _NO_WORD
        return next(word for least, word in _WORDS if self.probability >= least)


_WORDS = ((0.8, N_("very likely")), (0.5, N_("likely")), (0.2, N_("perhaps")), (0.0, N_("unlikely")))
_NO_WORD = N_("not scored")
_WORTH_SHOWING = 0.2
"""From this probability on it stands on the card in words too; most labels are unlikely, which needs no saying."""


@cache
def _texts(_code: str) -> Mapping[str, str]:
    """Return what is said of labels in this request's language; a page shows each of these hundreds of times."""
    said = [text for label in LABELS.values() for text in (label.name, label.meaning)]
    return {text: _(text) for text in (*said, *(word for _least, word in _WORDS), _NO_WORD)}


@dataclass(frozen=True)
class Entry:
    """One decision in a comment's history."""

    number: int
    what: str
    by: str
    reason: str | None
    at: datetime


@dataclass(frozen=True)
class Card:
    """All that a moderator sees of a comment at once."""

    id: int
    number: int
    """Of the last decision: sent back with the next, which is refused when another came in between."""
    status: Status
    standing: str
    author: str
    author_url: str | None
    role: str | None
    site: str
    thread_id: int
    thread_title: str
    thread_url: str
    created_at: datetime
    parent: str | None
    parent_author: str | None
    is_parent_missing: bool
    text: str
    pieces: Sequence[Piece]
    scores: Sequence[LabelScore]
    called: Sequence[str]
    """The keys of the labels that are ticked as the card comes; others sent back are a correction."""
    kinds: Sequence[str]
    """The kinds of abuse that are likelier than not, with how likely."""
    language: str | None
    model: str | None
    is_read_twice: bool
    """Whether both of the model's readers have read it."""
    reasons: Sequence[str]
    standing_by: Entry | None
    """Where a person holds it: who, what for, and what they wrote."""
    canned: Sequence[CannedReason]
    notes: Sequence[NoteRow]
    concerns: Sequence[care.Concern]
    """Why its writer may be in danger, where the comment is pinned for that."""
    conflicts: Sequence[str]
    """How it concerns the person who reads it."""
    needs_second: bool
    """Whether that person cannot be the only one to reject it."""
    is_folded: bool
    claimed_by: str | None
    """The colleague who is at it just now."""
    is_redacted: bool
    row: CommentRow = field(repr=False)

    @property
    def length(self) -> int:
        """How many characters it has."""
        return len(self.text)

    @property
    def is_asked_about(self) -> bool:
        """Whether somebody wants a person to look at it although it is on the blog, which no person has done since."""
        decided, asked = self.row.decided_at, self.row.reported_at
        is_open = asked is not None and (decided is None or decided <= asked)
        return is_open or (self.row.is_pinned and decided is None)

    @property
    def is_in_sample(self) -> bool:
        """Whether it is in the sample by which the model's errors are measured, and so its labels are to be checked."""
        return bool(self.row.drawn) or any(reason["rule"] == AUDIT for reason in self.row.judged.reasons)

    @property
    def waits_for_a_check(self) -> bool:
        """Whether it was drawn to be checked, and is not yet: one can leave it where it is."""
        return self.row.check_place is not None

    @property
    def is_long(self) -> bool:
        """Whether it is shut until it is asked for."""
        return self.length > LONG

    @property
    def is_edited(self) -> bool:
        """Whether its author, or a moderator who took something out, changed it."""
        return self.row.revision.number > 1

    @cached_property
    def edits(self) -> list[Stretch]:
        """What the last change of its text changed; nothing where what it was before is forgotten."""
        if not self.is_edited or not self.row.revisions[-2].text:
            return []
        return changes(self.row.revisions[-2].text, self.text)

    @cached_property
    def marked(self) -> list[Piece]:
        """The pieces, with what is likely personal data marked too."""
        return list(_with_private(self.pieces, self.private))

    @cached_property
    def private(self) -> list[care.Private]:
        """What in it is likely somebody's personal data; looked for when it is shown, which a discussion does not."""
        return care.private_data_of(self.text)

    @cached_property
    def links(self) -> list[Link]:
        """The links in it."""
        return links(self.text)

    @property
    def rows(self) -> list[tuple[str, str, str, int, str, str, str, bool, bool]]:
        """What a template needs of each label, ready: it is most of what a long page consists of."""
        texts = _texts(language())
        return [
            (
                each.label.key,
                texts[each.label.name],
                texts[each.label.meaning],
                each.digit,
                each.percent,
                texts[each.word],
                f"{each.probability or 0.0:.3f}",
                (each.probability or 0.0) >= _WORTH_SHOWING,
                each.is_called,
            )
            for each in self.scores
        ]

    @property
    def worst(self) -> LabelScore | None:
        """Of the labels it is called, the most severe: what a folded text is behind."""
        called = [each for each in self.scores if each.is_called]
        return max(called, key=lambda each: each.label.severity, default=None)

    @property
    def is_staff(self) -> bool:
        """Whether its author speaks for the blog."""
        return is_staff(self.role)

    @property
    def words(self) -> list["Words"]:
        """For each label that is marked in the text, the worst first, what speaks for it most."""
        marked = {piece.label.key: piece.label for piece in self.pieces if piece.label}
        worst_first = sorted(marked.values(), key=lambda label: -label.severity)
        return [Words(label, self._strongest(label)) for label in worst_first]

    @property
    def author_host(self) -> str | None:
        """The host of the author's own address, which is what a spammer sells."""
        return host_of(self.author_url) if self.author_url else None

    def _strongest(self, label: Label) -> list[Piece]:
        found = sorted((piece for piece in self.pieces if piece.label == label), key=lambda piece: piece.weight)
        # The same words twice are said once, as the stronger of the two.
        said = {piece.text.strip().casefold(): piece for piece in found if piece.text.strip()}
        return sorted(said.values(), key=lambda piece: -piece.weight)[:WORDS_SHOWN]


@dataclass(frozen=True)
class Words:
    """What in a text speaks for a label, the strongest first."""

    label: Label
    pieces: Sequence[Piece]


@dataclass(frozen=True)
class Done:
    """What was just decided, to be told and undone."""

    decision_id: int
    comment_id: int
    what: str
    author: str
    can_undo: bool


def card_of(row: CommentRow, reader: UserRow, now: datetime) -> Card:
    """Return what is shown of a comment to somebody."""
    scores = comments.scores_of(row.revision)
    called = _called(row, scores)
    ours = row.claim if row.claim and row.claim.expires_at > now and row.claim.user_id != reader.id else None
    conflicts = care.conflicts_of(row, reader) if reader.role is not Role.VIEWER else ()
    return Card(
        id=row.id,
        number=row.decision.number,
        status=row.status,
        standing=_(WORDS[row.status]),
        author=name_of(row),
        author_url=row.author_url if _is_web(row.author_url) else None,
        role=row.author_role,
        site=row.site.name,
        thread_id=row.thread_id,
        thread_title=row.thread.title or row.thread.url,
        thread_url=row.thread.url,
        created_at=row.created_at,
        parent=row.parent.revision.text if row.parent else None,
        parent_author=name_of(row.parent) if row.parent else None,
        is_parent_missing=row.parent is None and row.parent_outside_id is not None,
        text=row.revision.text,
        pieces=pieces_of(row.revision.text, scores, row.judged.held_for),
        scores=_labels(scores, called),
        called=called,
        kinds=[f"{_(KINDS[key].name)} ({percent(p)})" for key, p in _likely(scores.kinds)] if scores else [],
        language=scores.language if scores else None,
        model=scores.model if scores else None,
        is_read_twice=bool(scores and scores.second_reader),
        reasons=[sentence_of(reason) for reason in row.judged.reasons if reason["action"] != "mark"],
        standing_by=_held_by_a_person(row),
        canned=sites.reasons_of(row.site),
        notes=row.notes,
        concerns=care.concerns_of(row),
        conflicts=[_(_CONFLICTS[each]) for each in conflicts],
        needs_second=bool(conflicts) and review.needs_second(row, reader, Status.REJECTED),
        is_folded=_is_folded(scores, reader),
        claimed_by=ours.user.name if ours else None,
        is_redacted=row.revision.redacts_id is not None,
        row=row,
    )


def history_of(row: CommentRow) -> list[Entry]:
    """Return a comment's decisions, the latest first."""
    return [entry_of(decision) for decision in reversed(row.decisions)]


def entry_of(decision: DecisionRow) -> Entry:
    """Return one decision as it is told."""
    what = what_of(decision)
    if decision.undoes_id:
        what = _("Undone, back to: %(what)s", what=_(WORDS[decision.status]))
    return Entry(decision.number, what, _by(decision), _why(decision), decision.decided_at)


def what_of(decision: DecisionRow) -> str:
    """Say in a word or two what was decided."""
    if redaction.is_redaction(decision):
        return _("Personal data taken out")
    if decision.origin is Origin.PERSON and decision.held_for in _HELD:
        return _(_HELD[decision.held_for])
    return _(WORDS[decision.status])


def done_of(row: CommentRow, decision: DecisionRow) -> Done:
    """Return what is told of a decision just made; only a comment's last decision can be undone."""
    can_undo = decision is row.decision and decision.origin is Origin.PERSON
    return Done(decision.id, row.id, what_of(decision), name_of(row), can_undo)


def sentence_of(reason: dict[str, object]) -> str:
    """Say in a sentence why the policy decided as it did."""
    known = _WHY.get(str(reason["rule"]))
    if known:
        return _(known)
    label = LABELS.get(str(reason["label"]))
    name = _(label.name) if label else str(reason["label"])
    likely = _("%(label)s, %(percent)s likely.", label=name, percent=percent(reason["score"]))
    at_least = _AT_LEAST.search(str(reason["rule"]))
    if at_least is None:
        return likely
    action = _(ACTION_NAMES[Action(str(reason["action"]))])
    return likely + " " + _("The site's rule: %(action)s from %(least)s.", action=action, least=percent(at_least[1]))


def pieces_of(text: str, scores: Scores | None, held_for: str | None = None) -> list[Piece]:
    """Cut a text where the evidence begins and ends.

    Of two marks on one place that of the label is shown which got the comment held, else the heavier.
    """
    evidence = _marks(scores) if scores else ()
    marks = sorted(evidence, key=lambda mark: (mark[1].key != held_for, -abs(mark[0].weight)))
    owner: list[tuple[Evidence, Label] | None] = [None] * len(text)
    for mark in marks:
        for place in range(max(0, mark[0].start), min(mark[0].end, len(text))):
            owner[place] = owner[place] or mark
    pieces, begin = [], 0
    for place in range(1, len(text) + 1):
        if place == len(text) or owner[place] is not owner[begin]:
            mark_here = owner[begin]
            found = (mark_here[1], mark_here[0].weight, mark_here[0].tipped) if mark_here else ()
            pieces.append(Piece(text[begin:place], *found))
            begin = place
    return pieces


def name_of(row: CommentRow) -> str:
    """Return what a comment's author is called."""
    return row.author_name or row.author_id or _("Somebody without a name")


def _with_private(pieces: Iterable[Piece], private: Iterable[care.Private]) -> Iterator[Piece]:
    """Cut pieces once more where personal data begins and ends."""
    edges = sorted({edge for each in private for edge in (each.start, each.end)})
    inside = {place for each in private for place in range(each.start, each.end)}
    begin = 0
    for piece in pieces:
        end = begin + len(piece.text)
        for here, there in pairwise([begin, *(edge for edge in edges if begin < edge < end), end]):
            yield replace(piece, text=piece.text[here - begin : there - begin], is_private=here in inside)
        begin = end


def _marks(scores: Scores) -> Iterable[tuple[Evidence, Label]]:
    """Give the evidence for what the comment is called, and for what may get it held."""
    for key in scores.evidence:
        label = LABELS.get(key)
        if label and (key in scores.labels or label.severity * scores.probabilities[key] >= 0.2):  # noqa: PLR2004
            # Only now: what is kept as numbers is made evidence when it is asked for.
            yield from ((each, label) for each in scores.evidence[key] if each.weight > 0)


def _called(row: CommentRow, scores: Scores | None) -> list[str]:
    """Return the labels as a person corrected them last, else as the model called them."""
    corrected = next((each.labels for each in reversed(decisions.in_force(row)) if each.labels is not None), None)
    if corrected is not None:
        return [key for key in LABELS if key in corrected]
    return [key for key in LABELS if scores and key in scores.labels]


def _labels(scores: Scores | None, called: Sequence[str]) -> list[LabelScore]:
    """Return every label in its own place, so that a digit means the same on every card."""
    probabilities = scores.probabilities if scores else {}
    return [
        LabelScore(label, digit, probabilities.get(key), key in called)
        for digit, (key, label) in enumerate(LABELS.items(), 1)
    ]


def _is_folded(scores: Scores | None, reader: UserRow) -> bool:
    return bool(scores and "abusive" in scores.labels) and users.preferences_of(reader).folds_abuse


def _held_by_a_person(row: CommentRow) -> Entry | None:
    last = next(iter(reversed(decisions.in_force(row))), None)
    return entry_of(last) if last and last.origin is Origin.PERSON and last.held_for in _HELD else None


def _likely(kinds: Mapping[str, float]) -> list[tuple[str, float]]:
    found = [(key, p) for key, p in kinds.items() if p >= 0.5]  # noqa: PLR2004 - likelier than not
    return sorted(found, key=lambda each: -each[1])


def _by(decision: DecisionRow) -> str:
    if decision.user:
        return decision.user.name
    return _("the site") if decision.origin is Origin.SITE else _("the rules")


def _why(decision: DecisionRow) -> str | None:
    if decision.reason or decision.origin is not Origin.POLICY:
        return decision.reason
    return " ".join(sentence_of(each) for each in decision.reasons if each["action"] != "mark") or None


def _is_web(url: str | None) -> bool:
    try:
        parts = urlsplit(url or "")
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False
