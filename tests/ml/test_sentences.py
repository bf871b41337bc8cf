"""Where sentences begin and end."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.ml.sentences import MOST, sentences


def cut(text: str) -> list[str]:
    return [text[each.start : each.end] for each in sentences(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three? Four", ["One.", "Two!", "Three?", "Four"]),
        ("  Thank you,\n\nDr. Lopez.  \n", ["Thank you,", "Dr. Lopez."]),
        ("I have MS. It hurts.", ["I have MS.", "It hurts."]),
        ("J. Smith said so. So did I. Indeed.", ["J. Smith said so.", "So did I.", "Indeed."]),
        (
            "He said “go away.” Then he went...  and came back",
            ["He said “go away.”", "Then he went...", "and came back"],
        ),
        ("EDSS of 3.5 is 1.0 less", ["EDSS of 3.5 is 1.0 less"]),
        ("What?! No.", ["What?!", "No."]),
        ("no marks at all", ["no marks at all"]),
        ("", []),
        (" \n\t", []),
    ],
)
def test_a_text_is_cut_where_its_sentences_end(text: str, expected: list[str]) -> None:
    assert cut(text) == expected


@given(st.text(st.characters(codec=None) | st.sampled_from(".!?\n \"'")))
def test_the_sentences_hold_all_that_is_said_in_its_order(text: str) -> None:
    assert "".join("".join(cut(text)).split()) == "".join(text.split())


@given(st.text(st.sampled_from("a.! \n")))
def test_no_sentence_begins_or_ends_with_white_space(text: str) -> None:
    assert all(each == each.strip() != "" for each in cut(text))


def test_the_last_stretch_holds_what_is_beyond_the_most() -> None:
    found = cut("Yes. " * (MOST + 10))
    assert (len(found), found[-1]) == (MOST, " ".join(["Yes."] * 11))


@pytest.mark.parametrize("text", ["." * 20_000 + "x", ".)" * 10_000 + "x", "\n" * 20_000, "a" * 20_000, "a.b" * 7_000])
def test_no_text_makes_it_slow(text: str) -> None:
    began = time.process_time()
    sentences(text)
    assert time.process_time() - began < 0.5
