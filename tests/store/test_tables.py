"""The tables: what they keep as it came, and what the database itself refuses."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import delete, func, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError
from sqlalchemy.orm import Session

from service.domain.comment import Status
from service.domain.labels import Action
from service.store import comments, decisions, sites
from service.store.tables import CommentRow, DecisionRow, Origin, RuleRow, ThreadRow, UserRow
from tests import cast

ODD = st.sampled_from(["\0", "\x1a", "\x1a0000", "\x1a\x1a", "\ud800", "\udfff", "\ud83d\ude00", "\U0010ffff"])
ANY_TEXT = st.lists(st.text(st.characters()) | ODD).map("".join)


@pytest.fixture
def comment(session: Session, ana: UserRow) -> CommentRow:
    """A comment that was held, rejected by Ana with a reason, and approved after all when she undid that."""
    site, _ = cast.add_site(session)
    row = comments.add(
        session, site, sites.thread_of(session, site, cast.POST, cast.TITLE), cast.comment(id="1"), cast.NOW
    )
    decisions.add(session, row, Status.HELD, Origin.POLICY, cast.NOW)
    ruling = decisions.add(session, row, Status.REJECTED, Origin.PERSON, cast.NOW, user=ana, reason="an insult")
    decisions.add(session, row, Status.HELD, Origin.PERSON, cast.NOW, user=ana, undoes=ruling)
    return row


@given(ANY_TEXT)
@example("\x1a")
@example("a\0b")
@example("\ud83d\ude00 and \ud83d alone")
@example("\x1aZZZZ")
def test_any_text_comes_back_as_it_went(session: Session, title: str) -> None:
    site = sites.by_url(session, "https://relay.example.org") or cast.add_site(session)[0]
    thread = sites.thread_of(session, site, cast.POST, "a title")
    thread.title = title
    session.flush()
    session.expire(thread)
    assert thread.title == title


@given(ANY_TEXT)
def test_any_text_is_found_again(session: Session, title: str) -> None:
    site = sites.by_url(session, "https://relay.example.org") or cast.add_site(session)[0]
    thread = sites.thread_of(session, site, cast.POST, "a title")
    thread.title = title
    session.flush()
    assert session.scalar(select(ThreadRow.id).where(ThreadRow.title == title)) == thread.id


@given(
    st.datetimes(
        datetime(1, 1, 3),  # hypothesis wants its bounds without a zone
        datetime(9999, 12, 29),
        timezones=st.builds(lambda hours: timezone(timedelta(hours=hours)), st.integers(-14, 14)),
    )
)
def test_a_moment_comes_back_as_the_same_moment_in_utc(session: Session, moment: datetime) -> None:
    site = sites.by_url(session, "https://relay.example.org") or cast.add_site(session)[0]
    site.created_at = moment
    session.flush()
    session.expire(site)
    assert (site.created_at, site.created_at.tzinfo) == (moment, UTC)


def test_a_moment_without_a_time_zone_is_refused(session: Session) -> None:
    site, _ = cast.add_site(session)
    site.created_at = datetime(2026, 11, 21)  # the point
    with pytest.raises(StatementError, match="no time zone"):
        session.flush()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE comments SET status = 'suspected'",
        "UPDATE sites SET otherwise = 'shrug'",
        "UPDATE users SET role = 'king'",
        "UPDATE rules SET action = 'shrug'",
        "UPDATE rules SET at_least = 0",
        "UPDATE rules SET at_least = 1.5",
        "UPDATE comments SET author_key = NULL, status = NULL",
    ],
)
def test_the_database_itself_refuses_what_is_no_value(statement: str, session: Session, comment: CommentRow) -> None:
    with pytest.raises(DBAPIError):
        session.execute(text(statement))


def test_a_site_has_one_rule_for_a_label_and_an_action(session: Session) -> None:
    site, _ = cast.add_site(session)
    site.rules.append(RuleRow(label="abusive", at_least=0.7, action=Action.HOLD))
    with pytest.raises(IntegrityError):
        session.flush()


def test_a_site_has_a_comment_s_key_once(session: Session, comment: CommentRow) -> None:
    with pytest.raises(IntegrityError):
        comments.add(session, comment.site, comment.thread, cast.comment("another text", id="1"), cast.NOW)


def test_another_site_may_have_the_same_key(session: Session, comment: CommentRow) -> None:
    site, _ = cast.add_site(session, "https://other.example.org")
    thread = sites.thread_of(session, site, cast.POST, cast.TITLE)
    assert comments.add(session, site, thread, cast.comment(id="1"), cast.NOW).id != comment.id


def test_two_decisions_cannot_have_the_same_number(session: Session, comment: CommentRow) -> None:
    comment.decisions.append(
        DecisionRow(
            revision_id=comment.revision.id,
            number=3,
            status=Status.SPAM,
            origin=Origin.POLICY,
            reasons=[],
            decided_at=cast.NOW,
        )
    )
    with pytest.raises(IntegrityError):
        session.flush()


def test_a_person_who_decides_is_named(session: Session, comment: CommentRow) -> None:
    with pytest.raises(IntegrityError):
        decisions.add(session, comment, Status.SPAM, Origin.PERSON, cast.NOW, user=None)


def test_the_policy_is_no_person(session: Session, comment: CommentRow, ana: UserRow) -> None:
    with pytest.raises(IntegrityError):
        decisions.add(session, comment, Status.SPAM, Origin.POLICY, cast.NOW, user=ana)


@pytest.mark.parametrize(
    "change",
    [
        "id = id + 100",
        "comment_id = NULL",
        "number = number + 100",
        "status = 'spam'",
        "origin = 'site', user_id = NULL",
        "user_id = NULL",
        "reason = 'other words'",
        "reasons = '[1]'",
        "labels = '[\"cost\"]'",
        "undoes_id = id",
        "held_for = 'spam'",
        "bulk_id = 'another'",
        "author_message = 'other words'",
        "decided_at = '2020-01-01 00:00:00'",
        "reason = NULL, status = 'approved'",
    ],
)
def test_a_decision_is_never_changed(change: str, session: Session, comment: CommentRow) -> None:
    with pytest.raises(DBAPIError, match="decisions are only ever added"):
        session.execute(text(f"UPDATE decisions SET {change} WHERE number = 2"))


def test_the_words_of_a_reason_may_be_erased(session: Session, comment: CommentRow) -> None:
    session.execute(text("UPDATE decisions SET reason = NULL, author_message = NULL"))
    session.expire_all()
    assert [each.reason for each in comment.decisions] == [None, None, None]


def test_a_decision_is_never_deleted(session: Session, comment: CommentRow) -> None:
    with pytest.raises(DBAPIError, match="decisions are only ever added"):
        session.execute(delete(DecisionRow).where(DecisionRow.number == 3))


@pytest.mark.parametrize("table", ["revisions", "users"])
def test_what_a_decision_speaks_of_is_not_deleted_under_it(table: str, session: Session, comment: CommentRow) -> None:
    with pytest.raises(DBAPIError):
        session.execute(text(f"DELETE FROM {table}"))


def test_a_decision_is_never_replaced(sqlite_session: Session) -> None:
    site, _ = cast.add_site(sqlite_session)
    thread = sites.thread_of(sqlite_session, site, cast.POST, cast.TITLE)
    row = comments.add(sqlite_session, site, thread, cast.comment(), cast.NOW)
    decisions.add(sqlite_session, row, Status.HELD, Origin.POLICY, cast.NOW)
    with pytest.raises(DBAPIError, match="decisions are only ever added"):
        sqlite_session.execute(
            text(
                "INSERT OR REPLACE INTO decisions (id, comment_id, revision_id, number, status, origin, reasons,"
                " decided_at) SELECT id, comment_id, revision_id, number, 'spam', origin, reasons, decided_at"
                " FROM decisions"
            )
        )


def test_decisions_go_with_their_comment(session: Session, comment: CommentRow) -> None:
    session.execute(delete(CommentRow))
    assert session.scalar(select(func.count()).select_from(DecisionRow)) == 0


def test_a_site_takes_everything_of_its_own_with_it(session: Session, comment: CommentRow) -> None:
    session.execute(text("DELETE FROM sites"))
    left = [
        session.scalar(text(f"SELECT count(*) FROM {table}"))
        for table in ("rules", "threads", "comments", "revisions", "decisions")
    ]
    assert left == [0, 0, 0, 0, 0]


def test_a_deleted_comment_s_number_is_never_given_again(session: Session, comment: CommentRow) -> None:
    site, thread, old = comment.site, comment.thread, comment.id
    session.execute(delete(CommentRow))
    session.expunge_all()
    added = comments.add(session, session.merge(site), session.merge(thread), cast.comment(id="2"), cast.NOW)
    assert added.id > old
