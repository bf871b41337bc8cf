"""The database engine: what SQLite is told, and who waits for whom."""

from pathlib import Path

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from service.store import engine
from service.store.engine import Database
from service.store.tables import ThreadRow
from tests import cast
from tests.store.processes import count_up, side_by_side


def a_thread(session: Session, title: str | None = None) -> ThreadRow:
    site, _ = cast.add_site(session)
    thread = ThreadRow(site_id=site.id, url=cast.POST, title=title)
    session.add(thread)
    session.flush()
    return thread


@pytest.mark.parametrize(
    ("pragma", "value"),
    [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("busy_timeout", 5000)],
)
def test_every_connection_to_sqlite_is_told_to_be_careful(pragma: str, value: object, sqlite: Database) -> None:
    with sqlite.engine.connect() as one, sqlite.engine.connect() as another:
        told = [each.exec_driver_sql(f"PRAGMA {pragma}").scalar() for each in (one, another)]
    assert told == [value, value]


def test_it_makes_the_folder_of_a_new_file(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'new' / 'folder' / 'undertone.db'}")
    with database.reading() as session:
        session.execute(text("SELECT 1"))
    database.dispose()
    assert (tmp_path / "new" / "folder" / "undertone.db").exists()


def test_a_block_that_raises_leaves_nothing_behind(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.writing() as session:
        a_thread(session)
        _ = 1 / 0
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(ThreadRow)) == 0


def test_a_block_that_ends_is_kept(database: Database) -> None:
    with database.writing() as session:
        a_thread(session)
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(ThreadRow)) == 1


def test_a_reading_block_changes_nothing(database: Database) -> None:
    with database.reading() as session:
        a_thread(session)
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(ThreadRow)) == 0


def test_foreign_keys_are_kept(database: Database) -> None:
    with pytest.raises(IntegrityError), database.writing() as session:
        session.add(ThreadRow(site_id=404, url=cast.POST))


def test_a_reader_sees_one_state_while_another_writes(sqlite: Database) -> None:
    with sqlite.writing() as session:
        thread = a_thread(session, "before")
    with sqlite.reading() as reader:
        reader.execute(select(ThreadRow.title)).all()
        with sqlite.writing() as writer:
            found = writer.get_one(ThreadRow, thread.id)
            found.title = "after"
        assert reader.scalar(select(ThreadRow.title)) == "before"


def test_two_processes_write_one_file_at_once_and_nothing_is_lost(sqlite: Database) -> None:
    with sqlite.writing() as session:
        a_thread(session, "0")
    side_by_side(count_up, [str(sqlite.url)] * 2)
    with sqlite.reading() as session:
        assert session.scalar(select(ThreadRow.title)) == "80"


def test_a_file_that_stays_locked_is_an_error_and_not_an_endless_wait(
    sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.1)
    impatient = Database(str(sqlite.url))
    with sqlite.writing() as first:
        a_thread(first)
        with pytest.raises(DBAPIError, match="locked"), impatient.writing() as second:
            second.execute(text("SELECT 1"))
    impatient.dispose()


def test_work_is_done_once_more_when_another_s_row_came_in_between(database: Database) -> None:
    tries = []

    def work(session: Session) -> int:
        tries.append(1)
        if len(tries) == 1:
            raise IntegrityError("INSERT", {}, ValueError("another process was faster"))
        return a_thread(session).id

    assert database.write(work) == 1


def test_work_that_fails_twice_is_not_tried_for_ever(database: Database) -> None:
    def work(session: Session) -> None:
        a_thread(session)
        a_thread(session)

    with pytest.raises(ValueError, match="is there already"):
        database.write(work)
