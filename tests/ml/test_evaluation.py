import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from service.domain.comment import Reading
from service.ml import card, evaluation
from service.ml.evaluation import LabelledSet, SetBroken
from tests.ml import small

TRUTH = np.array([True, True, False, False, False])
SCORES = np.array([0.9, 0.2, 0.6, 0.1, 0.0])


def test_the_figures_are_what_they_are_called() -> None:
    figures = evaluation.measure_with_intervals(TRUTH, SCORES, SCORES >= 0.5, np.arange(5))
    assert (figures["n"], figures["positive"]) == (5, 2)
    assert figures["auc"] == pytest.approx(5 / 6)
    assert (figures["precision"], figures["recall"], figures["f1"]) == (0.5, 0.5, 0.5)
    assert figures["false_alarms_per_1000"] == pytest.approx(1000 / 3)


def test_one_sided_labels_have_no_auc() -> None:
    nothing = np.zeros(3, bool)
    assert evaluation.measure_with_intervals(nothing, np.zeros(3), nothing, np.arange(3))["auc"] is None


@pytest.mark.parametrize("truth", [True, False])
def test_what_has_no_figure_has_no_interval(truth: bool) -> None:
    figures = evaluation.measure_with_intervals(np.full(5, truth), SCORES, SCORES >= 0.5, np.arange(5))
    assert {key for key in ("auc", "ap") if figures[key] is None} == {"auc", "ap"}
    assert all((figures[key] is None) == (between is None) for key, between in figures["interval"].items())


def test_an_interval_holds_its_figure() -> None:
    figures = evaluation.measure_with_intervals(TRUTH, SCORES, SCORES >= 0.5, np.arange(5))
    for key, (low, high) in figures["interval"].items():
        assert low <= figures[key] <= high


def test_what_is_not_known_is_not_measured(tmp_path: Path) -> None:
    rows = [
        {"id": "1", "text": "You idiot", "labels": {"abusive": True, "spam": None, "unheard_of": True}},
        {"id": "2", "text": "Hello", "parent": "Hi", "labels": [{"abusive": False}], "agreed": {"abusive": False}},
    ]
    with gzip.open(tmp_path / "odd.jsonl.gz", "wt") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    (labelled,) = evaluation.read_sets(tmp_path)
    assert list(evaluation.measure_set(small.classifier(), labelled)) == ["abusive"]


def test_a_bad_line_is_named(tmp_path: Path) -> None:
    (tmp_path / "bad.jsonl").write_text('{"text": "x", "labels": {}}\n{"text": "x"}\n')
    with pytest.raises(SetBroken, match=r"bad\.jsonl, line 2"):
        list(evaluation.read_sets(tmp_path))


BROKEN_SETS = {
    "an object of labels was expected": b'{"text": "x", "labels": null}\n',
    "several raters who agreed on nothing": b'{"text": "x", "labels": [{"abusive": true}]}\n',
    "a list": b"[]\n",
    "no UTF-8": b"\xff\xfe\n",
}


@pytest.mark.parametrize("content", BROKEN_SETS.values(), ids=BROKEN_SETS)
def test_a_set_that_cannot_be_read_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.jsonl").write_bytes(content)
    with pytest.raises(SetBroken, match=r"bad\.jsonl"):
        list(evaluation.read_sets(tmp_path))


def test_a_set_that_is_cut_short_is_named(tmp_path: Path) -> None:
    whole = gzip.compress(b'{"text": "x", "labels": {"abusive": true}}\n' * 100)
    (tmp_path / "bad.jsonl.gz").write_bytes(whole[:-12])
    with pytest.raises(SetBroken, match=r"bad\.jsonl\.gz"):
        list(evaluation.read_sets(tmp_path))


def test_a_folder_without_a_set_is_named(tmp_path: Path) -> None:
    with pytest.raises(SetBroken, match="holds no set"):
        list(evaluation.read_sets(tmp_path))


def test_a_set_can_be_made_by_hand() -> None:
    labelled = LabelledSet("mine", [Reading("a")], [{"abusive": None}])
    assert evaluation.measure_set(small.classifier(), labelled) == {}


def test_a_set_in_another_language_is_measured_too() -> None:
    labelled = LabelledSet("theirs", [Reading("Das ist eine sehr teure Behandlung")], [{"cost": True}])
    assert evaluation.measure_set(small.classifier(), labelled)["cost"]["n"] == 1


def test_the_card_begins_with_use_and_says_every_label_and_figure(tmp_path: Path) -> None:
    folder = small.save(tmp_path)
    card.write(tmp_path, "small-1")
    text = (folder / "card.md").read_text()
    assert text.startswith("# small-1\n\n## Intended use")
    assert text.index("## Uses to avoid") < text.index("## Labels")
    assert "$" not in text
    for label, figures in small.trained().metrics["own"].items():
        assert f"`{label}`" in text
        assert f"{figures['auc']:.3f}" in text
