"""Migrations: they run once, in any order of processes, and say the same as the tables in Python."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import inspect

from service.domain.policy import priority
from service.store import lists, schema
from service.store.engine import Database
from service.store.lists import Filter, View
from service.store.tables import Table
from tests.cast import NOW
from tests.store.processes import side_by_side, upgrade


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'empty.db'}")
    yield database
    database.dispose()


@pytest.fixture
def empty_postgresql(migrated_postgresql: str) -> Iterator[str]:
    """Return the address of a PostgreSQL schema beside the tests' own, with nothing in it."""
    own = migrated_postgresql.rpartition("%3D")[2]
    server = Database(migrated_postgresql)
    with server.engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE SCHEMA {own}_empty")
    yield f"{migrated_postgresql}_empty"
    with server.engine.begin() as connection:
        connection.exec_driver_sql(f"DROP SCHEMA {own}_empty CASCADE")
    server.dispose()


def test_an_empty_database_is_not_current(empty: Database) -> None:
    assert not schema.is_current(empty)


def test_an_upgraded_database_is_current(database: Database) -> None:
    assert schema.is_current(database)


def test_an_empty_database_is_given_every_table(empty: Database) -> None:
    schema.upgrade(empty)
    found = {name for name in inspect(empty.engine).get_table_names() if not name.startswith("comment_search")}
    assert found == {*Table.metadata.tables, "alembic_version"}


def test_tables_and_migrations_agree(database: Database) -> None:
    assert schema.differences(database) == []


def test_a_difference_is_told(empty: Database) -> None:
    schema.upgrade(empty)
    with empty.engine.begin() as connection:
        connection.exec_driver_sql("DROP INDEX ix_jobs_due")
    assert [each for each in schema.differences(empty) if "ix_jobs_due" in each]


def test_upgrading_again_changes_nothing(database: Database) -> None:
    schema.upgrade(database)
    assert schema.differences(database) == []


def test_foreign_keys_are_on_again_after_an_upgrade(empty: Database) -> None:
    schema.upgrade(empty)
    with empty.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_two_processes_may_upgrade_a_file_at_once(tmp_path: Path) -> None:
    urls = [f"sqlite:///{tmp_path / f'{number}.db'}" for number in range(6)]
    assert side_by_side(upgrade, [url for url in urls for _ in range(2)]) == [True] * 12


def test_two_processes_may_upgrade_a_server_s_database_at_once(empty_postgresql: str) -> None:
    assert side_by_side(upgrade, [empty_postgresql] * 2) == [True] * 2


OLD_ROWS = (
    "INSERT INTO sites (id, url, name, api_key_hash, akismet_key_hash, webhook_secret, coral_secret, otherwise, "
    "audit_share, created_at, reads_twice) VALUES (1, 'u', 'n', 'a', 'b', 'c', 'd', 'approve', 0, '2026-11-01', {no})",
    "INSERT INTO users (id, name, role, password_hash, must_change_password, session_stamp, created_at) "
    "VALUES (1, 'Ana', 'moderator', 'h', {no}, 's', '2026-11-01')",
    "INSERT INTO threads (id, site_id, url) VALUES (1, 1, 'u')",
    "INSERT INTO comments (id, site_id, thread_id, key, author_name, created_at, received_at, status, urgency) "
    "VALUES (1, 1, 1, 'k', 'Maya', '2026-11-01 00:00:00', '2026-11-05 00:00:00', 'held', 0.5)",
    "INSERT INTO revisions (id, comment_id, number, text, text_hash, received_at) "
    "VALUES (1, 1, 1, 'Two years on ocrelizumab', 'h', '2026-11-05')",
    "INSERT INTO scores (revision_id, model, probabilities, labels, evidence, scored_at, second_reader) "
    """VALUES (1, 'm', '{{"abusive": 0.7, "cost": 0.1, "insult": 0.9}}', '["abusive"]', '{{}}', '2026-11-05', {no})""",
    "INSERT INTO comment_labels (comment_id, label) VALUES (1, 'abusive')",
    "INSERT INTO decisions (id, comment_id, revision_id, number, status, origin, reasons, decided_at) VALUES (1, 1, 1, "
    """1, 'held', 'policy', '[{{"rule": "r", "action": "hold", "label": "abusive", "score": 0.7}}]', '2026-11-05')""",
    "INSERT INTO decisions (id, comment_id, revision_id, number, status, origin, user_id, reasons, decided_at) "
    "VALUES (2, 1, 1, 2, 'held', 'person', 1, '[]', '2026-11-06 12:00:00')",
)


@pytest.fixture(params=["sqlite", "postgresql"])
def of_an_older_version(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Return a database as it was before the desk, with a comment that was scored, held, and held again by Ana."""
    url = f"sqlite:///{tmp_path / 'older.db'}" if request.param == "sqlite" else None
    database = Database(url or request.getfixturevalue("empty_postgresql"))
    command.upgrade(schema._config(database), "0002")
    with database.engine.begin() as connection:
        for row in OLD_ROWS:
            connection.exec_driver_sql(row.format(no="0" if database.is_sqlite else "false"))
    yield database
    database.dispose()


def test_what_an_older_version_kept_is_ordered_filtered_and_found(of_an_older_version: Database) -> None:
    schema.upgrade(of_an_older_version)
    with of_an_older_version.reading() as session:
        for wanted in (Filter(label="abusive"), Filter(label="cost", at_most=0.2), Filter(words="ocrelizumab maya")):
            assert len(lists.page(session, View.HELD, wanted, NOW).rows) == 1
        [row] = lists.page(session, View.DECIDED, Filter(held_for="abusive"), NOW).rows
        assert row.priority == pytest.approx(priority(row.urgency, row.received_at))
        assert row.due_at == row.received_at + timedelta(hours=72)
        assert row.decided_at == datetime(2026, 11, 6, 12, tzinfo=UTC)
        assert lists.page(session, View.ALL, Filter(label="insult"), NOW).rows == []


def test_no_number_is_given_twice_after_the_tables_were_made_anew(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'older.db'}")
    command.upgrade(schema._config(database), "0002")
    with database.engine.begin() as connection:
        for row in OLD_ROWS[:4]:
            connection.exec_driver_sql(row.format(no="0").replace("VALUES (1, 1, 1, 'k'", "VALUES (41, 1, 1, 'k'"))
        connection.exec_driver_sql("DELETE FROM comments")
    schema.upgrade(database)
    with database.engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT seq FROM sqlite_sequence WHERE name = 'comments'").scalar()
    database.dispose()
    assert found == 41


def test_the_desk_can_be_taken_back(of_an_older_version: Database) -> None:
    schema.upgrade(of_an_older_version)
    command.downgrade(schema._config(of_an_older_version), "0002")
    with of_an_older_version.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT label FROM comment_labels").all() == [("abusive",)]
