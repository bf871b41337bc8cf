"""What an edit changed, word by word."""

import enum
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, takewhile

_WORDS = re.compile(r"\s+|\w+|[^\w\s]")
_LINES = re.compile(r"[^\n]*\n|[^\n]+")
_MOST_COMPARISONS = 500_000
"""What differs by more is compared line by line: by words it would take seconds, and nobody would read the result."""


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


def shares_most_words(before: str, after: str) -> bool:
    """Whether two texts have more than half of their words in common: one may well be an edit of the other."""
    old, new = Counter(before.casefold().split()), Counter(after.casefold().split())
    return 2 * (old & new).total() > max(old.total(), new.total())


def changes(before: str, after: str) -> list[Stretch]:
    """Return both texts as one sequence; what is not ADDED is the one before, what is not REMOVED the one after."""
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    begin = _alike(zip(old, new, strict=False))
    end = _alike(zip(reversed(old[begin:]), reversed(new[begin:]), strict=False))
    middle = _compared("".join(old[begin : len(old) - end]), "".join(new[begin : len(new) - end]))
    return _joined([_same(old[:begin]), *middle, _same(old[len(old) - end :])])


def _alike(pairs: Iterable[tuple[str, str]]) -> int:
    """Return how many pairs are alike before the first that is not."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _compared(before: str, after: str) -> Iterator[Stretch]:
    """Compare two texts as finely as can be done in passing."""
    for parts in (_WORDS, _LINES):
        old, new = parts.findall(before), parts.findall(after)
        if len(old) * len(new) <= _MOST_COMPARISONS:
            return _walked(old, new)
    return iter((Stretch(Change.REMOVED, before), Stretch(Change.ADDED, after)))


def _walked(old: list[str], new: list[str]) -> Iterator[Stretch]:
    """Go through two texts along what they have most of in common.

    Not by difflib, which is fast with what people write and takes ten seconds for what somebody makes up to stop us.
    """
    common = _common(old, new)
    i = k = 0
    while i < len(old) or k < len(new):
        if i < len(old) and k < len(new) and old[i] == new[k]:
            yield _same([old[i]])
            i, k = i + 1, k + 1
        elif i < len(old) and (k == len(new) or common[i + 1][k] >= common[i][k + 1]):
            yield Stretch(Change.REMOVED, old[i])
            i += 1
        else:
            yield Stretch(Change.ADDED, new[k])
            k += 1


def _common(old: list[str], new: list[str]) -> list[list[int]]:
    """Return how many parts `old[i:]` and `new[k:]` have in common at most, for every i and k."""
    rows = [[0] * (len(new) + 1)]
    for word in reversed(old):
        below, row = rows[-1], [0]
        for k in reversed(range(len(new))):
            row.append(below[k + 1] + 1 if word == new[k] else max(below[k], row[-1]))
        rows.append(row[::-1])
    return rows[::-1]


def _same(parts: list[str]) -> Stretch:
    return Stretch(Change.SAME, "".join(parts))


def _joined(stretches: Iterable[Stretch]) -> list[Stretch]:
    """Join neighbours of one kind; between two that are the same, what was removed comes before what was added."""
    found: list[Stretch] = []
    for is_same, some in groupby((each for each in stretches if each.text), lambda each: each.change is Change.SAME):
        run = list(some)
        for change in (Change.SAME,) if is_same else (Change.REMOVED, Change.ADDED):
            text = "".join(each.text for each in run if each.change is change)
            found += [Stretch(change, text)] if text else []
    return found
