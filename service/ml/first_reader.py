"""The first reader: what the fitted pipeline says of a comment, computed in one pass and some tens of microseconds."""

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
from sklearn.pipeline import Pipeline

from service.domain.comment import Reading
from service.ml import kernel, traits
from service.ml.kernel import Several
from service.ml.language import language
from service.ml.text import Token, alphabet, codes, codes_of_all

Floats: TypeAlias = npt.NDArray[np.float64]

_CACHE_LINE = 64
"""Bytes that a processor fetches at once, on all that we run on."""


class FirstReading(NamedTuple):
    """What the first reader says: each output's log-odds before calibration, and the language."""

    log_odds: Floats
    language: str | None


class Shares(NamedTuple):
    """What each word and each trait of the whole adds to the outputs' log-odds; with `base` they add up to them."""

    words: list[Token]
    by_word: Floats
    """A row for each word, a column for each output."""
    by_trait: dict[str, Floats]
    base: Floats


class FirstReader:
    """Scores readings as the pipeline does (a test compares the two), without a matrix in between."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self._reader, weigh, self._model = (step for _, step in pipeline.steps)
        if len(self._model.coef_) != self._reader.width or len(weigh.idf_) != 2 * 2**self._reader.bits:
            raise ValueError("its columns are not those that this version of Undertone reads")
        rows = _rows(np.asarray(self._model.coef_), np.asarray(weigh.idf_))
        self._model.coef_ = rows[:, : self._model.coef_.shape[1]]  # the same numbers are not kept twice
        weights = kernel.Weights(rows, np.asarray(self._model.intercept_, np.float64), float(weigh.trait_weight))
        self._tables: Any = alphabet(), traits.lexicon(), traits.rules(), weights, int(self._reader.bits)
        self.slopes: Floats = self._model.slopes_
        self.offsets: Floats = self._model.offsets_
        self.read(Reading(""))  # compiled or fetched now, not while the first comment waits

    def read(self, reading: Reading) -> FirstReading:
        """Return what is to be said of a comment; the same, whatever comes beside it."""
        odds, words, english, foreign = kernel.log_odds(codes(reading.text), traits.context(reading), *self._tables)
        return FirstReading(odds, language(reading.text, words, english, foreign))

    def read_all(self, readings: Sequence[Reading]) -> list[FirstReading]:
        """Return what `read` says of each comment."""
        odds, words, english, foreign = kernel.all_log_odds(_end_to_end(readings), *self._tables)
        counts = zip(words.tolist(), english.tolist(), foreign.tolist(), strict=True)
        return [
            FirstReading(row, language(reading.text, *count))
            for reading, row, count in zip(readings, odds, counts, strict=True)
        ]

    def shares(self, reading: Reading) -> Shares:
        """Return what every word and trait adds: a pair to its two words, a trait to the words that show it."""
        words, seen = self._reader.occurrences(reading)
        counted = self._reader.transform([reading])
        row = self._pipeline.steps[1][1].transform(counted)
        coef = self._model.coef_[row.indices].astype(np.float64)  # never the whole: that is 16 MB
        added = row.data.astype(np.float64)[:, None] * coef
        order = np.argsort(row.indices)
        at = order[np.searchsorted(row.indices, seen.columns, sorter=order)]
        times = np.bincount(at, minlength=len(added))
        by_word = np.zeros((len(words), added.shape[1]))
        part = added[at] / times[at][:, None] / 2
        np.add.at(by_word, seen.first, part)
        np.add.at(by_word, seen.last, part)
        whole = {
            traits.NAMES[int(row.indices[each]) - 2 * 2**self._reader.bits]: added[each]
            for each in np.flatnonzero(times == 0)
        }
        return Shares(words, by_word, whole, np.asarray(self._model.intercept_, np.float64))


def _end_to_end(readings: Sequence[Reading]) -> Several:
    codes, ends = codes_of_all([reading.text for reading in readings])
    beside = [traits.context(reading) for reading in readings]
    return Several(
        codes,
        ends,
        np.array([each.parent for each in beside], np.uint64),
        np.array([each.title for each in beside], np.uint64),
        np.concatenate([np.empty(0, np.uint64), *(each.echoed for each in beside)]),
        np.cumsum([len(each.echoed) for each in beside], dtype=np.int64),
    )


def _rows(coefficients: Floats, rarity: Floats) -> npt.NDArray[np.float32]:
    """Return each column's coefficients with what it weighs by its rarity, in rows of whole lines of the cache."""
    floats = _CACHE_LINE // np.dtype(np.float32).itemsize
    width = -(-(coefficients.shape[1] + 1) // floats) * floats
    room = np.zeros(len(coefficients) * width + floats, np.float32)
    begin = -(room.ctypes.data // room.itemsize) % floats
    rows = room[begin : begin + len(coefficients) * width].reshape(-1, width)
    rows[:, : coefficients.shape[1]] = coefficients
    rows[: len(rarity), -1] = rarity
    return rows
