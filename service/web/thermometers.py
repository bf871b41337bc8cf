"""A discussion's temperature as a picture: a bar for each comment, a line where it turned."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from service.domain.replies import Exchange, Question, Structure
from service.flows import discussion
from service.flows.discussion import Thermometer
from service.store.discussions import Heat

WIDTH, HEIGHT = 600, 90
MOST_BARS = 300
"""More would be thinner than a pixel: then a bar is the mean of several comments."""
MOST_EXCHANGES = 12
_COLDEST, _HOTTEST = -0.25, 1.25


@dataclass(frozen=True)
class Bar:
    """How hot a comment was, or several beside each other were."""

    x: float
    y: float
    width: float
    height: float
    is_after: bool
    """Whether it comes after the turn."""


@dataclass(frozen=True)
class Picture:
    """What the page shows of a discussion's temperature."""

    thermometer: Thermometer
    bars: list[Bar]
    zero: float
    """Where no heat is."""
    turn: float | None
    """Where it turned."""


@dataclass(frozen=True)
class Shape:
    """What the page shows of who answers whom."""

    structure: Structure
    exchanges: list[tuple[str | None, str | None, int]]
    """Who answered whom more than once, and how often, by name."""
    questions: list[Question]


def picture_of(session: Session, thread_id: int) -> Picture:
    """Draw a discussion's temperature."""
    found = discussion.thermometer(session, thread_id)
    turned_at = found.turned.turn.after if found.turned else None
    count = len(found.heats)
    per_bar = max(1, -(-count // MOST_BARS))
    wide = WIDTH / max(1, -(-count // per_bar))
    bars = [
        _bar(at // per_bar * wide, wide, found.heats[at : at + per_bar], turned_at is not None and at >= turned_at)
        for at in range(0, count, per_bar)
    ]
    turn = None if turned_at is None else turned_at / per_bar * wide
    return Picture(found, bars, _height(0.0), turn)


def shape_of(session: Session, thread_id: int) -> Shape:
    """Return who answers whom in a discussion, by the names that the desk knows them by, and what waits."""
    structure, questions, said = discussion.structure(session, thread_id)
    names = {each.author: each.name for each in said}
    often = [each for each in structure.exchanges if each.count > 1]
    shown = [_named(each, names) for each in often[:MOST_EXCHANGES]]
    return Shape(structure, shown, list(questions))


def _named(each: Exchange, names: Mapping[str | None, str | None]) -> tuple[str | None, str | None, int]:
    return names.get(each.by), names.get(each.to), each.count


def _bar(x: float, wide: float, some: Sequence[Heat], is_after: bool) -> Bar:
    heat = sum(each.heat for each in some) / len(some)
    top, zero = _height(heat), _height(0.0)
    return Bar(x, min(top, zero), max(0.5, wide - 1), max(1.0, abs(top - zero)), is_after)


def _height(heat: float) -> float:
    """Return how far down a heat is drawn."""
    inside = min(max(heat, _COLDEST), _HOTTEST)
    return HEIGHT * (_HOTTEST - inside) / (_HOTTEST - _COLDEST)
