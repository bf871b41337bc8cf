"""How good a model is: figures for each label with 95 % intervals, and tables of them."""

import gzip
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
from sklearn.metrics import average_precision_score, roc_auc_score

from service.domain.comment import Reading
from service.ml.calibration import expected_calibration_error
from service.ml.classifier import Classifier

Values: TypeAlias = npt.NDArray[Any]
Figures: TypeAlias = dict[str, Any]

_DRAWS = 200
_SEED = 20261121
COLUMNS = ("auc", "ap", "precision", "recall", "f1", "false_alarms_per_1000", "brier", "ece")
_HEAD = ("AUC", "AP", "P", "R", "F1", "FP/1000", "Brier", "ECE")


class SetBroken(Exception):
    """An evaluation set that cannot be read; the text names the file and the line."""


class LabelledSet(NamedTuple):
    """Readings with what is known of their labels; None where a label is not known."""

    name: str
    readings: list[Reading]
    labels: list[Mapping[str, bool | None]]


def measure_with_intervals(truth: Values, scores: Values, called: Values, groups: Values) -> Figures:
    """Return the figures of one label, and between which values 95 of 100 redrawn sets of groups lie.

    Whole groups are redrawn, because comments of one thread are not independent. `called` says which comments reached
    the threshold that was in force for them.
    """
    draws = [_figures(truth[rows], scores[rows], called[rows]) for rows in redraws(groups)]
    intervals = {key: interval([draw[key] for draw in draws]) for key in COLUMNS}
    return {**_figures(truth, scores, called), "interval": intervals}


def interval(draws: Sequence[float | None]) -> list[float] | None:
    """Return between which values 95 of 100 draws lie; None where fewer than half of them have one at all."""
    known = [draw for draw in draws if draw is not None]
    if 2 * len(known) < len(draws):
        return None
    return [round(float(each), 4) for each in np.percentile(known, (2.5, 97.5))]


def proportion_interval(count: int, of: int) -> tuple[float, float]:
    """Return between which shares, 0 to 1, the true one lies with 95 % (Wilson, 1927)."""
    z = 1.959964
    middle, width = (
        (count + z * z / 2) / (of + z * z),
        z / (of + z * z) * (count * (of - count) / of + z * z / 4) ** 0.5,
    )
    return max(0.0, middle - width), min(1.0, middle + width)


def read_sets(folder: Path) -> Iterator[LabelledSet]:
    """Yield every evaluation set below a folder: `.jsonl` or `.jsonl.gz` with text, parent, post_title and labels."""
    paths = sorted(folder.glob("*.jsonl*"))
    if not paths:
        raise SetBroken(f"{folder} holds no set: a file .jsonl or .jsonl.gz, a comment with its labels on each line.")
    for path in paths:
        rows = list(_rows(path))
        yield LabelledSet(path.name.split(".")[0], [row["reading"] for row in rows], [row["labels"] for row in rows])


def compare(these: Mapping[str, Mapping[str, Figures]], those: Mapping[str, Mapping[str, Figures]]) -> str:
    """Return a table of one model's figures, and in brackets how far each is from another model's on the same set."""
    lines = ["| set | label | " + " | ".join(_HEAD) + " |", "| --- | --- |" + " ---: |" * len(_HEAD)]
    for name, labels in these.items():
        for label, row in labels.items():
            other = those.get(name, {}).get(label)
            if other:
                shown = " | ".join(_difference(key, row.get(key), other.get(key)) for key in COLUMNS)
                lines.append(f"| {name} | {label} | {shown} |")
    return "\n".join(lines)


def withheld(classifier: Classifier, labelled: LabelledSet) -> int:
    """Return for how many comments of a set a running service would give no scores, for their language."""
    return sum(classifier.is_withheld(reading) for reading in labelled.readings)


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
            shown = " | ".join(_shown(key, row.get(key)) for key in COLUMNS)
            lines.append(f"| {name:16s} | {label:11s} | {row['n']:6d} | {row['positive']:5d} | {shown} |")
    return "\n".join(lines)


def area(value: float | None) -> str:
    """Return an AUC as it is printed, a dash where there is none."""
    return "–" if value is None else f"{value:.3f}"


def _difference(key: str, value: float | None, other: float | None) -> str:
    if value is None or other is None:
        return "–"
    digits = 1 if key == "false_alarms_per_1000" else 3
    return f"{value:.{digits}f} ({value - other:+.{digits}f})"


def _shown(key: str, value: float | None) -> str:
    if value is None:
        return f"{'–':>7s}"
    return f"{value:7.1f}" if key == "false_alarms_per_1000" else f"{value:7.3f}"


def _figures(truth: Values, scores: Values, called: Values) -> Figures:
    """Return the figures of one label; None where there is nothing to make one of."""
    hits, wrong, missed = (int(each.sum()) for each in (truth & called, ~truth & called, truth & ~called))
    both = 0 < truth.sum() < len(truth)
    return {
        "n": len(truth),
        "positive": int(truth.sum()),
        "auc": float(roc_auc_score(truth, scores)) if both else None,
        "ap": float(average_precision_score(truth, scores)) if both else None,
        "precision": hits / (hits + wrong) if hits + wrong else None,
        "recall": hits / (hits + missed) if hits + missed else None,
        "f1": 2 * hits / (2 * hits + wrong + missed) if hits + missed else None,
        "false_alarms_per_1000": 1000 * wrong / int((~truth).sum()) if not truth.all() else None,
        "brier": float(np.mean((scores - truth) ** 2)),
        "ece": expected_calibration_error(scores, truth),
    }


def redraws(groups: Values) -> Iterator[Values]:
    """Yield the rows of sets of groups drawn with replacement, the same ones every time."""
    chance = np.random.default_rng(_SEED)
    members = [np.flatnonzero(groups == group) for group in np.unique(groups)]
    for _ in range(_DRAWS):
        yield np.concatenate([members[at] for at in chance.integers(0, len(members), len(members))])


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    opener = gzip.open if path.suffix == ".gz" else open
    number = 0
    try:
        with opener(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                number += 1
                row = json.loads(line)
                # Some sets list several raters' labels and put what they agreed on beside.
                labels = row["agreed"] if isinstance(row["labels"], list) else row["labels"]
                yield {**row, "reading": _reading(row), "labels": {key: _known(value) for key, value in labels.items()}}
    except (ValueError, KeyError, TypeError, AttributeError, EOFError, zlib.error) as error:
        told = f"expected an object with text and labels ({type(error).__name__}: {error})"
        raise SetBroken(f"{path}, line {max(1, number)}: {told}") from error


def _reading(row: Mapping[str, Any]) -> Reading:
    context = row.get("parent"), row.get("post_title")
    if not isinstance(row["text"], str) or not all(each is None or isinstance(each, str) for each in context):
        raise TypeError("text, parent and post_title are strings")
    return Reading(row["text"], *context)


def _known(value: object) -> bool | None:
    if value is not None and value not in (True, False):
        raise ValueError(f"a label is true, false or null, not {value!r}")
    return None if value is None else bool(value)
