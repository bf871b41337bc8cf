"""The first reader: what the fitted pipeline says of a comment, computed in one pass and some tens of microseconds."""

from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
from sklearn.pipeline import Pipeline

from service.domain.comment import Reading
from service.ml import kernel, traits
from service.ml.language import language
from service.ml.text import Token, alphabet, codes

Floats: TypeAlias = npt.NDArray[np.float64]


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
        weights = kernel.Weights(
            np.ascontiguousarray(weigh.idf_, np.float32),
            np.ascontiguousarray(self._model.coef_, np.float32),
            np.asarray(self._model.intercept_, np.float64),
            float(weigh.trait_weight),
        )
        if weights.coef.shape[0] != self._reader.width or len(weights.idf) != 2 * 2**self._reader.bits:
            raise ValueError("its columns are not those that this version of Undertone reads")
        self._tables: Any = alphabet(), traits.lexicon(), traits.rules(), weights, int(self._reader.bits)
        self.slopes: Floats = self._model.slopes_
        self.offsets: Floats = self._model.offsets_
        self.read(Reading(""))  # compiled or fetched now, not while the first comment waits

    def read(self, reading: Reading) -> FirstReading:
        """Return what is to be said of a comment; the same, whatever comes beside it."""
        odds, words, english, foreign = kernel.log_odds(codes(reading.text), traits.context(reading), *self._tables)
        return FirstReading(odds, language(reading.text, words, english, foreign))

    def shares(self, reading: Reading) -> Shares:
        """Return what every word and trait adds: a pair to its two words, a trait to the words that show it."""
        words, seen = self._reader.occurrences(reading)
        counted = self._reader.transform([reading])
        row = self._pipeline.steps[1][1].transform(counted)
        coef = self._model.coef_.astype(np.float64)[row.indices]
        added = row.data.astype(np.float64)[:, None] * coef
        place = {int(column): at for at, column in enumerate(row.indices)}
        at = np.array([place[int(column)] for column in seen.columns], np.int64)
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
