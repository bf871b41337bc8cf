"""Our own export as JSON lines."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from service.archives import jsonl
from service.domain.archive import Earlier, Record, Refused
from service.domain.comment import Author, Comment, Status
from tests.archives.reading import SAMPLES, read, records

POST = "https://relay.example.org/five-years/"


@pytest.fixture(scope="module")
def comments() -> dict[str, Record]:
    return {str(each.comment.id): each for each in records(read(SAMPLES / "comments.jsonl"))}


def test_a_line_is_read_as_the_api_reads_a_comment(comments: dict[str, Record]) -> None:
    assert comments["1"].comment == Comment(
        text="Thank you, all of you.",
        thread_url=POST,
        thread_title="Five years after HSCT",
        thread_author="Vera",
        id="1",
        author=Author(id="7", name="Maya", email="maya@example.org"),
        created_at=datetime(2019, 3, 2, 10, 15, tzinfo=UTC),
    )


def test_what_was_decided_is_read_in_its_order(comments: dict[str, Record]) -> None:
    assert comments["1"].earlier == (
        Earlier(Status.SPAM, datetime(2019, 3, 2, 11, tzinfo=UTC), "by mistake"),
        Earlier(Status.APPROVED, datetime(2019, 3, 2, 11, 5, tzinfo=UTC), labels=("supportive",)),
    )


def test_ids_may_be_numbers_and_texts_half_a_pair(comments: dict[str, Record]) -> None:
    comment = comments["2"].comment
    assert (comment.parent_id, comment.text) == ("1", "Half a pair: \ud83d")


def test_what_is_held_stays_held_and_what_says_nothing_is_as_new(comments: dict[str, Record]) -> None:
    assert (comments["2"].earlier, comments["9"].earlier) == ((Earlier(Status.HELD),), ())


def test_each_broken_line_is_refused_with_its_place() -> None:
    refused = [str(each) for each in read(SAMPLES / "comments.jsonl") if isinstance(each, Refused)]
    assert refused == [
        "line 4: its post has no web address",
        "line 5: it is no JSON (Invalid control character at: line 1 column 29 (char 28))",
        "line 6: it is no JSON object",
        'line 7: "text" is no string',
        "line 8: its status is none of held, approved, rejected, spam, pending (withdrawn)",
        'line 9: "created_at" is no time like 2026-11-21T08:30:00Z (last Tuesday)',
        "line 10: its labels are none of ours (['rude'])",
    ]


def test_a_line_without_end_is_passed_over_and_the_file_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jsonl, "LONGEST_LINE", 200)
    path = tmp_path / "long.jsonl"
    last = '{"id":"2","text":"After it.","thread":{"url":"https://relay.example.org/a"}}'
    path.write_text(f'{{"id":"1","text":"{"x" * 1000}"}}\n{last}\n', "utf-8")
    assert [str(each) for each in read(path) if isinstance(each, Refused)] == [
        "line 1: the line is longer than 200 bytes"
    ]
    assert [each.comment.id for each in records(read(path))] == ["2"]


def test_a_line_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "latin.jsonl"
    path.write_bytes(b'{"text": "caf\xe9"}\n')
    assert [str(each) for each in read(path)] == ["line 1: it is not UTF-8 (byte 0xe9 at place 13)"]
