"""How a site's readers talk to each other."""

from datetime import timedelta
from itertools import count

import pytest
from sqlalchemy.orm import Session

from service.domain.comment import Author, Scores, Status
from service.flows import discussion
from service.store import comments
from service.store import sites as site_store
from service.store.discussions import SiteDays
from service.store.tables import CommentRow, SiteRow
from tests import cast

_numbers = count(1)
TURNING, STEADY = "https://relay.example.org/turning", "https://relay.example.org/steady"


@pytest.fixture
def stretch(site: SiteRow) -> SiteDays:
    """Return the day of the tests."""
    return SiteDays(site.id, cast.NOW.date(), cast.NOW.date() + timedelta(days=1))


def say(
    session: Session, site: SiteRow, url: str, abusive: float, text: str = cast.KIND, author: Author = cast.MAYA
) -> CommentRow:
    """Add a published comment that is so abusive."""
    thread = site_store.thread_of(session, site, url, url)
    number = next(_numbers)
    comment = cast.comment(text, author, id=f"d{number}", thread_url=url)
    row = comments.add(session, site, thread, comment, cast.NOW + timedelta(seconds=number % 60_000))
    everything = dict.fromkeys(("sarcastic", "critical", "supportive", "spam", "cost"), 0.1)
    called = ("cost", "abusive") if abusive > 0.5 else ("supportive",)
    comments.keep_scores(session, row.revision, Scores("m", {**everything, "abusive": abusive}, called), cast.NOW)
    row.status = Status.APPROVED
    return row


@pytest.fixture
def written(session: Session, site: SiteRow) -> dict[str, list[CommentRow]]:
    """Return two discussions, one of which turns after its twentieth comment."""
    found = {
        TURNING: [say(session, site, TURNING, 0.1 * (at % 3) + 0.7 * (at >= 20)) for at in range(40)],
        STEADY: [say(session, site, STEADY, 0.1 * (at % 3)) for at in range(24)],
    }
    session.flush()
    return found


def test_the_discussion_that_turns_is_found(
    session: Session, stretch: SiteDays, written: dict[str, list[CommentRow]]
) -> None:
    found = discussion.temperatures(session, stretch)
    [turned] = found.turned
    assert (turned.after_id, turned.first_id) == (written[TURNING][19].id, written[TURNING][20].id)
    assert (found.looked_at, found.too_short) == (2, 0)


def test_the_false_alarms_are_measured_on_these_very_discussions(
    session: Session, stretch: SiteDays, written: dict[str, list[CommentRow]]
) -> None:
    found = discussion.temperatures(session, stretch)
    assert found.false_alarms.of >= 2_000
    assert found.by_chance is not None
    assert found.by_chance <= 2 * 0.065


def test_without_comments_nothing_is_said(session: Session, stretch: SiteDays) -> None:
    found = discussion.temperatures(session, stretch)
    assert (found.turned, found.looked_at, found.by_chance) == ([], 0, None)
    assert discussion.questions(session, stretch) == []
    assert not any(each.is_enough for each in discussion.topics_and_tones(session, stretch))


def test_one_discussions_temperature_is_that_of_the_list(
    session: Session, stretch: SiteDays, written: dict[str, list[CommentRow]]
) -> None:
    one = discussion.thermometer(session, written[TURNING][0].thread_id)
    assert one.is_enough
    assert one.turned == discussion.temperatures(session, stretch).turned[0]


def test_a_question_waits_for_the_blog(session: Session, site: SiteRow, stretch: SiteDays) -> None:
    asked = say(session, site, STEADY, 0.1, "I wonder. How old were they?")
    session.flush()
    [found] = discussion.questions(session, stretch)
    assert (found.question.id, found.question.sentence) == (asked.id, "How old were they?")


def test_what_goes_together_is_found(session: Session, stretch: SiteDays, written: dict[str, list[CommentRow]]) -> None:
    found = {(each.topic, each.tone): each for each in discussion.topics_and_tones(session, stretch)}
    assert len(found) == len(discussion.TOPICS) * len(discussion.TONES)
    assert found["cost", "abusive"].is_found
    assert found["cost", "abusive"].both == 20
    assert not found["hsct_risk", "abusive"].is_enough
