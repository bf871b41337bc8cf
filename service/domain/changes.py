"""What an edit changed, word by word."""

import enum
import re
from dataclasses import dataclass
from difflib import SequenceMatcher

_WORDS = re.compile(r"\s+|\w+|[^\w\s]")
_LINES = re.compile(r"[^\n]*\n|[^\n]+")
_MOST_COMPARISONS = 2_000_000
"""Longer texts are compared line by line: by words it would take seconds, and nobody would read the result."""


class Change(enum.StrEnum):
    """What happened to a stretch of text."""

    SAME = "same"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True)
class Stretch:
    """A stretch of an edited text, old or new."""

    change: Change
    text: str


def changes(before: str, after: str) -> list[Stretch]:
    """Return both texts as one sequence; what is not ADDED is the one before, what is not REMOVED the one after."""
    if before == after:
        return [Stretch(Change.SAME, before)] if before else []
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    if len(old) * len(new) > _MOST_COMPARISONS:
        old, new = _LINES.findall(before), _LINES.findall(after)
    if len(old) * len(new) > _MOST_COMPARISONS:
        return _kept(Stretch(Change.REMOVED, before), Stretch(Change.ADDED, after))
    found = []
    for what, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what == "equal":
            found.append(Stretch(Change.SAME, "".join(old[i:j])))
        else:
            found += _kept(
                Stretch(Change.REMOVED, "".join(old[i:j])),
                Stretch(Change.ADDED, "".join(new[k:m])),
            )
    return found


def _kept(*stretches: Stretch) -> list[Stretch]:
    return [each for each in stretches if each.text]
