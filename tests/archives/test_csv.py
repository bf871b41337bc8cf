"""Comments as a table."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from service.archives import csv
from service.domain.archive import Earlier, Record, Refused
from service.domain.comment import Status
from tests.archives.reading import SAMPLES, read, read_to_the_fault, records

HEAD = "text,thread_url\n"


@pytest.fixture(scope="module")
def comments() -> dict[str, Record]:
    return {str(each.comment.id): each for each in records(read(SAMPLES / "comments.csv"))}


def test_a_field_may_have_lines_and_quotes(comments: dict[str, Record]) -> None:
    assert [comments[each].comment.text for each in "12"] == ["Thank you,\nall of you.", 'He said "buy".']


def test_empty_fields_are_none(comments: dict[str, Record]) -> None:
    comment = comments["2"].comment
    assert (comment.thread_title, comment.author.email, comment.author.id) == (None, None, None)


def test_times_are_read_in_their_zone(comments: dict[str, Record]) -> None:
    assert comments["2"].comment.created_at == datetime(2019, 3, 2, 11, tzinfo=UTC)


def test_where_comments_stand_is_kept(comments: dict[str, Record]) -> None:
    decided = Earlier(Status.APPROVED, datetime(2019, 3, 2, 11, tzinfo=UTC), labels=("supportive",))
    spam = Earlier(Status.SPAM, datetime(2019, 3, 2, 11, tzinfo=UTC), "advertises", ("spam", "cost"))
    assert [comments[each].earlier for each in "126"] == [(decided,), (spam,), (Earlier(Status.HELD),)]


def test_each_broken_line_is_refused_with_its_place() -> None:
    assert [str(each) for each in read(SAMPLES / "comments.csv") if isinstance(each, Refused)] == [
        "line 5: its created_at is no time like 2026-11-21T08:30:00Z",
        "line 6: its status is none of held, approved, rejected, spam, pending",
        "line 7: it has more or fewer fields than there are columns (5 of 13)",
    ]


def test_columns_that_are_not_read_are_named() -> None:
    assert csv.unread((SAMPLES / "comments.csv").read_bytes()) == ["likes"]


def test_a_field_without_end_is_refused_and_the_file_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv, "_LONGEST_FIELD", 100)
    path = tmp_path / "long.csv"
    path.write_text(f"{HEAD}{'x' * 101},https://relay.example.org/a\nAfter it.,https://relay.example.org/a\n", "utf-8")
    assert [type(each) for each in read(path)] == [Refused, Record]


def test_a_table_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "latin.csv"
    path.write_bytes(f"{HEAD}Caf".encode() + b"\xe9,https://relay.example.org/a\n")
    assert read_to_the_fault(path)[1] == "the table is not UTF-8 (byte 0xe9); save it as UTF-8"
