"""Migrations: they run once, in any order of processes, and say the same as the tables in Python."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import inspect
from sqlalchemy.exc import DBAPIError

from service.domain.policy import priority
from service.domain.preferences import Preferences
from service.domain.reasons import DEFAULT_REASONS
from service.store import lists, schema, sites, users
from service.store.engine import Database
from service.store.lists import Filter, View
from service.store.tables import SiteRow, Table, UserRow
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


# Many hands: 0004

BEFORE_MANY_HANDS = (
    """INSERT INTO decisions (id, comment_id, revision_id, number, status, origin, reason, reasons, decided_at, user_id)
    VALUES (3, 1, 1, 3, 'rejected', 'person', 'An insult.', '[]', '2026-11-07', 1)""",
    """INSERT INTO decisions (id, comment_id, revision_id, number, status, origin, reasons, decided_at)
    VALUES (4, 1, 1, 4, 'held', 'policy', '[{"rule": "unscored", "action": "hold", "label": null}]', '2026-11-08')""",
    """INSERT INTO decisions (id, comment_id, revision_id, number, status, origin, reasons, decided_at)
    VALUES (5, 1, 1, 5, 'held', 'policy', '[{"rule": "r", "action": "mark", "label": "cost"}]', '2026-11-09')""",
    """INSERT INTO decisions (id, comment_id, revision_id, number, status, origin, reasons, decided_at)
    VALUES (6, 1, 1, 6, 'approved', 'policy', '[]', '2026-11-10')""",
    "INSERT INTO jobs (id, kind, status, comment_id, message_id, run_after, attempts, created_at) "
    "VALUES (1, 'score', 'waiting', 1, 'm1', '2026-11-05', 0, '2026-11-05')",
)
OF_MANY_HANDS = (
    "INSERT INTO notes (id, comment_id, user_id, text, written_at) VALUES (1, 1, 1, 'A note.', '2026-11-20')",
    "INSERT INTO claims (id, comment_id, user_id, expires_at) VALUES (1, 1, 1, '2026-11-20')",
    "INSERT INTO jobs (id, kind, status, comment_id, message_id, run_after, attempts, created_at) "
    "VALUES (2, 'forget', 'waiting', 1, 'm2', '2026-12-20', 0, '2026-11-20')",
    "UPDATE revisions SET keep_until = '2026-12-20'",
    "INSERT INTO revisions (id, comment_id, number, text, text_hash, received_at, redacts_id) "
    "VALUES (2, 1, 2, 'Two years on it', 'h', '2026-11-20', 1)",
    """UPDATE users SET preferences = '{"folds_abuse": false}'""",
)
TABLES = ("sites", "users", "threads", "comments", "revisions", "scores", "decisions", "jobs", "comment_labels")


@pytest.fixture
def of_one_pair_of_hands(of_an_older_version: Database) -> Database:
    """Return the same, brought up to the version before notes and claims, with some more decisions."""
    command.upgrade(schema._config(of_an_older_version), "0003")
    with of_an_older_version.engine.begin() as connection:
        for row in BEFORE_MANY_HANDS:
            connection.exec_driver_sql(row)
    return of_an_older_version


def counted(database: Database) -> dict[str, int]:
    with database.engine.connect() as connection:
        return {name: connection.exec_driver_sql(f"SELECT count(*) FROM {name}").scalar_one() for name in TABLES}


def asked(database: Database, query: str) -> list[tuple[object, ...]]:
    with database.engine.connect() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(query).all()]


def test_every_decision_to_hold_says_why_since_many_hands(of_one_pair_of_hands: Database) -> None:
    schema.upgrade(of_one_pair_of_hands)
    found = asked(of_one_pair_of_hands, "SELECT number, held_for FROM decisions ORDER BY number")
    assert found == [(1, "abusive"), (2, None), (3, None), (4, "unscored"), (5, "otherwise"), (6, None)]


def test_no_row_is_lost_on_the_way_up_or_down(of_one_pair_of_hands: Database) -> None:
    before = counted(of_one_pair_of_hands)
    schema.upgrade(of_one_pair_of_hands)
    assert counted(of_one_pair_of_hands) == before
    command.downgrade(schema._config(of_one_pair_of_hands), "0003")
    assert counted(of_one_pair_of_hands) == before


def test_what_was_there_before_many_hands_has_what_a_new_site_begins_with(of_one_pair_of_hands: Database) -> None:
    schema.upgrade(of_one_pair_of_hands)
    with of_one_pair_of_hands.reading() as session:
        site, ana = session.get_one(SiteRow, 1), session.get_one(UserRow, 1)
        assert (site.guards_conflicts, site.keeps_originals_days) == (True, 30)
        assert (sites.reasons_of(site), users.preferences_of(ana)) == (DEFAULT_REASONS, Preferences())


@pytest.mark.parametrize("change", ["held_for = 'spam'", "bulk_id = 'x'", "held_for = NULL", "status = 'spam'"])
def test_since_many_hands_a_decision_still_is_never_changed(change: str, of_one_pair_of_hands: Database) -> None:
    schema.upgrade(of_one_pair_of_hands)
    with (
        pytest.raises(DBAPIError, match="decisions are only ever added"),
        of_one_pair_of_hands.engine.begin() as connection,
    ):
        connection.exec_driver_sql(f"UPDATE decisions SET {change} WHERE number = 1")


def test_after_going_back_a_decision_still_is_never_changed_but_erased(of_one_pair_of_hands: Database) -> None:
    schema.upgrade(of_one_pair_of_hands)
    command.downgrade(schema._config(of_one_pair_of_hands), "0003")
    with of_one_pair_of_hands.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE decisions SET reason = NULL")
    with (
        pytest.raises(DBAPIError, match="decisions are only ever added"),
        of_one_pair_of_hands.engine.begin() as connection,
    ):
        connection.exec_driver_sql("UPDATE decisions SET status = 'spam' WHERE number = 1")


def test_going_back_takes_what_the_older_version_does_not_know_with_it(of_one_pair_of_hands: Database) -> None:
    command.upgrade(schema._config(of_one_pair_of_hands), "0006")
    with of_one_pair_of_hands.engine.begin() as connection:
        for row in OF_MANY_HANDS:
            connection.exec_driver_sql(row)
    command.downgrade(schema._config(of_one_pair_of_hands), "0003")
    assert asked(of_one_pair_of_hands, "SELECT kind FROM jobs") == [("score",)]
    command.upgrade(schema._config(of_one_pair_of_hands), "head")
    assert schema.differences(of_one_pair_of_hands) == []
    found = asked(of_one_pair_of_hands, "SELECT text FROM revisions ORDER BY number")
    assert found == [("Two years on ocrelizumab",), ("Two years on it",)]


# Endpoints: 0007

BEFORE_ENDPOINTS = (
    "UPDATE sites SET callback_url = 'https://relay.example.org/undertone'",
    "INSERT INTO sites (id, url, name, api_key_hash, akismet_key_hash, webhook_secret, coral_secret, otherwise, "
    "audit_share, created_at, reads_twice) VALUES (2, 'v', 'm', 'e', 'f', 'c', 'd', 'approve', 0, '2026-11-01', {no})",
    *(
        "INSERT INTO comments (id, site_id, thread_id, key, created_at, received_at, status, urgency, priority, "
        f"due_at, protocol, callback_url) SELECT {number}, 1, 1, '{protocol}', created_at, received_at, status, "
        f"urgency, priority, due_at, '{protocol}', {url} FROM comments WHERE id = 1"
        for number, protocol, url in ((2, "native", "'https://own.example'"), (3, "coral", "NULL"))
    ),
    *(
        "INSERT INTO jobs (id, kind, status, comment_id, decision_id, message_id, run_after, attempts, created_at) "
        f"VALUES ({number}, '{kind}', 'waiting', {comment}, {decision}, 'm{number}', '2026-11-05', 0, '2026-11-05')"
        for number, kind, comment, decision in (
            (11, "callback", 1, 1),
            (12, "callback", 2, "NULL"),
            (13, "callback", 3, "NULL"),
            (14, "score", 1, "NULL"),
        )
    ),
)
SINCE_ENDPOINTS = (
    "INSERT INTO endpoints (id, site_id, url, events, is_paused, is_gone, created_at) VALUES "
    """(7, 2, 'https://scores.example', '["comment.rescored"]', {no}, {no}, '2026-11-21')""",
    "INSERT INTO jobs (id, kind, status, site_id, endpoint_id, event, message_id, run_after, attempts, created_at) "
    "VALUES (21, 'callback', 'waiting', 2, 7, 'report.ready', 'm21', '2026-11-21', 0, '2026-11-21')",
    "INSERT INTO jobs (id, kind, status, site_id, comment_id, message_id, run_after, attempts, created_at) "
    "VALUES (22, 'explain', 'waiting', 1, 1, 'm22', '2026-11-21', 0, '2026-11-21')",
)
JOBS = "SELECT id, site_id, endpoint_id, event FROM jobs WHERE id > 10 ORDER BY id"


@pytest.fixture
def of_one_address(of_an_older_version: Database) -> Database:
    """Return the same, brought up to the version in which a site had one address, with jobs of every kind."""
    command.upgrade(schema._config(of_an_older_version), "0006")
    run(of_an_older_version, BEFORE_ENDPOINTS)
    return of_an_older_version


def run(database: Database, statements: tuple[str, ...]) -> None:
    with database.engine.begin() as connection:
        for each in statements:
            connection.exec_driver_sql(each.format(no="0" if database.is_sqlite else "false"))


def test_a_site_s_one_address_becomes_its_endpoint_for_decisions(of_one_address: Database) -> None:
    schema.upgrade(of_one_address)
    with of_one_address.reading() as session:
        [endpoint], nothing = (session.get_one(SiteRow, number).endpoints for number in (1, 2))
        assert (endpoint.url, endpoint.events) == ("https://relay.example.org/undertone", ["comment.decided"])
        assert (endpoint.is_paused, endpoint.disabled_at, endpoint.is_gone, nothing) == (False, None, False, [])


def test_what_waited_for_a_site_s_one_address_still_goes_there(of_one_address: Database) -> None:
    schema.upgrade(of_one_address)
    assert asked(of_one_address, JOBS) == [
        (11, 1, 1, "comment.decided"),
        (12, 1, None, "comment.decided"),
        (13, 1, None, "comment.decided"),
        (14, 1, None, None),
    ]


def test_endpoints_can_be_taken_back_and_given_again(of_one_address: Database) -> None:
    schema.upgrade(of_one_address)
    run(of_one_address, SINCE_ENDPOINTS)
    command.downgrade(schema._config(of_one_address), "0006")
    assert asked(of_one_address, "SELECT id, callback_url FROM sites ORDER BY id") == [
        (1, "https://relay.example.org/undertone"),
        (2, None),
    ]
    assert asked(of_one_address, "SELECT id FROM jobs WHERE id > 10 ORDER BY id") == [(11,), (12,), (13,), (14,)]
    schema.upgrade(of_one_address)
    assert schema.differences(of_one_address) == []


def test_a_callback_always_says_what_it_tells_of(of_one_address: Database) -> None:
    schema.upgrade(of_one_address)
    for change in (
        "event = NULL WHERE id = 11",
        "event = 'comment.decided' WHERE id = 14",
        "event = 'x' WHERE id = 11",
    ):
        with pytest.raises(DBAPIError, match="ck_jobs_"):
            run(of_one_address, (f"UPDATE jobs SET {change}",))


# Periodic reports: 0011

SINCE_SCHEDULES = (
    "INSERT INTO report_runs (id, site_id, stretch, starts_on, ends_on, zone, passed_over, begun_at) "
    "VALUES (1, 1, 'week', '2026-11-09', '2026-11-16', 'UTC', 0, '2026-11-16')",
    "INSERT INTO jobs (id, kind, status, site_id, run_id, message_id, run_after, attempts, created_at) "
    "VALUES (31, 'report', 'waiting', 1, 1, 'm31', '2026-11-16', 0, '2026-11-16')",
)


def test_schedules_can_be_taken_back_and_given_again(of_one_address: Database) -> None:
    schema.upgrade(of_one_address)
    run(of_one_address, SINCE_SCHEDULES)
    command.downgrade(schema._config(of_one_address), "0010")
    assert asked(of_one_address, "SELECT id FROM jobs WHERE id > 10 ORDER BY id") == [(11,), (12,), (13,), (14,)]
    schema.upgrade(of_one_address)
    assert schema.differences(of_one_address) == []


def test_a_stretch_of_time_has_one_run_and_a_report_always_says_of_which(of_one_address: Database) -> None:
    schema.upgrade(of_one_address)
    run(of_one_address, SINCE_SCHEDULES)
    again = SINCE_SCHEDULES[0].replace("VALUES (1,", "VALUES (2,")
    for wrong in (again, "UPDATE jobs SET run_id = NULL WHERE id = 31", "UPDATE jobs SET run_id = 1 WHERE id = 14"):
        with pytest.raises(DBAPIError):
            run(of_one_address, (wrong,))
