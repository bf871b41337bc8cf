"""What is asked of many comments at once, on both databases."""

from datetime import date, timedelta
from itertools import count

import pytest
from sqlalchemy.orm import Session

from service.domain.comment import Author, Scores, Status
from service.store import comments, discussions, sites
from service.store.discussions import SiteDays
from service.store.tables import CommentRow, SiteRow
from tests import cast

NOW = cast.NOW
STAFF = Author(id="1", name="Prof", role="Author")
_numbers = count(1)


@pytest.fixture
def site(session: Session) -> SiteRow:
    """Return a blog."""
    return cast.add_site(session)[0]


def said(
    session: Session,
    site: SiteRow,
    text: str = cast.KIND,
    *,
    status: Status = Status.APPROVED,
    to: CommentRow | None = None,
    author: Author = cast.MAYA,
    scores: dict[str, float] | None = None,
    days: int = 0,
    thread: str = cast.POST,
) -> CommentRow:
    """Add a comment as it stands after it was decided."""
    row = sites.thread_of(session, site, thread, cast.TITLE)
    comment = cast.comment(text, author, id=f"c{next(_numbers)}", parent_id=to.outside_id if to else None)
    added = comments.add(session, site, row, comment, NOW + timedelta(days=days))
    probabilities = {"abusive": 0.0, "sarcastic": 0.0, "critical": 0.0, "supportive": 0.0, "cost": 0.0, "spam": 0.0}
    if scores is not None:
        probabilities |= scores
        called = tuple(label for label, p in scores.items() if p >= 0.5)
        comments.keep_scores(session, added.revision, Scores("m", probabilities, called), NOW)
    added.status = status
    session.flush()
    return added


def stretch(site: SiteRow, days: int = 1) -> SiteDays:
    return SiteDays(site.id, NOW.date(), NOW.date() + timedelta(days=days))


WEIGHTS = {"abusive": 1.0, "supportive": -0.5}


def test_heat_is_the_weighted_sum_of_probabilities(session: Session, site: SiteRow) -> None:
    row = said(session, site, scores={"abusive": 0.5, "supportive": 0.4})
    [heat] = discussions.heats(session, stretch(site), WEIGHTS)
    assert (heat.comment_id, heat.thread_id) == (row.id, row.thread_id)
    assert heat.heat == pytest.approx(0.3)


def test_a_discussion_is_read_whole_where_a_part_of_it_is_of_these_days(session: Session, site: SiteRow) -> None:
    rows = [said(session, site, scores={}, days=day) for day in (5, 0)]
    found = discussions.heats(session, stretch(site), WEIGHTS)
    assert [each.comment_id for each in found] == [rows[1].id, rows[0].id]  # as they were written
    assert discussions.heats(session, SiteDays(site.id, date(2020, 1, 1), date(2020, 2, 1)), WEIGHTS) == []


@pytest.mark.parametrize("status", [Status.SPAM, Status.WITHDRAWN])
def test_spam_and_what_was_withdrawn_have_no_heat(session: Session, site: SiteRow, status: Status) -> None:
    row = said(session, site, scores={"abusive": 1.0}, status=status)
    assert discussions.heats_of(session, row.thread_id, WEIGHTS) == []


def test_what_has_no_scores_has_no_heat(session: Session, site: SiteRow) -> None:
    row = said(session, site)
    assert discussions.heats_of(session, row.thread_id, WEIGHTS) == []


def test_of_an_edited_comment_the_last_text_is_read(session: Session, site: SiteRow) -> None:
    row = said(session, site, "How old?")
    comments.revise(session, row, "How old were they?", NOW)
    [found] = discussions.said_in(session, [row.thread_id])[row.thread_id]
    assert found.text == "How old were they?"
    assert list(discussions.texts(session, [row.id])) == [(row.id, "How old were they?")]


def test_a_discussion_with_an_unanswered_question_mark_is_found(session: Session, site: SiteRow) -> None:
    answered = said(session, site, "How old?", thread="https://relay.example.org/answered")
    said(session, site, "Forty.", to=answered, author=STAFF, thread="https://relay.example.org/answered")
    open_one = said(session, site, "How old?")
    said(session, site, "What?", author=STAFF, thread="https://relay.example.org/ours")
    said(session, site, "What?", status=Status.HELD, thread="https://relay.example.org/held")
    assert discussions.threads_with_questions(session, stretch(site), 10) == [open_one.thread_id]


def test_kind_comments_to_the_blogs_own_come_first(session: Session, site: SiteRow) -> None:
    kind = {"supportive": 0.9}
    to_post = said(session, site, scores=kind)
    ours = said(session, site, author=STAFF, scores=kind)
    to_us = said(session, site, to=ours, scores={"supportive": 0.6})
    said(session, site, to=to_post, scores=kind)  # to another reader
    said(session, site, status=Status.HELD, scores=kind)
    answered = said(session, site, scores=kind)
    said(session, site, to=answered, author=STAFF)
    assert discussions.kind_and_unanswered(session, stretch(site), 10) == [to_us.id, to_post.id]


def test_what_is_called_both_is_counted(session: Session, site: SiteRow) -> None:
    said(session, site, scores={"cost": 0.9, "abusive": 0.9})
    said(session, site, scores={"cost": 0.9})
    said(session, site, scores={"abusive": 0.9}, status=Status.SPAM)
    said(session, site, scores={"abusive": 0.9}, days=3)
    days = stretch(site)
    assert discussions.count_called(session, days, ("cost", "abusive")) == {"cost": 2, "abusive": 1}
    assert discussions.count_called_both(session, days, ("cost",), ("abusive",)) == {("cost", "abusive"): 1}
    assert discussions.count_scored(session, days) == 2


def test_only_what_stands_published_may_be_quoted(session: Session, site: SiteRow) -> None:
    first = said(session, site, scores={"abusive": 0.9})
    reply = said(session, site, to=first, author=cast.ROLF)
    said(session, site, status=Status.HELD)
    said(session, site, status=Status.REJECTED)
    [discussion] = discussions.quotable(session, stretch(site))
    assert [(each.id, each.to) for each in discussion] == [(first.id, None), (reply.id, cast.MAYA.key)]
    assert discussions.called(session, [first.id, reply.id]) == {first.id: ["abusive"], reply.id: []}
    assert discussions.published(session, stretch(site)) == [first.id]  # the other was not scored
    assert discussions.models(session, stretch(site)) == ["m"]


def test_another_sites_comments_are_not_meant(session: Session, site: SiteRow) -> None:
    other = cast.add_site(session, "https://gut.example.org")[0]
    said(session, other, "How old?", scores={"supportive": 0.9})
    days = stretch(site)
    assert discussions.threads_with_questions(session, days, 10) == []
    assert discussions.kind_and_unanswered(session, days, 10) == []
    assert list(discussions.quotable(session, days)) == []
