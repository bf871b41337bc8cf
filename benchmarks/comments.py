"""The comments that the benchmarks use: the project's own, repeated."""

import itertools
import json
from collections.abc import Iterator
from typing import Any

from service.settings import ROOT


def own() -> list[dict[str, Any]]:
    """Return the project's own comments, each with the post it stands under, as they are in the files."""
    return [
        json.loads(line)
        for path in sorted((ROOT / "training_data").glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]


def texts(count: int) -> Iterator[str]:
    """Return so many texts, the project's own over and over."""
    return itertools.islice(itertools.cycle([each["text"] for each in own()]), count)
