"""What a comment system has to be able to do for the bridge."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol


class BlogRefused(Exception):
    """The blog does not do as it is asked; the text says what it answered."""


@dataclass(frozen=True)
class Written:
    """A comment as it stands on the blog."""

    key: str
    """What Undertone calls it: never given to another comment, also after this one is deleted."""
    number: str
    """What the blog calls it."""
    text: str
    shown: bool
    """Whether readers see it."""
    more: Mapping[str, Any] = field(default_factory=dict)
    """The rest of what Undertone is sent: the discussion, the author, the time."""

    @property
    def digest(self) -> str:
        """The same for the same text."""
        return digest_of(self.text)


def digest_of(text: str) -> str:
    """Return what is the same for the same text, and says nothing of it."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


class Look(NamedTuple):
    """What a look at the blog found."""

    written: list[Written]
    is_complete: bool
    """Whether these are all there are, so that any other one is gone."""


class Blog(Protocol):
    """A comment system."""

    def look(self) -> Look:
        """Return the comments, those that others answer first; raise NoAnswer where they cannot be read now."""

    def is_gone(self, key: str) -> bool:
        """Whether a comment that a complete look did not find was really deleted."""

    def show(self, written: Written) -> None:
        """Let readers see a comment; raise BlogRefused or NoAnswer."""

    def hide(self, written: Written) -> None:
        """Let readers not see a comment, so that it can be shown again; raise BlogRefused or NoAnswer."""

    def rewrite(self, written: Written, text: str) -> None:
        """Give a comment another text; raise BlogRefused or NoAnswer."""
