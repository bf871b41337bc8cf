"""A small model for the tests: some of our own comments, a narrow reader, a stiff fit; trained in seconds."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest
from sklearn.pipeline import Pipeline

from service import settings
from service.domain.comment import Reading
from service.domain.labels import OUTPUTS
from service.ml import artefacts, corpora, evaluation, training
from service.ml.classifier import Classifier
from service.ml.corpora import Example
from service.ml.training import Recipe, Trained

TRAINING_DATA = settings.ROOT / "training_data"
CORPORA = settings.ROOT.parent / "shared" / "corpora" / "upstream"
MODELS = settings.ROOT / "models"
RECIPE = Recipe(bits=12, trait_weight=1.0, own_weight=dict.fromkeys(OUTPUTS, 4.0))
GROUPS = ("ev", "mi")

TITLE = "A new trial of ocrelizumab"
READINGS = [
    Reading("You are an idiot and everybody here knows it."),
    Reading("Thank you so much for this, it helped my mother a lot.", None, TITLE),
    Reading("Has anyone asked about FMT? A stool transplant did wonders for me.", "What else is there?", TITLE),
    Reading("Oh great, another mouse study. The mice must be thrilled.", "Mice were cured again", TITLE),
    Reading("Buy now at www.miracle-herbs.example.com !!!"),
    Reading("El tratamiento es caro 😀 \ud800 \x00"),
    Reading(""),
]


@cache
def ours() -> tuple[Example, ...]:
    """Return the comments that the small model learns from."""
    return tuple(each for each in corpora.own(TRAINING_DATA) if each.group[:2] in GROUPS)


@contextmanager
def few_draws(count: int = 20) -> Iterator[None]:
    """Let few samples be drawn for each interval: 200 of them take longer than all that is learned."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evaluation, "_DRAWS", count)
        yield


def train(public: Sequence[Example] = ()) -> Trained:
    """Train a small model."""
    with few_draws():
        return training.train(ours(), list(public), RECIPE, lambda step: None)


@cache
def trained() -> Trained:
    """Return the small model, trained once for all tests."""
    return train()


@cache
def classifier() -> Classifier:
    """Return a classifier with the small model, and no second reader."""
    return Classifier("small-1", trained().pipeline, OUTPUTS, trained().metrics["thresholds"])


def save(models: Path, name: str = "small-1") -> Path:
    """Save the small model below a folder, and put it into use."""
    models.mkdir(exist_ok=True)
    folder = artefacts.save(models, name, trained().pipeline, {**trained().metrics, "sources": []})
    (models / "active").write_text(name + "\n")
    return folder


def save_with_encoder(models: Path, name: str = "small-1") -> Path:
    """Save the small model beside the encoder of the model in use: both readers count half."""
    metrics = {**trained().metrics, "sources": []}
    half = {"first": 0.5, "second": 0.5, "offset": 0.0}
    stack = {key: [value] * len(OUTPUTS) for key, value in half.items()} | {"unsure_from": 0.5}
    more = {"stack": stack} | dict.fromkeys(("thresholds_together", "thresholds_always"), metrics["thresholds"])
    encoder = MODELS / artefacts.active_name(MODELS)
    return artefacts.save(models, name, trained().pipeline, metrics | more, encoder)


def learned(pipeline: Pipeline) -> dict[str, bytes]:
    """Return every number that a pipeline has learned, bit for bit."""
    return {
        f"{step}.{name}": value.tobytes()
        for step, each in pipeline.steps
        for name, value in vars(each).items()
        if name.endswith("_")
    }


def change_metrics(folder: Path, **changed: object) -> None:
    """Write something else into a model's metrics."""
    path = folder / "metrics.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changed))
