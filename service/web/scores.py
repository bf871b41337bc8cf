"""One label's scores over all that is held: a histogram with two handles, and one decision for what lies between."""

from dataclasses import dataclass

from flask import g, render_template, request

from service.domain.comment import Status
from service.domain.labels import LABELS, Label
from service.store import lists
from service.web import cards, filters
from service.web.desk import desk
from service.web.display import percent
from service.web.language import ngettext
from service.web.parts import now, parts

BINS = 20
MOST_LISTED = 200
"""What one can still look through before deciding about all of it at once."""

_WIDTH, _HEIGHT, _GAP = 600, 120, 2


@dataclass(frozen=True)
class Bar:
    """One bar of the histogram, in the units of its picture, and what it says."""

    x: float
    y: float
    width: float
    height: float
    title: str
    is_between: bool
    """Whether it lies between the handles."""


@desk.get("/scores")
def scores() -> str:
    """Show how a label's probabilities are spread over the held comments, and those between the two handles."""
    label = LABELS[filters.one_of(LABELS, request.args.get("label") or "abusive", filters.NO_LABEL)]
    low, high = sorted((_handle("from", 80), _handle("to", 100)))
    wanted = lists.Filter(status=Status.HELD, label=label.key, at_least=low / 100, at_most=high / 100)
    moment = now()
    with parts().database.reading() as session:
        counts = lists.spread(session, label.key, lists.Filter(), BINS)
        listed = lists.page(session, lists.View.HELD, wanted, moment, request.args.get("cursor"), MOST_LISTED)
        return render_template(
            "scores.html",
            label=label,
            labels=LABELS,
            low=low,
            high=high,
            bars=_bars(counts, low, high),
            width=_WIDTH,
            height=_HEIGHT,
            lines=[_line(cards.card_of(row, g.user, moment), label) for row in listed.rows],
            cursor=listed.cursor,
            total=lists.count(session, lists.View.HELD, wanted, moment),
            most_counted=lists.MOST_COUNTED,
            held=sum(counts),
        )


def _handle(name: str, otherwise: int) -> int:
    return round(100 * filters.probability(request.args.get(name) or str(otherwise)))


def _line(card: cards.Card, label: Label) -> tuple[cards.Card, str]:
    probability = next((each.probability for each in card.scores if each.label is label), None)
    return card, percent(probability or 0.0)


def _bars(counts: list[int], low: int, high: int) -> list[Bar]:
    step, tallest = _WIDTH / BINS, max(1, *counts)
    bars = []
    for number, count in enumerate(counts):
        begin, end = 100 * number // BINS, 100 * (number + 1) // BINS
        # A bar that is there at all can be seen.
        height = max(2.0, _HEIGHT * count / tallest) if count else 0.0
        title = ngettext(
            "%(begin)s to %(end)s %%: %(num)d comment",
            "%(begin)s to %(end)s %%: %(num)d comments",
            count,
            begin=begin,
            end=end,
        )
        is_between = begin < high and end > low
        bars.append(Bar(number * step, _HEIGHT - height, step - _GAP, height, title, is_between))
    return bars
