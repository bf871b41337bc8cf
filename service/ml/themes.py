"""What people write about: themes found by factoring the words of many comments, each named by its own words.

Non-negative matrix factorisation of tf-idf weights (Lee and Seung, 1999), begun from the matrix itself (NNDSVD), so
that nothing is left to chance. How many themes there are is chosen by how well they come back when a part of the
comments is left out (Greene, O'Callaghan and Cunningham, 2014).
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Self, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment
from scipy.sparse import csr_array
from sklearn.decomposition import NMF
from sklearn.preprocessing import normalize
from threadpoolctl import threadpool_limits

from service.ml.stop_words import STOP_WORDS
from service.ml.text import tokens

Floats: TypeAlias = npt.NDArray[np.float64]
Progress: TypeAlias = Callable[[float], None]

FEWEST = 60
"""Comments below which no themes are looked for."""
NUMBERS = (3, 4, 5, 6, 8, 10, 12, 15)
"""How many themes are tried."""
NAMED_BY = 10
"""Words that a theme is known by."""

_PER_THEME = 15
"""Comments there have to be for each theme that is looked for."""
_MOST_WORDS = 4_000
_SHORTEST_WORD = 3
_RAREST, _RAREST_SHARE = 3, 0.002
"""In fewer comments than this, whichever is more, a word says nothing of what many write about."""
_COMMONEST = 0.25
"""A word in more than this share of the comments tells none from another."""
_JUDGED_ON = 3_000
"""Comments on which the number is chosen: more make it slow, and not surer."""
_PARTS, _PART = 5, 0.8
"""How many parts of the comments, and how large, the themes have to come back in."""
_NEARLY = 0.02
"""Of numbers as stable as the stablest but for this, the largest is taken: it says more."""
_WEAK_SHARE, _WEAK_LIKENESS = 0.4, 0.06
"""Where the strongest theme has less of a comment than the one, or is less like it than the other, it has none."""
_FEW_WORDS = 3
_ROUNDS = 40
_SEED = 20_261_121


@dataclass(frozen=True)
class Assigned:
    """Which theme a comment belongs to, None where it belongs to none, and how like the theme it is (0 to 1)."""

    theme: int | None
    likeness: float


class Themes:
    """The themes of some comments.

    Parameters
    ----------
    numbers : sequence of int
        How many themes are tried; the best number is chosen from them.
    seed : int
        Chooses the parts of the comments that the number is judged by, and nothing else.

    Attributes
    ----------
    words_ : list of list of (str, float)
        Each theme's words and their weights, the heaviest first; the theme of most comments comes first.
    stability_ : dict of int to float
        How well the themes of each number came back (0 to 1).
    """

    def __init__(self, numbers: Sequence[int] = NUMBERS, seed: int = _SEED) -> None:
        self.numbers = numbers
        self.seed = seed

    def fit(self, texts: Sequence[str], progress: Progress = lambda _: None) -> Self:
        """Find the themes of texts; of fewer than FEWEST there are none."""
        self._vocabulary = _Vocabulary(texts)
        self.stability_: dict[int, float] = {}
        self.words_: list[list[tuple[str, float]]] = []
        if len(texts) < FEWEST or not self._vocabulary.words:
            return self
        weights = self._vocabulary.weights(texts)
        # One core is enough for matrices like these, and the others are somebody else's.
        with threadpool_limits(1, "blas"):
            self.stability_ = self._judged(weights, progress)
            if self.stability_:
                self._factor(weights)
        progress(1.0)
        return self

    def assign(self, texts: Sequence[str]) -> list[Assigned]:
        """Return each text's theme."""
        if not self.words_:
            return [Assigned(None, 0.0) for _ in texts]
        weights = self._vocabulary.weights(texts)
        parts = self._model.transform(weights)[:, self._order]
        count = np.diff(weights.indptr)
        # One word that happens to be a theme's first makes no comment typical of it.
        likeness = np.asarray(weights @ self._directions.T) * (count / (count + _FEW_WORDS))[:, np.newaxis]
        strongest = parts.argmax(axis=1)
        return [
            _assigned(int(theme), row, float(alike[theme]))
            for theme, row, alike in zip(strongest, parts, likeness, strict=True)
        ]

    @property
    def number_(self) -> int:
        """How many themes there are."""
        return len(self.words_)

    def _judged(self, weights: csr_array, progress: Progress) -> dict[int, float]:
        random = np.random.default_rng(self.seed)
        count = weights.shape[0]
        some = weights[np.sort(random.permutation(count)[:_JUDGED_ON])]
        size = int(_PART * some.shape[0])
        parts = [np.sort(random.permutation(some.shape[0])[:size]) for _ in range(_PARTS)]
        numbers = [number for number in self.numbers if number * _PER_THEME <= count]
        judged = {}
        for done, number in enumerate(numbers):
            whole = _top(_factors(some, number)[1])
            judged[number] = float(
                np.mean([_agreement(whole, _top(_factors(some[part], number)[1])) for part in parts])
            )
            progress(0.9 * (done + 1) / len(numbers))
        return judged

    def _factor(self, weights: csr_array) -> None:
        best = max(self.stability_.values())
        number = max(each for each, stable in self.stability_.items() if stable >= best - _NEARLY)
        self._model, heaviness = _factors(weights, number)
        parts = self._model.transform(weights)
        self._order = np.argsort(-np.bincount(parts.argmax(axis=1), minlength=number), kind="stable")
        heaviness = heaviness[self._order]
        self._directions: Floats = normalize(heaviness)
        self.words_ = [self._vocabulary.heaviest(row) for row in self._directions]


class _Vocabulary:
    """The words that tell comments apart, and how much each weighs."""

    def __init__(self, texts: Sequence[str]) -> None:
        found = Counter[str]()
        for text in texts:
            found.update(set(_words(text)))
        least, most = max(_RAREST, _RAREST_SHARE * len(texts)), _COMMONEST * len(texts)
        self._singular = {f"{word}s": word for word in found if f"{word}s" in found}
        for plural, singular in self._singular.items():
            found[singular] += found.pop(plural, 0)
        kept = [(word, count) for word, count in found.items() if least <= count <= most]
        kept.sort(key=lambda each: (-each[1], each[0]))
        self.words = [word for word, _ in kept[:_MOST_WORDS]]
        self._places = {word: at for at, word in enumerate(self.words)}
        self._rarity = np.array([np.log(len(texts) / count) + 1 for _, count in kept[:_MOST_WORDS]])

    def weights(self, texts: Iterable[str]) -> csr_array:
        """Return the texts' tf-idf weights, a row of length 1 each; of one without such words, an empty row."""
        columns: list[int] = []
        values: list[float] = []
        ends = [0]
        for text in texts:
            counts = Counter(place for word in _words(text) if (place := self._place(word)) is not None)
            columns += counts
            values += [(1 + np.log(count)) * self._rarity[place] for place, count in counts.items()]
            ends.append(len(columns))
        shape = (len(ends) - 1, len(self.words))
        return csr_array(normalize(csr_array((values, columns, ends), shape=shape, dtype=np.float64)))

    def heaviest(self, row: Floats) -> list[tuple[str, float]]:
        """Return the words that weigh most in a theme."""
        places = np.argsort(-row, kind="stable")[:NAMED_BY]
        return [(self.words[place], round(float(row[place]), 4)) for place in places if row[place] > 0]

    def _place(self, word: str) -> int | None:
        return self._places.get(self._singular.get(word, word))


def _words(text: str) -> list[str]:
    return [
        word
        for word, _, _ in tokens(text)
        if len(word) >= _SHORTEST_WORD and word not in STOP_WORDS and word.replace("-", "").replace("'", "").isalpha()
    ]


def _factors(weights: csr_array, number: int) -> tuple[NMF, Floats]:
    """Factor weights into so many themes; begun from the matrix, it comes out the same every time."""
    # Rounds are counted and not stopped by a tolerance, which would warn where it is not reached.
    model = NMF(number, init="nndsvd", solver="cd", max_iter=_ROUNDS, tol=0.0, random_state=0)
    model.fit(weights)
    return model, model.components_


def _top(heaviness: Floats) -> list[list[int]]:
    return [np.argsort(-row, kind="stable")[:NAMED_BY].tolist() for row in heaviness]


def _agreement(first: list[list[int]], second: list[list[int]]) -> float:
    """Return how far two lists of themes are the same, theme by theme as they fit best (0 to 1)."""
    alike = np.array([[_alike(one, other) for other in second] for one in first])
    rows, columns = linear_sum_assignment(-alike)
    return float(alike[rows, columns].mean())


def _alike(one: list[int], other: list[int]) -> float:
    """Return how much of two themes' first words is the same (Jaccard)."""
    return len({*one} & {*other}) / len({*one} | {*other})


def _assigned(theme: int, parts: Floats, likeness: float) -> Assigned:
    total = float(parts.sum())
    is_weak = total <= 0 or parts[theme] < _WEAK_SHARE * total or likeness < _WEAK_LIKENESS
    return Assigned(None if is_weak else theme, round(likeness, 4))
