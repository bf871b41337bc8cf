"""A planted truth: do a report's intervals hold it, is a real change found, and is none found where there is none?

Archives of 20,000 comments over ten weeks are drawn, with replacement, from evaluation sets whose labels are known, so
that each week has exactly the share of a label that was planted. A part of the comments, each with the same chance, is
said to be checked. What a report makes of it is compared with what was planted, beside simpler ways to count.

    python -m benchmarks.tone [--short] [--drawn] [--archives 100] [--sets ../shared/corpora/eval]
"""

import argparse
import itertools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from service.domain.significance import holm
from service.domain.tally import EDGES, Stratum
from service.domain.tone import Change
from service.flows.estimates import change_of, shares_of
from service.ml import shares
from service.ml.artefacts import Shelf
from service.ml.classifier import Classifier
from service.ml.evaluation import LabelledSet, proportion_interval, read_sets
from service.ml.shares import Counts, Interval
from service.settings import ROOT

WEEKS, A_WEEK = 10, 2_000
PLANTED = {
    "abusive": (0.04, 0.04, 0.05, 0.06, 0.08, 0.09, 0.10, 0.08, 0.06, 0.05),
    "sarcastic": (0.05, 0.05, 0.06, 0.07, 0.08, 0.10, 0.12, 0.12, 0.10, 0.08),
    "spam": (0.03, 0.03, 0.03, 0.04, 0.06, 0.08, 0.08, 0.07, 0.05, 0.04),
    "supportive": (0.15, 0.17, 0.20, 0.24, 0.28, 0.32, 0.35, 0.33, 0.30, 0.26),
}
BEFORE = {"abusive": 0.05, "sarcastic": 0.05, "spam": 0.04, "supportive": 0.20}
CHANGE = 0.03
CHECKED = (0.02, 0.05, 0.10, 0.20)
USUAL = 0.10
"""The part that is checked in the tables that have but one."""
REGISTERS = {
    "abusive": ("forum_abuse", "news_comments"),
    "sarcastic": ("forum_replies_sarcasm", "news_comments"),
    "spam": ("article_spam", "video_spam"),
    "supportive": ("cancer_network", "distress_replies"),
}
"""Two places where people write differently, and so the model errs differently: comments move from one to the other."""

_SEED = 20_261_121
Values: TypeAlias = npt.NDArray[Any]


class Comments(NamedTuple):
    """Every comment whose label is known, scored once."""

    label: str
    probability: Values
    is_it: Values
    is_called: Values
    set_name: Values
    """From which set each is."""


class Drift(NamedTuple):
    """How the comments' origin changes from week to week: 0 is all from the one place, 1 all from the other."""

    name: str
    weeks: Sequence[float] | None


class Drawn(NamedTuple):
    """So many comments of some weeks that are drawn beside the sample, and the part of them that is checked."""

    count: int
    weeks: range = range(WEEKS)
    done: float = 1.0


DRAWN: Mapping[str, tuple[float, Drawn | None]] = {
    "2% as they came": (0.02, None),
    "400 drawn afterwards": (0.0, Drawn(400)),
    "800 drawn, half of them checked": (0.0, Drawn(800, done=0.5)),
    "1,000 drawn": (0.0, Drawn(1_000)),
    "2%, and 1,000 of three weeks": (0.02, Drawn(1_000, range(3))),
}
"""What to call it, the part that was checked as comments came, and what was drawn of them afterwards."""

STEADY = Drift("the same places throughout", None)
RAMP = Drift("slowly from one place to another", tuple(np.linspace(0, 1, WEEKS)))
STEP = Drift("suddenly from one place to another", (0.0,) * 5 + (1.0,) * 5)


@dataclass(frozen=True)
class Archive:
    """One label of one archive: what a report is told, and what only we know."""

    label: str
    counts: Counts
    probability: Values
    """By week, the mean of the model's probabilities."""
    called_of_checked: Mapping[bool, float]
    """How many of the checked comments that have the label, and of those that have not, the model calls it."""
    truth: Values


Method: TypeAlias = Callable[[Archive], list[Interval | None]]


def scored(sets: Sequence[LabelledSet], classifier: Classifier) -> Iterator[Comments]:
    """Score every comment once, and yield those whose label is known for each label that the sets know well enough."""
    said = [[classifier.score_any(reading) for reading in each.readings] for each in sets]
    for label in PLANTED:
        rows: list[tuple[float, bool, bool, str]] = [
            (scores.probabilities[label], bool(known[label]), label in scores.labels, each.name)
            for each, all_scores in zip(sets, said, strict=True)
            for known, scores in zip(each.labels, all_scores, strict=True)
            if known.get(label) is not None
        ]
        if not rows:
            continue
        probability, is_it, is_called, names = zip(*rows, strict=True)
        yield Comments(label, np.array(probability), np.array(is_it), np.array(is_called), np.array(names))


def draw(
    chance: np.random.Generator,
    pool: Comments,
    planted: Sequence[float],
    checked: float,
    drift: Drift,
    drawn: Drawn | None = None,
) -> Archive:
    """Draw an archive with just the planted shares, and check each comment with the same chance.

    With `drawn`, check more of some weeks: of their comments those with the lowest places that are not checked.
    """
    weeks = range(len(planted))
    counts = Counts.of(len(planted), [int(drawn is not None and week in drawn.weeks) for week in weeks])
    probability, called = np.zeros(len(planted)), {True: 0.0, False: 0.0}
    bins = np.searchsorted(EDGES, pool.probability, side="right")
    written = list(_written(chance, pool, planted, drift))
    reached = _reached(written, checked, drawn)
    for week, is_it, picked, places in written:
        is_checked = places < reached[week]
        found = counts.yes if is_it else counts.no
        counts.comments[week, Stratum.PASSED] += np.bincount(bins[picked], minlength=counts.comments.shape[2])
        found[week, Stratum.PASSED] += np.bincount(bins[picked[is_checked]], minlength=counts.comments.shape[2])
        counts.called[week] += pool.is_called[picked].sum()
        called[is_it] += pool.is_called[picked[is_checked]].sum()
        probability[week] += pool.probability[picked].sum() / A_WEEK
    truth = np.array([round(each * A_WEEK) / A_WEEK for each in planted])
    return Archive(pool.label, counts, probability, called, truth)


class _Written(NamedTuple):
    """Comments of a week that have a label, or have not, and the place of each in the sample."""

    week: int
    is_it: bool
    picked: Values
    places: Values


def _written(chance: np.random.Generator, pool: Comments, planted: Sequence[float], drift: Drift) -> Iterator[_Written]:
    for week, share in enumerate(planted):
        having = round(share * A_WEEK)
        for is_it, many in ((True, having), (False, A_WEEK - having)):
            picked = _picked(chance, pool, is_it, many, drift.weeks[week] if drift.weeks else None)
            yield _Written(week, is_it, picked, chance.random(many))


def _reached(written: Sequence[_Written], checked: float, drawn: Drawn | None) -> Values:
    """Return for each week up to which place its comments are checked."""
    reached = np.full(written[-1].week + 1, checked)
    if drawn:
        places = np.concatenate([each.places for each in written if each.week in drawn.weeks])
        left = np.sort(places[places >= checked])
        reached[list(drawn.weeks)] = left[round(drawn.count * drawn.done)]
    return reached


def _picked(chance: np.random.Generator, pool: Comments, is_it: bool, many: int, moved: float | None) -> Values:
    rows = np.flatnonzero(pool.is_it == is_it)
    if moved is None:
        return np.asarray(chance.choice(rows, many))
    places = REGISTERS[pool.label]
    weights = np.zeros(len(rows))
    # One in ten is from the other place even where all has moved: no blog changes wholly.
    for place, part in zip(places, (0.9 - 0.8 * moved, 0.1 + 0.8 * moved), strict=True):
        there = pool.set_name[rows] == place
        weights[there] = part / there.sum()
    return np.asarray(chance.choice(rows, many, p=weights / weights.sum()))


def plain_count(archive: Archive) -> list[Interval | None]:
    """Count what the model calls it, with Wilson's interval: what dashboards do."""
    called, volume = archive.counts.called, archive.counts.volume
    return [Interval(a / b, *proportion_interval(int(a), int(b))) for a, b in zip(called, volume, strict=True)]


def mean_probability(archive: Archive) -> list[Interval | None]:
    """Take the mean of the calibrated probabilities."""
    return [Interval(p, *proportion_interval(round(p * A_WEEK), A_WEEK)) for p in archive.probability]


def checked_alone(archive: Archive) -> list[Interval | None]:
    """Count among the checked comments of the week alone, with Wilson's interval."""
    yes, checked = archive.counts.yes.sum(axis=(1, 2)), archive.counts.checked
    return [
        Interval(a / b, *proportion_interval(int(a), int(b))) if b else None for a, b in zip(yes, checked, strict=True)
    ]


def adjusted_count(archive: Archive) -> list[Interval | None]:
    """Correct the plain count by the error rates found on all checked comments (Rogan and Gladen, 1978)."""
    yes, no = max(1.0, archive.counts.yes.sum()), max(1.0, archive.counts.no.sum())
    hits, false = archive.called_of_checked[True] / yes, archive.called_of_checked[False] / no
    apart = max(0.02, hits - false)
    found = []
    for called, volume in zip(archive.counts.called, archive.counts.volume, strict=True):
        share = min(1.0, max(0.0, (called / volume - false) / apart))
        spread = called / volume * (1 - called / volume) / volume
        spread += share**2 * hits * (1 - hits) / yes
        spread += (1 - share) ** 2 * false * (1 - false) / no
        width = 1.96 * spread**0.5 / apart
        found.append(Interval(share, max(0.0, share - width), min(1.0, share + width)))
    return found


def measured_here(archive: Archive) -> list[Interval | None]:
    """Use prediction-powered inference for each week by itself: our report's first estimate alone."""
    return _estimated(archive, 1.0)


def carried_over(archive: Archive) -> list[Interval | None]:
    """Take the model to err the same in every week: our report's second estimate alone."""
    return _estimated(archive, 0.0)


def ours(archive: Archive) -> list[Interval | None]:
    """Do as a report does."""
    found = shares_of({"model": archive.counts}, range(len(archive.truth))).shares
    return [
        Interval(each.value, each.low, each.high)
        if each.value is not None and each.low is not None and each.high is not None
        else None
        for each in found
    ]


def ours_of_all(archive: Archive) -> list[Interval | None]:
    """Do as a report does with all weeks together."""
    [found] = shares_of({"model": archive.counts}, [0] * len(archive.counts.volume)).shares
    is_said = found.value is not None and found.low is not None and found.high is not None
    return [Interval(found.value or 0.0, found.low or 0.0, found.high or 0.0) if is_said else None]


def all_alike(archive: Archive) -> list[Interval | None]:
    """Do as if all weeks had been sampled alike, which is wrong where more was drawn of some."""
    alike = archive.counts._replace(sampling=np.zeros_like(archive.counts.sampling))
    return ours_of_all(replace(archive, counts=alike))


def _estimated(archive: Archive, drift: float) -> list[Interval | None]:
    found = shares.estimate(archive.counts, drift)
    spread = np.diag(found.covariance)
    return [shares.interval(float(a), float(b), A_WEEK) for a, b in zip(found.values, spread, strict=True)]


METHODS: Mapping[str, Method] = {
    "plain count": plain_count,
    "mean probability": mean_probability,
    "checked alone": checked_alone,
    "adjusted count": adjusted_count,
    "measured here": measured_here,
    "carried over": carried_over,
    "the report": ours,
}


class Held(NamedTuple):
    """Of the intervals of a method: how many hold the truth, how wide they are, how many cells say nothing."""

    holding: float
    half_width: float
    silent: float


def held(archives: Sequence[Archive], method: Method) -> Held:
    """Return how a method does on archives."""
    cells = [pair for archive in archives for pair in zip(method(archive), archive.truth, strict=True)]
    said = [(found, truth) for found, truth in cells if found is not None]
    holding = [found.low <= truth <= found.high for found, truth in said]
    widths = [(found.high - found.low) / 2 for found, _ in said]
    return Held(float(np.mean(holding)), float(np.mean(widths)), 1 - len(said) / len(cells))


def change_by_report(archive: Archive) -> Change:
    """Return what a report says of the last five weeks against the first five."""
    return change_of(archive.label, shares_of({"model": archive.counts}, [0] * 5 + [1] * 5))


def change_by_count(archive: Archive) -> float:
    """Return the p-value of a plain count of the last five weeks against the first five."""
    called = archive.counts.called.reshape(2, -1).sum(axis=1) / (A_WEEK * WEEKS / 2)
    return shares.p_value(called[1] - called[0], float((called * (1 - called)).sum() / (A_WEEK * WEEKS / 2)))


class Found(NamedTuple):
    """In what part of the reports a change is found, by label, and in what part at least one is, of any label."""

    by_label: Mapping[str, float]
    any: float


def found(
    chance: np.random.Generator,
    pools: Sequence[Comments],
    more: float,
    checked: float,
    drift: Drift,
    runs: int,
    p_of: Callable[[Archive], float | None],
) -> Found:
    """Return how often a change is found, with all the labels of a report allowed for."""
    finds = []
    for _ in range(runs):
        archives = [draw(chance, pool, _stepped(pool.label, more), checked, drift) for pool in pools]
        finds.append([p is not None and p < 0.05 for p in holm([p_of(each) for each in archives])])  # noqa: PLR2004
    parts = np.mean(finds, axis=0)
    return Found(
        {pool.label: float(part) for pool, part in zip(pools, parts, strict=True)}, float(np.any(finds, axis=1).mean())
    )


def _stepped(label: str, more: float) -> list[float]:
    return [BEFORE[label]] * 5 + [BEFORE[label] + more] * 5


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", type=Path, default=ROOT.parent / "shared" / "corpora" / "eval")
    parser.add_argument("--short", action="store_true", help="a twentieth of the archives: a look, not a measurement")
    parser.add_argument("--drawn", action="store_true", help="only what is drawn to be checked afterwards")
    parser.add_argument("--archives", type=int, default=100, help="how many archives each figure is of")
    given = parser.parse_args()
    if not given.sets.is_dir():
        print(f"{given.sets} is not here; name a folder of evaluation sets with --sets.")
        return
    archives = max(1, given.archives // 20) if given.short else given.archives
    began = time.perf_counter()
    classifier = Shelf(ROOT / "models", None).current()
    pools = list(scored(list(read_sets(given.sets)), classifier))
    print(
        f"{classifier.name}; {archives} archives of {WEEKS * A_WEEK:,} comments for each label and figure, seed {_SEED}"
    )
    for pool in pools:
        print(
            f"  {pool.label}: drawn from {len(pool.is_it):,} comments, {int(pool.is_it.sum()):,} of them {pool.label}"
        )
    chance = np.random.default_rng(_SEED)
    if not given.drawn:
        _print_methods(chance, pools, archives)
        _print_curve(chance, pools, archives)
        _print_changes(chance, pools, archives)
    _print_drawn(np.random.default_rng(_SEED), pools, archives)
    print(f"\n{time.perf_counter() - began:.0f} s")


def _print_methods(chance: np.random.Generator, pools: Sequence[Comments], many: int) -> None:
    labels = " | ".join(f"{pool.label:>15}" for pool in pools)
    for drift in (STEADY, RAMP, STEP):
        print(
            f"\nWeeks whose interval holds the truth, and half its width in points; {USUAL:.0%} checked; {drift.name}"
        )
        print(f"| {'way to count':16} | {labels} | {'all':>6} |")
        drawn = [[draw(chance, pool, PLANTED[pool.label], USUAL, drift) for _ in range(many)] for pool in pools]
        for name, method in METHODS.items():
            rows = [held(archives, method) for archives in drawn]
            cells = " | ".join(f"{each.holding:6.1%} ±{100 * each.half_width:5.2f}".rjust(15) for each in rows)
            print(f"| {name:16} | {cells} | {np.mean([each.holding for each in rows]):6.1%} |", flush=True)


def _print_curve(chance: np.random.Generator, pools: Sequence[Comments], many: int) -> None:
    print("\nThe report's intervals by how much is checked: holding the truth, half width in points")
    print(
        f"| {'checked':>7} | {'places':34} | " + " | ".join(f"{pool.label:>15}" for pool in pools) + f" | {'all':>6} |"
    )
    for checked, drift in itertools.product(CHECKED, (STEADY, RAMP, STEP)):
        rows = [
            held([draw(chance, pool, PLANTED[pool.label], checked, drift) for _ in range(many)], ours) for pool in pools
        ]
        cells = " | ".join(f"{each.holding:6.1%} ±{100 * each.half_width:5.2f}".rjust(15) for each in rows)
        mean = np.mean([each.holding for each in rows])
        print(f"| {checked:7.0%} | {drift.name:34} | {cells} | {mean:6.1%} |", flush=True)


def _print_drawn(chance: np.random.Generator, pools: Sequence[Comments], many: int) -> None:
    print("\nWhat is drawn to be checked afterwards: intervals holding the truth, half width in points, of all labels")
    print(f"| {'checked':31} | {'places':34} | {'weeks':>14} | {'the whole':>14} | {'all taken alike':>15} |")
    for (name, (checked, more)), drift in itertools.product(DRAWN.items(), (STEADY, RAMP)):
        drawn = [draw(chance, pool, PLANTED[pool.label], checked, drift, more) for pool in pools for _ in range(many)]
        wholes = [replace(each, truth=np.array([each.truth.mean()])) for each in drawn]
        rows = (held(drawn, ours), held(wholes, ours_of_all), held(wholes, all_alike))
        weeks, whole, alike = (f"{each.holding:6.1%} ±{100 * each.half_width:5.2f}" for each in rows)
        print(f"| {name:31} | {drift.name:34} | {weeks:>14} | {whole:>14} | {alike:>15} |", flush=True)


def _print_changes(chance: np.random.Generator, pools: Sequence[Comments], many: int) -> None:
    labels = " | ".join(f"{pool.label:>10}" for pool in pools)
    ways: Mapping[str, Callable[[Archive], float | None]] = {
        "plain count": change_by_count,
        "the report": lambda archive: change_by_report(archive).p_value,
    }
    for more, said in ((CHANGE, "A real change of 3 points is found"), (0.0, "A change is found where there is none")):
        print(f"\n{said}, five weeks against five, corrected for the {len(pools)} labels (Holm)")
        print(f"| {'way':11} | {'checked':>7} | {'places':34} | {labels} | {'any':>6} |")
        for drift, (name, p_of) in itertools.product((STEADY, STEP), ways.items()):
            for checked in CHECKED if name == "the report" else CHECKED[:1]:
                rows = found(chance, pools, more, checked, drift, many, p_of)
                cells = " | ".join(f"{each:10.1%}" for each in rows.by_label.values())
                part = f"{checked:.0%}" if name == "the report" else "–"
                print(f"| {name:11} | {part:>7} | {drift.name:34} | {cells} | {rows.any:6.1%} |", flush=True)


if __name__ == "__main__":
    main()
