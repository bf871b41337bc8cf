"""How large a part of some comments a label truly has, where a model read all of them and people checked a few.

Two estimates are made and put together, for each label by itself:

- *Measured here*: a period's own checked comments, with the model's scores only to steady them (prediction-powered
  inference: Angelopoulos et al., 2023; PPI++, 2023). It is right whatever the model does, and wide where few are
  checked.
- *Carried over*: how scores are spread among comments that have the label, and among those that have not, is the same
  in every period; one likelihood of all periods, checked comments and others, then gives each period's share (a mixture
  as in Saerens et al., 2002, with the checked ones in it). It is narrow, and wrong where the model's errors change.

How far the two differ from period to period, beyond chance, says how much the errors change: the drift. Each period's
share is the best guess under that drift (empirical Bayes, as in a meta-analysis with random effects: DerSimonian and
Laird, 1986). Without drift that is what is carried over; with much of it, what was measured here.
"""

from collections.abc import Sequence
from statistics import NormalDist
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from service.domain.tally import BINS, Checked, Scored, Stratum

Values: TypeAlias = npt.NDArray[Any]

FEWEST_CHECKED = 200
"""Checked comments without which nothing is said of a label: here and elsewhere, by the same model. With half as many,
intervals are too narrow in archives such as `benchmarks/tone.py` draws."""
FEWEST_CHECKED_HERE = 20
"""And so many of them in what the report is about, or nobody knows whether the model errs there as elsewhere."""
FEWEST_COMMENTS = 50
"""Comments of a period without which nothing is said of its shares."""

_FEWEST_OF_KIND = 20
"""Checked comments with a label, and as many without, that tell how scores are spread among them. With fewer, intervals
are too narrow, and the checked comments are counted alone."""
_COARSE = 8
"""Bins that the scores are put into before anything is estimated."""
_ROUNDS = 400
_CLOSE = 1e-7
_BORROWED = 60
"""As many comments as the other periods' spread of errors counts beside a period's own."""
_LEAST_VARIANCE = 0.1
"""Of a difference between two estimates, as a part of the wider one's: they are never taken to be the same."""
_FEWEST_OF_STRATUM = 10
_STEPS = 60
_TOTAL = 1.0
"""A drift under which nothing is carried over."""
_Z = NormalDist().inv_cdf(0.975)


class Counts(NamedTuple):
    """Comments by period, stratum and bin, and how many of them people found to have a label, or not to."""

    comments: Values
    yes: Values
    no: Values
    called: Values
    """By period: how many comments the model calls it."""
    yes_elsewhere: Values
    """By bin: checked comments of the same model at other times, or elsewhere on the site."""
    no_elsewhere: Values
    sampling: Values
    """By period: the same number where comments had the same chance to be checked."""

    @classmethod
    def of(cls, periods: int, sampling: Sequence[int] | None = None) -> "Counts":
        """Return counts of nothing, to be counted up; of periods sampled alike where nothing else is said."""
        shape = (periods, len(Stratum), BINS)
        by_bin = (np.zeros(shape), np.zeros(shape), np.zeros(shape))
        alike = np.zeros(periods, int) if sampling is None else np.array(sampling)
        return cls(*by_bin, np.zeros(periods), np.zeros(BINS), np.zeros(BINS), alike)

    def add(self, scored: Scored) -> None:
        """Count what a model said."""
        self.comments[scored.period, scored.stratum, scored.bin] += scored.comments
        self.called[scored.period] += scored.called

    def check(self, checked: Checked) -> None:
        """Count what a person found."""
        if checked.period is None:
            (self.yes_elsewhere if checked.is_it else self.no_elsewhere)[checked.bin] += 1
        else:
            (self.yes if checked.is_it else self.no)[checked.period, checked.stratum, checked.bin] += 1

    @property
    def volume(self) -> Values:
        """How many comments each period has."""
        return np.asarray(self.comments.sum(axis=(1, 2)))

    @property
    def checked(self) -> Values:
        """How many of them people have checked."""
        return np.asarray((self.yes + self.no).sum(axis=(1, 2)))

    @property
    def is_enough(self) -> bool:
        """Whether enough comments are checked to say anything at all."""
        here = self.checked.sum()
        elsewhere = (self.yes_elsewhere + self.no_elsewhere).sum()
        return bool(here >= FEWEST_CHECKED_HERE and here + elsewhere >= FEWEST_CHECKED)

    @property
    def tells_kinds_apart(self) -> bool:
        """Whether enough of both kinds are checked to know how scores are spread among them."""
        yes = self.yes.sum() + self.yes_elsewhere.sum()
        no = self.no.sum() + self.no_elsewhere.sum()
        return bool(min(yes, no) >= _FEWEST_OF_KIND)

    def joined(self, groups: Sequence[int]) -> "Counts":
        """Return the counts with periods of the same group taken together, in the order of the groups' numbers."""
        total = np.zeros((max(groups) + 1, len(groups)))
        total[list(groups), range(len(groups))] = 1
        comments, yes, no, called = (np.tensordot(total, each, axes=1) for each in self[:4])
        sampling = np.zeros(len(total), int)
        sampling[list(groups)] = self.sampling
        return Counts(comments, yes, no, called, self.yes_elsewhere, self.no_elsewhere, sampling)


class Estimates(NamedTuple):
    """Shares of periods, and how sure each is: what the variances leave out is only who else might have written."""

    values: Values
    covariance: Values
    own: Values
    """How much of each is what was measured there, 0 to 1, and not carried over."""
    worth: Values
    """How many comments, all checked, would tell as much; NaN where the variance says it."""


class Interval(NamedTuple):
    """A share, and between which two the true one lies with 95 %."""

    value: float
    low: float
    high: float


def estimates_of(counts: Counts, groups: Sequence[int]) -> Estimates:
    """Return the share of each group of periods; NaN where it has too few, or where too few are checked.

    What a few comments of a short period are like is not estimated, but they count among the others. Periods are taken
    together only where their comments had the same chance to be checked; a group's share is that of its parts, each by
    how many comments it has. Else a time of which more was drawn would stand for the others.
    """
    volume = counts.joined(groups).volume
    known = np.flatnonzero(volume >= FEWEST_COMMENTS)
    nothing = np.full(len(volume), np.nan)
    found = Estimates(nothing, np.outer(nothing, nothing), nothing.copy(), nothing.copy())
    if not len(known) or not counts.is_enough:
        return found
    alone = len(volume)
    kept = [each if volume[each] >= FEWEST_COMMENTS else alone for each in groups]
    parts = list(zip(kept, counts.sampling.tolist(), strict=True))
    places = sorted({*parts})
    together = counts.joined([places.index(each) for each in parts])
    some = estimate(together, drift_of(counts)) if counts.tells_kinds_apart else counted_alone(together)
    of_group = np.array([[group == each for group, _ in places] for each in known])
    weights = of_group * together.volume / volume[known][:, None]
    found.values[known], found.own[known] = weights @ some.values, weights @ some.own
    found.covariance[np.ix_(known, known)] = weights @ some.covariance @ weights.T
    # Of several parts together only the variance is known.
    found.worth[known] = [some.worth[each][0] if each.sum() == 1 else np.nan for each in of_group]
    return found


def drift_of(counts: Counts) -> float:
    """Return how much the model's errors change from period to period: the variance of what that does to a share.

    It is what makes the differences between the two estimates as large as they are; where chance would make them as
    large in half of all cases, none.
    """
    fit = _fit(counts.joined(_pieces(counts)))
    rows = np.flatnonzero(np.isfinite(fit.measured_variance))
    if not len(rows):
        return 0.0
    sizes, ways = np.linalg.eigh(_between(fit, rows))
    squares = (ways.T @ (fit.measured - fit.carried)[rows]) ** 2
    usual = len(rows) * (1 - 2 / (9 * len(rows))) ** 3  # the median of chi squared (Wilson and Hilferty, 1931)
    low, high = 0.0, _TOTAL
    if (squares / sizes).sum() <= usual:
        return 0.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if (squares / (sizes + middle)).sum() > usual else (low, middle)
    return low


def estimate(counts: Counts, drift: float) -> Estimates:
    """Return each period's share: what is carried over, moved towards what was measured there as the drift asks for."""
    fit = _fit(counts)
    rows = np.flatnonzero(np.isfinite(fit.measured_variance))
    every, some = np.eye(len(fit.carried)), np.eye(len(fit.carried))[rows]
    # Those who measured nothing are moved too, by nothing but how little is known of them.
    gain = drift * some.T @ np.linalg.inv(_between(fit, rows) + drift * np.eye(len(rows)))
    values = fit.carried + gain @ (fit.measured - fit.carried)[rows]
    covariance = fit.covariance + drift * (every - gain @ some)
    own = np.clip(np.diag(gain @ some), 0, 1)
    return Estimates(np.clip(values, 0, 1), covariance, own, np.full(len(values), np.nan))


def counted_alone(counts: Counts) -> Estimates:
    """Return each period's share among its checked comments, whatever the model said of them."""
    yes, no = (each.sum(axis=1) for each in _weighted(counts))
    checked = yes + no
    unseen = np.maximum(1e-9, 1 - counts.checked / np.maximum(counts.volume, 1))
    worth = np.maximum(checked, 1e-9) / unseen
    # Towards one half by as much as Wilson's interval is, so that none of few is not the same as none.
    centre = (yes / unseen + _Z**2 / 2) / (worth + _Z**2)
    return Estimates(yes / np.maximum(checked, 1e-9), np.diag(centre * (1 - centre) / worth), np.ones(len(yes)), worth)


def interval(value: float, variance: float, comments: float, worth: float = np.nan) -> Interval:
    """Return a share's interval, which lies between 0 and 1: Wilson's (1927), for as many comments as it is worth."""
    if np.isnan(worth):
        # Nobody knows the spread at a share far below its own error, least of all at 0, where there is none.
        least = min(0.5, max(variance**0.5 / 4, 0.5 / comments))
        inside = min(max(value, least), 1 - least)
        worth = inside * (1 - inside) / max(variance, 1e-12)
    middle = (value * worth + _Z**2 / 2) / (worth + _Z**2)
    width = _Z / (worth + _Z**2) * (value * (1 - value) * worth + _Z**2 / 4) ** 0.5
    return Interval(value, min(max(0.0, middle - width), value), max(min(1.0, middle + width), value))


def around(difference: float, variance: float) -> tuple[float, float]:
    """Return between which two a difference lies with 95 %."""
    width = _Z * variance**0.5
    return max(-1.0, difference - width), min(1.0, difference + width)


def p_value(difference: float, variance: float) -> float:
    """Return how often chance alone would make a difference as large as this."""
    return 2 * (1 - NormalDist().cdf(abs(difference) / max(variance, 1e-12) ** 0.5))


class _Fit(NamedTuple):
    """Both estimates of every period's share."""

    carried: Values
    covariance: Values
    measured: Values
    measured_variance: Values
    """Infinite where nothing was measured."""


def _fit(counts: Counts) -> _Fit:
    yes, no = _weighted(counts)
    unchecked = counts.comments.sum(axis=1) - (counts.yes + counts.no).sum(axis=1)
    elsewhere = np.stack([np.zeros(BINS), counts.yes_elsewhere, counts.no_elsewhere])
    coarse = _coarse(counts, yes)
    both = [np.vstack([each, more]) @ coarse for each, more in zip((unchecked, yes, no), elsewhere, strict=True)]
    shares, with_it, without = _mixture(*both)
    covariance = _covariance(both, shares, with_it, without)[:-1, :-1]
    shares = shares[:-1]
    # Of the variance, what is due to who happened to write these very comments does not count: they are given.
    given = shares * (1 - shares) / np.maximum(counts.volume, 1)
    covariance = covariance - np.diag(np.minimum(given, (1 - _LEAST_VARIANCE) * np.diag(covariance)))
    overall = float((shares * counts.volume).sum() / max(1.0, counts.volume.sum()))
    posterior = overall * with_it / (overall * with_it + (1 - overall) * without + 1e-12)
    everywhere = (counts.comments.sum(axis=1) @ coarse) @ posterior / np.maximum(counts.volume, 1)
    return _Fit(shares, covariance, *_measured(counts, both[1][:-1], both[2][:-1], posterior, everywhere))


def _weighted(counts: Counts) -> tuple[Values, Values]:
    """Return the checked comments by period and bin, each stratum counting as much as it has comments.

    Else what people check more of, or get to first, would count for more than it is. Strata of which hardly any are
    checked count with the rest.
    """
    weights = np.ones((len(counts.sampling), len(Stratum), 1))
    for sampling in np.unique(counts.sampling):
        alike = counts.sampling == sampling
        checked = (counts.yes + counts.no)[alike].sum(axis=(0, 2))
        comments = counts.comments[alike].sum(axis=(0, 2))
        known = checked >= _FEWEST_OF_STRATUM
        if known.sum() > 1:
            parts = comments[known] / comments[known].sum() / (checked[known] / checked[known].sum())
            weights[np.ix_(alike, known, [True])] = parts[:, None]
    total = (counts.yes + counts.no) * weights
    worth = total.sum(axis=(1, 2)) / np.maximum((total * weights).sum(axis=(1, 2)), 1e-12)
    yes, no = ((each * weights).sum(axis=1) * worth[:, None] for each in (counts.yes, counts.no))
    return yes, no


def _coarse(counts: Counts, yes: Values) -> Values:
    """Return which coarse bin each bin goes into: as many comments in each, half of them counted by the label's own."""
    comments = counts.comments.sum(axis=(0, 1)) + counts.yes_elsewhere + counts.no_elsewhere
    own = yes.sum(axis=0) + counts.yes_elsewhere
    mixed = comments / max(1.0, comments.sum()) + own / max(1.0, own.sum())
    places = (np.cumsum(mixed) - mixed / 2) / max(mixed.sum(), 1e-12)
    _, groups = np.unique(np.minimum((places * _COARSE).astype(int), _COARSE - 1), return_inverse=True)
    return np.asarray(np.eye(groups.max() + 1)[groups])


def _mixture(unchecked: Values, yes: Values, no: Values) -> tuple[Values, Values, Values]:
    """Return each period's share, and how scores are spread with the label and without, by expectation-maximisation."""
    comments = unchecked + yes + no
    usual = comments.sum(axis=0) / comments.sum()
    # Half a comment of each kind, spread as all are, so that no bin is impossible because nobody checked one of it.
    with_it, without = (_spread(each.sum(axis=0) + usual / 2) for each in (yes, no))
    shares = np.full(len(comments), (yes.sum() + 0.5) / ((yes + no).sum() + 1))
    for _ in range(_ROUNDS):
        likely = shares[:, None] * with_it
        likely = likely / (likely + (1 - shares[:, None]) * without)
        having = yes + unchecked * likely
        before, shares = shares, np.clip(having.sum(axis=1) / np.maximum(comments.sum(axis=1), 1e-9), 1e-5, 1 - 1e-5)
        with_it = _spread(having.sum(axis=0) + usual / 2)
        without = _spread((comments - having).sum(axis=0) + usual / 2)
        if np.abs(shares - before).max() < _CLOSE:
            break
    return shares, with_it, without


def _spread(counts: Values) -> Values:
    counts = counts + 1e-9
    return np.asarray(counts / counts.sum())


def _covariance(counts: Sequence[Values], shares: Values, with_it: Values, without: Values) -> Values:
    """Return the covariance of the shares: the inverse of what all comments tell of all that is estimated (Fisher)."""
    unchecked, yes, no = counts
    periods, bins = unchecked.shape
    told = np.zeros((periods + 2 * bins, periods + 2 * bins))
    for at, share in enumerate(shares):
        slope_yes, slope_no = np.zeros((2, bins, len(told)))
        slope_yes[:, at], slope_no[:, at] = with_it, -without
        slope_yes[:, periods : periods + bins] = share * np.eye(bins)
        slope_no[:, periods + bins :] = (1 - share) * np.eye(bins)
        chance_yes, chance_no = share * with_it, (1 - share) * without
        told += unchecked[at].sum() * _information(slope_yes + slope_no, chance_yes + chance_no)
        checked = (yes[at] + no[at]).sum()
        told += checked * (_information(slope_yes, chance_yes) + _information(slope_no, chance_no))
    free = _free(periods, bins)
    return np.asarray(np.linalg.pinv(free.T @ told @ free, hermitian=True)[:periods, :periods])


def _information(slope: Values, chance: Values) -> Values:
    return np.asarray((slope.T / (chance + 1e-12)) @ slope)


def _free(periods: int, bins: int) -> Values:
    """Return the directions in which the estimated can move: each spread adds up to one."""
    within = np.linalg.svd(np.ones((1, bins)))[2][1:].T
    free = np.zeros((periods + 2 * bins, periods + 2 * (bins - 1)))
    free[:periods, :periods] = np.eye(periods)
    free[periods : periods + bins, periods : periods + bins - 1] = within
    free[periods + bins :, periods + bins - 1 :] = within
    return free


def _measured(counts: Counts, yes: Values, no: Values, posterior: Values, everywhere: Values) -> tuple[Values, Values]:
    """Return each period's share by its own checked comments, and its variance, infinite where there are none.

    `posterior` is how probable the label is in each bin, and `everywhere` its mean over all comments of each period:
    what it is too high or too low for the checked ones, it is likely to be for the others.
    """
    checked = (yes + no).sum(axis=1)
    some = np.maximum(checked, 1e-9)
    found, guessed = yes.sum(axis=1) / some, (yes + no) @ posterior / some
    squares = (yes + no) @ posterior**2
    varied = max(1e-9, float((squares - checked * guessed**2).sum()))
    # How far the scores are to be trusted: as far as they go along with what people found.
    trust = min(1.5, max(0.0, float((yes @ posterior - checked * guessed * found).sum()) / varied))
    values = found + trust * (everywhere - guessed)
    left_over = yes.sum(axis=1) - 2 * trust * (yes @ posterior) + trust**2 * squares
    errors = left_over - checked * (found - trust * guessed) ** 2
    usual = errors.sum() / max(1.0, checked.sum() - len(checked))
    unseen = np.maximum(0, 1 - counts.checked / np.maximum(counts.volume, 1))
    spread = (errors + _BORROWED * usual) / (checked + _BORROWED)
    # As if half an error were found where none was: there may be some all the same.
    variance = np.maximum(spread, 0.5 / some) / some * unseen
    return values, np.where(checked > 0, variance, np.inf)


def _between(fit: _Fit, rows: Values) -> Values:
    """Return the covariance of what was measured less what is carried over, had the model's errors not changed.

    It is the difference of the two covariances, since what is carried over has made the best of all comments (Hausman,
    1978); estimated, it may come out too small, and is kept from it.
    """
    wide = np.sqrt(fit.measured_variance[rows]) + 1e-9
    parts = np.eye(len(rows)) - fit.covariance[np.ix_(rows, rows)] / np.outer(wide, wide)
    sizes, ways = np.linalg.eigh(parts)
    return np.asarray((ways * np.clip(sizes, _LEAST_VARIANCE, 1)) @ ways.T * np.outer(wide, wide))


def _pieces(counts: Counts) -> list[int]:
    """Return for each period which piece it belongs to: neighbours that have enough checked comments together.

    Neighbours that were not sampled alike are never one piece.
    """
    pieces, piece, checked, comments = [], 0, 0.0, 0.0
    before = counts.sampling[0]
    for of_period, volume, sampling in zip(counts.checked, counts.volume, counts.sampling, strict=True):
        if sampling != before or (checked >= FEWEST_CHECKED_HERE and comments >= FEWEST_COMMENTS):
            piece, checked, comments = piece + 1, 0.0, 0.0
        pieces.append(piece)
        checked, comments, before = checked + of_period, comments + volume, sampling
    return pieces
