"""What the model sees of a comment: hashed words and letters, and a few traits.

A saved model names these classes by their module's path: this file keeps its name.
"""

import hashlib
from collections.abc import Sequence
from typing import Any, NamedTuple, Self, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from sklearn.base import BaseEstimator, TransformerMixin

from service.domain.comment import Reading
from service.ml import kernel, traits
from service.ml.text import OWN_LETTERS, Token, alphabet, codes, named

Ints: TypeAlias = npt.NDArray[np.int64]
Floats: TypeAlias = npt.NDArray[np.float32]


_PROBES = (
    Reading("You 1d10t, i d i o t! Sh** at $40k, s.t.u.p.i.d a$$... www.a.example/b, 1h30min; NOT THAT BAD??", "Mice!"),
    Reading("Oh thank you so much: FMT it is, says me@example.org", "Stem cells, again?", "A trial of FMT"),
)
"""In ASCII, so that no version of Unicode has a say."""


class Occurrences(NamedTuple):
    """Every feature of one comment where it occurs: the column, and the first and last token that show it."""

    columns: Ints
    first: Ints
    last: Ints


def reading_fingerprint() -> str:
    """Return a hash of what decides which features a text has: our tables, and what the kernel makes of some texts."""
    digest = hashlib.sha256(OWN_LETTERS)
    lexicon = traits.lexicon()
    for table in (lexicon.keys, lexicon.masks, *traits.rules()):
        digest.update(table.tobytes())
    row = CommentReader().transform(_PROBES)
    for part in (row.indptr.astype(np.int64), row.indices.astype(np.int64), row.data.astype(np.float32)):
        digest.update(part.tobytes())
    return digest.hexdigest()


class CommentReader(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Turn readings into counts of hashed features.

    Columns 0 to `2**bits - 1` count words and pairs of words, the next `2**bits` count stretches of two to five letters
    within words, and the last ones hold the traits. Nothing is learned, so that no vocabulary has to be kept.

    Parameters
    ----------
    bits : int
        The number of columns for words, and again for letters, as a power of two.
    """

    def __init__(self, bits: int = 17) -> None:
        self.bits = bits

    def fit(self, readings: Sequence[Reading], y: object = None) -> Self:
        """Return the reader itself: there is nothing to learn."""
        return self

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def transform(self, readings: Sequence[Reading]) -> csr_array:
        """Count the features of every reading, a row each."""
        rows = [self._row(reading) for reading in readings]
        starts = np.cumsum([0, *(len(columns) for columns, _ in rows)])
        columns = np.concatenate([np.empty(0, np.int32), *(columns for columns, _ in rows)])
        values = np.concatenate([np.empty(0, np.float32), *(values for _, values in rows)])
        return csr_array((values, columns, starts.astype(np.int32)), shape=(len(rows), self.width))

    @property
    def width(self) -> int:
        """The number of columns."""
        return int(2 * 2**self.bits) + len(traits.NAMES)

    def occurrences(self, reading: Reading) -> tuple[list[Token], Occurrences]:
        """Return a comment's words, and where its features occur, for saying which words moved a score.

        A trait of the comment as a whole occurs nowhere: it is only in what `transform` counts.
        """
        cut = kernel.cut(codes(reading.text), alphabet())
        columns, first, last = kernel.columns(cut, kernel.hashes(cut), self.bits)
        _, _, shown, masks = self._read(reading)
        needs = traits.rules().needs[:, 0]
        at, trait = np.nonzero((masks[:, None] & needs[None, :] != 0) & (shown > 0))
        return named(cut), Occurrences(
            np.concatenate([columns, self._first_trait + trait]),
            np.concatenate([first, at]),
            np.concatenate([last, at]),
        )

    @property
    def _first_trait(self) -> int:
        return int(2 * 2**self.bits)

    def _row(self, reading: Reading) -> tuple[npt.NDArray[np.int32], Floats]:
        columns, times, shown, _ = self._read(reading)
        there = np.flatnonzero(shown)
        return (
            np.concatenate([columns, (self._first_trait + there).astype(np.int32)]),
            np.concatenate([times.astype(np.float32), shown[there]]),
        )

    def _read(self, reading: Reading) -> tuple[Any, Any, Any, Any]:
        read: tuple[Any, Any, Any, Any] = kernel.read(
            codes(reading.text), traits.context(reading), alphabet(), traits.lexicon(), traits.rules(), self.bits
        )
        return read


class BlockWeights(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Weigh counts by rarity, and give words and letters the same length in every comment, so that length says nothing.

    Parameters
    ----------
    bits : int
        As in CommentReader.
    rarest : int
        Features in fewer comments than this are left out.
    trait_weight : float
        What the traits are multiplied with.

    Attributes
    ----------
    idf_ : array of shape (2 * 2**bits,)
        The weight of each hashed feature, 0 where it was too rare.
    """

    def __init__(self, bits: int = 17, rarest: int = 3, trait_weight: float = 0.5) -> None:
        self.bits = bits
        self.rarest = rarest
        self.trait_weight = trait_weight

    def fit(self, counts: csr_array, y: object = None) -> Self:
        """Learn how rare each feature is."""
        hashed = 2 * 2**self.bits
        seen = np.bincount(counts.indices, minlength=hashed)[:hashed]
        idf = np.log((1 + counts.shape[0]) / (1 + seen)) + 1
        self.idf_ = np.where(seen < self.rarest, 0, idf).astype(np.float32)
        return self

    def transform(self, counts: csr_array) -> csr_array:
        """Weigh a matrix of counts."""
        columns = counts.indices
        rows = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
        block = columns >> self.bits
        is_trait = block > 1
        weights = np.full(len(columns), self.trait_weight, np.float32)
        weights[~is_trait] = self.idf_[columns[~is_trait]]
        values = np.where(is_trait, counts.data, 1 + np.log(np.maximum(counts.data, 1))) * weights
        lengths = np.ones((counts.shape[0], 3), np.float32)
        for each in (0, 1):
            squares = np.bincount(rows, np.where(block == each, values**2, 0), minlength=counts.shape[0])
            lengths[:, each] = np.sqrt(squares)
        lengths[lengths == 0] = 1
        values = values / lengths[rows, np.minimum(block, 2)]
        return csr_array((values.astype(np.float32), columns, counts.indptr), shape=counts.shape)
