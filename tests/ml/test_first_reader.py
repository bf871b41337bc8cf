"""The first reader: quick, and the same as the pipeline that was fitted."""

import time
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit
from sklearn.pipeline import Pipeline

from service.domain.comment import Reading
from service.domain.labels import OUTPUTS
from service.ml.artefacts import Shelf
from service.ml.features import BlockWeights, CommentReader
from service.ml.first_reader import FirstReader
from service.ml.pipeline import StackedLogistic
from tests.ml import small

SOME_WORDS = st.lists(
    st.sampled_from(
        ["you", "idiot", "thank", "FMT", "stool", "HSCT", "risk", "not", "called", "me", "£5", "BRILLIANT", "1d10t",
         "muslim", "fuck", "https://a.org", "?", "!!", "...", "😀", "½", "i", "d", "love", "yes"]
    ),
    max_size=30,
).map(" ".join)  # fmt: skip
ANY_TEXT = st.text(st.characters(), max_size=300) | SOME_WORDS
READING = st.builds(Reading, ANY_TEXT, st.none() | ANY_TEXT, st.none() | ANY_TEXT)


@cache
def reader() -> FirstReader:
    return FirstReader(small.trained().pipeline)


def probabilities(first: FirstReader, reading: Reading) -> np.ndarray:
    return expit(first.read(reading).log_odds * first.slopes + first.offsets)


@given(READING)
def test_it_says_what_the_pipeline_says(reading: Reading) -> None:
    expected = small.trained().pipeline.predict_proba([reading])[0]
    assert np.allclose(probabilities(reader(), reading), expected, rtol=0, atol=1e-6)


def test_so_does_that_of_the_model_in_use(shelf: Shelf) -> None:
    readings = [*small.READINGS, *(each.reading for each in small.ours()[:200])]
    pipeline = shelf.current().pipeline
    found = [probabilities(FirstReader(pipeline), each) for each in readings]
    assert np.allclose(found, pipeline.predict_proba(readings), rtol=0, atol=1e-6)


@given(READING)
def test_the_shares_add_up_to_the_log_odds(reading: Reading) -> None:
    shares = reader().shares(reading)
    whole = shares.base + shares.by_word.sum(axis=0) + sum(shares.by_trait.values(), np.zeros(len(OUTPUTS)))
    assert np.allclose(whole, reader().read(reading).log_odds, rtol=0, atol=1e-6)


def test_a_comment_without_a_word_has_the_base_alone() -> None:
    shares = reader().shares(Reading(""))
    assert (shares.words, shares.by_trait) == ([], {})
    assert np.array_equal(shares.base, reader().read(Reading("")).log_odds)


def test_a_pipeline_of_other_columns_is_refused() -> None:
    counts = CommentReader(12).transform(small.READINGS)[:, :-1]
    weigh = BlockWeights(12).fit(counts)
    model = StackedLogistic(["abusive"]).fit(weigh.transform(counts), np.zeros((len(small.READINGS), 1)))
    with pytest.raises(ValueError, match="not those that this version of Undertone reads"):
        FirstReader(Pipeline([("read", CommentReader(12)), ("weigh", weigh), ("label", model)]))


def seconds(text: str) -> float:
    took = []
    for _ in range(15):  # the quickest of them: the others may have found the caches cold
        began = time.process_time()
        reader().read(Reading(text))
        took.append(time.process_time() - began)
    return min(took)


@pytest.mark.parametrize(
    "unit", ["you idiot ", "a", "漢", "a.", "a-", "a@", "a*", "a+", "a$", "1a", "x'", "a ", "!", "½", "🤡", "http://"]
)
def test_ten_times_the_text_takes_about_ten_times_as_long(unit: str) -> None:
    short, long = (seconds(unit * (size // len(unit))) for size in (2_000, 20_000))
    assert long < 15 * short + 0.002
