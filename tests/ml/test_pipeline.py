import numpy as np
from scipy.sparse import csr_array
from scipy.special import logit

from service.ml.pipeline import StackedLogistic

UNKNOWN = np.nan


def test_a_label_is_learned_only_from_rows_where_it_is_known() -> None:
    features = csr_array(np.array([[1.0, 0], [0, 1.0], [1.0, 0], [0, 1.0]], np.float32))
    truth = np.array([[1.0, 1], [0, 0], [UNKNOWN, 0], [UNKNOWN, 1]])
    first, second = StackedLogistic(["a", "b"]).fit(features, truth).predict_proba(features)[0]
    assert first > 0.5
    assert abs(second - 0.5) < 0.01


def test_a_label_that_is_never_seen_is_improbable() -> None:
    features = csr_array(np.eye(3, dtype=np.float32))
    model = StackedLogistic(["a"]).fit(features, np.zeros((3, 1)))
    assert (model.predict_proba(features) < 0.05).all()


def test_another_corpus_base_rate_is_not_ours() -> None:
    features = csr_array(np.ones((40, 1), np.float32))
    truth = np.array([[0.0]] * 18 + [[1.0]] * 2 + [[1.0]] * 20)
    corpus = np.array([0] * 20 + [1] * 20)
    model = StackedLogistic(["a"], [100.0]).fit(features, truth, corpus=corpus)
    assert model.predict_proba(features[[0]])[0, 0] < 0.3


def test_calibration_is_a_line_through_the_log_odds() -> None:
    features = csr_array(np.eye(2, dtype=np.float32))
    model = StackedLogistic(["a"]).fit(features, np.array([[1.0], [0.0]]))
    log_odds = model.decision_function(features)
    probabilities = model.calibrate(np.array([2.0]), np.array([-1.0])).predict_proba(features)
    assert np.allclose(logit(probabilities), 2 * log_odds - 1)


def test_calibration_leaves_the_log_odds_as_they_are() -> None:
    features = csr_array(np.eye(2, dtype=np.float32))
    model = StackedLogistic(["a"]).fit(features, np.array([[1.0], [0.0]]))
    before = model.decision_function(features)
    assert np.array_equal(model.calibrate(np.array([2.0]), np.array([-1.0])).decision_function(features), before)
