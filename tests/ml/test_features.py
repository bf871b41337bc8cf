import numpy as np

from service.domain.comment import Reading
from service.ml.features import BlockWeights, CommentReader
from service.ml.traits import NAMES
from tests.ml.small import READINGS

# scikit-learn's own checks feed arrays of numbers; our reader takes readings, so what matters is checked here.


def test_a_reading_has_the_same_features_alone_and_among_others() -> None:
    together = CommentReader(13).transform(READINGS).toarray()
    alone = np.vstack([CommentReader(13).transform([each]).toarray() for each in READINGS])
    assert np.array_equal(together, alone)


def test_length_says_nothing() -> None:
    counts = CommentReader(13).transform([Reading("the trial was small"), Reading("the trial was small " * 50)])
    features = BlockWeights(13, rarest=1).fit(counts).transform(counts)
    lengths = np.sqrt(features.power(2)[:, : 2 * 2**13].sum(axis=1))
    assert np.allclose(lengths, np.sqrt(2))


def test_features_that_are_too_rare_are_left_out() -> None:
    counts = CommentReader(17).transform([Reading("fig"), Reading("moor"), Reading("moor")])
    weighed = BlockWeights(17, rarest=2).fit(counts).transform(counts)
    assert weighed[0].sum() == 0
    assert weighed[1].sum() > 0


def test_nothing_to_read_is_no_error() -> None:
    assert CommentReader(13).transform([]).shape == (0, CommentReader(13).width)


def test_every_occurrence_is_a_feature_of_the_comment() -> None:
    for reading in READINGS:
        words, seen = CommentReader(13).occurrences(reading)
        counted = CommentReader(13).transform([reading])
        assert set(seen.columns) <= set(counted.indices)
        assert all(0 <= at < len(words) for at in [*seen.first, *seen.last])


def test_what_a_comment_shows_as_a_whole_occurs_nowhere() -> None:
    reading = Reading("Sunlight prevents nothing", "Sunlight prevents relapses completely")
    counted = CommentReader(13).transform([reading])
    _, seen = CommentReader(13).occurrences(reading)
    assert {NAMES[column - 2 * 2**13] for column in set(counted.indices.tolist()) - set(seen.columns)} == {"echo"}


def test_no_feature_is_counted_twice() -> None:
    for reading in READINGS:
        counted = CommentReader(13).transform([reading])
        assert len(set(counted.indices.tolist())) == len(counted.indices)
