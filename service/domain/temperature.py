"""Where a discussion turns: after which comment its tone is hotter than before, and how often that is said for nothing.

A comment's heat is made of its calibrated probabilities. A turn is looked for as Pettitt (1979) does: the comments are
ranked by heat, and for each place the ranks before it are compared with those after it. Since only ranks count, what
shuffled comments show depends on nothing but how many they are, and the thresholds are the same for every site.
It is advice: nothing is decided by it.
"""

import math
import random
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

WEIGHTS: Mapping[str, float] = {"abusive": 1.0, "sarcastic": 0.5, "critical": 0.25, "supportive": -0.25}
"""What each label's probability adds to a comment's heat. Criticism is no heat by itself; with mockery it is."""

SHORTEST = 12
"""Fewer comments than this say nothing of a turn."""
LEAST_ASIDE = 4
"""So many comments are wanted on each side of a turn: one angry comment is no turn."""
LEAST_RISE = 0.05
"""A turn by less heat than this is not worth anybody's time, however certain."""
LEVEL = 0.05
"""Of discussions in which the order says nothing, at most this share is said to turn."""

_THRESHOLDS = {
    12: 2.038,
    15: 2.219,
    20: 2.338,
    30: 2.476,
    50: 2.593,
    80: 2.672,
    150: 2.766,
    300: 2.849,
    1000: 2.978,
}
"""By how many comments a discussion has: what shuffled ones exceed in one of twenty (LEVEL).

`python -m benchmarks.discussion --thresholds` prints them anew.
"""

_SHUFFLED_AT_LEAST = 2_000
"""Shuffled discussions that a site's rate is measured on, where it has few of its own to shuffle."""
_MOST_SHUFFLED_COMMENTS = 400_000
"""Comments that are shuffled for it at most: about a second's work."""
_SEED = 20_261_121
_Z = 1.959964


@dataclass(frozen=True)
class Turn:
    """Where a discussion turns."""

    after: int
    """So many comments come before it."""
    before_heat: float
    after_heat: float
    strength: float
    """How far the ranks on both sides are apart, in standard deviations."""


@dataclass(frozen=True)
class FalseAlarms:
    """How often a turn is found in discussions whose comments were shuffled, so that none is there."""

    raised: int
    of: int

    @property
    def rate(self) -> float | None:
        """The share; None where nothing could be shuffled."""
        return self.raised / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Where the true rate lies (95 %, Wilson)."""
        return _wilson(self.raised, self.of) if self.of else None


def heat(probabilities: Mapping[str, float]) -> float:
    """Return a comment's heat, about -0.25 (all support) to 1.75 (all abuse, mockery and complaint)."""
    return sum(weight * probabilities.get(label, 0.0) for label, weight in WEIGHTS.items())


def turn_of(heats: Sequence[float]) -> Turn | None:
    """Return where a discussion turns, None where it does not or is too short to say."""
    if len(heats) < SHORTEST:
        return None
    after, strength = strongest(heats)
    before_heat, after_heat = _mean(heats[:after]), _mean(heats[after:])
    if strength <= threshold(len(heats)) or after_heat - before_heat < LEAST_RISE:
        return None
    return Turn(after, before_heat, after_heat, strength)


def strongest(heats: Sequence[float]) -> tuple[int, float]:
    """Return the place at which what follows is hottest beside what went before, and by how much."""
    ranks, count = _ranks(heats), len(heats)
    spread = sum(rank * rank for rank in ranks) / (count - 1)
    if not spread:
        return LEAST_ASIDE, 0.0
    best, place, so_far = -math.inf, LEAST_ASIDE, sum(ranks[: LEAST_ASIDE - 1])
    for at in range(LEAST_ASIDE, count - LEAST_ASIDE + 1):
        so_far += ranks[at - 1]
        found = -so_far / math.sqrt(at * (count - at))
        if found > best:
            best, place = found, at
    return place, best * math.sqrt(count / spread)


def threshold(count: int) -> float:
    """Return what a discussion of so many comments has to exceed; between the lengths of the table, by logarithm."""
    known = sorted(_THRESHOLDS)
    at = bisect_right(known, count)
    if at == len(known):
        return _THRESHOLDS[known[-1]]
    low, high = known[at - 1], known[at]
    part = math.log(count / low) / math.log(high / low)
    return _THRESHOLDS[low] + part * (_THRESHOLDS[high] - _THRESHOLDS[low])


def false_alarms(discussions: Iterable[Sequence[float]], seed: int = _SEED) -> FalseAlarms:
    """Return how often a turn is found in a site's own discussions when their comments are shuffled.

    Each is shuffled as often as it takes to have some thousands, so that the rate is known to a per cent or so.
    """
    long_enough = [list(each) for each in discussions if len(each) >= SHORTEST]
    if not long_enough:
        return FalseAlarms(0, 0)
    shuffler, raised = random.Random(seed), 0  # noqa: S311  # nothing is to be kept secret
    rounds = _rounds(long_enough)
    for heats in (each for _ in range(rounds) for each in long_enough):
        shuffler.shuffle(heats)
        raised += turn_of(heats) is not None
    return FalseAlarms(raised, rounds * len(long_enough))


def _rounds(discussions: Sequence[Sequence[float]]) -> int:
    wanted = math.ceil(_SHUFFLED_AT_LEAST / len(discussions))
    most = _MOST_SHUFFLED_COMMENTS // sum(map(len, discussions))
    return max(1, min(wanted, most))


def _ranks(heats: Sequence[float]) -> list[float]:
    """Return each comment's rank less the mean rank; those equally hot share theirs."""
    order = sorted(range(len(heats)), key=heats.__getitem__)
    ranks = [0.0] * len(heats)
    middle, begin = (len(heats) - 1) / 2, 0
    while begin < len(order):
        end = begin
        while end < len(order) and heats[order[end]] == heats[order[begin]]:
            end += 1
        for at in range(begin, end):
            ranks[order[at]] = (begin + end - 1) / 2 - middle
        begin = end
    return ranks


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _wilson(count: int, of: int) -> tuple[float, float]:
    share, z = count / of, _Z * _Z
    middle, half = share + z / (2 * of), _Z * math.sqrt(share * (1 - share) / of + z / (4 * of * of))
    return max(0.0, (middle - half) / (1 + z / of)), min(1.0, (middle + half) / (1 + z / of))
