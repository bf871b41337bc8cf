"""Probabilities that mean what they say, thresholds that keep what they promise."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit

from service.domain.labels import LABELS, OUTPUTS
from service.ml.calibration import (
    FALSE_ALARMS,
    FALSE_ALARMS_ON_KIND,
    Outside,
    Platt,
    Values,
    called,
    expected_calibration_error,
    fit_platt,
    fit_stack,
    reliability,
    thresholds,
    unsure_from,
)
from tests.thoroughness import examples

ABUSIVE, SUPPORTIVE = (list(LABELS).index(label) for label in ("abusive", "supportive"))
SEED = st.integers(0, 2**32 - 1)
SIZE = st.integers(20, 300)
SLOPE = st.floats(-3, 3)


def drawn(seed: int, size: int, slope: float = 1.0) -> tuple[Values, Values]:
    """Return log-odds, and a truth that follows them: steeply, not at all, or the wrong way around."""
    chance = np.random.default_rng(seed)
    scores = chance.normal(-1, 2, (size, len(OUTPUTS)))
    return scores, chance.random(scores.shape) < expit(slope * scores)


def falsely_called(called: Values, truth: Values) -> float:
    """Return the false alarms in 1,000 comments without the label."""
    return 1000 * float((called & ~truth).sum()) / max(1, int((~truth).sum()))


@examples(10)
@given(SEED, SIZE, SLOPE)
def test_a_probability_keeps_the_order_of_the_log_odds(seed: int, size: int, slope: float) -> None:
    scores, truth = drawn(seed, size, slope)
    order = np.argsort(scores, axis=0)
    assert (np.diff(np.take_along_axis(fit_platt(scores, truth)(scores), order, axis=0), axis=0) >= 0).all()


def test_a_fitted_line_gives_back_the_frequencies() -> None:
    scores, truth = drawn(1, 5_000, 0.5)
    probabilities = fit_platt(scores, truth)(scores)
    assert np.allclose(probabilities.mean(axis=0), truth.mean(axis=0), atol=0.01)
    assert expected_calibration_error(probabilities[:, 0], truth[:, 0]) < 0.03


@pytest.mark.parametrize("value", [False, True])
def test_an_output_of_which_one_side_alone_was_seen_keeps_its_log_odds(value: bool) -> None:
    scores, _ = drawn(1, 50)
    platt = fit_platt(scores, np.full(scores.shape, value))
    assert (set(platt.slopes), set(platt.offsets)) == ({1.0}, {0.0})


@examples(10)
@given(SEED, SIZE, SLOPE, SLOPE)
def test_neither_reader_counts_against_what_it_says(seed: int, size: int, one: float, other: float) -> None:
    first, truth = drawn(seed, size, one)
    second, _ = drawn(seed + 1, size, other)
    stack = fit_stack(first, second, truth, fit_platt(first, truth), 0.5)
    assert (stack(first + 1, second) >= stack(first, second)).all()
    assert (stack(first, second + 1) >= stack(first, second)).all()


def test_of_few_examples_the_first_reader_alone_is_heard() -> None:
    first, _ = drawn(1, 200)
    truth = np.zeros(first.shape, bool)
    truth[:14] = True
    platt = Platt(np.full(len(OUTPUTS), 2.0), np.full(len(OUTPUTS), -1.0))
    assert np.array_equal(fit_stack(first, -first, truth, platt, 0.5)(first, -first), 2 * first - 1)


def test_a_reader_that_is_right_in_other_places_is_heard_more() -> None:
    first, truth = drawn(1, 1_000)
    second, there = drawn(2, 1_000)
    elsewhere = Outside(np.zeros(second.shape), second, there.astype(float), np.ones(len(there), int))
    platt = fit_platt(first, truth)
    at_home, both = fit_stack(first, second, truth, platt, 0.5), fit_stack(first, second, truth, platt, 0.5, elsewhere)
    assert (at_home.second < 0.1 * at_home.first).all()
    assert (both.second > 0.3 * both.first).all()


def test_probabilities_mean_what_they_say_on_our_own_comments_whatever_is_so_elsewhere() -> None:
    first, truth = drawn(1, 2_000)
    second, _ = drawn(2, 2_000)
    elsewhere = Outside(first, second, np.ones_like(first), np.arange(2_000) % 2 + 1)
    elsewhere.truth[::4] = 0
    stack = fit_stack(first, second, truth, fit_platt(first, truth), 0.5, elsewhere)
    assert np.allclose(expit(stack(first, second)).mean(axis=0), truth.mean(axis=0), atol=0.01)


@pytest.mark.parametrize("answer", [0.0, 1.0, np.nan])
def test_a_place_that_does_not_have_both_answers_teaches_nothing(answer: float) -> None:
    first, truth = drawn(1, 300)
    second, _ = drawn(2, 300)
    elsewhere = Outside(first, second, np.full(first.shape, answer), np.ones(len(first), int))
    platt = fit_platt(first, truth)
    with_it, without = (fit_stack(first, second, truth, platt, 0.5, each) for each in (elsewhere, None))
    assert np.array_equal(with_it(first, second), without(first, second))


@given(SEED, st.integers(1, 400), SLOPE)
def test_a_threshold_keeps_the_stated_number_of_false_alarms(seed: int, size: int, slope: float) -> None:
    scores, truth = drawn(seed, size, slope)
    probabilities = expit(scores)
    found = called(probabilities, thresholds(probabilities, truth))[:, ABUSIVE]
    kind = truth[:, SUPPORTIVE]
    assert falsely_called(found, truth[:, ABUSIVE]) <= FALSE_ALARMS["abusive"]
    assert falsely_called(found[kind], truth[kind, ABUSIVE]) <= FALSE_ALARMS_ON_KIND["abusive"]


def test_a_kind_answer_that_scores_highest_of_all_is_not_called() -> None:
    probabilities = np.tile(np.linspace(0.9, 0.1, 200)[:, None], len(OUTPUTS))
    truth = np.zeros(probabilities.shape, bool)
    truth[0, SUPPORTIVE] = truth[50:90, SUPPORTIVE] = truth[1:30, ABUSIVE] = True
    assert not called(probabilities, thresholds(probabilities, truth))[0, ABUSIVE]


@pytest.mark.parametrize("lowest", [0.1, 0.3, 0.309])
def test_comments_that_score_alike_are_not_all_called(lowest: float) -> None:
    probabilities = np.tile(np.linspace(0.31, lowest, 2_000).round(3)[:, None], len(OUTPUTS))
    truth = np.zeros(probabilities.shape, bool)
    assert called(probabilities, thresholds(probabilities, truth))[:, ABUSIVE].sum() <= 40


def test_other_labels_are_called_where_their_f1_is_best() -> None:
    probabilities = np.tile(np.array([[0.9], [0.8], [0.7], [0.2], [0.1]]), len(OUTPUTS))
    truth = np.tile(np.array([[True], [True], [True], [False], [False]]), len(OUTPUTS))
    assert thresholds(probabilities, truth)["cost"] == pytest.approx(0.45)


def test_every_label_has_a_threshold_and_no_kind_of_abuse() -> None:
    scores, truth = drawn(1, 200)
    assert list(thresholds(expit(scores), truth)) == list(LABELS)


def test_what_means_what_it_says_has_no_calibration_error() -> None:
    probabilities = np.repeat([0.05, 0.25, 0.75], 100)
    truth = np.concatenate([np.arange(100) < many for many in (5, 25, 75)])
    assert expected_calibration_error(probabilities, truth) == pytest.approx(0)


@pytest.mark.parametrize("said", [0.0, 0.3, 1.0])
def test_what_always_says_the_same_is_as_wrong_as_it_is(said: float) -> None:
    truth = np.arange(100) < 60
    assert expected_calibration_error(np.full(100, said), truth) == pytest.approx(abs(said - 0.6))


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1))
def test_the_bins_hold_every_comment_once(rows: list[tuple[float, bool]]) -> None:
    probabilities, truth = np.array([p for p, _ in rows]), np.array([so for _, so in rows])
    found = reliability(probabilities, truth)
    assert sum(row["comments"] for row in found) == len(rows)
    assert sum(row["share"] for row in found) == pytest.approx(1)
    assert 0 <= expected_calibration_error(probabilities, truth) <= 1


@pytest.mark.parametrize("share", [0.05, 0.2, 1.0])
def test_the_share_that_was_asked_for_is_unsure(share: float) -> None:
    unsureness = np.random.default_rng(1).random(1_000)
    assert (unsureness >= unsure_from(unsureness, share)).mean() == pytest.approx(share, abs=0.002)
