"""How fast the two readers are: the first beside a plain scikit-learn pipeline in one run, the second by itself."""

import gc
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import FeatureUnion, Pipeline

from service.domain.comment import Reading
from service.domain.labels import LABELS
from service.ml import artefacts, corpora
from service.ml.classifier import Classifier
from service.settings import ROOT

SHORTEST, LONGEST = 45, 75
"""Words of the comments that are timed; their median is about 60."""
ALONE, BATCH = 300, 1_024
ROUNDS = 5


class Timed(NamedTuple):
    """Seconds for the same comments, a figure for each round."""

    plain: list[float]
    ours: list[float]

    @property
    def ratio(self) -> float:
        """How many times faster ours is, the median of the rounds."""
        return statistics.median(plain / ours for plain, ours in zip(self.plain, self.ours, strict=True))


def main() -> None:
    """Print what loading, the first reader and the second reader take."""
    examples = corpora.own(ROOT / "training_data")
    plain = _plain(examples)
    name = artefacts.active_name(ROOT / "models")
    first = artefacts.load(ROOT / "models", name, "off")
    fitting = [each.reading for each in examples if SHORTEST <= len(each.reading.text.split()) <= LONGEST]
    words = statistics.median(len(each.text.split()) for each in fitting)
    print(f"{len(fitting)} of our comments, median {words:.0f} words; rounds interleaved, median of {ROUNDS}")
    _print(
        "one at a time",
        _timed(lambda some: _alone(plain, some), lambda some: _each(first, some), fitting[:ALONE]),
        ALONE,
    )
    batch = [fitting[at % len(fitting)] for at in range(BATCH)]
    _print(f"batch of {BATCH:,}", _timed(lambda some: _together(plain, some), first.score, batch), BATCH)
    _length(first)
    _second(name, fitting[:ALONE])
    for mode in ("off", "unsure"):
        _loading(name, mode)


def _plain(examples: Sequence[corpora.Example]) -> Pipeline:
    """Fit what one would write first: TF-IDF of words and letters, and a logistic regression for each label."""
    words = TfidfVectorizer(ngram_range=(1, 2), max_features=50_000)
    letters = TfidfVectorizer(analyzer="char", ngram_range=(3, 5), max_features=50_000)
    model = OneVsRestClassifier(LogisticRegression(C=4, max_iter=200, tol=1e-2))
    pipeline = Pipeline([("read", FeatureUnion([("words", words), ("letters", letters)])), ("label", model)])
    truth = np.array([[each.labels[label] for label in LABELS] for each in examples])
    return pipeline.fit([each.reading.text for each in examples], truth)


def _alone(plain: Pipeline, readings: Sequence[Reading]) -> None:
    for reading in readings:
        plain.predict_proba([reading.text])


def _each(classifier: Classifier, readings: Sequence[Reading]) -> None:
    for reading in readings:
        classifier.score([reading])


def _together(plain: Pipeline, readings: Sequence[Reading]) -> None:
    plain.predict_proba([reading.text for reading in readings])


def _timed(plain: Callable[[Any], object], ours: Callable[[Any], object], readings: Sequence[Reading]) -> Timed:
    plain(readings[:10])
    ours(readings[:10])
    timed = Timed([], [])
    gc.disable()
    for _ in range(ROUNDS):
        timed.plain.append(_seconds(plain, readings))
        timed.ours.append(_seconds(ours, readings))
    gc.enable()
    return timed


def _seconds(work: Callable[[Any], object], given: Any) -> float:  # noqa: ANN401 - whatever the work takes
    began = time.perf_counter()
    work(given)
    return time.perf_counter() - began


def _print(what: str, timed: Timed, count: int) -> None:
    each = [1e6 * statistics.median(seconds) / count for seconds in timed]
    print(f"first reader, {what}: plain {each[0]:,.0f} µs, ours {each[1]:,.1f} µs each, {timed.ratio:.1f} times faster")


def _length(first: Classifier) -> None:
    """Show that the cost grows with the length and no faster."""
    sentence = "The trial was small and the follow-up short, but nobody died of it. "
    for size in (200, 2_000, 20_000):
        readings = [Reading((sentence * (size // len(sentence) + 1))[:size])] * 50
        first.score(readings[:2])
        best = min(_seconds(first.score, readings) for _ in range(ROUNDS)) / len(readings)
        print(f"first reader, {size:,} characters: {1e6 * best:,.0f} µs, {1e9 * best / size:,.0f} ns a character")


def _second(name: str, readings: Sequence[Reading]) -> None:
    """Time the second reader on one core, and how many comments go to it by default."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    always = artefacts.load(ROOT / "models", name, "always")
    always.score(readings[:10])
    took = sorted(1e3 * _seconds(always.score, [reading]) for reading in readings)
    p95 = took[int(0.95 * len(took))]
    print(f"both readers, one core: p50 {statistics.median(took):.1f} ms, p95 {p95:.1f} ms a comment")
    unsure = artefacts.load(ROOT / "models", name, "unsure")
    share = statistics.mean(scores.second_reader for scores in unsure.score(readings))
    print(f"by default the second reader reads {share:.0%} of these comments")


_LOAD = """
import json, sys, time
began = time.perf_counter()
from service.ml import artefacts
from service.domain.comment import Reading
from service.settings import ROOT
imported = time.perf_counter()
classifier = artefacts.load(ROOT / "models", sys.argv[1], sys.argv[2])
classifier.score([Reading("The trial was small and the follow-up short, but nobody died of it.")] * 20, twice=True)
ready = time.perf_counter()
resident = next(line for line in open("/proc/self/status") if line.startswith("VmRSS")).split()[1]
print(json.dumps([imported - began, ready - imported, int(resident) / 1024]))
"""


def _loading(name: str, mode: str) -> None:
    command = [sys.executable, "-c", _LOAD, name, mode]
    subprocess.run(command, check=True, capture_output=True, cwd=ROOT)  # once, so that all is compiled
    imports, load, resident = json.loads(subprocess.run(command, check=True, capture_output=True, cwd=ROOT).stdout)
    print(f"second reader {mode}: imports {imports:.2f} s, loading {load:.2f} s, {resident:.0f} MB resident")


if __name__ == "__main__":
    main()
