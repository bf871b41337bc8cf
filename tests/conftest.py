"""The stage that the tests share: a database, the real model, an application, and closed doors to the outside."""

import os
import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from service import settings as known
from service.app import create_app
from service.flows import people
from service.flows.intake import Intake
from service.ml.artefacts import Shelf
from service.settings import Settings
from service.store import schema
from service.store.engine import Database
from service.store.tables import Table
from tests import cast, thoroughness  # noqa: F401  # the profile
from tests.mailbox import box, open_mailbox  # noqa: F401  # fixtures
from tests.stage import browser, stage, whole_stage  # noqa: F401  # fixtures

POSTGRESQL = os.environ.get("TEST_POSTGRESQL_URL", "postgresql+psycopg://postgres@127.0.0.1:5432/test")

hypothesis.settings.load_profile("patient")


@pytest.fixture(autouse=True)
def _closed_doors(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no test reach beyond this machine."""
    connect = socket.socket.connect

    def local_only(self: socket.socket, address: object) -> object:
        if self.family in (socket.AF_INET, socket.AF_INET6) and isinstance(address, tuple):
            assert str(address[0]) in ("127.0.0.1", "::1", "localhost"), f"a test tried to reach {address}"
        return connect(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", local_only)


@pytest.fixture(autouse=True, scope="session")
def _cheap_passwords() -> Iterator[None]:
    """Let Argon2 take a thousandth of its time: these tests sign in some hundred times."""
    patch = pytest.MonkeyPatch()
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    patch.setattr(people, "_hasher", cheap)
    patch.setattr(people, "_NOBODY", cheap.hash("nobody"))
    yield
    patch.undo()


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a SQLite file with all migrations and no rows, to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "empty.db"
    database = Database(f"sqlite:///{path}")
    schema.upgrade(database)
    with database.engine.connect() as connection:
        plain = connection.connection.driver_connection
        plain.execute("VACUUM")  # type: ignore[union-attr]  # a migration leaves room that no test asked for
        plain.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # type: ignore[union-attr]
    database.dispose()
    return path


@pytest.fixture(scope="session")
def migrated_postgresql() -> Iterator[str]:
    """Return the address of a PostgreSQL schema of our own with all migrations; skip where no server is there."""
    name = f"undertone_test_{os.getpid()}"
    server = Database(POSTGRESQL)
    try:
        with server.engine.begin() as connection:
            connection.execute(text(f"CREATE SCHEMA {name}"))
    except OperationalError:
        pytest.skip("no PostgreSQL at TEST_POSTGRESQL_URL")
    url = f"{POSTGRESQL}?options=-csearch_path%3D{name}"
    database = Database(url)
    schema.upgrade(database)
    database.dispose()
    yield url
    with server.engine.begin() as connection:
        connection.execute(text(f"DROP SCHEMA {name} CASCADE"))
    server.dispose()


@pytest.fixture
def sqlite(migrated_file: Path, tmp_path: Path) -> Iterator[Database]:
    """Return an empty SQLite database."""
    path = tmp_path / "undertone.db"
    shutil.copy(migrated_file, path)
    database = Database(f"sqlite:///{path}")
    yield database
    database.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """Return an empty database: every test that asks for this runs on both."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite")
        return
    opened = Database(request.getfixturevalue("migrated_postgresql"))
    # Not TRUNCATE: it makes every table's files anew, which takes a hundred times as long as these few rows.
    with opened.engine.begin() as connection:
        for table in ("sites", "users"):  # the rest goes with them
            connection.execute(text(f"DELETE FROM {table}"))
        for each in Table.metadata.sorted_tables:
            connection.execute(text(f"SELECT setval(pg_get_serial_sequence('{each.name}', 'id'), 1, false)"))
    yield opened
    opened.dispose()


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """Return a writing transaction that is rolled back when the test is over."""
    with database.writing() as opened:
        yield opened
        opened.rollback()


@pytest.fixture(scope="session")
def shelf() -> Shelf:
    """Return the models that are committed: the tests use the real one."""
    return Shelf(known.ROOT / "models", None)


@pytest.fixture
def intake(shelf: Shelf) -> Intake:
    """Return the parts that comments pass through."""
    return Intake(shelf, undo_seconds=8)


@pytest.fixture
def settings(sqlite: Database, tmp_path: Path) -> Settings:
    """Return settings for an application on an empty SQLite file."""
    environment = {"UNDERTONE_DATABASE_URL": str(sqlite.url), "UNDERTONE_SECRET_KEY": "x" * 32}
    return known.load(environment, tmp_path / "secret")


@pytest.fixture
def make_app(settings: Settings) -> Iterator[Callable[..., Flask]]:
    """Return a function that joins an application; what it opened is closed afterwards."""
    made: list[Flask] = []

    def make(changed: Settings = settings, **config: object) -> Flask:
        app = create_app(changed)
        app.config.update(config)
        made.append(app)
        return app

    yield make
    for app in made:
        app.extensions["undertone"].database.dispose()


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    """Return an application. Forms need no token here; tests/web/test_auth.py makes one in which they do."""
    return make_app(WTF_CSRF_ENABLED=False)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Return a browser that nobody is signed in with."""
    return app.test_client()


@pytest.fixture
def blog(sqlite: Database, client: FlaskClient) -> cast.Blog:
    """Return a blog that sends its comments to the application."""
    with sqlite.writing() as session:
        site, keys = cast.add_site(session)
        return cast.Blog(client, keys, site.id)


@pytest.fixture
def ana(sqlite: Database, app: Flask) -> FlaskClient:
    """Return the browser of Ana, a moderator who is signed in."""
    return cast.sign_in(sqlite, app, cast.ANA)


@pytest.fixture
def ben(sqlite: Database, app: Flask) -> FlaskClient:
    """Return the browser of Ben, another moderator."""
    return cast.sign_in(sqlite, app, cast.BEN)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that makes a skipped test a failure."""
    parser.addoption("--may-skip", type=Path, help="fail when a test is skipped that this file does not name")


class SkipGuard:
    """Fails a run in which a test was skipped that must not be."""

    def __init__(self, allowed: set[str]) -> None:
        self.allowed = allowed
        self.skipped: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Remember what was skipped."""
        if report.skipped:
            self.skipped.add(report.nodeid)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Fail the run for what was skipped without leave."""
        if self.skipped - self.allowed:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say why the run failed."""
        for name in sorted(self.skipped - self.allowed):
            terminalreporter.write_line(f"FAILED {name} was skipped, and no line of the list allows it", red=True)


def pytest_configure(config: pytest.Config) -> None:
    """Put the guard up where the option asks for it."""
    path: Path | None = config.getoption("--may-skip")
    if path:
        lines = path.read_text(encoding="utf-8").splitlines()
        named = {line.split("  -")[0].strip() for line in lines if line.strip() and not line.startswith("#")}
        config.pluginmanager.register(SkipGuard(named))
