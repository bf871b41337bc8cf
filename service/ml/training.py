"""How a model is made: from examples to a calibrated pipeline, its thresholds and its figures."""

import hashlib
import json
import platform
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from importlib.metadata import version
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, vstack
from scipy.special import expit
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import Pipeline

from service.domain.comment import Reading
from service.domain.labels import LABELS, OUTPUTS
from service.ml.calibration import Outside, fit_platt
from service.ml.corpora import OURS, CorpusBroken, Example, distinct
from service.ml.encoder import Encoder
from service.ml.evaluation import Figures, measure_with_intervals
from service.ml.features import BlockWeights, CommentReader, reading_fingerprint
from service.ml.measuring import Measured, read_all
from service.ml.pipeline import StackedLogistic
from service.ml.second_reader import Stack
from service.ml.splits import is_held_out_of_pool
from service.ml.traits import is_about_fmt, names_fmt

Values: TypeAlias = npt.NDArray[Any]
Folds: TypeAlias = Sequence[tuple[Values, Values]]
Progress: TypeAlias = Callable[[str], None]

OWN_WEIGHT = 15.0
_FOLDS = 5
_LIBRARIES = ("scikit-learn", "numpy", "scipy", "skops")
_FMT_TITLE = "Faecal microbiota transplantation in MS: what do we know?"
_OTHER_TITLE = "What the new trial does and does not tell us"
_SAYING_NOTHING = (Example(Reading(""), dict.fromkeys(OUTPUTS, False), "nothing"),) * 60
"""What is no comment carries no label. Without these, a text of unknown words would get what is left: the intercept."""


@dataclass(frozen=True)
class Recipe:
    """What was chosen by looking at our held-out threads and at the pool's held-out part."""

    bits: int = 17
    rarest: int = 3
    trait_weight: float = 0.35
    own_weight: Mapping[str, float] = field(default_factory=lambda: {"abusive": 9.0, "critical": 30.0})
    """How much one of our comments counts beside one of the pool's; OWN_WEIGHT for a label that is not named."""
    strength: Mapping[str, float] = field(default_factory=lambda: {"critical": 0.5})
    """The inverse of the regularisation; 1 for a label that is not named."""

    @property
    def own_weights(self) -> list[float]:
        """The weight of our comments, in the order of the outputs."""
        return [self.own_weight.get(output, OWN_WEIGHT) for output in OUTPUTS]

    @property
    def strengths(self) -> list[float]:
        """The inverse of the regularisation, in the order of the outputs."""
        return [self.strength.get(output, 1.0) for output in OUTPUTS]


class Trained(NamedTuple):
    """A fitted pipeline and what is known about it."""

    pipeline: Pipeline
    metrics: dict[str, Any]


class _Material(NamedTuple):
    """Examples as matrices, a row for each."""

    counts: csr_array
    truth: Values
    weight: Values
    corpus: Values
    group: Values

    def rows(self, which: Values) -> "_Material":
        return _Material(
            self.counts[which], self.truth[which], self.weight[which], self.corpus[which], self.group[which]
        )


def train(
    ours: Sequence[Example],
    public: Iterable[Example],
    recipe: Recipe,
    progress: Progress,
    encoder: Encoder | None = None,
) -> Trained:
    """Fit, calibrate and measure one model on our comments and on those of the public corpora.

    With an encoder, its scores on what it has never seen are joined with the first reader's.
    """
    if encoder and not {*OUTPUTS} <= {*encoder.outputs}:
        raise CorpusBroken("The encoder was trained for other labels than those of labels.py. Run: make train-encoder")
    examples = distinct([*ours, *public])
    mine = [example for example in examples if example.source == OURS]
    theirs = [example for example in examples if example.source != OURS]
    if len({example.group for example in mine}) < _FOLDS:
        raise CorpusBroken(f"Our own comments are of fewer than {_FOLDS} threads: too few to hold some out.")
    progress(f"reading {len(examples):,} comments")
    own = _material([*mine, *title_twins(mine), *_SAYING_NOTHING], recipe)
    held_out = np.array([is_held_out_of_pool(example.group) for example in theirs], dtype=bool)
    pool = _material(theirs, recipe)
    seen = pool.rows(np.flatnonzero(~held_out))
    folds = list(GroupKFold(_FOLDS).split(own.group, groups=own.group))
    scores = _out_of_fold(own, seen, folds, recipe, progress)[: len(mine)]
    progress("fitting on everything")
    pipeline = _fit(_stacked(own, seen), recipe)
    measured = Measured(mine, scores, own.truth[: len(mine)], _only(folds, len(mine)))
    platt = fit_platt(scores, measured.truth)
    pipeline.named_steps["label"].calibrate(*platt)
    metrics = {
        "outputs": list(OUTPUTS),
        "labels": list(LABELS),
        **measured.alone(),
        "counts": _counts(examples),
        "threads": len({each.group for each in mine}),
        "recipe": asdict(recipe),
        "data_sha256": _data_hash(examples),
        "reading": reading_fingerprint(),
        "versions": {"python": platform.python_version(), **{each: version(each) for each in _LIBRARIES}},
    }
    unseen = pool.rows(np.flatnonzero(held_out))
    odds = _log_odds(pipeline, unseen.counts)
    metrics["pool"] = _pool_figures(platt(odds), unseen, theirs, metrics["thresholds"])
    if encoder:
        progress("reading with the encoder what it has never seen")
        readings = [each.reading for each, is_out in zip(theirs, held_out, strict=True) if is_out]
        outside = Outside(odds, read_all(encoder, readings), unseen.truth, unseen.corpus) if readings else None
        metrics |= measured.together(encoder, outside)
        metrics["encoder"] = {key: encoder.description.get(key) for key in ("learned", "corpora")}
        if outside:
            both = expit(Stack.of(metrics["stack"])(outside.first, outside.second))
            metrics["pool_together"] = _pool_figures(both, unseen, theirs, metrics["thresholds_always"])
    return Trained(pipeline, metrics)


def title_twins(examples: Iterable[Example]) -> list[Example]:
    """Return comments on stool transplants once more, under a title that turns the answer to `fmt_tangent` around.

    The label's meaning says what the answer is there; nothing else is claimed of the twin.
    """
    return [
        replace(each, reading=replace(each.reading, post_title=title), labels={"fmt_tangent": title == _OTHER_TITLE})
        for each in examples
        if (title := _turned_title(each))
    ]


def _turned_title(example: Example) -> str | None:
    """Return the title of an example's twin, None where its answer would be in doubt."""
    if not example.reading.post_title:
        return None
    if example.labels["fmt_tangent"]:
        return _FMT_TITLE
    return _OTHER_TITLE if is_about_fmt(example.reading.post_title) and names_fmt(example.reading.text) else None


def _material(examples: Sequence[Example], recipe: Recipe) -> _Material:
    """Put examples into matrices; what is not known of a label is NaN."""
    names = sorted({example.source for example in examples} - {OURS})
    number = {OURS: 0, **{name: at for at, name in enumerate(names, start=1)}}
    truth = [
        [float(each.labels[output]) if output in each.labels else np.nan for output in OUTPUTS] for each in examples
    ]
    weights = [recipe.own_weights if each.source == OURS else [each.weight] * len(OUTPUTS) for each in examples]
    return _Material(
        CommentReader(recipe.bits).transform([each.reading for each in examples]),
        np.array(truth).reshape(-1, len(OUTPUTS)),
        np.array(weights).reshape(-1, len(OUTPUTS)),
        np.array([number[each.source] for each in examples], np.int64),
        np.array([each.group for each in examples], dtype=object),
    )


def _stacked(own: _Material, pool: _Material) -> _Material:
    counts = vstack([own.counts, pool.counts], format="csr")
    return _Material(counts, *(np.concatenate(both) for both in zip(own[1:], pool[1:], strict=True)))


def _fit(material: _Material, recipe: Recipe) -> Pipeline:
    """Fit what follows the reader, whose counts are at hand, and return the whole pipeline."""
    weights = BlockWeights(recipe.bits, recipe.rarest, recipe.trait_weight).fit(material.counts)
    model = StackedLogistic(list(OUTPUTS), recipe.strengths)
    model.fit(weights.transform(material.counts), material.truth, material.weight, material.corpus)
    return Pipeline([("read", CommentReader(recipe.bits)), ("weigh", weights), ("label", model)])


def _log_odds(pipeline: Pipeline, counts: csr_array) -> Values:
    features = pipeline.named_steps["weigh"].transform(counts)
    return np.asarray(pipeline.named_steps["label"].decision_function(features))


def _out_of_fold(own: _Material, pool: _Material, folds: Folds, recipe: Recipe, progress: Progress) -> Values:
    """Return the log-odds of our comments, each from a model that has seen none of its thread."""
    scores = np.zeros(own.truth.shape)
    for number, (rest, held_out) in enumerate(folds, start=1):
        progress(f"holding out threads, {number} of {len(folds)}")
        pipeline = _fit(_stacked(own.rows(rest), pool), recipe)
        scores[held_out] = _log_odds(pipeline, own.counts[held_out])
    return scores


def _only(folds: Folds, count: int) -> list[Values]:
    """Return the held-out rows of each fold without those that were added to our comments."""
    return [held_out[held_out < count] for _, held_out in folds]


def _pool_figures(
    probabilities: Values, held_out: _Material, examples: Sequence[Example], thresholds: Mapping[str, float]
) -> dict[str, dict[str, Figures]]:
    """Measure on the pool's held-out groups, for every corpus and every label of which it has both sides."""
    figures: dict[str, dict[str, Figures]] = {}
    for number, name in enumerate(sorted({example.source for example in examples}), start=1):
        for at, label in enumerate(LABELS):
            rows = np.flatnonzero((held_out.corpus == number) & ~np.isnan(held_out.truth[:, at]))
            truth = held_out.truth[rows, at] == 1
            if 0 < truth.sum() < len(truth):
                scores = probabilities[rows, at]
                called = scores >= thresholds[label]
                found = measure_with_intervals(truth, scores, called, held_out.group[rows])
                figures.setdefault(name, {})[label] = found
    return figures


def _counts(examples: Iterable[Example]) -> dict[str, dict[str, int]]:
    """Count for each source its comments, and for each label those that carry it and those that do not."""
    counts: dict[str, Counter[str]] = {}
    for example in examples:
        count = counts.setdefault(example.source, Counter())
        count["comments"] += 1
        count.update(f"{label} {'yes' if value else 'no'}" for label, value in example.labels.items())
    return {source: dict(sorted(count.items())) for source, count in sorted(counts.items())}


def _data_hash(examples: Iterable[Example]) -> str:
    """Return one SHA-256 for all that was learned from."""
    digest = hashlib.sha256()
    for each in examples:
        row = [each.source, each.reading.text, each.reading.parent, each.reading.post_title, dict(each.labels)]
        digest.update(json.dumps(row, sort_keys=True).encode())
    return digest.hexdigest()
