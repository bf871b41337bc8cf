"""What a page shows of a comment, put together before any HTML is written."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from urllib.parse import urlsplit

from service.domain.comment import Evidence, Scores, Status
from service.domain.labels import KINDS, LABELS, Label
from service.domain.policy import AUDIT, OTHER_LANGUAGE, REFUSED_BEFORE, UNSCORED
from service.flows import care
from service.store import comments
from service.store.tables import CommentRow, DecisionRow, Origin

WORDS_SHOWN = 5
WORDS = {
    Status.HELD: "Held",
    Status.APPROVED: "Approved",
    Status.REJECTED: "Rejected",
    Status.SPAM: "Marked as spam",
    Status.WITHDRAWN: "Withdrawn by the site",
}


@dataclass(frozen=True)
class Piece:
    """A stretch of the text; what moved a score says which label and how strongly."""

    text: str
    label: Label | None = None
    weight: float = 0.0
    is_tipped: bool = False
    """Whether the second reader tipped the scale, and would not have without this stretch."""

    @property
    def strength(self) -> int:
        """1 to 3, for the eye."""
        return 1 + (abs(self.weight) >= 0.5) + (abs(self.weight) >= 1.5)  # noqa: PLR2004  # log-odds: odds times 1.6, 4.5

    @property
    def why(self) -> str:
        """What the mark means, in words."""
        if self.label is None:
            return ""
        direction = "speaks for" if self.weight > 0 else "speaks against"
        how = "; seen by leaving it out" if self.is_tipped else ""
        return f"{direction} {self.label.name.lower()} ({self.weight:+.1f}{how})"


@dataclass(frozen=True)
class LabelScore:
    """A label, its probability, and whether the comment is called it."""

    label: Label
    probability: float
    is_called: bool

    @property
    def word(self) -> str:
        """The probability as a word."""
        for least, word in ((0.8, "very likely"), (0.5, "likely"), (0.2, "perhaps")):
            if self.probability >= least:
                return word
        return "unlikely"


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
    pieces: Sequence[Piece]
    is_edited: bool
    scores: Sequence[LabelScore]
    kinds: Sequence[str]
    """The kinds of abuse that are likelier than not, with how likely."""
    language: str | None
    model: str | None
    is_read_twice: bool
    """Whether both of the model's readers have read it."""
    reasons: Sequence[str]
    length: int
    concerns: Sequence[care.Concern]
    """Why its writer may be in danger, where the comment is pinned for that."""

    @cached_property
    def private(self) -> list[care.Private]:
        """What in it is likely somebody's personal data; looked for when it is shown, which a discussion does not."""
        return care.private_data_of("".join(piece.text for piece in self.pieces))

    @property
    def words(self) -> list["Words"]:
        """For each label that is marked in the text, the worst first, what speaks for it most."""
        marked = {piece.label.key: piece.label for piece in self.pieces if piece.label}
        worst_first = sorted(marked.values(), key=lambda label: -label.severity)
        return [Words(label, self._strongest(label)) for label in worst_first]

    @property
    def author_host(self) -> str | None:
        """The host of the author's own address, which is what a spammer sells."""
        return urlsplit(self.author_url).hostname if self.author_url else None

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


def card_of(row: CommentRow) -> Card:
    """Return what is shown of a comment."""
    scores = comments.scores_of(row.revision)
    return Card(
        id=row.id,
        number=row.decision.number,
        status=row.status,
        standing=WORDS[row.status],
        author=_name_of(row),
        author_url=row.author_url if _is_web(row.author_url) else None,
        role=row.author_role,
        site=row.site.name,
        thread_id=row.thread_id,
        thread_title=row.thread.title or row.thread.url,
        thread_url=row.thread.url,
        created_at=row.created_at,
        parent=row.parent.revision.text if row.parent else None,
        parent_author=_name_of(row.parent) if row.parent else None,
        is_parent_missing=row.parent is None and row.parent_outside_id is not None,
        pieces=pieces_of(row.revision.text, scores, _held_for(row)),
        is_edited=row.revision.number > 1,
        scores=_ranked(scores),
        kinds=[f"{KINDS[key].name.lower()} ({_percent(p)})" for key, p in _likely(scores.kinds)] if scores else [],
        language=scores.language if scores else None,
        model=scores.model if scores else None,
        is_read_twice=bool(scores and scores.second_reader),
        reasons=[sentence_of(reason) for reason in row.judged.reasons if reason["action"] != "mark"],
        length=len(row.revision.text),
        concerns=care.concerns_of(row),
    )


def history_of(row: CommentRow) -> list[Entry]:
    """Return a comment's decisions, the latest first."""
    return [entry_of(decision) for decision in reversed(row.decisions)]


def entry_of(decision: DecisionRow) -> Entry:
    """Return one decision as it is told."""
    what = WORDS[decision.status]
    if decision.undoes_id:
        what = f"Undone, back to: {what.lower()}"
    return Entry(decision.number, what, _by(decision), _why(decision), decision.decided_at)


def done_of(row: CommentRow, decision: DecisionRow) -> Done:
    """Return what is told of a decision just made; only a comment's last decision can be undone."""
    can_undo = decision is row.decision and decision.origin is Origin.PERSON
    return Done(decision.id, row.id, WORDS[decision.status], _name_of(row), can_undo)


def sentence_of(reason: dict[str, object]) -> str:
    """Say in a sentence why the policy decided as it did."""
    if reason["rule"] == UNSCORED:
        return "Held because it could not be scored; the model will try again."
    if reason["rule"] == OTHER_LANGUAGE:
        return "Held because it is in a language that the model does not read."
    if reason["rule"] == AUDIT:
        return "Held as part of the audit sample: it would have been approved."
    if reason["rule"] == REFUSED_BEFORE:
        return "Held because it was edited after a moderator had refused it."
    label = LABELS.get(str(reason["label"]))
    name = label.name if label else reason["label"]
    return f"{name}, {_percent(reason['score'])} likely. The site's rule: {reason['rule']}."


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


def _marks(scores: Scores) -> Iterable[tuple[Evidence, Label]]:
    """Give the evidence for what the comment is called, and for what may get it held."""
    for key, found in scores.evidence.items():
        label = LABELS.get(key)
        if label and (key in scores.labels or label.severity * scores.probabilities[key] >= 0.2):  # noqa: PLR2004
            yield from ((each, label) for each in found if each.weight > 0)


def _ranked(scores: Scores | None) -> list[LabelScore]:
    if scores is None:
        return []
    known = [
        LabelScore(LABELS[key], p, key in scores.labels) for key, p in scores.probabilities.items() if key in LABELS
    ]
    return sorted(known, key=lambda each: -each.probability)


def _held_for(row: CommentRow) -> str | None:
    """Return the label that got a comment held, None where it was another reason or none."""
    return next((str(each["label"]) for each in row.judged.reasons if each["action"] != "mark" and each["label"]), None)


def _likely(kinds: Mapping[str, float]) -> list[tuple[str, float]]:
    found = [(key, p) for key, p in kinds.items() if p >= 0.5]  # noqa: PLR2004 - likelier than not
    return sorted(found, key=lambda each: -each[1])


def _by(decision: DecisionRow) -> str:
    if decision.user:
        return decision.user.name
    return "the site" if decision.origin is Origin.SITE else "the rules"


def _why(decision: DecisionRow) -> str | None:
    if decision.reason or decision.origin is not Origin.POLICY:
        return decision.reason
    return " ".join(sentence_of(each) for each in decision.reasons if each["action"] != "mark") or None


def _name_of(row: CommentRow) -> str:
    return row.author_name or row.author_id or "Somebody without a name"


def _is_web(url: str | None) -> bool:
    try:
        parts = urlsplit(url or "")
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False


def _percent(score: object) -> str:
    return f"{100 * float(str(score)):.0f} %"
