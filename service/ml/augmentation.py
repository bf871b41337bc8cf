"""Training comments made harder: joined with harmless ones, mistyped, disguised, with words left out.

The labels of the public corpora go with length and register; what is made here breaks that tie.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeAlias, TypeVar

import numpy as np

from service.domain.comment import Reading
from service.ml.corpora import OURS, Example

Chance: TypeAlias = np.random.Generator
Thing = TypeVar("Thing")

_JOINED = 0.12
"""How many joined comments are made of a corpus, as a share of it."""
_MOST_PARTS, _MOST_WORDS = 5, 110
_SHORT = 45
"""Words of a comment that is still short enough to be joined with others."""
_NO_CONTEXT, _DROPPING, _DROPPED, _MISTYPED, _DISGUISED = 0.15, 0.3, 0.08, 0.1, 0.04
"""How often a comment loses its context, loses words (and how many), is mistyped, hides its words."""
_SHARE_MISTYPED, _SHARE_DISGUISED = 0.15, 0.4
"""How many words of such a comment it strikes."""
_LOOK_ALIKES = {"a": "@4", "e": "3", "i": "1!", "o": "0", "s": "$5", "t": "7", "u": "v*", "c": "(k"}
_SHORTEST_TOUCHED = 3
_NEEDS_TITLE = ("fmt_tangent",)


def joined(examples: Sequence[Example], chance: Chance) -> list[Example]:
    """Return new comments, each one of a public corpus hidden among harmless ones of the same corpus.

    What it is called stays true of the whole; where one part's answer to a label is not known, neither is the whole's.
    """
    made = []
    for corpus in sorted({each.source for each in examples} - {OURS}):
        short = [each for each in examples if each.source == corpus and _can_be_joined(each)]
        harmless = [each for each in short if not any(each.labels.values())]
        if harmless:
            made += [_join(_one(short, chance), harmless, chance) for _ in range(int(_JOINED * len(short)))]
    return made


def varied(example: Example, chance: Chance) -> Example:
    """Return an example as it might have come as well: without its context, with fewer words, in other spelling."""
    words = example.reading.text.split(" ")
    if chance.random() < _DROPPING:
        words = [word for word in words if chance.random() >= _DROPPED] or words
    if chance.random() < _MISTYPED:
        words = [_mistyped(word, chance) if chance.random() < _SHARE_MISTYPED else word for word in words]
    if chance.random() < _DISGUISED:
        words = [_disguised(word, chance) if chance.random() < _SHARE_DISGUISED else word for word in words]
    changed = replace(example, reading=replace(example.reading, text=" ".join(words)))
    return _by_itself(changed) if chance.random() < _NO_CONTEXT else changed


def _by_itself(example: Example) -> Example:
    """Return an example without its context, and without the answers that nobody could give then."""
    labels = {label: value for label, value in example.labels.items() if label not in _NEEDS_TITLE}
    return replace(example, reading=Reading(example.reading.text), labels=labels)


def _can_be_joined(example: Example) -> bool:
    """Whether a comment is short, stands alone and says something that can be known of a whole."""
    return (
        example.reading.parent is None and len(example.reading.text.split()) <= _SHORT and "abusive" in example.labels
    )


def _join(told: Example, harmless: Sequence[Example], chance: Chance) -> Example:
    parts = [told, *(_one(harmless, chance) for _ in range(int(chance.integers(1, _MOST_PARTS))))]
    while len(parts) > 1 and sum(len(each.reading.text.split()) for each in parts) > _MOST_WORDS:
        parts.pop()
    chance.shuffle(parts)
    known = set.intersection(*(set(each.labels) for each in parts))
    labels = {label: value for label, value in told.labels.items() if value or label in known}
    text = " ".join(_ended(each.reading.text) for each in parts)
    return replace(told, reading=Reading(text), labels=labels)


def _ended(text: str) -> str:
    return text if text[-1:] in ".!?…\"'" else f"{text}."


def _mistyped(word: str, chance: Chance) -> str:
    """Return a word with two letters swapped, one missing or one doubled."""
    if len(word) <= _SHORTEST_TOUCHED:
        return word
    at = int(chance.integers(1, len(word) - 1))
    before, letter, after = word[:at], word[at], word[at + 1 :]
    missing, doubled, swapped = after, letter + letter + after, after[0] + letter + after[1:]
    return before + _one([missing, doubled, swapped], chance)


def _disguised(word: str, chance: Chance) -> str:
    """Return a word with look-alikes for letters, a star for one, or dots between them."""
    if len(word) < _SHORTEST_TOUCHED:
        return word
    way = chance.random()
    if way < 0.6:  # noqa: PLR2004
        return "".join(_look_alike(letter, chance) for letter in word)
    at = int(chance.integers(1, len(word) - 1))
    return f"{word[:at]}*{word[at + 1 :]}" if way < 0.85 else ".".join(word)  # noqa: PLR2004


def _look_alike(letter: str, chance: Chance) -> str:
    stand_ins = _LOOK_ALIKES.get(letter.lower())
    return _one(stand_ins, chance) if stand_ins and chance.random() < 0.5 else letter  # noqa: PLR2004


def _one(things: Sequence[Thing], chance: Chance) -> Thing:
    return things[int(chance.integers(len(things)))]
