"""What is more than chance, where much is compared at once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.significance import holm, is_more_than_chance

P_VALUES = st.lists(st.none() | st.floats(0, 1), max_size=12)


def test_holms_correction_gives_what_is_published() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_holm_multiplies_the_smallest_by_how_many_there_are() -> None:
    assert holm([0.04, 0.01, None, 0.5]) == pytest.approx([0.08, 0.03, None, 0.5])


@given(P_VALUES)
def test_a_corrected_p_value_is_never_smaller_and_keeps_the_order(p_values: list[float | None]) -> None:
    pairs = sorted((p, q) for p, q in zip(p_values, holm(p_values), strict=True) if p is not None and q is not None)
    assert all(p <= q <= 1 for p, q in pairs)
    assert [q for _, q in pairs] == sorted(q for _, q in pairs)


@given(P_VALUES)
def test_what_is_no_comparison_stays_none_and_counts_for_none(p_values: list[float | None]) -> None:
    known = [p for p in p_values if p is not None]
    assert [p for p in holm(p_values) if p is not None] == holm(known)


@pytest.mark.parametrize(("p_value", "found"), [(None, False), (0.051, False), (0.049, True), (0.0, True)])
def test_one_in_twenty_is_chance(p_value: float | None, found: bool) -> None:
    assert is_more_than_chance(p_value) is found
