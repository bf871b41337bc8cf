"""Isso's database."""

import gzip
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from service.domain.archive import Earlier
from service.domain.comment import Author, Comment, Status
from service.settings import ROOT
from tests.archives.reading import isso_file, read, read_to_the_fault, reasons, records

MADE_BY_ISSO = ROOT.parent / "shared" / "samples" / "isso-0.14.sqlite"
WRITTEN_AT = datetime.fromtimestamp(1551521700.5, UTC)


def test_a_comment_is_read_under_its_page_on_the_site(tmp_path: Path) -> None:
    assert records(read(isso_file(tmp_path)))[0].comment == Comment(
        text="Thank you, *all* of you.",
        thread_url="https://relay.example.org/five-years/",
        thread_title="Five years after HSCT",
        id="1",
        author=Author(name="Maya", email="maya@example.org", url="https://maya.example.org", ip="192.0.2.0"),
        created_at=WRITTEN_AT,
    )


def test_its_modes_are_where_comments_stand(tmp_path: Path) -> None:
    found = [[each.status for each in record.earlier] for record in records(read(isso_file(tmp_path)))]
    assert found == [[Status.APPROVED], [], [Status.REJECTED]]


def test_a_comment_was_decided_when_it_was_written(tmp_path: Path) -> None:
    assert records(read(isso_file(tmp_path)))[0].earlier == (Earlier(Status.APPROVED, WRITTEN_AT),)


def test_what_is_left_of_nothing_is_refused(tmp_path: Path) -> None:
    assert reasons(read(isso_file(tmp_path))) == [
        "it was deleted there, and nothing is left of it",
        "its text, time or page is missing",
    ]


def test_a_gzipped_database_is_read(tmp_path: Path) -> None:
    path = tmp_path / "comments.db.gz"
    path.write_bytes(gzip.compress(isso_file(tmp_path).read_bytes()))
    assert len(records(read(path))) == 3


def test_what_a_running_isso_has_not_put_into_its_file_yet_is_read_too(tmp_path: Path) -> None:
    path = isso_file(tmp_path)
    with closing(sqlite3.connect(path)) as running:
        running.execute("PRAGMA journal_mode=WAL").close()
        running.execute("UPDATE comments SET text = 'Just changed.' WHERE id = 1")
        running.commit()
        assert records(read(path))[0].comment.text == "Just changed."


def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE comments (id INTEGER PRIMARY KEY)")
    assert read_to_the_fault(path)[1].startswith("expected Isso's tables, comments and threads, in the SQLite file")


def test_reading_leaves_the_database_as_it_was(tmp_path: Path) -> None:
    path = isso_file(tmp_path)
    before = path.read_bytes()
    read(path)
    assert (path.read_bytes(), [each.name for each in tmp_path.iterdir()]) == (before, ["comments.db"])


@pytest.mark.skipif(not MADE_BY_ISSO.exists(), reason="Isso's own database is not here")
def test_a_database_that_isso_made_is_read() -> None:
    assert len(records(read(MADE_BY_ISSO))) == 9
