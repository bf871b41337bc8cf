"""The reasons that a site's moderators choose from."""

import pytest

from service.domain.reasons import DEFAULT_REASONS, LONGEST_SENTENCE, MOST, CannedReason, ReasonRefused, checked


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("", "A sentence."), ("  ", "A sentence."), ("n" * 61, "A sentence."), ("Rude", "s" * (LONGEST_SENTENCE + 1))],
)
def test_a_reason_that_cannot_be_is_refused(name: str, sentence: str) -> None:
    with pytest.raises(ReasonRefused):
        CannedReason(name, sentence)


@pytest.mark.parametrize(("name", "sentence"), [("n", ""), ("n" * 60, "s" * LONGEST_SENTENCE)])
def test_a_reason_may_be_short_or_long(name: str, sentence: str) -> None:
    assert CannedReason(name, sentence).name == name


def test_a_refusal_says_what_to_write() -> None:
    with pytest.raises(ReasonRefused, match="Write at most 1000"):
        CannedReason("Rude", "s" * 1001)


def test_there_is_a_digit_for_every_reason() -> None:
    nine = [CannedReason(str(number), "") for number in range(MOST)]
    assert checked(nine) == nine
    with pytest.raises(ReasonRefused, match="There are 10 reasons"):
        checked([*nine, CannedReason("ten", "")])


@pytest.mark.parametrize("other", ["Rude", "rude ", " RUDE"])
def test_two_reasons_of_one_name_are_refused(other: str) -> None:
    with pytest.raises(ReasonRefused, match="Two reasons are called “rude”"):
        checked([CannedReason("Rude", "One."), CannedReason(other, "Another.")])


def test_a_site_may_have_no_reasons_at_all() -> None:
    assert checked([]) == []


def test_what_a_site_begins_with_is_in_order() -> None:
    assert checked(DEFAULT_REASONS) == list(DEFAULT_REASONS)
    assert all(each.sentence for each in DEFAULT_REASONS)
