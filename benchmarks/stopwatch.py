"""What of a page's time is SQLite's, and what the template's."""

import contextlib
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Flask, before_render_template, template_rendered
from sqlalchemy import event

from service.store.engine import Database

T = TypeVar("T")


@dataclass
class Stopwatch:
    """Seconds, and queries, since it was last reset."""

    sqlite: float = 0.0
    queries: int = 0
    template: float = 0.0

    def reset(self) -> None:
        """Begin again."""
        self.sqlite, self.queries, self.template = 0.0, 0, 0.0

    def of_sqlite(self, work: Callable[..., T], *given: Any) -> T:  # noqa: ANN401  # whatever the driver is given
        """Do some of SQLite's work."""
        began = time.perf_counter()
        try:
            return work(*given)
        finally:
            self.sqlite += time.perf_counter() - began


@contextlib.contextmanager
def watching(app: Flask, database: Database) -> Iterator[Stopwatch]:
    """Run a stopwatch. It takes time itself, so nothing else should be measured meanwhile."""
    watch = Stopwatch()

    def begin(_app: Flask, **_more: Any) -> None:  # noqa: ANN401
        watch.template -= time.perf_counter()

    def end(_app: Flask, **_more: Any) -> None:  # noqa: ANN401
        watch.template += time.perf_counter()

    def connect(_dialect: object, _record: object, _given: object, named: dict[str, Any]) -> None:
        named["factory"] = _connection(watch)

    event.listen(database.engine, "do_connect", connect)
    database.dispose()  # whoever asks next gets a connection that is watched
    with before_render_template.connected_to(begin, app), template_rendered.connected_to(end, app):
        yield watch
    event.remove(database.engine, "do_connect", connect)
    database.dispose()


def _connection(watch: Stopwatch) -> type[sqlite3.Connection]:
    """Return a connection that is watched: SQLite works when it executes and, most of all, when rows are fetched."""

    class Cursor(sqlite3.Cursor):
        def execute(self, sql: str, *given: Any) -> sqlite3.Cursor:  # noqa: ANN401
            watch.queries += sql.startswith("SELECT")
            return watch.of_sqlite(super().execute, sql, *given)

        def fetchone(self) -> Any:  # noqa: ANN401
            return watch.of_sqlite(super().fetchone)

        def fetchall(self) -> list[Any]:
            return watch.of_sqlite(super().fetchall)

    class Connection(sqlite3.Connection):
        def cursor(self, *_given: Any) -> sqlite3.Cursor:  # noqa: ANN401
            return super().cursor(Cursor)

    return Connection
