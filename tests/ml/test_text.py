import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.ml.text import LONGEST, Token, dedupe_key, tokens

ANY_TEXT = st.text(st.characters(), max_size=400)
UNSEEN = ["\u200b", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u034f", "\ufe0f", "\u202e", "\U000e0061", "\U000e0100"]


def words(text: str) -> list[str]:
    return [token.word for token in tokens(text)]


@given(ANY_TEXT)
def test_every_word_lies_inside_the_original_text_and_after_the_one_before(text: str) -> None:
    end = 0
    for token in tokens(text):
        assert end <= token.start < token.end <= len(text)
        assert token.word
        end = token.end


@given(st.text("½⅓™℅…ﬁß㎎ a1.", max_size=60))
def test_what_one_character_is_written_out_as_is_in_one_place(text: str) -> None:
    found = tokens(text)
    assert all(one.end <= other.start for one, other in pairwise(found))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("You IDIOT!!!!", ["you", "idiot", "!!"]),
        ("so\u200bft hy\u00adphen", ["soft", "hyphen"]),
        ("Ïdïót", ["idiot"]),
        ("soooooo tired", ["soo", "tired"]),
        ("don’t", ["don't"]),
        ("£40,000 a year", ["£", "<number>", "a", "year"]),
        ("see https://example.org/a?b=c now", ["see", "<url>", "now"]),
        ("at cheap-pills.com today", ["at", "<url>", "today"]),
        ("mail me@example.org, @anna", ["mail", "<email>", "<user>"]),
        ("why??? really…", ["why", "??", "really", "…"]),
        ("😀😀", ["😀", "😀"]),
        ("one\ttwo\nthree\rfour", ["one", "two", "three", "four"]),
        ("one\x0btwo\x0cthree\x85four\u2028five\u3000six", ["one", "two", "three", "four", "five", "six"]),
        ("\x00\x00", []),
        ("\ud800", []),
        ("", []),
    ],
)
def test_it_reads_words_and_telling_marks(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@pytest.mark.parametrize(
    ("disguised", "plain"),
    [
        ("1d10t", "idiot"),
        ("id!ot", "idiot"),
        ("m0r0n", "moron"),
        ("5tup1d", "stupid"),
        ("5h33p", "sheep"),
        ("y0ur53lf", "yourself"),
        ("a$$", "ass"),
        ("w@nker", "wanker"),
        ("i d i o t", "idiot"),
        ("I  D  I  O  T", "idiot"),
        ("s.t.u.p.i.d", "stupid"),
        ("l-o-s-e-r", "loser"),
        ("m_o_r_o_n", "moron"),
        ("i\u200b \u200bd\u200b \u200bi\u200b \u200bo\u200b \u200bt", "idiot"),
        ("f*ck", "fuck"),
        ("F***", "fuck"),
        ("sh**", "shit"),
        ("b*tch", "bitch"),
        ("c**t", "cunt"),
        ("\u0456\u0501\u0456\u043et", "idiot"),
        ("\u041c\u043er\u043en", "moron"),
        ("ΙDΙΟΤ", "idiot"),
        ("ꜱᴛᴜᴘɪᴅ", "stupid"),
        ("mo\u00adron", "moron"),
        ("i\u200bd\u200bi\u200bo\u200bt", "idiot"),
        ("i\U000e0064d\U000e0100iot", "idiot"),
    ],
)
def test_a_disguise_is_read_as_the_plain_word_and_its_place_is_kept(disguised: str, plain: str) -> None:
    begin = len("😀 Das ")
    found = tokens(f"😀 Das {disguised} now")
    assert found[1:] == [
        Token("das", 2, 5),
        Token(plain, begin, begin + len(disguised)),
        Token("now", begin + len(disguised) + 1, begin + len(disguised) + 4),
    ]


@pytest.mark.parametrize("first", ["ａ", "Ａ", "𝐚", "𝐀", "𝓪", "𝓐", "𝖆", "𝕬", "𝚊", "𝙰", "𝗮", "𝗔", "ⓐ", "Ⓐ", "🄰"])
def test_letters_in_another_style_are_read_as_plain_ones(first: str) -> None:
    assert words("".join(chr(ord(first) + ord(each) - ord("a")) for each in "stupid")) == ["stupid"]


@given(st.text(max_size=60), st.integers(0, 60), st.sampled_from(UNSEEN))
def test_what_nobody_sees_changes_no_word(text: str, place: int, unseen: str) -> None:
    text = "".join(each for each in text if each not in UNSEEN)
    hidden = text[:place] + unseen + text[place:]
    assert words(hidden) == words(text)
    assert [hidden[each.start : each.end].replace(unseen, "") for each in tokens(hidden)] == [
        text[each.start : each.end] for each in tokens(text)
    ]


@pytest.mark.parametrize("hand", ["👍🏻", "👍🏽", "👍🏿"])
def test_a_hand_is_a_hand_whatever_its_skin(hand: str) -> None:
    assert tokens(f"{hand} ok") == [Token("👍", 0, 1), Token("ok", 3, 5)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("20mg", ["<number>", "mg"]),
        ("5th", ["5", "th"]),
        ("1st", ["1", "st"]),
        ("10am", ["<number>", "am"]),
        ("1h30min", ["1", "h", "<number>", "min"]),
        ("B12", ["b12"]),
        ("T2", ["t2"]),
        ("covid19", ["covid19"]),
        ("*word*", ["word"]),
        ("*not*", ["not"]),
        ("**that**", ["that"]),
        ("**not**", ["not"]),
        ("wow!that", ["wow", "!", "that"]),
        ("e.g.", ["e", "g"]),
        ("US$500", ["us", "$", "<number>"]),
        ("US$5m", ["us", "$", "5", "m"]),
        ("NZ$40k", ["nz", "$", "<number>", "k"]),
        ("£40k", ["£", "<number>", "k"]),
        ("vitamins A, D, E, K", ["vitamins", "a", "d", "e", "k"]),
        ("J. R. Smith", ["j", "r", "smith"]),
        ("24/7", ["<number>", "7"]),
        ("p<0.05", ["p", "<number>"]),
    ],
)
def test_what_is_no_disguise_is_read_as_it_is(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_a_run_of_letters_is_cut_but_not_lost() -> None:
    found = tokens("漢字" * 50)
    assert [token.end - token.start for token in found] == [40, 40, 20]


@pytest.mark.parametrize("unit", ["…", "½", "ﷺ", "㋿", "⅓"])
def test_what_stands_after_many_characters_that_are_written_out_is_read_too(unit: str) -> None:
    assert words(unit * 200 + " you idiot")[-2:] == ["you", "idiot"]


def test_copies_have_the_same_key_whatever_their_links_and_marks() -> None:
    assert dedupe_key("Great post!! https://a.example.org") == dedupe_key("great  POST…")


def test_copies_have_the_same_key_whatever_their_case_accents_and_disguise() -> None:
    assert dedupe_key("I\u200bDÍOT 1d10t") == dedupe_key("idiot idiot")


@pytest.mark.parametrize(
    "unit",
    [
        "a", "-", "a.", "x'", "@", "!", "http://", "é", "\u0301", "1,", "🤡", "a@", "\x00", "£", "a-", "a ", "a*", "*",
        "a$", "1a", "a+", "www.", "a_", "…", "½", "a.a-", "漢",
    ],
)  # fmt: skip
def test_no_text_takes_long(unit: str) -> None:
    tokens(unit)  # the first text waits until all is compiled
    began = time.process_time()
    tokens(unit * (LONGEST // len(unit)))
    assert time.process_time() - began < 2
