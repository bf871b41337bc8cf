"""Shares and changes as a report gives them: by each model's own errors, and nothing where too little is known."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from service.domain.tone import Basis, Change, Share
from service.ml import shares
from service.ml.shares import Counts, Estimates, Values

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
    together = [counts.joined(groups) for counts in by_model.values()]
    nothing = np.zeros(max(groups) + 1)
    called, volume, checked = (
        sum((np.asarray(getattr(each, name)) for each in together), nothing) for name in ("called", "volume", "checked")
    )
    parts = [shares.estimates_of(counts, groups) for counts in by_model.values()]
    known, found = _joined([each.volume for each in together], parts, len(nothing))
    is_known = (volume > 0) & (known >= (1 - _NEGLIGIBLE) * volume)
    plain = [Share(int(a), int(b), int(c)) for a, b, c in zip(called, volume, checked, strict=True)]
    given = [_given(share, at, found) if is_known[at] else share for at, share in enumerate(plain)]
    return Shares(given, found.covariance)


def _joined(volumes: Sequence[Values], parts: Sequence[Estimates], size: int) -> tuple[Values, Estimates]:
    """Return how many comments the models' estimates are of, and those estimates in one, each by how many it is of."""
    known, values, own, worth = np.zeros(size), np.zeros(size), np.zeros(size), np.full(size, np.nan)
    covariance = np.zeros((size, size))
    for volume, part in zip(volumes, parts, strict=True):
        weights = np.where(np.isnan(part.values), 0, volume)
        # Of two that are put together only the variance is known.
        worth = np.where(weights > 0, np.where(known > 0, np.nan, part.worth), worth)
        known, own = known + weights, own + weights * np.nan_to_num(part.own)
        values = values + weights * np.nan_to_num(part.values)
        covariance += np.outer(weights, weights) * np.nan_to_num(part.covariance)
    some = np.maximum(known, 1)
    return known, Estimates(values / some, covariance / np.outer(some, some), own / some, worth)


def _given(share: Share, at: int, found: Estimates) -> Share:
    """Return a share with its interval, without one where that is too wide to say anything."""
    spread, worth = float(found.covariance[at, at]), float(found.worth[at])
    value, low, high = shares.interval(float(found.values[at]), spread, share.of, worth)
    if high - low > _WIDEST:
        return share
    own = found.own[at]
    basis = Basis.MEASURED if own > _MOSTLY else Basis.BOTH if own > 1 - _MOSTLY else Basis.CARRIED
    return replace(share, value=float(value), low=float(low), high=float(high), basis=basis)


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
