"""What the encoder is shown while it learns: batches of comments, each answer with its weight."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
import torch

from service.ml.augmentation import joined, varied
from service.ml.corpora import OURS, Example
from service.ml.encoder import Cutter, Pieces

Values: TypeAlias = npt.NDArray[Any]

_BUCKET = 2_560
"""So many comments are sorted by length together: little padding, and yet a mixture."""
_MOST_SCARCE, _MOST_RARE = 4.0, 3.0
"""How far an answer is weighed up at most, because its label is seldom known, or seldom so."""


class Batch(NamedTuple):
    """Some comments as tensors, a row each."""

    numbers: torch.Tensor
    segments: torch.Tensor
    mask: torch.Tensor
    corpus: torch.Tensor
    truth: torch.Tensor
    weight: torch.Tensor


class Weights:
    """What each answer counts in the loss.

    Parameters
    ----------
    examples
        What is learned from.
    outputs
        The labels, in the order of the network's outputs.
    own
        How much one of our comments counts beside one of the pool's with a weight of 1.
    scarcity
        The power of how much less often a label is known than the one most known with which it is weighed up.
    rarity
        The power of a label's negatives per positive with which its positives are weighed up.
    """

    def __init__(
        self, examples: Sequence[Example], outputs: Sequence[str], own: float, scarcity: float, rarity: float
    ) -> None:
        self._own = own
        answers = np.array([truth(each, outputs) for each in examples])
        known, positive = (~np.isnan(answers)).sum(0), np.nansum(answers, 0)
        self._if_not = np.clip((known.max() / np.maximum(known, 1)) ** scarcity, 1, _MOST_SCARCE)
        self._if_so = self._if_not * np.clip(((known - positive) / np.maximum(positive, 1)) ** rarity, 1, _MOST_RARE)
        # An average answer counts 1, so that rates mean the same whatever the mixture.
        self._scale = 1.0
        weights = np.array([self.of(each, answer) for each, answer in zip(examples, answers, strict=True)])
        self._scale = float(1 / weights[weights > 0].mean())

    def of(self, example: Example, answer: Values) -> Values:
        """Return the weight of each of an example's answers, 0 where there is none."""
        source = self._own if example.source == OURS else example.weight
        weight = np.where(answer == 1, self._if_so, self._if_not) * source * self._scale
        return np.asarray(np.where(np.isnan(answer), 0, weight))


class _Row(NamedTuple):
    pieces: Pieces
    corpus: int
    truth: Values
    weight: Values


class Mixer:
    """Makes an epoch's batches of examples: every one as it might have come too, and some joined ones."""

    def __init__(
        self, cutter: Cutter, corpora: Sequence[str], outputs: Sequence[str], pieces: int, chance: np.random.Generator
    ) -> None:
        self._cutter = cutter
        self._corpus = {name: at for at, name in enumerate(corpora)}
        self._outputs = outputs
        self._pieces = pieces
        self._chance = chance

    def batches(self, examples: Sequence[Example], weights: Weights) -> list[Batch]:
        """Return batches of about the same number of pieces, alike in length inside, in a random order."""
        rows = [self._row(example, weights) for example in [*examples, *joined(examples, self._chance)]]
        order = self._chance.permutation(len(rows))
        batches = []
        for begin in range(0, len(order), _BUCKET):
            bucket = sorted((rows[at] for at in order[begin : begin + _BUCKET]), key=_length)
            batches += [_batch(some) for some in _portions(bucket, self._pieces)]
        return [batches[at] for at in self._chance.permutation(len(batches))]

    def _row(self, example: Example, weights: Weights) -> _Row:
        changed = varied(example, self._chance)
        answer = truth(changed, self._outputs)
        corpus = self._corpus[example.source]
        return _Row(self._cutter.cut(changed.reading), corpus, answer, weights.of(changed, answer))


def truth(example: Example, outputs: Sequence[str]) -> Values:
    """Return the answers for every output, NaN where none is known."""
    return np.array([float(example.labels[output]) if output in example.labels else np.nan for output in outputs])


def _length(row: _Row) -> int:
    return len(row.pieces.numbers)


def _portions(rows: Sequence[_Row], pieces: int) -> Iterator[Sequence[_Row]]:
    """Cut rows that are sorted by length so that none holds more pieces, padded to its longest."""
    begin = 0
    for at, row in enumerate(rows):
        if at > begin and (at + 1 - begin) * _length(row) > pieces:
            yield rows[begin:at]
            begin = at
    yield rows[begin:]


def _batch(rows: Sequence[_Row]) -> Batch:
    return Batch(
        *padded([row.pieces for row in rows]),
        torch.tensor([row.corpus for row in rows]),
        torch.tensor(np.nan_to_num([row.truth for row in rows]), dtype=torch.float32),
        torch.tensor(np.array([row.weight for row in rows]), dtype=torch.float32),
    )


def padded(some: Sequence[Pieces]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return the pieces of some comments, their segments and a mask, each row as long as the longest."""
    width = max(len(each.numbers) for each in some)
    numbers, segments, mask = (
        torch.tensor([row + [0] * (width - len(row)) for row in rows])
        for rows in (
            [each.numbers for each in some],
            [each.segments for each in some],
            [[1] * len(each.numbers) for each in some],
        )
    )
    return numbers, segments, mask
