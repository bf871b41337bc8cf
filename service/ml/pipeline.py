"""The last step of the one model: features in, a calibrated probability for each label out.

A saved model names StackedLogistic by its module's path: this file keeps its name.
"""

from collections.abc import Sequence
from typing import Any, Self, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, hstack
from scipy.special import expit
from sklearn.base import BaseEstimator
from sklearn.linear_model import LogisticRegression

Matrix: TypeAlias = npt.NDArray[Any]

_KEPT_BITS = np.uint32(0xFFFFE000)
"""Ten of a coefficient's 23 bits behind the point: the file is half the size, no score moves by a thousandth."""


class StackedLogistic(BaseEstimator):  # type: ignore[misc]
    """Logistic regressions, one for each label, scored in one product.

    Each label is learned from the rows where it is known. Rows come from several corpora, whose shares of a label and
    whose register differ; every corpus but the first has an intercept of its own while fitting, so that "comes from
    that corpus" need not be learned as words. Scores are given as for the first corpus, which is ours.

    Parameters
    ----------
    labels : sequence of str
        The labels, in the order of the columns of `y`.
    strengths : sequence of float or None
        The inverse of the regularisation for each label, 1 where None.

    Attributes
    ----------
    coef_ : array of shape (n_features, n_labels)
    intercept_ : array of shape (n_labels,)
    slopes_, offsets_ : arrays of shape (n_labels,)
        Platt's line for each label, which makes probabilities of the log-odds.
    """

    def __init__(self, labels: Sequence[str], strengths: Sequence[float] | None = None) -> None:
        self.labels = labels
        self.strengths = strengths

    def fit(
        self, counts: csr_array, y: Matrix, sample_weight: Matrix | None = None, corpus: Matrix | None = None
    ) -> Self:
        """Learn every label from the rows where `y` is 0 or 1, not NaN; `corpus` numbers where each row is from."""
        weight = np.ones_like(y) if sample_weight is None else sample_weight
        origin = np.zeros(len(y), np.int64) if corpus is None else corpus
        strengths = self.strengths or [1.0] * len(self.labels)
        fits = [
            _fit_label(counts, y[:, each], weight[:, each], origin, strength) for each, strength in enumerate(strengths)
        ]
        self.coef_ = _rounded(np.column_stack([coef for coef, _ in fits]))
        self.intercept_ = np.array([intercept for _, intercept in fits], np.float64)
        return self.calibrate(np.ones(len(fits)), np.zeros(len(fits)))

    def decision_function(self, features: csr_array) -> Matrix:
        """Return the log-odds of every label before calibration, a row for each comment."""
        return np.asarray(features.astype(np.float64) @ self.coef_ + self.intercept_)

    def predict_proba(self, features: csr_array) -> Matrix:
        """Return the calibrated probability of every label, a row for each comment."""
        return np.asarray(expit(self.decision_function(features) * self.slopes_ + self.offsets_))

    def calibrate(self, slopes: Matrix, offsets: Matrix) -> Self:
        """Set Platt's line for each label."""
        self.slopes_, self.offsets_ = np.asarray(slopes, np.float64), np.asarray(offsets, np.float64)
        return self


def _fit_label(
    features: csr_array, truth: Matrix, weight: Matrix, corpus: Matrix, strength: float
) -> tuple[Matrix, float]:
    """Return coefficients and intercept of one label; a label never or always seen gets an intercept alone."""
    known = np.flatnonzero(~np.isnan(truth) & (weight > 0))
    truth, weight = truth[known], weight[known]
    width = features.shape[1]
    if len(np.unique(truth)) < 2:  # noqa: PLR2004 - both sides of a question
        return np.zeros(width), 4.0 if len(truth) and truth[0] else -4.0
    origins = _origins(corpus[known])
    model = LogisticRegression(C=strength, max_iter=1000, tol=1e-4)
    model.fit(hstack([features[known], origins], format="csr"), truth, sample_weight=weight)
    return model.coef_[0, :width], float(model.intercept_[0])


def _origins(corpus: Matrix) -> csr_array:
    """Return a column for every corpus but ours, in which its rows are 1."""
    rows = np.flatnonzero(corpus > 0)
    shape = (len(corpus), int(corpus.max(initial=0)))
    return csr_array((np.ones(len(rows), np.float32), (rows, corpus[rows] - 1)), shape=shape)


def _rounded(coefficients: Matrix) -> Matrix:
    """Return coefficients as shorter numbers, which a file holds in half the space."""
    bits = np.ascontiguousarray(coefficients, np.float32).view(np.uint32)
    return ((bits + np.uint32(0x1000)) & _KEPT_BITS).view(np.float32)
