"""What an edit changed: both texts can be read out of it, it is short where little changed, and it takes no time."""

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.changes import Change, changes, shares_most_words

ANY_TEXT = st.text(st.sampled_from("ab ,.\n\tñ\ud800🙂")) | st.text(st.characters(codec=None), max_size=40)

HOSTILE = [
    ("ab " * 700, "ab  " * 700),
    ("a b c " * 1500, "c b a " * 1500),
    ("a " * 10_000, "a " * 9_999 + "b"),
    ("a\n" * 10_000, "b\n" * 10_000),
    ("a\nb\n" * 5_000, "b\na\n\n" * 4_000),
    ("!" * 20_000, "?" * 20_000),
    ("a" * 20_000, ""),
]


def read(before: str, after: str) -> list[tuple[str, str]]:
    return [(each.change.value, each.text) for each in changes(before, after)]


@given(before=ANY_TEXT, after=ANY_TEXT)
def test_both_texts_can_be_read_out_of_their_changes(before: str, after: str) -> None:
    found = changes(before, after)
    assert "".join(each.text for each in found if each.change is not Change.ADDED) == before
    assert "".join(each.text for each in found if each.change is not Change.REMOVED) == after


@given(before=ANY_TEXT, after=ANY_TEXT)
def test_no_stretch_is_empty_and_no_two_of_a_kind_stand_together(before: str, after: str) -> None:
    found = changes(before, after)
    assert all(each.text for each in found)
    assert all(one.change is not other.change for one, other in pairwise(found))


@given(ANY_TEXT)
def test_a_text_does_not_differ_from_itself(text: str) -> None:
    assert read(text, text) == ([("same", text)] if text else [])


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("", "", []),
        ("", "new", [("added", "new")]),
        ("old", "", [("removed", "old")]),
        ("I like it.", "I liked it.", [("same", "I "), ("removed", "like"), ("added", "liked"), ("same", " it.")]),
        ("a b", "a x b", [("same", "a "), ("added", "x "), ("same", "b")]),
        ("to a@b.org!", "to [gone]!", [("same", "to "), ("removed", "a@b.org"), ("added", "[gone]"), ("same", "!")]),
    ],
)
def test_an_edit_is_shown_by_words(before: str, after: str, expected: list[tuple[str, str]]) -> None:
    assert read(before, after) == expected


def test_a_long_text_in_which_a_word_changed_is_still_shown_by_words() -> None:
    text = "word and another " * 1_500
    assert [each for each in read(text + "old " + text, text + "new " + text) if each[0] != "same"] == [
        ("removed", "old"),
        ("added", "new"),
    ]


def test_what_was_rewritten_at_length_is_compared_line_by_line() -> None:
    lines = ["one two three " * 40 + f"{number}\n" for number in range(20)]
    rewritten = ["x " + each if each.endswith(("1\n", "8\n")) else each for each in lines]
    found = read("".join(lines), "".join(rewritten))
    assert [text for _, text in found if text in (lines[8], rewritten[8])] == [lines[8], rewritten[8]]


@pytest.mark.parametrize(("before", "after"), HOSTILE)
def test_no_edit_takes_long_to_show(before: str, after: str) -> None:
    started = time.process_time()
    changes(before, after)
    assert time.process_time() - started < 1


@pytest.mark.parametrize(
    ("before", "after", "wanted"),
    [
        ("I have MS too", "I have MS, too", True),
        ("I have had MS for ten years", "I have had MS for twelve years", True),
        ("yes", "YES", True),
        ("yes", "no", False),
        ("yes yes yes", "yes", False),
        ("", "", False),
    ],
)
def test_an_edit_keeps_most_words(before: str, after: str, wanted: bool) -> None:
    assert shares_most_words(before, after) is wanted
