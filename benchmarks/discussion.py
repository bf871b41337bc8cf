"""How often a discussion is said to turn that does not, how many that do are found, and how long it all takes.

Discussions are put together from comments under newspaper articles and from a forum that people have labelled
(../shared/corpora/eval, for measuring only; without it that part is left out): so many comments, of which a few are
abusive as everywhere, and after a place between a third and two thirds a given share is. What is planted is known.
"""

import argparse
import gzip
import json
import math
import random
import time
from collections.abc import Sequence
from typing import NamedTuple

from benchmarks.comments import texts
from service.domain import temperature
from service.domain.comment import Reading
from service.domain.temperature import LEVEL, heat, strongest, turn_of
from service.ml.artefacts import Shelf
from service.ml.classifier import Classifier
from service.ml.themes import Themes
from service.settings import ROOT

EVAL = ROOT.parent / "shared" / "corpora" / "eval"
SETS = ("news_comments", "forum_abuse")
LENGTHS, SHARES = (24, 48, 96), (0.25, 0.5, 0.75)
THREADS = 400
_SEED = 20_261_121
_TABLE = (12, 15, 20, 30, 50, 80, 150, 300, 1000)
_SHUFFLES = 40_000


class Pool(NamedTuple):
    """The heats of labelled comments, as the model has them."""

    calm: list[float]
    hostile: list[float]

    @property
    def natural(self) -> float:
        """The share of hostile ones."""
        return len(self.hostile) / (len(self.hostile) + len(self.calm))


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--thresholds", action="store_true", help="print the thresholds of a turn anew, nothing else")
    if parser.parse_args().thresholds:
        thresholds()
        return
    for name in SETS:
        if (EVAL / f"{name}.jsonl.gz").exists():
            planted(name)
        else:
            print(f"{name}: not there, left out")
    finding_themes()


def thresholds() -> None:
    """Print what shuffled comments exceed in one of twenty discussions, by their number."""
    for count in _TABLE:
        source, ranks = random.Random(count), [float(each) for each in range(count)]  # noqa: S311
        found = []
        for _ in range(_SHUFFLES if count < 1000 else _SHUFFLES // 3):  # noqa: PLR2004
            source.shuffle(ranks)
            found.append(strongest(ranks)[1])
        print(f"    {count}: {sorted(found)[math.ceil((1 - LEVEL) * len(found)) - 1]:.3f},")


def planted(name: str) -> None:
    """Print how many planted turns are found, and how often one is found where none was planted."""
    model, perfect = pools(name)
    print(f"{name}: {len(model.calm) + len(model.hostile):,} comments, {100 * model.natural:.1f} % abusive")
    print("  of them   false alarms, none planted    turns found, by the share of abusive comments after")
    shares = "".join(f"{100 * share:>8.0f} %" for share in SHARES)
    print(f"  comments  as written   shuffled       {shares}    place off by")
    for who, pool in (("the model", model), ("no mistakes", perfect)):
        for count in LENGTHS:
            print(f"  {count:>8}  {_row(pool, count)}    {who}")


def _row(pool: Pool, count: int) -> str:
    source = random.Random(_SEED)  # noqa: S311
    steady = [threads(pool, source, count, pool.natural)[1] for _ in range(THREADS)]
    none = sum(turn_of(each) is not None for each in steady) / THREADS
    shuffled = temperature.false_alarms(steady)
    low, high = shuffled.interval or (0.0, 0.0)
    shares, off = [], []
    for share in SHARES:
        made = [threads(pool, source, count, share) for _ in range(THREADS)]
        turns = [(place, turn_of(heats)) for place, heats in made]
        shares.append(sum(turn is not None for _, turn in turns) / THREADS)
        off += [abs(turn.after - place) for place, turn in turns if turn]
    middle = sorted(off)[len(off) // 2]
    found = "".join(f"{100 * each:>8.1f} %" for each in shares)
    rate = 100 * (shuffled.rate or 0.0)
    return f"{100 * none:>7.1f} %   {rate:.1f} % ({100 * low:.1f}-{100 * high:.1f}) {found}    {middle} comments"


def threads(pool: Pool, source: random.Random, count: int, share: float) -> tuple[int, list[float]]:
    """Return where a discussion turns, and its heats."""
    place = source.randint(count // 3, 2 * count // 3)
    shares = [pool.natural] * place + [share] * (count - place)
    return place, [source.choice(pool.hostile if source.random() < each else pool.calm) for each in shares]


def pools(name: str, most: int | None = None) -> tuple[Pool, Pool]:
    """Return a set's heats, or those of its first comments, as the model has them and as if it made no mistakes."""
    with gzip.open(EVAL / f"{name}.jsonl.gz", "rt", encoding="utf-8") as file:
        every = [json.loads(line) for line in file]
    rows = [row for row in every if row["labels"].get("abusive") is not None][:most]
    scores = _model().score([Reading(row["text"], row.get("parent")) for row in rows])
    read = [(row["labels"]["abusive"], each.probabilities) for row, each in zip(rows, scores, strict=True)]
    read = [(hostile, probabilities) for hostile, probabilities in read if probabilities]
    calm = [heat(probabilities) for hostile, probabilities in read if not hostile]
    hostile = [heat(probabilities) for hostile, probabilities in read if hostile]
    source = random.Random(_SEED)  # noqa: S311
    return Pool(calm, hostile), Pool([source.uniform(0, 0.3) for _ in calm], [source.uniform(0.7, 1) for _ in hostile])


def finding_themes() -> None:
    """Print how long the finding of themes takes."""
    for count in (2_000, 20_000):
        found = _timed(list(texts(count)))
        print(f"themes in {count:,} comments: {found}")


def _timed(some: Sequence[str]) -> str:
    began, processor = time.perf_counter(), time.process_time()
    found = Themes().fit(some)
    fitted, of_it = time.perf_counter() - began, time.process_time() - processor
    began = time.perf_counter()
    found.assign(some)
    assigned = time.perf_counter() - began
    return f"{fitted:.1f} s ({of_it:.1f} s of the processor) to find {found.number_}, {assigned:.1f} s to assign"


def _model() -> Classifier:
    return Shelf(ROOT / "models", None).current()


if __name__ == "__main__":
    main()
