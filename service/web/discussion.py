"""How a site's readers talk to each other: which discussions turned, what waits for an answer, what goes together."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import g, render_template, request
from sqlalchemy.orm import Session

from service.domain.labels import LABELS
from service.flows import discussion as flow
from service.store import comments, discussions
from service.web import cards, site_days
from service.web.desk import desk
from service.web.parts import now, parts


@dataclass(frozen=True)
class Waiting:
    """A comment that waits for an answer, and what of it is shown."""

    card: cards.Card
    sentence: str | None
    replies: int = 0


@desk.get("/reports/discussion")
def discussion_report() -> str:
    """Show how a site's readers talked to each other in a stretch of days."""
    with parts().database.reading() as session:
        asked = site_days.asked(session, request.args)
        if asked is None:
            return render_template("discussion.html", asked=None)
        temperatures = flow.temperatures(session, asked.stretch)
        return render_template(
            "discussion.html",
            asked=asked,
            temperatures=temperatures,
            threads=discussions.threads(session, [each.thread_id for each in temperatures.turned[: flow.MOST_LISTED]]),
            most_listed=flow.MOST_LISTED,
            questions=_questions(session, asked.stretch),
            kind=_cards(session, flow.kind_comments(session, asked.stretch)),
            table=flow.topics_and_tones(session, asked.stretch),
            tones=flow.TONES,
            labels=LABELS,
        )


def _questions(session: Session, stretch: discussions.SiteDays) -> list[Waiting]:
    found = flow.questions(session, stretch)
    shown = {card.id: card for card in _cards(session, [each.question.id for each in found])}
    return [
        Waiting(shown[each.question.id], each.question.sentence, each.question.replies)
        for each in found
        if each.question.id in shown
    ]


def _cards(session: Session, numbers: Sequence[int]) -> list[cards.Card]:
    rows = comments.of_numbers(session, numbers)
    return [cards.card_of(rows[number], g.user, now()) for number in numbers if number in rows]
