import pytest

from service.domain.comment import Reading
from service.domain.labels import LABELS, OUTPUTS
from service.ml import training
from service.ml.corpora import CorpusBroken, Example
from service.ml.training import title_twins
from tests.ml.small import RECIPE, classifier, learned, ours, train, trained

NO_LABELS = dict.fromkeys(LABELS, False)


def test_every_label_is_learned_better_than_by_chance() -> None:
    for label in LABELS:
        figures = trained().metrics["own"][label]
        assert figures["auc"] > 0.7, label
        low, high = figures["interval"]["auc"]
        assert low <= figures["auc"] <= high


def test_civil_comments_are_seldom_called_abusive() -> None:
    figures = trained().metrics["own"]["abusive"]
    assert figures["false_alarms_per_1000"] < 40


def test_the_kinds_of_abuse_are_learned_too() -> None:
    assert set(trained().metrics["own"]) <= set(OUTPUTS)
    assert trained().metrics["own"]["insult"]["auc"] > 0.7


def test_kinds_of_abuse_have_no_threshold() -> None:
    assert list(trained().metrics["thresholds"]) == list(LABELS)


def test_what_says_nothing_carries_no_label() -> None:
    assert classifier().score([Reading("")])[0].labels == ()


def test_what_is_not_known_of_a_comment_is_not_counted() -> None:
    disputed = {output: sum(output not in each.labels for each in ours()) for output in OUTPUTS}
    for output, figures in trained().metrics["own"].items():
        assert figures["n"] == trained().metrics["own"]["abusive"]["n"] - disputed[output]


def test_the_same_data_gives_the_same_model() -> None:
    again = train()
    assert learned(again.pipeline) == learned(trained().pipeline)
    assert again.metrics == trained().metrics


def test_what_is_learned_is_all_that_is_compared() -> None:
    compared = {"weigh.idf_", "label.coef_", "label.intercept_", "label.slopes_", "label.offsets_"}
    assert set(learned(trained().pipeline)) == compared


def test_a_stool_transplant_is_turned_around_under_another_title() -> None:
    tangent = Example(Reading("Try FMT!", None, "Vitamin D"), {**NO_LABELS, "fmt_tangent": True}, "a")
    on_topic = Example(Reading("FMT worked for me", None, "Faecal transplants"), NO_LABELS, "b")
    neither = Example(Reading("Sunshine!", None, "Vitamin D"), NO_LABELS, "c")
    twins = title_twins([tangent, on_topic, neither])
    assert [twin.labels for twin in twins] == [{"fmt_tangent": False}, {"fmt_tangent": True}]


def test_too_few_threads_are_refused() -> None:
    ours = [Example(Reading("One"), NO_LABELS, "a"), Example(Reading("Two"), NO_LABELS, "b")]
    with pytest.raises(CorpusBroken, match="fewer than 5 threads"):
        training.train(ours, [], RECIPE, lambda step: None)


def test_the_pool_is_measured_on_what_was_held_out() -> None:
    words = ["fool", "day"]
    public = [
        Example(
            Reading(f"{words[at % 2]} number {at:b}".replace("1", "i").replace("0", "o")), labels, f"g{at}", "surge", 1
        )
        for at in range(200)
        if (labels := {"abusive": at % 2 == 0})
    ]
    metrics = train(public).metrics
    assert metrics["pool"]["surge"]["abusive"]["n"] < 60
    assert metrics["pool"]["surge"]["abusive"]["auc"] > 0.9
