"""Discussions put together from labelled comments, where they are at hand: what turns is found as often as we say."""

import random

import pytest

from benchmarks import discussion
from service.domain.temperature import false_alarms, turn_of

pytestmark = pytest.mark.skipif(not discussion.EVAL.exists(), reason="no ../shared/corpora/eval here")

COUNT, DISCUSSIONS = 96, 100


@pytest.fixture(scope="module")
def pools() -> tuple[discussion.Pool, discussion.Pool]:
    """Return some newspaper comments' heats, by the model and by the labels themselves."""
    return discussion.pools("news_comments", most=1200)


def found(pool: discussion.Pool, share: float) -> float:
    """Return in how many of the discussions with such a turn one is found."""
    source = random.Random(1)
    made = (discussion.threads(pool, source, COUNT, share)[1] for _ in range(DISCUSSIONS))
    return sum(turn_of(each) is not None for each in made) / DISCUSSIONS


def test_most_long_discussions_that_turn_badly_are_found(pools: tuple[discussion.Pool, discussion.Pool]) -> None:
    # 72 of 100 in the benchmark's figures; fewer than 50 would come less than once in a hundred thousand seeds.
    assert found(pools[0], 0.75) >= 0.5


def test_with_a_model_that_made_no_mistakes_all_would_be(pools: tuple[discussion.Pool, discussion.Pool]) -> None:
    assert found(pools[1], 0.75) >= 0.95


def test_where_nothing_turns_no_more_alarms_are_raised_than_is_said(
    pools: tuple[discussion.Pool, discussion.Pool],
) -> None:
    source = random.Random(2)
    steady = [discussion.threads(pools[0], source, 48, pools[0].natural)[1] for _ in range(DISCUSSIONS)]
    measured = false_alarms(steady)
    assert measured.rate is not None
    assert measured.rate <= 0.065
