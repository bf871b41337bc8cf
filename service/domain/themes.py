"""Themes found twice: which of the new ones is which of the old, so that what people made of them stays."""

import math
from collections.abc import Mapping, Sequence
from typing import TypeAlias

Words: TypeAlias = Sequence[tuple[str, float]]
"""A theme's words and their weights, the heaviest first."""

LEAST_ALIKE = 0.3
"""Themes less alike than this are not the same: about half of the weight of their words is shared."""
SHOWN_WORDS = 4


def called(words: Words) -> str:
    """Return a theme's name while nobody has given it one: its own first words."""
    return ", ".join(word for word, _ in words[:SHOWN_WORDS])


def alike(one: Words, other: Words) -> float:
    """Return how much of the weight of two themes' words is shared, 0 to 1 (weighted Jaccard)."""
    first, second = _shares(one), _shares(other)
    words = {*first, *second}
    most = math.fsum(max(first.get(word, 0.0), second.get(word, 0.0)) for word in words)
    return math.fsum(min(first.get(word, 0.0), second.get(word, 0.0)) for word in words) / most if most else 0.0


def found_again(old: Sequence[Words], new: Sequence[Words]) -> dict[int, int]:
    """Return which old theme each new one is, where it is any: those most alike find each other first."""
    pairs = [(alike(one, other), at, was) for at, one in enumerate(new) for was, other in enumerate(old)]
    found: dict[int, int] = {}
    for how, at, was in sorted(pairs, key=lambda each: (-each[0], each[1:])):
        if how >= LEAST_ALIKE and at not in found and was not in found.values():
            found[at] = was
    return found


def _shares(words: Words) -> Mapping[str, float]:
    total = sum(weight for _, weight in words)
    return {word: weight / total for word, weight in words} if total else {}
