"""What a tone report is computed from: counts of comments by score, and of those that a person has checked.

A comment's score is kept as the number of a bin only, so that a database can count millions of them and nothing else
has to be read. The bins are narrow where most scores are: near 0.
"""

import bisect
import enum
from typing import NamedTuple

EDGES = (
    *(0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.07),
    *(0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98),
)
"""Where one bin of probabilities ends and the next begins, which has the edge itself."""
BINS = len(EDGES) + 1


def bin_of(probability: float) -> int:
    """Return the number of the bin that a probability falls into."""
    return bisect.bisect_right(EDGES, probability)


class Stratum(enum.IntEnum):
    """What the rules did with a comment, since people may have checked a larger part of the one than of the other."""

    PASSED = 0
    """Approved, or held only as part of the sample."""
    HELD = 1
    REFUSED = 2
    """Rejected, or spam, without a person."""


class Scored(NamedTuple):
    """So many comments with one label's probability in one bin."""

    period: int
    """Which of the periods that were asked for, counted from 0."""
    is_staff: bool
    model: str
    stratum: Stratum
    label: str
    bin: int
    comments: int
    called: int
    """How many of them the model calls it."""


class Checked(NamedTuple):
    """One comment of the sample and one label: whether a person says that it is that."""

    period: int | None
    """None where it was written at another time, or elsewhere on the site."""
    is_staff: bool
    model: str
    stratum: Stratum
    label: str
    bin: int
    is_it: bool


class Arrived(NamedTuple):
    """So many comments of a period, and what became of them."""

    period: int
    is_staff: bool
    comments: int
    unscored: int
    """Which no model gave scores, for want of a model or for their language."""
    held: int
    decided: int
    overturned: int
