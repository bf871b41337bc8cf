"""Whether topics and tones go together."""

import random

import pytest

from service.domain.association import fisher, table


def one(both: int, of_topic: int, of_tone: int, of: int) -> object:
    [cell] = table(["cost"], ["abusive"], {"cost": of_topic, "abusive": of_tone}, {("cost", "abusive"): both}, of)
    return cell


def test_what_goes_together_is_found() -> None:
    [cell] = table(["cost"], ["abusive"], {"cost": 100, "abusive": 60}, {("cost", "abusive"): 30}, 1000)
    assert cell.odds_ratio == pytest.approx(12.4, abs=0.3)
    assert cell.is_found


def test_what_does_not_is_not() -> None:
    [cell] = table(["cost"], ["abusive"], {"cost": 100, "abusive": 60}, {("cost", "abusive"): 6}, 1000)
    assert cell.low is not None
    assert cell.high is not None
    assert (cell.low < 1 < cell.high, cell.is_found) == (True, False)


def test_the_shares_beside_an_odds_ratio_are_those_of_the_comments() -> None:
    [cell] = table(["cost"], ["abusive"], {"cost": 100, "abusive": 60}, {("cost", "abusive"): 30}, 1000)
    assert (cell.share_on, cell.share_off) == (0.3, pytest.approx(30 / 900))


@pytest.mark.parametrize("counts", [(0, 0, 0, 0), (2, 20, 20, 1000), (3, 3, 500, 1000), (999, 999, 1000, 1000)])
def test_small_cells_say_nothing(counts: tuple[int, int, int, int]) -> None:
    cell = one(*counts)
    assert (cell.is_enough, cell.p_value, cell.is_found) == (False, None, False)  # type: ignore[attr-defined]


def test_fishers_test_gives_what_is_published() -> None:
    # The lady tasting tea (Fisher, 1935): three of four cups right.
    assert fisher(3, 4, 4, 8) == pytest.approx(34 / 70)


def test_where_nothing_goes_together_little_is_found() -> None:
    source, found = random.Random(5), 0
    for _ in range(100):
        single = {"a": 0, "b": 0, "c": 0, "x": 0, "y": 0}
        both: dict[tuple[str, str], int] = {}
        for _comment in range(400):
            called = {each for each in single if source.random() < 0.2}
            for each in called:
                single[each] += 1
            for pair in ((t, o) for t in "abc" for o in "xy"):
                both[pair] = both.get(pair, 0) + called.issuperset(pair)
        found += any(cell.is_found for cell in table("abc", "xy", single, both, 400))
    assert found <= 10  # of 100 tables at most five are to be expected; more than ten come once in a hundred seeds
