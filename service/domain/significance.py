"""What is more than chance, where much is compared at once."""

from collections.abc import Sequence

CHANCE = 0.05
"""In so many reports in which there is nothing to find something may be found all the same."""


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Return p-values corrected for there being so many (Holm, 1979); None is no comparison, and stays so.

    The correction holds however the comparisons depend on each other.
    """
    known = sorted((p, at) for at, p in enumerate(p_values) if p is not None)
    found: list[float | None] = [None] * len(p_values)
    highest = 0.0
    for rank, (p, at) in enumerate(known):
        highest = max(highest, min(1.0, p * (len(known) - rank)))
        found[at] = highest
    return found


def is_more_than_chance(p_value: float | None) -> bool:
    """Whether a corrected p-value says that there is something."""
    return p_value is not None and p_value < CHANCE
