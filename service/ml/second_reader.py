"""The second reader: what the encoder adds to what the first reader says, where that is unsure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from service.domain.comment import Evidence, Reading
from service.domain.labels import OUTPUTS
from service.ml.encoder import Encoder

Floats: TypeAlias = npt.NDArray[np.float64]

UNSURE, ALWAYS, OFF = "unsure", "always", "off"
MODES = (UNSURE, ALWAYS, OFF)
"""Which comments the second reader reads."""

MATTERS = {"abusive": 1.0, "spam": 0.6, "sarcastic": 0.6, "supportive": 0.3, "critical": 0.3}
"""How much it matters to be unsure of a label; the topics are read off words, which the first reader does well."""

_STRETCH = re.compile(r"[^.!?\n…]+[.!?…\s]*|\S+\s*")
_MOST_STRETCHES = 12
_FEWEST = 3


@dataclass(frozen=True)
class Stack:
    """A line through both readers' log-odds for each output, which makes one calibrated probability of them."""

    first: Floats
    second: Floats
    offset: Floats
    unsure_from: float
    """How unsure the first reader has to be for the second to be asked."""

    def __call__(self, first: Floats, second: Floats) -> Floats:
        """Return the log-odds of the calibrated probability."""
        return np.asarray(first * self.first + second * self.second + self.offset)

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> "Stack":
        """Return the stack that a model's metrics hold."""
        first, second, offset = (np.array(kept[key], np.float64) for key in ("first", "second", "offset"))
        if not first.shape == second.shape == offset.shape == (len(OUTPUTS),):
            raise ValueError(f"a stack of {first.shape}, {second.shape} and {offset.shape} for {len(OUTPUTS)} outputs")
        return cls(first, second, offset, float(kept["unsure_from"]))


def unsureness(probabilities: Floats, outputs: Sequence[str]) -> Floats:
    """Return how unsure the first reader is of a comment, 0 to 1: the most of any label, by how much that matters."""
    weights = np.array([MATTERS.get(output, 0.0) for output in outputs])
    return np.asarray((4 * probabilities * (1 - probabilities) * weights).max(axis=-1))


class SecondReader:
    """Reads single comments, each by itself, so that a comment scores the same in any company."""

    def __init__(self, encoder: Encoder, stack: Stack, outputs: Sequence[str], mode: str = UNSURE) -> None:
        self.stack = stack
        self.mode = mode
        self._encoder = encoder
        self._outputs = tuple(outputs)
        self._columns = [encoder.outputs.index(output) for output in outputs]

    def is_asked(self, probabilities: Floats) -> bool:
        """Whether a comment is to be read, given what the first reader makes of it."""
        if self.mode != UNSURE:
            return self.mode == ALWAYS
        return bool(unsureness(probabilities, self._outputs) >= self.stack.unsure_from)

    def read(self, reading: Reading) -> Floats:
        """Return what the encoder says by itself: the log-odds of every output."""
        return np.asarray(self._encoder.read(reading)[self._columns], np.float64)

    def tipping(self, reading: Reading, said: Floats) -> list[tuple[Evidence, Floats]]:
        """Return each stretch of a text, and how much less the encoder says of every output without it."""
        found = []
        for start, end in _stretches(reading.text):
            without = replace(reading, text=reading.text[:start] + reading.text[end:])
            found.append((Evidence(start, end, 0.0), said - self.read(without)))
        return found


def _stretches(text: str) -> list[tuple[int, int]]:
    """Cut a text into sentences, or a short one into runs of a few words; at most a dozen."""
    spans = [match.span() for match in _STRETCH.finditer(text) if match.group().strip()]
    if len(spans) < _FEWEST:
        words = [match.span() for match in re.finditer(r"\S+", text)]
        spans = [(some[0][0], some[-1][1]) for some in _dealt(words, max(1, -(-len(words) // _MOST_STRETCHES)))]
    return [(some[0][0], some[-1][1]) for some in _dealt(spans, max(1, -(-len(spans) // _MOST_STRETCHES)))]


def _dealt(spans: list[tuple[int, int]], size: int) -> list[list[tuple[int, int]]]:
    return [spans[at : at + size] for at in range(0, len(spans), size)]
