import json
import zipfile
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import pytest
from sklearn.pipeline import Pipeline

from service.domain.labels import OUTPUTS
from service.ml import artefacts
from service.ml.artefacts import ModelBroken, ModelMissing, ModelUnavailable, Shelf
from service.ml.classifier import Classifier
from tests.ml import small


class Surprise:
    """A type that nobody trusts."""


def test_what_was_saved_scores_as_before(tmp_path: Path) -> None:
    small.save(tmp_path)
    assert artefacts.load(tmp_path, "small-1").score(small.READINGS) == small.classifier().score(small.READINGS)


def test_what_was_learned_is_saved_bit_for_bit(tmp_path: Path) -> None:
    small.save(tmp_path)
    assert small.learned(artefacts.load(tmp_path, "small-1").pipeline) == small.learned(small.trained().pipeline)


def test_the_same_model_is_saved_as_the_same_bytes(tmp_path: Path) -> None:
    one = small.save(tmp_path, "one")
    again = artefacts.load(tmp_path, "one").pipeline
    two = artefacts.save(tmp_path, "two", again, json.loads((one / "metrics.json").read_text()))
    assert (one / "model.skops").read_bytes() == (two / "model.skops").read_bytes()


def _shorten(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:1000])


def _change_metrics(path: Path) -> None:
    (path.parent / "metrics.json").write_text("{")


@pytest.mark.parametrize("damage", [_shorten, _change_metrics])
def test_a_damaged_model_is_refused_in_one_line(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    damage(small.save(tmp_path) / "model.skops")
    with pytest.raises(ModelBroken, match=r"small-1.*make train") as caught:
        artefacts.load(tmp_path, "small-1")
    assert "\n" not in str(caught.value)


def test_a_model_with_other_types_is_refused(tmp_path: Path) -> None:
    folder = small.save(tmp_path)
    metrics = json.loads((folder / "metrics.json").read_text())
    artefacts.save(tmp_path, "small-1", Pipeline([("read", Surprise())]), metrics)
    with pytest.raises(ModelBroken, match="Surprise"):
        artefacts.load(tmp_path, "small-1")


def test_a_model_that_is_no_archive_is_refused(tmp_path: Path) -> None:
    folder = small.save(tmp_path)
    metrics = json.loads((folder / "metrics.json").read_text())
    (folder / "model.skops").write_bytes(b"not a model")
    metrics["model_sha256"] = artefacts._sha256(folder / "model.skops")
    (folder / "metrics.json").write_text(json.dumps(metrics))
    with pytest.raises(ModelBroken, match="cannot be loaded"):
        artefacts.load(tmp_path, "small-1")


OTHER_LABELS = {"outputs": ["rude", *OUTPUTS[1:]]}
OTHER_ORDER = {"outputs": OUTPUTS[::-1]}
VERSIONS = {"scikit-learn": version("scikit-learn"), "numpy": version("numpy")}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"model_sha256": "0" * 64}, "is not the file that its metrics.json describes"),
        (OTHER_LABELS, "was trained for other labels"),
        (OTHER_ORDER, "was trained for other labels"),
        ({"outputs": OUTPUTS[:-1]}, "was trained for other labels"),
        ({"outputs": None}, "cannot be loaded"),
        ({"versions": VERSIONS | {"scikit-learn": "0.24.2"}}, "was made with scikit-learn 0.24.2"),
        ({"versions": VERSIONS | {"numpy": "1.9.0"}}, "was made with numpy 1.9.0"),
        ({"versions": {}}, "cannot be loaded"),
        ({"reading": "0" * 64}, "was trained for other features"),
        ({"thresholds": {}}, "small-1"),
        ({"thresholds": {"abusive": 0.5}}, "small-1"),
    ],
    ids=str,
)
def test_a_model_that_does_not_fit_is_refused_in_one_line(
    tmp_path: Path, changed: dict[str, object], said: str
) -> None:
    small.change_metrics(small.save(tmp_path), **changed)
    with pytest.raises(ModelBroken, match=said) as caught:
        artefacts.load(tmp_path, "small-1")
    assert "small-1/model.skops" in str(caught.value)
    assert "make train" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_another_patch_release_will_do(tmp_path: Path) -> None:
    major_minor = ".".join(VERSIONS["scikit-learn"].split(".")[:2])
    small.change_metrics(small.save(tmp_path), versions=VERSIONS | {"scikit-learn": f"{major_minor}.99"})
    assert artefacts.load(tmp_path, "small-1").name == "small-1"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("encoder.onnx", r"encoder\.onnx is not the file"),
        ("tokenizer.json", r"tokenizer\.json is not the file"),
        ("encoder.json", r"The encoder in \S+ \(encoder\.json, encoder\.onnx\) cannot be loaded"),
    ],
)
def test_a_second_reader_that_is_cut_short_is_refused(tmp_path: Path, name: str, said: str) -> None:
    path = small.save_with_encoder(tmp_path) / name
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ModelBroken, match=said) as caught:
        artefacts.load(tmp_path, "small-1")
    assert "make" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", artefacts.ENCODER)
def test_a_second_reader_that_is_not_there_is_named(tmp_path: Path, name: str) -> None:
    (small.save_with_encoder(tmp_path) / name).unlink()
    with pytest.raises(ModelMissing, match=name):
        artefacts.load(tmp_path, "small-1")


def test_a_second_reader_that_is_switched_off_need_not_be_there(tmp_path: Path) -> None:
    (small.save_with_encoder(tmp_path) / "encoder.onnx").unlink()
    assert artefacts.load(tmp_path, "small-1", "off").score(small.READINGS) == small.classifier().score(small.READINGS)


@pytest.mark.parametrize(
    "stack", [{}, {"first": [1.0]}, None, {"first": [], "second": [], "offset": [], "unsure_from": 0}]
)
def test_a_broken_stack_is_refused(tmp_path: Path, stack: object) -> None:
    small.change_metrics(small.save_with_encoder(tmp_path), stack=stack)
    with pytest.raises(ModelBroken, match="small-1"):
        artefacts.load(tmp_path, "small-1")


@pytest.mark.parametrize("missing", ["model.skops", "metrics.json"])
def test_a_missing_file_is_named(tmp_path: Path, missing: str) -> None:
    (small.save(tmp_path) / missing).unlink()
    with pytest.raises(ModelMissing, match=missing):
        artefacts.load(tmp_path, "small-1")


@pytest.mark.parametrize("content", ["", "../elsewhere", "two\nlines", ".hidden"])
def test_the_active_name_is_one_folder(tmp_path: Path, content: str) -> None:
    (tmp_path / "active").write_text(content)
    with pytest.raises(ModelMissing, match="promote NAME"):
        artefacts.active_name(tmp_path)


def test_only_a_model_that_loads_is_promoted(tmp_path: Path) -> None:
    small.save(tmp_path)
    with pytest.raises(ModelMissing):
        artefacts.promote(tmp_path, "small-2")
    assert artefacts.active_name(tmp_path) == "small-1"


@pytest.mark.parametrize("damage", [_shorten, _change_metrics])
def test_a_damaged_model_is_not_promoted(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    damage(small.save(tmp_path, "small-2") / "model.skops")
    small.save(tmp_path)
    with pytest.raises(ModelBroken):
        artefacts.promote(tmp_path, "small-2")
    assert artefacts.active_name(tmp_path) == "small-1"


@pytest.mark.parametrize("name", ["small-1/", "./small-1", "../elsewhere/small-1", ".", ""])
def test_a_path_is_no_name_to_promote(tmp_path: Path, name: str) -> None:
    small.save(tmp_path / "elsewhere")
    small.save(tmp_path / "models")
    with pytest.raises(ModelMissing, match="is no model's name"):
        artefacts.promote(tmp_path / "models", name)
    assert artefacts.active_name(tmp_path / "models") == "small-1"


def test_a_model_is_compressed(tmp_path: Path) -> None:
    with zipfile.ZipFile(small.save(tmp_path) / "model.skops") as archive:
        assert all(each.compress_type == zipfile.ZIP_DEFLATED for each in archive.infolist())


def test_a_shelf_keeps_what_it_has_loaded(tmp_path: Path) -> None:
    small.save(tmp_path)
    shelf = Shelf(tmp_path)
    assert shelf.current() is shelf.current()


def test_a_shelf_follows_the_active_model_and_keeps_the_old_one_if_it_must(tmp_path: Path) -> None:
    small.save(tmp_path, "small-2")
    small.save(tmp_path, "small-1")
    shelf = Shelf(tmp_path)
    assert shelf.current().name == "small-1"
    artefacts.promote(tmp_path, "small-2")
    assert shelf.current().name == "small-2"
    (tmp_path / "active").write_text("nowhere\n")
    assert shelf.current().name == "small-2"


def test_what_is_promoted_while_another_model_loads_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("small-3", "small-2", "small-1"):
        small.save(tmp_path, name)
    shelf = Shelf(tmp_path)
    shelf.current()
    load = artefacts.load

    def slowly(models: Path, name: str, second_reader: str) -> Classifier:
        loaded = load(models, name, second_reader)
        (tmp_path / "active").write_text("small-3\n")
        return loaded

    monkeypatch.setattr(artefacts, "load", slowly)
    (tmp_path / "active").write_text("small-2\n")
    assert [shelf.current().name for _ in range(2)] == ["small-2", "small-3"]


def test_a_named_model_stays_whatever_is_active(tmp_path: Path) -> None:
    small.save(tmp_path, "small-1")
    small.save(tmp_path, "small-2")
    assert Shelf(tmp_path, "small-1").current().name == "small-1"


def test_an_empty_shelf_tries_again_after_a_while(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(artefacts, "_TRY_AGAIN_AFTER", 3600)
    shelf = Shelf(tmp_path, "small-1")
    with pytest.raises(ModelUnavailable):
        shelf.current()
    small.save(tmp_path)
    with pytest.raises(ModelUnavailable):
        shelf.current()
    monkeypatch.setattr(artefacts, "_TRY_AGAIN_AFTER", 0)
    assert shelf.current().name == "small-1"


def test_a_model_made_anew_under_its_name_is_noticed(tmp_path: Path) -> None:
    small.save(tmp_path)
    shelf = Shelf(tmp_path, "small-1")
    before = shelf.current()
    small.save(tmp_path)
    assert shelf.current() is not before


def test_a_save_that_breaks_leaves_the_model_as_it_was(tmp_path: Path) -> None:
    small.save(tmp_path)
    with pytest.raises(TypeError):
        artefacts.save(tmp_path, "small-1", small.trained().pipeline, {"labels": {1, 2}})  # a set is no JSON
    assert artefacts.load(tmp_path, "small-1").name == "small-1"


def test_the_next_name_is_one_that_no_model_has(tmp_path: Path) -> None:
    small.save(tmp_path, "comments-en-1")
    assert artefacts.next_name(tmp_path) == "comments-en-2"
