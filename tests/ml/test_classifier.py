import threading
import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.comment import Reading, Scores
from service.domain.labels import KINDS, LABELS, OUTPUTS
from service.ml.artefacts import Shelf
from service.ml.classifier import Classifier
from service.ml.text import tokens
from tests.ml.small import READINGS, classifier
from tests.ml.test_language import FOREIGN

ENGLISH = Reading("The trial was small, and that is what they say about it.")
ANY_TEXT = st.text(st.characters(), max_size=300)


def small() -> Classifier:
    return classifier()


def one(text: str, parent: str | None = None, title: str | None = None) -> Scores:
    return small().score([Reading(text, parent, title)], evidence=True)[0]


def test_a_comment_scores_the_same_alone_and_among_others() -> None:
    assert small().score(READINGS) == [small().score([each])[0] for each in READINGS]


def test_a_long_batch_is_cut_without_a_trace() -> None:
    readings = [Reading("long " * 10_000), *READINGS] * 8
    assert small().score(readings)[-len(READINGS) :] == small().score(READINGS)


@given(st.lists(st.builds(Reading, ANY_TEXT, st.none() | ANY_TEXT, st.none() | ANY_TEXT), max_size=5))
def test_whatever_comes_scores_the_same_alone_and_among_others(readings: list[Reading]) -> None:
    assert small().score([*readings, ENGLISH]) == [small().score([each])[0] for each in [*readings, ENGLISH]]


def test_nothing_to_score_is_no_error() -> None:
    assert small().score([]) == []


@given(ANY_TEXT, st.none() | ANY_TEXT, st.none() | ANY_TEXT)
def test_whatever_comes_gets_probabilities_and_evidence_inside_the_text(
    text: str, parent: str | None, title: str | None
) -> None:
    scores = one(text, parent, title)
    assert scores.are_withheld or list(scores.probabilities) == list(LABELS)
    assert scores.are_withheld or list(scores.kinds) == list(KINDS)
    assert all(0 <= p <= 1 for p in [*scores.probabilities.values(), *scores.kinds.values()])
    for stretches in scores.evidence.values():
        assert len(stretches) <= 12
        ends = [0, *(each.end for each in stretches)]
        assert all(end <= each.start < each.end <= len(text) for end, each in zip(ends, stretches, strict=False))


ODD = [
    "", "\x00" * 9, "\ud800", "😀😀😀", "https://example.org/a?b=c", "a" * 20_000, "!" * 20_000, "😀" * 20_000,
    "you idiot " * 2_000, "No. " * 5_000, "é\u0301" * 10_000, "https://example.org/" + "a" * 20_000,
]  # fmt: skip


@pytest.mark.parametrize("text", ODD)
def test_odd_texts_get_a_score(text: str) -> None:
    scores = one(text)
    assert (list(scores.probabilities), list(scores.kinds)) == (list(LABELS), list(KINDS))


@pytest.mark.parametrize("text", [*ODD, "漢" * 20_000])
def test_no_text_takes_long_to_score_and_explain(text: str) -> None:
    one("You idiot")  # the first comment waits until all is compiled
    began = time.process_time()
    one(text, text, text)
    assert time.process_time() - began < 2


@given(ANY_TEXT, st.none() | ANY_TEXT, st.sampled_from(OUTPUTS))
def test_an_explanation_adds_up(text: str, parent: str | None, output: str) -> None:
    why = small().explain(Reading(text, parent), output)
    whole = why.base + sum(each.weight for each in why.words) + sum(why.traits.values())
    assert whole == pytest.approx(why.first, abs=1e-6)


@given(ANY_TEXT, st.sampled_from(OUTPUTS))
def test_an_explanation_says_what_every_word_of_the_text_adds(text: str, output: str) -> None:
    explained = [(each.start, each.end) for each in small().explain(Reading(text), output).words]
    assert explained == [(token.start, token.end) for token in tokens(text)]


@pytest.mark.parametrize("output", OUTPUTS)
def test_an_explanation_explains_the_score(output: str) -> None:
    scores = small().score_any(READINGS[0])
    assert small().explain(READINGS[0], output).probability == {**scores.probabilities, **scores.kinds}[output]


def test_what_the_comment_shows_as_a_whole_is_explained_by_name() -> None:
    assert (
        "echo"
        in small().explain(Reading("Sunlight prevents nothing", "Sunlight prevents relapses"), "sarcastic").traits
    )


@pytest.mark.parametrize(("language", "text"), [row for row in FOREIGN if row[0] in ("de", "fr", "ru", "zh")])
def test_of_another_language_it_says_which_and_gives_no_scores(language: str, text: str) -> None:
    assert one(text) == Scores("small-1", {}, language=language)


@pytest.mark.parametrize("text", ["", "Danke!", "😀😀😀😀😀😀", "👏🏽 👏🏽 👏🏽", "lol", "!!!", "\x00"])
def test_what_says_too_little_to_tell_its_language_is_scored(text: str) -> None:
    assert (one(text).are_withheld, one(text).language) == (False, None)


def test_to_measure_it_a_text_in_any_language_is_scored() -> None:
    assert list(small().score_any(Reading(FOREIGN[0][1])).probabilities) == list(LABELS)


def test_kinds_of_abuse_are_scored_and_never_called() -> None:
    scores = one("You are an idiot and a liar")
    assert list(scores.kinds) == list(KINDS)
    assert set(scores.labels) <= set(LABELS)
    assert scores.kinds["insult"] > one("Thank you for the explanation").kinds["insult"]


def test_without_a_second_reader_nothing_was_read_twice() -> None:
    assert not small().score([READINGS[0]], twice=True)[0].second_reader


@pytest.mark.parametrize("text", ["", "😀", "\x00", "a" * 20_000])
def test_a_text_that_says_nothing_carries_no_label(shelf: Shelf, text: str) -> None:
    assert shelf.current().score([Reading(text)])[0].labels == ()


@pytest.mark.parametrize(
    "text",
    ["Has anybody here tried FMT?", "A stool transplant is what helped me.", "Poo transplants! Why is nobody asking?"],
)
@pytest.mark.parametrize(
    ("title", "is_tangent"),
    [
        ("A new trial of ocrelizumab", True),
        ("Cladribine for the hands: what happens next", True),
        ("Faecal microbiota transplantation: what the trial found", False),
        ("FMT in MS, a small trial", False),
    ],
)
def test_stool_transplants_are_a_tangent_only_under_another_post(
    shelf: Shelf, text: str, title: str, is_tangent: bool
) -> None:
    assert ("fmt_tangent" in shelf.current().score([Reading(text, None, title)])[0].labels) is is_tangent


def test_labels_are_those_at_or_above_their_threshold() -> None:
    scores = one("You are an idiot and a liar")
    assert set(scores.labels) == {label for label, p in scores.probabilities.items() if p >= small().thresholds[label]}
    assert "abusive" in scores.labels


def test_the_insult_is_the_evidence() -> None:
    text = "Since you ask, you idiot, the trial was small."
    strongest = max(one(text).evidence["abusive"], key=lambda each: each.weight)
    assert "idiot" in text[strongest.start : strongest.end]


def test_evidence_is_only_worked_out_when_asked_for() -> None:
    assert small().score(READINGS)[0].evidence == {}


def test_threads_may_share_a_classifier() -> None:
    expected = small().score(READINGS)
    answers: list[list[Scores]] = []
    threads = [threading.Thread(target=lambda: answers.append(small().score(READINGS))) for _ in range(8)]
    _all(threads, threading.Thread.start)
    _all(threads, threading.Thread.join)
    assert answers == [expected] * 8


def _all(threads: list[threading.Thread], do: Callable[[threading.Thread], None]) -> None:
    for thread in threads:
        do(thread)
