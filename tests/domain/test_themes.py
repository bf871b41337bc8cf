"""Themes found twice."""

from hypothesis import given
from hypothesis import strategies as st

from service.domain.themes import alike, called, found_again

COST = [("price", 0.8), ("insurer", 0.5), ("drug", 0.2)]
COST_AGAIN = [("insurer", 0.7), ("price", 0.7), ("list", 0.1)]
GUT = [("gut", 0.9), ("donor", 0.4), ("stool", 0.3)]

words = st.lists(st.tuples(st.sampled_from("abcdefgh"), st.floats(0.01, 1)), max_size=6, unique_by=lambda each: each[0])


def test_a_theme_is_called_by_its_own_words() -> None:
    assert called(COST) == "price, insurer, drug"


def test_the_same_theme_is_found_again() -> None:
    assert found_again([GUT, COST], [COST_AGAIN]) == {0: 1}


def test_another_theme_is_not() -> None:
    assert found_again([GUT], [COST]) == {}


def test_each_old_theme_is_found_once_by_the_one_most_like_it() -> None:
    assert found_again([COST], [COST_AGAIN, COST]) == {1: 0}


@given(words, words)
def test_likeness_is_the_same_both_ways(one: list[tuple[str, float]], other: list[tuple[str, float]]) -> None:
    assert alike(one, other) == alike(other, one)
    assert 0 <= alike(one, other) <= 1 + 1e-9


@given(st.lists(words.filter(bool), max_size=5))
def test_what_has_not_changed_is_found_again(themes: list[list[tuple[str, float]]]) -> None:
    assert all(alike(themes[was], themes[at]) > 0.99 for at, was in found_again(themes, themes).items())
    assert len(found_again(themes, themes)) == len(themes)
