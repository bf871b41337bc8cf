"""How good a model is: figures for each label with 95 % intervals, and tables of them."""

import gzip
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
from sklearn.metrics import average_precision_score, brier_score_loss, precision_recall_fscore_support, roc_auc_score

from service.domain.comment import Reading
from service.ml.calibration import expected_calibration_error
from service.ml.classifier import Classifier

Values: TypeAlias = npt.NDArray[Any]
Figures: TypeAlias = dict[str, Any]

_DRAWS = 200
_SEED = 20261121
_COLUMNS = ("auc", "ap", "precision", "recall", "f1", "false_alarms_per_1000", "brier", "ece")
_HEAD = ("AUC", "AP", "P", "R", "F1", "FP/1000", "Brier", "ECE")


class SetBroken(Exception):
    """An evaluation set that cannot be read; the text names the file and the line."""


class LabelledSet(NamedTuple):
    """Readings with what is known of their labels; None where a label is not known."""

    name: str
    readings: list[Reading]
    labels: list[Mapping[str, bool | None]]


def measure(truth: Values, scores: Values, threshold: float) -> Figures:
    """Return the figures of one label from what is true and what was scored."""
    called = scores >= threshold
    precision, recall, f1, _ = precision_recall_fscore_support(truth, called, average="binary", zero_division=0)
    both = 0 < truth.sum() < len(truth)
    return {
        "n": len(truth),
        "positive": int(truth.sum()),
        "auc": float(roc_auc_score(truth, scores)) if both else None,
        "ap": float(average_precision_score(truth, scores)) if both else None,
        "precision": float(precision),
        "recall": float(recall),
        "f1": float(f1),
        "false_alarms_per_1000": float(1000 * (called & ~truth).sum() / max(1, (~truth).sum())),
        "brier": float(brier_score_loss(truth, scores)),
        "ece": expected_calibration_error(scores, truth),
    }


def measure_with_intervals(truth: Values, scores: Values, called: Values, groups: Values) -> Figures:
    """Return the figures of one label, and between which values 95 of 100 redrawn sets of groups lie.

    Whole groups are redrawn, because comments of one thread are not independent. `called` says which comments reached
    the threshold that was in force for them.
    """
    # A threshold of one half on what was called says the same as each fold's own threshold on its scores.
    figures = {**measure(truth, scores, 0.5), **_of_calls(truth, called)}
    draws = [_redrawn(truth, scores, called, rows) for rows in _redraws(groups)]
    intervals = {
        key: [round(float(each), 4) for each in np.percentile([draw[key] for draw in draws], (2.5, 97.5))]
        for key in ("auc", "ap", "precision", "recall", "f1", "false_alarms_per_1000")
        if draws
    }
    return {**figures, "interval": intervals}


def read_sets(folder: Path) -> Iterator[LabelledSet]:
    """Yield every evaluation set below a folder: `.jsonl` or `.jsonl.gz` with text, parent, post_title and labels."""
    for path in sorted(folder.glob("*.jsonl*")):
        rows = list(_rows(path))
        readings = [Reading(row["text"], row.get("parent"), row.get("post_title")) for row in rows]
        yield LabelledSet(path.name.split(".")[0], readings, [_truth(row) for row in rows])


def compare(these: Mapping[str, Mapping[str, Figures]], those: Mapping[str, Mapping[str, Figures]]) -> str:
    """Return a table of one model's figures, and in brackets how far each is from another model's on the same set."""
    lines = ["| set | label | " + " | ".join(_HEAD) + " |", "| --- | --- |" + " ---: |" * len(_HEAD)]
    for name, labels in these.items():
        for label, row in labels.items():
            other = those.get(name, {}).get(label)
            if other:
                shown = " | ".join(_difference(key, row.get(key), other.get(key)) for key in _COLUMNS)
                lines.append(f"| {name} | {label} | {shown} |")
    return "\n".join(lines)


def measure_set(classifier: Classifier, labelled: LabelledSet) -> dict[str, Figures]:
    """Return a classifier's figures for every label that a set knows and the classifier scores."""
    # A language that it does not know is measured all the same: a set says what it is about.
    scored = [classifier.score_any(reading) for reading in labelled.readings]
    figures = {}
    for label in sorted({key for labels in labelled.labels for key in labels} & set(classifier.labels)):
        known = [at for at, labels in enumerate(labelled.labels) if labels.get(label) is not None]
        if known:
            truth = np.array([labelled.labels[at][label] for at in known], dtype=bool)
            scores = np.array([scored[at].probabilities[label] for at in known])
            called = scores >= classifier.thresholds[label]
            figures[label] = measure_with_intervals(truth, scores, called, np.arange(len(truth)))
    return figures


def table(figures: Mapping[str, Mapping[str, Figures]], head: str = "set") -> str:
    """Return a table in plain text, which is Markdown too: a row for each set and label."""
    lines = [
        f"| {head:16s} | {'label':11s} | {'n':>6s} | {'pos':>5s} | "
        + " | ".join(f"{each:>7s}" for each in _HEAD)
        + " |",
        f"| {'-' * 16} | {'-' * 11} | {'-' * 5}: | {'-' * 4}: | " + " | ".join(["-----" + "-:"] * len(_HEAD)) + " |",
    ]
    for name, labels in figures.items():
        for label, row in labels.items():
            shown = " | ".join(_shown(key, row.get(key)) for key in _COLUMNS)
            lines.append(f"| {name:16s} | {label:11s} | {row['n']:6d} | {row['positive']:5d} | {shown} |")
    return "\n".join(lines)


def _difference(key: str, value: float | None, other: float | None) -> str:
    if value is None or other is None:
        return "–"
    digits = 1 if key == "false_alarms_per_1000" else 3
    return f"{value:.{digits}f} ({value - other:+.{digits}f})"


def _shown(key: str, value: float | None) -> str:
    if value is None:
        return f"{'–':>7s}"
    return f"{value:7.1f}" if key == "false_alarms_per_1000" else f"{value:7.3f}"


def _of_calls(truth: Values, called: Values) -> Figures:
    """Return what follows from who was called: precision, recall, F1 and false alarms."""
    hits = int((truth & called).sum())
    wrong = int((~truth & called).sum())
    missed = int((truth & ~called).sum())
    return {
        "precision": hits / max(1, hits + wrong),
        "recall": hits / max(1, hits + missed),
        "f1": 2 * hits / max(1, 2 * hits + wrong + missed),
        "false_alarms_per_1000": 1000 * wrong / max(1, int((~truth).sum())),
    }


def _redraws(groups: Values) -> Iterator[Values]:
    """Yield the rows of sets of groups drawn with replacement, the same ones every time."""
    chance = np.random.default_rng(_SEED)
    members = [np.flatnonzero(groups == group) for group in np.unique(groups)]
    for _ in range(_DRAWS):
        yield np.concatenate([members[at] for at in chance.integers(0, len(members), len(members))])


def _redrawn(truth: Values, scores: Values, called: Values, rows: Values) -> Figures:
    both = 0 < truth[rows].sum() < len(rows)
    ranked = {
        "auc": float(roc_auc_score(truth[rows], scores[rows])) if both else 0.5,
        "ap": float(average_precision_score(truth[rows], scores[rows])) if both else 0.0,
    }
    return {**ranked, **_of_calls(truth[rows], called[rows])}


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                row = json.loads(line)
                yield {**row, "text": row["text"], "labels": row["labels"]}
            except (ValueError, KeyError, TypeError) as error:
                raise SetBroken(f"{path}, line {number}: expected an object with text and labels") from error


def _truth(row: Mapping[str, Any]) -> Mapping[str, bool | None]:
    """Return a row's labels; some sets list several raters' and put what they agreed on beside."""
    labels: Mapping[str, bool | None] = row["agreed"] if isinstance(row["labels"], list) else row["labels"]
    return labels
