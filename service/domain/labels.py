"""The taxonomy: what a comment can be called, and how far a rule may go because of it.

To add a label, add it here, label examples of it in `training_data/` and train.
"""

import enum
from dataclasses import dataclass


class Action(enum.StrEnum):
    """What a rule may do with a comment, mildest first."""

    APPROVE = "approve"
    MARK = "mark"
    HOLD = "hold"
    SPAM = "spam"
    REJECT = "reject"

    @property
    def strictness(self) -> int:
        """The place on the scale from 0 (mildest) on; the policy lets the strictest action win."""
        return list(Action).index(self)


class Family(enum.StrEnum):
    """What kind of thing a label says about a comment."""

    TONE = "tone"
    TOPIC = "topic"
    UNWANTED = "unwanted"


@dataclass(frozen=True)
class Label:
    """One thing that can be said of a comment."""

    key: str
    name: str
    family: Family
    meaning: str
    strongest: Action
    """The strongest action a rule may take on it: criticism, for one, can never be a reason to hold a comment."""
    severity: float
    """How much a probability of 1 weighs in the order of the queue, 0 to 1."""


_ALL = (
    Label(
        "sarcastic",
        "Sarcastic",
        Family.TONE,
        "Says one thing and means another, to mock, needle or complain.",
        Action.HOLD,
        0.2,
    ),
    Label(
        "supportive",
        "Supportive",
        Family.TONE,
        "Gives something to a person or the community: thanks, sympathy, practical help.",
        Action.MARK,
        0.0,
    ),
    Label(
        "abusive",
        "Abusive",
        Family.TONE,
        "Attacks a person or a group: insult, contempt, threat, harassment.",
        Action.REJECT,
        1.0,
    ),
    Label(
        "critical",
        "Critical",
        Family.TONE,
        "Disagrees with or complains about research, post, treatment, media, company or blog.",
        Action.MARK,
        0.0,
    ),
    Label(
        "hsct_risk",
        "HSCT risk",
        Family.TOPIC,
        "Talks about the danger or harm of stem cell transplantation, or weighs or accepts it.",
        Action.HOLD,
        0.0,
    ),
    Label(
        "cost",
        "Cost",
        Family.TOPIC,
        "Talks about money: price, insurers, fundraising, who pays for a treatment or a trial.",
        Action.HOLD,
        0.0,
    ),
    Label(
        "fmt_tangent",
        "FMT tangent",
        Family.TOPIC,
        "Brings stool transplants into a thread under a post that is not about them.",
        Action.HOLD,
        0.1,
    ),
    Label("spam", "Spam", Family.UNWANTED, "Posted to promote something or to place a link.", Action.SPAM, 0.6),
)

LABELS: dict[str, Label] = {label.key: label for label in _ALL}


@dataclass(frozen=True)
class Kind:
    """One kind of abuse. It says more of what `abusive` says already; no rule asks for it."""

    key: str
    name: str
    meaning: str


_KINDS = (
    Kind("insult", "Insult", "Calls a person or a group something demeaning."),
    Kind("threat", "Threat", "Announces or wishes harm, death or violence."),
    Kind(
        "identity_attack",
        "Attack on identity",
        "Attacks people for religion, origin, sex, disability, orientation or age.",
    ),
    Kind("profanity", "Profanity", "Swears or is obscene, at whomever or whatever. By itself no abuse."),
    Kind("severe", "Severe", "Abuse so hateful, cruel or violent that no blog would leave it standing."),
)

KINDS: dict[str, Kind] = {kind.key: kind for kind in _KINDS}

OUTPUTS: tuple[str, ...] = (*LABELS, *KINDS)
"""Everything that a model gives a probability for."""

NOT_ABUSIVE: dict[str, bool] = {"insult": False, "threat": False, "identity_attack": False, "severe": False}
"""What follows from a comment's not being abusive. Profanity does not: one may swear at a disease."""
