"""Shares and changes as a report gives them: each model's comments by its own errors, and nothing where too little is known."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from service.domain.tone import Basis, Change, Share
from service.ml import shares
from service.ml.shares import Counts, Values

_NEGLIGIBLE = 0.05
"""A part of a period's comments, scored by a model of which too few were checked, without which its share is given."""
_WIDEST = 0.5
"""An interval wider than this says nothing."""
_MOSTLY = 0.9
"""From this part on a share is said to be what was measured there, or what is carried over."""


class Shares(NamedTuple):
    """Shares of some groups of periods, and how sure they are together."""

    shares: Sequence[Share]
    covariance: Values


def shares_of(by_model: Mapping[str, Counts], groups: Sequence[int]) -> Shares:
    """Return shares of groups of periods, each model's comments estimated by that model's own errors."""
    size = max(groups) + 1
    volume, called, checked, known, own, values = np.zeros((6, size))
    covariance = np.zeros((size, size))
    for counts in by_model.values():
        together, found = counts.joined(groups), shares.estimates_of(counts, groups)
        weights = np.where(np.isnan(found.values), 0, together.volume)
        volume, called, checked = volume + together.volume, called + together.called, checked + together.checked
        known, own = known + weights, own + weights * np.nan_to_num(found.own)
        values = values + weights * np.nan_to_num(found.values)
        covariance += np.outer(weights, weights) * np.nan_to_num(found.covariance)
    some = np.maximum(known, 1)
    covariance /= np.outer(some, some)
    counted = [
        Share(int(called[at]), int(volume[at]), int(checked[at]))
        if known[at] < (1 - _NEGLIGIBLE) * volume[at] or not volume[at]
        else _share(
            (called[at], volume[at], checked[at]), values[at] / some[at], covariance[at, at], own[at] / some[at]
        )
        for at in range(size)
    ]
    return Shares(counted, covariance)


def _share(counts: Sequence[float], value: float, variance: float, own: float) -> Share:
    """Return a share with its interval, without one where that is too wide to say anything."""
    called, volume, checked = (int(each) for each in counts)
    value, low, high = shares.interval(value, variance, volume)
    if high - low > _WIDEST:
        return Share(called, volume, checked)
    basis = Basis.MEASURED if own > _MOSTLY else Basis.BOTH if own > 1 - _MOSTLY else Basis.CARRIED
    return Share(called, volume, checked, float(value), float(low), float(high), basis)


def change_of(label: str, halves: Shares) -> Change:
    """Return how a label's share differs from the stretch before, as it would for whoever might have written."""
    earlier, later = halves.shares
    if earlier.value is None or later.value is None:
        return Change(label, earlier, later, None, None, None, None, is_found=False)
    variance = float(np.array([-1, 1]) @ halves.covariance @ np.array([-1, 1]))
    # The shares are of the comments that were written; a change is more than who happened to write.
    variance += sum(each.value * (1 - each.value) / each.of for each in (earlier, later) if each.value is not None)
    difference = later.value - earlier.value
    low, high = shares.around(difference, variance)
    return Change(label, earlier, later, difference, low, high, shares.p_value(difference, variance), is_found=False)
