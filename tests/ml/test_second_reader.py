"""The second reader: who is sent to it, and what it adds. It is that of the model in use."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.comment import Reading
from service.domain.labels import LABELS, OUTPUTS
from service.ml import artefacts, corpora
from service.ml.artefacts import Shelf
from service.ml.classifier import Classifier
from service.ml.second_reader import ALWAYS, OFF, UNSURE, Stack, _stretches, unsureness
from tests.ml import small

PROBABILITIES = st.lists(st.floats(0, 1), min_size=len(OUTPUTS), max_size=len(OUTPUTS)).map(np.array)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    small.save_with_encoder(folder)
    return folder


@pytest.fixture(scope="module")
def always(models: Path) -> Classifier:
    return artefacts.load(models, "small-1", ALWAYS)


@given(PROBABILITIES)
def test_to_be_unsure_is_a_share(probabilities: np.ndarray) -> None:
    assert 0 <= unsureness(probabilities, OUTPUTS) <= 1


@given(PROBABILITIES)
def test_yes_and_no_are_equally_sure(probabilities: np.ndarray) -> None:
    assert unsureness(probabilities, OUTPUTS) == pytest.approx(unsureness(1 - probabilities, OUTPUTS))


def test_it_matters_more_to_be_unsure_of_abuse_than_of_a_topic() -> None:
    abusive, cost = np.zeros(len(OUTPUTS)), np.zeros(len(OUTPUTS))
    abusive[OUTPUTS.index("abusive")] = cost[OUTPUTS.index("cost")] = 0.5
    assert unsureness(abusive, OUTPUTS) == 1
    assert unsureness(cost, OUTPUTS) == 0


def test_many_comments_are_as_unsure_as_each_by_itself() -> None:
    many = np.random.default_rng(1).random((20, len(OUTPUTS)))
    assert unsureness(many, OUTPUTS).tolist() == [float(unsureness(each, OUTPUTS)) for each in many]


def test_a_stack_is_read_from_what_was_kept() -> None:
    width = len(OUTPUTS)
    kept = {"first": [1.0] * width, "second": [2.0] * width, "offset": [-1.0] * width, "unsure_from": 0.3}
    stack = Stack.of(kept)
    assert set(stack(np.full(width, 1.0), np.full(width, 5.0))) == {10.0}
    assert stack.unsure_from == 0.3


@given(st.text(st.characters() | st.sampled_from(" .!?\n…a"), max_size=300))
def test_stretches_lie_in_the_text_one_after_another(text: str) -> None:
    found = _stretches(text)
    ends = [0, *(end for _, end in found)]
    assert all(end <= start < stop <= len(text) for end, (start, stop) in zip(ends, found, strict=False))
    assert len(found) <= 12


@pytest.mark.parametrize("text", ["One. Two! Three? Four…", "one two three four five", "One. Two.", "a" * 500])
def test_stretches_leave_out_no_word(text: str) -> None:
    assert "".join("".join(text[start:end].split()) for start, end in _stretches(text)) == "".join(text.split())


@pytest.mark.parametrize("text", ["", " \n", "\x00"])
def test_a_text_without_words_is_no_error(always: Classifier, text: str) -> None:
    assert always.score([Reading(text)], evidence=True)[0].second_reader


@pytest.mark.parametrize(
    ("mode", "twice", "expected"), [(ALWAYS, False, True), (OFF, True, False), (UNSURE, True, True)]
)
def test_the_mode_says_who_is_read_twice(models: Path, mode: str, twice: bool, expected: bool) -> None:
    scores = artefacts.load(models, "small-1", mode).score(small.READINGS[:3], twice=twice)
    assert {each.second_reader for each in scores} == {expected}


@pytest.mark.parametrize(
    ("mode", "twice", "expected"), [(UNSURE, False, False), (UNSURE, True, True), (ALWAYS, False, True)]
)
def test_who_is_read_twice_by_order_is_called_by_thresholds_made_for_that(
    tmp_path: Path, mode: str, twice: bool, expected: bool
) -> None:
    low, high = (dict.fromkeys(LABELS, value) for value in (0.0, 1.0))
    small.change_metrics(small.save_with_encoder(tmp_path), thresholds_together=high, thresholds_always=low)
    [scores] = artefacts.load(tmp_path, "small-1", mode).score(small.READINGS[:1], twice=twice)
    assert (scores.labels == tuple(LABELS)) is expected


def test_only_those_of_which_the_first_is_unsure_are_read_twice(models: Path) -> None:
    unsure, alone = artefacts.load(models, "small-1", UNSURE), small.classifier()
    readings = [each.reading for each in small.ours()[:60]]
    asked = [each.second_reader for each in unsure.score(readings)]
    said = [{**each.probabilities, **each.kinds} for each in map(alone.score_any, readings)]
    found = unsureness(np.array([[each[output] for output in OUTPUTS] for each in said]), OUTPUTS)
    assert asked == (found >= 0.5).tolist()
    assert set(asked) == {True, False}


def test_both_readers_together_say_what_the_stack_makes_of_them(always: Classifier) -> None:
    why = always.explain(small.READINGS[0], "abusive")
    assert why.second is not None
    assert why.probability == pytest.approx(1 / (1 + np.exp(-(why.first + why.second) / 2)))


def test_a_comment_is_read_the_same_in_any_company(always: Classifier) -> None:
    assert always.score(small.READINGS) == [always.score([each])[0] for each in small.READINGS]


def test_another_language_is_not_read_by_the_second_reader_either(always: Classifier) -> None:
    scores = always.score([Reading("Das ist eine sehr teure Behandlung und niemand bezahlt sie.")], twice=True)[0]
    assert (scores.are_withheld, scores.second_reader) == (True, False)


def test_what_tipped_the_scale_is_marked_and_lies_in_the_text(always: Classifier) -> None:
    found = [
        (reading, each)
        for reading in [each.reading for each in small.ours()[:40]]
        for stretches in always.explained(reading, always.score([reading], evidence=True)[0]).evidence.values()
        for each in stretches
    ]
    assert all(0 <= each.start < each.end <= len(reading.text) for reading, each in found)
    assert {each.tipped for _, each in found} == {True, False}


def test_why_the_second_reader_says_so_is_not_looked_for_while_somebody_waits(always: Classifier) -> None:
    every = [always.score([each.reading], evidence=True)[0] for each in small.ours()[:40]]
    assert any(scores.unexplained for scores in every)
    assert not [each for scores in every for found in scores.evidence.values() for each in found if each.tipped]


def test_a_stretch_weighs_what_both_readers_together_lose_of_the_second_without_it(always: Classifier) -> None:
    reading = Reading("The trial was small. You are an idiot and a liar. I read the page twice.")
    why = always.explain(reading, "abusive")
    assert why.second is not None
    assert why.tipped
    for each in why.tipped:
        without = replace(reading, text=reading.text[: each.start] + reading.text[each.end :])
        left = always.explain(without, "abusive").second
        assert left is not None
        assert each.weight == pytest.approx((why.second - left) / 2, abs=1e-6)


def test_at_most_one_in_five_of_our_comments_is_read_twice(shelf: Shelf) -> None:
    readings = [each.reading for each in corpora.own(small.TRAINING_DATA)[::20]]
    assert sum(each.second_reader for each in shelf.current().score(readings)) <= len(readings) / 5


def test_an_explanation_names_the_stretches_that_moved_the_second_reader(always: Classifier) -> None:
    reading = replace(
        small.READINGS[0], text="The trial was small. You are an idiot and a liar. I read the page twice."
    )
    strongest = max(always.explain(reading, "abusive").tipped, key=lambda each: each.weight)
    assert "idiot" in reading.text[strongest.start : strongest.end]
