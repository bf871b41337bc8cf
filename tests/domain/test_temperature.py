"""Where a discussion turns, and how often that is said for nothing."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain import temperature
from service.domain.temperature import SHORTEST, FalseAlarms, Turn, false_alarms, heat, turn_of

CALM = {"abusive": 0.02, "sarcastic": 0.05, "critical": 0.2, "supportive": 0.6}
HOT = {"abusive": 0.9, "sarcastic": 0.4, "critical": 0.3, "supportive": 0.01}

heats = st.lists(st.floats(-0.25, 1.75), min_size=SHORTEST, max_size=60)


def drawn(count: int, mean: float, seed: int) -> list[float]:
    """Return so many heats around a mean."""
    source = random.Random(seed)
    return [mean + source.gauss(0, 0.1) for _ in range(count)]


def test_a_turn_is_found_after_the_comment_before_it() -> None:
    turn = turn_of(drawn(15, 0.1, seed=1) + drawn(10, 0.9, seed=2))
    assert turn is not None
    assert turn.after == 15


def test_a_discussion_that_cools_down_does_not_turn() -> None:
    assert turn_of(drawn(15, 0.9, seed=1) + drawn(10, 0.1, seed=2)) is None


def test_one_angry_comment_is_no_turn() -> None:
    assert turn_of([*drawn(24, 0.1, seed=1), 1.7]) is None


def test_a_turn_nobody_would_notice_is_none() -> None:
    assert turn_of([0.001 * each for each in range(40)]) is None


@pytest.mark.parametrize("count", [0, 1, SHORTEST - 1])
def test_a_short_discussion_says_nothing(count: int) -> None:
    assert turn_of([0.0] * (count // 2) + [1.0] * (count - count // 2)) is None


def test_comments_all_alike_do_not_turn() -> None:
    assert turn_of([0.3] * 50) is None


def test_abuse_is_hotter_than_support() -> None:
    assert heat(HOT) - heat(CALM) > 1


@given(heats)
def test_a_turn_is_hotter_after_than_before(found: list[float]) -> None:
    turn = turn_of(found)
    assert turn is None or turn.after_heat - turn.before_heat >= temperature.LEAST_RISE


@given(heats, st.floats(0.1, 10))
def test_only_the_order_of_heats_counts(found: list[float], factor: float) -> None:
    exact = [round(each, 3) for each in found]
    assert temperature.strongest([factor * each + 1 for each in exact]) == temperature.strongest(exact)


@given(st.integers(SHORTEST, 5000))
def test_the_longer_a_discussion_the_more_is_asked_for(count: int) -> None:
    assert temperature.threshold(count) <= temperature.threshold(count + 1)


@pytest.mark.parametrize("skew", [1, 6], ids=["even", "mostly calm"])
def test_shuffled_comments_raise_no_more_alarms_than_is_said(skew: int) -> None:
    # Of 2,000 and more: with a true rate of 5 %, more than 6.5 % comes less than once in a thousand seeds.
    source = random.Random(7)
    discussions = [[2 * source.random() ** skew for _ in range(source.randint(12, 90))] for _ in range(50)]
    measured = false_alarms(discussions, seed=3)
    assert measured.of >= 2_000
    assert measured.rate is not None
    assert measured.rate <= 0.065


def test_what_turns_raises_no_alarm_when_it_is_shuffled() -> None:
    turning = [drawn(15, 0.1, seed) + drawn(15, 0.9, seed + 100) for seed in range(20)]
    assert all(turn_of(each) for each in turning)
    measured = false_alarms(turning)
    assert measured.rate is not None
    assert measured.rate <= 0.065


def test_where_there_is_nothing_to_shuffle_no_rate_is_said() -> None:
    assert (false_alarms([[0.1] * 5]).rate, false_alarms([]).interval) == (None, None)


def test_the_rate_is_the_same_every_time_it_is_measured() -> None:
    discussions = [drawn(20, 0.3, seed) for seed in range(10)]
    assert false_alarms(discussions) == false_alarms(discussions)


def test_shuffling_leaves_the_discussions_as_they_are() -> None:
    discussion = drawn(20, 0.3, seed=1)
    kept = list(discussion)
    false_alarms([discussion])
    assert discussion == kept


def test_the_interval_holds_the_rate() -> None:
    found = FalseAlarms(5, 100)
    assert found.interval is not None
    low, high = found.interval
    assert (round(low, 3), round(high, 3)) == (0.022, 0.112)  # Wilson's, as published tables have it


def test_a_turn_says_how_hot_it_was() -> None:
    turn = turn_of([0.0] * 10 + [1.0] * 10)
    assert turn == Turn(10, 0.0, 1.0, pytest.approx(3.8, abs=0.6))
