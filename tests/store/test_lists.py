"""The lists of the desk and the API: what is in them, in which order, how many, and page by page."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from service.domain.comment import Author, Comment, Scores, Status
from service.domain.policy import AUDIT, ESCALATED, UNSCORED
from service.flows import review
from service.flows.review import Ruling
from service.store import authors, comments, decisions, lists, sites
from service.store.engine import Database
from service.store.lists import CursorRefused, Filter, View
from service.store.tables import CommentRow, DecisionRow, Origin, SiteRow, UserRow
from tests import cast

SCORES = Scores("a-model", {"abusive": 0.9, "cost": 0.6, "critical": 0.1}, ("abusive", "cost"), {}, "en")
OTHER_POST = "https://relay.example.org/another"
OTHER_SITE = "https://other.example.org"
HOUR = timedelta(hours=1)


@pytest.fixture
def site(session: Session) -> SiteRow:
    return cast.add_site(session)[0]


@pytest.fixture
def ben(session: Session) -> UserRow:
    return cast.add_user(session, cast.BEN)


def add(
    session: Session,
    site: SiteRow,
    comment: Comment | None = None,
    status: Status = Status.HELD,
    *,
    urgency: float = 0.0,
    at: datetime = cast.NOW,
) -> CommentRow:
    comment = comment or cast.comment()
    thread = sites.thread_of(session, site, comment.thread_url, comment.thread_title)
    row = comments.add(session, site, thread, comment, at)
    comments.rank(session, row, urgency)
    decisions.add(session, row, status, Origin.POLICY, at)
    return row


def several(session: Session, site: SiteRow, urgencies: Sequence[float]) -> list[CommentRow]:
    rows = [add(session, site, cast.comment(id=str(at)), urgency=each) for at, each in enumerate(urgencies)]
    session.flush()
    return rows


def listed(session: Session, view: View = View.HELD, wanted: Filter | None = None) -> list[str]:
    return [row.outside_id or "" for row in lists.page(session, view, wanted or Filter(), cast.NOW).rows]


def leafed_through(session: Session, view: View, limit: int) -> list[CommentRow]:
    """Read a list page by page to its end."""
    found: list[CommentRow] = []
    cursor = None
    while True:
        page = lists.page(session, view, Filter(), cast.NOW, cursor, limit)
        assert 0 < len(page.rows) <= limit
        found += page.rows
        cursor = page.cursor
        if cursor is None:
            return found


# What is wanted


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, ["4", "3", "2", "1"]),
        ({"status": Status.SPAM}, ["2"]),
        ({"label": "cost"}, ["3"]),
        ({"label": "critical"}, []),
        ({"label": "critical", "at_least": 0.05}, ["3"]),
        ({"label": "critical", "at_most": 0.05}, []),
        ({"label": "cost", "at_least": 0.5, "at_most": 0.7}, ["3"]),
        ({"thread": OTHER_POST}, ["4"]),
        ({"thread": "no\ud800where"}, []),
        ({"author_key": "id:8"}, ["4", "2"]),
        ({"author_key": "no\0body"}, []),
        ({"since": cast.NOW}, ["3", "2", "1"]),
        ({"since": cast.NOW + timedelta(seconds=1)}, []),
        ({"until": cast.NOW}, ["4"]),
        ({"held_for": AUDIT}, ["1"]),
        ({"words": "ocrelizumab"}, ["3"]),
        ({"words": "ocrelizumab", "status": Status.SPAM}, []),
        ({"words": "ocrelizumab", "label": "cost"}, ["3"]),
        ({"words": "ocrelizumab", "label": "critical"}, []),
        ({"status": Status.APPROVED, "author_key": "id:8"}, ["4"]),
    ],
    ids=str,
)
def test_a_list_holds_what_was_asked_for(
    wanted: dict[str, Any], found: list[str], session: Session, site: SiteRow
) -> None:
    several_kinds(session, site)
    filtered = Filter(site_id=site.id, **wanted)
    assert listed(session, View.ALL, filtered) == found
    assert lists.count(session, View.ALL, filtered, cast.NOW) == len(found)


def test_a_list_of_no_site_is_of_all(session: Session, site: SiteRow) -> None:
    several_kinds(session, site)
    assert listed(session, View.ALL) == ["5", "4", "3", "2", "1"]


def test_the_same_author_is_one_of_the_same_site(session: Session, site: SiteRow) -> None:
    second = several_kinds(session, site)[1]
    assert listed(session, View.ALL, Filter(author_of=second.id)) == ["4", "2"]


def test_who_gave_no_name_wrote_nothing_else(session: Session, site: SiteRow) -> None:
    rows = [add(session, site, cast.comment(id=each, author=Author())) for each in ("1", "2")]
    assert listed(session, View.ALL, Filter(author_of=rows[0].id)) == []


def several_kinds(session: Session, site: SiteRow) -> list[CommentRow]:
    """Add four comments that differ in most ways, and a fifth on another site."""
    first = add(session, site, cast.comment(id="1"))
    first.held_for = AUDIT
    second = add(session, site, cast.comment(id="2", author=cast.ROLF), Status.SPAM)
    third = add(session, site, cast.comment("Two years on ocrelizumab.", id="3"))
    comments.keep_scores(session, third.revision, SCORES, cast.NOW)
    earlier = cast.comment(id="4", author=cast.ROLF, thread_url=OTHER_POST, created_at=cast.NOW - timedelta(days=1))
    fourth = add(session, site, earlier, Status.APPROVED)
    fifth = add(session, cast.add_site(session, OTHER_SITE)[0], cast.comment(id="5", author=cast.ROLF))
    session.flush()
    return [first, second, third, fourth, fifth]


# The order


def test_the_most_urgent_comes_first_then_the_longest_waiting(session: Session, site: SiteRow) -> None:
    for minutes, urgency in enumerate((0.1, 0.9, 0.5, 0.9)):
        add(session, site, cast.comment(id=str(minutes)), urgency=urgency, at=cast.NOW + minutes * HOUR / 60)
    assert listed(session) == ["1", "3", "2", "0"]


def test_what_has_waited_for_days_comes_before_what_is_a_little_more_urgent(session: Session, site: SiteRow) -> None:
    add(session, site, cast.comment(id="new"), urgency=0.5)
    add(session, site, cast.comment(id="old"), urgency=0.1, at=cast.NOW - 48 * HOUR)
    add(session, site, cast.comment(id="urgent"), urgency=1.0)
    assert listed(session) == ["urgent", "old", "new"]


def test_nothing_waits_longer_than_its_site_allows(session: Session, site: SiteRow) -> None:
    site.longest_wait_hours = 24
    add(session, site, cast.comment(id="urgent"), urgency=1.0)
    add(session, site, cast.comment(id="later"), at=cast.NOW - 25 * HOUR)
    add(session, site, cast.comment(id="due"), at=cast.NOW - 26 * HOUR)
    assert listed(session) == ["due", "later", "urgent"]


def test_who_may_be_in_danger_comes_before_all(session: Session, site: SiteRow) -> None:
    several(session, site, [1.0, 0.0])[1].is_pinned = True
    add(session, site, cast.comment(id="due"), at=cast.NOW - 100 * HOUR)
    assert listed(session) == ["1", "due", "0"]


@pytest.mark.parametrize("view", [View.HELD, View.UNSCORED])
def test_the_queue_holds_only_what_is_held(view: View, session: Session, site: SiteRow) -> None:
    for status in Status:
        add(session, site, cast.comment(id=status.value), status).held_for = UNSCORED
    session.flush()
    assert (listed(session, view), lists.count(session, view, Filter(), cast.NOW)) == (["held"], 1)


def test_what_was_scored_is_not_among_the_unscored(session: Session, site: SiteRow) -> None:
    add(session, site).held_for = "abusive"
    session.flush()
    assert listed(session, View.UNSCORED) == []


def test_the_latest_decision_comes_first(session: Session, site: SiteRow, ben: UserRow) -> None:
    rows = several(session, site, [0.1, 0.9, 0.5])
    for hours, row in enumerate((rows[1], rows[0]), start=1):
        decide(session, row, ben, cast.NOW + hours * HOUR)
    assert listed(session, View.DECIDED) == ["0", "1"]


def test_an_undone_decision_is_none(session: Session, site: SiteRow, ben: UserRow) -> None:
    row = add(session, site)
    made = decide(session, row, ben, cast.NOW)
    review.undo(session, made.id, ben, now=cast.NOW, undo_seconds=8)
    assert listed(session, View.DECIDED) == []


def test_undoing_the_second_decision_leaves_the_first(session: Session, site: SiteRow, ben: UserRow) -> None:
    row = add(session, site, cast.comment(id="1"))
    decide(session, row, ben, cast.NOW)
    again = decide(session, row, ben, cast.NOW + HOUR, "approve")
    review.undo(session, again.id, ben, now=cast.NOW + HOUR, undo_seconds=8)
    assert (listed(session, View.DECIDED), row.decided_at) == (["1"], cast.NOW)


def test_what_its_site_reported_is_listed_until_somebody_decides(session: Session, site: SiteRow, ben: UserRow) -> None:
    row = add(session, site, cast.comment(id="1"), Status.APPROVED)
    row.reported_at = cast.NOW
    session.flush()
    before = listed(session, View.REPORTED)
    decide(session, row, ben, cast.NOW + HOUR)
    assert (before, listed(session, View.REPORTED)) == (["1"], [])


def decide(session: Session, row: CommentRow, user: UserRow, now: datetime, decision: str = "reject") -> DecisionRow:
    ruling = Ruling(decision, seen=row.decision.number)
    return review.decide(session, row.id, user, ruling, now=now, undo_seconds=8)


# Pages


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 50])
@pytest.mark.parametrize("view", [View.HELD, View.ALL])
def test_the_pages_of_a_list_add_up_to_it(view: View, limit: int, session: Session, site: SiteRow) -> None:
    rows = several(session, site, [0.5, 0.5, 0.1, 0.9, 0.5])
    rows[2].is_pinned = True
    for hours in (80, 90):
        add(session, site, cast.comment(id=str(hours)), at=cast.NOW - hours * HOUR)
    whole = lists.page(session, view, Filter(), cast.NOW).rows
    assert [row.id for row in leafed_through(session, view, limit)] == [row.id for row in whole]


def test_what_comes_in_meanwhile_moves_no_page(session: Session, site: SiteRow) -> None:
    several(session, site, [0.9, 0.8, 0.7, 0.6])
    first = lists.page(session, View.HELD, Filter(), cast.NOW, limit=2)
    add(session, site, cast.comment(id="new"), urgency=1.0)
    second = lists.page(session, View.HELD, Filter(), cast.NOW, first.cursor, limit=2)
    assert [row.outside_id for row in second.rows] == ["2", "3"]


def test_what_is_decided_meanwhile_hides_nothing(session: Session, site: SiteRow, ben: UserRow) -> None:
    rows = several(session, site, [0.9, 0.8, 0.7, 0.6])
    first = lists.page(session, View.HELD, Filter(), cast.NOW, limit=2)
    for row in rows[:2]:
        decide(session, row, ben, cast.NOW)
    second = lists.page(session, View.HELD, Filter(), cast.NOW, first.cursor, limit=2)
    assert [row.outside_id for row in second.rows] == ["2", "3"]


@pytest.mark.parametrize(
    "cursor",
    ["x", "é", "1", "\ud800", "W10", "WzFd", "WzEsOTldCg", "WzEsMCwxLDJd", "WzEsMCx0cnVlXQ", "WzFlOTksMF0", "bnVsbA"],
)
def test_what_is_no_cursor_is_refused(cursor: str, session: Session) -> None:
    with pytest.raises(CursorRefused, match="no cursor of this list"):
        lists.page(session, View.ALL, Filter(), cast.NOW, cursor)


def test_a_long_list_is_counted_so_far_and_no_further(
    session: Session, site: SiteRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    several(session, site, [0.5] * 5)
    monkeypatch.setattr(lists, "MOST_COUNTED", 3)
    assert lists.count(session, View.HELD, Filter(), cast.NOW) == 4


# What was escalated, and how scores are spread


def escalated(session: Session, site: SiteRow, ben: UserRow, name: str) -> CommentRow:
    row = add(session, site, cast.comment(id=name))
    decisions.add(session, row, Status.HELD, Origin.PERSON, cast.NOW, user=ben, held_for=ESCALATED)
    return row


def test_what_was_escalated_is_listed_and_counted_apart(session: Session, site: SiteRow, ben: UserRow) -> None:
    several(session, site, [0.5, 0.6])
    escalated(session, site, ben, "up")
    assert (listed(session), listed(session, View.ESCALATED)) == (["1", "0"], ["up"])
    assert [lists.count(session, view, Filter(), cast.NOW) for view in (View.HELD, View.ESCALATED)] == [2, 1]


def test_what_was_escalated_and_then_decided_is_in_neither(session: Session, site: SiteRow, ben: UserRow) -> None:
    decide(session, escalated(session, site, ben, "up"), ben, cast.NOW)
    assert (listed(session), listed(session, View.ESCALATED)) == ([], [])


def scored(session: Session, site: SiteRow, probabilities: Sequence[float]) -> list[CommentRow]:
    rows = several(session, site, [0.5] * len(probabilities))
    for row, probability in zip(rows, probabilities, strict=True):
        scores = Scores("a-model", {"abusive": probability, "cost": 0.5}, (), {}, "en")
        comments.keep_scores(session, row.revision, scores, cast.NOW)
    return rows


def test_scores_are_spread_over_what_is_held(session: Session, site: SiteRow) -> None:
    scored(session, site, [0.0, 0.04, 0.05, 0.5, 0.95, 0.999, 1.0])
    found = lists.spread(session, "abusive", Filter(), 20)
    assert {at: count for at, count in enumerate(found) if count} == {0: 2, 1: 1, 10: 1, 19: 3}


@pytest.mark.parametrize("bins", [1, 3, 20])
def test_what_is_spread_adds_up_to_what_is_held(bins: int, session: Session, site: SiteRow, ben: UserRow) -> None:
    rows = scored(session, site, [0.1 * number for number in range(10)])
    decide(session, rows[3], ben, cast.NOW)
    decisions.add(session, rows[4], Status.HELD, Origin.PERSON, cast.NOW, user=ben, held_for=ESCALATED)
    add(session, site, cast.comment(id="unscored"))
    found = lists.spread(session, "abusive", Filter(), bins)
    labelled = Filter(label="abusive", at_least=0.0)
    assert (sum(found), lists.count(session, View.HELD, labelled, cast.NOW)) == (8, 8)


def test_what_is_spread_can_be_narrowed(session: Session, site: SiteRow) -> None:
    rows = scored(session, site, [0.1, 0.9])
    add(session, site, cast.comment(thread_url=OTHER_POST, id="elsewhere"))
    assert lists.spread(session, "abusive", Filter(thread_id=rows[0].thread_id), 2) == [1, 1]
    assert lists.spread(session, "abusive", Filter(site_id=99), 2) == [0, 0]
    assert lists.spread(session, "spam", Filter(), 2) == [0, 0]


# What a page costs

ALONG = {
    View.HELD: ["ix_comments_pinned", "ix_comments_due", "ix_comments_queue"],
    View.ESCALATED: ["ix_comments_pinned", "ix_comments_due", "ix_comments_queue"],
    View.UNSCORED: ["ix_comments_pinned", "ix_comments_due", "ix_comments_queue"],
    View.REPORTED: ["ix_comments_reported"],
    View.DECIDED: ["ix_comments_decided"],
    View.SAMPLE: ["ix_comments_check"],
    View.ALL: ["rowid"],
}


def plans_of(database: Database, work: Callable[[Session], object]) -> list[list[str]]:
    """Return how SQLite goes about each query of some work, line by line."""
    asked: list[tuple[str, Any]] = []
    event.listen(database.engine, "before_cursor_execute", lambda *call: asked.append((call[2], call[3])))
    with database.reading() as session:
        work(session)
        reads = [each for each in asked if each[0].startswith("SELECT")]
        plans = [session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", given).all() for sql, given in reads]
    return [[row[3] for row in plan] for plan in plans]


@pytest.mark.parametrize("view", View)
def test_every_list_is_read_along_an_index_and_sorted_by_none(view: View, sqlite: Database) -> None:
    plans = plans_of(sqlite, lambda session: lists.page(session, view, Filter(), cast.NOW))
    for told, index in zip(plans, ALONG[view], strict=True):
        assert told[0].startswith(("SEARCH comments USING", "SCAN comments USING")) or index == "rowid"
        assert index == "rowid" or index in told[0]
        assert not any("TEMP B-TREE" in line for line in told)


@pytest.mark.parametrize("view", View)
def test_every_list_is_counted_along_an_index(view: View, sqlite: Database) -> None:
    [told] = plans_of(sqlite, lambda session: lists.count(session, view, Filter(), cast.NOW))
    assert not any(line == "SCAN comments" for line in told)


def test_a_site_s_queue_is_counted_without_reading_what_was_approved(sqlite: Database) -> None:
    [told] = plans_of(sqlite, lambda session: lists.count(session, View.HELD, Filter(site_id=1), cast.NOW))
    assert not any("ix_comments_site (" in line for line in told)
    # Along the site's held comments is as well: which of the two, SQLite decides by how wide it thinks the table is.
    assert all("status=?" in line for line in told if "ix_comments_site_status" in line)


def test_scores_are_spread_without_looking_up_every_comment_that_has_one(sqlite: Database) -> None:
    [told] = plans_of(sqlite, lambda session: lists.spread(session, "abusive", Filter(), 20))
    assert "LIST SUBQUERY" in told[1]
    assert all("COVERING INDEX" in line for line in told if line.startswith(("SEARCH", "SCAN")))


def test_an_author_s_record_is_read_along_their_comments(sqlite: Database) -> None:
    with sqlite.writing() as session:
        row = add(session, cast.add_site(session)[0])
    plans = plans_of(sqlite, lambda session: authors.record_of(session, row))
    assert not any("ix_comments_site" in line for told in plans for line in told)


def test_the_unscored_are_counted_without_reading_all_that_is_held(sqlite: Database) -> None:
    [told] = plans_of(sqlite, lambda session: lists.count(session, View.UNSCORED, Filter(), cast.NOW))
    assert sum("COVERING INDEX" in line for line in told) == 2  # all that is held, but for what is pinned


@pytest.mark.parametrize(
    "wanted", [{"words": "stem -cell"}, {"label": "cost"}, {"label": "cost", "at_least": 0.4}], ids=str
)
@pytest.mark.parametrize("view", [View.HELD, View.ALL])
def test_what_is_found_elsewhere_is_found_once_for_a_page(view: View, wanted: dict[str, Any], sqlite: Database) -> None:
    plans = plans_of(sqlite, lambda session: lists.page(session, view, Filter(**wanted), cast.NOW))
    for told in plans:
        assert told[0].startswith("SEARCH comments USING")
        assert is_found_at_once(told[-1] if "TEMP B-TREE" not in told[-1] else told[-2])


@pytest.mark.parametrize("wanted", [{"words": "stem -cell"}, {"label": "cost"}], ids=str)
def test_what_is_found_elsewhere_is_counted_without_looking_up_each(wanted: dict[str, Any], sqlite: Database) -> None:
    [told] = plans_of(sqlite, lambda session: lists.count(session, View.HELD, Filter(**wanted), cast.NOW))
    assert any(map(is_found_at_once, told))
    assert not any("comment_id=?" in line or ":=M" in line for line in told)


def is_found_at_once(line: str) -> bool:
    """Whether a line of a plan looks up all that a word or a label finds, and not comment by comment."""
    return line.endswith("VIRTUAL TABLE INDEX 0:M1") or "USING COVERING INDEX ix_comment_labels" in line


def test_a_page_of_many_takes_as_many_queries_as_a_page_of_one(sqlite: Database) -> None:
    with sqlite.writing() as session:
        site = cast.add_site(session)[0]
        for number in range(12):
            row = add(session, site, cast.comment(id=str(number), parent_id="0"), at=cast.NOW - number * 12 * HOUR)
            comments.keep_scores(session, row.revision, SCORES, cast.NOW)
    taken = [
        len(
            plans_of(
                sqlite, lambda session, limit=limit: lists.page(session, View.ALL, Filter(), cast.NOW, None, limit)
            )
        )
        for limit in (1, 12)
    ]
    assert taken[0] == taken[1] <= 8  # numbers, comments, what they answer, texts, scores, decisions, notes, draws
