"""The compiled functions against plain ones."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.ml import kernel, traits
from service.ml.text import alphabet, codes

BITS = 12
LOW = 2**BITS - 1
MOST = 0xFFFFFFFF


def fnv(word: str) -> int:
    value = 2166136261
    for each in word:
        value = (value ^ ord(each)) * 16777619 & MOST
    return value


def finalized(value: int) -> int:
    value = (value ^ value >> 16) * 0x85EBCA6B & MOST
    value = (value ^ value >> 13) * 0xC2B2AE35 & MOST
    return value ^ value >> 16


def test_the_plain_hash_is_the_published_one() -> None:
    # From the test vectors of RFC 9923 and of MurmurHash3.
    assert (fnv("a"), fnv("foobar"), finalized(1)) == (0xE40C292C, 0xBF9CF968, 0x514E28B7)


@pytest.mark.parametrize("word", ["", "a", "idiot", "microbiota", "n't", "漢字", "😀", "\ud800", "\U0010ffff" * 40])
def test_a_word_is_hashed_as_a_plain_function_does_it(word: str) -> None:
    assert int(kernel.hash_of(codes(word))) == finalized(fnv(word))


@given(st.text())
def test_every_word_is_hashed_as_a_plain_function_does_it(word: str) -> None:
    assert int(kernel.hash_of(codes(word))) == finalized(fnv(word))


@pytest.mark.parametrize(("one", "other"), [("stem", "cell"), ("stool", "transplant")])
def test_a_pair_is_not_the_pair_turned_around(one: str, other: str) -> None:
    first, second = (kernel.hash_of(codes(each)) for each in (one, other))
    assert kernel.joined(first, second) != kernel.joined(second, first)


def test_a_word_its_beginning_and_a_phrase_are_kept_apart() -> None:
    word = codes("transplant")
    assert len({kernel.hash_of(word), kernel.beginning_of(word), kernel.phrase_of(kernel.hash_of(word))}) == 3


@pytest.mark.parametrize("text", ["cat", "a", "the cat sat", "You IDIOT!!!", "see https://a.org now"])
def test_the_columns_are_those_of_words_pairs_and_stretches_of_letters(text: str) -> None:
    cut = kernel.cut(codes(text), alphabet())
    hashed = kernel.hashes(cut)
    pairs = [int(kernel.joined(one, other)) & LOW for one, other in pairwise(hashed)]
    stretches = [
        2**BITS + (finalized(fnv(padded[at : at + size])) & LOW)
        for padded in padded_words(cut)
        for size in (2, 3, 4, 5)
        for at in range(len(padded) - size + 1)
    ]
    expected = Counter([*(int(each) & LOW for each in hashed), *pairs, *stretches])
    assert Counter(kernel.columns(cut, hashed, BITS)[0].tolist()) == expected


def padded_words(cut: kernel.Cut) -> list[str]:
    spelled = "".join(map(chr, cut.spelled))
    spans = zip(cut.begin, cut.size, cut.sort, strict=True)
    return [f" {spelled[begin : begin + size]} " for begin, size, sort in spans if sort == kernel.WORD]


@given(st.lists(st.integers(0, 20) | st.integers(0, 2**18)))
def test_it_counts_as_a_counter_does(column: list[int]) -> None:
    unique, times = kernel.counted(np.array(column, np.int32))
    assert dict(zip(unique.tolist(), times.tolist(), strict=True)) == Counter(column)
    assert unique.tolist() == list(dict.fromkeys(column))


def test_of_nothing_there_is_nothing_to_say() -> None:
    cut = kernel.cut(codes(""), alphabet())
    hashed = kernel.hashes(cut)
    masks = kernel.marked(cut, hashed, traits.lexicon())
    assert (len(hashed), len(masks), kernel.notice(codes(""), cut, masks), kernel.all_of(masks)) == (0, 0, 0, 0)
    assert [len(each) for each in kernel.columns(cut, hashed, BITS)] == [0, 0, 0]
    assert [len(each) for each in kernel.counted(np.empty(0, np.int32))] == [0, 0]
    assert len(kernel.long_words(cut, hashed)) == 0
    assert kernel.surroundings(codes(""), alphabet(), traits.lexicon())[0] == 0
