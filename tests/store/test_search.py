"""Search: the same words find the same comments on either database."""

import pytest
from sqlalchemy.orm import Session

from service.domain.comment import Author, Status
from service.store import comments, decisions, lists, sites
from service.store.lists import Filter, View
from service.store.tables import CommentRow, Origin, SiteRow
from tests import cast

TEXTS = {
    "1": "The treatments cost 40,000 a year, and my insurer pays none of it.",
    "2": "Stem cell transplants: my risk, my choice. Don't tell me otherwise!",
    "3": "Cells, stems and roots: a gardener writes.",
    "4": "Naïve question about café culture in Zürich",
}


@pytest.fixture
def site(session: Session) -> SiteRow:
    site = cast.add_site(session)[0]
    for name, text in TEXTS.items():
        add(session, site, text, name)
    return site


def add(session: Session, site: SiteRow, text: str, name: str, author: Author = cast.MAYA) -> CommentRow:
    comment = cast.comment(text, author, id=name)
    row = comments.add(session, site, sites.thread_of(session, site, comment.thread_url, None), comment, cast.NOW)
    decisions.add(session, row, Status.HELD, Origin.POLICY, cast.NOW)
    return row


def found(session: Session, words: str) -> list[str]:
    page = lists.page(session, View.ALL, Filter(words=words), cast.NOW)
    return sorted(row.outside_id or "" for row in page.rows)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("insurer", ["1"]),
        ("INSURER", ["1"]),
        ("treatment", ["1"]),
        ("stem cell", ["2", "3"]),
        ('"stem cell"', ["2"]),
        ("stem -gardener", ["2"]),
        ('stem -"my risk"', ["3"]),
        ("insurer gardener", []),
        ("maya", ["1", "2", "3", "4"]),
        ("don't", ["2"]),
        ("40,000", ["1"]),
        ("", []),
        ("-stem", []),
        ("...", []),
        ('"', []),
        ('"stem', ["2", "3"]),
        ("stem OR insurer", []),
        ("stem AND NOT (gardener)", []),
        ("treatment*", ["1"]),
        ("words:insurer", []),
        ("NEAR(stem cell)", []),
        ("\0 \ud800", []),
        ("insurer\0", ["1"]),
        ("' OR 1=1 --", []),
    ],
)
def test_words_find_the_comments_that_hold_them(
    words: str, expected: list[str], session: Session, site: SiteRow
) -> None:
    assert found(session, words) == expected


def test_many_words_are_cut_short(session: Session, site: SiteRow) -> None:
    assert found(session, "insurer " * 500) == ["1"]


def test_an_edited_comment_is_found_by_what_it_says_now(session: Session, site: SiteRow) -> None:
    row = comments.by_outside_id(session, site, "1")
    assert row
    comments.revise(session, row, "Nothing but sunshine.", cast.NOW)
    assert (found(session, "insurer"), found(session, "sunshine")) == ([], ["1"])


def test_an_erased_comment_is_not_found(session: Session, site: SiteRow) -> None:
    row = comments.by_outside_id(session, site, "1")
    assert row
    comments.erase(session, row)
    assert (found(session, "insurer"), found(session, "maya")) == ([], ["2", "3", "4"])


def test_the_comments_of_a_removed_site_are_not_found(session: Session, site: SiteRow) -> None:
    session.delete(site)
    session.flush()
    session.expunge_all()  # SQLite gives the threads' numbers again
    other = cast.add_site(session, "https://other.example.org")[0]
    add(session, other, "Another insurer", "9")
    assert found(session, "insurer") == ["9"]
