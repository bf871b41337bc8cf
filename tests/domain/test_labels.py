"""The taxonomy, and how far a rule may go because of a label."""

import pytest

from service.domain.labels import KINDS, LABELS, NOT_ABUSIVE, OUTPUTS, Action, Label


def test_every_label_is_known_by_its_key() -> None:
    assert all(label.key == key for key, label in LABELS.items())


@pytest.mark.parametrize("label", LABELS.values(), ids=list(LABELS))
def test_a_severity_is_a_share(label: Label) -> None:
    assert 0 <= label.severity <= 1


@pytest.mark.parametrize(
    ("key", "strongest"),
    [
        ("abusive", Action.REJECT),
        ("spam", Action.SPAM),
        ("sarcastic", Action.HOLD),
        ("hsct_risk", Action.HOLD),
        ("cost", Action.HOLD),
        ("fmt_tangent", Action.HOLD),
        ("critical", Action.MARK),
        ("supportive", Action.MARK),
    ],
)
def test_a_label_goes_as_far_as_the_design_says(key: str, strongest: Action) -> None:
    assert LABELS[key].strongest is strongest


def test_no_label_is_missing_from_the_table_above() -> None:
    assert len(LABELS) == 8


def test_actions_are_ordered_from_mild_to_strict() -> None:
    ordered = sorted(Action, key=lambda action: action.strictness)
    assert ordered == [Action.APPROVE, Action.MARK, Action.HOLD, Action.SPAM, Action.REJECT]


def test_every_kind_of_abuse_is_known_by_its_key() -> None:
    assert all(kind.key == key for key, kind in KINDS.items())


def test_no_kind_of_abuse_is_a_label() -> None:
    assert set(KINDS) & set(LABELS) == set()


def test_a_model_says_the_labels_first_and_then_the_kinds() -> None:
    assert (*LABELS, *KINDS) == OUTPUTS


def test_one_may_swear_without_abuse_but_not_insult() -> None:
    assert set(KINDS) - set(NOT_ABUSIVE) == {"profanity"}
    assert not any(NOT_ABUSIVE.values())
