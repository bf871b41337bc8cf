"""What is counted and measured of a model on our own comments."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from service.domain.comment import Reading
from service.domain.labels import LABELS, OUTPUTS
from service.ml import artefacts, card, corpora
from service.ml.corpora import Example
from service.ml.encoder import Encoder
from service.ml.measuring import Measured, groups, hard_cases, macro_f1_with_interval
from service.ml.second_reader import Stack
from service.ml.splits import is_held_out_of_own
from tests.ml import small

NOTHING = dict.fromkeys(OUTPUTS, False)
SOME = [
    Example(Reading("This bloody disease!"), NOTHING, "a", kind="swearing_at_disease"),
    Example(Reading("Damn this disease."), NOTHING, "a", kind="swearing_at_disease"),
    Example(Reading("Oh, brilliant.", "Mice again"), NOTHING | {"sarcastic": True}, "np-1"),
    Example(Reading("You idiot."), NOTHING | {"abusive": True}, "b"),
]
TRUTH = np.array([[float(each.labels[output]) for output in OUTPUTS] for each in SOME])


def called(**labels: list[bool]) -> np.ndarray:
    """Return calls: of these labels for these comments, of no other."""
    calls = np.zeros((len(SOME), len(LABELS)), bool)
    for label, column in labels.items():
        calls[:, list(LABELS).index(label)] = column
    return calls


@pytest.fixture(scope="module")
def together() -> dict[str, Any]:
    """Return what is measured of both readers on some comments of the threads that the encoder has never seen."""
    ours = [each for each in corpora.own(small.TRAINING_DATA) if is_held_out_of_own(each.group)][::6]
    truth = np.array([[float(each.labels.get(output, np.nan)) for output in OUTPUTS] for each in ours])
    pipeline = small.trained().pipeline
    odds = pipeline.named_steps["label"].decision_function(pipeline[:-1].transform([each.reading for each in ours]))
    encoder = Encoder.load(small.MODELS / artefacts.active_name(small.MODELS))
    with small.few_draws(5):
        return Measured(ours, odds, truth, []).together(encoder, None)


def test_a_hard_case_counts_where_abuse_was_seen_and_was_none() -> None:
    found = hard_cases(SOME, called(abusive=[True, False, True, True]), TRUTH)
    assert list(found) == ["swearing_at_disease"]
    row = found["swearing_at_disease"]
    assert (row["comments"], row["civil"], row["wrongly_abusive"]) == (2, 2, 1)


def test_sarcasm_counts_where_it_was_seen_and_where_it_was_missed() -> None:
    row = groups(SOME, called(sarcastic=[False, True, True, False]), TRUTH)["all comments"]
    assert (row["sarcastic"], row["sarcastic_called"], row["sincere"], row["wrongly_sarcastic"]) == (1, 1, 3, 1)


@pytest.mark.parametrize(
    ("name", "comments"),
    [
        ("all comments", 4),
        ("with swear words", 2),
        ("under newspaper articles", 1),
        ("in reply to somebody", 1),
        ("of up to 12 words", 4),
        ("of 80 words and more", 0),
    ],
)
def test_a_group_is_of_those_that_have_something_in_common(name: str, comments: int) -> None:
    assert groups(SOME, called(), TRUTH)[name]["comments"] == comments


def test_the_macro_f1_is_the_mean_over_the_labels() -> None:
    calls = called(abusive=[False, False, False, True], sarcastic=[False, True, True, False])
    found = macro_f1_with_interval(TRUTH, calls, np.arange(len(SOME)))
    assert found["value"] == pytest.approx((1 + 2 / 3) / len(LABELS))
    low, high = found["interval"]
    assert low <= found["value"] <= high


def test_as_many_comments_are_read_twice_as_were_asked_for(together: dict[str, Any]) -> None:
    read = {share: row["read"] for share, row in together["together"].items()}
    assert read == pytest.approx({"0%": 0, "5%": 0.05, "20%": 0.2, "100%": 1}, abs=0.01)


def test_both_readers_have_a_say_on_every_output_and_none_against_itself(together: dict[str, Any]) -> None:
    stack = Stack.of(together["stack"])
    assert stack.first.shape == stack.second.shape == stack.offset.shape == (len(OUTPUTS),)
    assert (stack.first >= 0).all()
    assert (stack.second >= 0).all()


def test_both_readers_together_have_thresholds_of_their_own(together: dict[str, Any]) -> None:
    assert list(together["thresholds_together"]) == list(LABELS)


def test_the_more_is_read_twice_the_better_abuse_is_told(together: dict[str, Any]) -> None:
    areas = [row["figures"]["abusive"]["auc"] for row in together["together"].values()]
    assert areas[-1] > areas[0]


def test_the_card_tells_what_the_second_reader_adds_at_each_share(together: dict[str, Any], tmp_path: Path) -> None:
    folder = small.save_with_encoder(tmp_path)
    small.change_metrics(folder, **together)
    card.write(tmp_path, "small-1")
    text = (folder / "card.md").read_text()
    for share, row in together["together"].items():
        assert f"| {share} | {row['read']:.1%} | {row['macro_f1']['value']:.3f} (" in text
