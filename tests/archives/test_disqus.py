"""Disqus's export."""

import gzip
from datetime import UTC, datetime
from pathlib import Path

import pytest

from service.domain.archive import Earlier, Record, Refused
from service.domain.comment import Author, Comment, Status
from tests.archives.reading import SAMPLES, read, records

WRITTEN_AT = datetime(2015, 2, 1, 10, tzinfo=UTC)


@pytest.fixture(scope="module")
def comments() -> dict[str, Record]:
    return {str(each.comment.id): each for each in records(read(SAMPLES / "disqus.xml"))}


def test_a_post_is_read_as_a_comment_in_plain_text(comments: dict[str, Record]) -> None:
    assert comments["9001"].comment == Comment(
        text="Thank you for this.\n\nSee the trial (https://trial.example.org/full) & read it.",
        thread_url="https://relay.example.org/five-years/",
        thread_title="Five years after HSCT",
        thread_author="Vera",
        id="9001",
        author=Author(id="maya7", name="Maya"),
        created_at=WRITTEN_AT,
    )


def test_where_posts_stand_is_kept(comments: dict[str, Record]) -> None:
    found = [each.earlier[-1].status for each in comments.values()]
    assert found == [Status.APPROVED, Status.SPAM, Status.REJECTED]


def test_a_post_was_decided_when_it_was_written(comments: dict[str, Record]) -> None:
    assert comments["9001"].earlier == (Earlier(Status.APPROVED, WRITTEN_AT),)


def test_who_gave_no_account_is_known_by_what_was_given(comments: dict[str, Record]) -> None:
    assert comments["9002"].comment.author == Author(name="Rolf", email="rolf@example.org", ip="192.0.2.8")


def test_a_thread_that_comes_after_its_posts_is_found(comments: dict[str, Record]) -> None:
    assert comments["9003"].comment.thread_url == "https://relay.example.org/late/"


def test_a_reply_names_what_it_answers_even_where_that_is_gone(comments: dict[str, Record]) -> None:
    assert [each.comment.parent_id for each in comments.values()] == [None, "9001", "9999"]


def test_a_post_of_no_thread_is_refused_with_its_place() -> None:
    [refused] = [each for each in read(SAMPLES / "disqus.xml") if isinstance(each, Refused)]
    assert str(refused) == "post 4 of the file (its id 9004): its thread is not in the file"


def test_the_file_may_be_gzipped(tmp_path: Path) -> None:
    path = tmp_path / "disqus.xml.gz"
    path.write_bytes(gzip.compress((SAMPLES / "disqus.xml").read_bytes()))
    assert read(path) == read(SAMPLES / "disqus.xml")
