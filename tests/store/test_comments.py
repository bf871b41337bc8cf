"""Comments in the store: finding, joining to parents, and erasing."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.domain.comment import Author, Comment, Evidence, Scores, Status, text_hash
from service.store import comments, decisions, lists, sites
from service.store.engine import Database
from service.store.lists import Filter, View
from service.store.tables import CommentRow, LabelRow, Origin, SiteRow, UserRow
from tests import cast

SCORES = Scores(
    model="a-model",
    probabilities={"abusive": 0.9, "cost": 0.6, "critical": 0.1},
    labels=("abusive", "cost"),
    evidence={"abusive": (Evidence(0, 3, 1.5), Evidence(4, 9, -0.5, tipped=True)), "cost": ()},
    language="en",
    kinds={"insult": 0.8, "threat": 0.1},
)
OTHER_POST = "https://relay.example.org/another"
NO_ROW = 2**31 - 1


@pytest.fixture
def site(session: Session) -> SiteRow:
    return cast.add_site(session)[0]


def add(session: Session, site: SiteRow, comment: Comment | None = None, status: Status = Status.HELD) -> CommentRow:
    comment = comment or cast.comment()
    thread = sites.thread_of(session, site, comment.thread_url, comment.thread_title)
    row = comments.add(session, site, thread, comment, cast.NOW)
    decisions.add(session, row, status, Origin.POLICY, cast.NOW)
    return row


def test_a_comment_is_saved_as_it_came(session: Session, site: SiteRow) -> None:
    author = Author("7\0", "M\ud800ya", "maya@example.org", "https://maya.example.org", "192.0.2.7", "reader")
    row = add(session, site, cast.comment("a\0b\x1a\udfff", author, id="\0 1"))
    session.expire_all()
    kept = [getattr(row, f"author_{name}") for name in ("id", "name", "email", "url", "ip", "role")]
    assert (Author(*kept), row.revision.text, row.outside_id) == (author, "a\0b\x1a\udfff", "\0 1")


def test_a_comment_without_a_date_was_written_when_it_came(session: Session, site: SiteRow) -> None:
    assert add(session, site).created_at == cast.NOW


def test_a_comment_is_found_by_its_key(session: Session, site: SiteRow) -> None:
    row = add(session, site)
    assert comments.by_key(session, site, cast.comment().key) is row


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)  # with SQLite nobody else can write meanwhile
def test_what_is_locked_is_seen_as_it_is_now(database: Database) -> None:
    with database.writing() as session:
        number = add(session, cast.add_site(session)[0]).id
    with database.writing() as session:
        looked_at = session.get(CommentRow, number)
        with database.writing() as other:
            decisions.add(other, other.get_one(CommentRow, number), Status.SPAM, Origin.SITE, cast.NOW)
        row = comments.locked(session, number)
        assert row
        assert row is looked_at
        assert (row.status, row.decision.status) == (Status.SPAM, Status.SPAM)


def test_another_site_s_comment_is_not_found(session: Session, site: SiteRow) -> None:
    add(session, site)
    other, _ = cast.add_site(session, "https://other.example.org")
    assert comments.by_key(session, other, cast.comment().key) is None


@pytest.mark.parametrize("comment_id", [0, -1, NO_ROW])
def test_a_number_that_no_comment_has_finds_nothing(comment_id: int, session: Session) -> None:
    assert comments.get(session, comment_id) is None


def test_a_reply_is_joined_to_its_parent(session: Session, site: SiteRow) -> None:
    parent = add(session, site, cast.comment(id="1"))
    assert add(session, site, cast.comment(id="2", parent_id="1")).parent is parent


def test_a_reply_that_came_first_is_joined_later(session: Session, site: SiteRow) -> None:
    reply = add(session, site, cast.comment(id="2", parent_id="1"))
    parent = add(session, site, cast.comment(id="1"))
    session.flush()
    session.expire_all()
    assert reply.parent is parent


def test_a_reply_is_never_joined_to_another_site_s_comment(session: Session, site: SiteRow) -> None:
    other, _ = cast.add_site(session, "https://other.example.org")
    reply = add(session, other, cast.comment(id="2", parent_id="1"))
    add(session, site, cast.comment(id="1"))
    assert reply.parent is None


def test_a_comment_is_not_its_own_parent(session: Session, site: SiteRow) -> None:
    assert add(session, site, cast.comment(id="1", parent_id="1")).parent is None


def test_two_comments_that_answer_each_other_do_no_harm(session: Session, site: SiteRow) -> None:
    rows = [add(session, site, cast.comment(id=own, parent_id=other)) for own, other in (("1", "2"), ("2", "1"))]
    session.flush()
    session.expire_all()
    assert [comments.get(session, row.id) for row in rows] == rows


@pytest.mark.parametrize("length", [255])
def test_the_longest_ids_that_the_door_lets_in_are_kept(length: int, session: Session, site: SiteRow) -> None:
    longest = "\U0010ffff" * length
    row = add(session, site, cast.comment(author=Author(id=longest), id=longest, parent_id=longest))
    session.expire_all()
    assert (row.outside_id, row.author_id, row.parent_outside_id) == (longest, longest, longest)


def test_saved_scores_are_loaded_as_they_were(session: Session, site: SiteRow) -> None:
    row = add(session, site)
    comments.keep_scores(session, row.revision, SCORES, cast.NOW)
    session.expire_all()
    assert comments.scores_of(row.revision) == SCORES


def test_evidence_as_it_was_kept_at_first_is_loaded_as_well(session: Session, site: SiteRow) -> None:
    row = add(session, site)
    comments.keep_scores(session, row.revision, SCORES, cast.NOW)
    [kept] = row.revision.scores
    kept.evidence = {label: [asdict(each) for each in found] for label, found in SCORES.evidence.items()}
    session.flush()
    session.expire_all()
    assert comments.scores_of(row.revision) == SCORES


def test_what_was_withheld_is_loaded_as_it_was(session: Session, site: SiteRow) -> None:
    row = add(session, site)
    withheld = Scores("a-model", {}, language="de")
    comments.keep_scores(session, row.revision, withheld, cast.NOW)
    session.expire_all()
    assert comments.scores_of(row.revision) == withheld


def test_that_the_second_reader_has_read_it_is_kept(session: Session, site: SiteRow) -> None:
    row = add(session, site)
    twice = replace(SCORES, second_reader=True)
    comments.keep_scores(session, row.revision, twice, cast.NOW)
    session.expire_all()
    assert comments.scores_of(row.revision) == twice


def test_no_comment_is_listed_by_a_kind_of_abuse(session: Session, site: SiteRow) -> None:
    row = add(session, site)
    comments.keep_scores(session, row.revision, SCORES, cast.NOW)
    assert lists.page(session, View.ALL, Filter(label="insult"), cast.NOW).rows == []


def test_a_revision_without_scores_has_none(session: Session, site: SiteRow) -> None:
    assert comments.scores_of(add(session, site).revision) is None


def test_the_same_model_s_word_replaces_its_earlier_one(session: Session, site: SiteRow) -> None:
    row = add(session, site)
    comments.keep_scores(session, row.revision, SCORES, cast.NOW)
    comments.keep_scores(session, row.revision, Scores("a-model", {"cost": 0.2}), cast.NOW)
    session.expire_all()
    assert [each.probabilities for each in row.revision.scores] == [{"cost": 0.2}]


def test_the_last_model_s_word_counts(session: Session, site: SiteRow) -> None:
    row = add(session, site)
    later = Scores("a-later-model", {"cost": 0.2})
    comments.keep_scores(session, row.revision, SCORES, cast.NOW)
    comments.keep_scores(session, row.revision, later, cast.NOW)
    session.expire_all()
    assert comments.scores_of(row.revision) == later


def test_a_comment_is_listed_by_what_it_is_called_now(session: Session, site: SiteRow) -> None:
    row = add(session, site)
    comments.keep_scores(session, row.revision, SCORES, cast.NOW)
    comments.keep_scores(session, row.revision, Scores("b", {"critical": 0.8}, ("critical",)), cast.NOW)
    assert session.scalars(select(LabelRow.label)).all() == ["critical"]


def test_an_edited_comment_is_called_nothing_until_it_is_scored(session: Session, site: SiteRow) -> None:
    row = add(session, site)
    comments.keep_scores(session, row.revision, SCORES, cast.NOW)
    comments.revise(session, row, "another text", cast.NOW)
    assert session.scalars(select(LabelRow)).all() == []


def test_an_edit_is_one_more_revision(session: Session, site: SiteRow) -> None:
    row = add(session, site)
    comments.revise(session, row, "another text", cast.NOW)
    session.expire_all()
    assert [(each.number, each.text) for each in row.revisions] == [(1, cast.KIND), (2, "another text")]


@pytest.fixture
def erased(session: Session, site: SiteRow, ana: UserRow) -> CommentRow:
    """A comment that was scored, edited and decided with a reason, and is then erased."""
    author = Author("7", "Maya", "maya@example.org", "https://maya.example.org", "192.0.2.7", "reader")
    row = add(session, site, cast.comment(author=author))
    comments.keep_scores(session, row.revision, SCORES, cast.NOW)
    comments.revise(session, row, "another text", cast.NOW)
    comments.keep_scores(session, row.revision, SCORES, cast.NOW)
    decisions.add(session, row, Status.REJECTED, Origin.PERSON, cast.NOW, user=ana, reason="Maya!")
    comments.erase(session, row)
    session.expire_all()
    return row


def test_erasing_leaves_no_word_of_any_revision(erased: CommentRow) -> None:
    assert [(each.text, each.text_hash, each.scores) for each in erased.revisions] == [("", text_hash(""), [])] * 2


def test_erasing_leaves_nothing_of_the_author(erased: CommentRow) -> None:
    left = [getattr(erased, f"author_{name}") for name in ("key", "id", "name", "email", "url", "ip", "role")]
    assert left == [None] * 7


def test_erasing_leaves_the_decisions_without_their_words(erased: CommentRow) -> None:
    assert [(each.status, each.reason) for each in erased.decisions] == [(Status.HELD, None), (Status.REJECTED, None)]


def test_erasing_leaves_nothing_that_can_be_guessed_from_the_key(erased: CommentRow) -> None:
    assert erased.key == f"erased:{erased.id}"


def test_erasing_leaves_the_comment_called_nothing(session: Session, erased: CommentRow) -> None:
    assert session.scalars(select(LabelRow)).all() == []


def test_a_comment_that_the_site_named_keeps_that_name(session: Session, site: SiteRow) -> None:
    row = add(session, site, cast.comment(id="1"))
    comments.erase(session, row)
    assert row.key == "id:1"


def test_an_erased_comment_keeps_its_replies(session: Session, site: SiteRow) -> None:
    parent = add(session, site, cast.comment(id="1"))
    reply = add(session, site, cast.comment(id="2", parent_id="1"))
    comments.erase(session, parent)
    session.expire_all()
    assert reply.parent is parent


def test_no_word_of_an_erased_comment_is_left_in_any_table(session: Session, erased: CommentRow) -> None:
    tables: dict[str, list[Any]] = {
        table.name: list(session.execute(select(table)).all()) for table in CommentRow.metadata.sorted_tables
    }
    assert not [name for name, rows in tables.items() if "Maya" in str(rows) or "another text" in str(rows)]


# Several at once, kept from others


def test_those_that_are_there_are_had_by_their_numbers(session: Session, site: SiteRow) -> None:
    rows = [add(session, site, cast.comment(id=str(number))) for number in range(3)]
    found = comments.locked_all(session, [rows[2].id, rows[0].id, rows[0].id, 0, -1, NO_ROW, 2**31, 2**70])
    assert list(found) == [rows[0].id, rows[2].id]


def test_none_are_had_by_no_numbers(session: Session, site: SiteRow) -> None:
    assert comments.locked_all(session, []) == {}


@pytest.mark.parametrize(
    ("number", "status", "is_there"),
    [(1, Status.HELD, True), (1, Status.SPAM, True), (1, Status.WITHDRAWN, False), (9, Status.HELD, False)],
)
def test_a_comment_is_there_until_its_site_withdraws_it(
    number: int, status: Status, is_there: bool, session: Session, site: SiteRow
) -> None:
    row = add(session, site, status=status)
    assert (comments.find_number(session, row.id + number - 1) is not None) is is_there


def test_two_who_want_the_same_ones_in_another_order_do_not_wait_for_each_other(database: Database) -> None:
    with database.writing() as session:
        site, _ = cast.add_site(session)
        numbers = [add(session, site, cast.comment(id=str(number))).id for number in range(20)]

    def work(wanted: list[int]) -> int:
        found = 0
        for _ in range(10):
            with database.writing() as session:
                found += len(comments.locked_all(session, wanted))
        return found

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(work, [numbers, numbers[::-1]])) == [200, 200]
