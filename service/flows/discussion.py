"""How a site's readers talk to each other: which discussions turned, what waits for an answer, what goes together."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from sqlalchemy.orm import Session

from service.domain import association, replies, temperature
from service.domain.association import Association
from service.domain.labels import LABELS, Family
from service.domain.replies import Question, Said, Structure
from service.domain.temperature import FalseAlarms, Turn
from service.store import discussions
from service.store.discussions import Heat, SiteDays

TOPICS = tuple(key for key, label in LABELS.items() if label.family is Family.TOPIC)
TONES = tuple(key for key, label in LABELS.items() if label.family is Family.TONE)
MOST_LISTED = 25
_MOST_ASKED = 80
"""Discussions with a question mark in them that are looked through for questions: the latest."""


@dataclass(frozen=True)
class Turned:
    """A discussion that turned."""

    thread_id: int
    comments: int
    after_id: int
    """The last comment before it turned."""
    first_id: int
    """The first comment after."""
    at: datetime
    turn: Turn


@dataclass(frozen=True)
class Temperatures:
    """Which of a site's discussions turned, and how many would have if their comments were in any order."""

    turned: Sequence[Turned]
    """The strongest turn first."""
    looked_at: int
    """Discussions long enough to say anything of."""
    too_short: int
    false_alarms: FalseAlarms

    @property
    def by_chance(self) -> float | None:
        """How many turns are to be expected among these discussions where there is none."""
        rate = self.false_alarms.rate
        return None if rate is None else rate * self.looked_at


@dataclass(frozen=True)
class Asked:
    """A question that waits for the blog, and where it was asked."""

    thread_id: int
    question: Question


@dataclass(frozen=True)
class Thermometer:
    """One discussion's heat, comment by comment, and where it turned."""

    heats: Sequence[Heat]
    turned: Turned | None
    false_alarms: FalseAlarms
    """Measured on this discussion, shuffled."""

    @property
    def is_enough(self) -> bool:
        """Whether there are comments enough to say anything."""
        return len(self.heats) >= temperature.SHORTEST


def temperatures(session: Session, stretch: SiteDays) -> Temperatures:
    """Look for turns in all discussions that somebody wrote in then."""
    heats = discussions.heats(session, stretch, temperature.WEIGHTS)
    found = [list(some) for _, some in groupby(heats, key=lambda each: each.thread_id)]
    turned = [each for some in found if (each := _turned(some))]
    long_enough = [[each.heat for each in some] for some in found if len(some) >= temperature.SHORTEST]
    return Temperatures(
        turned=sorted(turned, key=lambda each: -each.turn.strength),
        looked_at=len(long_enough),
        too_short=len(found) - len(long_enough),
        false_alarms=temperature.false_alarms(long_enough),
    )


def thermometer(session: Session, thread_id: int) -> Thermometer:
    """Read one discussion's temperature."""
    heats = discussions.heats_of(session, thread_id, temperature.WEIGHTS)
    return Thermometer(heats, _turned(heats), temperature.false_alarms([[each.heat for each in heats]]))


def structure(session: Session, thread_id: int) -> tuple[Structure, Sequence[Question], Sequence[Said]]:
    """Return who answers whom in a discussion, what waits for an answer, and what was said."""
    said = discussions.said_in(session, [thread_id])[thread_id]
    return replies.structure_of(said), replies.unanswered(said), said


def questions(session: Session, stretch: SiteDays) -> Sequence[Asked]:
    """Return the readers' questions of these days that wait for the blog, the latest first."""
    threads = discussions.threads_with_questions(session, stretch, _MOST_ASKED)
    said = discussions.said_in(session, threads)
    found = {each.id: Asked(thread, each) for thread in threads for each in replies.unanswered(said[thread])}
    listed = discussions.published_among(session, stretch, list(found))
    return [found[number] for number in sorted(listed, reverse=True)[:MOST_LISTED]]


def kind_comments(session: Session, stretch: SiteDays) -> Sequence[int]:
    """Return readers' kind comments to the blog that nobody speaking for it has answered."""
    return discussions.kind_and_unanswered(session, stretch, MOST_LISTED)


def topics_and_tones(session: Session, stretch: SiteDays) -> list[Association]:
    """Return whether what comments are about goes with how they are said."""
    single = discussions.count_called(session, stretch, (*TOPICS, *TONES))
    both = discussions.count_called_both(session, stretch, TOPICS, TONES)
    return association.table(TOPICS, TONES, single, both, discussions.count_scored(session, stretch))


def _turned(heats: Sequence[Heat]) -> Turned | None:
    turn = temperature.turn_of([each.heat for each in heats])
    if turn is None:
        return None
    before, after = heats[turn.after - 1], heats[turn.after]
    return Turned(before.thread_id, len(heats), before.comment_id, after.comment_id, after.created_at, turn)
