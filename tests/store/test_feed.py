"""What an open desk is told: what happened since, what came in, who is where."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from service.domain.comment import Status
from service.store import claims, comments, decisions, feed, sites
from service.store.tables import CommentRow, DecisionRow, Origin, SiteRow, UserRow
from tests import cast


@pytest.fixture
def site(session: Session) -> SiteRow:
    return cast.add_site(session)[0]


def add(session: Session, site: SiteRow, name: str, status: Status = Status.HELD) -> CommentRow:
    thread = sites.thread_of(session, site, cast.POST, cast.TITLE)
    row = comments.add(session, site, thread, cast.comment(id=name), cast.NOW)
    held_for = "abusive" if status is Status.HELD else None
    decisions.add(session, row, status, Origin.POLICY, cast.NOW, held_for=held_for)
    return row


@pytest.fixture
def row(session: Session, site: SiteRow) -> CommentRow:
    return add(session, site, "1")


def decide(session: Session, row: CommentRow, who: UserRow, times: int = 1) -> list[DecisionRow]:
    return [decisions.add(session, row, Status.APPROVED, Origin.PERSON, cast.NOW, user=who) for _ in range(times)]


def numbers(found: Sequence[DecisionRow]) -> list[int]:
    return [each.id for each in found]


def test_when_nothing_ever_happened_there_is_no_news(session: Session) -> None:
    news = feed.since(session, 0, cast.NOW)
    assert (news.last, news.decisions, news.arrived, news.claims, news.is_complete) == (0, [], 0, [], True)


def test_decisions_are_told_the_oldest_first_with_who_made_them(
    session: Session, row: CommentRow, ana: UserRow
) -> None:
    made = decide(session, row, ana, 3)
    news = feed.since(session, row.decisions[0].id, cast.NOW)
    assert (numbers(news.decisions), news.last) == (numbers(made), made[-1].id)
    assert {each.user and each.user.name for each in news.decisions} == {cast.ANA}


def test_what_a_site_withdraws_is_told_and_what_the_rules_decide_is_not(session: Session, row: CommentRow) -> None:
    withdrawn = decisions.add(session, row, Status.WITHDRAWN, Origin.SITE, cast.NOW)
    assert numbers(feed.since(session, 0, cast.NOW).decisions) == [withdrawn.id]


def test_what_the_rules_let_wait_is_counted_as_arrived_and_what_they_approve_is_not(
    session: Session, site: SiteRow, row: CommentRow
) -> None:
    begin = feed.last_number(session)
    add(session, site, "2")
    add(session, site, "3", Status.APPROVED)
    add(session, site, "4")
    assert (feed.since(session, begin, cast.NOW).arrived, feed.since(session, 0, cast.NOW).arrived) == (2, 3)


def test_the_last_few_are_told_again_since_their_numbers_may_be_out_of_order(
    session: Session, row: CommentRow, ana: UserRow
) -> None:
    made = decide(session, row, ana, 40)
    again = feed.since(session, made[-1].id, cast.NOW)
    assert (numbers(again.decisions), again.arrived) == (numbers(made[-20:]), 0)


def test_so_many_are_told_and_no_more(session: Session, row: CommentRow, ana: UserRow) -> None:
    made = decide(session, row, ana, feed.MOST_TOLD + 1)
    everything, most = feed.since(session, 0, cast.NOW), feed.since(session, made[20].id, cast.NOW)
    assert (len(everything.decisions), everything.is_complete, everything.last) == (200, False, made[-1].id)
    assert (len(most.decisions), most.is_complete) == (200, True)


@pytest.mark.parametrize("number", [-1, -(10**30), 2**31, 2**63, 10**30])
def test_any_number_may_be_asked_for(number: int, session: Session, row: CommentRow) -> None:
    assert feed.since(session, number, cast.NOW).last == row.decision.id


def test_claims_are_told_while_they_last(session: Session, row: CommentRow, ana: UserRow) -> None:
    claims.add(session, row.id, ana, cast.NOW + timedelta(minutes=1))
    told = [feed.since(session, 0, cast.NOW + timedelta(seconds=later)).claims for later in (59, 60)]
    assert [[each.user.name for each in found] for found in told] == [[cast.ANA], []]


def test_what_was_decided_before_a_comment_came_here_is_no_news(session: Session, row: CommentRow) -> None:
    decisions.add(session, row, Status.APPROVED, Origin.SITE, row.received_at - timedelta(days=900))
    assert feed.since(session, 0, cast.NOW).decisions == []


def test_among_an_archives_decisions_no_news_is_looked_for(
    session: Session, row: CommentRow, ana: UserRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "MOST_LOOKED_AT", 3)
    made = decide(session, row, ana, 4)
    news = feed.since(session, 0, cast.NOW)
    assert (news.decisions, news.last, news.is_complete) == ([], made[-1].id, False)
