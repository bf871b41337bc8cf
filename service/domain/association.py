"""Whether topics and tones go together: a table of odds ratios, with how sure each is."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from service.domain.significance import holm, is_more_than_chance

LEAST_EXPECTED = 5.0
"""A cell in which chance alone would put fewer comments says nothing."""
_Z = 1.959964


@dataclass(frozen=True)
class Association:
    """How much likelier a tone is in comments on a topic than in the others."""

    topic: str
    tone: str
    both: int
    of_topic: int
    """Comments on the topic."""
    of_tone: int
    """Comments in the tone."""
    of: int
    """All comments."""
    odds_ratio: float | None = None
    """None, as are those below, where there is not enough data."""
    low: float | None = None
    high: float | None = None
    p_value: float | None = None
    """Corrected for all cells of the table (Holm)."""

    @property
    def is_found(self) -> bool:
        """Whether it is more than chance, with all cells of the table allowed for."""
        return is_more_than_chance(self.p_value)

    @property
    def is_enough(self) -> bool:
        """Whether there are comments enough to say anything."""
        return self.odds_ratio is not None

    @property
    def share_on(self) -> float | None:
        """How many of the comments on the topic are in the tone."""
        return self.both / self.of_topic if self.of_topic else None

    @property
    def share_off(self) -> float | None:
        """How many of the others are."""
        others = self.of - self.of_topic
        return (self.of_tone - self.both) / others if others else None


def table(
    topics: Sequence[str], tones: Sequence[str], single: Mapping[str, int], both: Mapping[tuple[str, str], int], of: int
) -> list[Association]:
    """Return every topic against every tone, from how many comments are called each, and each two.

    An interval is Woolf's, with half a comment added to each cell (Haldane and Anscombe), so that none is without end;
    a p-value is Fisher's, corrected by Holm's way, which holds however the cells depend on each other.
    """
    cells = [
        _measured(Association(topic, tone, both.get((topic, tone), 0), single.get(topic, 0), single.get(tone, 0), of))
        for topic in topics
        for tone in tones
    ]
    corrected = holm([each.p_value for each in cells])
    return [replace(each, p_value=p_value) for each, p_value in zip(cells, corrected, strict=True)]


def fisher(both: int, first: int, second: int, of: int) -> float:
    """Return how likely a cell as unlikely as this one is, or more so, with the table's margins as they are."""
    low, high = max(0, first + second - of), min(first, second)
    logs = [_log_hypergeometric(each, first, second, of) for each in range(low, high + 1)]
    observed = logs[both - low]
    return min(1.0, sum(math.exp(each) for each in logs if each <= observed + 1e-9))


def _measured(cell: Association) -> Association:
    if not _is_enough(cell):
        return cell
    cells = [
        each + 0.5
        for each in (
            cell.both,
            cell.of_topic - cell.both,
            cell.of_tone - cell.both,
            cell.of - cell.of_topic - cell.of_tone + cell.both,
        )
    ]
    log_odds = math.log(cells[0] * cells[3] / (cells[1] * cells[2]))
    half = _Z * math.sqrt(sum(1 / each for each in cells))
    return replace(
        cell,
        odds_ratio=math.exp(log_odds),
        low=math.exp(log_odds - half),
        high=math.exp(log_odds + half),
        p_value=fisher(cell.both, cell.of_topic, cell.of_tone, cell.of),
    )


def _is_enough(cell: Association) -> bool:
    """Whether chance alone would put comments enough into each of the four cells."""
    if not cell.of:
        return False
    on, off = cell.of_topic, cell.of - cell.of_topic
    return min(on, off) * min(cell.of_tone, cell.of - cell.of_tone) / cell.of >= LEAST_EXPECTED


def _log_hypergeometric(both: int, first: int, second: int, of: int) -> float:
    return _log_choose(first, both) + _log_choose(of - first, second - both) - _log_choose(of, second)


def _log_choose(of: int, chosen: int) -> float:
    return math.lgamma(of + 1) - math.lgamma(chosen + 1) - math.lgamma(of - chosen + 1)
