"""What is known of an author on one site."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from service.domain.comment import Author, Scores, Status
from service.domain.policy import AUDIT
from service.store import authors, comments, decisions, notes, sites
from service.store.tables import CommentRow, Origin, SiteRow, UserRow
from tests import cast

SCORES = Scores("a-model", {"abusive": 0.9, "cost": 0.1}, ("abusive",), {}, "en")
HELD, APPROVED, REJECTED, SPAM = Status.HELD, Status.APPROVED, Status.REJECTED, Status.SPAM


@pytest.fixture
def site(session: Session) -> SiteRow:
    return cast.add_site(session)[0]


def add(
    session: Session,
    site: SiteRow,
    verdict: Status = HELD,
    held_for: str | None = None,
    *,
    author: Author = cast.MAYA,
    name: str | None = None,
) -> CommentRow:
    """Add a comment that the rules judged."""
    thread = sites.thread_of(session, site, cast.POST, cast.TITLE)
    row = comments.add(session, site, thread, cast.comment(author=author, id=name), cast.NOW)
    comments.keep_scores(session, row.revision, SCORES, cast.NOW)
    decisions.add(session, row, verdict, Origin.POLICY, cast.NOW, held_for=held_for)
    return row


def decide(session: Session, row: CommentRow, who: UserRow, status: Status, labels: list[str] | None = None) -> None:
    decisions.add(session, row, status, Origin.PERSON, cast.NOW, user=who, labels=labels)


def figures(session: Session, row: CommentRow) -> tuple[int, int, int]:
    session.expire_all()
    record = authors.record_of(session, row)
    return record.decided, record.overturned, record.corrected


def test_an_author_s_comments_are_told_the_latest_first(session: Session, site: SiteRow) -> None:
    rows = [add(session, site, name=str(number)) for number in range(3)]
    add(session, site, author=cast.ROLF, name="rolf")
    record = authors.record_of(session, rows[0])
    assert [each.outside_id for each in record.rows] == ["2", "1", "0"]


def test_the_same_author_of_another_site_is_somebody_else(session: Session, site: SiteRow) -> None:
    row = add(session, site)
    other, _ = cast.add_site(session, "https://other.example.org")
    add(session, other)
    assert len(authors.record_of(session, row).rows) == 1


def test_of_somebody_without_a_name_this_comment_is_all_that_is_known(session: Session, site: SiteRow) -> None:
    row = add(session, site, author=Author(), name="1")
    add(session, site, author=Author(), name="2")
    assert [each.id for each in authors.record_of(session, row).rows] == [row.id]


def test_it_counts_where_they_stand(session: Session, site: SiteRow, ana: UserRow) -> None:
    rows = [add(session, site, verdict, name=str(at)) for at, verdict in enumerate((APPROVED, APPROVED, HELD, HELD))]
    decide(session, rows[2], ana, SPAM)
    assert authors.record_of(session, rows[0]).counts == {APPROVED: 2, HELD: 1, SPAM: 1}


def test_the_counts_are_of_all_and_the_rows_the_latest(
    session: Session, site: SiteRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [add(session, site, name=str(number)) for number in range(5)]
    monkeypatch.setattr(authors, "MOST_SHOWN", 2)
    record = authors.record_of(session, rows[0])
    assert (record.counts, [each.outside_id for each in record.rows]) == ({HELD: 5}, ["4", "3"])


@pytest.mark.parametrize(
    ("verdict", "held_for", "status", "expected"),
    [
        (HELD, "abusive", APPROVED, (1, 1)),
        (HELD, "abusive", REJECTED, (1, 0)),
        (HELD, AUDIT, APPROVED, (1, 0)),
        (HELD, "unscored", APPROVED, (1, 0)),
        (HELD, "otherwise", APPROVED, (1, 0)),
        (APPROVED, None, REJECTED, (1, 1)),
        (APPROVED, None, SPAM, (1, 1)),
        (APPROVED, None, APPROVED, (1, 0)),
        (SPAM, None, APPROVED, (1, 1)),
        (REJECTED, None, SPAM, (1, 0)),
        (HELD, "abusive", HELD, (0, 0)),
    ],
)
def test_it_tells_how_often_a_person_thought_otherwise(
    verdict: Status,
    held_for: str | None,
    status: Status,
    expected: tuple[int, int],
    session: Session,
    site: SiteRow,
    ana: UserRow,
) -> None:
    row = add(session, site, verdict, held_for)
    decide(session, row, ana, status)
    assert figures(session, row)[:2] == expected


def test_what_nobody_decided_or_what_was_undone_counts_for_nothing(
    session: Session, site: SiteRow, ana: UserRow
) -> None:
    add(session, site, name="1")
    row = add(session, site, name="2")
    decide(session, row, ana, APPROVED, labels=[])
    decisions.add(session, row, HELD, Origin.PERSON, cast.NOW, user=ana, undoes=row.decision)
    assert figures(session, row) == (0, 0, 0)


@pytest.mark.parametrize(
    ("labels", "corrected"), [(None, 0), (["abusive"], 0), ([], 1), (["abusive", "cost"], 1), (["cost"], 1)]
)
def test_it_tells_how_often_a_person_put_the_labels_right(
    labels: list[str] | None, corrected: int, session: Session, site: SiteRow, ana: UserRow
) -> None:
    row = add(session, site)
    decide(session, row, ana, REJECTED, labels=labels)
    assert figures(session, row)[2] == corrected


def test_it_has_the_notes_on_all_their_comments_the_latest_first(session: Session, site: SiteRow, ana: UserRow) -> None:
    rows = [add(session, site, name=str(number)) for number in range(2)]
    stranger = add(session, site, author=cast.ROLF, name="rolf")
    for at, row in enumerate((*rows, stranger)):
        notes.add(session, row, ana, f"Note {at}.", cast.NOW + timedelta(seconds=at))
    assert [each.text for each in authors.record_of(session, rows[0]).notes] == ["Note 1.", "Note 0."]
