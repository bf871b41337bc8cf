"""The classifier: readings in, scores out, with the words that moved them where asked."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit
from sklearn.pipeline import Pipeline

from service.domain.comment import Evidence, Explanation, Reading, Scores
from service.domain.labels import KINDS
from service.ml.first_reader import FirstReader, FirstReading
from service.ml.language import is_read

if TYPE_CHECKING:
    from service.ml.second_reader import SecondReader

Floats: TypeAlias = npt.NDArray[np.float64]

_AT_ONCE = 256
"""Comments that the first reader is handed together."""
_STRETCHES = 12
_FAINT = 0.1
"""A word that moves a score by less than this share of what the strongest does is passed over."""
_LEAST = 0.1
"""Log-odds that a stretch has to move to be worth showing."""
_LIKELY = 0.2
_TIPPED = 1.0
"""Log-odds by which the second reader has to change a label's probability for its reasons to be the ones shown."""


class Classifier:
    """One trained model, ready to score. It never changes after it was made: threads may share it.

    `outputs` are the labels and then the kinds of abuse, as the pipeline's columns are; only labels have thresholds.
    """

    def __init__(
        self,
        name: str,
        pipeline: Pipeline,
        outputs: tuple[str, ...],
        thresholds: Mapping[str, float],
        second: "SecondReader | None" = None,
        thresholds_twice: Mapping[str, float] | None = None,
    ) -> None:
        self.name = name
        self.outputs = outputs
        self.labels = tuple(output for output in outputs if output not in KINDS)
        self._kinds = outputs[len(self.labels) :]
        self.thresholds = thresholds
        self._thresholds_twice = thresholds_twice or thresholds
        self.pipeline = pipeline
        self._first = FirstReader(pipeline)
        self._second = second

    def score(self, readings: Iterable[Reading], *, evidence: bool = False, twice: bool = False) -> list[Scores]:
        """Return the scores of every reading, the same whether it comes alone or among others.

        They are withheld where a text is in no language that the model reads. With `twice` the second reader, where
        there is one, reads every comment and not only those of which the first is unsure.
        """
        readings = list(readings)
        found: list[Scores] = []
        for begin in range(0, len(readings), _AT_ONCE):
            some = readings[begin : begin + _AT_ONCE]
            firsts = self._first.read_all(some) if len(some) > 1 else [self._first.read(some[0])]
            found += [self._score(*each, evidence, twice) for each in zip(some, firsts, strict=True)]
        return found

    def explained(self, reading: Reading, scores: Scores) -> Scores:
        """Return a reading's scores with the stretches that moved the second reader, which takes a dozen readings."""
        if self._second is None or not scores.unexplained:
            return scores
        read = self._read(reading, twice=True)
        found = self._tipping(reading, read, scores.unexplained)
        evidence = {**scores.evidence, **{label: each for label, each in found.items() if each}}
        return replace(scores, evidence=evidence, unexplained=())

    def score_any(self, reading: Reading) -> Scores:
        """Return what comes out for a reading in whatever language, for measuring the model and for nothing else."""
        first = self._first.read(reading)
        return self._scores(self._read(reading, first._replace(language=None)), self.thresholds)

    def is_withheld(self, reading: Reading) -> bool:
        """Whether a text is in a language that the model does not read."""
        return not is_read(self._first.read(reading).language)

    def explain(self, reading: Reading, label: str) -> Explanation:
        """Return why a label scores as it does; words, traits and base add up to the first reader's log-odds."""
        at = self.outputs.index(label)
        read = self._read(reading)
        shares = self._first.shares(reading)
        return Explanation(
            label,
            float(read.probabilities[at]),
            tuple(
                Evidence(word.start, word.end, float(row[at]))
                for word, row in zip(shares.words, shares.by_word, strict=True)
            ),
            {name: float(row[at]) for name, row in shares.by_trait.items()},
            float(shares.base[at]),
            float(read.first.log_odds[at]),
            None if read.second is None else float(read.second[at]),
            self._tipping(reading, read, [label])[label],
        )

    def _score(self, reading: Reading, first: FirstReading, evidence: bool, twice: bool) -> Scores:
        if not is_read(first.language):
            return Scores(self.name, {}, language=first.language)
        read = self._read(reading, first, twice)
        thresholds = self._thresholds_twice if twice else self.thresholds
        scores = self._scores(read, thresholds, self._evidence(reading) if evidence else {})
        return replace(scores, unexplained=self._tipped(read, thresholds)) if evidence else scores

    def _scores(
        self,
        read: "_Read",
        thresholds: Mapping[str, float],
        evidence: Mapping[str, tuple[Evidence, ...]] | None = None,
    ) -> Scores:
        said = read.probabilities.tolist()
        probabilities = dict(zip(self.labels, said, strict=False))
        return Scores(
            model=self.name,
            probabilities=probabilities,
            labels=tuple([label for label, p in probabilities.items() if p >= thresholds[label]]),
            evidence=evidence or {},
            language=read.first.language,
            kinds=dict(zip(self._kinds, said[len(self.labels) :], strict=True)),
            second_reader=read.second is not None,
        )

    def _read(self, reading: Reading, first: FirstReading | None = None, twice: bool = False) -> "_Read":
        """Read a comment with the first reader, and with the second where there is one and it is asked."""
        first = first or self._first.read(reading)
        alone = np.asarray(expit(first.log_odds * self._first.slopes + self._first.offsets))
        if self._second is None or not (twice or self._second.is_asked(alone)):
            return _Read(first, alone, None, alone)
        second = self._second.read(reading)
        return _Read(first, alone, second, np.asarray(expit(self._second.stack(first.log_odds, second))))

    def _evidence(self, reading: Reading) -> dict[str, tuple[Evidence, ...]]:
        """Return for each label the stretches of the text that moved it most, in their order."""
        shares = self._first.shares(reading)
        places = [(word.start, word.end) for word in shares.words]
        return {
            label: _strongest(reading.text, places, shares.by_word[:, at]) if places else ()
            for at, label in enumerate(self.outputs)
            if label in self.labels
        }

    def _tipped(self, read: "_Read", thresholds: Mapping[str, float]) -> tuple[str, ...]:
        """Return the labels for which it was the second reader that made the difference."""
        if read.second is None:
            return ()
        return tuple(label for label in self.labels if self._is_tipped(read, label, thresholds[label]))

    def _is_tipped(self, read: "_Read", label: str, threshold: float) -> bool:
        """Whether a label is called, or not, because of the second reader, or would be by many a site's own rule."""
        alone, both = (float(each[self.outputs.index(label)]) for each in (read.alone, read.probabilities))
        if (alone >= threshold) != (both >= threshold):
            return True
        # What is unlikely by both is shown to nobody; to look for its reasons would take most of the time.
        return max(alone, both) >= _LIKELY and abs(float(logit(both) - logit(alone))) >= _TIPPED

    def _tipping(self, reading: Reading, read: "_Read", labels: Sequence[str]) -> dict[str, tuple[Evidence, ...]]:
        """Return for each label the stretches without which the second reader would have said something else."""
        if self._second is None or read.second is None or not labels:
            return dict.fromkeys(labels, ())
        moved = self._second.tipping(reading, read.second)
        found = {}
        for label in labels:
            at = self.outputs.index(label)
            weight = self._second.stack.second[at]
            each = [Evidence(place.start, place.end, float(less[at] * weight), tipped=True) for place, less in moved]
            found[label] = tuple(one for one in each if abs(one.weight) >= _LEAST)
        return found


class _Read(NamedTuple):
    """What both readers say of a comment."""

    first: FirstReading
    alone: Floats
    """The probabilities by the first reader alone."""
    second: Floats | None
    probabilities: Floats


class _Stretch(NamedTuple):
    start: int
    end: int
    weight: float


def _strongest(text: str, places: Sequence[tuple[int, int]], weights: Floats) -> tuple[Evidence, ...]:
    """Join neighbouring words that pull the same way, and keep the stretches that matter."""
    faint = _FAINT * float(np.abs(weights).max())
    stretches: list[_Stretch] = []
    strong = np.flatnonzero(np.abs(weights) >= faint)
    for at, weight in zip(strong.tolist(), weights[strong].tolist(), strict=True):
        start, end = places[at]
        last = stretches[-1] if stretches else None
        gap = text[last.end : start] if last else ""
        if last and last.weight * weight > 0 and (not gap or gap.isspace()):
            stretches[-1] = _Stretch(last.start, end, last.weight + weight)
        else:
            stretches.append(_Stretch(start, end, weight))
    kept = sorted((each for each in stretches if abs(each.weight) >= _LEAST), key=lambda each: -abs(each.weight))
    return tuple(Evidence(*each) for each in sorted(kept[:_STRETCHES]))
