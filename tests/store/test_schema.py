"""Migrations: they run once, in any order of processes, and say the same as the tables in Python."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import inspect

from service.store import schema
from service.store.engine import Database
from service.store.tables import Table
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
    assert {*inspect(empty.engine).get_table_names()} == {*Table.metadata.tables, "alembic_version"}


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
