"""The taxonomy: what a comment can be called, and how far a rule may go because of it.

To add a label, add it here, label examples of it in `training_data/` and train.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass

from service.domain.wording import N_


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


ACTION_NAMES: Mapping[Action, str] = {
    Action.APPROVE: N_("approve"),
    Action.MARK: N_("mark"),
    Action.HOLD: N_("hold"),
    Action.SPAM: N_("spam"),
    Action.REJECT: N_("reject"),
}
"""What people call an action."""


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
        N_("Sarcastic"),
        Family.TONE,
        N_("Says one thing and means another, to mock, needle or complain."),
        Action.HOLD,
        0.2,
    ),
    Label(
        "supportive",
        N_("Supportive"),
        Family.TONE,
        N_("Gives something to a person or the community: thanks, sympathy, practical help."),
        Action.MARK,
        0.0,
    ),
    Label(
        "abusive",
        N_("Abusive"),
        Family.TONE,
        N_("Attacks a person or a group: insult, contempt, threat, harassment."),
        Action.REJECT,
        1.0,
    ),
    Label(
        "critical",
        N_("Critical"),
        Family.TONE,
        N_("Disagrees with or complains about research, post, treatment, media, company or blog."),
        Action.MARK,
        0.0,
    ),
    Label(
        "hsct_risk",
        N_("HSCT risk"),
        Family.TOPIC,
        N_("Talks about the danger or harm of stem cell transplantation, or weighs or accepts it."),
        Action.HOLD,
        0.0,
    ),
    Label(
        "cost",
        N_("Cost"),
        Family.TOPIC,
        N_("Talks about money: price, insurers, fundraising, who pays for a treatment or a trial."),
        Action.HOLD,
        0.0,
    ),
    Label(
        "fmt_tangent",
        N_("FMT tangent"),
        Family.TOPIC,
        N_("Brings stool transplants into a thread under a post that is not about them."),
        Action.HOLD,
        0.1,
    ),
    Label("spam", N_("Spam"), Family.UNWANTED, N_("Posted to promote something or to place a link."), Action.SPAM, 0.6),
)

LABELS: dict[str, Label] = {label.key: label for label in _ALL}


@dataclass(frozen=True)
class Kind:
    """One kind of abuse. It says more of what `abusive` says already; no rule asks for it."""

    key: str
    name: str
    meaning: str


_KINDS = (
    Kind("insult", N_("Insult"), N_("Calls a person or a group something demeaning.")),
    Kind("threat", N_("Threat"), N_("Announces or wishes harm, death or violence.")),
    Kind(
        "identity_attack",
        N_("Attack on identity"),
        N_("Attacks people for religion, origin, sex, disability, orientation or age."),
    ),
    Kind("profanity", N_("Profanity"), N_("Swears or is obscene, at whomever or whatever. By itself no abuse.")),
    Kind("severe", N_("Severe"), N_("Abuse so hateful, cruel or violent that no blog would leave it standing.")),
)

KINDS: dict[str, Kind] = {kind.key: kind for kind in _KINDS}

OUTPUTS: tuple[str, ...] = (*LABELS, *KINDS)
"""Everything that a model gives a probability for."""

NOT_ABUSIVE: dict[str, bool] = {"insult": False, "threat": False, "identity_attack": False, "severe": False}
"""What follows from a comment's not being abusive. Profanity does not: one may swear at a disease."""
