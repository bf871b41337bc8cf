"""Who is too close to a comment to reject it alone, and who speaks for the blog."""

import enum
import re
from collections.abc import Iterable

STAFF = frozenset({"staff", "author", "editor", "admin", "administrator", "moderator", "owner", "contributor"})
"""The roles by which blogs call their own people; WordPress has five of them."""

_SHORTEST_NAME = 3
"""Shorter names are found in too many words' company to mean anything."""


class Conflict(enum.StrEnum):
    """How a comment concerns the moderator who reads it."""

    WROTE_THE_POST = "wrote the post"
    IS_ANSWERED = "is answered"
    IS_NAMED = "is named"


def is_staff(role: str | None) -> bool:
    """Whether a comment's author speaks for the blog, by the role that the blog gives them. A name proves nothing."""
    return (role or "").strip().casefold() in STAFF


def conflicts(
    names: Iterable[str], text: str, post_author: str | None, parent_author: str | None
) -> tuple[Conflict, ...]:
    """Return how a comment concerns somebody of these names: none for most."""
    names = [name for name in names if name.strip()]
    folded = {name.strip().casefold() for name in names}
    found = []
    if post_author and post_author.strip().casefold() in folded:
        found.append(Conflict.WROTE_THE_POST)
    if parent_author and parent_author.strip().casefold() in folded:
        found.append(Conflict.IS_ANSWERED)
    if any(_is_named(name.strip(), text) for name in names):
        found.append(Conflict.IS_NAMED)
    return tuple(found)


def _is_named(name: str, text: str) -> bool:
    # As it is written: "Will" is somebody's name, "will" is not.
    return len(name) >= _SHORTEST_NAME and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) is not None
