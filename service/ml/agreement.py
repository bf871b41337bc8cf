"""How far the two readers of our own comments agree."""

import json
from pathlib import Path
from typing import NamedTuple

from nltk.metrics.agreement import AnnotationTask

from service.domain.labels import OUTPUTS
from service.ml.corpora import CorpusBroken, lines


class Agreement(NamedTuple):
    """What two readers said of one label."""

    comments: int
    first: int
    """How many the first reader gave the label."""
    second: int
    alpha: float
    """Krippendorff's alpha: 1 where they always agree, 0 where they agree as chance would."""


def agreements(training_data: Path) -> dict[str, Agreement]:
    """Return the agreement on each label over all our own comments, those that are disputed included."""
    paths = sorted(training_data.glob("*.jsonl"))
    if not paths:
        raise CorpusBroken(f"{training_data} holds no comments (*.jsonl). Name the folder with --training-data.")
    try:
        rows = [json.loads(line) for path in paths for line in lines(path)]
        return {label: _agreement(label, rows) for label in OUTPUTS}
    except (ValueError, KeyError, TypeError) as error:
        raise CorpusBroken(f"A line in {training_data} is no comment of ours ({error!r}).") from error


def _agreement(label: str, rows: list[dict[str, list[str]]]) -> Agreement:
    first = [label in row["labels"] for row in rows]
    # What is disputed, the second reader said otherwise.
    second = [said != (label in row.get("disputed", ())) for said, row in zip(first, rows, strict=True)]
    said = [(who, at, each) for who, both in (("first", first), ("second", second)) for at, each in enumerate(both)]
    return Agreement(len(rows), sum(first), sum(second), AnnotationTask(said).alpha())
