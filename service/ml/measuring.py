"""How good a model is on our own comments, each scored by one that has seen none of its thread."""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from service.domain.comment import Reading
from service.domain.labels import LABELS, OUTPUTS
from service.ml import traits
from service.ml.calibration import (
    Outside,
    called,
    fit_platt,
    fit_stack,
    reliability,
    thresholds,
    unsure_from,
)
from service.ml.corpora import CorpusBroken, Example
from service.ml.encoder import Encoder
from service.ml.evaluation import Figures, interval, measure_with_intervals, redraws
from service.ml.second_reader import unsureness
from service.ml.splits import is_held_out_of_own

Values: TypeAlias = npt.NDArray[Any]

SHARE = 0.2
"""Of our comments so many go to the second reader by default. They are harder than most: of a blog's own, fewer do."""
_SHARES = (0.0, 0.05, 0.2, 1.0)
_SHORT, _LONG = 12, 80
"""Words: what is counted as a short comment, and as a long one."""


class Measured:
    """Our comments with their held-out log-odds before calibration, and all that is to be measured with them.

    Truth is NaN where it is not known: of a kind of abuse on which a comment's two readers differ.
    """

    def __init__(self, examples: Sequence[Example], scores: Values, truth: Values, folds: Sequence[Values]) -> None:
        self.examples = examples
        self.scores = scores
        self.truth = truth
        self._folds = folds
        self._groups = np.array([each.group for each in examples], dtype=object)

    def alone(self) -> dict[str, Any]:
        """Return thresholds and figures of the first reader by itself."""
        probabilities, calls = self._held_out()
        platt = fit_platt(self.scores, self.truth)
        return {
            "thresholds": thresholds(platt(self.scores), self.truth),
            "own": figures(probabilities, calls, self.truth, self._groups),
            "macro_f1": macro_f1_with_interval(self.truth, calls, self._groups),
            **_looked_into(self.examples, probabilities, calls, self.truth),
        }

    def together(self, encoder: Encoder, outside: Outside | None) -> dict[str, Any]:
        """Return the stack of both readers, and figures on the threads that the encoder has never seen.

        Each thread's figures come from a stack, a calibration and thresholds that were fitted without it.
        """
        rows = np.flatnonzero([is_held_out_of_own(each.group) for each in self.examples])
        if not len(rows):
            raise CorpusBroken("The encoder has seen all of our threads: too few to measure both readers on.")
        examples = [self.examples[row] for row in rows.tolist()]
        second = read_all(encoder, [each.reading for each in examples])
        first, truth, group = self.scores[rows], self.truth[rows], self._groups[rows]
        platt = fit_platt(self.scores, self.truth)
        unsure = unsureness(platt(first), OUTPUTS)
        stack = fit_stack(first, second, truth, platt, unsure_from(unsure, SHARE), outside)
        both = expit(stack(first, second))
        deployed = np.where((unsure >= stack.unsure_from)[:, None], both, platt(first))
        alone, stacked = self._out_of_fold(rows, second, outside)
        by_share = {}
        for share in _SHARES:
            read = unsure >= unsure_from(unsure, share) if share else np.zeros(len(unsure), bool)
            mixed = np.where(read[:, None], stacked, alone)
            calls = self._calls_out_of_fold(rows, mixed)
            by_share[f"{share:.0%}"] = {
                "read": float(read.mean()),
                "figures": figures(mixed, calls, truth, group),
                "macro_f1": macro_f1_with_interval(truth, calls, group),
                **_looked_into(examples, mixed, calls, truth),
            }
        return {
            "stack": {
                "first": stack.first.tolist(),
                "second": stack.second.tolist(),
                "offset": stack.offset.tolist(),
                "unsure_from": stack.unsure_from,
            },
            "thresholds_together": thresholds(deployed, truth),
            "thresholds_always": thresholds(both, truth),
            "together": by_share,
            "together_threads": len(set(group)),
        }

    def _held_out(self) -> tuple[Values, Values]:
        """Return our comments' probabilities and which labels were called, each calibrated without its thread."""
        probabilities = np.zeros(self.scores.shape)
        calls = np.zeros((len(self.scores), len(LABELS)), dtype=bool)
        for inside in self._folds:
            rest = np.setdiff1d(np.arange(len(self.scores)), inside)
            platt = fit_platt(self.scores[rest], self.truth[rest])
            probabilities[inside] = platt(self.scores[inside])
            calls[inside] = called(probabilities[inside], thresholds(platt(self.scores[rest]), self.truth[rest]))
        return probabilities, calls

    def _out_of_fold(self, rows: Values, second: Values, outside: Outside | None) -> tuple[Values, Values]:
        """Return some comments' probabilities by the first reader and by both, each calibrated without its thread."""
        alone, stacked = np.zeros((len(rows), len(OUTPUTS))), np.zeros((len(rows), len(OUTPUTS)))
        for thread, inside, rest in self._by_thread(rows):
            elsewhere = self._groups != thread
            platt = fit_platt(self.scores[elsewhere], self.truth[elsewhere])
            stack = fit_stack(self.scores[rows[rest]], second[rest], self.truth[rows[rest]], platt, 0.0, outside)
            alone[inside] = platt(self.scores[rows[inside]])
            stacked[inside] = expit(stack(self.scores[rows[inside]], second[inside]))
        return alone, stacked

    def _calls_out_of_fold(self, rows: Values, probabilities: Values) -> Values:
        calls = np.zeros((len(rows), len(LABELS)), dtype=bool)
        for _, inside, rest in self._by_thread(rows):
            calls[inside] = called(probabilities[inside], thresholds(probabilities[rest], self.truth[rows[rest]]))
        return calls

    def _by_thread(self, rows: Values) -> list[tuple[str, Values, Values]]:
        """Return for each thread its places among the rows, and the others'."""
        group = self._groups[rows]
        return [(each, np.flatnonzero(group == each), np.flatnonzero(group != each)) for each in sorted(set(group))]


def read_all(encoder: Encoder, readings: Sequence[Reading]) -> Values:
    """Return what the encoder says of readings, a row each, in the order of our outputs."""
    columns = [encoder.outputs.index(output) for output in OUTPUTS]
    said = [encoder.read(reading)[columns] for reading in readings]
    return np.array(said, np.float64).reshape(len(readings), len(OUTPUTS))


def figures(probabilities: Values, calls: Values, truth: Values, group: Values) -> dict[str, Figures]:
    """Return the figures of every label and kind of abuse, on the comments of which it is known."""
    found = {}
    for at, output in enumerate(OUTPUTS):
        known = ~np.isnan(truth[:, at])
        true, p = truth[known, at] == 1, probabilities[known, at]
        if output in LABELS:
            found[output] = measure_with_intervals(true, p, calls[known, at], group[known])
        elif true.any():
            # Kinds have no threshold of their own.
            found[output] = measure_with_intervals(true, p, p >= 0.5, group[known])  # noqa: PLR2004
    return found


def macro_f1_with_interval(truth: Values, calls: Values, group: Values) -> Figures:
    """Return the mean F1 over the labels, and between which values 95 of 100 redrawn sets of threads have it."""
    true = truth[:, : len(LABELS)] == 1

    def mean(rows: Values) -> float:
        hits, wrong = (true[rows] & calls[rows]).sum(axis=0), (true[rows] ^ calls[rows]).sum(axis=0)
        return float(np.mean(2 * hits / np.maximum(1, 2 * hits + wrong)))

    return {"value": mean(np.arange(len(true))), "interval": interval([mean(rows) for rows in redraws(group)])}


def hard_cases(examples: Sequence[Example], calls: Values, truth: Values) -> dict[str, dict[str, int]]:
    """Count for each kind of hard case how often abuse was seen where there was none, and sarcasm where there was."""
    kinds = sorted({each.kind for each in examples if each.kind})
    return {kind: _counted(np.array([each.kind == kind for each in examples]), calls, truth) for kind in kinds}


def groups(examples: Sequence[Example], calls: Values, truth: Values) -> dict[str, dict[str, int]]:
    """Count the same for comments that have something in common which should not matter."""
    return {
        name: _counted(np.array([belongs(each) for each in examples]), calls, truth)
        for name, belongs in _GROUPS.items()
    }


def _looked_into(examples: Sequence[Example], probabilities: Values, calls: Values, truth: Values) -> dict[str, Any]:
    """Return what a figure for a whole label hides: how it is on each tenth of the scale, hard case and group."""
    return {
        "reliability": {label: reliability(probabilities[:, at], truth[:, at] == 1) for at, label in enumerate(LABELS)},
        "hard_cases": hard_cases(examples, calls, truth),
        "groups": groups(examples, calls, truth),
    }


def _counted(rows: Values, calls: Values, truth: Values) -> dict[str, int]:
    abusive, sarcastic = OUTPUTS.index("abusive"), OUTPUTS.index("sarcastic")
    is_civil, is_sarcastic = truth[:, abusive] == 0, truth[:, sarcastic] == 1
    return {
        "comments": int(rows.sum()),
        "civil": int((rows & is_civil).sum()),
        "wrongly_abusive": int((rows & is_civil & calls[:, abusive]).sum()),
        "sarcastic": int((rows & is_sarcastic).sum()),
        "sarcastic_called": int((rows & is_sarcastic & calls[:, sarcastic]).sum()),
        "sincere": int((rows & ~is_sarcastic).sum()),
        "wrongly_sarcastic": int((rows & ~is_sarcastic & calls[:, sarcastic]).sum()),
    }


def _shows(name: str) -> Callable[[Example], bool]:
    return lambda example: traits.shows(example.reading.text, name)


def _words(example: Example) -> int:
    return len(example.reading.text.split())


_GROUPS: dict[str, Callable[[Example], bool]] = {
    "all comments": lambda example: True,
    "with words for groups of people": _shows("identity"),
    "with words of illness and death": _shows("illness"),
    "with swear words": _shows("profanity"),
    "in dialect": lambda example: example.kind == "dialect",
    f"of up to {_SHORT} words": lambda example: _words(example) <= _SHORT,
    f"of {_LONG} words and more": lambda example: _words(example) >= _LONG,
    "under newspaper articles": lambda example: example.group.startswith("np-"),
    "in reply to somebody": lambda example: example.reading.parent is not None,
}
