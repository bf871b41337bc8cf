"""The comments that the benchmarks use: the project's own, repeated."""

import itertools
import json
from collections.abc import Iterator

from service.settings import ROOT


def texts(count: int) -> Iterator[str]:
    """Return so many texts, the project's own over and over."""
    own = [
        json.loads(line)["text"]
        for path in sorted((ROOT / "training_data").glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    return itertools.islice(itertools.cycle(own), count)
