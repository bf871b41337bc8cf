"""Shares, estimated: they hold what was planted, stand still where nothing changed, and say nothing without checks."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.tally import BINS, EDGES, Checked, Scored, Stratum
from service.flows.estimates import change_of, shares_of
from service.ml import shares
from service.ml.shares import FEWEST_CHECKED, Counts

PLANTED = (0.05, 0.05, 0.06, 0.08, 0.1, 0.12, 0.1, 0.08, 0.06, 0.05)
A_WEEK = 1000


def archive(
    seed: int,
    planted: Sequence[float] = PLANTED,
    checked: Sequence[float] | float = 0.2,
    apart: Sequence[float] | float = 2.0,
    sampling: Sequence[int] | None = None,
) -> Counts:
    """Return an archive with these shares exactly, read by a model whose log-odds lie so far apart."""
    chance = np.random.default_rng(seed)
    counts = Counts.of(len(planted), sampling)
    for week, share in enumerate(planted):
        part = checked if isinstance(checked, float) else checked[week]
        distance = apart if isinstance(apart, float) else apart[week]
        for is_it, many in ((True, round(share * A_WEEK)), (False, A_WEEK - round(share * A_WEEK))):
            log_odds = chance.normal(-3 + distance * is_it, 1, many)
            bins = np.searchsorted(EDGES, 1 / (1 + np.exp(-log_odds)), side="right")
            is_checked = chance.random(many) < part
            counts.comments[week, 0] += np.bincount(bins, minlength=BINS)
            (counts.yes if is_it else counts.no)[week, 0] += np.bincount(bins[is_checked], minlength=BINS)
            counts.called[week] += (log_odds > -1).sum()
    return counts


def holding(archives: Sequence[Counts], planted: Sequence[float] = PLANTED) -> float:
    """Return how many of the intervals hold what was planted."""
    found = [pair for each in archives for pair in zip(weekly(each), planted, strict=True)]
    return float(np.mean([share.low <= truth <= share.high for share, truth in found]))


def weekly(counts: Counts) -> list[shares.Interval]:
    """Return the shares of all weeks, each of which has one."""
    found = shares_of({"a-model": counts}, range(len(counts.volume))).shares
    assert all(each.value is not None for each in found)
    return [shares.Interval(each.value or 0.0, each.low or 0.0, each.high or 0.0) for each in found]


@pytest.mark.parametrize("checked", [0.05, 0.2])
def test_the_intervals_hold_what_was_planted(checked: float) -> None:
    assert holding([archive(seed, checked=checked) for seed in range(30)]) >= 0.93


def test_they_hold_it_where_the_model_gets_worse_in_the_middle() -> None:
    worse = [2.5] * 5 + [0.8] * 5
    assert holding([archive(seed, apart=worse) for seed in range(30)]) >= 0.9


def test_what_was_measured_is_believed_where_the_model_gets_worse() -> None:
    steady, worse = archive(1), archive(1, apart=[2.5, 0.8] * 5)
    assert shares.drift_of(worse) > shares.drift_of(steady)
    assert shares.estimate(worse, shares.drift_of(worse)).own.mean() > 0.3


MORE_IN_SOME = (0.4, 0.4, *[0.02] * 8)
"""Of the first two weeks, in which there is least of it, far more was drawn to be checked."""
SAMPLED = (1, 1, *[0] * 8)


def whole(counts: Counts) -> shares.Interval:
    """Return the share of all weeks together."""
    [found] = shares_of({"a-model": counts}, [0] * len(counts.volume)).shares
    assert found.value is not None
    return shares.Interval(found.value, found.low or 0.0, found.high or 0.0)


def test_a_time_of_which_more_was_drawn_does_not_stand_for_the_others() -> None:
    truth = float(np.mean(PLANTED))
    found = [whole(archive(seed, checked=MORE_IN_SOME, apart=0.5, sampling=SAMPLED)) for seed in range(60)]
    pooled = [whole(archive(seed, checked=MORE_IN_SOME, apart=0.5)) for seed in range(40)]
    assert np.mean([each.low <= truth <= each.high for each in found]) >= 0.88
    assert np.mean([each.low <= truth <= each.high for each in pooled]) <= 0.5


def test_where_all_were_sampled_alike_it_makes_no_difference_how_that_is_numbered() -> None:
    assert whole(archive(1)) == whole(archive(1, sampling=[7] * 10))


def test_a_real_change_of_three_points_is_found() -> None:
    planted = [0.05] * 5 + [0.08] * 5
    halves = [0] * 5 + [1] * 5
    found = [change_of("spam", shares_of({"m": archive(seed, planted, apart=3.0)}, halves)) for seed in range(20)]
    assert sum(each.p_value is not None and each.p_value < 0.05 for each in found) >= 18


def test_where_nothing_changed_a_change_is_seldom_found() -> None:
    halves = [0] * 5 + [1] * 5
    found = [change_of("spam", shares_of({"m": archive(seed, [0.05] * 10)}, halves)) for seed in range(40)]
    assert sum(each.p_value is not None and each.p_value < 0.05 for each in found) <= 4


def test_nothing_is_said_with_too_few_checked_and_the_count_stays() -> None:
    few = archive(1, checked=0.01)
    assert few.checked.sum() < FEWEST_CHECKED
    found = shares_of({"a-model": few}, range(10)).shares
    assert all(each.value is None and each.of == A_WEEK and each.counted > 0 for each in found)


def test_nothing_is_said_of_a_period_with_a_handful_of_comments() -> None:
    counts = archive(1)
    for each in (counts.comments, counts.yes, counts.no):
        each[3] = np.minimum(each[3], 1)
    found = shares_of({"a-model": counts}, range(10)).shares
    assert [each.value is None for each in found] == [at == 3 for at in range(10)]


def test_where_none_is_found_the_share_is_small_and_not_said_to_be_nothing() -> None:
    [share] = shares_of({"a-model": archive(1, [0.0] * 10)}, [0] * 10).shares
    assert share.low == 0
    assert share.high is not None
    assert 0.0005 < share.high < 0.01


def test_where_all_is_checked_the_share_is_what_was_found() -> None:
    found = weekly(archive(1, checked=1.1))
    assert [each.value for each in found] == pytest.approx(PLANTED, abs=0.003)


def test_more_that_is_checked_never_widens_by_much() -> None:
    widths = [
        np.mean([each.high - each.low for seed in range(8) for each in weekly(archive(seed, checked=part))])
        for part in (0.05, 0.1, 0.2, 0.4)
    ]
    assert all(later <= earlier * 1.05 for earlier, later in pairwise(widths))


def test_people_who_check_more_of_what_is_held_do_not_move_the_share() -> None:
    """Half of what scores high is held, and all of that is checked; of the rest a tenth."""
    found = []
    for seed in range(12):
        counts = archive(seed, checked=0.1)
        held = np.zeros_like(counts.comments[:, 0])
        held[:, 12:] = counts.comments[:, 0, 12:] - counts.yes[:, 0, 12:] - counts.no[:, 0, 12:]
        full = archive(seed, checked=1.1)
        part = held / np.maximum(full.comments[:, 0], 1)
        counts.comments[:, 0] -= held
        counts.comments[:, 1] += held
        counts.yes[:, 1], counts.no[:, 1] = full.yes[:, 0] * part, full.no[:, 0] * part
        found += [each.value - truth for each, truth in zip(weekly(counts), PLANTED, strict=True)]
    assert abs(np.mean(found)) < 0.01


def test_two_models_are_each_put_right_by_their_own_errors() -> None:
    good, bad = archive(1, apart=3.0), archive(2, apart=1.0)
    for each in (good.comments, good.yes, good.no):
        each[5:] = 0
    for each in (bad.comments, bad.yes, bad.no):
        each[:5] = 0
    found = shares_of({"good": good, "bad": bad}, range(10)).shares
    assert [each.of for each in found] == [A_WEEK] * 10
    assert all((each.low or 1) <= truth <= (each.high or 0) for each, truth in zip(found, PLANTED, strict=True))


@given(st.permutations(range(10)))
def test_the_order_of_the_weeks_does_not_matter_where_nothing_drifts(order: list[int]) -> None:
    counts = archive(3)
    moved = Counts(*(each[order] for each in counts[:4]), *counts[4:])
    here, there = shares.estimate(counts, 0.0), shares.estimate(moved, 0.0)
    assert there.values == pytest.approx(here.values[order], abs=1e-5)


def test_two_halves_add_up_to_the_whole_in_counts() -> None:
    counts = archive(1)
    halves, whole = counts.joined([0] * 4 + [1] * 6), counts.joined([0] * 10)
    assert all(two.sum() == pytest.approx(one.sum()) for two, one in zip(halves[:4], whole[:4], strict=True))


def test_counting_up_puts_each_comment_into_its_place() -> None:
    counts = Counts.of(2)
    counts.add(Scored(1, False, "m", Stratum.HELD, "spam", 3, comments=5, called=2))
    for period in (1, None):
        counts.check(Checked(period, False, "m", Stratum.HELD, "spam", 3, is_it=True))
    assert (counts.comments[1, Stratum.HELD, 3], counts.called[1], counts.yes[1, 1, 3], counts.yes_elsewhere[3]) == (
        5,
        2,
        1,
        1,
    )


@given(st.floats(0, 1), st.floats(0, 0.25), st.floats(1, 1e6))
def test_an_interval_lies_between_nothing_and_all_and_has_its_value(
    value: float, variance: float, comments: float
) -> None:
    found = shares.interval(value, variance, comments)
    assert 0 <= found.low <= found.value <= found.high <= 1
