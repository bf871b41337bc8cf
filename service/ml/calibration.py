"""From log-odds to probabilities that mean what they say, and to the thresholds where a label is called."""

from collections.abc import Mapping
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from service.domain.labels import LABELS, OUTPUTS
from service.ml.second_reader import Stack

Values: TypeAlias = npt.NDArray[Any]

FALSE_ALARMS = {"abusive": 20.0}
"""Labels whose threshold is set by false alarms per 1,000 of our comments without them; the others' by the best F1."""
FALSE_ALARMS_ON_KIND = {"abusive": 10.0}
"""And by those per 1,000 supportive comments: nothing is worse held back than a kind answer."""

_FEWEST = 15
"""Comments with an output, and as many without, that a line through both readers' log-odds needs."""
_LEAST_SLOPE = 0.05
_BINS = 10


class Platt(NamedTuple):
    """A line through the log-odds of each output, which makes probabilities of them (Platt, 1999)."""

    slopes: Values
    offsets: Values

    def __call__(self, scores: Values) -> Values:
        """Return probabilities."""
        return np.asarray(expit(scores * self.slopes + self.offsets))


def fit_platt(scores: Values, truth: Values) -> Platt:
    """Fit the line that makes probabilities of log-odds; it never turns an order around.

    Truth is NaN where it is not known; that comment says nothing of the output then.
    """
    slopes, offsets = np.ones(len(OUTPUTS)), np.zeros(len(OUTPUTS))
    for at in range(len(OUTPUTS)):
        known = ~np.isnan(truth[:, at])
        answers = truth[known, at]
        if 0 < answers.sum() < len(answers):
            line = LogisticRegression(C=100.0).fit(scores[known][:, [at]], answers)
            slopes[at], offsets[at] = max(_LEAST_SLOPE, line.coef_[0, 0]), line.intercept_[0]
    return Platt(slopes, offsets)


class Outside(NamedTuple):
    """What both readers say of public comments that neither has seen, a row each; NaN where the truth is not known."""

    first: Values
    second: Values
    truth: Values
    corpus: Values
    """The number of the corpus that each is from."""


def fit_stack(
    first: Values, second: Values, truth: Values, platt: Platt, unsure_from: float, outside: Outside | None = None
) -> Stack:
    """Fit for each output the line through both readers' log-odds; neither counts against what it says.

    How much each reader is heard is learned on our comments and on the outside's in equal parts, so that it holds in
    other places too; what makes a probability of it, on ours alone. Where examples are too few, the first reader's
    calibration stands and the second is not heard.
    """
    weights = np.array([platt.slopes, np.zeros(len(OUTPUTS)), platt.offsets])
    for at in range(len(OUTPUTS)):
        known = ~np.isnan(truth[:, at])
        one, other, answers = first[known, at], second[known, at], truth[known, at]
        if min(answers.sum(), len(answers) - answers.sum()) >= _FEWEST:
            heard = _heard(one, other, answers, _known(outside, at))
            line = LogisticRegression(C=10.0).fit((one * heard[0] + other * heard[1])[:, None], answers)
            slope = max(_LEAST_SLOPE, float(line.coef_[0, 0]))
            weights[:, at] = slope * heard[0], slope * heard[1], float(line.intercept_[0])
    return Stack(weights[0], weights[1], weights[2], unsure_from)


def thresholds(probabilities: Values, truth: Values) -> dict[str, float]:
    """Return where each label is called, so that its stated operating point is kept."""
    true = truth == 1
    kind = true[:, list(LABELS).index("supportive")]
    return {
        label: max(
            _threshold(probabilities[:, at], true[:, at], FALSE_ALARMS.get(label)),
            _threshold(probabilities[kind, at], true[kind, at], FALSE_ALARMS_ON_KIND.get(label))
            if label in FALSE_ALARMS_ON_KIND and kind.any()
            else 0.0,
        )
        for at, label in enumerate(LABELS)
    }


def expected_calibration_error(probabilities: Values, truth: Values) -> float:
    """Return how far probabilities are from frequencies, on average over ten bins (Naeini et al., 2015)."""
    return sum(row["share"] * abs(row["probability"] - row["frequency"]) for row in reliability(probabilities, truth))


def reliability(probabilities: Values, truth: Values) -> list[dict[str, float]]:
    """Return for each tenth of the scale that holds comments their share, mean probability and frequency."""
    bins = np.minimum((probabilities * _BINS).astype(int), _BINS - 1)
    return [
        {
            "share": float(inside.mean()),
            "comments": int(inside.sum()),
            "probability": float(probabilities[inside].mean()),
            "frequency": float(truth[inside].mean()),
        }
        for number in range(_BINS)
        if (inside := bins == number).any()
    ]


def called(probabilities: Values, at_least: Mapping[str, float]) -> Values:
    """Return which labels are called, a column each."""
    return np.asarray(probabilities[:, : len(LABELS)] >= [at_least[label] for label in LABELS])


def unsure_from(unsureness: Values, share: float) -> float:
    """Return how unsure the first reader must be for that share of comments to go to the second."""
    return float(np.quantile(unsureness, 1 - share))


def _known(outside: Outside | None, at: int) -> Outside | None:
    """Return what is known outside of one output, in the corpora that have both sides of it."""
    if outside is None:
        return None
    truth = outside.truth[:, at]
    both = [
        each
        for each in np.unique(outside.corpus)
        if len(np.unique(truth[(outside.corpus == each) & ~np.isnan(truth)])) > 1
    ]
    rows = np.flatnonzero(~np.isnan(truth) & np.isin(outside.corpus, both))
    return (
        Outside(outside.first[rows, at], outside.second[rows, at], truth[rows], outside.corpus[rows])
        if len(rows)
        else None
    )


def _heard(first: Values, second: Values, truth: Values, outside: Outside | None) -> tuple[float, float]:
    """Return how much each reader is heard, none of them below 0. Every corpus has an intercept of its own."""
    features, answers, weight = np.column_stack([first, second]), truth, np.ones(len(truth))
    if outside is not None:
        origins = (outside.corpus[:, None] == np.unique(outside.corpus)[None, :]).astype(float)
        theirs = np.column_stack([outside.first, outside.second, origins])
        features = np.vstack([np.pad(features, ((0, 0), (0, origins.shape[1]))), theirs])
        answers = np.concatenate([answers, outside.truth])
        weight = np.concatenate([weight, np.full(len(theirs), len(truth) / len(theirs))])
    slopes = LogisticRegression(C=10.0, max_iter=1000).fit(features, answers, sample_weight=weight).coef_[0, :2]
    if slopes.max() <= 0:
        return 1.0, 0.0
    return max(0.0, float(slopes[0])), max(0.0, float(slopes[1]))


def _threshold(probabilities: Values, truth: Values, false_alarms: float | None) -> float:
    """Return the lowest threshold with so few false alarms per 1,000, or the one with the best F1.

    It lies half-way between two comments, so that it hangs on no single one: those that score alike are all called or
    none of them is.
    """
    order = np.argsort(-probabilities, kind="stable")
    ranked = probabilities[order]
    hits, wrong = np.cumsum(truth[order]), np.cumsum(~truth[order])
    # How many are called may end only where the next one scores lower.
    ends = np.flatnonzero(np.append(ranked[1:] < ranked[:-1], True))
    if false_alarms is None:
        f1 = 2 * hits[ends] / (ends + 1 + max(1, truth.sum()))
        return _between(ranked, int(ends[np.argmax(f1)]))
    allowed = ends[wrong[ends] <= false_alarms / 1000 * (~truth).sum()]
    return _between(ranked, int(allowed[-1])) if len(allowed) else _above(float(ranked[0]))


def _between(ranked: Values, last: int) -> float:
    """Return a threshold that calls the first comments up to `last`, and none after."""
    if last + 1 == len(ranked):
        return float(ranked[last])
    middle = float(ranked[last] + ranked[last + 1]) / 2
    short = round(middle, 4)
    return short if ranked[last + 1] < short <= ranked[last] else middle


def _above(highest: float) -> float:
    """Return a threshold that calls nothing up to a probability."""
    return (highest + 1) / 2 if highest < 1 else float(np.nextafter(1, 2))
