from dataclasses import replace

import numpy as np
import pytest

from service.domain.comment import Reading
from service.ml.augmentation import joined, varied
from service.ml.corpora import OURS, Example

TOLD = Example(Reading("You are all idiots."), {"abusive": True, "spam": False}, "a:1", "a")
HARMLESS = [
    Example(Reading(f"I read page {number} twice."), {"abusive": False}, f"a:{number}", "a") for number in range(2, 60)
]
CONTEXT = Example(Reading("Poo transplants!", "No.", "A new drug"), {"fmt_tangent": True, "abusive": False}, "t")


def chance() -> np.random.Generator:
    return np.random.default_rng(1)


def test_an_attack_stays_one_among_harmless_words() -> None:
    made = joined([TOLD] * 60 + HARMLESS, chance())
    attacks = [each for each in made if "idiots" in each.reading.text]
    assert attacks
    assert all(each.labels["abusive"] for each in attacks)


def test_harmless_words_joined_are_harmless() -> None:
    made = joined(HARMLESS, chance())
    assert made
    assert all(each.labels == {"abusive": False} and each.reading.text.count("page") > 1 for each in made)


def test_what_is_not_known_of_every_part_is_not_known_of_the_whole() -> None:
    attacks = [each for each in joined([TOLD] * 60 + HARMLESS, chance()) if each.labels["abusive"]]
    assert attacks
    assert all("spam" not in each.labels for each in attacks)


def test_only_comments_of_one_corpus_are_joined() -> None:
    others = [replace(each, source="b", reading=Reading(each.reading.text.upper())) for each in HARMLESS]
    made = joined([*HARMLESS, *others], chance())
    assert {(each.source, each.reading.text.isupper()) for each in made} == {("a", False), ("b", True)}


def test_our_own_comments_are_not_joined() -> None:
    assert joined([replace(each, source=OURS) for each in HARMLESS], chance()) == []


def test_what_only_the_title_tells_is_not_asked_without_it() -> None:
    draws = chance()
    made = [varied(CONTEXT, draws) for _ in range(200)]
    assert {each.reading.post_title for each in made} == {None, "A new drug"}
    assert all(("fmt_tangent" in each.labels) == (each.reading.post_title is not None) for each in made)


def test_a_comment_is_shown_as_it_came_and_in_many_other_ways() -> None:
    draws = chance()
    example = replace(TOLD, reading=Reading("You are all idiots, and nobody wants you here."))
    made = [varied(example, draws) for _ in range(300)]
    assert {each.labels["abusive"] for each in made} == {True}
    texts = {each.reading.text for each in made}
    assert example.reading.text in texts
    assert len(texts) > 30


@pytest.mark.parametrize("text", ["", " ", "a", "ab", "abc", "You idiot, go away now please"])
def test_something_is_left_of_every_text(text: str) -> None:
    draws = chance()
    example = replace(TOLD, reading=Reading(text))
    assert all(bool(varied(example, draws).reading.text.strip()) == bool(text.strip()) for _ in range(200))


def test_the_same_seed_gives_the_same_comments() -> None:
    assert joined(HARMLESS, chance()) == joined(HARMLESS, chance())
    assert varied(CONTEXT, chance()) == varied(CONTEXT, chance())
