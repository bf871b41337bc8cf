"""The database: one place that knows whether it is SQLite or PostgreSQL."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session, sessionmaker

T = TypeVar("T")

BUSY_SECONDS = 5
"""How long a transaction waits for another process's before it is told that the database is locked."""

LOOKS_EVERY_SECONDS = 0.002
"""How often it looks meanwhile."""


class Database:
    """Opens transactions. The front doors (web, worker, commands) open and commit them; flows and store never do."""

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self.engine = _make_engine(url)
        self._read = sessionmaker(self.engine, expire_on_commit=False, autoflush=False)
        self._write = sessionmaker(
            self.engine.execution_options(writes=True),
            expire_on_commit=False,
            autoflush=False,  # the store flushes what it adds; before every query again would take a tenth of the time
        )
        self._turn = threading.Lock()

    @property
    def is_sqlite(self) -> bool:
        """Whether this is a SQLite file."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open a transaction that sees one state of the database and changes nothing."""
        with self._read() as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Open a transaction that is committed at the end of the block, or rolled back when it raises."""
        with self._in_turn(), self._write.begin() as session:
            yield session

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        """Let this process's threads write to SQLite one after the other.

        It has one writer anyway, but waits for it by sleeping and looking again, which is slow and unfair.
        """
        if not self.is_sqlite:
            yield
            return
        if not self._turn.acquire(timeout=BUSY_SECONDS):
            raise OperationalError("BEGIN IMMEDIATE", None, TimeoutError("other threads of this process are writing"))
        try:
            yield
        finally:
            self._turn.release()

    def write(self, work: Callable[[Session], T]) -> T:
        """Run work in a writing transaction, once more from the start if another process's row came in between."""
        try:
            with self.writing() as session:
                return work(session)
        except IntegrityError:
            with self.writing() as session:
                return work(session)

    def make_room(self) -> None:
        """Let SQLite write much at once, for an import that goes on where it stopped: after a power cut, some way back.

        It keeps more of the file in memory, copies its log into the file less often, and waits for the disk only then.
        """
        if self.is_sqlite:
            event.listen(self.engine, "connect", _make_room)
            self.engine.dispose()

    def dispose(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def _make_engine(url: str) -> Engine:
    if not url.startswith("sqlite"):
        return create_engine(url, pool_pre_ping=True)
    Path(make_url(url).database or "").parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:  # noqa: ANN401  # the driver's own connection
    # The driver must not begin transactions by itself: _begin_sqlite does, and says which kind.
    connection.isolation_level = None
    # FULL, because in WAL mode NORMAL may lose the last commits when the power fails, and we have answered for them.
    # Recursive triggers, because INSERT OR REPLACE deletes without asking the triggers otherwise.
    _switch_to_wal(connection)
    for pragma in ("synchronous=FULL", "foreign_keys=ON", "recursive_triggers=ON"):
        connection.execute(f"PRAGMA {pragma}").close()


def _make_room(connection: Any, _record: object) -> None:  # noqa: ANN401  # the driver's own connection
    # 128 MB of pages kept; a log of 64 MB; and NORMAL, which in WAL mode loses whole transactions at most, never half.
    for pragma in ("cache_size=-131072", "wal_autocheckpoint=16384", "synchronous=NORMAL"):
        connection.execute(f"PRAGMA {pragma}").close()


def _switch_to_wal(connection: Any) -> None:  # noqa: ANN401  # the driver's own connection
    """Put a new file into WAL mode, which is then its mode for good.

    SQLite does not wait here as it does for a lock elsewhere: of two processes that open a new file at once, one may be
    told at once that it is locked (https://sqlite.org/c3ref/busy_handler.html, on deadlocks).
    """
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL").close()
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that will write takes the write lock at once. One that began by reading could otherwise not be
    # upgraded when somebody else wrote in between, and would fail without waiting.
    if connection.get_execution_options().get("writes", False):
        _begin_to_write(connection)
    else:
        connection.exec_driver_sql("BEGIN")


def _begin_to_write(connection: Connection) -> None:
    """Take SQLite's write lock, looking every few milliseconds whether another process has left it.

    SQLite's own waiting looks ever less often, up to every tenth of a second, and so the one that has waited longest
    comes last.
    """
    deadline = time.monotonic() + connection.get_execution_options().get("patience", BUSY_SECONDS)
    raw: Any = connection.connection.driver_connection
    raw.execute("PRAGMA busy_timeout=0").close()
    try:
        while _is_locked_by_others(raw) and time.monotonic() < deadline:
            time.sleep(LOOKS_EVERY_SECONDS)
        if not raw.in_transaction:
            connection.exec_driver_sql("BEGIN IMMEDIATE")  # says in SQLAlchemy's words what is the matter
    finally:
        raw.execute(f"PRAGMA busy_timeout={1000 * BUSY_SECONDS}").close()


def _is_locked_by_others(connection: Any) -> bool:  # noqa: ANN401  # the driver's own connection
    """Take the write lock where nobody has it; whether somebody has."""
    try:
        connection.execute("BEGIN IMMEDIATE").close()
    except sqlite3.OperationalError as error:
        return "locked" in str(error)
    return False
