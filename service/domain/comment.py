"""A comment as the outside world sends it, what the model says about it, and where it stands."""

import enum
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


class Status(enum.StrEnum):
    """Where a comment stands: the result of its last decision."""

    HELD = "held"
    APPROVED = "approved"
    REJECTED = "rejected"
    SPAM = "spam"
    WITHDRAWN = "withdrawn"

    @property
    def is_final(self) -> bool:
        """Whether the site has to be told: everything but waiting is."""
        return self is not Status.HELD


REFUSED = (Status.REJECTED, Status.SPAM)
"""Where a comment stands that somebody, or a rule, does not want to be seen."""


@dataclass(frozen=True)
class Author:
    """Who wrote a comment, as far as the site said."""

    id: str | None = None
    name: str | None = None
    email: str | None = None
    url: str | None = None
    ip: str | None = None
    role: str | None = None

    @property
    def key(self) -> str | None:
        """What tells one author of a site from another: its id, else the e-mail address, else the name."""
        if self.id:
            return f"id:{self.id}"
        if self.email:
            return f"email:{self.email.casefold()}"
        return f"name:{self.name.casefold()}" if self.name else None


@dataclass(frozen=True)
class Comment:
    """One comment of a site."""

    text: str
    thread_url: str
    thread_title: str | None = None
    thread_author: str | None = None
    """Who wrote the post."""
    id: str | None = None
    """The id that the site gave it."""
    parent_id: str | None = None
    author: Author = field(default_factory=Author)
    created_at: datetime | None = None
    callback: str | None = None
    """Where the site wants to hear of a decision."""

    @property
    def key(self) -> str:
        """The same for the same comment sent twice: the site's id, or what stands in for it where there is none."""
        if self.id:
            return f"id:{self.id}"
        parts = (self.thread_url, self.parent_id, self.author.key, self.text)
        return "text:" + text_hash(json.dumps(parts))  # as JSON, so that no part can pass for the end of another


def text_hash(text: str) -> str:
    """Return the SHA-256 of a text in hexadecimal; lone surrogates count too."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True)
class Reading:
    """What the model is given to read: a text, and the context it stands in."""

    text: str
    parent: str | None = None
    post_title: str | None = None


@dataclass(frozen=True)
class Stretch:
    """A part of a text, in code points."""

    start: int
    end: int


@dataclass(frozen=True)
class Evidence:
    """A stretch of the original text, in code points, and how much it moved a label's log-odds."""

    start: int
    end: int
    weight: float
    tipped: bool = False
    """Whether it was found by leaving it out, where the second reader decided, and not read off the first's sum."""


@dataclass(frozen=True)
class Scores:
    """What one model says about one text."""

    model: str
    probabilities: Mapping[str, float]
    """Label to calibrated probability."""
    labels: tuple[str, ...] = ()
    """The labels at or above their threshold."""
    evidence: Mapping[str, tuple[Evidence, ...]] = field(default_factory=dict)
    language: str | None = None
    """As ISO 639 writes it; None where a text is too short to tell."""
    kinds: Mapping[str, float] = field(default_factory=dict)
    """Kind of abuse to calibrated probability."""
    second_reader: bool = False
    """Whether the second reader has read it too."""
    unexplained: tuple[str, ...] = ()
    """The labels that the second reader tipped, whose stretches have yet to be looked for: that takes its time."""

    @property
    def are_withheld(self) -> bool:
        """Whether the model does not know the text's language, and so says nothing about it."""
        return not self.probabilities


@dataclass(frozen=True)
class Explanation:
    """Why a label's log-odds are what they are: `words`, `traits` and `base` add up to `first`.

    The first reader's log-odds are those before calibration. Where the second reader has read the comment too, `second`
    is what it says by itself, and `tipped` marks the stretches without which it would have said less, or more.
    """

    label: str
    probability: float
    words: tuple[Evidence, ...]
    """Every word's share."""
    traits: Mapping[str, float]
    """What the comment shows as a whole, by name: that it repeats its parent, say, or what the post is about."""
    base: float
    """What would be said of a comment without a word."""
    first: float
    second: float | None = None
    tipped: tuple[Evidence, ...] = ()
    """Found by leaving each stretch out in turn (occlusion: Zeiler and Fergus, 2014)."""
