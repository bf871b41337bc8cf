"""Where the sentences of a comment begin and end, found without anything downloaded."""

import re

from service.domain.comment import Stretch

MOST = 256
"""Stretches that a text is cut into; the last one holds the rest."""

# Possessive, and only from where a run of marks begins: no text can make it slow.
_END = re.compile(r"(?<![.!?…])[.!?…]++[\"'”’)\]]*+(?=\s)|\n++")
_WORD_BEFORE = re.compile(r"[\w.]*+$")
_ABBREVIATED = frozenset(
    ("dr", "prof", "mr", "mrs", "st", "vs", "fig", "eg", "e.g", "ie", "i.e", "al", "approx", "cf", "u.s", "u.k")
)
"""Words whose full stop ends no sentence. Not "ms": here that is the illness."""


def sentences(text: str) -> list[Stretch]:
    """Return where a text's sentences stand, in code points, without the white space around them."""
    found: list[Stretch] = []
    begin = 0
    for end in _ends(text):
        if len(found) == MOST - 1:
            break
        if stretch := _trimmed(text, begin, end):
            found.append(stretch)
            begin = end
    if rest := _trimmed(text, begin, len(text)):
        found.append(rest)
    return found


def _ends(text: str) -> list[int]:
    return [each.end() for each in _END.finditer(text) if not _is_abbreviation(text, each)]


def _is_abbreviation(text: str, mark: re.Match[str]) -> bool:
    """Whether a full stop ends a word like "Dr." or an initial, and no sentence."""
    if mark[0] != ".":
        return False
    longest = 8
    word = _WORD_BEFORE.search(text[max(0, mark.start() - longest) : mark.start()])
    said = word[0] if word else ""
    return said.casefold() in _ABBREVIATED or (len(said) == 1 and said.isupper() and said != "I")


def _trimmed(text: str, begin: int, end: int) -> Stretch | None:
    said = text[begin:end]
    start = begin + len(said) - len(said.lstrip())
    stop = begin + len(said.rstrip())
    return Stretch(start, stop) if start < stop else None
