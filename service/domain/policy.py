"""When a comment waits for a person: rules, and the verdict they come to.

A rule is (label, at least, action). Because a rule only ever asks for *at least* a probability, and the strictest rule
that matches wins, a higher score can never give a milder verdict.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from service.domain.comment import Scores, Status
from service.domain.labels import ACTION_NAMES, LABELS, Action
from service.domain.wording import N_, Refusal, typed

STATUS_OF = {
    Action.APPROVE: Status.APPROVED,
    Action.HOLD: Status.HELD,
    Action.SPAM: Status.SPAM,
    Action.REJECT: Status.REJECTED,
}
"""Where a verdict puts a comment. To mark is no verdict: it only adds a reason."""

UNSCORED = "unscored"
OTHER_LANGUAGE = "another language"
AUDIT = "audit"
REFUSED_BEFORE = "refused before"
OTHERWISE = "otherwise"
"""The site holds whatever no rule speaks of."""

COLLEAGUE = "for a colleague"
ESCALATED = "escalated"
SECOND_OPINION = "second opinion"
"""Why a person, not the policy, let a comment wait: the last where somebody whom it concerns would reject it."""

PATIENCE = timedelta(days=4)
"""After so long a harmless comment has moved up to where certain abuse begins."""


class RuleRefused(Refusal):
    """A rule that must not be saved; the text says what to write instead."""


@dataclass(frozen=True)
class Rule:
    """Do `action` with a comment whose probability of `label` is at least `at_least`.

    Raises RuleRefused for a label nobody knows, a probability outside (0, 1], or an action that is too strict for it.
    """

    label: str
    at_least: float
    action: Action

    def __post_init__(self) -> None:
        label = LABELS.get(self.label)
        if label is None:
            raise RuleRefused(
                N_("There is no label '%(label)s'. Write one of: %(known)s."),
                label=typed(self.label),
                known=", ".join(LABELS),
            )
        if not 0 < self.at_least <= 1:
            raise RuleRefused(
                N_("'At least' of the rule on %(label)s is %(at_least)s. Write a probability above 0 and up to 1."),
                label=label.name,
                at_least=f"{self.at_least:g}",
            )
        if self.action is Action.APPROVE:
            raise RuleRefused(
                N_("A rule on %(label)s cannot approve: a high score is no reason to be mild. Write mark or stricter."),
                label=label.name,
            )
        if self.action.strictness > label.strongest.strictness:
            raise RuleRefused(
                N_("A rule on %(label)s may go as far as %(strongest)s, not %(action)s."),
                label=label.name,
                strongest=ACTION_NAMES[label.strongest],
                action=ACTION_NAMES[self.action],
            )

    def matches(self, scores: Scores) -> bool:
        """Whether the scores reach this rule; a label that the model does not score never does."""
        return scores.probabilities.get(self.label, 0.0) >= self.at_least

    def __str__(self) -> str:
        return f"{self.action} {self.label} at {self.at_least:g} or more"


DEFAULT_RULES = (
    Rule("abusive", 0.4, Action.HOLD),
    Rule("spam", 0.4, Action.HOLD),
    *(Rule(key, 0.5, Action.MARK) for key in LABELS if key not in ("abusive", "spam")),
)
"""For a medical blog: probable abuse and spam wait for a person, the rest is marked. Nothing is rejected by itself."""


@dataclass(frozen=True)
class Reason:
    """Why a verdict is what it is: the rule that matched, and the score that reached it."""

    rule: str
    action: Action
    label: str | None = None
    score: float | None = None


@dataclass(frozen=True)
class Verdict:
    """What the policy says: approve, hold, spam or reject, with every rule that matched, strictest first."""

    action: Action
    reasons: tuple[Reason, ...] = ()

    @property
    def status(self) -> Status:
        """Where the verdict puts the comment."""
        return STATUS_OF[self.action]

    @property
    def held_for(self) -> str | None:
        """Why it is held, in a word: the label of the strictest rule, or the policy's own reason."""
        if self.action is not Action.HOLD:
            return None
        why = next((each for each in self.reasons if each.action is Action.HOLD), None)
        return (why.label or why.rule) if why else OTHERWISE


def decide(scores: Scores | None, rules: Iterable[Rule], otherwise: Action = Action.APPROVE) -> Verdict:
    """Return the strictest verdict that the rules come to, `otherwise` where none but marks match.

    The site's default is to approve or to hold. A comment without scores, or in a language that the model does not
    read, is held: not knowing is no suspicion, but a person has to look.
    """
    if scores is None:
        return Verdict(Action.HOLD, (Reason(UNSCORED, Action.HOLD),))
    if scores.are_withheld:
        return Verdict(Action.HOLD, (Reason(OTHER_LANGUAGE, Action.HOLD),))
    matched = sorted(
        (rule for rule in rules if rule.matches(scores)), key=lambda rule: rule.action.strictness, reverse=True
    )
    reasons = tuple(Reason(str(rule), rule.action, rule.label, scores.probabilities[rule.label]) for rule in matched)
    actions = [rule.action for rule in matched if rule.action is not Action.MARK]
    action = max([otherwise, *actions], key=lambda each: each.strictness)
    return Verdict(action, reasons)


def verdict_on(
    key: str, scores: Scores | None, rules: Iterable[Rule], otherwise: Action, audit_share: float
) -> Verdict:
    """Return what the rules say of a comment, and of one whose key falls into the audit share, that it is sampled."""
    verdict = decide(scores, rules, otherwise)
    return sampled(verdict) if is_in_sample(key, audit_share) else verdict


def held(verdict: Verdict, why: str) -> Verdict:
    """Hold what would be approved, for a reason that is no rule's; a stricter verdict stays as it is."""
    if verdict.action is not Action.APPROVE:
        return verdict
    return Verdict(Action.HOLD, (Reason(why, Action.HOLD), *verdict.reasons))


def sampled(verdict: Verdict) -> Verdict:
    """Hold what would be approved for the audit sample; what the rules hold or refuse anyway is only marked as in it.

    Every comment has the same chance to be in the sample, or errors would be measured on a part of them alone.
    """
    if verdict.action is Action.APPROVE:
        return held(verdict, AUDIT)
    return Verdict(verdict.action, (*verdict.reasons, Reason(AUDIT, Action.MARK)))


def is_in_sample(key: str, share: float) -> bool:
    """Whether a hash of the key falls into the share (0 to 1): always the same keys, and nobody can choose to."""
    return place_in_sample(key) < share


def place_in_sample(key: str) -> float:
    """Return a key's place in the sample, 0 to 1: the larger the sample, the higher the places that it reaches to.

    Whoever draws more goes on from where it is, and can choose no other.
    """
    return _place(key)


def urgency(scores: Scores | None) -> float:
    """How soon a person should look, 0 to 1: the heaviest severity times probability; the unknown in the middle."""
    if scores is None or scores.are_withheld:
        return 0.5
    return max((LABELS[key].severity * p for key, p in scores.probabilities.items() if key in LABELS), default=0.0)


def urgency_of(key: str, verdict: Verdict, scores: Scores | None) -> float:
    """How urgent a comment is by its scores, but anywhere where it only waits as part of the audit sample.

    So the sample is met among the rest, not after it.
    """
    return _place(f"{key} in the queue") if verdict.held_for == AUDIT else urgency(scores)


def priority(urgency: float, received_at: datetime) -> float:
    """Return a comment's place in the queue, the highest first: its urgency, and one more for every PATIENCE it waited.

    Waiting is the same for all, so what is kept of it is the moment it began: the order of two comments never changes.
    """
    return urgency - received_at.timestamp() / PATIENCE.total_seconds()


def _place(key: str) -> float:
    """Return a number from 0 to 1 for a key, always the same, and spread evenly over keys."""
    return int.from_bytes(hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()[:8], "big") / 2**64
